#include "store_private.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/random.h>
#include <svc/redis.h>
#include <svc/redis_tracking.h>

#include <stdlib.h>

#define CUSTOMERS_KEPT ((size_t)16384)
#define DOUBTS_KEPT ((size_t)16384)

#define SESSION_PREFIX "session:"

/* Called for a key that was changed by anybody. */
static void invalidate(void *context, const struct svc_slice *key)
{
    struct store *store = context;
    size_t prefix = sizeof SESSION_PREFIX - 1;

    if (key == NULL) {
        near_flush(store->near);
    } else if (key->length >= prefix) {
        near_invalidate(
            store->near, (struct svc_slice){key->text + prefix, key->length - prefix});
    }
}

static bool is_live(void *tracking)
{
    return svc_redis_tracking_is_caught_up(tracking);
}

static void make_name(char name[40])
{
    uint8_t random[12];

    svc_random_fast(random, sizeof random);
    svc_text_to_hex(random, sizeof random, name);
}

struct store *store_new(
    struct svc_redis *redis, struct svc_pg *pg, const struct store_settings *settings)
{
    struct store *store = svc_alloc_zero(1, sizeof *store);

    store->redis = redis;
    store->pg = pg;
    store->settings = *settings;
    store->standard_ttl_s = settings->standard_ttl_s;
    store->flag = true;
    store->near = near_new((size_t)settings->near_size, (size_t)64 * 1024);
    store->customers = near_new(CUSTOMERS_KEPT, 1024);
    near_follow(store->customers, NULL, NULL);
    store->bases = near_new((size_t)settings->near_size, (size_t)64 * 1024);
    near_follow(store->bases, NULL, NULL);
    store->doubts = near_new(DOUBTS_KEPT, 1);
    near_follow(store->doubts, NULL, NULL);
    pthread_mutex_init(&store->lock, NULL);
    svc_condition_init(&store->wake);
    make_name(store->replica);
    if (pg != NULL) {
        store->queue = store_queue_new(store);
    }
    if (redis != NULL && settings->near_size > 0) {
        static const char *const prefixes[] = {SESSION_PREFIX};
        store->tracking = svc_redis_tracking_new(redis, prefixes, 1, invalidate, store);
        near_follow(store->near, is_live, store->tracking);
    }
    store_mode_start(store);
    if (redis != NULL && pg != NULL) {
        store->marks = store_marks_new(store);
    }
    return store;
}

void store_free(struct store **store_pointer)
{
    struct store *store = *store_pointer;

    *store_pointer = NULL;
    if (store == NULL) {
        return;
    }
    store_queue_end(store->queue);
    store_marks_free(&store->marks);
    store_mode_stop(store);
    if (store->pg != NULL) {
        store_pg_replica_end(store);
    }
    store_queue_free(&store->queue);
    if (store->tracking != NULL) {
        svc_redis_tracking_free(&store->tracking);
    }
    near_free(&store->near);
    near_free(&store->customers);
    near_free(&store->bases);
    near_free(&store->doubts);
    pthread_cond_destroy(&store->wake);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* --- writing */

static void queue(struct store *store, const struct store_record *record,
    const struct store_change *change, int64_t expires_ms, int64_t mark_ms)
{
    struct store_queued queued = {
        .key = record->key,
        .session = change->session,
        .session_version = change->session_version,
        .expires_ms = expires_ms,
        .turn = change->turn,
        .turn_version = change->turn_version,
        .mark_ms = mark_ms,
        .profile = change->profile,
    };

    if (store->queue == NULL) {
        return;
    }
    if (change->profile != NULL) {
        near_invalidate(store->customers, record->key);
    }
    store_queue_put(store->queue, &queued);
}

static void keep_bases(struct store *store, const struct store_record *record,
    const struct store_change *change, int64_t expires_ms)
{
    if (change->session.text != NULL) {
        store_base_put_session(store, record->key, change->session, expires_ms);
    } else {
        store_base_put_session(store, record->key, record->session, record->expires_ms);
    }
    if (change->turn.text != NULL) {
        store_base_put_turn(store, record->key, change->turn);
    }
}

static enum svc_status save_redis(struct store *store, const struct store_mode *mode,
    const struct store_write *write, const struct store_change *change,
    int64_t *ret_expires_ms)
{
    struct store_stamp stamp;
    enum store_redis_outcome outcome = store_redis_save(store, mode, write, &stamp);

    if (change->session.text != NULL) {
        near_invalidate(store->near, write->record->key);
    }
    if (outcome == STORE_REDIS_OK) {
        *ret_expires_ms = stamp.now_ms + write->ttl_ms;
        keep_bases(store, write->record, change, *ret_expires_ms);
        queue(store, write->record, change, *ret_expires_ms, stamp.mark_ms);
        return SVC_OK;
    }
    if (outcome == STORE_REDIS_GONE) {
        store_doubt_put(store, write->record->key);
    }
    if (outcome != STORE_REDIS_CONFLICT) {
        store_mode_suspect(store);
    }
    return SVC_CONFLICT;
}

void store_profile_put(
    struct store *store, struct svc_slice key, const struct store_profile *profile)
{
    struct store_queued queued = {.key = key, .profile = profile};

    if (store->queue != NULL) {
        near_invalidate(store->customers, key);
        store_queue_put(store->queue, &queued);
    }
}

/* In a cluster nothing but the time keeps a replica from writing to an epoch that others
 * have closed. */
static bool is_too_late(struct store *store, const struct store_mode *mode)
{
    return mode->name == STORE_MODE_REDIS && mode->late &&
           svc_redis_is_cluster(store->redis);
}

/* Counted while it's under way, so that nobody takes this replica's writes for written
 * out before they are queued. CONFLICT too where MODE doesn't hold any more. */
static enum svc_status save_counted(struct store *store, const struct store_write *write,
    const struct store_change *change, struct store_mode *mode, int64_t *ret_expires_ms)
{
    enum svc_status status = SVC_CONFLICT;

    atomic_fetch_add(&store->saving, 1);
    store_mode_get(store, mode);
    if (mode->name == STORE_MODE_REDIS && mode->epoch == write->record->epoch &&
        !is_too_late(store, mode)) {
        status = save_redis(store, mode, write, change, ret_expires_ms);
    }
    atomic_fetch_sub(&store->saving, 1);
    return status;
}

enum svc_status store_save(struct store *store, const struct store_record *record,
    const struct store_change *change, int64_t *ret_expires_ms)
{
    struct store_mode mode;
    int64_t expires_ms = record->now_ms + change->ttl_ms;
    struct store_write write = {
        .record = record,
        .session = change->session,
        .ttl_ms = change->ttl_ms,
        .turn = change->turn,
    };
    enum svc_status status = save_counted(store, &write, change, &mode, &expires_ms);

    if (mode.name == STORE_MODE_POSTGRES && mode.epoch == record->epoch) {
        status = store_pg_save(store, &mode, &write, change);
        if (status == SVC_OK && change->profile != NULL) {
            store_profile_put(store, record->key, change->profile);
        }
    }
    if (status == SVC_OK && ret_expires_ms != NULL) {
        *ret_expires_ms = expires_ms;
    }
    return status == SVC_OK ? SVC_OK : SVC_CONFLICT;
}

static enum svc_status touch_redis(struct store *store, const struct store_mode *mode,
    const struct store_record *record, int64_t ttl_ms, int64_t *ret_expires_ms)
{
    struct store_stamp stamp;
    enum store_redis_outcome outcome =
        store_redis_touch(store, mode, record, ttl_ms, &stamp);

    near_invalidate(store->near, record->key);
    if (outcome == STORE_REDIS_GONE || outcome == STORE_REDIS_COLD) {
        store_mode_suspect(store);
    }
    if (outcome != STORE_REDIS_OK) {
        store_base_put_session(store, record->key, (struct svc_slice){0}, 0);
        return SVC_CONFLICT;
    }
    *ret_expires_ms = stamp.now_ms + ttl_ms;
    store_base_put_session(store, record->key, record->session, *ret_expires_ms);
    struct store_queued queued = {
        .key = record->key,
        .session = record->session,
        .session_version = record->session_stored,
        .expires_ms = *ret_expires_ms,
        .touch = true,
        .mark_ms = stamp.mark_ms,
    };
    if (store->queue != NULL) {
        store_queue_put(store->queue, &queued);
    }
    return SVC_OK;
}

enum svc_status store_touch(struct store *store, const struct store_record *record,
    int64_t ttl_ms, int64_t *ret_expires_ms)
{
    struct store_mode mode;
    enum svc_status status = SVC_CONFLICT;

    atomic_fetch_add(&store->saving, 1);
    store_mode_get(store, &mode);
    bool holds = mode.epoch == record->epoch && !is_too_late(store, &mode);
    if (holds && mode.name == STORE_MODE_REDIS) {
        status = touch_redis(store, &mode, record, ttl_ms, ret_expires_ms);
    }
    atomic_fetch_sub(&store->saving, 1);
    if (holds && mode.name == STORE_MODE_POSTGRES) {
        *ret_expires_ms = record->now_ms + ttl_ms;
        status = store_pg_touch(store, record, *ret_expires_ms);
    }
    return status == SVC_OK ? SVC_OK : SVC_CONFLICT;
}

int64_t store_standard_ttl_s(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    int64_t ttl_s = store->standard_ttl_s;
    pthread_mutex_unlock(&store->lock);
    return ttl_s;
}

void store_state_get(struct store *store, struct store_state *ret_state)
{
    struct store_queue_state waiting = {0};

    if (store->queue != NULL) {
        store_queue_state_get(store->queue, &waiting);
    }
    pthread_mutex_lock(&store->lock);
    *ret_state = (struct store_state){
        .mode = store->mode.name,
        .epoch = store->mode.epoch,
        .flag = store->flag,
        .redis_up = store->redis_up,
        .postgres_up = store->pg_up,
    };
    pthread_mutex_unlock(&store->lock);
    ret_state->waiting = waiting.waiting;
    ret_state->flushed_total = waiting.flushed_total;
    ret_state->swept_total = store->marks != NULL ? store_marks_swept(store->marks) : 0;
    ret_state->dropped_total = waiting.dropped_total;
    ret_state->flush_lag_ms_max = waiting.lag_ms_max;
    ret_state->near_live = near_is_live(store->near);
    ret_state->near_count = (int64_t)near_count(store->near);
}
