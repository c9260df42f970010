/* Whether sessions are Redis's or PostgreSQL's alone, and the change from one to the
 * other without losing a write or serving an old one.
 *
 * PostgreSQL's one row session_switch says which, and an epoch that grows with each
 * change. A watcher in each replica reads it ten times a second and closes Redis when
 * Redis is gone, has restarted (its run_id is another one: it may be empty or old), or
 * the shop has switched it off; and opens it again when all is well.
 *
 * - A write to Redis runs a script that only the open epoch's Redis knows, and that looks
 *   at the epoch's key: after a restart, or once the epoch is closed, it has no effect.
 * - A write to PostgreSQL in its mode is a transaction that holds the switch's lock
 *   shared; the change holds it alone.
 * - After Redis was closed PostgreSQL serves nothing before every replica that lives has
 *   written out what Redis had acknowledged, and said so (session_replicas).
 * - What a replica writes out later than that is of an older epoch, and replaces nothing
 *   that came after.
 * - What lies in Redis from an older epoch is compared with PostgreSQL once, when it's
 *   first read: see store.c. */
#include "store_private.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/redis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK_MS 100
#define PULSE_MS 50
/* While others wait for this replica, or it for them. */
#define TICK_CLOSING_MS 20
/* Before others take this replica for dead. */
#define LATE_MS (STORE_DEAD_AFTER_MS * 7 / 10)
/* Redis may fail so long before PostgreSQL takes over: a hiccup must not cost a change.
 */
#define DOWN_MS 250
/* PostgreSQL alone for so long at least, so that a flapping Redis doesn't make both flap.
 */
#define DWELL_MS 1000

/* What the watcher found in one round. */
struct finding {
    bool pg_up;
    struct store_switch at;
    bool redis_up;
    char run_id[64];
};

void store_mode_get(struct store *store, struct store_mode *ret_mode)
{
    pthread_mutex_lock(&store->lock);
    *ret_mode = store->mode;
    ret_mode->degraded =
        (store->pg != NULL && !store->pg_up) ||
        (store->mode.name == STORE_MODE_POSTGRES && store->flag && store->redis != NULL);
    ret_mode->late = store->pg != NULL && store->pg_up &&
                     svc_clock_monotonic_ms() - store->heard_ms > LATE_MS;
    ret_mode->hopeless =
        store->useless_since_ms > 0 &&
        svc_clock_monotonic_ms() - store->useless_since_ms > STORE_PATIENCE_MS;
    pthread_mutex_unlock(&store->lock);
}

void store_mode_suspect(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    if (!store->look) {
        store->look = true;
        pthread_cond_signal(&store->wake);
    }
    pthread_mutex_unlock(&store->lock);
}

/* With the lock held. Scripts are kept until the end: a call may still use an old one. */
static const struct store_script *script_of(struct store *store, int64_t epoch)
{
    struct store_script *script = store->scripts;

    while (script != NULL && script->epoch != epoch) {
        script = script->next;
    }
    if (script == NULL) {
        script = store_redis_script_new(epoch);
        script->next = store->scripts;
        store->scripts = script;
    }
    return script;
}

static const struct store_script *script_get(struct store *store, int64_t epoch)
{
    pthread_mutex_lock(&store->lock);
    const struct store_script *script = script_of(store, epoch);
    pthread_mutex_unlock(&store->lock);
    return script;
}

static void set_mode(struct store *store, enum store_mode_name name, int64_t epoch)
{
    pthread_mutex_lock(&store->lock);
    bool changed = store->mode.name != name || store->mode.epoch != epoch;
    if (changed) {
        store->mode = (struct store_mode){
            .name = name,
            .epoch = epoch,
        };
        if (name == STORE_MODE_REDIS) {
            store->mode.script = script_of(store, epoch);
        }
    }
    store->mode.rearm = store->pg == NULL;
    pthread_mutex_unlock(&store->lock);
    if (!changed) {
        return;
    }
    near_flush(store->near);
    if (store->queue != NULL) {
        store_queue_hurry(store->queue);
    }
    svc_log(SVC_LOG_INFO,
        name == STORE_MODE_REDIS ? "sessions: Redis first, PostgreSQL behind"
                                 : "sessions: PostgreSQL alone",
        SVC_INT("epoch", epoch));
}

/* What the pulse found last. */
static void look_at_redis(struct store *store, struct finding *finding)
{
    pthread_mutex_lock(&store->lock);
    finding->redis_up = store->redis_up;
    memcpy(finding->run_id, store->run_id, sizeof finding->run_id);
    pthread_mutex_unlock(&store->lock);
}

/* Whether all that this process wrote to Redis before it was closed is in PostgreSQL. */
static void note_drained(struct store *store)
{
    struct store_queue_state waiting;
    struct store_mode mode;

    store_mode_get(store, &mode);
    if (mode.name != STORE_MODE_POSTGRES || atomic_load(&store->saving) > 0) {
        return;
    }
    store_queue_state_get(store->queue, &waiting);
    if (waiting.waiting == 0 || mode.serves) {
        store->drained_epoch = mode.epoch;
    }
}

static void look_at_pg(struct store *store, struct finding *finding)
{
    if (store->pg == NULL) {
        return;
    }
    int64_t start_ms = svc_clock_monotonic_ms();
    note_drained(store);
    finding->pg_up =
        store_pg_switch_get(store, store->drained_epoch, &finding->at) == SVC_OK;
    pthread_mutex_lock(&store->lock);
    store->pg_up = finding->pg_up;
    if (finding->pg_up) {
        store->heard_ms = start_ms;
        store->flag = finding->at.flag;
        store->standard_ttl_s =
            finding->at.ttl_s > 0 ? finding->at.ttl_s : store->settings.standard_ttl_s;
    }
    pthread_mutex_unlock(&store->lock);
}

static bool redis_is_down(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    int64_t since_ms = store->redis_down_since_ms;
    pthread_mutex_unlock(&store->lock);
    return since_ms > 0 && svc_clock_monotonic_ms() - since_ms >= DOWN_MS;
}

static void close_redis(
    struct store *store, const struct finding *finding, const char *why)
{
    if (store_pg_switch_set(store, finding->at.epoch, false, "") != SVC_OK) {
        return;
    }
    svc_log(SVC_LOG_WARN, "sessions: Redis is closed", SVC_TEXT("why", why));
    set_mode(store, STORE_MODE_POSTGRES, finding->at.epoch + 1);
    if (finding->redis_up) {
        /* So that a replica that is held up somewhere can't write any more. */
        store_redis_close_epoch(store, script_get(store, finding->at.epoch));
    }
}

static void open_redis(struct store *store, const struct finding *finding)
{
    int64_t epoch = finding->at.epoch + 1;
    const struct store_script *script = script_get(store, epoch);

    if (store_pg_switch_set(store, finding->at.epoch, true, finding->run_id) != SVC_OK) {
        return;
    }
    if (store_redis_open_epoch(store, script, finding->run_id) == STORE_REDIS_OK) {
        set_mode(store, STORE_MODE_REDIS, epoch);
    }
}

/* Redis is open by the switch: is it still the Redis that was opened? */
static void keep_redis(struct store *store, const struct finding *finding, bool look)
{
    if (!finding->at.flag) {
        close_redis(store, finding, "switched off");
        return;
    }
    if (redis_is_down(store)) {
        close_redis(store, finding, "no answer");
        return;
    }
    if (!finding->redis_up) {
        return;
    }
    if (strcmp(finding->run_id, finding->at.run_id) != 0) {
        close_redis(store, finding, "it has restarted");
        return;
    }
    struct store_mode mode;
    store_mode_get(store, &mode);
    bool adopts = mode.name != STORE_MODE_REDIS || mode.epoch != finding->at.epoch;
    /* A node of a cluster is given the script when it turns out not to know it. */
    if (adopts || (look && !svc_redis_is_cluster(store->redis))) {
        const struct store_script *script = script_get(store, finding->at.epoch);
        /* It's the same process, so it has lost nothing but perhaps its scripts. Redis
         * itself says so: what the pulse heard may be older than a restart. */
        if (store_redis_open_epoch(store, script, finding->run_id) != STORE_REDIS_OK) {
            return;
        }
    }
    set_mode(store, STORE_MODE_REDIS, finding->at.epoch);
}

static void keep_postgres(struct store *store, const struct finding *finding)
{
    bool drained =
        finding->at.others_drained && store->drained_epoch == finding->at.epoch;

    set_mode(store, STORE_MODE_POSTGRES, finding->at.epoch);
    pthread_mutex_lock(&store->lock);
    store->mode.serves = store->mode.serves || drained;
    bool serves = store->mode.serves;
    pthread_mutex_unlock(&store->lock);
    if (serves && finding->redis_up && finding->at.flag &&
        finding->at.age_ms >= DWELL_MS) {
        open_redis(store, finding);
    }
}

/* PostgreSQL isn't there to say what holds: Redis goes on as it was, the epoch that it
 * holds is taken up by a replica that has just started, and a Redis that has restarted is
 * all there is. */
static void keep_without_pg(struct store *store, const struct finding *finding)
{
    struct store_mode mode;
    int64_t epoch = 0;

    store_mode_get(store, &mode);
    if (store->redis == NULL || !finding->redis_up || mode.name == STORE_MODE_POSTGRES) {
        return;
    }
    epoch = mode.name == STORE_MODE_REDIS ? mode.epoch : store_redis_epoch(store);
    if (store->pg == NULL && epoch == 0) {
        epoch = 1;
    }
    if (epoch == 0) {
        return;
    }
    const struct store_script *script = script_get(store, epoch);
    if (store_redis_epoch(store) == epoch ||
        store_redis_open_epoch(store, script, "") == STORE_REDIS_OK) {
        set_mode(store, STORE_MODE_REDIS, epoch);
        pthread_mutex_lock(&store->lock);
        store->mode.rearm = true;
        pthread_mutex_unlock(&store->lock);
    }
}

static void note_use(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    enum store_mode_name name = store->mode.name;
    if ((name == STORE_MODE_REDIS && store->redis_up) ||
        (name == STORE_MODE_POSTGRES && store->pg_up)) {
        store->useless_since_ms = 0;
    } else if (store->useless_since_ms == 0) {
        store->useless_since_ms = svc_clock_monotonic_ms();
    }
    pthread_mutex_unlock(&store->lock);
}

static void tick(struct store *store, bool look)
{
    struct finding finding = {0};

    look_at_redis(store, &finding);
    look_at_pg(store, &finding);
    if (!finding.pg_up) {
        keep_without_pg(store, &finding);
    } else if (finding.at.redis && store->redis != NULL) {
        keep_redis(store, &finding, look);
    } else if (finding.at.redis) {
        close_redis(store, &finding, "this service has no REDIS_URL");
    } else {
        keep_postgres(store, &finding);
    }
    note_use(store);
}

/* With the lock held. */
static void wait_a_while(struct store *store)
{
    bool closing = store->mode.name == STORE_MODE_POSTGRES && !store->mode.serves;
    int64_t until_ns = svc_condition_until_ns(closing ? TICK_CLOSING_MS : TICK_MS);

    while (!store->ended && !store->look &&
           svc_condition_wait(&store->wake, &store->lock, until_ns)) {
    }
}

static void *watch(void *argument)
{
    struct store *store = argument;

    pthread_mutex_lock(&store->lock);
    while (!store->ended) {
        bool look = store->look;
        store->look = false;
        pthread_mutex_unlock(&store->lock);
        tick(store, look);
        pthread_mutex_lock(&store->lock);
        wait_a_while(store);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

/* Asks Redis how it is, on a thread of its own: a Redis that hangs must not keep the
 * watcher from hearing that the mode has changed. */
static void feel(struct store *store)
{
    char run_id[64] = "";
    bool up = store_redis_run_id(store, run_id);

    pthread_mutex_lock(&store->lock);
    store->redis_up = up;
    if (up) {
        store->redis_down_since_ms = 0;
        memcpy(store->run_id, run_id, sizeof store->run_id);
    } else if (store->redis_down_since_ms == 0) {
        store->redis_down_since_ms = svc_clock_monotonic_ms();
    }
    pthread_mutex_unlock(&store->lock);
}

static void *pulse(void *argument)
{
    static const struct timespec step = {.tv_nsec = PULSE_MS * 1000000};
    struct store *store = argument;
    bool ended = false;

    while (!ended) {
        feel(store);
        nanosleep(&step, NULL);
        pthread_mutex_lock(&store->lock);
        ended = store->ended;
        pthread_mutex_unlock(&store->lock);
    }
    return NULL;
}

void store_mode_start(struct store *store)
{
    if (store->redis != NULL) {
        feel(store);
    }
    tick(store, false);
    if (pthread_create(&store->watcher, NULL, watch, store) != 0 ||
        (store->redis != NULL &&
            pthread_create(&store->pulse, NULL, pulse, store) != 0)) {
        abort();
    }
}

void store_mode_stop(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->ended = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->watcher, NULL);
    if (store->redis != NULL) {
        pthread_join(store->pulse, NULL);
    }
    while (store->scripts != NULL) {
        struct store_script *script = store->scripts;
        store->scripts = script->next;
        store_redis_script_free(&script);
    }
}
