#include "client_private.h"

#include <string.h>
#include <strings.h>

_Static_assert(SVC_CLIENT_HEADER_BYTES_MAX <= UINT16_MAX, "spans hold 16 bits");

void svc_client_reply_init(struct svc_client_reply *reply, size_t body_max)
{
    *reply = (struct svc_client_reply){0};
    svc_buf_init(&reply->body, body_max);
    svc_buf_init(&reply->headers, SVC_CLIENT_HEADER_BYTES_MAX);
}

void svc_client_reply_done(struct svc_client_reply *reply)
{
    svc_buf_done(&reply->body);
    svc_buf_done(&reply->headers);
    *reply = (struct svc_client_reply){0};
}

static struct svc_slice trim(struct svc_slice text)
{
    while (text.length > 0 && strchr(" \t\r\n", text.text[text.length - 1]) != NULL) {
        text.length--;
    }
    while (text.length > 0 && (text.text[0] == ' ' || text.text[0] == '\t')) {
        text.text++;
        text.length--;
    }
    return text;
}

void svc_client_reply_add_line(struct svc_client_reply *reply, struct svc_slice line)
{
    if (line.length >= 5 && memcmp(line.text, "HTTP/", 5) == 0) {
        reply->header_count = 0;
        svc_buf_clear(&reply->headers);
        return;
    }
    const char *colon = memchr(line.text, ':', line.length);
    if (colon == NULL || reply->header_count == SVC_CLIENT_HEADERS_MAX) {
        return;
    }
    size_t name_length = (size_t)(colon - line.text);
    struct svc_slice value =
        trim((struct svc_slice){colon + 1, line.length - name_length - 1});
    size_t at = reply->headers.length;
    if (name_length + value.length > SVC_CLIENT_HEADER_BYTES_MAX - at) {
        return;
    }
    svc_buf_add(&reply->headers, line.text, name_length);
    svc_buf_add(&reply->headers, value.text, value.length);
    reply->spans[reply->header_count++] = (struct svc_client_header_span){
        .name = (uint16_t)at,
        .name_length = (uint16_t)name_length,
        .value = (uint16_t)(at + name_length),
        .value_length = (uint16_t)value.length,
    };
}

struct svc_slice svc_client_reply_header(
    const struct svc_client_reply *reply, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < reply->header_count; i++) {
        const struct svc_client_header_span *span = &reply->spans[i];
        const char *text = svc_buf_text(&reply->headers);
        if (span->name_length == length &&
            strncasecmp(text + span->name, name, length) == 0) {
            return (struct svc_slice){text + span->value, span->value_length};
        }
    }
    return (struct svc_slice){0};
}
