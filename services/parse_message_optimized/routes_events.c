/* What lightweight_metrics is told of a webhook. */
#include "routes.h"

#include "answer.h"
#include "content.h"

/* What is told is bounded by this; errors that WhatsApp sends at length cost the event.
 */
#define EVENT_DATA_MAX ((size_t)4096)

static void tell_message(struct svc_events *events, const struct message *message)
{
    struct svc_json_writer writer;
    struct svc_buf data;

    svc_buf_init(&data, EVENT_DATA_MAX);
    svc_json_write_init(&writer, &data);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(
        &writer, "phone_number_id", message->account.phone_number_id);
    svc_json_write_field_text(&writer, "message_type", message->kind->type);
    svc_json_write_object_end(&writer);
    const struct svc_event event = {
        .type = "message",
        .subject = SVC_SLICE(message->dedupe_key),
        .customer_key = identity_key(&message->from),
        .occurred_ms = message->has_timestamp ? message->timestamp_s * 1000 : 0,
        .data = {svc_buf_text(&data), data.length},
    };
    if (!data.overflow) {
        svc_events_add(events, &event);
    }
    svc_buf_done(&data);
}

static void tell_status(struct svc_events *events, const struct status *status)
{
    struct svc_json_writer writer;
    struct svc_buf data;

    svc_buf_init(&data, EVENT_DATA_MAX);
    svc_json_write_init(&writer, &data);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "status", status->status);
    svc_json_write_field_slice(&writer, "message_id", status->message_id);
    svc_json_write_field_slice(
        &writer, "phone_number_id", status->account.phone_number_id);
    status_write_costs(&writer, status);
    svc_json_write_object_end(&writer);
    const struct svc_event event = {
        .type = "status",
        .subject = SVC_SLICE(status->dedupe_key),
        .customer_key = identity_key(&status->recipient),
        .occurred_ms = status->has_timestamp ? status->timestamp_s * 1000 : 0,
        .data = {svc_buf_text(&data), data.length},
    };
    if (!data.overflow) {
        svc_events_add(events, &event);
    }
    svc_buf_done(&data);
}

void tell_batch(struct svc_events *events, const struct batch *batch)
{
    if (events == NULL) {
        return;
    }
    for (const struct message *at = batch->messages; at != NULL; at = at->next) {
        if (at->skip == SKIP_NOTHING) {
            tell_message(events, at);
        }
    }
    for (const struct status *at = batch->statuses; at != NULL; at = at->next) {
        if (at->message_id.length > 0) {
            tell_status(events, at);
        }
    }
}
