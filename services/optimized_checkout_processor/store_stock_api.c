/* The calls of stock_api.h. */
#include "stock_breaker.h"
#include "stock_messages.h"

#include <svc/pg.h>

#include <svc/client.h>
#include <svc/clock.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    URL_MAX = 500,
    TOKEN_MAX = 2000,
    BODY_MAX = 256 * 1024,
};

struct stock_api {
    struct svc_client *client;
    char *url; /* without the slash at its end */
    char *authorization;
    int64_t timeout_ms;
    bool trusts;
    pthread_mutex_t lock; /* of `breaker` */
    struct stock_breaker breaker;
};

/* One call and what to make of its answer. */
struct call {
    const char *path;
    const char *key;       /* NULL: nothing is changed by it */
    const char *done_word; /* see stock_message_read */
    struct svc_buf body;
    struct stock_api_line *lines;
    size_t count;
};

bool stock_api_when_down_read(const char *word, enum stock_api_when_down *ret_when_down)
{
    if (strcmp(word, "refuse") != 0 && strcmp(word, "trust") != 0) {
        return false;
    }
    *ret_when_down = word[0] == 't' ? STOCK_API_TRUSTS : STOCK_API_REFUSES;
    return true;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

static const char *find_fault(const struct stock_api_settings *settings)
{
    const char *url = settings->url;

    if (url == NULL ||
        (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
        strlen(url) > URL_MAX || !is_printable(url) || strpbrk(url, "?#") != NULL) {
        return "STOCK_API_URL must be http:// or https:// and a path at most";
    }
    if (settings->token != NULL &&
        (strlen(settings->token) > TOKEN_MAX || !is_printable(settings->token))) {
        return "STOCK_API_TOKEN must be printable, without spaces, 2000 bytes at most";
    }
    return NULL;
}

static char *join(const char *one, const char *other)
{
    size_t size = strlen(one) + strlen(other) + 1;
    char *text = svc_alloc(size);

    snprintf(text, size, "%s%s", one, other);
    return text;
}

bool stock_api_new(const struct stock_api_settings *settings, struct stock_api **ret_api,
    char ret_error[256])
{
    struct svc_client_error error;
    const char *fault = find_fault(settings);
    const struct svc_client_settings client = {
        .size = settings->connections,
        .connect_timeout_ms = settings->timeout_ms,
        .user_agent = "optimized_checkout_processor",
    };

    if (fault != NULL) {
        snprintf(ret_error, 256, "%s", fault);
        return false;
    }
    struct stock_api *api = svc_alloc_zero(1, sizeof *api);
    if (svc_client_new(&client, &api->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "STOCK_API_URL: %s", error.message);
        free(api);
        return false;
    }
    api->url = svc_strdup(settings->url);
    size_t length = strlen(api->url);
    while (length > 0 && api->url[length - 1] == '/') {
        api->url[--length] = '\0';
    }
    if (settings->token != NULL) {
        api->authorization = join("Bearer ", settings->token);
    }
    api->timeout_ms = settings->timeout_ms;
    api->trusts = settings->when_down == STOCK_API_TRUSTS;
    pthread_mutex_init(&api->lock, NULL);
    *ret_api = api;
    return true;
}

void stock_api_free(struct stock_api **api)
{
    if (*api == NULL) {
        return;
    }
    svc_client_free(&(*api)->client);
    pthread_mutex_destroy(&(*api)->lock);
    free((*api)->url);
    free((*api)->authorization);
    free(*api);
    *api = NULL;
}

bool stock_api_trusts(const struct stock_api *api)
{
    return api->trusts;
}

bool stock_api_is_up(struct stock_api *api)
{
    pthread_mutex_lock(&api->lock);
    bool open = stock_breaker_is_open(&api->breaker, svc_clock_monotonic_ms());
    pthread_mutex_unlock(&api->lock);
    return !open;
}

static bool is_admitted(struct stock_api *api)
{
    pthread_mutex_lock(&api->lock);
    bool admits = stock_breaker_admits(
        &api->breaker, svc_clock_monotonic_ms(), api->timeout_ms * 2);
    pthread_mutex_unlock(&api->lock);
    return admits;
}

static void note(struct stock_api *api, bool success)
{
    pthread_mutex_lock(&api->lock);
    stock_breaker_note(&api->breaker, success, svc_clock_monotonic_ms());
    pthread_mutex_unlock(&api->lock);
}

static enum svc_status send_call(struct stock_api *api, const struct call *call,
    struct svc_client_reply *reply, struct svc_client_error *error)
{
    SVC_AUTO_FREE char *url = join(api->url, call->path);
    struct svc_client_header headers[4] = {
        {"Content-Type", "application/json"}, {"Accept", "application/json"}};
    size_t header_count = 2;

    if (api->authorization != NULL) {
        headers[header_count++] =
            (struct svc_client_header){"Authorization", api->authorization};
    }
    if (call->key != NULL) {
        headers[header_count++] =
            (struct svc_client_header){"Idempotency-Key", call->key};
    }
    return svc_client_call(api->client,
        &(struct svc_client_request){
            .method = "POST",
            .url = url,
            .headers = headers,
            .header_count = header_count,
            .body = {svc_buf_text(&call->body), call->body.length},
            .deadline_ms = api->timeout_ms,
            .body_max = BODY_MAX,
        },
        reply, error);
}

/* A refusal of one request says nothing about the next; what says that the system or our
 * access to it is in trouble counts. */
static bool is_trouble(int http_status)
{
    return http_status >= 500 || http_status < 400 || http_status == 401 ||
           http_status == 403 || http_status == 408 || http_status == 429;
}

static enum stock_api_outcome ask(
    struct stock_api *api, const struct call *call, struct stock_api_error *ret_error)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    enum stock_api_outcome outcome = STOCK_API_DOWN;

    if (!is_admitted(api)) {
        snprintf(ret_error->message, sizeof ret_error->message,
            "not asked: it failed %d times in a row", STOCK_BREAKER_FAILURES);
        return STOCK_API_DOWN;
    }
    if (send_call(api, call, &reply, &error) != SVC_OK) {
        /* Not its fault where all of our own exchanges are taken; then it's slow. */
        note(api, false);
        ret_error->asked = error.sent;
        snprintf(ret_error->message, sizeof ret_error->message, "%s", error.message);
        return STOCK_API_DOWN;
    }
    int status = reply.http_status;
    struct svc_slice body = {svc_buf_text(&reply.body), reply.body.length};
    if ((status == 200 || status == 201 || status == 409) &&
        stock_message_read(body, call->done_word, call->lines, call->count, &outcome) &&
        (outcome == STOCK_API_SHORT || status != 409)) {
        note(api, true);
        return outcome;
    }
    note(api, !is_trouble(status));
    ret_error->asked = true;
    snprintf(ret_error->message, sizeof ret_error->message,
        "%s: HTTP %d without a valid answer", call->path, status);
    return STOCK_API_DOWN;
}

/* What can't be written in the protocol; nothing is sent then. */
static bool is_writable(const char *key, const struct stock_api_line *lines, size_t count)
{
    if (count > STOCK_API_LINES_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (lines[i].sku.length == 0 || (key != NULL && lines[i].quantity < 1)) {
            return false;
        }
    }
    return key == NULL ||
           (key[0] != '\0' && strlen(key) <= STOCK_API_KEY_MAX && is_printable(key));
}

static enum stock_api_outcome ask_about(struct stock_api *api, struct call *call,
    int64_t expires_at_s, struct stock_api_error *ret_error)
{
    *ret_error = (struct stock_api_error){0};
    if (!is_writable(call->key, call->lines, call->count)) {
        snprintf(ret_error->message, sizeof ret_error->message,
            "not asked: lines or key out of bounds");
        return STOCK_API_DOWN;
    }
    svc_buf_init(&call->body, BODY_MAX);
    if (call->key == NULL) {
        stock_message_write_skus(call->lines, call->count, &call->body);
    } else {
        stock_message_write_order(
            call->key, expires_at_s, call->lines, call->count, &call->body);
    }
    enum stock_api_outcome outcome = STOCK_API_DOWN;
    if (call->body.overflow) {
        snprintf(
            ret_error->message, sizeof ret_error->message, "not asked: too long a list");
    } else {
        outcome = ask(api, call, ret_error);
    }
    svc_buf_done(&call->body);
    return outcome;
}

enum stock_api_outcome stock_api_current(struct stock_api *api,
    struct stock_api_line *lines, size_t count, struct stock_api_error *ret_error)
{
    struct call call = {.path = "/stock/current", .lines = lines, .count = count};

    *ret_error = (struct stock_api_error){0};
    return count == 0 ? STOCK_API_DONE : ask_about(api, &call, 0, ret_error);
}

enum stock_api_outcome stock_api_reserve(struct stock_api *api, const char *order_key,
    int64_t expires_at_s, struct stock_api_line *lines, size_t count,
    struct stock_api_error *ret_error)
{
    struct call call = {.path = "/stock/reserve",
        .key = order_key,
        .done_word = "reserved",
        .lines = lines,
        .count = count};

    *ret_error = (struct stock_api_error){0};
    return count == 0 ? STOCK_API_DONE : ask_about(api, &call, expires_at_s, ret_error);
}

enum stock_api_outcome stock_api_release(
    struct stock_api *api, const char *order_key, struct stock_api_error *ret_error)
{
    struct call call = {
        .path = "/stock/release", .key = order_key, .done_word = "released"};

    return ask_about(api, &call, 0, ret_error);
}

enum stock_api_outcome stock_api_commit(struct stock_api *api, const char *order_key,
    struct stock_api_line *lines, size_t count, struct stock_api_error *ret_error)
{
    struct call call = {.path = "/stock/commit",
        .key = order_key,
        .done_word = "committed",
        .lines = lines,
        .count = count};

    *ret_error = (struct stock_api_error){0};
    return count == 0 ? STOCK_API_DONE : ask_about(api, &call, 0, ret_error);
}
