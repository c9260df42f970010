/* The marks of what is in Redis and not yet in PostgreSQL. */
#include "store_private.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/redis.h>

#include <stdlib.h>
#include <string.h>

#define SWEEP_EVERY_MS 1000
/* Further ones stay marked, and are swept once more, which changes nothing. */
#define MARKS_MAX ((size_t)20000)

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

static void unmark(struct store *store, const struct store_mark *marks, size_t count)
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

static size_t sweep(struct store *store, int64_t age_ms)
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

struct store_marks {
    struct store *store;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_mark *list; /* whose keys are `keys` */
    char **keys;
    size_t count;
    int64_t swept_total;
    bool ended;
    pthread_t thread;
};

static void take_away(struct store_marks *marks)
{
    pthread_mutex_lock(&marks->lock);
    struct store_mark *list = marks->list;
    char **keys = marks->keys;
    size_t count = marks->count;
    marks->list = NULL;
    marks->keys = NULL;
    marks->count = 0;
    pthread_mutex_unlock(&marks->lock);
    for (size_t done = 0; done < count; done += UNMARK_MAX) {
        unmark(marks->store, list + done,
            count - done < UNMARK_MAX ? count - done : UNMARK_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        free(keys[i]);
    }
    free((void *)keys);
    free(list);
}

static void take_up(struct store_marks *marks)
{
    struct store *store = marks->store;
    struct store_mode mode;

    store_mode_get(store, &mode);
    if (mode.name != STORE_MODE_REDIS || mode.degraded) {
        return;
    }
    size_t swept = sweep(store, store->settings.sweep_after_ms);
    pthread_mutex_lock(&marks->lock);
    marks->swept_total += (int64_t)swept;
    pthread_mutex_unlock(&marks->lock);
}

/* With the lock held. */
static void wait_a_while(struct store_marks *marks)
{
    int64_t until_ns = svc_condition_until_ns(1000);

    while (!marks->ended && marks->count == 0 &&
           svc_condition_wait(&marks->wake, &marks->lock, until_ns)) {
    }
}

static void *tidy(void *argument)
{
    struct store_marks *marks = argument;
    int64_t swept_ms = svc_clock_monotonic_ms();
    bool ended = false;

    while (!ended) {
        pthread_mutex_lock(&marks->lock);
        wait_a_while(marks);
        ended = marks->ended;
        pthread_mutex_unlock(&marks->lock);
        take_away(marks);
        if (!ended && svc_clock_monotonic_ms() - swept_ms >= SWEEP_EVERY_MS) {
            take_up(marks);
            swept_ms = svc_clock_monotonic_ms();
        }
    }
    return NULL;
}

struct store_marks *store_marks_new(struct store *store)
{
    struct store_marks *marks = svc_alloc_zero(1, sizeof *marks);

    marks->store = store;
    pthread_mutex_init(&marks->lock, NULL);
    svc_condition_init(&marks->wake);
    if (pthread_create(&marks->thread, NULL, tidy, marks) != 0) {
        abort();
    }
    return marks;
}

void store_marks_free(struct store_marks **marks_pointer)
{
    struct store_marks *marks = *marks_pointer;

    *marks_pointer = NULL;
    if (marks == NULL) {
        return;
    }
    pthread_mutex_lock(&marks->lock);
    marks->ended = true;
    pthread_cond_signal(&marks->wake);
    pthread_mutex_unlock(&marks->lock);
    pthread_join(marks->thread, NULL);
    pthread_cond_destroy(&marks->wake);
    pthread_mutex_destroy(&marks->lock);
    free(marks);
}

void store_marks_put(
    struct store_marks *marks, const struct store_mark *list, size_t count)
{
    pthread_mutex_lock(&marks->lock);
    if (marks->count + count <= MARKS_MAX) {
        marks->list =
            svc_realloc(marks->list, (marks->count + count) * sizeof *marks->list);
        marks->keys = svc_realloc(
            (void *)marks->keys, (marks->count + count) * sizeof *marks->keys);
        for (size_t i = 0; i < count; i++) {
            char *key = svc_strndup(list[i].key.text, list[i].key.length);
            marks->keys[marks->count] = key;
            marks->list[marks->count++] =
                (struct store_mark){{key, list[i].key.length}, list[i].mark_ms};
        }
        pthread_cond_signal(&marks->wake);
    }
    pthread_mutex_unlock(&marks->lock);
}

int64_t store_marks_swept(struct store_marks *marks)
{
    pthread_mutex_lock(&marks->lock);
    int64_t swept_total = marks->swept_total;
    pthread_mutex_unlock(&marks->lock);
    return swept_total;
}
