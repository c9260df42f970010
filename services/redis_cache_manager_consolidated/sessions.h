/* What callers do with sessions: reads and writes over the store, each write tried again
 * while others write, too. */
#ifndef SESSIONS_H
#define SESSIONS_H

#include "store.h"
#include "ttl.h"

struct sessions {
    struct store *store;
    struct ttl_rules ttl;
    size_t bytes_max; /* of one session */
};

enum session_refusal {
    SESSION_TAKEN_AS_IS, /* not refused */
    SESSION_VERSION_CONFLICT,
    SESSION_LEASE_LOST,
    SESSION_WAS_DELETED,
    SESSION_NOT_FOUND,
    SESSION_TOO_LARGE,
};

struct session_call {
    struct svc_slice key;
    int64_t ttl_s;                       /* 0: by the rules */
    int64_t if_version;                  /* 0: any */
    struct svc_slice lease;              /* NULL: none is given */
    const char *write_token;             /* see session_write_token */
    const struct store_profile *profile; /* NULL: nothing is known */
};

struct session_outcome {
    enum session_refusal refusal;
    bool created;
    bool saved;                 /* something was */
    bool repeated;              /* this very write was done before */
    int64_t version_then;       /* of a repeated one */
    struct store_record record; /* as it is now, whatever became of the call */
};

/* Gets the session, or makes one; it lives its full time from now on. */
SVC_MUST_CHECK enum svc_status sessions_load(struct sessions *sessions,
    struct svc_arena *arena, const struct session_call *call,
    struct session_outcome *ret_outcome);

/* Reads; record.head.form says whether there is one. */
SVC_MUST_CHECK enum svc_status sessions_get(struct sessions *sessions,
    struct svc_arena *arena, struct svc_slice key, struct store_record *ret_record);

enum session_change {
    SESSION_SET,   /* makes one where there is none */
    SESSION_PATCH, /* changes one that is there */
};

/* Writes PARTS (see session_set). */
SVC_MUST_CHECK enum svc_status sessions_write(struct sessions *sessions,
    struct svc_arena *arena, const struct session_call *call, enum session_change change,
    const struct svc_json *parts, struct session_outcome *ret_outcome);

/* Refused (NOT_FOUND) where there is none. */
SVC_MUST_CHECK enum svc_status sessions_delete(struct sessions *sessions,
    struct svc_arena *arena, const struct session_call *call,
    struct session_outcome *ret_outcome);
SVC_MUST_CHECK enum svc_status sessions_touch(struct sessions *sessions,
    struct svc_arena *arena, const struct session_call *call,
    struct session_outcome *ret_outcome);

/* --- for those that save a session along with something else */

/* A new session for the customer of RECORD, of the next version. */
void sessions_make(struct svc_arena *arena, const struct store_record *record,
    const struct store_profile *profile, struct session *ret_session);

/* Writes SESSION as the next version of what RECORD holds into CHANGE; TOKEN (may be
 * NULL) goes into its head. TOO_LARGE over the limit. */
SVC_MUST_CHECK enum svc_status sessions_compose(struct sessions *sessions,
    struct svc_arena *arena, const struct store_record *record,
    const struct session_call *call, struct session *session,
    struct store_change *ret_change);

/* Puts what CHANGE saved into RECORD. */
void sessions_saved(
    struct store_record *record, const struct store_change *change, int64_t expires_ms);

/* Puts the customer's name, tier and orders as they are now into RECORD's session, for an
 * answer. */
void sessions_join_customer(struct svc_arena *arena, struct store_record *record);

/* A short time, longer with each ATTEMPT, so that writers of one customer get out of each
 * other's way. */
void sessions_step_aside(unsigned attempt);

#define SESSIONS_ATTEMPTS_MAX 200

#endif
