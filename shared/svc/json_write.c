#include "json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void svc_json_write_init(struct svc_json_writer *writer, struct svc_buf *buf)
{
    *writer = (struct svc_json_writer){.buf = buf};
}

static void separate(struct svc_json_writer *writer)
{
    if (writer->needs_comma) {
        svc_buf_add_char(writer->buf, ',');
    }
    writer->needs_comma = true;
}

static void begin(struct svc_json_writer *writer, char bracket)
{
    separate(writer);
    svc_buf_add_char(writer->buf, bracket);
    writer->needs_comma = false;
}

static void end(struct svc_json_writer *writer, char bracket)
{
    svc_buf_add_char(writer->buf, bracket);
    writer->needs_comma = true;
}

void svc_json_write_object_begin(struct svc_json_writer *writer)
{
    begin(writer, '{');
}

void svc_json_write_object_end(struct svc_json_writer *writer)
{
    end(writer, '}');
}

void svc_json_write_array_begin(struct svc_json_writer *writer)
{
    begin(writer, '[');
}

void svc_json_write_array_end(struct svc_json_writer *writer)
{
    end(writer, ']');
}

void svc_json_write_key(struct svc_json_writer *writer, const char *name)
{
    size_t length = strlen(name);
    size_t comma = writer->needs_comma ? 1 : 0;
    char *out = svc_buf_reserve(writer->buf, length + 3 + comma);

    writer->needs_comma = false;
    if (out == NULL) {
        return;
    }
    if (comma > 0) {
        *out++ = ',';
    }
    *out++ = '"';
    out = mempcpy(out, name, length);
    memcpy(out, "\":", 3);
    writer->buf->length += length + 3 + comma;
}

static void write_literal(struct svc_json_writer *writer, const char *text, size_t length)
{
    separate(writer);
    svc_buf_add(writer->buf, text, length);
}

void svc_json_write_null(struct svc_json_writer *writer)
{
    write_literal(writer, "null", 4);
}

void svc_json_write_bool(struct svc_json_writer *writer, bool value)
{
    write_literal(writer, value ? "true" : "false", value ? 4 : 5);
}

void svc_json_write_int(struct svc_json_writer *writer, int64_t value)
{
    char text[24];

    write_literal(writer, text, svc_text_put_int64(text, value));
}

void svc_json_write_double(struct svc_json_writer *writer, double value)
{
    char text[40];

    if (!isfinite(value)) {
        svc_json_write_null(writer);
        return;
    }
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    write_literal(writer, text, (size_t)length);
}

static void add_escaped(struct svc_buf *buf, unsigned char byte)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i < sizeof names - 1; i += 2) {
        if ((unsigned char)names[i] == byte) {
            const char pair[2] = {'\\', names[i + 1]};
            svc_buf_add(buf, pair, sizeof pair);
            return;
        }
    }
    svc_buf_printf(buf, "\\u%04x", byte);
}

/* The rest of a string from its first byte that needs an escape on. */
static void write_escaped(struct svc_buf *buf, const char *text, size_t length)
{
    bool ascii = true;

    while (length > 0) {
        size_t plain = svc_text_plain_length(text, length, &ascii);
        svc_buf_add(buf, text, plain);
        text += plain;
        length -= plain;
        if (length > 0) {
            add_escaped(buf, (unsigned char)*text++);
            length--;
        }
    }
}

static void write_string(struct svc_json_writer *writer, const char *text, size_t length)
{
    struct svc_buf *buf = writer->buf;
    bool ascii = true;
    size_t plain = svc_text_plain_length(text, length, &ascii);
    char *out = svc_buf_reserve(buf, plain + 3);

    if (out == NULL) {
        return;
    }
    char *start = out;
    if (writer->needs_comma) {
        *out++ = ',';
    }
    writer->needs_comma = true;
    *out++ = '"';
    memcpy(out, text, plain);
    out += plain;
    if (plain == length) {
        *out++ = '"';
    }
    *out = '\0';
    buf->length += (size_t)(out - start);
    if (plain < length) {
        write_escaped(buf, text + plain, length - plain);
        svc_buf_add_char(buf, '"');
    }
}

void svc_json_write_text(struct svc_json_writer *writer, const char *text)
{
    write_string(writer, text, strlen(text));
}

void svc_json_write_slice(struct svc_json_writer *writer, struct svc_slice slice)
{
    if (slice.text == NULL) {
        svc_json_write_null(writer);
        return;
    }
    write_string(writer, slice.text, slice.length);
}

static void write_members(struct svc_json_writer *writer, const struct svc_json *value)
{
    bool object = value->type == SVC_JSON_OBJECT;

    begin(writer, object ? '{' : '[');
    for (const struct svc_json *member = value->first; member != NULL;
         member = member->next) {
        if (object) {
            write_string(writer, member->key.text, member->key.length);
            svc_buf_add_char(writer->buf, ':');
            writer->needs_comma = false;
        }
        svc_json_write_value(writer, member);
    }
    end(writer, object ? '}' : ']');
}

/* Its depth is bounded by the limits that VALUE was read with. */
void svc_json_write_value(struct svc_json_writer *writer, const struct svc_json *value)
{
    if (value == NULL) {
        svc_json_write_null(writer);
        return;
    }
    switch (value->type) {
    case SVC_JSON_NULL:
        svc_json_write_null(writer);
        return;
    case SVC_JSON_FALSE:
    case SVC_JSON_TRUE:
        svc_json_write_bool(writer, value->type == SVC_JSON_TRUE);
        return;
    case SVC_JSON_NUMBER:
        write_literal(writer, value->text.text, value->text.length);
        return;
    case SVC_JSON_STRING:
        write_string(writer, value->text.text, value->text.length);
        return;
    case SVC_JSON_ARRAY:
    case SVC_JSON_OBJECT:
        write_members(writer, value);
        return;
    }
}

void svc_json_write_raw(struct svc_json_writer *writer, struct svc_slice text)
{
    write_literal(writer, text.text, text.length);
}

void svc_json_write_field_text(
    struct svc_json_writer *writer, const char *name, const char *text)
{
    svc_json_write_key(writer, name);
    svc_json_write_text(writer, text);
}

void svc_json_write_field_slice(
    struct svc_json_writer *writer, const char *name, struct svc_slice slice)
{
    svc_json_write_key(writer, name);
    svc_json_write_slice(writer, slice);
}

void svc_json_write_field_int(
    struct svc_json_writer *writer, const char *name, int64_t value)
{
    svc_json_write_key(writer, name);
    svc_json_write_int(writer, value);
}

void svc_json_write_field_bool(
    struct svc_json_writer *writer, const char *name, bool value)
{
    svc_json_write_key(writer, name);
    svc_json_write_bool(writer, value);
}

void svc_json_write_optional_slice(
    struct svc_json_writer *writer, const char *name, struct svc_slice slice)
{
    if (slice.text != NULL) {
        svc_json_write_field_slice(writer, name, slice);
    }
}

void svc_json_write_optional_value(
    struct svc_json_writer *writer, const char *name, const struct svc_json *value)
{
    if (value != NULL) {
        svc_json_write_key(writer, name);
        svc_json_write_value(writer, value);
    }
}
