#include "content.h"

#include <svc/clock.h>

#include <string.h>

/* How long Meta keeps what a webhook names: the link, the file. */
#define URL_LIFE_S 300
#define MEDIA_LIFE_S (7 * 86400)

#define FLOW_RESPONSE_MAX ((size_t)64 * 1024)

static void copy_text(
    struct svc_json_writer *writer, const struct svc_json *from, const char *name)
{
    svc_json_write_optional_slice(writer, name, svc_json_get_text(from, name));
}

static void copy_texts(struct svc_json_writer *writer, const struct svc_json *from,
    const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        copy_text(writer, from, names[i]);
    }
}

#define COPY_TEXTS(writer, from, ...)                                                    \
    copy_texts((writer), (from), (const char *const[]){__VA_ARGS__},                     \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void copy_bool(
    struct svc_json_writer *writer, const struct svc_json *from, const char *name)
{
    const struct svc_json *value = svc_json_get(from, name);

    if (svc_json_is(value, SVC_JSON_TRUE) || svc_json_is(value, SVC_JSON_FALSE)) {
        svc_json_write_field_bool(writer, name, value->type == SVC_JSON_TRUE);
    }
}

/* A number as it was written, also out of a string; see read_number. */
static void copy_number(struct svc_json_writer *writer, const struct message *message,
    const struct svc_json *from, const char *name)
{
    struct fault_list ignored = {.arena = message->faults.arena};
    struct reading reading = {from, NULL, &ignored};
    struct svc_slice number = read_number(&reading, name, FIELD_OPTIONAL, -1e15, 1e15);

    if (number.text != NULL) {
        svc_json_write_key(writer, name);
        svc_json_write_raw(writer, number);
    }
}

static void copy_of_type(struct svc_json_writer *writer, const struct svc_json *from,
    const char *name, enum svc_json_type type)
{
    const struct svc_json *value = svc_json_get(from, name);

    if (svc_json_is(value, type)) {
        svc_json_write_key(writer, name);
        svc_json_write_value(writer, value);
    }
}

static void write_time(struct svc_json_writer *writer, const char *name, int64_t seconds)
{
    char text[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_field_text(writer, name, svc_clock_format_s(seconds, text));
}

static bool has_error(const struct message *message, int64_t code)
{
    const struct svc_json *errors = svc_json_get(message->source, "errors");
    const struct svc_json *error = svc_json_at(errors, 0);

    for (; error != NULL; error = error->next) {
        int64_t number = 0;
        if (svc_json_to_int64(svc_json_get(error, "code"), &number) && number == code) {
            return true;
        }
    }
    return false;
}

void write_media(struct svc_json_writer *writer, const struct message *message)
{
    const struct svc_json *from = message->content;

    svc_json_write_key(writer, "media");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, from, "id", "mime_type", "sha256", "caption", "filename", "url");
    copy_bool(writer, from, "voice");
    copy_bool(writer, from, "animated");
    if (message->has_timestamp) {
        write_time(writer, "expires_at", message->timestamp_s + MEDIA_LIFE_S);
    }
    if (message->has_timestamp && svc_json_get(from, "url") != NULL) {
        write_time(writer, "url_expires_at", message->timestamp_s + URL_LIFE_S);
    }
    if (has_error(message, 131052)) {
        svc_json_write_field_bool(writer, "too_large", true);
    }
    svc_json_write_object_end(writer);
}

void write_location(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "location");
    svc_json_write_object_begin(writer);
    copy_number(writer, message, message->content, "latitude");
    copy_number(writer, message, message->content, "longitude");
    COPY_TEXTS(writer, message->content, "name", "address", "url");
    svc_json_write_object_end(writer);
}

void write_contacts(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "contacts");
    svc_json_write_value(writer, message->content);
}

void write_reaction(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "reaction");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, message->content, "message_id", "emoji");
    svc_json_write_field_bool(writer, "removed", message->text.length == 0);
    svc_json_write_object_end(writer);
}

/* A flow's answer is JSON in a string; n8n gets it read. */
static void write_flow_response(
    struct svc_json_writer *writer, const struct message *message, struct svc_slice text)
{
    static const struct svc_json_limits limits = {.depth = 32, .values = 10000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *response = NULL;

    if (text.text == NULL) {
        return;
    }
    if (text.length <= FLOW_RESPONSE_MAX) {
        response = svc_json_read(
            message->faults.arena, text.text, text.length, &limits, &replaced, &error);
    }
    if (response == NULL) {
        svc_json_write_field_slice(writer, "response_json", text);
        return;
    }
    svc_json_write_key(writer, "response");
    svc_json_write_value(writer, response);
}

static void write_call_permission(struct svc_json_writer *writer,
    const struct message *message, const struct svc_json *from)
{
    struct fault_list ignored = {.arena = message->faults.arena};
    struct reading reading = {from, NULL, &ignored};
    int64_t seconds = 0;

    svc_json_write_field_bool(writer, "accepted",
        svc_slice_equals(svc_json_get_text(from, "response"), "accept"));
    if (read_timestamp(&reading, "expiration_timestamp", FIELD_OPTIONAL, &seconds)) {
        write_time(writer, "expires_at", seconds);
    }
    copy_text(writer, from, "response_source");
}

void write_interactive(struct svc_json_writer *writer, const struct message *message)
{
    struct svc_slice type = svc_json_get_text(message->content, "type");
    const struct svc_json *inner =
        type.text != NULL ? svc_json_get(message->content, type.text) : NULL;

    svc_json_write_key(writer, "interactive");
    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(writer, "type", type);
    COPY_TEXTS(writer, inner, "id", "title", "description", "name", "body");
    if (svc_slice_equals(type, "nfm_reply")) {
        write_flow_response(writer, message, svc_json_get_text(inner, "response_json"));
    }
    if (svc_slice_equals(type, "call_permission_reply")) {
        write_call_permission(writer, message, inner);
    }
    svc_json_write_object_end(writer);
    if (!interactive_is_known(type)) {
        write_raw(writer, message);
    }
}

void write_button(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "button");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, message->content, "payload", "text");
    svc_json_write_object_end(writer);
}

static void write_product(struct svc_json_writer *writer, const struct message *message,
    const struct svc_json *item)
{
    svc_json_write_object_begin(writer);
    copy_text(writer, item, "product_retailer_id");
    copy_number(writer, message, item, "quantity");
    copy_number(writer, message, item, "item_price");
    copy_text(writer, item, "currency");
    svc_json_write_object_end(writer);
}

void write_order(struct svc_json_writer *writer, const struct message *message)
{
    const struct svc_json *items = svc_json_get(message->content, "product_items");
    const struct svc_json *item = svc_json_at(items, 0);

    svc_json_write_key(writer, "order");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, message->content, "catalog_id", "text");
    svc_json_write_key(writer, "product_items");
    svc_json_write_array_begin(writer);
    for (; item != NULL; item = item->next) {
        write_product(writer, message, item);
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

void write_system(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "system");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(
        writer, message->content, "type", "body", "wa_id", "user_id", "parent_user_id");
    copy_of_type(writer, message->content, "identity", SVC_JSON_OBJECT);
    svc_json_write_object_end(writer);
}

void write_unsupported(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "unsupported");
    svc_json_write_object_begin(writer);
    copy_text(writer, message->content, "type");
    svc_json_write_object_end(writer);
}

void write_edit(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "edit");
    svc_json_write_value(writer, message->content);
}

void write_revoke(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "revoke");
    svc_json_write_object_begin(writer);
    copy_text(writer, message->content, "original_message_id");
    svc_json_write_object_end(writer);
}

void write_raw(struct svc_json_writer *writer, const struct message *message)
{
    svc_json_write_key(writer, "raw");
    svc_json_write_value(writer, message->source);
}

static void write_referred_product(
    struct svc_json_writer *writer, const struct svc_json *product)
{
    if (!svc_json_is(product, SVC_JSON_OBJECT)) {
        return;
    }
    svc_json_write_key(writer, "referred_product");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, product, "catalog_id", "product_retailer_id");
    svc_json_write_object_end(writer);
}

static void write_context(struct svc_json_writer *writer, const struct svc_json *context)
{
    if (!svc_json_is(context, SVC_JSON_OBJECT)) {
        return;
    }
    svc_json_write_key(writer, "context");
    svc_json_write_object_begin(writer);
    COPY_TEXTS(writer, context, "id", "from");
    copy_bool(writer, context, "forwarded");
    copy_bool(writer, context, "frequently_forwarded");
    write_referred_product(writer, svc_json_get(context, "referred_product"));
    svc_json_write_object_end(writer);
}

void content_write_common(struct svc_json_writer *writer, const struct message *message)
{
    write_context(writer, svc_json_get(message->source, "context"));
    copy_of_type(writer, message->source, "referral", SVC_JSON_OBJECT);
    copy_of_type(writer, message->source, "errors", SVC_JSON_ARRAY);
}
