/* A session as it is stored and answered: the form that the migration guide's script
 * writes at session:<customer>, with a head of our own in front where this service wrote
 * it:
 *
 *     {"session_version":5,"epoch":3,"created_ms":1764000000000,"writes":"",
 *      "id":7,"customer_phone":"5215512345678","customer_name":"Ana", ...,"version":"v2"}
 *
 * The head stands first and in this order, so that a script in Redis compares versions
 * without reading JSON, which Lua's library would spoil ([] becomes {}). A text without
 * it is the guide's own and counts as version 1.
 *
 * What was deleted, or goes by another identity now, leaves a text of the same head with
 * `"deleted":true` or `"moved_to":"..."`. */
#ifndef SESSION_H
#define SESSION_H

#include <svc/json_write.h>

#define SESSION_KEY_MAX 160
#define SESSION_STATE_MAX 50
/* A token that makes a write the same write: see session_writes_find. */
#define SESSION_WRITE_SIZE 17
/* For a write that nobody repeats. */
#define SESSION_NO_TOKEN "0000000000000000"
/* How long a deleted session is remembered, so that a late writer doesn't revive it. */
#define SESSION_TOMBSTONE_MS 60000
/* The `writes` of a deleted one. */
#define SESSION_DELETED_WRITES "deleted"

enum session_form {
    SESSION_NONE,
    SESSION_LIVE,
    SESSION_DELETED,
    SESSION_MOVED,
};

struct session_head {
    enum session_form form;
    int64_t version;
    int64_t epoch;      /* 0: written by somebody else */
    int64_t created_ms; /* 0: not known */
    struct svc_slice writes;
    struct svc_slice moved_to; /* of a MOVED one */
    size_t body;               /* where the guide's own members begin; 0: no head */
};

/* The head of TEXT; {NULL, 0} is SESSION_NONE, version 0. Borrows from TEXT. */
void session_head_read(struct svc_slice text, struct session_head *ret_head);

struct session {
    struct session_head head;
    const struct svc_json *id; /* NULL: not known yet */
    struct svc_slice customer_phone;
    struct svc_slice customer_name;
    struct svc_slice session_state;
    const struct svc_json *cart_data;
    const struct svc_json *context_data;
    int64_t total_orders;
    struct svc_slice customer_tier;
    struct svc_slice last_activity;
    const struct svc_json *migrated_at; /* NULL: made here */
};

/* Reads a live session whole. False where TEXT isn't one. The session refers to ARENA
 * alone, except for its head. */
SVC_MUST_CHECK bool session_read(
    struct svc_arena *arena, struct svc_slice text, struct session *ret_session);

/* An empty session of a customer nobody knows. */
void session_init(struct session *session, struct svc_slice customer_key);

/* Writes head and body. */
void session_write(const struct session *session, struct svc_buf *out);

/* Writes what a deleted or moved session leaves, by its head. */
void session_write_remains(const struct session_head *head, struct svc_buf *out);

/* Writes the body alone, as answers show it: the guide's form. */
void session_write_body(struct svc_slice text, const struct session_head *head,
    struct svc_json_writer *writer);

/* The parts that callers write are session_state, cart_data and context_data; PARTS is an
 * object with any of them. Set puts the empty value where one is missing or null; patch
 * leaves what is missing, and merges (RFC 7396). */
void session_set(struct session *session, const struct svc_json *parts);
void session_patch(
    struct svc_arena *arena, struct session *session, const struct svc_json *parts);

/* Two sessions of one customer, of whom we learn only now that they are one: CURRENT's
 * parts go first, what they don't hold comes from PREVIOUS. */
void session_join(
    struct svc_arena *arena, struct session *current, const struct session *previous);

/* The short form of an idempotency key, for the head's `writes`. */
void session_write_token(
    struct svc_slice idempotency_key, char ret_token[SESSION_WRITE_SIZE]);

/* The version that a write with TOKEN made; 0: not among the last four. */
int64_t session_writes_find(struct svc_slice writes, const char *token);

/* WRITES with TOKEN's write of VERSION in front, and at most three of the others. */
struct svc_slice session_writes_add(
    struct svc_arena *arena, struct svc_slice writes, const char *token, int64_t version);

#endif
