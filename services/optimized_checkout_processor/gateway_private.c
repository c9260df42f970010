#include "gateway_private.h"

#include <svc/crypto.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct svc_json_limits limits = {.depth = 32, .values = 20000};

struct svc_slice gateway_printf(struct svc_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = svc_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return (struct svc_slice){text, (size_t)length};
}

struct svc_slice gateway_take(struct svc_arena *arena, struct svc_buf *buf)
{
    struct svc_slice text = {svc_buf_text(buf), buf->length};

    text = svc_slice_keep(arena, text);
    svc_buf_done(buf);
    return text;
}

static bool is_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

void gateway_escape(struct svc_buf *out, struct svc_slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        if (is_word(byte) || byte == '.' || byte == '~') {
            svc_buf_add_char(out, byte);
        } else {
            svc_buf_printf(out, "%%%02X", (unsigned char)byte);
        }
    }
}

bool gateway_is_id(struct svc_slice text)
{
    if (text.text == NULL || text.length == 0 || text.length > GATEWAY_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (!is_word(text.text[i])) {
            return false;
        }
    }
    return true;
}

bool gateway_starts_with(struct svc_slice text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text.text != NULL && text.length >= length &&
           memcmp(text.text, prefix, length) == 0;
}

bool gateway_same(struct svc_slice left, struct svc_slice right)
{
    return left.text != NULL && right.text != NULL && left.length == right.length &&
           memcmp(left.text, right.text, left.length) == 0;
}

bool gateway_same_word(struct svc_slice left, const char *right)
{
    return left.text != NULL && left.length == strlen(right) &&
           strncasecmp(left.text, right, left.length) == 0;
}

void gateway_request_init(struct svc_arena *arena, const struct gateway_config *config,
    const char *method, struct svc_slice path, struct gateway_request *ret_request)
{
    struct svc_slice base = config->base_url;

    while (base.length > 0 && base.text[base.length - 1] == '/') {
        base.length--;
    }
    *ret_request = (struct gateway_request){
        .method = method,
        .url =
            gateway_printf(arena, "%.*s%.*s", GATEWAY_ARG(base), GATEWAY_ARG(path)).text,
    };
}

void gateway_header_add(
    struct gateway_request *request, const char *name, const char *value)
{
    if (request->header_count < GATEWAY_HEADERS_MAX) {
        request->headers[request->header_count++] = (struct gateway_header){name, value};
    }
}

void gateway_bearer_add(
    struct svc_arena *arena, struct gateway_request *request, struct svc_slice token)
{
    gateway_header_add(request, "Authorization",
        gateway_printf(arena, "Bearer %.*s", GATEWAY_ARG(token)).text);
}

void gateway_body_set(struct svc_arena *arena, struct gateway_request *request,
    const char *content_type, struct svc_buf *buf)
{
    gateway_header_add(request, "Content-Type", content_type);
    request->body = gateway_take(arena, buf);
}

const struct svc_json *gateway_read_json(struct svc_arena *arena, struct svc_slice body)
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

struct svc_slice gateway_text_of(const struct svc_json *value)
{
    int64_t number = 0;

    if (svc_json_is(value, SVC_JSON_NUMBER) && svc_text_to_int64(value->text, &number)) {
        return value->text;
    }
    return svc_json_text(value);
}

const struct svc_json *gateway_path(const struct svc_json *value, const char *path)
{
    char name[64];

    while (value != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        if (length >= sizeof name) {
            return NULL;
        }
        memcpy(name, path, length);
        name[length] = '\0';
        value = svc_json_get(value, name);
        path += length;
        path += *path == '.';
    }
    return value;
}

struct svc_slice gateway_path_text(const struct svc_json *value, const char *path)
{
    return gateway_text_of(gateway_path(value, path));
}

bool gateway_is_true(const struct svc_json *value)
{
    return svc_json_is(value, SVC_JSON_TRUE);
}

enum svc_status gateway_status(int http_status)
{
    if (http_status >= 200 && http_status < 300) {
        return SVC_OK;
    }
    switch (http_status) {
    case 404:
        return SVC_NOT_FOUND;
    case 401: /* a key that is being changed: what is asked for isn't wrong */
    case 403:
    case 408:
    case 409: /* the same request is under way */
    case 425:
    case 429:
        return SVC_UNAVAILABLE;
    default:
        return http_status >= 400 && http_status < 500 ? SVC_INVALID : SVC_UNAVAILABLE;
    }
}

enum svc_status gateway_refusal(
    int http_status, struct svc_slice reason, char ret_error[256])
{
    enum svc_status status = gateway_status(http_status);

    if (status == SVC_OK) {
        return SVC_OK;
    }
    snprintf(ret_error, 256, "%d: %.*s", http_status,
        (int)(reason.length < 200 ? reason.length : 200),
        reason.text != NULL ? reason.text : "no reason given");
    return status == SVC_NOT_FOUND ? SVC_INVALID : status;
}

struct svc_slice gateway_currency(struct svc_arena *arena, struct svc_slice currency)
{
    if (currency.text == NULL) {
        return currency;
    }
    char *upper = svc_arena_strndup(arena, currency.text, currency.length);
    for (size_t i = 0; i < currency.length; i++) {
        if (upper[i] >= 'a' && upper[i] <= 'z') {
            upper[i] = (char)(upper[i] - 'a' + 'A');
        }
    }
    return (struct svc_slice){upper, currency.length};
}

bool gateway_hmac_matches(
    struct svc_slice secrets, struct svc_slice message, struct svc_slice hex)
{
    uint8_t expected[SVC_SHA256_SIZE];
    uint8_t digest[SVC_SHA256_SIZE];
    size_t at = 0;

    if (!svc_text_from_hex(hex, expected, sizeof expected)) {
        return false;
    }
    while (at < secrets.length) {
        size_t length = 0;
        while (at + length < secrets.length && secrets.text[at + length] != ',') {
            length++;
        }
        svc_hmac_sha256((struct svc_slice){secrets.text + at, length}, message, digest);
        if (length > 0 && svc_text_equals_secret((const char *)digest,
                              (const char *)expected, sizeof digest)) {
            return true;
        }
        at += length + 1;
    }
    return false;
}

bool gateway_check_set(struct svc_slice value, const char *name, char ret_error[256])
{
    if (value.length > 0) {
        return true;
    }
    snprintf(ret_error, 256, "%s must be set", name);
    return false;
}
