#include "turn.h"

#include <string.h>

static const struct svc_json_limits document_limits = {.depth = 600, .values = 1000000};

static int64_t get_int(const struct svc_json *value, const char *name)
{
    int64_t number = 0;

    return svc_json_to_int64(svc_json_get(value, name), &number) ? number : 0;
}

static void read_list(
    struct svc_arena *arena, const struct svc_json *array, struct turn_list *ret_list)
{
    struct turn_message **end = &ret_list->first;

    *ret_list = (struct turn_list){0};
    if (!svc_json_is(array, SVC_JSON_ARRAY)) {
        return;
    }
    for (const struct svc_json *at = array->first; at != NULL; at = at->next) {
        struct turn_message *message = svc_arena_alloc(arena, sizeof *message);
        message->id = svc_json_get_text(at, "id");
        message->sent_ms = get_int(at, "sent_ms");
        message->arrived_ms = get_int(at, "arrived_ms");
        message->number = get_int(at, "number");
        message->flush = svc_json_is(svc_json_get(at, "flush"), SVC_JSON_TRUE);
        message->again = svc_json_is(svc_json_get(at, "again"), SVC_JSON_TRUE);
        message->content = svc_json_get(at, "content");
        *end = message;
        end = &message->next;
        ret_list->count++;
    }
}

bool turn_read(struct svc_arena *arena, struct svc_slice text, struct turn *ret_turn)
{
    struct svc_json_error error;
    size_t replaced = 0;

    *ret_turn = (struct turn){0};
    if (text.text == NULL) {
        return true;
    }
    const struct svc_json *whole =
        svc_json_read(arena, text.text, text.length, &document_limits, &replaced, &error);
    if (!svc_json_is(whole, SVC_JSON_OBJECT)) {
        return false;
    }
    const struct svc_json *lease = svc_json_get(whole, "lease");
    const struct svc_json *collector = svc_json_get(whole, "collector");
    const struct svc_json *last = svc_json_get(whole, "last");
    *ret_turn = (struct turn){
        .version = get_int(whole, "turn_version"),
        .epoch = get_int(whole, "epoch"),
        .fence = get_int(whole, "fence"),
        .number = get_int(whole, "number"),
        .lease = svc_json_get_text(lease, "token"),
        .lease_owner = svc_json_get_text(lease, "owner"),
        .lease_expires_ms = get_int(lease, "expires_ms"),
        .collector = svc_json_get_text(collector, "owner"),
        .collector_expires_ms = get_int(collector, "expires_ms"),
        .due_ms = get_int(whole, "due_ms"),
        .latest_ms = get_int(whole, "latest_ms"),
        .last = svc_json_get_text(last, "token"),
        .last_version = get_int(last, "version"),
        .last_reply = svc_json_get(last, "reply"),
        .last_ids = svc_json_get(last, "ids"),
        .done = svc_json_get(whole, "done"),
    };
    read_list(arena, svc_json_get(whole, "pending"), &ret_turn->pending);
    read_list(arena, svc_json_get(whole, "taken"), &ret_turn->taken);
    return true;
}

static void write_list(
    struct svc_json_writer *writer, const char *name, const struct turn_list *list)
{
    if (list->count == 0) {
        return;
    }
    svc_json_write_key(writer, name);
    svc_json_write_array_begin(writer);
    for (const struct turn_message *at = list->first; at != NULL; at = at->next) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "id", at->id);
        svc_json_write_field_int(writer, "sent_ms", at->sent_ms);
        svc_json_write_field_int(writer, "arrived_ms", at->arrived_ms);
        svc_json_write_field_int(writer, "number", at->number);
        if (at->flush) {
            svc_json_write_field_bool(writer, "flush", true);
        }
        if (at->again) {
            svc_json_write_field_bool(writer, "again", true);
        }
        svc_json_write_optional_value(writer, "content", at->content);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_lease(struct svc_json_writer *writer, const struct turn *turn)
{
    if (turn->lease.text != NULL) {
        svc_json_write_key(writer, "lease");
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "token", turn->lease);
        svc_json_write_field_slice(writer, "owner", turn->lease_owner);
        svc_json_write_field_int(writer, "expires_ms", turn->lease_expires_ms);
        svc_json_write_object_end(writer);
    }
    if (turn->collector.text != NULL) {
        svc_json_write_key(writer, "collector");
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "owner", turn->collector);
        svc_json_write_field_int(writer, "expires_ms", turn->collector_expires_ms);
        svc_json_write_object_end(writer);
    }
}

static void write_last(struct svc_json_writer *writer, const struct turn *turn)
{
    if (turn->last.text == NULL) {
        return;
    }
    svc_json_write_key(writer, "last");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "token", turn->last);
    svc_json_write_field_int(writer, "version", turn->last_version);
    svc_json_write_optional_value(writer, "ids", turn->last_ids);
    svc_json_write_optional_value(writer, "reply", turn->last_reply);
    svc_json_write_object_end(writer);
}

/* The version and the epoch stand first, where a script and the store look for them. */
void turn_write(const struct turn *turn, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_int(&writer, "turn_version", turn->version);
    svc_json_write_field_int(&writer, "epoch", turn->epoch);
    svc_json_write_field_int(&writer, "fence", turn->fence);
    svc_json_write_field_int(&writer, "number", turn->number);
    write_lease(&writer, turn);
    if (turn->pending.count > 0) {
        svc_json_write_field_int(&writer, "due_ms", turn->due_ms);
        svc_json_write_field_int(&writer, "latest_ms", turn->latest_ms);
    }
    write_list(&writer, "pending", &turn->pending);
    write_list(&writer, "taken", &turn->taken);
    write_last(&writer, turn);
    svc_json_write_optional_value(&writer, "done", turn->done);
    svc_json_write_object_end(&writer);
}
