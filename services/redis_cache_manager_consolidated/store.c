#include "store_private.h"

#include <svc/clock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUSTOMERS_KEPT ((size_t)16384)
#define CUSTOMER_TTL_MS 60000
#define ALIAS_HOPS_MAX 4

struct store *store_new(
    struct svc_redis *redis, struct svc_pg *pg, const struct store_settings *settings)
{
    struct store *store = svc_alloc_zero(1, sizeof *store);
    pthread_condattr_t attributes;

    store->redis = redis;
    store->pg = pg;
    store->settings = *settings;
    store->standard_ttl_s = settings->standard_ttl_s;
    store->flag = true;
    store->near = near_new((size_t)settings->near_size, (size_t)64 * 1024);
    store->customers = near_new(CUSTOMERS_KEPT, 1024);
    near_set_live(store->customers, true);
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pg != NULL) {
        store->queue = store_queue_new(store);
    }
    store_mode_start(store);
    return store;
}

void store_free(struct store **store_pointer)
{
    struct store *store = *store_pointer;

    *store_pointer = NULL;
    if (store == NULL) {
        return;
    }
    store_queue_free(&store->queue);
    store_mode_stop(store);
    near_free(&store->near);
    near_free(&store->customers);
    pthread_cond_destroy(&store->wake);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

static void rest(void)
{
    static const struct timespec step = {.tv_nsec = STORE_RETRY_MS * 1000000};

    nanosleep(&step, NULL);
}

/* --- reading */

/* Whether PostgreSQL's session is the newer one. A script of others, and the MVP, write
 * without counting: then the time decides. */
static bool is_newer(const struct store_record *pg, const struct store_record *redis,
    struct svc_arena *arena)
{
    struct session theirs;
    struct session ours;

    if (pg->session_stored != redis->session_stored) {
        return pg->session_stored > redis->session_stored;
    }
    if (pg->head.form == SESSION_NONE) {
        return false; /* over there, but longer lived in Redis */
    }
    if (redis->head.epoch > 0 || pg->head.form != SESSION_LIVE) {
        return true;
    }
    if (!session_read(arena, pg->session, &theirs) ||
        !session_read(arena, redis->session, &ours)) {
        return true;
    }
    /* Both in the form 2026-11-24T18:00:00.000Z, which sorts as text. */
    return ours.last_activity.length != theirs.last_activity.length ||
           memcmp(theirs.last_activity.text, ours.last_activity.text,
               ours.last_activity.length) > 0;
}

/* The same document, with the head of this epoch. */
static bool renew_head(struct svc_arena *arena, struct store_record *record)
{
    struct svc_buf out;
    struct session session = {.head = record->head};

    if (record->head.form == SESSION_LIVE &&
        !session_read(arena, record->session, &session)) {
        return false;
    }
    session.head.epoch = record->epoch;
    if (session.head.created_ms == 0) {
        session.head.created_ms = record->now_ms;
    }
    svc_buf_init(&out, (size_t)4 * 1024 * 1024);
    if (record->head.form == SESSION_LIVE) {
        session_write(&session, &out);
    } else {
        session_write_remains(&session.head, &out);
    }
    record->session =
        (struct svc_slice){svc_arena_strndup(arena, out.bytes, out.length), out.length};
    svc_buf_done(&out);
    session_head_read(record->session, &record->head);
    return true;
}

/* Puts the newer of two sessions into RECORD, which is as Redis has it. */
static void choose_session(
    struct svc_arena *arena, struct store_record *record, const struct store_record *pg)
{
    bool alive = pg->session.text != NULL;

    record->session_known = record->session_stored > pg->session_known
                                ? record->session_stored
                                : pg->session_known;
    if (record->session.text != NULL && record->head.epoch == record->epoch) {
        return;
    }
    if (record->session.text == NULL ||
        (pg->session_stored > 0 && is_newer(pg, record, arena))) {
        record->session = alive ? pg->session : (struct svc_slice){0};
        record->head = pg->head;
        record->expires_ms = pg->expires_ms;
        record->source = STORE_POSTGRES;
    }
}

/* The version of what is chosen goes into Redis, so that it's what a save compares with.
 */
static enum store_redis_outcome fill(struct store *store, const struct store_mode *mode,
    struct svc_arena *arena, struct store_record *record, bool with_turn)
{
    int64_t left_ms = record->expires_ms - record->now_ms;
    struct store_write write = {.record = record, .clean = true};
    int64_t now_ms = 0;

    if (record->session.text != NULL && record->head.epoch != record->epoch) {
        if (renew_head(arena, record)) {
            write.session = record->session;
            write.ttl_ms = left_ms > 1 ? left_ms : 1;
        } else {
            /* Whatever lies there is no session; the next write takes its place. */
            record->session = (struct svc_slice){0};
            record->head = (struct session_head){0};
        }
    }
    if (with_turn && record->turn.text != NULL &&
        record->turn_stored != record->turn_known) {
        write.turn = record->turn;
    }
    if (write.session.text == NULL && write.turn.text == NULL) {
        return STORE_REDIS_OK;
    }
    enum store_redis_outcome outcome = store_redis_save(store, mode, &write, &now_ms);
    if (outcome == STORE_REDIS_OK && write.session.text != NULL) {
        record->session_stored = record->head.version;
    }
    if (outcome == STORE_REDIS_OK && write.turn.text != NULL) {
        record->turn_stored = record->turn_known;
    }
    return outcome;
}

/* Redis has nothing, or something of an older epoch: PostgreSQL is asked once. */
static enum store_redis_outcome ask_pg(struct store *store, const struct store_mode *mode,
    struct svc_arena *arena, struct store_record *record, bool with_turn)
{
    struct store_record pg = {.key = record->key, .epoch = 0};

    if (store->pg == NULL || store_pg_load(store, NULL, arena, &pg) != SVC_OK) {
        record->degraded = store->pg != NULL;
        /* So that what begins now is newer than whatever PostgreSQL holds. */
        record->session_known = record->session_stored > 0 ? record->session_stored
                                : store->pg != NULL        ? record->now_ms
                                                           : 0;
        record->turn_known = record->turn_stored > 0 ? record->turn_stored
                             : store->pg != NULL     ? record->now_ms
                                                     : 0;
        return record->session.text != NULL ? fill(store, mode, arena, record, false)
                                            : STORE_REDIS_OK;
    }
    record->customer = pg.customer;
    record->new_id = pg.new_id;
    choose_session(arena, record, &pg);
    record->turn_known = record->turn_stored;
    if (pg.turn_stored > record->turn_stored) {
        record->turn = pg.turn;
        record->turn_known = pg.turn_stored;
    }
    return fill(store, mode, arena, record, with_turn);
}

static bool turn_is_old(const struct store_record *record)
{
    char epoch[48];
    int length =
        snprintf(epoch, sizeof epoch, ",\"epoch\":%lld,", (long long)record->epoch);
    size_t window = record->turn.length < 80 ? record->turn.length : 80;

    return record->turn.text == NULL ||
           memmem(record->turn.text, window, epoch, (size_t)length) == NULL;
}

static enum store_redis_outcome load_redis(struct store *store,
    const struct store_mode *mode, struct svc_arena *arena, unsigned what,
    struct store_record *record)
{
    bool with_turn = (what & STORE_WITH_TURN) != 0;

    record->epoch = mode->epoch;
    record->source = STORE_REDIS;
    record->turn_stored = with_turn ? -1 : 0;
    enum store_redis_outcome outcome = store_redis_load(store, mode, arena, record);
    if (outcome != STORE_REDIS_OK) {
        return outcome;
    }
    record->session_known = record->session_stored;
    record->turn_known = record->turn_stored;
    bool old_session =
        record->session.text == NULL || record->head.epoch != record->epoch;
    if (old_session || (with_turn && turn_is_old(record))) {
        return ask_pg(store, mode, arena, record, with_turn);
    }
    return STORE_REDIS_OK;
}

/* OK, or CONFLICT: to be tried again under the mode that holds by then. */
static enum svc_status load_once(struct store *store, struct svc_arena *arena,
    unsigned what, struct store_record *record)
{
    struct store_mode mode;

    store_mode_get(store, &mode);
    record->degraded = mode.degraded;
    if (mode.name == STORE_MODE_POSTGRES) {
        if (svc_clock_monotonic_ms() < mode.serve_from_ms) {
            return SVC_CONFLICT;
        }
        enum svc_status status = store_pg_load(store, &mode, arena, record);
        if (status == SVC_CONFLICT) {
            store_mode_suspect(store);
        }
        return status == SVC_OK ? SVC_OK : SVC_CONFLICT;
    }
    if (mode.name == STORE_MODE_UNKNOWN) {
        return SVC_CONFLICT;
    }
    enum store_redis_outcome outcome = load_redis(store, &mode, arena, what, record);
    if (outcome == STORE_REDIS_COLD || outcome == STORE_REDIS_GONE) {
        store_mode_suspect(store);
    }
    return outcome == STORE_REDIS_OK ? SVC_OK : SVC_CONFLICT;
}

static bool load_near(
    struct store *store, struct svc_arena *arena, struct store_record *record)
{
    struct near_text text;
    int64_t now_ms = svc_clock_monotonic_ms();

    if (!near_get(store->near, arena, record->key, now_ms, &text)) {
        return false;
    }
    record->source = STORE_MEMORY;
    record->session = text.text;
    session_head_read(text.text, &record->head);
    record->epoch = record->head.epoch;
    record->session_stored = record->head.version;
    record->session_known = record->head.version;
    record->now_ms = svc_clock_unix_ms();
    record->expires_ms = record->now_ms + text.expires_ms - now_ms;
    return true;
}

static void keep_near(
    struct store *store, uint64_t ticket, const struct store_record *record)
{
    if (record->source == STORE_REDIS && record->head.form == SESSION_LIVE) {
        near_put(store->near, ticket, record->key, record->session,
            svc_clock_monotonic_ms() + record->expires_ms - record->now_ms);
    }
}

static enum svc_status load_patiently(struct store *store, struct svc_arena *arena,
    unsigned what, struct store_record *record)
{
    int64_t deadline_ms = svc_clock_monotonic_ms() + STORE_PATIENCE_MS;
    struct svc_slice key = record->key;

    if ((what & STORE_FROM_NEAR) != 0 && load_near(store, arena, record)) {
        return SVC_OK;
    }
    uint64_t ticket = near_ticket(store->near, key);
    while (load_once(store, arena, what, record) != SVC_OK) {
        if (svc_clock_monotonic_ms() > deadline_ms) {
            return SVC_UNAVAILABLE;
        }
        rest();
        *record = (struct store_record){.key = key};
    }
    keep_near(store, ticket, record);
    return SVC_OK;
}

/* --- the customer's row */

/* name, NUL, tier, NUL, orders; empty: no such customer. */
static void keep_customer(
    struct store *store, struct svc_slice key, const struct store_customer *customer)
{
    struct svc_buf out;

    svc_buf_init(&out, 1024);
    if (customer->known) {
        svc_buf_add(&out, customer->name.text != NULL ? customer->name.text : "",
            customer->name.length);
        svc_buf_add_char(&out, '\0');
        svc_buf_add(&out, customer->tier.text != NULL ? customer->tier.text : "",
            customer->tier.length);
        svc_buf_printf(&out, "%c%lld", '\0', (long long)customer->total_orders);
    }
    near_put(store->customers, near_ticket(store->customers, key), key,
        (struct svc_slice){svc_buf_text(&out), out.length},
        svc_clock_monotonic_ms() + CUSTOMER_TTL_MS);
    svc_buf_done(&out);
}

static void read_kept(struct svc_slice text, struct store_customer *ret_customer)
{
    *ret_customer = (struct store_customer){0};
    if (text.length == 0) {
        return;
    }
    const char *tier = text.text + strlen(text.text) + 1;
    const char *orders = tier + strlen(tier) + 1;
    ret_customer->known = true;
    ret_customer->name = (struct svc_slice){text.text, strlen(text.text)};
    if (ret_customer->name.length == 0) {
        ret_customer->name.text = NULL;
    }
    ret_customer->tier = (struct svc_slice){tier, strlen(tier)};
    if (!svc_text_to_int64(
            (struct svc_slice){orders, strlen(orders)}, &ret_customer->total_orders)) {
        ret_customer->total_orders = 0;
    }
}

/* Where PostgreSQL doesn't answer, the customer is as the session has it. */
static void load_customer(
    struct store *store, struct svc_arena *arena, struct store_record *record)
{
    struct near_text kept;

    if (store->pg == NULL || record->new_id.text != NULL) {
        if (record->new_id.text != NULL) {
            keep_customer(store, record->key, &record->customer);
        }
        return;
    }
    if (near_get(store->customers, arena, record->key, svc_clock_monotonic_ms(), &kept)) {
        read_kept(kept.text, &record->customer);
        return;
    }
    pthread_mutex_lock(&store->lock);
    bool up = store->pg_up;
    pthread_mutex_unlock(&store->lock);
    if (up && store_pg_customer(store, arena, record->key, &record->customer) == SVC_OK) {
        keep_customer(store, record->key, &record->customer);
    }
}

enum svc_status store_load(struct store *store, struct svc_arena *arena,
    struct svc_slice key, unsigned what, struct store_record *ret_record)
{
    enum svc_status status = SVC_OK;

    *ret_record = (struct store_record){.key = key};
    for (int hop = 0; hop < ALIAS_HOPS_MAX; hop++) {
        status = load_patiently(store, arena, what, ret_record);
        if (status != SVC_OK || ret_record->head.form != SESSION_MOVED) {
            break;
        }
        *ret_record = (struct store_record){.key = ret_record->head.moved_to};
    }
    if (status == SVC_OK && (what & STORE_WITH_CUSTOMER) != 0) {
        load_customer(store, arena, ret_record);
    }
    return status;
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

static enum svc_status save_redis(struct store *store, const struct store_mode *mode,
    const struct store_write *write, const struct store_change *change,
    int64_t *ret_expires_ms)
{
    int64_t now_ms = 0;
    enum store_redis_outcome outcome = store_redis_save(store, mode, write, &now_ms);

    if (change->session.text != NULL) {
        near_invalidate(store->near, write->record->key);
    }
    if (outcome == STORE_REDIS_OK) {
        *ret_expires_ms = now_ms + write->ttl_ms;
        queue(store, write->record, change, *ret_expires_ms, now_ms);
        return SVC_OK;
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

enum svc_status store_save(struct store *store, const struct store_record *record,
    const struct store_change *change, int64_t *ret_expires_ms)
{
    struct store_mode mode;
    int64_t expires_ms = 0;
    struct store_write write = {
        .record = record,
        .session = change->session,
        .ttl_ms = change->ttl_ms,
        .turn = change->turn,
    };
    enum svc_status status = SVC_CONFLICT;

    store_mode_get(store, &mode);
    if (mode.epoch != record->epoch) {
        return SVC_CONFLICT;
    }
    if (mode.name == STORE_MODE_REDIS) {
        status = save_redis(store, &mode, &write, change, &expires_ms);
    } else if (mode.name == STORE_MODE_POSTGRES) {
        expires_ms = record->now_ms + change->ttl_ms;
        status = store_pg_save(store, &mode, &write, change);
        if (status == SVC_OK && change->profile != NULL) {
            store_profile_put(store, record->key, change->profile);
        }
        status = status == SVC_OK ? SVC_OK : SVC_CONFLICT;
    }
    if (status == SVC_OK && ret_expires_ms != NULL) {
        *ret_expires_ms = expires_ms;
    }
    return status;
}

enum svc_status store_touch(struct store *store, const struct store_record *record,
    int64_t ttl_ms, int64_t *ret_expires_ms)
{
    struct store_mode mode;
    int64_t now_ms = 0;

    store_mode_get(store, &mode);
    if (mode.epoch != record->epoch) {
        return SVC_CONFLICT;
    }
    if (mode.name == STORE_MODE_POSTGRES) {
        *ret_expires_ms = record->now_ms + ttl_ms;
        enum svc_status status = store_pg_touch(store, record, *ret_expires_ms);
        return status == SVC_OK ? SVC_OK : SVC_CONFLICT;
    }
    enum store_redis_outcome outcome =
        store_redis_touch(store, &mode, record, ttl_ms, &now_ms);
    near_invalidate(store->near, record->key);
    if (outcome == STORE_REDIS_GONE || outcome == STORE_REDIS_COLD) {
        store_mode_suspect(store);
    }
    if (outcome != STORE_REDIS_OK) {
        return SVC_CONFLICT;
    }
    *ret_expires_ms = now_ms + ttl_ms;
    struct store_change change = {
        .session = record->session, .session_version = record->session_stored};
    queue(store, record, &change, *ret_expires_ms, now_ms);
    return SVC_OK;
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
    ret_state->swept_total = waiting.swept_total;
    ret_state->dropped_total = waiting.dropped_total;
    ret_state->flush_lag_ms_max = waiting.lag_ms_max;
    ret_state->near_live = near_is_live(store->near);
    ret_state->near_count = (int64_t)near_count(store->near);
}
