#include "event.h"

#include "sender.h"

struct event *batch_add_event(struct batch *batch, enum event_kind kind,
    const struct account *account, struct svc_slice field)
{
    struct event *event = svc_arena_alloc(batch->arena, sizeof *event);

    event->batch_index = batch->event_count++;
    event->kind = kind;
    event->account = *account;
    event->field = field;
    *batch->event_end = event;
    batch->event_end = &event->next;
    return event;
}

void event_of_system_message(
    struct batch *batch, const struct message *message, struct svc_slice field)
{
    struct fault_list ignored = {.arena = batch->arena};
    struct reading content = {message->content, NULL, &ignored};
    struct identity current = {0};

    identity_read(&content, &person_fields, &current);
    if (identity_key(&current).text == NULL) {
        return; /* a new security code, say: nobody is called otherwise now */
    }
    struct event *event =
        batch_add_event(batch, EVENT_IDENTITY_CHANGE, &message->account, field);
    event->has_timestamp = message->has_timestamp;
    event->timestamp_s = message->timestamp_s;
    event->value = message->source;
    event->previous = message->from;
    event->current = current;
}

static void read_pair(const struct reading *from, const char *name,
    struct svc_slice *ret_previous, struct svc_slice *ret_current)
{
    struct svc_place place;
    struct reading pair = read_object(from, name, FIELD_OPTIONAL, &place);

    if (pair.object == NULL) {
        return;
    }
    *ret_previous = read_id(&pair, "previous", FIELD_OPTIONAL);
    *ret_current = read_id(&pair, "current", FIELD_REQUIRED);
}

void event_of_id_update(struct batch *batch, const struct reading *from,
    const struct account *account, struct svc_slice field)
{
    struct event *event = batch_add_event(batch, EVENT_IDENTITY_CHANGE, account, field);

    event->value = from->object;
    event->has_timestamp =
        read_timestamp(from, "timestamp", FIELD_OPTIONAL, &event->timestamp_s);
    read_pair(from, "user_id", &event->previous.user_id, &event->current.user_id);
    read_pair(from, "parent_user_id", &event->previous.parent_user_id,
        &event->current.parent_user_id);
    /* The number, where there is one, stays the same. */
    event->previous.wa_id = read_id(from, "wa_id", FIELD_OPTIONAL);
    event->current.wa_id = event->previous.wa_id;
}
