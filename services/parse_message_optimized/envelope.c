#include "envelope.h"

#include <svc/json_write.h>

/* Presses and carts are whole by themselves: nothing more is waited for. */
static bool is_at_once(const struct message *message)
{
    return message->action_id.length > 0 ||
           !svc_slice_equals(message->original_type, "text");
}

/* The contact whose ids are the sender's; contacts may be aggregated. */
static void write_contact(struct svc_json_writer *writer, const struct message *message)
{
    const struct identity *from = &message->from;

    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(writer, "wa_id", from->wa_id);
    svc_json_write_optional_slice(writer, "user_id", from->user_id);
    svc_json_write_optional_slice(writer, "parent_user_id", from->parent_user_id);
    if (from->name.length > 0 || from->username.length > 0) {
        svc_json_write_key(writer, "profile");
        svc_json_write_object_begin(writer);
        svc_json_write_optional_slice(writer, "name", from->name);
        svc_json_write_optional_slice(writer, "username", from->username);
        svc_json_write_object_end(writer);
    }
    svc_json_write_object_end(writer);
}

size_t envelope_write_stored(const struct batch *batch, struct svc_buf *out)
{
    struct svc_json_writer writer;
    size_t count = 0;

    svc_json_write_init(&writer, out);
    svc_json_write_array_begin(&writer);
    for (const struct message *at = batch->messages; at != NULL; at = at->next) {
        if (at->skip != SKIP_NOTHING) {
            continue;
        }
        count++;
        svc_json_write_object_begin(&writer);
        svc_json_write_field_text(&writer, "key", at->dedupe_key);
        svc_json_write_field_slice(&writer, "number", at->account.phone_number_id);
        svc_json_write_field_slice(&writer, "customer", identity_key(&at->from));
        svc_json_write_field_slice(&writer, "id", at->message_id);
        svc_json_write_optional_slice(&writer, "waba", at->account.waba_id);
        svc_json_write_optional_slice(
            &writer, "display", at->account.display_phone_number);
        svc_json_write_field_bool(&writer, "at_once", is_at_once(at));
        svc_json_write_key(&writer, "body");
        svc_json_write_value(&writer, at->source);
        svc_json_write_key(&writer, "contact");
        write_contact(&writer, at);
        svc_json_write_object_end(&writer);
    }
    svc_json_write_array_end(&writer);
    return count;
}

static void write_value(
    struct svc_json_writer *writer, const struct intake_message *messages, size_t count)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "messaging_product", "whatsapp");
    svc_json_write_key(writer, "metadata");
    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(
        writer, "display_phone_number", messages->display_phone_number);
    svc_json_write_field_slice(writer, "phone_number_id", messages->phone_number_id);
    svc_json_write_object_end(writer);
    svc_json_write_key(writer, "contacts");
    svc_json_write_array_begin(writer);
    svc_json_write_raw(writer, messages[count - 1].contact);
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "messages");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        svc_json_write_raw(writer, messages[i].body);
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

void envelope_write_webhook(
    const struct intake_message *messages, size_t count, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "object", "whatsapp_business_account");
    svc_json_write_key(&writer, "entry");
    svc_json_write_array_begin(&writer);
    svc_json_write_object_begin(&writer);
    svc_json_write_optional_slice(&writer, "id", messages->waba_id);
    svc_json_write_key(&writer, "changes");
    svc_json_write_array_begin(&writer);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "field", "messages");
    svc_json_write_key(&writer, "value");
    write_value(&writer, messages, count);
    svc_json_write_object_end(&writer);
    svc_json_write_array_end(&writer);
    svc_json_write_object_end(&writer);
    svc_json_write_array_end(&writer);
    svc_json_write_object_end(&writer);
}
