#include "prices.h"

#include <svc/json_write.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One "name=number" up to LENGTH. */
static bool read_one(const char *text, size_t length, struct svc_json_writer *writer)
{
    const char *equals = memchr(text, '=', length);
    char *end = NULL;

    if (equals == NULL || equals == text) {
        return false;
    }
    double price = strtod(equals + 1, &end);
    if (end == equals + 1 || end != text + length || !isfinite(price) || price < 0) {
        return false;
    }
    for (const char *at = text; at < equals; at++) {
        bool fine = (*at >= 'a' && *at <= 'z') || *at == '_' || *at == '-';
        if (!fine) {
            return false;
        }
    }
    svc_buf_add_text(writer->buf, writer->needs_comma ? ",\"" : "\"");
    svc_buf_add(writer->buf, text, (size_t)(equals - text));
    svc_buf_add_text(writer->buf, "\":");
    writer->needs_comma = false;
    svc_json_write_double(writer, price);
    return true;
}

bool prices_read(const char *text, struct svc_buf *ret_json)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, ret_json);
    svc_json_write_object_begin(&writer);
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        if (!read_one(text, length, &writer)) {
            return false;
        }
        text += length;
        text += *text == ',';
    }
    svc_json_write_object_end(&writer);
    return true;
}
