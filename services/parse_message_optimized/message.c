#include "message.h"

#include "content.h"
#include "hash.h"
#include "sender.h"

#include <string.h>

static void read_content(struct message *message, const struct reading *from)
{
    const struct content_kind *kind = message->kind;
    struct svc_place place;

    if (kind == content_kind_unknown()) {
        return;
    }
    /* An interactive message that Meta could not read comes with errors in its stead. */
    bool excused = svc_json_get(message->source, "errors") != NULL;
    enum field_need need =
        kind->has_content && !excused ? FIELD_REQUIRED : FIELD_OPTIONAL;
    message->content = read_value(from, kind->type, need, kind->json_type);
    if (message->content == NULL || kind->read == NULL) {
        return;
    }
    place = (struct svc_place){
        .parent = from->place, .name = {kind->type, strlen(kind->type)}};
    struct reading inside = {message->content, &place, from->faults};
    kind->read(message, &inside);
}

/* A message that nobody can be answered for, or that can't be told from others. */
static bool is_usable(const struct message *message)
{
    return message->message_id.text != NULL &&
           identity_key(&message->from).text != NULL &&
           message->account.phone_number_id.text != NULL;
}

static enum skip_reason first_skip(const struct message *message)
{
    if (!is_usable(message)) {
        return SKIP_INVALID;
    }
    return message->kind->expects_reply ? SKIP_NOTHING : SKIP_NO_REPLY_EXPECTED;
}

static void read_fields(struct message *message, const struct reading *from)
{
    message->message_id = read_id(from, "id", FIELD_REQUIRED);
    message->group_id = read_id(from, "group_id", FIELD_OPTIONAL);
    message->has_timestamp =
        read_timestamp(from, "timestamp", FIELD_REQUIRED, &message->timestamp_s);
    message->original_type = read_id(from, "type", FIELD_REQUIRED);
    message->kind = content_kind_find(message->original_type);
    read_content(message, from);
}

void message_read(struct message *message, const struct svc_json *source,
    const struct svc_place *place, const struct svc_json *contacts)
{
    struct reading from = {source, place, &message->faults};

    message->source = source;
    message->kind = content_kind_unknown();
    if (source->type != SVC_JSON_OBJECT) {
        fault_add(&message->faults, place, NULL, "must be an object, not %s",
            svc_json_type_name(source));
    } else {
        read_fields(message, &from);
        identity_read(&from, &sender_fields, &message->from);
        identity_complete(&message->from, contacts);
        if (identity_key(&message->from).text == NULL) {
            fault_add(
                &message->faults, place, "from", "is missing, and so is from_user_id");
        }
    }
    message->skip = first_skip(message);
    hash_message(message);
}

int status_rank(struct svc_slice status)
{
    static const char *const names[] = {"sent", "delivered", "read", "played", "failed"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(status, names[i])) {
            return (int)i + 1;
        }
    }
    return 0;
}

void status_read(struct status *status, const struct svc_json *source,
    const struct svc_place *place, const struct svc_json *contacts)
{
    struct reading from = {source, place, &status->faults};

    status->source = source;
    if (source->type != SVC_JSON_OBJECT) {
        fault_add(&status->faults, place, NULL, "must be an object, not %s",
            svc_json_type_name(source));
    } else {
        status->message_id = read_id(&from, "id", FIELD_REQUIRED);
        status->status = read_id(&from, "status", FIELD_REQUIRED);
        status->has_timestamp =
            read_timestamp(&from, "timestamp", FIELD_REQUIRED, &status->timestamp_s);
        identity_read(&from, &recipient_fields, &status->recipient);
        identity_complete(&status->recipient, contacts);
        if (status->status.text != NULL && status_rank(status->status) == 0) {
            fault_add(&status->faults, place, "status", "is not known here");
        }
    }
    hash_status_key(status, status->dedupe_key);
}
