/* The marks of what is in Redis and not yet in PostgreSQL. */
#include "store_private.h"

#include <svc/redis.h>

#define SWEEP_MAX "200"
#define UNMARK_MAX ((size_t)500)

/* KEYS: the marks. ARGV: pairs of customer and mark. */
static const struct svc_redis_script unmark_script = {
    .source = "for i = 1, #ARGV, 2 do\n"
              "  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[i + 1] then\n"
              "    redis.call('ZREM', KEYS[1], ARGV[i])\n"
              "  end\n"
              "end\n"
              "return 1\n",
};

/* KEYS: the marks. ARGV: age in milliseconds. Pairs of customer and mark. */
static const struct svc_redis_script overdue_script = {
    .source = "local t = redis.call('TIME')\n"
              "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
              "return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1],\n"
              "  'WITHSCORES', 'LIMIT', 0, " SWEEP_MAX ")\n",
};

static struct svc_slice number(int64_t value, char text[24])
{
    return (struct svc_slice){text, svc_text_put_int64(text, value)};
}

void store_redis_unmark(struct store *store, const struct store_mark *marks, size_t count)
{
    enum { PAIRS = 6 };
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_redis_error error;

    for (size_t i = 0; i < count && i < UNMARK_MAX * PAIRS; i += PAIRS) {
        struct svc_slice arguments[1 + 2 * PAIRS] = {SVC_SLICE(STORE_DIRTY_KEY)};
        char texts[PAIRS][24];
        size_t used = 1;
        for (size_t at = 0; at < PAIRS && i + at < count; at++) {
            arguments[used++] = marks[i + at].key;
            arguments[used++] = number(marks[i + at].mark_ms, texts[at]);
        }
        svc_redis_batch_add_script(batch, &unmark_script, 1, used, arguments);
    }
    /* What stays marked is swept once more, which changes nothing. */
    enum svc_status status = svc_redis_run(store->redis, batch, &error);
    (void)status;
}

static bool queue_swept(
    struct store *store, struct svc_arena *arena, struct svc_slice key, int64_t mark_ms)
{
    struct store_mode mode;
    struct store_record record = {.key = key, .turn_stored = -1};

    store_mode_get(store, &mode);
    if (mode.name != STORE_MODE_REDIS ||
        store_redis_load(store, &mode, arena, &record) != STORE_REDIS_OK) {
        return false;
    }
    if (record.head.form != SESSION_NONE && record.head.epoch == 0) {
        record.session = (struct svc_slice){0};
    }
    struct store_queued queued = {
        .key = key,
        .session = record.session,
        .session_version = record.head.version,
        .expires_ms = record.expires_ms,
        .touch = true,
        .turn = record.turn,
        .turn_version = record.turn_stored,
        .mark_ms = mark_ms,
    };
    store_queue_put(store->queue, &queued);
    return true;
}

size_t store_redis_sweep(struct store *store, int64_t age_ms)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char text[24];
    const struct svc_slice arguments[] = {
        SVC_SLICE(STORE_DIRTY_KEY), number(age_ms, text)};
    struct svc_arena arena = {0};
    struct svc_redis_error error;
    size_t swept = 0;

    svc_redis_batch_add_script(batch, &overdue_script, 1, 2, arguments);
    if (svc_redis_run(store->redis, batch, &error) != SVC_OK) {
        return 0;
    }
    const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, 0);
    for (size_t i = 0; i + 1 < svc_redis_reply_count(reply); i += 2) {
        struct svc_slice key = svc_redis_reply_text(svc_redis_reply_at(reply, i));
        int64_t mark_ms = 0;
        if (svc_text_to_int64(
                svc_redis_reply_text(svc_redis_reply_at(reply, i + 1)), &mark_ms) &&
            queue_swept(store, &arena, key, mark_ms)) {
            swept++;
        }
        svc_arena_reset(&arena);
    }
    svc_arena_done(&arena);
    return swept;
}
