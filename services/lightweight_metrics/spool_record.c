#include "spool_record.h"

#include <svc/crypto.h>
#include <svc/json_write.h>

#include <string.h>

#define CHECK_SIZE ((size_t)8)
#define LENGTH_SIZE (SPOOL_HEAD_SIZE - CHECK_SIZE)

static void make_head(struct svc_slice payload, unsigned char head[SPOOL_HEAD_SIZE])
{
    uint32_t length = (uint32_t)payload.length;
    uint8_t digest[SVC_SHA256_SIZE];
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    svc_sha256_add(&hash, payload.text, payload.length);
    svc_sha256_finish(&hash, digest);
    memcpy(head, &length, LENGTH_SIZE);
    memcpy(head + LENGTH_SIZE, digest, CHECK_SIZE);
}

void spool_record_write(struct svc_buf *out, const struct event *event)
{
    unsigned char head[SPOOL_HEAD_SIZE] = {0};
    struct svc_json_writer writer;
    size_t start = out->length;

    svc_buf_add(out, head, sizeof head);
    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "event_id", event->event_id);
    svc_json_write_field_slice(&writer, "type", event->type);
    svc_json_write_field_int(&writer, "occurred_ms", event->occurred_ms);
    svc_json_write_optional_slice(&writer, "customer_key", event->customer_key);
    svc_json_write_optional_slice(&writer, "source", event->source);
    svc_json_write_field_text(&writer, "path", event->path);
    if (event->data.text != NULL) {
        svc_json_write_key(&writer, "data");
        svc_json_write_raw(&writer, event->data);
    }
    svc_json_write_object_end(&writer);
    if (out->overflow) {
        return;
    }
    struct svc_slice payload = {
        out->bytes + start + sizeof head, out->length - start - sizeof head};
    make_head(payload, head);
    memcpy(out->bytes + start, head, sizeof head);
}

size_t spool_record_length(struct svc_slice bytes)
{
    unsigned char head[SPOOL_HEAD_SIZE];
    uint32_t length;

    if (bytes.length < SPOOL_HEAD_SIZE) {
        return 0;
    }
    memcpy(&length, bytes.text, LENGTH_SIZE);
    if (length > SPOOL_RECORD_MAX || length + SPOOL_HEAD_SIZE > bytes.length) {
        return 0;
    }
    make_head((struct svc_slice){bytes.text + SPOOL_HEAD_SIZE, length}, head);
    return memcmp(head, bytes.text, sizeof head) == 0 ? length + SPOOL_HEAD_SIZE : 0;
}

/* The text of DATA as it was written. */
static struct svc_slice copy_data(struct svc_arena *arena, const struct svc_json *data)
{
    struct svc_json_writer writer;
    struct svc_buf text;

    svc_buf_init(&text, SPOOL_RECORD_MAX);
    svc_json_write_init(&writer, &text);
    svc_json_write_value(&writer, data);
    struct svc_slice copy = {
        svc_arena_strndup(arena, svc_buf_text(&text), text.length), text.length};
    svc_buf_done(&text);
    return copy;
}

bool spool_record_read(
    struct svc_arena *arena, struct svc_slice record, struct event *ret_event)
{
    static const struct svc_json_limits limits = {.depth = 600, .values = 100000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value = svc_json_read(arena, record.text + SPOOL_HEAD_SIZE,
        record.length - SPOOL_HEAD_SIZE, &limits, &replaced, &error);
    struct event event = {
        .event_id = svc_json_get_text(value, "event_id"),
        .type = svc_json_get_text(value, "type"),
        .customer_key = svc_json_get_text(value, "customer_key"),
        .source = svc_json_get_text(value, "source"),
        .path =
            svc_slice_equals(svc_json_get_text(value, "path"), "mvp") ? "mvp" : "full",
    };
    const struct svc_json *data = svc_json_get(value, "data");

    if (event.event_id.text == NULL || event.type.text == NULL ||
        !svc_json_to_int64(svc_json_get(value, "occurred_ms"), &event.occurred_ms)) {
        return false;
    }
    if (data != NULL) {
        event.data = copy_data(arena, data);
    }
    event.class = event_class_of(event.type);
    event_set_key(&event);
    *ret_event = event;
    return true;
}
