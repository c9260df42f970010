/* OpenAI's chat completions, and those who speak it each in its own way. */
#include "provider_private.h"

static void write_message(
    struct svc_json_writer *writer, const char *role, struct svc_slice content)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "role", role);
    svc_json_write_field_slice(writer, "content", content);
    svc_json_write_object_end(writer);
}

static void write_start(struct svc_json_writer *writer,
    const struct provider_config *config, struct svc_slice instructions,
    struct svc_slice turn)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "model", config->model);
    svc_json_write_key(writer, "messages");
    svc_json_write_array_begin(writer);
    write_message(writer, "system", instructions);
    write_message(writer, "user", turn);
    svc_json_write_array_end(writer);
}

static void write_temperature(
    struct svc_json_writer *writer, const struct provider_config *config)
{
    if (config->temperature >= 0) {
        svc_json_write_key(writer, "temperature");
        svc_json_write_double(writer, config->temperature);
    }
}

static void write_json_schema(struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "response_format");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", "json_schema");
    svc_json_write_key(writer, "json_schema");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "name", "intent");
    svc_json_write_field_bool(writer, "strict", true);
    svc_json_write_key(writer, "schema");
    provider_write_schema(writer, false);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

/* Thinks unless told not to, which takes seconds; knows no schema, and wants the word
 * json in its instructions. */
static void write_deepseek(struct svc_json_writer *writer,
    const struct provider_config *config, struct svc_slice instructions,
    struct svc_slice turn)
{
    write_start(writer, config, instructions, turn);
    svc_json_write_key(writer, "thinking");
    svc_json_write_raw(writer, SVC_SLICE("{\"type\":\"disabled\"}"));
    svc_json_write_key(writer, "response_format");
    svc_json_write_raw(writer, SVC_SLICE("{\"type\":\"json_object\"}"));
    svc_json_write_field_int(writer, "max_tokens", config->max_tokens);
    write_temperature(writer, config);
    svc_json_write_field_bool(writer, "stream", false);
    svc_json_write_object_end(writer);
}

/* Refuses max_tokens, and a temperature. */
static void write_openai(struct svc_json_writer *writer,
    const struct provider_config *config, struct svc_slice instructions,
    struct svc_slice turn)
{
    write_start(writer, config, instructions, turn);
    svc_json_write_field_text(writer, "reasoning_effort", "none");
    svc_json_write_field_int(writer, "max_completion_tokens", config->max_tokens);
    write_json_schema(writer);
    svc_json_write_object_end(writer);
}

/* What all of them take. */
static void write_compatible(struct svc_json_writer *writer,
    const struct provider_config *config, struct svc_slice instructions,
    struct svc_slice turn)
{
    write_start(writer, config, instructions, turn);
    svc_json_write_field_int(writer, "max_tokens", config->max_tokens);
    write_temperature(writer, config);
    write_json_schema(writer);
    svc_json_write_field_bool(writer, "stream", false);
    svc_json_write_object_end(writer);
}

static void write_url(struct svc_buf *url, const struct provider_config *config)
{
    (void)config;
    svc_buf_add_text(url, "/chat/completions");
}

/* Nothing: those who imitate it leave the field out, or empty. */
static bool is_whole(struct svc_slice finish, struct provider_answer *answer)
{
    if (finish.length == 0 || provider_text_is(finish, "stop")) {
        return true;
    }
    if (provider_text_is(finish, "length")) {
        provider_fail(answer, PROVIDER_FAILED, "the answer was cut off (length)");
    } else if (provider_text_is(finish, "content_filter")) {
        provider_fail(answer, PROVIDER_OUR_FAULT, "blocked by the content filter");
    } else if (provider_text_is(finish, "insufficient_system_resource")) {
        provider_fail(answer, PROVIDER_FAILED, "insufficient_system_resource");
    } else {
        provider_fail(answer, PROVIDER_FAILED, "an unexpected finish_reason");
    }
    return false;
}

static struct svc_slice read_text(
    struct svc_arena *arena, const struct svc_json *root, struct provider_answer *answer)
{
    const struct svc_json *choice = svc_json_at(svc_json_get(root, "choices"), 0);
    const struct svc_json *message = svc_json_get(choice, "message");
    struct svc_slice content = svc_json_get_text(message, "content");

    (void)arena;
    if (message == NULL) {
        return provider_fail(answer, PROVIDER_FAILED, "an answer without choices");
    }
    if (!is_whole(svc_json_get_text(choice, "finish_reason"), answer)) {
        return (struct svc_slice){0};
    }
    if (svc_json_get_text(message, "refusal").length > 0) {
        return provider_fail(answer, PROVIDER_OUR_FAULT, "the model refused to answer");
    }
    if (content.length == 0) {
        return provider_fail(answer, PROVIDER_FAILED, "an answer without content");
    }
    return content;
}

static void read_usage(const struct svc_json *root, struct provider_usage *usage)
{
    const struct svc_json *counts = svc_json_get(root, "usage");
    const struct svc_json *details = svc_json_get(counts, "prompt_tokens_details");

    usage->input_tokens = provider_tokens(counts, "prompt_tokens");
    usage->output_tokens = provider_tokens(counts, "completion_tokens");
    usage->cached_tokens = provider_tokens(counts, "prompt_cache_hit_tokens");
    if (usage->cached_tokens == 0) {
        usage->cached_tokens = provider_tokens(details, "cached_tokens");
    }
}

/* 429 is also what an account without money gets. */
static bool read_error(
    int http_status, const struct svc_json *root, struct provider_answer *answer)
{
    const struct svc_json *error = svc_json_get(root, "error");
    struct svc_slice code = svc_json_get_text(error, "code");
    struct svc_slice type = svc_json_get_text(error, "type");

    if (http_status == 429 && (provider_text_is(code, "insufficient_quota") ||
                                  provider_text_is(type, "insufficient_quota"))) {
        provider_fail(answer, PROVIDER_REFUSED, "no balance (insufficient_quota)");
        return true;
    }
    if (http_status == 400 && provider_text_is(code, "model_not_found")) {
        provider_fail(answer, PROVIDER_REFUSED, "no such model");
        return true;
    }
    return false;
}

const struct provider_protocol provider_deepseek = {
    .name = "deepseek",
    .needs_key = true,
    .write_url = write_url,
    .write_body = write_deepseek,
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .check_path = "/models",
    .read_text = read_text,
    .read_usage = read_usage,
    .read_error = read_error,
};

const struct provider_protocol provider_openai = {
    .name = "openai",
    .needs_key = true,
    .write_url = write_url,
    .write_body = write_openai,
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .check_path = "/models",
    .read_text = read_text,
    .read_usage = read_usage,
    .read_error = read_error,
};

const struct provider_protocol provider_compatible = {
    .name = "openai",
    .slash_in_model = true,
    .write_url = write_url,
    .write_body = write_compatible,
    .key_header = "Authorization",
    .key_prefix = "Bearer ",
    .check_path = "/models",
    .read_text = read_text,
    .read_usage = read_usage,
    .read_error = read_error,
};
