#include "store_projector.h"

#include "aggregate.h"
#include "store_locks.h"
#include "store_projection.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS 60000
#define EVENTS_MAX 10000

struct projector {
    struct svc_pg *pg;
    int64_t tick_ms;
    struct deltas *deltas;
    struct labels *labels;
    int64_t own_seq; /* the cursor as this replica left it, and has the labels for; -1 */
    int64_t bound;   /* up to here nothing can come any more */
    bool was_down;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    bool stopping;
    struct projector_stats stats;
};

/* The cursor, read under its lock. */
struct cursor {
    int64_t seq;
    int64_t rebuild_from;  /* days since 1970: earlier ones stay as they are ... */
    int64_t rebuild_until; /* ... for events up to this seq */
};

/* The highest seq of the last batch that was begun. */
static const char last_seq[] =
    "SELECT CASE WHEN is_called THEN last_value * 8192 + 8191 ELSE 0 END "
    "FROM event_batches";

static enum svc_status read_bound(
    struct projector *projector, int64_t seq, struct svc_pg_error *error)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status =
        svc_pg_query(projector->pg, SVC_PG_PREPARED(last_seq), &rows, error);

    if (status != SVC_OK || svc_pg_get_int(rows, 0, 0, 0) <= seq) {
        return status;
    }
    svc_pg_result_free(&rows);
    status = svc_pg_begin(projector->pg, &tx, error);
    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_PREPARED("SELECT pg_advisory_xact_lock(" LOCK_INGEST ")"), NULL,
            error);
    }
    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx, SVC_PG_PREPARED(last_seq), &rows, error);
    }
    if (status == SVC_OK) {
        projector->bound = svc_pg_get_int(rows, 0, 0, 0);
        status = svc_pg_commit(&tx, error);
    }
    return status;
}

static enum svc_status read_cursor(struct svc_pg_tx *tx, bool *ret_taken,
    struct cursor *ret_cursor, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *locks = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = svc_pg_tx_query(tx,
        SVC_PG_PREPARED("SELECT pg_try_advisory_xact_lock(" LOCK_PROJECTOR ")"), &locks,
        error);

    *ret_taken = status == SVC_OK && svc_pg_get_bool(locks, 0, 0);
    if (!*ret_taken) {
        return status;
    }
    status = svc_pg_tx_query(tx,
        SVC_PG_PREPARED("SELECT seq, rebuild_from - date '1970-01-01', rebuild_until "
                        "FROM metrics_projector FOR UPDATE"),
        &rows, error);
    *ret_cursor = (struct cursor){
        svc_pg_get_int(rows, 0, 0, 0),
        svc_pg_get_int(rows, 0, 1, INT64_MIN),
        svc_pg_get_int(rows, 0, 2, 0),
    };
    return status;
}

/* The labels as they are stored, unless this replica stored them last. */
static enum svc_status refresh_labels(struct projector *projector, struct svc_pg_tx *tx,
    int64_t seq, struct svc_pg_error *error)
{
    if (projector->own_seq == seq) {
        return SVC_OK;
    }
    labels_free(&projector->labels);
    projector->labels = labels_new();
    projector->own_seq = -1;
    return projection_load_labels(tx, projector->labels, error);
}

static enum svc_status read_events(struct projector *projector, struct svc_pg_tx *tx,
    int64_t seq, struct svc_pg_result **ret_rows, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *zone = NULL;
    enum svc_status status =
        svc_pg_tx_query(tx, SVC_PG_PREPARED("SELECT metrics_zone()"), &zone, error);

    if (status != SVC_OK) {
        return status;
    }
    return svc_pg_tx_query(tx,
        SVC_PG_PREPARED("SELECT seq, type, customer_key, data, path = 'mvp', "
                        "(extract(epoch FROM occurred_at) * 1000)::bigint, "
                        "(occurred_at AT TIME ZONE $3)::date - date '1970-01-01', "
                        "(extract(epoch FROM received_at) * 1000)::bigint "
                        "FROM events WHERE seq > $1 AND seq <= $2 "
                        "ORDER BY seq LIMIT 10000",
            svc_pg_int(seq), svc_pg_int(projector->bound),
            svc_pg_slice(svc_pg_get(zone, 0, 0))),
        ret_rows, error);
}

static void count_events(struct projector *projector, const struct svc_pg_result *rows,
    const struct cursor *cursor)
{
    struct svc_arena arena = {0};

    deltas_clear(projector->deltas);
    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        const struct logged_event event = {
            .type = svc_pg_get(rows, row, 1),
            .customer_key = svc_pg_get(rows, row, 2),
            .data = svc_pg_get(rows, row, 3),
            .mvp = svc_pg_get_bool(rows, row, 4),
            .occurred_ms = svc_pg_get_int(rows, row, 5, 0),
            .day = svc_pg_get_int(rows, row, 6, 0),
        };
        bool stays = event.day < cursor->rebuild_from &&
                     svc_pg_get_int(rows, row, 0, 0) <= cursor->rebuild_until;
        if (!stays) {
            aggregate_add(projector->deltas, projector->labels, &arena, &event);
        }
        svc_arena_reset(&arena);
    }
    svc_arena_done(&arena);
}

static enum svc_status write_counts(struct projector *projector, struct svc_pg_tx *tx,
    int64_t seq, struct svc_pg_error *error)
{
    enum svc_status status = projection_add(tx, projector->deltas, error);

    if (status == SVC_OK) {
        status = projection_add_labels(tx, projector->labels, error);
    }
    if (status == SVC_OK) {
        status = svc_pg_tx_query(tx,
            SVC_PG_PREPARED(
                "UPDATE metrics_projector SET seq = $1, projected_at = clock_timestamp()",
                svc_pg_int(seq)),
            NULL, error);
    }
    return status == SVC_OK ? svc_pg_commit(tx, error) : status;
}

static void note_pass(struct projector *projector, size_t events, int64_t lag_ms)
{
    pthread_mutex_lock(&projector->lock);
    projector->stats.projected += (int64_t)events;
    projector->stats.lag_ms = lag_ms > 0 ? lag_ms : 0;
    pthread_mutex_unlock(&projector->lock);
}

/* One transaction's worth. `ret_more`: there is more to be counted at once. */
static enum svc_status pass(
    struct projector *projector, bool *ret_more, struct svc_pg_error *error)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct cursor cursor;
    bool taken = false;
    enum svc_status status = svc_pg_begin(projector->pg, &tx, error);

    *ret_more = false;
    if (status == SVC_OK) {
        status = read_cursor(&tx, &taken, &cursor, error);
    }
    if (status != SVC_OK || !taken) {
        return status;
    }
    if (cursor.seq >= projector->bound) {
        svc_pg_rollback(&tx);
        status = read_bound(projector, cursor.seq, error);
        *ret_more = status == SVC_OK && cursor.seq < projector->bound;
        if (!*ret_more) {
            note_pass(projector, 0, 0);
        }
        return status;
    }
    status = refresh_labels(projector, &tx, cursor.seq, error);
    if (status == SVC_OK) {
        status = read_events(projector, &tx, cursor.seq, &rows, error);
    }
    if (status != SVC_OK) {
        return status;
    }
    size_t count = svc_pg_rows(rows);
    bool full = count == EVENTS_MAX;
    int64_t seq = full ? svc_pg_get_int(rows, count - 1, 0, 0) : projector->bound;
    count_events(projector, rows, &cursor);
    projector->own_seq = -1;
    status = write_counts(projector, &tx, seq, error);
    if (status == SVC_OK) {
        labels_keep(projector->labels);
        projector->own_seq = seq;
        int64_t received_ms = svc_pg_get_int(rows, count - 1, 7, INT64_MAX);
        note_pass(projector, count, full ? svc_clock_unix_ms() - received_ms : 0);
        *ret_more = full;
    }
    return status;
}

static void say_how(
    struct projector *projector, enum svc_status status, const char *error)
{
    bool down = status != SVC_OK && status != SVC_CONFLICT;

    if (down && !projector->was_down) {
        svc_log(SVC_LOG_WARN, "events are not counted now", SVC_TEXT("error", error));
    } else if (!down && projector->was_down) {
        svc_log(SVC_LOG_INFO, "events are counted again");
    }
    projector->was_down = down;
}

static void *run(void *argument)
{
    struct projector *projector = argument;

    pthread_mutex_lock(&projector->lock);
    while (!projector->stopping) {
        struct svc_pg_error error;
        bool more = false;
        pthread_mutex_unlock(&projector->lock);
        enum svc_status status = pass(projector, &more, &error);
        say_how(projector, status, error.message);
        pthread_mutex_lock(&projector->lock);
        int64_t until_ns = svc_condition_until_ns(projector->tick_ms);
        while (!more && !projector->stopping &&
               svc_condition_wait(&projector->changed, &projector->lock, until_ns)) {
        }
    }
    pthread_mutex_unlock(&projector->lock);
    return NULL;
}

struct projector *projector_new(
    const struct projector_settings *settings, char ret_error[256])
{
    struct projector *projector = svc_alloc_zero(1, sizeof *projector);
    struct svc_pg_settings pg = {
        .url = settings->database_url,
        .name = "lightweight_metrics projector",
        .size = 2,
        .connect_timeout_ms = 2000,
        .acquire_timeout_ms = 2000,
        .statement_timeout_ms = TIMEOUT_MS,
    };
    struct svc_pg_error error;

    if (svc_pg_open(&pg, &projector->pg, &error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", error.message);
        free(projector);
        return NULL;
    }
    projector->tick_ms = settings->tick_ms;
    projector->deltas = deltas_new();
    projector->labels = labels_new();
    projector->own_seq = -1;
    pthread_mutex_init(&projector->lock, NULL);
    svc_condition_init(&projector->changed);
    projector->has_thread = pthread_create(&projector->thread, NULL, run, projector) == 0;
    return projector;
}

void projector_free(struct projector **projector_pointer)
{
    struct projector *projector = *projector_pointer;

    *projector_pointer = NULL;
    if (projector == NULL) {
        return;
    }
    if (projector->has_thread) {
        pthread_mutex_lock(&projector->lock);
        projector->stopping = true;
        pthread_cond_signal(&projector->changed);
        pthread_mutex_unlock(&projector->lock);
        svc_pg_give_up(projector->pg);
        pthread_join(projector->thread, NULL);
    }
    svc_pg_close(&projector->pg);
    deltas_free(&projector->deltas);
    labels_free(&projector->labels);
    pthread_cond_destroy(&projector->changed);
    pthread_mutex_destroy(&projector->lock);
    free(projector);
}

void projector_stats(struct projector *projector, struct projector_stats *ret_stats)
{
    pthread_mutex_lock(&projector->lock);
    *ret_stats = projector->stats;
    pthread_mutex_unlock(&projector->lock);
}

static enum svc_status begin_rebuild(struct svc_pg_tx *tx, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = svc_pg_tx_query(
        tx, SVC_PG_SQL("SELECT pg_advisory_xact_lock(" LOCK_PROJECTOR ")"), NULL, error);

    if (status == SVC_OK) {
        /* The first day of which all events are there, in any time zone. */
        status = svc_pg_tx_query(tx,
            SVC_PG_SQL("UPDATE metrics_projector SET rebuild_until = "
                       "greatest(seq, rebuild_until), seq = 0, "
                       "rebuild_from = dropped_before + 1, "
                       "rebuilt_at = clock_timestamp() "
                       "RETURNING rebuild_from - date '1970-01-01'"),
            &rows, error);
    }
    if (status == SVC_OK) {
        status = projection_clear(tx, svc_pg_get_int(rows, 0, 0, INT64_MIN), error);
    }
    return status == SVC_OK ? svc_pg_commit(tx, error) : status;
}

enum svc_status projector_rebuild(struct projector *projector, char ret_error[256])
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error;
    enum svc_status status = svc_pg_begin(projector->pg, &tx, &error);

    if (status == SVC_OK) {
        status = begin_rebuild(&tx, &error);
    }
    if (status != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        return status;
    }
    pthread_mutex_lock(&projector->lock);
    pthread_cond_signal(&projector->changed);
    pthread_mutex_unlock(&projector->lock);
    return SVC_OK;
}
