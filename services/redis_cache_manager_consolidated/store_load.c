/* Reading: from the store that holds, and from PostgreSQL where Redis has nothing, or
 * something of an older epoch. */
#include "store_private.h"

#include <svc/clock.h>
#include <svc/redis.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALIAS_HOPS_MAX 4

static void rest(void)
{
    static const struct timespec step = {.tv_nsec = STORE_RETRY_MS * 1000000};

    nanosleep(&step, NULL);
}

/* Whether PostgreSQL's session is the newer one. A script of others, and the MVP, write
 * without counting: then the time decides. */
static bool is_newer(const struct store_record *pg, const struct store_record *redis,
    struct svc_arena *arena)
{
    struct session theirs;
    struct session ours;

    if (pg->row_epoch > redis->head.epoch && redis->head.epoch > 0) {
        return true; /* written while Redis was closed */
    }
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

static int64_t turn_epoch(struct svc_slice text)
{
    static const char name[] = ",\"epoch\":";
    size_t window = text.length < 80 ? text.length : 80;
    const char *at =
        text.text != NULL ? memmem(text.text, window, name, sizeof name - 1) : NULL;

    return at != NULL ? strtoll(at + sizeof name - 1, NULL, 10) : 0;
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
    struct store_stamp stamp;

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
    enum store_redis_outcome outcome = store_redis_save(store, mode, &write, &stamp);
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

    bool asked = store->pg != NULL && store_pg_load(store, NULL, arena, &pg) == SVC_OK;
    if (!asked && store->pg != NULL && !mode->degraded) {
        return STORE_REDIS_GONE; /* it's there, and has only failed this once */
    }
    if (!asked) {
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
    if (pg.turn_stored > record->turn_stored ||
        (pg.turn_stored > 0 && pg.turn_epoch > turn_epoch(record->turn))) {
        record->turn = pg.turn;
        record->turn_known = pg.turn_stored;
    }
    return fill(store, mode, arena, record, with_turn);
}

bool store_turn_is_old(const struct store_record *record)
{
    return record->turn.text == NULL || turn_epoch(record->turn) != record->epoch;
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
    if (!store_doubt_end(store, mode, record->key)) {
        return STORE_REDIS_GONE;
    }
    record->session_known = record->session_stored;
    record->turn_known = record->turn_stored;
    bool old_session =
        record->session.text == NULL || record->head.epoch != record->epoch;
    if (old_session || (with_turn && store_turn_is_old(record))) {
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
        if (!mode.serves) {
            return SVC_CONFLICT;
        }
        enum svc_status status = store_pg_load(store, &mode, arena, record);
        if (status == SVC_CONFLICT) {
            store_mode_suspect(store);
        }
        return status == SVC_OK ? SVC_OK : SVC_CONFLICT;
    }
    /* A single Redis says itself when its epoch is closed. */
    if (mode.name == STORE_MODE_UNKNOWN ||
        (mode.late && svc_redis_is_cluster(store->redis))) {
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
    struct store_mode mode;
    struct near_text text;
    int64_t now_ms = svc_clock_monotonic_ms();

    if (!near_get(store->near, arena, record->key, now_ms, &text)) {
        return false;
    }
    session_head_read(text.text, &record->head);
    store_mode_get(store, &mode);
    if (mode.name != STORE_MODE_REDIS || mode.epoch != record->head.epoch || mode.late) {
        return false;
    }
    record->source = STORE_MEMORY;
    record->session = text.text;
    record->degraded = mode.degraded;
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
    if ((what & STORE_BASE) != 0) {
        struct store_mode mode;
        store_mode_get(store, &mode);
        if (store_base_get(store, arena, &mode, (what & STORE_WITH_TURN) != 0, record)) {
            return SVC_OK;
        }
    }
    uint64_t ticket = near_ticket(store->near, key);
    while (load_once(store, arena, what, record) != SVC_OK) {
        struct store_mode mode;
        store_mode_get(store, &mode);
        if (mode.hopeless || svc_clock_monotonic_ms() > deadline_ms) {
            return SVC_UNAVAILABLE;
        }
        rest();
        *record = (struct store_record){.key = key};
    }
    keep_near(store, ticket, record);
    return SVC_OK;
}

enum svc_status store_load(struct store *store, struct svc_arena *arena,
    struct svc_slice key, unsigned what, struct store_record *ret_record)
{
    enum svc_status status = SVC_OK;

    *ret_record = (struct store_record){.key = key};
    for (int hop = 0; hop < ALIAS_HOPS_MAX; hop++) {
        status = load_patiently(store, arena, what, ret_record);
        if (status != SVC_OK || ret_record->head.form != SESSION_MOVED ||
            (what & STORE_AS_IT_LIES) != 0) {
            break;
        }
        *ret_record = (struct store_record){.key = ret_record->head.moved_to};
    }
    if (status == SVC_OK && (what & STORE_WITH_CUSTOMER) != 0) {
        store_customer_load(store, arena, ret_record);
    }
    return status;
}
