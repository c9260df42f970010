#include "backoff.h"
#include "clock.h"
#include "condition.h"
#include "mem.h"
#include "pg_private.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE_MAX_ALLOWED 1000
#define RETRY_BASE_MS 50
#define RETRY_MAX_MS 1000
#define NS_PER_MS INT64_C(1000000)

/* Connections are made by a thread of the pool, so that no call waits longer for one than
 * it wants to, and what it began to wait for serves the next. That thread connects only
 * when a call asked; after a failure it pauses, and calls that find no open connection in
 * a pause are told so at once. */
struct svc_pg {
    struct svc_pg_target target;
    int64_t size;
    int64_t acquire_timeout_ms;
    pthread_t connector;
    atomic_bool stopping;

    pthread_mutex_t mutex;
    pthread_cond_t released; /* for calls: a connection, or the news that there is none */
    pthread_cond_t wanted;   /* for the connector */
    /* under the mutex: */
    struct svc_pg_connection *idle; /* last used first */
    struct svc_pg_stats stats;
    bool asked;        /* a call was refused in a pause: try again after it */
    unsigned failures; /* to connect, in a row */
    int64_t paused_until_ms;
    struct svc_pg_error failure; /* the last one */
};

static bool wants_connection(const struct svc_pg *pg)
{
    return pg->stats.open < pg->size && (pg->asked || pg->stats.waiting > pg->stats.idle);
}

static void push_idle(struct svc_pg *pg, struct svc_pg_connection *connection)
{
    connection->next = pg->idle;
    pg->idle = connection;
    pg->stats.idle++;
    pthread_cond_signal(&pg->released);
}

static struct svc_pg_connection *pop_idle(struct svc_pg *pg)
{
    struct svc_pg_connection *connection = pg->idle;

    if (connection != NULL) {
        pg->idle = connection->next;
        pg->stats.idle--;
    }
    return connection;
}

/* Without the mutex; the connector's work. */
static void connect_one(struct svc_pg *pg)
{
    struct svc_pg_error error;
    struct svc_pg_connection *connection =
        svc_pg_connection_new(&pg->target, &pg->stopping, &error);

    pthread_mutex_lock(&pg->mutex);
    pg->asked = false;
    if (connection != NULL) {
        pg->failures = 0;
        pg->stats.open++;
        pg->stats.connected_total++;
        push_idle(pg, connection);
        pthread_mutex_unlock(&pg->mutex);
        return;
    }
    /* Half of the pause is fixed, so that a dead server isn't asked without a break. */
    int64_t limit_ms = svc_backoff_limit_ms(pg->failures, RETRY_BASE_MS, RETRY_MAX_MS);
    pg->paused_until_ms = svc_clock_monotonic_ms() + limit_ms / 2 +
                          svc_backoff_ms(0, limit_ms, limit_ms) / 2;
    pg->failures++;
    pg->failure = error;
    pg->stats.connect_failed_total++;
    pthread_cond_broadcast(&pg->released);
    pthread_mutex_unlock(&pg->mutex);
}

static void *run_connector(void *argument)
{
    struct svc_pg *pg = argument;

    pthread_mutex_lock(&pg->mutex);
    while (!atomic_load(&pg->stopping)) {
        if (!wants_connection(pg)) {
            pthread_cond_wait(&pg->wanted, &pg->mutex);
            continue;
        }
        if (svc_clock_monotonic_ms() < pg->paused_until_ms) {
            (void)svc_condition_wait(
                &pg->wanted, &pg->mutex, pg->paused_until_ms * NS_PER_MS);
            continue;
        }
        pthread_mutex_unlock(&pg->mutex);
        connect_one(pg);
        pthread_mutex_lock(&pg->mutex);
    }
    pthread_mutex_unlock(&pg->mutex);
    return NULL;
}

/* Signals are the business of the program's own threads. */
static bool start_connector(struct svc_pg *pg)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&pg->connector, NULL, run_connector, pg) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void init_locks(struct svc_pg *pg)
{
    pthread_mutex_init(&pg->mutex, NULL);
    svc_condition_init(&pg->released);
    svc_condition_init(&pg->wanted);
}

static void free_pool(struct svc_pg *pg)
{
    pthread_cond_destroy(&pg->wanted);
    pthread_cond_destroy(&pg->released);
    pthread_mutex_destroy(&pg->mutex);
    svc_pg_target_done(&pg->target);
    free(pg);
}

enum svc_status svc_pg_open(const struct svc_pg_settings *settings,
    struct svc_pg **ret_pg, struct svc_pg_error *ret_error)
{
    struct svc_pg_target target;

    if (settings->size < 1 || settings->size > SIZE_MAX_ALLOWED ||
        settings->connect_timeout_ms < 1 || settings->acquire_timeout_ms < 1 ||
        settings->statement_timeout_ms < 1) {
        return svc_pg_fail(ret_error, SVC_INVALID, "a size or a timeout is out of range");
    }
    if (!svc_pg_target_init(&target, settings)) {
        /* What libpq says of it may quote the password. */
        return svc_pg_fail(ret_error, SVC_INVALID, "not a PostgreSQL connection URL");
    }
    struct svc_pg *pg = svc_alloc_zero(1, sizeof *pg);
    pg->target = target;
    pg->size = settings->size;
    pg->acquire_timeout_ms = settings->acquire_timeout_ms;
    init_locks(pg);
    if (!start_connector(pg)) {
        free_pool(pg);
        return svc_pg_fail(ret_error, SVC_INTERNAL, "no thread for the connections");
    }
    *ret_pg = pg;
    return SVC_OK;
}

void svc_pg_give_up(struct svc_pg *pg)
{
    pthread_mutex_lock(&pg->mutex);
    atomic_store(&pg->stopping, true);
    pthread_cond_signal(&pg->wanted);
    pthread_cond_broadcast(&pg->released);
    pthread_mutex_unlock(&pg->mutex);
}

void svc_pg_close(struct svc_pg **pg)
{
    struct svc_pg *old = *pg;

    if (old == NULL) {
        return;
    }
    svc_pg_give_up(old);
    pthread_join(old->connector, NULL);

    assert(old->stats.waiting == 0 && old->stats.idle == old->stats.open);
    struct svc_pg_connection *connection;
    while ((connection = pop_idle(old)) != NULL) {
        svc_pg_connection_free(&connection);
    }
    free_pool(old);
    *pg = NULL;
}

static void discard(struct svc_pg *pg, struct svc_pg_connection *connection)
{
    svc_pg_connection_free(&connection);
    pthread_mutex_lock(&pg->mutex);
    pg->stats.open--;
    pg->stats.discarded_total++;
    if (wants_connection(pg)) {
        pthread_cond_signal(&pg->wanted);
    }
    pthread_mutex_unlock(&pg->mutex);
}

static enum svc_status refuse(struct svc_pg *pg, struct svc_pg_error *ret_error)
{
    pg->stats.refused_total++;
    if (pg->stats.open == 0 && pg->failures > 0) {
        *ret_error = pg->failure;
        return SVC_UNAVAILABLE;
    }
    return svc_pg_fail(ret_error, SVC_UNAVAILABLE,
        pg->stats.open == 0 ? "no connection was made in time"
                            : "all connections are in use");
}

/* Under the mutex. An idle connection, or one that is waited for; NULL past the deadline
 * and in a pause after a failure. */
static struct svc_pg_connection *wait_for_idle(struct svc_pg *pg, int64_t deadline_ms)
{
    int64_t start_ns = svc_clock_monotonic_ns();
    struct svc_pg_connection *connection = NULL;
    bool in_time = true;

    pg->stats.waiting++;
    while ((connection = pop_idle(pg)) == NULL && in_time) {
        if (atomic_load(&pg->stopping)) {
            break;
        }
        if (pg->stats.open == 0 && svc_clock_monotonic_ms() < pg->paused_until_ms) {
            pg->asked = true;
            pthread_cond_signal(&pg->wanted);
            break;
        }
        if (wants_connection(pg)) {
            pthread_cond_signal(&pg->wanted);
        }
        in_time = svc_condition_wait(&pg->released, &pg->mutex, deadline_ms * NS_PER_MS);
    }
    pg->stats.waiting--;
    pg->stats.waited_total += connection != NULL;
    pg->stats.wait_us_total += (svc_clock_monotonic_ns() - start_ns) / 1000;
    return connection;
}

enum svc_status svc_pg_acquire(struct svc_pg *pg, int64_t timeout_ms,
    struct svc_pg_connection **ret_connection, struct svc_pg_error *ret_error)
{
    bool shorter = timeout_ms > 0 && timeout_ms < pg->acquire_timeout_ms;
    int64_t deadline_ms =
        svc_clock_monotonic_ms() + (shorter ? timeout_ms : pg->acquire_timeout_ms);

    for (;;) {
        pthread_mutex_lock(&pg->mutex);
        struct svc_pg_connection *connection = pop_idle(pg);
        if (connection == NULL) {
            connection = wait_for_idle(pg, deadline_ms);
        }
        if (connection == NULL) {
            enum svc_status status = refuse(pg, ret_error);
            pthread_mutex_unlock(&pg->mutex);
            return status;
        }
        pg->stats.acquired_total++;
        pthread_mutex_unlock(&pg->mutex);
        if (svc_pg_connection_is_alive(connection)) {
            *ret_connection = connection;
            return SVC_OK;
        }
        discard(pg, connection);
    }
}

void svc_pg_release(struct svc_pg *pg, struct svc_pg_connection *connection)
{
    if (!svc_pg_connection_is_ready(connection)) {
        discard(pg, connection);
        return;
    }
    pthread_mutex_lock(&pg->mutex);
    push_idle(pg, connection);
    pthread_mutex_unlock(&pg->mutex);
}

void svc_pg_stats(struct svc_pg *pg, struct svc_pg_stats *ret_stats)
{
    pthread_mutex_lock(&pg->mutex);
    *ret_stats = pg->stats;
    ret_stats->size = pg->size;
    pthread_mutex_unlock(&pg->mutex);
}
