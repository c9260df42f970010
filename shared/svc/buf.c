#include "buf.h"

#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)256)

void svc_buf_init(struct svc_buf *buf, size_t limit)
{
    *buf = (struct svc_buf){.limit = limit};
}

void svc_buf_done(struct svc_buf *buf)
{
    free(buf->bytes);
    *buf = (struct svc_buf){.limit = buf->limit};
}

void svc_buf_clear(struct svc_buf *buf)
{
    buf->length = 0;
    buf->overflow = false;
}

char *svc_buf_reserve(struct svc_buf *buf, size_t length)
{
    if (buf->overflow || length > buf->limit - buf->length) {
        buf->overflow = true;
        return NULL;
    }
    size_t needed = buf->length + length + 1;
    if (needed <= buf->room) {
        return buf->bytes + buf->length;
    }
    size_t room = buf->room > 0 ? buf->room * 2 : FIRST_ROOM;
    if (room < needed) {
        room = needed;
    }
    buf->bytes = svc_realloc(buf->bytes, room);
    buf->room = room;
    return buf->bytes + buf->length;
}

void svc_buf_add(struct svc_buf *buf, const void *bytes, size_t length)
{
    char *end = svc_buf_reserve(buf, length);

    if (end == NULL) {
        return;
    }
    if (length > 0) {
        memcpy(end, bytes, length);
    }
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

void svc_buf_add_text(struct svc_buf *buf, const char *text)
{
    svc_buf_add(buf, text, strlen(text));
}

void svc_buf_add_char(struct svc_buf *buf, char byte)
{
    svc_buf_add(buf, &byte, 1);
}

void svc_buf_printf(struct svc_buf *buf, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0) {
        buf->overflow = true;
        return;
    }
    if ((size_t)length < sizeof text) {
        svc_buf_add(buf, text, (size_t)length);
        return;
    }
    char *end = svc_buf_reserve(buf, (size_t)length);
    if (end == NULL) {
        return;
    }
    va_start(args, format);
    vsnprintf(end, (size_t)length + 1, format, args);
    va_end(args);
    buf->length += (size_t)length;
}

const char *svc_buf_text(const struct svc_buf *buf)
{
    return buf->length > 0 ? buf->bytes : "";
}

char *svc_buf_take(struct svc_buf *buf, size_t *ret_length)
{
    char *bytes = buf->bytes != NULL ? buf->bytes : svc_alloc(1);

    bytes[buf->length] = '\0';
    if (ret_length != NULL) {
        *ret_length = buf->length;
    }
    *buf = (struct svc_buf){.limit = buf->limit};
    return bytes;
}
