#include "log.h"

#include "clock.h"
#include "json_write.h"
#include "trace.h"

#include <string.h>
#include <unistd.h>

#define LINE_SIZE ((size_t)4096)
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define MASK_SIZE ((size_t)128)
/* What is kept of a message whose line is cut: it fits even where each byte takes the six
 * of an escape. */
#define CUT_MESSAGE_LENGTH ((size_t)512)

/* Written once, before the first thread starts. */
static struct {
    const char *service;
    enum svc_log_level level;
    bool show_private;
} setup = {.service = "svc", .level = SVC_LOG_INFO};

void svc_log_setup(const char *service, enum svc_log_level level, bool show_private)
{
    setup.service = service;
    setup.level = level;
    setup.show_private = show_private;
}

bool svc_log_is_on(enum svc_log_level level)
{
    return level >= setup.level;
}

struct svc_log_field svc_log_text(const char *name, const char *text)
{
    struct svc_slice slice = {text, text != NULL ? strlen(text) : 0};

    return (struct svc_log_field){SVC_LOG_KIND_TEXT, name, slice, 0};
}

static void add_replaced(struct svc_buf *buf, struct svc_slice text)
{
    size_t at = 0;

    while (at < text.length) {
        size_t valid = text.length - at;
        bool whole = svc_text_is_utf8(text.text + at, valid, &valid);
        svc_buf_add(buf, text.text + at, valid);
        at += valid;
        if (!whole) {
            svc_buf_add_text(buf, REPLACEMENT);
            at++;
        }
    }
}

/* What is logged comes from anywhere; bytes that aren't UTF-8 become U+FFFD, since the
 * line must be JSON. */
static void write_text(struct svc_json_writer *writer, struct svc_slice text)
{
    struct svc_buf clean;

    if (text.text == NULL || svc_text_is_utf8(text.text, text.length, NULL)) {
        svc_json_write_slice(writer, text);
        return;
    }
    svc_buf_init(&clean, LINE_SIZE);
    add_replaced(&clean, text);
    svc_json_write_slice(writer, (struct svc_slice){svc_buf_text(&clean), clean.length});
    writer->buf->overflow = writer->buf->overflow || clean.overflow;
    svc_buf_done(&clean);
}

static void write_private(struct svc_json_writer *writer, struct svc_slice text)
{
    char masked[MASK_SIZE];

    if (setup.show_private) {
        write_text(writer, text);
        return;
    }
    svc_text_mask(text, masked, sizeof masked);
    write_text(writer, (struct svc_slice){masked, strlen(masked)});
}

static void write_field(struct svc_json_writer *writer, const struct svc_log_field *field)
{
    svc_json_write_key(writer, field->name);
    if (field->kind == SVC_LOG_KIND_INT) {
        svc_json_write_int(writer, field->number);
        return;
    }
    if (field->kind == SVC_LOG_KIND_PRIVATE && field->text.text != NULL) {
        write_private(writer, field->text);
        return;
    }
    write_text(writer, field->text);
}

static void write_head(
    struct svc_json_writer *writer, enum svc_log_level level, struct svc_slice message)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char time[SVC_CLOCK_TEXT_SIZE];
    const struct svc_trace *trace = svc_trace_current();

    svc_json_write_field_text(
        writer, "time", svc_clock_format_ms(svc_clock_unix_ms(), time));
    svc_json_write_field_text(writer, "level", names[level]);
    svc_json_write_field_text(writer, "service", setup.service);
    svc_json_write_key(writer, "message");
    write_text(writer, message);
    if (trace != NULL) {
        svc_json_write_field_text(writer, "trace_id", trace->trace_id);
        svc_json_write_field_text(writer, "span_id", trace->span_id);
    }
}

/* A line that is too long keeps its head and says so, and stays valid JSON. */
static void write_line(struct svc_buf *line, enum svc_log_level level,
    struct svc_slice message, const struct svc_log_field *fields)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, line);
    svc_json_write_object_begin(&writer);
    write_head(&writer, level, message);
    for (; fields != NULL && fields->kind != SVC_LOG_END; fields++) {
        write_field(&writer, fields);
    }
    svc_json_write_object_end(&writer);
    svc_buf_add_char(line, '\n');
}

void svc_log_fields(
    enum svc_log_level level, const char *message, const struct svc_log_field *fields)
{
    struct svc_buf line;

    if (!svc_log_is_on(level)) {
        return;
    }
    svc_buf_init(&line, LINE_SIZE);
    write_line(&line, level, (struct svc_slice){message, strlen(message)}, fields);
    if (line.overflow) {
        const struct svc_log_field cut[] = {
            SVC_TEXT("cut", "the line was too long"), {0}};
        svc_buf_clear(&line);
        write_line(&line, level,
            (struct svc_slice){message, strnlen(message, CUT_MESSAGE_LENGTH)}, cut);
    }
    /* One write a line, so that lines of several threads don't mix. */
    ssize_t written = write(STDERR_FILENO, svc_buf_text(&line), line.length);
    (void)written; /* nowhere to say that the log is gone */
    svc_buf_done(&line);
}
