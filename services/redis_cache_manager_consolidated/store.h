/* Where sessions and turns are kept: Redis first, PostgreSQL behind; or PostgreSQL alone
 * while Redis is gone or the shop has switched it off. All SQL and all keys of sessions
 * and turns are behind this.
 *
 * Both are versioned documents of one customer. A writer loads, changes and saves; the
 * save is refused where somebody else has saved in between. That holds over any number of
 * replicas, over the change from Redis to PostgreSQL and back, and over a Redis that
 * comes back empty or with something old: see store_mode.c. */
#ifndef STORE_H
#define STORE_H

#include "session.h"

struct svc_redis;
struct svc_pg;
struct store;

struct store_settings {
    int64_t flush_ms;       /* what was written is in PostgreSQL after so long */
    int64_t sweep_after_ms; /* what a dead replica didn't get there is taken up after */
    int64_t queue_max;      /* customers whose writes wait for PostgreSQL, at most */
    int64_t standard_ttl_s; /* where system_config.session_ttl_s isn't set */
    int64_t near_size;      /* sessions in the near cache, at most */
};

/* Either REDIS or PG may be NULL, not both. The threads behind start here. */
struct store *store_new(
    struct svc_redis *redis, struct svc_pg *pg, const struct store_settings *settings);

/* Writes out what still waits for PostgreSQL, and ends the threads. Takes a pointer to
 * NULL. */
void store_free(struct store **store);

enum store_source {
    STORE_MEMORY,
    STORE_REDIS,
    STORE_POSTGRES,
};

struct store_customer {
    bool known;
    struct svc_slice name;
    struct svc_slice tier;
    int64_t total_orders;
};

enum {
    STORE_WITH_TURN = 1,     /* the turn document, too */
    STORE_WITH_CUSTOMER = 2, /* the customer's row, as it was a minute ago at most */
    STORE_FROM_NEAR = 4,     /* the near cache will do */
    STORE_AS_IT_LIES = 8,    /* a key that has moved is not followed */
    /* What this process saw last will do (record.base), for a caller who saves. One who
     * doesn't has to load again without this. */
    STORE_BASE = 16,
};

/* What is known of a customer. Texts live in the arena. */
struct store_record {
    struct svc_slice key; /* where it lies: another than asked for where that has moved */
    enum store_source source;
    int64_t epoch;  /* for the head of what is saved */
    int64_t now_ms; /* by the store's clock */
    bool degraded;  /* Redis or PostgreSQL is gone */
    bool base;      /* perhaps outdated: see STORE_BASE */

    struct svc_slice session; /* NULL: none */
    struct session_head head;
    int64_t expires_ms;     /* of the session */
    int64_t session_stored; /* its version where it is stored; 0: none there */
    int64_t session_known;  /* the highest that is known; a new one goes on from it */
    int64_t row_epoch;      /* of PostgreSQL\'s row */

    struct svc_slice turn; /* NULL: none */
    int64_t turn_stored;
    int64_t turn_known;
    int64_t turn_epoch; /* of PostgreSQL\'s row */

    struct store_customer customer;
    struct svc_slice
        new_id; /* for a session that is new; NULL: PostgreSQL was not asked */
};

/* UNAVAILABLE where neither Redis nor PostgreSQL can be asked. */
SVC_MUST_CHECK enum svc_status store_load(struct store *store, struct svc_arena *arena,
    struct svc_slice key, unsigned what, struct store_record *ret_record);

/* What is known of a customer from a message. */
struct store_profile {
    struct svc_slice name;
    struct svc_slice username;
    struct svc_slice locale;
    struct svc_slice wa_id;
    struct svc_slice user_id;
    struct svc_slice parent_user_id;
};

/* What to save; a text that is NULL stays as it is. */
struct store_change {
    struct svc_slice session;
    int64_t session_version; /* of the text */
    int64_t ttl_ms;
    struct svc_slice turn;
    int64_t turn_version;
    /* Of a customer who writes for the first time, or NULL. */
    const struct store_profile *profile;
};

/* CONFLICT where somebody else has saved since RECORD was loaded: load again.
 * `ret_expires` (may be NULL) is when the session ends. */
SVC_MUST_CHECK enum svc_status store_save(struct store *store,
    const struct store_record *record, const struct store_change *change,
    int64_t *ret_expires_ms);

/* Takes down what a message says of its customer, without waiting. */
void store_profile_put(
    struct store *store, struct svc_slice key, const struct store_profile *profile);

/* Makes the session that RECORD holds live for TTL_MS from now, without writing it anew.
 * CONFLICT as for store_save. */
SVC_MUST_CHECK enum svc_status store_touch(struct store *store,
    const struct store_record *record, int64_t ttl_ms, int64_t *ret_expires_ms);

/* The shop's standard time to live: system_config.session_ttl_s, else the setting. */
int64_t store_standard_ttl_s(struct store *store);

enum store_mode_name {
    STORE_MODE_UNKNOWN, /* just started, or nothing answers */
    STORE_MODE_REDIS,
    STORE_MODE_POSTGRES,
};

struct store_state {
    enum store_mode_name mode;
    int64_t epoch;
    bool flag; /* system_config.use_redis_sessions */
    bool redis_up;
    bool postgres_up;
    int64_t waiting; /* customers whose writes wait for PostgreSQL */
    int64_t flushed_total;
    int64_t swept_total;
    int64_t dropped_total;    /* writes that PostgreSQL refuses, or that found no room */
    int64_t flush_lag_ms_max; /* from the answer to PostgreSQL, the longest so far */
    bool near_live;
    int64_t near_count;
};

/* A snapshot, for /v1/stats and metrics. */
void store_state_get(struct store *store, struct store_state *ret_state);

/* The customer's row and identities in PostgreSQL go by another identity from now on;
 * both customers' rows become one where both exist. Saying it again changes nothing. */
struct store_identity {
    struct svc_slice key;
    struct svc_slice wa_id;
    struct svc_slice user_id;
    struct svc_slice parent_user_id;
};
struct store_identity_result {
    bool customers_moved;
    bool identities_moved;
};
SVC_MUST_CHECK enum svc_status store_identity_change(struct store *store,
    const struct store_identity *previous, const struct store_identity *current,
    struct store_identity_result *ret_result);

#endif
