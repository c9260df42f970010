/* The intake's tables in PostgreSQL (migration 0027): what was acknowledged, and who has
 * it. PostgreSQL and not Redis, since an acknowledgement has to outlive both a crash and
 * a failover: a commit is on disk before Meta hears of it, and calls at the same moment
 * share one write. */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include <svc/mem.h>
#include <svc/status.h>
#include <svc/text.h>

#include <stdbool.h>

struct svc_pg;

/* Stores MESSAGES (see intake_put), whole or not at all; ret_new: how many weren't known.
 */
SVC_MUST_CHECK enum svc_status intake_store_put(struct svc_pg *pg,
    struct svc_slice messages, int64_t quiet_ms, int64_t quiet_max_ms, int64_t *ret_new);

struct intake_message {
    struct svc_slice lease; /* of the lane: the same for all of one customer */
    struct svc_slice phone_number_id;
    struct svc_slice customer_key;
    struct svc_slice waba_id;
    struct svc_slice display_phone_number;
    struct svc_slice body;    /* JSON */
    struct svc_slice contact; /* JSON; no text: none */
};

struct intake_taking {
    const char *owner;
    int64_t room; /* lanes that the owner may hold */
    int64_t lease_ms;
    int64_t attempts_max;
    int64_t messages_max; /* of one lane */
};

struct intake_taken {
    struct intake_message *messages; /* lane by lane, in order */
    size_t count;
    int64_t ran_out; /* leases that had: executions that vanished; 0 where nothing was
                        taken */
};

/* All in ARENA. */
SVC_MUST_CHECK enum svc_status intake_store_take(struct svc_pg *pg,
    const struct intake_taking *taking, struct svc_arena *arena,
    struct intake_taken *ret_taken);

/* FAULT: what n8n has against the body; NULL where it's n8n's own trouble. */
SVC_MUST_CHECK enum svc_status intake_store_refused(struct svc_pg *pg,
    const struct intake_message *message, int64_t pause_ms, const char *fault);

/* ret_took_ms: how long n8n had it; -1: it isn't the intake's, or was over already. */
SVC_MUST_CHECK enum svc_status intake_store_end(
    struct svc_pg *pg, const char *key, bool failed, int64_t *ret_took_ms);

struct intake_totals {
    int64_t waiting;
    int64_t in_flight;
    int64_t dead;
    int64_t oldest_ms; /* how long the oldest has waited; 0: none waits */
};

SVC_MUST_CHECK enum svc_status intake_store_totals(
    struct svc_pg *pg, struct intake_totals *ret_totals);

struct intake_dead {
    int64_t id;
    struct svc_slice message_id;
    struct svc_slice phone_number_id;
    struct svc_slice customer_key;
    struct svc_slice received_at;
    struct svc_slice died_at;
    int64_t attempts;
    struct svc_slice error;
    struct svc_slice body;
};

/* Those behind AFTER, by id. */
SVC_MUST_CHECK enum svc_status intake_store_dead(struct svc_pg *pg, int64_t after,
    int64_t limit, struct svc_arena *arena, struct intake_dead **ret_list,
    size_t *ret_count);

/* IDS: a list as PostgreSQL reads it, "{1,2}"; NULL: all. */
SVC_MUST_CHECK enum svc_status intake_store_revive(
    struct svc_pg *pg, const char *ids, bool replay, int64_t *ret_count);

/* Forgets what was done more than KEEP_S ago, some thousand at a time, and gives lanes to
 * messages that have none. ret_pruned: how many. */
SVC_MUST_CHECK enum svc_status intake_store_tidy(
    struct svc_pg *pg, int64_t keep_s, int64_t *ret_pruned);

#endif
