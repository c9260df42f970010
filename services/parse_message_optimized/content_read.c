#include "content.h"

#include <string.h>

#define BODY_LENGTH_MAX ((size_t)16384) /* 4,096 characters of up to four bytes */
#define TITLE_LENGTH_MAX ((size_t)1024)

void read_text_content(struct message *message, const struct reading *from)
{
    message->text = read_text(from, "body", FIELD_REQUIRED, BODY_LENGTH_MAX);
}

void read_media(struct message *message, const struct reading *from)
{
    read_id(from, "id", FIELD_REQUIRED);
    read_text(from, "mime_type", FIELD_REQUIRED, TITLE_LENGTH_MAX);
    read_text(from, "sha256", FIELD_OPTIONAL, TITLE_LENGTH_MAX);
    read_text(from, "filename", FIELD_OPTIONAL, TITLE_LENGTH_MAX);
    message->text = read_text(from, "caption", FIELD_OPTIONAL, BODY_LENGTH_MAX);
}

void read_location(struct message *message, const struct reading *from)
{
    (void)message;
    read_number(from, "latitude", FIELD_REQUIRED, -90, 90);
    read_number(from, "longitude", FIELD_REQUIRED, -180, 180);
    read_text(from, "name", FIELD_OPTIONAL, BODY_LENGTH_MAX);
    read_text(from, "address", FIELD_OPTIONAL, BODY_LENGTH_MAX);
}

void read_contacts(struct message *message, const struct reading *from)
{
    struct svc_place place = {.parent = from->place};
    const struct svc_json *contact = from->object->first;

    (void)message;
    if (contact == NULL) {
        fault_add(from->faults, from->place, NULL, "is empty");
    }
    for (; contact != NULL; contact = contact->next, place.index++) {
        struct reading inside = {contact, &place, from->faults};
        if (contact->type != SVC_JSON_OBJECT) {
            fault_add(from->faults, &place, NULL, "must be an object, not %s",
                svc_json_type_name(contact));
            continue;
        }
        read_value(&inside, "name", FIELD_OPTIONAL, SVC_JSON_OBJECT);
        read_value(&inside, "phones", FIELD_OPTIONAL, SVC_JSON_ARRAY);
    }
}

void read_reaction(struct message *message, const struct reading *from)
{
    read_id(from, "message_id", FIELD_REQUIRED);
    /* Taken back: an empty emoji, or none. */
    message->text = read_text(from, "emoji", FIELD_OPTIONAL, TITLE_LENGTH_MAX);
}

static void read_choice(struct message *message, const struct reading *from)
{
    message->action_id = read_id(from, "id", FIELD_REQUIRED);
    message->action_title = read_text(from, "title", FIELD_REQUIRED, TITLE_LENGTH_MAX);
    message->text = message->action_title;
    read_text(from, "description", FIELD_OPTIONAL, TITLE_LENGTH_MAX);
}

static void read_flow(struct message *message, const struct reading *from)
{
    message->action_id = read_id(from, "name", FIELD_OPTIONAL);
    read_text(from, "response_json", FIELD_REQUIRED, (size_t)64 * 1024);
    read_text(from, "body", FIELD_OPTIONAL, BODY_LENGTH_MAX);
}

static void read_call_permission(struct message *message, const struct reading *from)
{
    message->action_id = read_id(from, "response", FIELD_REQUIRED);
}

static const struct {
    const char *type;
    void (*read)(struct message *message, const struct reading *from);
} forms[] = {
    {"button_reply", read_choice},
    {"list_reply", read_choice},
    {"nfm_reply", read_flow},
    {"call_permission_reply", read_call_permission},
};

#define FORM_COUNT (sizeof forms / sizeof forms[0])

/* FORM_COUNT where it's none. */
static size_t find_form(struct svc_slice type)
{
    size_t form = 0;

    while (form < FORM_COUNT && !svc_slice_equals(type, forms[form].type)) {
        form++;
    }
    return form;
}

bool interactive_is_known(struct svc_slice type)
{
    return find_form(type) < FORM_COUNT;
}

void read_interactive(struct message *message, const struct reading *from)
{
    struct svc_place place;
    size_t form = find_form(read_id(from, "type", FIELD_REQUIRED));

    if (form == FORM_COUNT) {
        return;
    }
    struct reading inside = read_object(from, forms[form].type, FIELD_REQUIRED, &place);
    if (inside.object != NULL) {
        forms[form].read(message, &inside);
    }
}

void read_button(struct message *message, const struct reading *from)
{
    message->action_id = read_id(from, "payload", FIELD_OPTIONAL);
    message->action_title = read_text(from, "text", FIELD_REQUIRED, TITLE_LENGTH_MAX);
    message->text = message->action_title;
}

static void read_product(const struct reading *from)
{
    read_id(from, "product_retailer_id", FIELD_REQUIRED);
    read_number(from, "quantity", FIELD_REQUIRED, 0, 1e9);
    read_number(from, "item_price", FIELD_OPTIONAL, 0, 1e12);
    read_text(from, "currency", FIELD_OPTIONAL, 8);
}

void read_order(struct message *message, const struct reading *from)
{
    const struct svc_json *items =
        read_value(from, "product_items", FIELD_REQUIRED, SVC_JSON_ARRAY);
    struct svc_place list = {.parent = from->place, .name = SVC_SLICE("product_items")};
    struct svc_place place = {.parent = &list};

    read_id(from, "catalog_id", FIELD_OPTIONAL);
    message->text = read_text(from, "text", FIELD_OPTIONAL, BODY_LENGTH_MAX);
    if (items != NULL && items->count == 0) {
        fault_add(from->faults, &list, NULL, "is empty");
    }
    const struct svc_json *item = items != NULL ? items->first : NULL;
    for (; item != NULL; item = item->next, place.index++) {
        struct reading inside = {item, &place, from->faults};
        if (item->type != SVC_JSON_OBJECT) {
            fault_add(from->faults, &place, NULL, "must be an object, not %s",
                svc_json_type_name(item));
            continue;
        }
        read_product(&inside);
    }
}

void read_system(struct message *message, const struct reading *from)
{
    read_id(from, "type", FIELD_REQUIRED);
    message->text = read_text(from, "body", FIELD_OPTIONAL, BODY_LENGTH_MAX);
}

void read_edit(struct message *message, const struct reading *from)
{
    struct svc_place place;
    struct svc_place inner_place;

    read_id(from, "original_message_id", FIELD_REQUIRED);
    struct reading edited = read_object(from, "message", FIELD_OPTIONAL, &place);
    if (svc_slice_equals(svc_json_get_text(edited.object, "type"), "text")) {
        struct reading inside =
            read_object(&edited, "text", FIELD_OPTIONAL, &inner_place);
        message->text = read_text(&inside, "body", FIELD_OPTIONAL, BODY_LENGTH_MAX);
    }
}

void read_revoke(struct message *message, const struct reading *from)
{
    (void)message;
    read_id(from, "original_message_id", FIELD_REQUIRED);
}
