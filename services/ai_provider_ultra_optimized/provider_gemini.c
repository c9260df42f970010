#include "provider_private.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384
#define DELAY_S_MAX 86400

static void write_text(
    struct svc_json_writer *writer, const char *role, struct svc_slice text)
{
    svc_json_write_object_begin(writer);
    if (role != NULL) {
        svc_json_write_field_text(writer, "role", role);
    }
    svc_json_write_key(writer, "parts");
    svc_json_write_array_begin(writer);
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "text", text);
    svc_json_write_object_end(writer);
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

/* Thoughts count in maxOutputTokens; minimal is the least there is. */
static void write_body(struct svc_json_writer *writer,
    const struct provider_config *config, struct svc_slice instructions,
    struct svc_slice turn)
{
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "systemInstruction");
    write_text(writer, NULL, instructions);
    svc_json_write_key(writer, "contents");
    svc_json_write_array_begin(writer);
    write_text(writer, "user", turn);
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "generationConfig");
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "maxOutputTokens", config->max_tokens);
    if (config->temperature >= 0) {
        svc_json_write_key(writer, "temperature");
        svc_json_write_double(writer, config->temperature);
    }
    svc_json_write_field_text(writer, "responseMimeType", "application/json");
    svc_json_write_key(writer, "responseSchema");
    provider_write_schema(writer, true);
    svc_json_write_key(writer, "thinkingConfig");
    svc_json_write_raw(writer, SVC_SLICE("{\"thinkingLevel\":\"minimal\"}"));
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

static void write_url(struct svc_buf *url, const struct provider_config *config)
{
    svc_buf_add_text(url, "/models/");
    svc_buf_add(url, config->model.text, config->model.length);
    svc_buf_add_text(url, ":generateContent");
}

static bool is_blocked(struct svc_slice reason)
{
    static const char *const blocks[] = {"safety", "recitation", "blocklist",
        "prohibited_content", "spii", "image_safety", "language"};

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (provider_text_is(reason, blocks[i])) {
            return true;
        }
    }
    return false;
}

/* What the parts say together, without thoughts. */
static struct svc_slice join_parts(struct svc_arena *arena, const struct svc_json *parts)
{
    struct svc_buf text;

    svc_buf_init(&text, TEXT_MAX);
    const struct svc_json *part =
        svc_json_is(parts, SVC_JSON_ARRAY) ? parts->first : NULL;
    for (; part != NULL; part = part->next) {
        struct svc_slice piece = svc_json_get_text(part, "text");
        if (piece.text != NULL &&
            !svc_json_is(svc_json_get(part, "thought"), SVC_JSON_TRUE)) {
            svc_buf_add(&text, piece.text, piece.length);
        }
    }
    struct svc_slice joined = {
        svc_arena_strndup(arena, svc_buf_text(&text), text.length), text.length};
    svc_buf_done(&text);
    return joined;
}

static struct svc_slice read_text(
    struct svc_arena *arena, const struct svc_json *root, struct provider_answer *answer)
{
    const struct svc_json *candidate = svc_json_at(svc_json_get(root, "candidates"), 0);
    struct svc_slice finish = svc_json_get_text(candidate, "finishReason");

    if (candidate == NULL) {
        const struct svc_json *feedback = svc_json_get(root, "promptFeedback");
        if (svc_json_get_text(feedback, "blockReason").length > 0) {
            return provider_fail(answer, PROVIDER_OUR_FAULT, "the question was blocked");
        }
        return provider_fail(answer, PROVIDER_FAILED, "an answer without candidates");
    }
    if (is_blocked(finish)) {
        return provider_fail(answer, PROVIDER_OUR_FAULT, "the answer was blocked");
    }
    if (provider_text_is(finish, "max_tokens")) {
        return provider_fail(
            answer, PROVIDER_FAILED, "the answer was cut off (MAX_TOKENS)");
    }
    if (finish.length > 0 && !provider_text_is(finish, "stop")) {
        return provider_fail(answer, PROVIDER_FAILED, "an unexpected finishReason");
    }
    struct svc_slice text =
        join_parts(arena, svc_json_get(svc_json_get(candidate, "content"), "parts"));
    if (text.length == 0) {
        return provider_fail(answer, PROVIDER_FAILED, "an answer without content");
    }
    return text;
}

static void read_usage(const struct svc_json *root, struct provider_usage *usage)
{
    const struct svc_json *counts = svc_json_get(root, "usageMetadata");

    usage->input_tokens = provider_tokens(counts, "promptTokenCount");
    usage->output_tokens = provider_tokens(counts, "candidatesTokenCount") +
                           provider_tokens(counts, "thoughtsTokenCount");
    usage->cached_tokens = provider_tokens(counts, "cachedContentTokenCount");
}

/* "41s", "41.5s" */
static int64_t read_delay(struct svc_slice text)
{
    char number[16];
    char *end = number;

    if (text.length < 2 || text.length >= sizeof number || text.text[0] < '0' ||
        text.text[0] > '9') {
        return 0;
    }
    memcpy(number, text.text, text.length);
    number[text.length] = '\0';
    double seconds = strtod(number, &end);
    if (end[0] != 's' || end[1] != '\0' || !(seconds >= 0)) {
        return 0;
    }
    return (int64_t)((seconds < DELAY_S_MAX ? seconds : DELAY_S_MAX) * 1000);
}

/* A bad key is a 400 here, as is a wrong request: the details tell them apart. */
static bool read_error(
    int http_status, const struct svc_json *root, struct provider_answer *answer)
{
    const struct svc_json *error = svc_json_get(root, "error");
    const struct svc_json *details = svc_json_get(error, "details");
    const struct svc_json *detail =
        svc_json_is(details, SVC_JSON_ARRAY) ? details->first : NULL;

    for (; detail != NULL; detail = detail->next) {
        struct svc_slice reason = svc_json_get_text(detail, "reason");
        int64_t delay_ms = read_delay(svc_json_get_text(detail, "retryDelay"));
        if (provider_text_is(reason, "api_key_invalid")) {
            provider_fail(answer, PROVIDER_REFUSED, "the key is wrong (API_KEY_INVALID)");
            return true;
        }
        if (delay_ms > 0 && answer->retry_after_ms == 0) {
            answer->retry_after_ms = delay_ms;
        }
    }
    if (http_status == 400 &&
        provider_text_is(svc_json_get_text(error, "status"), "failed_precondition")) {
        provider_fail(answer, PROVIDER_REFUSED, "not open to this account");
        return true;
    }
    return false;
}

const struct provider_protocol provider_gemini = {
    .name = "gemini",
    .needs_key = true,
    .write_url = write_url,
    .write_body = write_body,
    .key_header = "x-goog-api-key",
    .key_prefix = "",
    .check_path = "/models/",
    .check_names_model = true,
    .read_text = read_text,
    .read_usage = read_usage,
    .read_error = read_error,
};
