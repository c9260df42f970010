/* What this process saved last of a customer, to make the next write from without reading
 * first. It may be outdated: then the save is refused, and brings along what there is. */
#include "store_private.h"

#include <svc/clock.h>

#include <string.h>

#define BASE_TTL_MS 600000
/* So long a command may lie in a connection before Redis gets to it. */
#define DOUBT_TTL_MS 10000

enum { BASE_KEY_SIZE = SESSION_KEY_MAX + 2 };

static struct svc_slice base_key(
    char kind, struct svc_slice key, char text[BASE_KEY_SIZE])
{
    size_t length = key.length < SESSION_KEY_MAX ? key.length : SESSION_KEY_MAX;

    text[0] = kind;
    memcpy(text + 1, key.text, length);
    return (struct svc_slice){text, length + 1};
}

static void put(struct store *store, struct svc_slice key, struct svc_slice text)
{
    near_put(store->bases, near_ticket(store->bases, key), key, text,
        svc_clock_monotonic_ms() + BASE_TTL_MS);
}

/* The session's end stands before its text. */
void store_base_put_session(
    struct store *store, struct svc_slice key, struct svc_slice text, int64_t expires_ms)
{
    char key_text[BASE_KEY_SIZE];
    struct svc_slice at = base_key('s', key, key_text);
    struct svc_buf out;

    if (text.text == NULL) {
        near_invalidate(store->bases, at);
        return;
    }
    svc_buf_init(&out, text.length + sizeof expires_ms);
    svc_buf_add(&out, &expires_ms, sizeof expires_ms);
    svc_buf_add(&out, text.text, text.length);
    put(store, at, (struct svc_slice){out.bytes, out.length});
    svc_buf_done(&out);
}

void store_base_put_turn(struct store *store, struct svc_slice key, struct svc_slice text)
{
    char key_text[BASE_KEY_SIZE];
    struct svc_slice at = base_key('t', key, key_text);

    if (text.text == NULL) {
        near_invalidate(store->bases, at);
    } else {
        put(store, at, text);
    }
}

static bool get_session(
    struct store *store, struct svc_arena *arena, struct store_record *record)
{
    char key_text[BASE_KEY_SIZE];
    struct near_text found;

    if (!near_get(store->bases, arena, base_key('s', record->key, key_text),
            svc_clock_monotonic_ms(), &found)) {
        return false;
    }
    memcpy(&record->expires_ms, found.text.text, sizeof record->expires_ms);
    record->session = (struct svc_slice){
        found.text.text + sizeof record->expires_ms,
        found.text.length - sizeof record->expires_ms,
    };
    session_head_read(record->session, &record->head);
    record->session_stored = record->head.version;
    record->session_known = record->head.version;
    /* Where an identity leads is asked for each time. */
    return record->head.epoch == record->epoch && record->head.form != SESSION_MOVED &&
           record->expires_ms > record->now_ms;
}

static bool get_turn(
    struct store *store, struct svc_arena *arena, struct store_record *record)
{
    char key_text[BASE_KEY_SIZE];
    struct near_text found;

    if (!near_get(store->bases, arena, base_key('t', record->key, key_text),
            svc_clock_monotonic_ms(), &found)) {
        return false;
    }
    record->turn = found.text;
    record->turn_stored = store_turn_version(found.text);
    record->turn_known = record->turn_stored;
    return !store_turn_is_old(record);
}

bool store_base_get(struct store *store, struct svc_arena *arena,
    const struct store_mode *mode, bool with_turn, struct store_record *record)
{
    struct svc_slice key = record->key;

    if (mode->name != STORE_MODE_REDIS || mode->degraded) {
        return false;
    }
    record->source = STORE_REDIS;
    record->epoch = mode->epoch;
    record->now_ms = store_clock(store);
    record->base = true;
    if (record->now_ms > 0 && get_session(store, arena, record) &&
        (!with_turn || get_turn(store, arena, record))) {
        return true;
    }
    *record = (struct store_record){.key = key};
    return false;
}

void store_doubt_put(struct store *store, struct svc_slice key)
{
    near_put(store->doubts, near_ticket(store->doubts, key), key, SVC_SLICE(""),
        svc_clock_monotonic_ms() + DOUBT_TTL_MS);
}

bool store_doubt_end(
    struct store *store, const struct store_mode *mode, struct svc_slice key)
{
    struct svc_arena arena = {0};
    struct near_text found;
    struct store_record record = {.key = key, .turn_stored = -1};
    bool fine = true;

    if (near_count(store->doubts) == 0 || store->queue == NULL ||
        !near_get(store->doubts, &arena, key, svc_clock_monotonic_ms(), &found)) {
        return true;
    }
    atomic_fetch_add(&store->saving, 1);
    fine = store_redis_load(store, mode, &arena, &record) == STORE_REDIS_OK;
    if (fine && record.head.epoch == mode->epoch) {
        struct store_queued queued = {
            .key = key,
            .session = record.session,
            .session_version = record.head.version,
            .expires_ms = record.expires_ms,
            .turn = record.turn,
            .turn_version = record.turn_stored,
        };
        store_queue_put(store->queue, &queued);
    }
    atomic_fetch_sub(&store->saving, 1);
    svc_arena_done(&arena);
    return fine;
}

/* Redis's clock, as it was told last; good to the time that an answer takes. */
void store_clock_set(struct store *store, int64_t now_ms)
{
    atomic_store_explicit(
        &store->clock_ahead_ms, now_ms - svc_clock_monotonic_ms(), memory_order_relaxed);
}

int64_t store_clock(struct store *store)
{
    int64_t ahead_ms = atomic_load_explicit(&store->clock_ahead_ms, memory_order_relaxed);

    return ahead_ms != 0 ? svc_clock_monotonic_ms() + ahead_ms : 0;
}
