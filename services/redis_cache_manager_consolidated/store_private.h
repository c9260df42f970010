/* What the files of the store share. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "near.h"
#include "store.h"

#include <pthread.h>
#include <stdatomic.h>

/* How long a call goes on trying while the store changes from Redis to PostgreSQL. */
#define STORE_PATIENCE_MS 4000
#define STORE_RETRY_MS 10
/* A replica without a sign of life for so long is waited for no more. */
#define STORE_DEAD_AFTER "1 second"
#define STORE_DEAD_AFTER_MS 1000
/* What goes by another identity is found by the old one so long. */
#define TTL_ALIAS_S 2592000

/* A script whose text, and so whose name in Redis, belongs to one epoch: it is in Redis's
 * memory only from the opening of that epoch on, and gone when Redis restarts. */
struct store_script {
    struct store_script *next;
    int64_t epoch;
    char *source;
    char sha[41];
};

/* Under which rules the store works now; a copy is good for one try. */
struct store_mode {
    enum store_mode_name name;
    int64_t epoch;
    const struct store_script *script; /* of REDIS */
    bool serves;   /* of POSTGRES: what Redis had acknowledged is in it */
    bool degraded; /* Redis or PostgreSQL is gone */
    bool hopeless; /* nothing has answered for a while */
    bool late;     /* another mode may hold by now, and this process not know it yet */
    bool rearm; /* nobody but Redis knows better: load the script where it is missing */
};

struct store_queue;
struct store_marks;

struct store {
    struct svc_redis *redis; /* NULL: not configured */
    struct svc_pg *pg;       /* NULL: not configured */
    struct store_settings settings;
    struct near *near;
    struct svc_redis_tracking *tracking; /* says when `near` is to forget; NULL: none */
    struct near *customers;
    struct near *bases;
    struct near *doubts; /* customers with a write that had its effect or not */
    _Atomic int64_t
        clock_ahead_ms; /* of Redis's clock, to the monotonic one; 0: unknown */
    struct store_queue *queue;
    struct store_marks *marks; /* NULL: without Redis or PostgreSQL */
    int64_t drained_epoch;  /* the watcher's: nothing of an epoch before is left here */
    char replica[40];       /* this process, among the replicas */
    _Atomic int64_t saving; /* writes to Redis under way, up to the queue */

    pthread_mutex_t lock; /* of what follows, up to `ended` */
    pthread_cond_t wake;  /* the watcher is to look at once */
    struct store_mode mode;
    struct store_script *scripts;
    bool flag;
    bool redis_up;
    bool pg_up;
    bool look;        /* somebody found Redis cold */
    char run_id[64];  /* Redis's, as it was last seen */
    int64_t heard_ms; /* monotonic; when PostgreSQL last said which mode holds */
    int64_t redis_down_since_ms; /* monotonic; 0: it is up */
    int64_t useless_since_ms;    /* monotonic; 0: the mode's own store is up */
    int64_t standard_ttl_s;
    bool ended;

    pthread_t watcher;
    pthread_t pulse; /* asks Redis how it is */
};

/* --- store_mode.c */

/* Starts, or ends, the watcher, which keeps store->mode. */
void store_mode_start(struct store *store);
void store_mode_stop(struct store *store);
void store_mode_get(struct store *store, struct store_mode *ret_mode);
/* A call failed in MODE: the watcher looks at once. */
void store_mode_suspect(struct store *store);

/* --- store_redis.c */

enum store_redis_outcome {
    STORE_REDIS_OK,
    STORE_REDIS_CONFLICT,
    STORE_REDIS_COLD, /* this epoch isn't Redis's (any more) */
    STORE_REDIS_GONE, /* no answer: the command may have had its effect or not */
};

/* Makes the script of EPOCH. */
struct store_script *store_redis_script_new(int64_t epoch);
void store_redis_script_free(struct store_script **script);

/* Reads both documents as they stand; what PostgreSQL knows isn't asked. */
enum store_redis_outcome store_redis_load(struct store *store,
    const struct store_mode *mode, struct svc_arena *arena, struct store_record *record);

/* When it was written, and by what store_redis_unmark finds whether that's the last
 * write still. */
struct store_stamp {
    int64_t now_ms;
    int64_t mark_ms;
};

struct store_write {
    const struct store_record *record; /* whose key and stored versions must still hold */
    struct svc_slice session;
    int64_t ttl_ms;
    struct svc_slice turn;
    bool clean; /* PostgreSQL has it already */
};
enum store_redis_outcome store_redis_save(struct store *store,
    const struct store_mode *mode, const struct store_write *write,
    struct store_stamp *ret_stamp);
enum store_redis_outcome store_redis_touch(struct store *store,
    const struct store_mode *mode, const struct store_record *record, int64_t ttl_ms,
    struct store_stamp *ret_stamp);

/* Puts the epoch's script into Redis and its number at its key. COLD where it's another
 * process than RUN_ID, which may have lost what was written; "": any will do. */
enum store_redis_outcome store_redis_open_epoch(
    struct store *store, const struct store_script *script, const char *run_id);
/* The epoch's script has no effect from here on. */
void store_redis_close_epoch(struct store *store, const struct store_script *script);
/* The epoch that Redis holds; 0: none, or no answer. */
int64_t store_redis_epoch(struct store *store);
/* Redis's run_id, which is new after a restart; false: no answer. */
bool store_redis_run_id(struct store *store, char ret_run_id[64]);

/* --- store_marks.c */

/* A sorted set of customers by the time of their last write that PostgreSQL lacks. */
#define STORE_DIRTY_KEY "session_dirty"

struct store_mark {
    struct svc_slice key;
    int64_t mark_ms;
};
/* A thread that takes marks away, and puts what others left marked into the queue; on its
 * own, so that a Redis that hangs holds up nothing that goes to PostgreSQL. */
struct store_marks *store_marks_new(struct store *store);
void store_marks_free(struct store_marks **marks);

/* Those whose last write is the marked one are in PostgreSQL. Copies what it's given. */
void store_marks_put(
    struct store_marks *marks, const struct store_mark *list, size_t count);
int64_t store_marks_swept(struct store_marks *marks);

int64_t store_turn_version(struct svc_slice text);

/* --- store_base.c */

void store_base_put_session(
    struct store *store, struct svc_slice key, struct svc_slice text, int64_t expires_ms);
void store_base_put_turn(
    struct store *store, struct svc_slice key, struct svc_slice text);
/* False where there is none of this epoch. */
bool store_base_get(struct store *store, struct svc_arena *arena,
    const struct store_mode *mode, bool with_turn, struct store_record *record);
void store_clock_set(struct store *store, int64_t now_ms);
int64_t store_clock(struct store *store);

/* A save whose answer was lost may have had its effect; then nobody has queued it. Before
 * anything is said of that customer, both documents are. False where they can't be read.
 */
void store_doubt_put(struct store *store, struct svc_slice key);
bool store_doubt_end(
    struct store *store, const struct store_mode *mode, struct svc_slice key);

/* --- store_load.c */

/* Whether RECORD's turn is of another epoch, or none. */
bool store_turn_is_old(const struct store_record *record);

/* --- store_pg_switch.c */

/* Who writes in the mode POSTGRES holds this shared, who changes the mode holds it alone:
 * so that no write of one mode comes after the first of the other. Any fixed number. */
#define STORE_SWITCH_LOCK "715517"

struct store_switch {
    bool redis; /* sessions are Redis's; else PostgreSQL's alone */
    int64_t epoch;
    char run_id[64];
    int64_t age_ms;
    bool flag;
    int64_t ttl_s;       /* 0: not set */
    bool others_drained; /* no other replica has anything of an epoch before this one */
};
/* DRAINED_EPOCH: this replica has nothing left of an epoch before that one. */
SVC_MUST_CHECK enum svc_status store_pg_switch_get(
    struct store *store, int64_t drained_epoch, struct store_switch *ret_switch);
/* From EPOCH on to the next; CONFLICT where it isn't EPOCH any more. */
SVC_MUST_CHECK enum svc_status store_pg_switch_set(
    struct store *store, int64_t epoch, bool redis, const char *run_id);

/* Nobody needs to wait for this replica any more. */
void store_pg_replica_end(struct store *store);

/* --- store_pg.c */

/* Reads both documents and the customer. CONFLICT where MODE (NULL: any) isn't the
 * switch's. */
SVC_MUST_CHECK enum svc_status store_pg_load(struct store *store,
    const struct store_mode *mode, struct svc_arena *arena, struct store_record *record);
SVC_MUST_CHECK enum svc_status store_pg_save(struct store *store,
    const struct store_mode *mode, const struct store_write *write,
    const struct store_change *change);
SVC_MUST_CHECK enum svc_status store_pg_touch(
    struct store *store, const struct store_record *record, int64_t expires_ms);
/* BATCH is a JSON array: see store_queue.c. */
SVC_MUST_CHECK enum svc_status store_pg_flush(
    struct store *store, struct svc_slice batch);
/* The row of a customer alone. */
SVC_MUST_CHECK enum svc_status store_pg_customer(struct store *store,
    struct svc_arena *arena, struct svc_slice key, struct store_customer *ret_customer);

/* --- store_customers.c */

/* Fills in RECORD's customer. */
void store_customer_load(
    struct store *store, struct svc_arena *arena, struct store_record *record);

/* --- store_queue.c: what waits for PostgreSQL */

struct store_queue *store_queue_new(struct store *store);
/* Writes out what it can, and writes no more; takes NULL. Comes before free. */
void store_queue_end(struct store_queue *queue);
void store_queue_free(struct store_queue **queue);

struct store_queued {
    struct svc_slice key;
    struct svc_slice session; /* NULL: not written */
    int64_t session_version;
    int64_t expires_ms;
    bool touch; /* nothing but its end was changed */
    struct svc_slice turn;
    int64_t turn_version;
    int64_t mark_ms; /* 0: not marked in Redis */
    const struct store_profile *profile;
};
/* Copies what it is given. Of two writes of one customer the later version stays. */
void store_queue_put(struct store_queue *queue, const struct store_queued *queued);

/* Writes out at once what waits. */
void store_queue_hurry(struct store_queue *queue);

struct store_queue_state {
    int64_t waiting;
    int64_t flushed_total;
    int64_t dropped_total;
    int64_t lag_ms_max;
};
void store_queue_state_get(
    struct store_queue *queue, struct store_queue_state *ret_state);

#endif
