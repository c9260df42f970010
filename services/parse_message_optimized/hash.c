#include "hash.h"

#include "content.h"

#include <stdlib.h>
#include <string.h>

/* An object with more members than this is put in order on the heap. */
#define MEMBERS_ON_STACK 32

static void add_text(struct svc_sha256 *hash, struct svc_slice text)
{
    if (text.length > 0) {
        svc_sha256_add(hash, text.text, text.length);
    }
}

/* "<length>:<text>,", so that no two lists of texts give the same bytes. */
static void add_framed(struct svc_sha256 *hash, struct svc_slice text)
{
    char frame[24];
    size_t length = svc_text_put_int64(frame, (int64_t)text.length);

    frame[length++] = ':';
    svc_sha256_add(hash, frame, length);
    add_text(hash, text);
    svc_sha256_add(hash, ",", 1);
}

/* A link to the file is made anew for each delivery, so it's no part of the message. */
static bool is_volatile(const struct svc_json *member)
{
    return svc_slice_equals(member->key, "url");
}

static int compare_keys(const void *left, const void *right)
{
    const struct svc_json *a = *(const struct svc_json *const *)left;
    const struct svc_json *b = *(const struct svc_json *const *)right;
    size_t length = a->key.length < b->key.length ? a->key.length : b->key.length;
    int order = memcmp(a->key.text, b->key.text, length);

    if (order != 0) {
        return order;
    }
    return (a->key.length > b->key.length) - (a->key.length < b->key.length);
}

static void add_value(struct svc_sha256 *hash, const struct svc_json *value);

static void add_object(struct svc_sha256 *hash, const struct svc_json *object)
{
    const struct svc_json *few[MEMBERS_ON_STACK];
    SVC_AUTO_FREE const struct svc_json **many = NULL;
    const struct svc_json **members = few;
    size_t count = 0;

    if (object->count > MEMBERS_ON_STACK) {
        many = svc_alloc(object->count * sizeof *many);
        members = many;
    }
    for (const struct svc_json *at = object->first; at != NULL; at = at->next) {
        if (!is_volatile(at)) {
            members[count++] = at;
        }
    }
    if (count > 1) {
        qsort((void *)members, count, sizeof *members, compare_keys);
    }
    svc_sha256_add(hash, "{", 1);
    for (size_t i = 0; i < count; i++) {
        add_framed(hash, members[i]->key);
        add_value(hash, members[i]);
    }
    svc_sha256_add(hash, "}", 1);
}

static void add_value(struct svc_sha256 *hash, const struct svc_json *value)
{
    static const char marks[] = {
        [SVC_JSON_NULL] = 'n',
        [SVC_JSON_FALSE] = 'f',
        [SVC_JSON_TRUE] = 't',
        [SVC_JSON_NUMBER] = '#',
        [SVC_JSON_STRING] = 's',
    };

    if (value->type == SVC_JSON_OBJECT) {
        add_object(hash, value);
        return;
    }
    if (value->type == SVC_JSON_ARRAY) {
        svc_sha256_add(hash, "[", 1);
        for (const struct svc_json *at = value->first; at != NULL; at = at->next) {
            add_value(hash, at);
        }
        svc_sha256_add(hash, "]", 1);
        return;
    }
    svc_sha256_add(hash, &marks[value->type], 1);
    add_framed(hash, value->text);
}

void hash_dedupe_key(struct svc_slice phone_number_id, struct svc_slice message_id,
    char ret_hex[SVC_SHA256_HEX_SIZE])
{
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    add_text(&hash, phone_number_id);
    svc_sha256_add(&hash, "", 1);
    add_text(&hash, message_id);
    svc_sha256_finish_hex(&hash, ret_hex);
}

void hash_status_key(const struct status *status, char ret_hex[SVC_SHA256_HEX_SIZE])
{
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    add_text(&hash, status->account.phone_number_id);
    svc_sha256_add(&hash, "", 1);
    add_text(&hash, status->message_id);
    svc_sha256_add(&hash, "", 1);
    add_text(&hash, status->status);
    svc_sha256_add(&hash, "", 1);
    add_text(&hash, identity_key(&status->recipient));
    svc_sha256_finish_hex(&hash, ret_hex);
}

/* Of the whole element where it has no content under its type's name. */
static void add_content(struct svc_sha256 *hash, const struct message *message)
{
    const struct svc_json *content =
        message->content != NULL ? message->content : message->source;

    add_framed(hash, message->original_type);
    add_value(hash, content);
}

void hash_message(struct message *message)
{
    struct svc_sha256 hash;
    struct svc_slice digest = {message->content_hash, SVC_SHA256_HEX_SIZE - 1};
    char seconds[24];
    size_t length =
        message->has_timestamp ? svc_text_put_int64(seconds, message->timestamp_s) : 0;

    hash_dedupe_key(
        message->account.phone_number_id, message->message_id, message->dedupe_key);
    svc_sha256_init(&hash);
    add_content(&hash, message);
    svc_sha256_finish_hex(&hash, message->content_hash);

    svc_sha256_init(&hash);
    add_framed(&hash, message->account.phone_number_id);
    add_framed(&hash, message->message_id);
    add_framed(&hash, (struct svc_slice){seconds, length});
    add_framed(&hash, digest);
    svc_sha256_finish_hex(&hash, message->message_hash);
}
