#include "answer.h"

#include "content.h"
#include "message.h"
#include "sender.h"

#include <svc/clock.h>

#define SERVICE_WINDOW_S 86400

static void write_time(
    struct svc_json_writer *writer, const char *name, bool known, int64_t seconds)
{
    char text[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_key(writer, name);
    if (!known) {
        svc_json_write_null(writer);
        return;
    }
    svc_json_write_text(writer, svc_clock_format_s(seconds, text));
}

static void write_identity(
    struct svc_json_writer *writer, const char *name, const struct identity *identity)
{
    svc_json_write_key(writer, name);
    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(writer, "wa_id", identity->wa_id);
    svc_json_write_optional_slice(writer, "user_id", identity->user_id);
    svc_json_write_optional_slice(writer, "parent_user_id", identity->parent_user_id);
    svc_json_write_optional_slice(writer, "username", identity->username);
    svc_json_write_optional_slice(writer, "name", identity->name);
    svc_json_write_object_end(writer);
}

static void write_faults(struct svc_json_writer *writer, const struct fault_list *faults)
{
    svc_json_write_key(writer, "validation");
    if (faults->problems == NULL) {
        svc_json_write_array_begin(writer);
        svc_json_write_array_end(writer);
        return;
    }
    svc_problems_write(faults->problems, writer);
}

static void write_match_keys(struct svc_json_writer *writer, struct svc_slice wa_id)
{
    struct match_keys keys;

    match_keys_find(wa_id, &keys);
    svc_json_write_key(writer, "match_keys");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < keys.count; i++) {
        svc_json_write_text(writer, keys.keys[i]);
    }
    svc_json_write_array_end(writer);
}

static void write_ids(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_field_text(writer, "kind", "message");
    svc_json_write_field_int(writer, "batch_index", (int64_t)message->batch_index);
    svc_json_write_field_slice(writer, "message_id", message->message_id);
    svc_json_write_field_text(writer, "message_hash", message->message_hash);
    svc_json_write_field_text(writer, "content_hash", message->content_hash);
    svc_json_write_field_text(writer, "dedupe_key", message->dedupe_key);
    svc_json_write_field_slice(writer, "customer_key", identity_key(&message->from));
    write_identity(writer, "from", &message->from);
    write_match_keys(writer, message->from.wa_id);
    svc_json_write_field_slice(
        writer, "phone_number_id", message->account.phone_number_id);
    svc_json_write_optional_slice(
        writer, "display_phone_number", message->account.display_phone_number);
    svc_json_write_optional_slice(writer, "waba_id", message->account.waba_id);
    svc_json_write_optional_slice(writer, "group_id", message->group_id);
}

static void write_content(struct svc_json_writer *writer, const struct message *message)
{
    bool known = message->kind != content_kind_unknown();
    struct svc_slice empty = SVC_SLICE("");

    svc_json_write_field_text(writer, "type", message->kind->type);
    if (!known) {
        svc_json_write_optional_slice(writer, "original_type", message->original_type);
    }
    write_time(writer, "timestamp", message->has_timestamp, message->timestamp_s);
    svc_json_write_field_slice(
        writer, "text", message->text.text != NULL ? message->text : empty);
    svc_json_write_optional_slice(writer, "action_id", message->action_id);
    svc_json_write_optional_slice(writer, "action_title", message->action_title);
    if (message->kind->write != NULL && (message->content != NULL || !known)) {
        message->kind->write(writer, message);
    } else if (message->kind->has_content && message->content == NULL) {
        write_raw(writer, message);
    }
    content_write_common(writer, message);
}

static void write_lease(struct svc_json_writer *writer, const struct message *message)
{
    char text[SVC_CLOCK_TEXT_SIZE];

    if (message->lease_token == NULL) {
        return;
    }
    svc_json_write_key(writer, "lease");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "token", message->lease_token);
    svc_json_write_field_text(
        writer, "expires_at", svc_clock_format_ms(message->lease_expires_ms, text));
    svc_json_write_object_end(writer);
}

static void write_verdict(struct svc_json_writer *writer, const struct message *message)
{
    static const char *const reasons[] = {
        [SKIP_NOTHING] = NULL,
        [SKIP_DUPLICATE] = "duplicate",
        [SKIP_IN_PROGRESS] = "in_progress",
        [SKIP_NO_REPLY_EXPECTED] = "no_reply_expected",
        [SKIP_INVALID] = "invalid",
        [SKIP_OTHER_NUMBER] = "other_number",
    };
    bool duplicate = message->skip == SKIP_DUPLICATE || message->skip == SKIP_IN_PROGRESS;

    write_time(writer, "service_window_expires_at", message->has_timestamp,
        message->timestamp_s + SERVICE_WINDOW_S);
    svc_json_write_field_bool(writer, "free_entry_point",
        svc_json_is(svc_json_get(message->source, "referral"), SVC_JSON_OBJECT));
    svc_json_write_field_bool(writer, "is_duplicate", duplicate);
    write_lease(writer, message);
    svc_json_write_field_bool(writer, "skip_processing", message->skip != SKIP_NOTHING);
    if (message->skip != SKIP_NOTHING) {
        svc_json_write_field_text(writer, "skip_reason", reasons[message->skip]);
    }
    write_faults(writer, &message->faults);
}

static void write_message(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_object_begin(writer);
    write_ids(writer, message);
    write_content(writer, message);
    write_verdict(writer, message);
    svc_json_write_object_end(writer);
}

static void copy_of_type(struct svc_json_writer *writer, const struct svc_json *from,
    const char *name, enum svc_json_type type)
{
    const struct svc_json *value = svc_json_get(from, name);

    if (svc_json_is(value, type)) {
        svc_json_write_optional_value(writer, name, value);
    }
}

void status_write_costs(struct svc_json_writer *writer, const struct status *status)
{
    copy_of_type(writer, status->source, "pricing", SVC_JSON_OBJECT);
    copy_of_type(writer, status->source, "errors", SVC_JSON_ARRAY);
}

static void write_status(struct svc_json_writer *writer, const struct status *status)
{
    int rank = status_rank(status->status);
    bool failed = svc_slice_equals(status->status, "failed");

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "kind", "status");
    svc_json_write_field_int(writer, "batch_index", (int64_t)status->batch_index);
    svc_json_write_field_slice(writer, "message_id", status->message_id);
    svc_json_write_field_text(writer, "dedupe_key", status->dedupe_key);
    svc_json_write_field_slice(writer, "status", status->status);
    svc_json_write_field_int(writer, "rank", rank);
    svc_json_write_field_bool(writer, "terminal", failed);
    write_time(writer, "timestamp", status->has_timestamp, status->timestamp_s);
    svc_json_write_field_slice(
        writer, "phone_number_id", status->account.phone_number_id);
    svc_json_write_field_slice(writer, "customer_key", identity_key(&status->recipient));
    write_identity(writer, "recipient", &status->recipient);
    copy_of_type(writer, status->source, "recipient_type", SVC_JSON_STRING);
    copy_of_type(writer, status->source, "recipient_participant_id", SVC_JSON_STRING);
    copy_of_type(
        writer, status->source, "recipient_participant_user_id", SVC_JSON_STRING);
    copy_of_type(writer, status->source, "recipient_identity_key_hash", SVC_JSON_STRING);
    copy_of_type(writer, status->source, "biz_opaque_callback_data", SVC_JSON_STRING);
    copy_of_type(writer, status->source, "conversation", SVC_JSON_OBJECT);
    status_write_costs(writer, status);
    write_faults(writer, &status->faults);
    svc_json_write_object_end(writer);
}

static void write_event(struct svc_json_writer *writer, const struct event *event)
{
    static const char *const names[] = {
        [EVENT_IDENTITY_CHANGE] = "identity_change",
        [EVENT_USER_PREFERENCE] = "user_preference",
        [EVENT_MESSAGE_ECHO] = "message_echo",
        [EVENT_CALL] = "call",
        [EVENT_ERROR] = "error",
        [EVENT_CHANGE] = "change",
    };

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "kind", "event");
    svc_json_write_field_int(writer, "batch_index", (int64_t)event->batch_index);
    svc_json_write_field_text(writer, "event", names[event->kind]);
    svc_json_write_field_slice(writer, "field", event->field);
    svc_json_write_optional_slice(writer, "waba_id", event->account.waba_id);
    svc_json_write_optional_slice(
        writer, "phone_number_id", event->account.phone_number_id);
    if (event->has_timestamp) {
        write_time(writer, "timestamp", true, event->timestamp_s);
    }
    if (event->kind == EVENT_IDENTITY_CHANGE) {
        write_identity(writer, "previous", &event->previous);
        write_identity(writer, "current", &event->current);
    }
    svc_json_write_optional_value(writer, "value", event->value);
    svc_json_write_object_end(writer);
}

void answer_write(struct svc_json_writer *writer, const struct batch *batch,
    const char *signature, const char *backend)
{
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "messages");
    svc_json_write_array_begin(writer);
    for (const struct message *at = batch->messages; at != NULL; at = at->next) {
        write_message(writer, at);
    }
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "statuses");
    svc_json_write_array_begin(writer);
    for (const struct status *at = batch->statuses; at != NULL; at = at->next) {
        write_status(writer, at);
    }
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "events");
    svc_json_write_array_begin(writer);
    for (const struct event *at = batch->events; at != NULL; at = at->next) {
        write_event(writer, at);
    }
    svc_json_write_array_end(writer);
    write_faults(writer, &batch->faults);
    svc_json_write_field_text(writer, "signature", signature);
    svc_json_write_field_text(writer, "backend", backend);
    svc_json_write_object_end(writer);
}
