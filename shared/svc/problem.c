#include "problem.h"

#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POINTER_SIZE ((size_t)512)
#define DETAIL_SIZE ((size_t)256)

/* RFC 6901: "~" is "~0" and "/" is "~1" in a name. */
static void add_name(struct svc_buf *buf, struct svc_slice name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.text[i] == '~') {
            svc_buf_add_text(buf, "~0");
        } else if (name.text[i] == '/') {
            svc_buf_add_text(buf, "~1");
        } else {
            svc_buf_add_char(buf, name.text[i]);
        }
    }
}

static void add_place(struct svc_buf *buf, const struct svc_place *place)
{
    if (place == NULL) {
        return;
    }
    add_place(buf, place->parent);
    svc_buf_add_char(buf, '/');
    if (place->name.text == NULL) {
        svc_buf_printf(buf, "%zu", place->index);
        return;
    }
    add_name(buf, place->name);
}

static const char *place_text(struct svc_arena *arena, const struct svc_place *place)
{
    struct svc_buf buf;

    svc_buf_init(&buf, POINTER_SIZE);
    add_place(&buf, place);
    size_t length = buf.length;
    while (!svc_text_is_utf8(svc_buf_text(&buf), length, NULL)) {
        length--; /* the limit cut a character */
    }
    const char *text = svc_arena_strndup(arena, svc_buf_text(&buf), length);
    svc_buf_done(&buf);
    return text;
}

void svc_problems_add_at(
    struct svc_problems *problems, const char *pointer, const char *detail)
{
    if (problems->count == SVC_PROBLEMS_MAX) {
        problems->left_out++;
        return;
    }
    problems->list[problems->count++] = (struct svc_problem){
        .pointer = svc_arena_strndup(problems->arena, pointer, strlen(pointer)),
        .detail = svc_arena_strndup(problems->arena, detail, strlen(detail)),
    };
}

void svc_problems_add(
    struct svc_problems *problems, const struct svc_place *place, const char *format, ...)
{
    char detail[DETAIL_SIZE];
    va_list args;

    if (problems->count == SVC_PROBLEMS_MAX) {
        problems->left_out++;
        return;
    }
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    size_t length = strlen(detail);
    while (!svc_text_is_utf8(detail, length, NULL)) {
        length--;
    }
    problems->list[problems->count++] = (struct svc_problem){
        .pointer = place_text(problems->arena, place),
        .detail = svc_arena_strndup(problems->arena, detail, length),
    };
}

void svc_problems_write(
    const struct svc_problems *problems, struct svc_json_writer *writer)
{
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < problems->count; i++) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_text(writer, "pointer", problems->list[i].pointer);
        svc_json_write_field_text(writer, "detail", problems->list[i].detail);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

void svc_problem_write(struct svc_json_writer *writer, enum svc_status status,
    const char *detail, const struct svc_problems *problems)
{
    const struct svc_trace *trace = svc_trace_current();

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", "about:blank");
    svc_json_write_field_text(writer, "title", svc_status_title(status));
    svc_json_write_field_int(writer, "status", svc_status_http(status));
    if (detail != NULL) {
        svc_json_write_field_text(writer, "detail", detail);
    }
    if (trace != NULL) {
        svc_json_write_field_text(writer, "trace_id", trace->trace_id);
    }
    svc_json_write_key(writer, "errors");
    if (problems == NULL) {
        svc_json_write_array_begin(writer);
        svc_json_write_array_end(writer);
    } else {
        svc_problems_write(problems, writer);
    }
    if (problems != NULL && problems->left_out > 0) {
        svc_json_write_field_int(writer, "errors_left_out", (int64_t)problems->left_out);
    }
    svc_json_write_object_end(writer);
}
