#include "event.h"

#include "event_time.h"
#include "event_types.h"

#include <svc/crypto.h>
#include <svc/json_write.h>

#include <stdio.h>
#include <string.h>

/* Members that are the event's own. */
static const char *const own_members[] = {
    "event_id", "type", "occurred_at", "customer_key", "path"};

static bool refuse(char ret_reason[EVENT_REASON_SIZE], const char *reason)
{
    snprintf(ret_reason, EVENT_REASON_SIZE, "%s", reason);
    return false;
}

void event_set_key(struct event *event)
{
    struct svc_sha256 hash;
    uint8_t digest[SVC_SHA256_SIZE];

    svc_sha256_init(&hash);
    svc_sha256_add(&hash, event->event_id.text, event->event_id.length);
    svc_sha256_finish(&hash, digest);
    memcpy(event->key, digest, EVENT_KEY_SIZE);
}

static bool begins_with(struct svc_slice text, const char *start)
{
    size_t length = strlen(start);

    return text.length >= length && memcmp(text.text, start, length) == 0;
}

enum event_class event_class_of(struct svc_slice type)
{
    if (svc_slice_equals(type, "debug") || begins_with(type, "debug.")) {
        return EVENT_CLASS_DEBUG;
    }
    bool money = svc_slice_equals(type, "paid") || svc_slice_equals(type, "order") ||
                 begins_with(type, "order.");
    return money ? EVENT_CLASS_MONEY : EVENT_CLASS_USUAL;
}

static bool is_type(struct svc_slice type)
{
    if (type.length == 0 || type.length > EVENT_TYPE_MAX || type.text[0] < 'a' ||
        type.text[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < type.length; i++) {
        char byte = type.text[i];
        bool fine = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                    byte == '_' || byte == '.';
        if (!fine) {
            return false;
        }
    }
    return true;
}

/* A text that may be left out; n8n sends null for what it doesn't have, and a number
 * where an id looks like one. */
static bool read_optional(
    const struct svc_json *value, size_t length_max, struct svc_slice *ret_text)
{
    *ret_text = (struct svc_slice){NULL, 0};
    if (value == NULL || svc_json_is(value, SVC_JSON_NULL)) {
        return true;
    }
    if (!svc_json_is(value, SVC_JSON_STRING) && !svc_json_is(value, SVC_JSON_NUMBER)) {
        return false;
    }
    if (value->text.length > length_max) {
        return false;
    }
    if (value->text.length > 0) {
        *ret_text = value->text;
    }
    return true;
}

static bool is_own_member(struct svc_slice key)
{
    for (size_t i = 0; i < sizeof own_members / sizeof own_members[0]; i++) {
        if (svc_slice_equals(key, own_members[i])) {
            return true;
        }
    }
    return false;
}

/* Of one without `data`: what else it says. The copies stand in the order of the members.
 */
static const struct svc_json *gather(
    struct svc_arena *arena, const struct svc_json *event)
{
    struct svc_json *object = svc_arena_alloc(arena, sizeof *object);
    const struct svc_json **last = &object->first;

    object->type = SVC_JSON_OBJECT;
    for (const struct svc_json *member = event->first; member != NULL;
         member = member->next) {
        if (!is_own_member(member->key)) {
            struct svc_json *copy = svc_arena_alloc(arena, sizeof *copy);
            *copy = *member;
            copy->next = NULL;
            *last = copy;
            last = &copy->next;
            object->count++;
        }
    }
    return object->count > 0 ? object : NULL;
}

static bool write_data(struct svc_arena *arena, const struct svc_json *data,
    struct svc_slice *ret_text, char ret_reason[EVENT_REASON_SIZE])
{
    struct svc_json_writer writer;
    struct svc_buf text;

    if (data == NULL || data->count == 0) {
        return true;
    }
    svc_buf_init(&text, EVENT_DATA_MAX);
    svc_json_write_init(&writer, &text);
    svc_json_write_value(&writer, data);
    bool fits = !text.overflow;
    if (fits) {
        *ret_text = (struct svc_slice){
            svc_arena_strndup(arena, svc_buf_text(&text), text.length), text.length};
    }
    svc_buf_done(&text);
    return fits || refuse(ret_reason, "data is longer than 16384 bytes");
}

static bool read_data(struct svc_arena *arena, const struct svc_json *value,
    struct event *event, char ret_reason[EVENT_REASON_SIZE])
{
    const struct svc_json *data = svc_json_get(value, "data");

    if (data == NULL || svc_json_is(data, SVC_JSON_NULL)) {
        data = gather(arena, value);
    }
    if (data != NULL && !svc_json_is(data, SVC_JSON_OBJECT)) {
        return refuse(ret_reason, "data must be an object");
    }
    return event_type_check(
               event_type_of(event->type), data, ret_reason, EVENT_REASON_SIZE) &&
           write_data(arena, data, &event->data, ret_reason);
}

static bool read_time(const struct svc_json *value, const struct event_rules *rules,
    struct event *event, char ret_reason[EVENT_REASON_SIZE])
{
    event->occurred_ms = rules->now_ms;
    if (value == NULL || svc_json_is(value, SVC_JSON_NULL)) {
        return true;
    }
    if (!event_time_read(value, &event->occurred_ms)) {
        return refuse(ret_reason,
            "occurred_at must be RFC 3339, or seconds or milliseconds since 1970");
    }
    if (event->occurred_ms > rules->latest_ms) {
        return refuse(ret_reason, "occurred_at is more than an hour in the future");
    }
    if (event->occurred_ms < rules->earliest_ms) {
        return refuse(ret_reason, "occurred_at is older than events are kept");
    }
    return true;
}

static bool read_path(
    const struct svc_json *value, struct event *event, char ret_reason[EVENT_REASON_SIZE])
{
    event->path = "full";
    if (value == NULL || svc_json_is(value, SVC_JSON_NULL) ||
        svc_slice_equals(svc_json_text(value), "full")) {
        return true;
    }
    if (!svc_slice_equals(svc_json_text(value), "mvp")) {
        return refuse(ret_reason, "path must be full or mvp");
    }
    event->path = "mvp";
    return true;
}

/* As ai_provider_ultra_optimized makes it. */
static struct svc_slice intent_id(struct svc_arena *arena, struct svc_slice message_id)
{
    char *hex = svc_arena_alloc(arena, 33);
    uint8_t digest[SVC_SHA256_SIZE];
    struct svc_sha256 hash;

    if (message_id.length == 0) {
        return (struct svc_slice){NULL, 0};
    }
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, "intent:", 7);
    svc_sha256_add(&hash, message_id.text, message_id.length);
    svc_sha256_finish(&hash, digest);
    svc_text_to_hex(digest, 16, hex);
    return (struct svc_slice){hex, 32};
}

static bool read_name(struct svc_arena *arena, const struct svc_json *value,
    const struct event_rules *rules, struct event *event,
    char ret_reason[EVENT_REASON_SIZE])
{
    const struct svc_json *type = svc_json_get(value, "type");

    event->type = svc_json_text(type);
    if (rules->intents && type == NULL) {
        event->type = SVC_SLICE("intent");
    }
    if (!is_type(event->type)) {
        return refuse(ret_reason,
            "type must be lower-case letters, digits, _ and ., at most 40, from a letter "
            "on");
    }
    bool intent = svc_slice_equals(event->type, "intent");
    if (rules->intents && !intent && !svc_slice_equals(event->type, "intent_feedback")) {
        return refuse(ret_reason, "type must be intent or intent_feedback here");
    }
    if (!read_optional(svc_json_get(value, "event_id"), EVENT_ID_MAX, &event->event_id)) {
        return refuse(ret_reason, "event_id must be a text of 1 to 100 bytes");
    }
    if (event->event_id.text == NULL && rules->intents && intent) {
        event->event_id = intent_id(arena, svc_json_get_text(value, "message_id"));
    }
    return event->event_id.text != NULL ||
           refuse(ret_reason, "event_id must be a text of 1 to 100 bytes");
}

bool event_read(struct svc_arena *arena, const struct svc_json *value,
    const struct event_rules *rules, struct event *ret_event,
    char ret_reason[EVENT_REASON_SIZE])
{
    struct event event = {0};

    if (!svc_json_is(value, SVC_JSON_OBJECT)) {
        return refuse(ret_reason, "an event is an object");
    }
    if (!read_name(arena, value, rules, &event, ret_reason)) {
        return false;
    }
    if (!read_optional(svc_json_get(value, "customer_key"), EVENT_CUSTOMER_MAX,
            &event.customer_key)) {
        return refuse(ret_reason, "customer_key must be a text of at most 160 bytes");
    }
    if (!read_optional(svc_json_get(value, "source"), EVENT_SOURCE_MAX, &event.source)) {
        return refuse(ret_reason, "source must be a text of at most 100 bytes");
    }
    if (!read_path(svc_json_get(value, "path"), &event, ret_reason) ||
        !read_time(svc_json_get(value, "occurred_at"), rules, &event, ret_reason) ||
        !read_data(arena, value, &event, ret_reason)) {
        return false;
    }
    event.class = event_class_of(event.type);
    event_set_key(&event);
    *ret_event = event;
    return true;
}
