#include "sender.h"

#include <string.h>

#define NAME_LENGTH_MAX ((size_t)1024)

const struct identity_fields sender_fields = {
    "from", "from_user_id", "from_parent_user_id"};
const struct identity_fields recipient_fields = {
    "recipient_id", "recipient_user_id", "recipient_parent_user_id"};
const struct identity_fields person_fields = {"wa_id", "user_id", "parent_user_id"};

void identity_read(const struct reading *from, const struct identity_fields *fields,
    struct identity *ret_identity)
{
    ret_identity->wa_id = read_id(from, fields->wa_id, FIELD_OPTIONAL);
    ret_identity->user_id = read_id(from, fields->user_id, FIELD_OPTIONAL);
    ret_identity->parent_user_id = read_id(from, fields->parent_user_id, FIELD_OPTIONAL);
}

struct svc_slice identity_key(const struct identity *identity)
{
    if (identity->wa_id.text != NULL) {
        return identity->wa_id;
    }
    return identity->user_id.text != NULL ? identity->user_id : identity->parent_user_id;
}

static bool same(struct svc_slice left, struct svc_slice right)
{
    return left.text != NULL && right.text != NULL && left.length == right.length &&
           memcmp(left.text, right.text, left.length) == 0;
}

static struct svc_slice text_of(const struct svc_json *object, const char *name)
{
    struct svc_slice text = svc_json_get_text(object, name);

    return text.length > 0 ? text : (struct svc_slice){0};
}

static bool is_contact_of(const struct identity *identity, const struct svc_json *contact)
{
    return same(identity->user_id, text_of(contact, "user_id")) ||
           same(identity->wa_id, text_of(contact, "wa_id")) ||
           same(identity->parent_user_id, text_of(contact, "parent_user_id"));
}

static void fill(struct svc_slice *target, struct svc_slice text)
{
    if (target->text == NULL && text.length <= NAME_LENGTH_MAX) {
        *target = text;
    }
}

void identity_complete(struct identity *identity, const struct svc_json *contacts)
{
    if (!svc_json_is(contacts, SVC_JSON_ARRAY)) {
        return;
    }
    const struct svc_json *contact = contacts->first;
    while (contact != NULL && !is_contact_of(identity, contact)) {
        contact = contact->next;
    }
    if (contact == NULL) {
        return;
    }
    const struct svc_json *profile = svc_json_get(contact, "profile");
    fill(&identity->wa_id, text_of(contact, "wa_id"));
    fill(&identity->user_id, text_of(contact, "user_id"));
    fill(&identity->parent_user_id, text_of(contact, "parent_user_id"));
    fill(&identity->username, text_of(profile, "username"));
    fill(&identity->name, text_of(profile, "name"));
}

/* Numbers of one country with a mobile mark that is written or left out. */
static const struct {
    const char *with;
    size_t with_length;
    const char *without;
    size_t without_length;
    size_t mark_at; /* where the mark stands */
    char mark;
} forms[] = {
    {"521", 13, "52", 12, 2, '1'}, /* Mexico: 52 1 and ten digits */
    {"549", 13, "54", 12, 2, '9'}, /* Argentina: 54 9 and ten digits */
    {"55", 13, "55", 12, 4, '9'},  /* Brazil: 55, two digits, 9 and eight digits */
};

static bool starts_with(struct svc_slice text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text.length >= length && memcmp(text.text, prefix, length) == 0;
}

static bool are_digits(struct svc_slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return false;
        }
    }
    return true;
}

void match_keys_find(struct svc_slice wa_id, struct match_keys *ret_keys)
{
    ret_keys->count = 0;
    if (wa_id.text == NULL || wa_id.length < 12 || wa_id.length > 13 ||
        !are_digits(wa_id)) {
        return;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char *key = ret_keys->keys[ret_keys->count];
        size_t at = forms[i].mark_at;
        if (wa_id.length == forms[i].with_length && starts_with(wa_id, forms[i].with) &&
            wa_id.text[at] == forms[i].mark) {
            memcpy(key, wa_id.text, at);
            memcpy(key + at, wa_id.text + at + 1, wa_id.length - at - 1);
            key[wa_id.length - 1] = '\0';
            ret_keys->count++;
            return;
        }
        if (wa_id.length == forms[i].without_length &&
            starts_with(wa_id, forms[i].without)) {
            memcpy(key, wa_id.text, at);
            key[at] = forms[i].mark;
            memcpy(key + at + 1, wa_id.text + at, wa_id.length - at);
            key[wa_id.length + 1] = '\0';
            ret_keys->count++;
            return;
        }
    }
}
