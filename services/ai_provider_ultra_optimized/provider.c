#include "provider_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define URL_MAX 1000
#define MODEL_MAX 100
#define KEY_MAX 1000
#define TOKENS_MAX 1000000000
#define RETRY_S_MAX 86400

static const struct svc_json_limits limits = {.depth = 32, .values = 10000};

bool provider_text_is(struct svc_slice text, const char *lower)
{
    return text.text != NULL && text.length == strlen(lower) &&
           strncasecmp(text.text, lower, text.length) == 0;
}

int64_t provider_tokens(const struct svc_json *object, const char *name)
{
    int64_t count = 0;

    if (!svc_json_to_int64(svc_json_get(object, name), &count) || count < 0 ||
        count > TOKENS_MAX) {
        return 0;
    }
    return count;
}

struct svc_slice provider_fail(
    struct provider_answer *answer, enum provider_outcome outcome, const char *reason)
{
    answer->outcome = outcome;
    answer->reason = reason;
    return (struct svc_slice){0};
}

static bool contains(struct svc_slice text, const char *part)
{
    return text.text != NULL &&
           memmem(text.text, text.length, part, strlen(part)) != NULL;
}

const struct provider_protocol *provider_protocol_find(
    const struct provider_config *config)
{
    if (provider_text_is(config->protocol, "deepseek")) {
        return &provider_deepseek;
    }
    if (provider_text_is(config->protocol, "gemini")) {
        return &provider_gemini;
    }
    if (!provider_text_is(config->protocol, "openai")) {
        return NULL;
    }
    bool own = provider_text_is(config->name, "openai") ||
               contains(config->base_url, "//api.openai.com");
    return own ? &provider_openai : &provider_compatible;
}

static bool is_graphic(struct svc_slice text, const char *but)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        if (byte <= ' ' || byte >= 0x7F || strchr(but, byte) != NULL) {
            return false;
        }
    }
    return true;
}

static bool is_base_url(struct svc_slice url)
{
    size_t scheme = url.length > 8 && strncasecmp(url.text, "https://", 8) == 0  ? 8
                    : url.length > 7 && strncasecmp(url.text, "http://", 7) == 0 ? 7
                                                                                 : 0;

    return scheme > 0 && url.length < URL_MAX / 2 &&
           strchr("/:@", url.text[scheme]) == NULL && is_graphic(url, "?#@\\\"<>{}|^`");
}

static bool refuse(char ret_error[256], const char *message)
{
    snprintf(ret_error, 256, "%s", message);
    return false;
}

bool provider_check(const struct provider_config *config, char ret_error[256])
{
    const struct provider_protocol *protocol = provider_protocol_find(config);

    if (config->name.length == 0 || config->name.length > PROVIDER_NAME_MAX ||
        !is_graphic(config->name, "{}:*?[]")) {
        return refuse(ret_error, "provider_name: 1 to 50 letters, digits, - and _");
    }
    if (protocol == NULL) {
        return refuse(ret_error, "protocol: deepseek, gemini or openai");
    }
    if (!is_base_url(config->base_url)) {
        return refuse(ret_error, "base_url: http(s)://host/path without a query");
    }
    if (config->model.length == 0 || config->model.length > MODEL_MAX ||
        !is_graphic(config->model, protocol->slash_in_model ? "?#\"%\\" : "/?#\"%\\")) {
        return refuse(ret_error, "model: the id of a model");
    }
    if (config->key.length > KEY_MAX || !is_graphic(config->key, "")) {
        return refuse(ret_error, "the key has a byte that no key has");
    }
    if (config->key.length == 0 && protocol->needs_key) {
        return refuse(ret_error, "no key in the environment");
    }
    if (config->max_tokens < 1 || config->timeout_ms < 1 || config->breaker_open_s < 0) {
        return refuse(ret_error, "max_tokens and timeout_ms: from 1");
    }
    return true;
}

static struct svc_slice keep(struct svc_arena *arena, struct svc_buf *buf)
{
    struct svc_slice text = {
        svc_arena_strndup(arena, svc_buf_text(buf), buf->length), buf->length};

    svc_buf_done(buf);
    return text;
}

static void begin_url(struct svc_buf *url, const struct provider_config *config)
{
    size_t length = config->base_url.length;

    while (length > 0 && config->base_url.text[length - 1] == '/') {
        length--;
    }
    svc_buf_init(url, URL_MAX);
    svc_buf_add(url, config->base_url.text, length);
}

static void add_header(
    struct provider_request *request, const char *name, const char *value)
{
    request->headers[request->header_count++] =
        (struct provider_header){.name = name, .value = value};
}

static void add_key(struct svc_arena *arena, const struct provider_config *config,
    const struct provider_protocol *protocol, struct provider_request *request)
{
    struct svc_buf value;

    if (config->key.length == 0) {
        return;
    }
    svc_buf_init(&value, KEY_MAX + 16);
    svc_buf_add_text(&value, protocol->key_prefix);
    svc_buf_add(&value, config->key.text, config->key.length);
    add_header(request, protocol->key_header, keep(arena, &value).text);
}

void provider_compose(struct svc_arena *arena, const struct provider_config *config,
    const struct intent_question *question, struct provider_request *ret_request)
{
    const struct provider_protocol *protocol = provider_protocol_find(config);
    struct provider_request request = {0};
    struct svc_json_writer writer;
    struct svc_buf url;
    struct svc_buf body;

    begin_url(&url, config);
    protocol->write_url(&url, config);
    request.url = keep(arena, &url);
    add_key(arena, config, protocol, &request);
    add_header(&request, "Content-Type", "application/json");
    add_header(&request, "Accept", "application/json");
    svc_buf_init(&body, PROVIDER_BODY_MAX);
    svc_json_write_init(&writer, &body);
    protocol->write_body(
        &writer, config, provider_instructions(), provider_turn(arena, question));
    request.body = keep(arena, &body);
    *ret_request = request;
}

bool provider_compose_check(struct svc_arena *arena, const struct provider_config *config,
    struct provider_request *ret_request)
{
    const struct provider_protocol *protocol = provider_protocol_find(config);
    struct provider_request request = {0};
    struct svc_buf url;

    if (protocol == NULL || protocol->check_path == NULL) {
        return false;
    }
    begin_url(&url, config);
    svc_buf_add_text(&url, protocol->check_path);
    if (protocol->check_names_model) {
        svc_buf_add(&url, config->model.text, config->model.length);
    }
    request.url = keep(arena, &url);
    add_key(arena, config, protocol, &request);
    add_header(&request, "Accept", "application/json");
    *ret_request = request;
    return true;
}

static const struct svc_json *read_body(struct svc_arena *arena, struct svc_slice body)
{
    struct svc_json_error error;
    size_t replaced = 0;

    if (body.length == 0) {
        return NULL;
    }
    const struct svc_json *root =
        svc_json_read(arena, body.text, body.length, &limits, &replaced, &error);
    return svc_json_is(root, SVC_JSON_OBJECT) ? root : NULL;
}

bool provider_read_check(struct svc_arena *arena, const struct provider_config *config,
    int http_status, struct svc_slice body, struct svc_slice *ret_shutdown_date)
{
    const struct provider_protocol *protocol = provider_protocol_find(config);
    const struct svc_json *list = svc_json_get(read_body(arena, body), "data");

    if (protocol == NULL || protocol->check_names_model) {
        return protocol == NULL || http_status != 404;
    }
    if (http_status != 200 || !svc_json_is(list, SVC_JSON_ARRAY) || list->count == 0) {
        return true;
    }
    for (const struct svc_json *model = list->first; model != NULL; model = model->next) {
        struct svc_slice id = svc_json_get_text(model, "id");
        if (id.text == NULL || id.length != config->model.length ||
            memcmp(id.text, config->model.text, id.length) != 0) {
            continue;
        }
        struct svc_slice date = svc_json_get_text(model, "shutdown_date");
        if (ret_shutdown_date != NULL && date.text != NULL) {
            *ret_shutdown_date = date;
        }
        return true;
    }
    return false;
}

static double cost_of(
    const struct provider_config *config, const struct provider_usage *usage)
{
    double cached_usd = config->cached_usd_per_million > 0
                            ? config->cached_usd_per_million
                            : config->input_usd_per_million;
    int64_t cached = usage->cached_tokens < usage->input_tokens ? usage->cached_tokens
                                                                : usage->input_tokens;

    return ((double)(usage->input_tokens - cached) * config->input_usd_per_million +
               (double)cached * cached_usd +
               (double)usage->output_tokens * config->output_usd_per_million) /
           1e6;
}

void provider_estimate(const struct provider_config *config,
    const struct provider_request *request, struct provider_usage *ret_usage)
{
    struct provider_usage usage = {.input_tokens = (int64_t)(request->body.length / 4)};

    usage.cost_usd = cost_of(config, &usage);
    *ret_usage = usage;
}

/* In seconds; a date is ignored. */
static int64_t read_retry_after(struct svc_slice header)
{
    int64_t seconds = 0;

    if (header.text == NULL || !svc_text_to_int64(header, &seconds) || seconds < 0) {
        return 0;
    }
    return (seconds < RETRY_S_MAX ? seconds : RETRY_S_MAX) * 1000;
}

struct meaning {
    int http_status;
    enum provider_outcome outcome;
    const char *reason;
};

static void read_status(int http_status, struct provider_answer *answer)
{
    static const struct meaning meanings[] = {
        {400, PROVIDER_OUR_FAULT, "400: it doesn't take the request"},
        {401, PROVIDER_REFUSED, "401: the key is wrong"},
        {402, PROVIDER_REFUSED, "402: no balance"},
        {403, PROVIDER_REFUSED, "403: the key may not do this"},
        {404, PROVIDER_REFUSED, "404: no such model or address"},
        {405, PROVIDER_REFUSED, "405: no such address"},
        {410, PROVIDER_REFUSED, "410: the model is withdrawn"},
        {413, PROVIDER_OUR_FAULT, "413: the request is too large"},
        {422, PROVIDER_OUR_FAULT, "422: it doesn't take the request"},
        {429, PROVIDER_BUSY, "429: too many requests"},
        {500, PROVIDER_FAILED, "500"},
        {502, PROVIDER_FAILED, "502"},
        {503, PROVIDER_FAILED, "503"},
        {504, PROVIDER_FAILED, "504"},
    };

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].http_status == http_status) {
            provider_fail(answer, meanings[i].outcome, meanings[i].reason);
            return;
        }
    }
    provider_fail(answer, PROVIDER_FAILED, "an unexpected HTTP status");
}

void provider_read(struct svc_arena *arena, const struct provider_config *config,
    int http_status, struct svc_slice retry_after, struct svc_slice body,
    struct provider_answer *ret_answer)
{
    const struct provider_protocol *protocol = provider_protocol_find(config);
    const struct svc_json *root = read_body(arena, body);
    struct provider_answer answer = {0};

    protocol->read_usage(root, &answer.usage);
    answer.usage.cost_usd = cost_of(config, &answer.usage);
    if (http_status < 200 || http_status > 299) {
        answer.retry_after_ms = read_retry_after(retry_after);
        if (!protocol->read_error(http_status, root, &answer)) {
            read_status(http_status, &answer);
        }
    } else if (root == NULL) {
        provider_fail(&answer, PROVIDER_FAILED, "an answer that is no JSON object");
    } else {
        struct svc_slice text = protocol->read_text(arena, root, &answer);
        if (text.text != NULL) {
            provider_read_text(arena, text, &answer);
        }
    }
    *ret_answer = answer;
}
