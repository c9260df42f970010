/* What a webhook of the WhatsApp Cloud API comes apart into.
 *
 * The domain of this service is that JSON, so it reads the runtime's JSON values; it
 * knows no HTTP, Redis, clock or environment. Everything lives in the arena of the
 * request. */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "fault.h"

#include <svc/crypto.h>
#include <svc/json.h>

/* Who somebody is; every part may be missing (facts of 2026: a customer with a user name
 * shows no number). */
struct identity {
    struct svc_slice wa_id;
    struct svc_slice user_id;
    struct svc_slice parent_user_id;
    struct svc_slice username;
    struct svc_slice name;
};

/* What a change says of the number that it's for. */
struct account {
    struct svc_slice waba_id;
    struct svc_slice phone_number_id;
    struct svc_slice display_phone_number;
};

enum skip_reason {
    SKIP_NOTHING,
    SKIP_DUPLICATE,
    SKIP_IN_PROGRESS,
    SKIP_NO_REPLY_EXPECTED,
    SKIP_INVALID,
    SKIP_OTHER_NUMBER,
};

struct message {
    struct message *next;
    size_t batch_index;
    const struct svc_json *source;
    struct account account;
    struct identity from;
    struct svc_slice message_id;
    struct svc_slice group_id;
    const struct content_kind *kind; /* never NULL; see content.h */
    struct svc_slice original_type;
    const struct svc_json *content; /* source[type]; NULL where it's missing */
    bool has_timestamp;
    int64_t timestamp_s;
    struct svc_slice text;
    struct svc_slice action_id;
    struct svc_slice action_title;
    char message_hash[SVC_SHA256_HEX_SIZE];
    char content_hash[SVC_SHA256_HEX_SIZE];
    char dedupe_key[SVC_SHA256_HEX_SIZE];
    enum skip_reason skip;
    struct fault_list faults;
    /* Filled in by whoever looks duplicates up. */
    const char *lease_token; /* NULL: no lease */
    int64_t lease_expires_ms;
};

struct status {
    struct status *next;
    size_t batch_index;
    const struct svc_json *source;
    struct account account;
    struct identity recipient;
    struct svc_slice message_id;
    struct svc_slice status;
    bool has_timestamp;
    int64_t timestamp_s;
    char dedupe_key[SVC_SHA256_HEX_SIZE];
    struct fault_list faults;
};

enum event_kind {
    EVENT_IDENTITY_CHANGE,
    EVENT_USER_PREFERENCE,
    EVENT_MESSAGE_ECHO,
    EVENT_CALL,
    EVENT_ERROR,
    EVENT_CHANGE,
};

struct event {
    struct event *next;
    size_t batch_index;
    enum event_kind kind;
    struct svc_slice field;
    struct account account;
    bool has_timestamp;
    int64_t timestamp_s;
    struct identity previous; /* of an identity change */
    struct identity current;
    const struct svc_json *value; /* as Meta sends it */
};

struct batch {
    struct svc_arena *arena;
    struct message *messages;
    struct status *statuses;
    struct event *events;
    size_t message_count;
    size_t status_count;
    size_t event_count;
    bool too_many;            /* the rest isn't read: the body is to be refused */
    struct fault_list faults; /* of the envelope */
    struct message **message_end;
    struct status **status_end;
    struct event **event_end;
};

/* Takes WHOLE, a checked webhook body, apart, in order. An element that is broken is
 * marked and never stops the rest. */
void webhook_read(
    struct svc_arena *arena, const struct svc_json *whole, struct batch *ret_batch);

/* The key by which a customer is known: the wa_id where there is one, else the user id.
 */
struct svc_slice identity_key(const struct identity *identity);

/* Adds an event to the end of BATCH; the caller fills it in. */
struct event *batch_add_event(struct batch *batch, enum event_kind kind,
    const struct account *account, struct svc_slice field);

#endif
