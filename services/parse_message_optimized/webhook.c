#include "webhook.h"

#include "event.h"
#include "message.h"

#include <string.h>

/* Meta sends at most 1,000 updates at once; what is far beyond that isn't Meta's, and
 * each element costs some hundred times its bytes. */
#define ELEMENTS_MAX ((size_t)5000)

/* A change, and what is said of all that is in it. */
struct change {
    struct batch *batch;
    struct account account;
    struct svc_slice field;
    const struct svc_json *contacts;
    bool has_time; /* of the entry, which only fields other than messages have */
    int64_t time_s;
};

/* Whether it's an object; a fault where it isn't. */
static bool must_be_object(const struct reading *from)
{
    if (from->object->type == SVC_JSON_OBJECT) {
        return true;
    }
    fault_add(from->faults, from->place, NULL, "must be an object, not %s",
        svc_json_type_name(from->object));
    return false;
}

static bool is_full(struct batch *batch)
{
    batch->too_many =
        batch->message_count + batch->status_count + batch->event_count >= ELEMENTS_MAX;
    return batch->too_many;
}

static void add_message(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    struct batch *batch = change->batch;
    struct message *message = svc_arena_alloc(batch->arena, sizeof *message);

    message->batch_index = batch->message_count++;
    message->account = change->account;
    message->faults.arena = batch->arena;
    *batch->message_end = message;
    batch->message_end = &message->next;
    message_read(message, source, place, change->contacts);
    if (svc_slice_equals(message->original_type, "system")) {
        event_of_system_message(batch, message, change->field);
    }
}

static void add_event(struct change *change, enum event_kind kind,
    const struct svc_json *source, const struct svc_place *place)
{
    struct fault_list *faults = &change->batch->faults;
    struct event *event =
        batch_add_event(change->batch, kind, &change->account, change->field);
    struct reading from = {source, place, faults};

    event->value = source;
    event->has_timestamp = change->has_time;
    event->timestamp_s = change->time_s;
    if (must_be_object(&from) &&
        read_timestamp(&from, "timestamp", FIELD_OPTIONAL, &event->timestamp_s)) {
        event->has_timestamp = true;
    }
}

static void add_status(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    if (svc_slice_equals(change->field, "calls")) {
        /* A call that rings or is over has a status of its own kind. */
        add_event(change, EVENT_CALL, source, place);
        return;
    }
    struct batch *batch = change->batch;
    struct status *status = svc_arena_alloc(batch->arena, sizeof *status);

    status->batch_index = batch->status_count++;
    status->account = change->account;
    status->faults.arena = batch->arena;
    *batch->status_end = status;
    batch->status_end = &status->next;
    status_read(status, source, place, change->contacts);
}

static void add_error(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    add_event(change, EVENT_ERROR, source, place);
}

static void add_echo(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    add_event(change, EVENT_MESSAGE_ECHO, source, place);
}

static void add_preference(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    add_event(change, EVENT_USER_PREFERENCE, source, place);
}

static void add_call(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    add_event(change, EVENT_CALL, source, place);
}

static void add_id_update(
    struct change *change, const struct svc_json *source, const struct svc_place *place)
{
    struct reading from = {source, place, &change->batch->faults};

    if (must_be_object(&from)) {
        event_of_id_update(change->batch, &from, &change->account, change->field);
    }
}

/* What a value may hold, each a list of elements that come apart one by one. */
static const struct {
    const char *name;
    void (*add)(struct change *, const struct svc_json *, const struct svc_place *);
} lists[] = {
    {"messages", add_message},
    {"statuses", add_status},
    {"errors", add_error},
    {"message_echoes", add_echo},
    {"user_preferences", add_preference},
    {"user_id_update", add_id_update},
    {"calls", add_call},
};

static void read_list(struct change *change, const struct reading *value, size_t which)
{
    const char *name = lists[which].name;
    const struct svc_json *list = read_value(value, name, FIELD_OPTIONAL, SVC_JSON_ARRAY);
    struct svc_place outer = {.parent = value->place, .name = {name, strlen(name)}};
    struct svc_place place = {.parent = &outer};

    if (list == NULL) {
        return;
    }
    if (list->count == 0) {
        fault_add(value->faults, &outer, NULL, "is empty");
    }
    const struct svc_json *element = list->first;
    for (; element != NULL && !is_full(change->batch); element = element->next) {
        lists[which].add(change, element, &place);
        place.index++;
    }
}

static bool has_any_list(const struct svc_json *value)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (svc_json_get(value, lists[i].name) != NULL) {
            return true;
        }
    }
    return false;
}

static void read_value_lists(struct change *change, const struct reading *value)
{
    if (has_any_list(value->object)) {
        for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
            read_list(change, value, i);
        }
        return;
    }
    if (svc_slice_equals(change->field, "messages")) {
        fault_add(value->faults, value->place, NULL,
            "has neither messages nor statuses nor errors");
        return;
    }
    if (is_full(change->batch)) {
        return;
    }
    struct event *event =
        batch_add_event(change->batch, EVENT_CHANGE, &change->account, change->field);
    event->value = value->object;
    event->has_timestamp = change->has_time;
    event->timestamp_s = change->time_s;
}

/* CHANGE knows its entry already. */
static void read_change(struct change change, const struct reading *from)
{
    struct svc_place value_place;
    struct svc_place metadata_place;
    struct reading value = read_object(from, "value", FIELD_REQUIRED, &value_place);

    if (value.object == NULL) {
        return;
    }
    struct reading metadata =
        read_object(&value, "metadata", FIELD_OPTIONAL, &metadata_place);
    change.field = read_id(from, "field", FIELD_OPTIONAL);
    if (metadata.object != NULL) {
        change.account.phone_number_id =
            read_id(&metadata, "phone_number_id", FIELD_REQUIRED);
        change.account.display_phone_number =
            read_id(&metadata, "display_phone_number", FIELD_OPTIONAL);
    } else if (svc_json_get(value.object, "messages") != NULL) {
        fault_add(value.faults, value.place, "metadata", "is missing");
    }
    change.contacts = read_value(&value, "contacts", FIELD_OPTIONAL, SVC_JSON_ARRAY);
    read_value_lists(&change, &value);
}

/* The changes of one business account. */
static void read_entry(struct batch *batch, const struct reading *from)
{
    struct change common = {.batch = batch};
    struct svc_place outer = {.parent = from->place, .name = SVC_SLICE("changes")};
    struct svc_place place = {.parent = &outer};

    common.account.waba_id = read_id(from, "id", FIELD_OPTIONAL);
    common.has_time = read_timestamp(from, "time", FIELD_OPTIONAL, &common.time_s);
    const struct svc_json *changes =
        read_value(from, "changes", FIELD_REQUIRED, SVC_JSON_ARRAY);
    if (changes != NULL && changes->count == 0) {
        fault_add(from->faults, &outer, NULL, "is empty");
    }
    const struct svc_json *change = changes != NULL ? changes->first : NULL;
    for (; change != NULL; change = change->next, place.index++) {
        struct reading inside = {change, &place, from->faults};
        if (must_be_object(&inside)) {
            read_change(common, &inside);
        }
    }
}

void webhook_read(
    struct svc_arena *arena, const struct svc_json *whole, struct batch *ret_batch)
{
    const struct svc_json *entries = svc_json_get(whole, "entry");
    struct svc_place outer = {.name = SVC_SLICE("entry")};
    struct svc_place place = {.parent = &outer};

    *ret_batch = (struct batch){.arena = arena, .faults.arena = arena};
    ret_batch->message_end = &ret_batch->messages;
    ret_batch->status_end = &ret_batch->statuses;
    ret_batch->event_end = &ret_batch->events;
    if (entries->count == 0) {
        fault_add(&ret_batch->faults, &outer, NULL, "is empty");
    }
    const struct svc_json *entry = entries->first;
    for (; entry != NULL; entry = entry->next, place.index++) {
        struct reading inside = {entry, &place, &ret_batch->faults};
        if (must_be_object(&inside)) {
            read_entry(ret_batch, &inside);
        }
    }
}
