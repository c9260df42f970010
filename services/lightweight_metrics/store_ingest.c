#include "store_ingest.h"

#include "store_spool.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/mem.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define WRITERS_MAX 8
#define WAIT_MS 1000

struct writer {
    struct ingest *ingest;
    pthread_t thread;
    struct store_event *list[STORE_EVENTS_MAX];
};

struct ingest {
    struct svc_pg *pg;
    struct spool *spool;
    size_t queue_max;
    bool was_down; /* under the lock, as all below */
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct ingest_batch *first;
    struct ingest_batch **last;
    bool stopping;
    struct ingest_stats stats;
    size_t writer_count;
    struct writer writers[WRITERS_MAX];
};

/* Under the lock: batches for one transaction; a list. */
static struct ingest_batch *take(struct ingest *ingest, size_t *ret_events)
{
    struct ingest_batch *taken = ingest->first;
    struct ingest_batch *end = NULL;
    size_t events = 0;

    for (struct ingest_batch *batch = taken; batch != NULL; batch = batch->next) {
        if (events + batch->count > STORE_EVENTS_MAX) {
            break;
        }
        events += batch->count;
        end = batch;
    }
    ingest->first = end->next;
    if (ingest->first == NULL) {
        ingest->last = &ingest->first;
    }
    end->next = NULL;
    ingest->stats.waiting -= (int64_t)events;
    *ret_events = events;
    return taken;
}

static void list_events(struct writer *writer, struct ingest_batch *batches)
{
    size_t count = 0;

    for (struct ingest_batch *batch = batches; batch != NULL; batch = batch->next) {
        for (size_t i = 0; i < batch->count; i++) {
            writer->list[count++] = &batch->events[i];
        }
    }
}

/* Under the lock. */
static void note_outcome(
    struct ingest *ingest, struct ingest_batch *batch, enum svc_status status)
{
    size_t accepted = 0;

    for (size_t i = 0; i < batch->count; i++) {
        accepted += batch->events[i].accepted;
    }
    if (status != SVC_OK) {
        ingest->stats.failed += (int64_t)batch->count;
    } else if (batch->spooled) {
        ingest->stats.spooled += (int64_t)accepted;
        ingest->stats.dropped += (int64_t)batch->dropped;
    } else {
        ingest->stats.accepted += (int64_t)accepted;
        ingest->stats.duplicate += (int64_t)(batch->count - accepted);
    }
}

static void say_how(struct ingest *ingest, enum svc_status status, const char *error)
{
    pthread_mutex_lock(&ingest->lock);
    bool was_down = ingest->was_down;
    ingest->was_down = status != SVC_OK;
    pthread_mutex_unlock(&ingest->lock);
    if (status != SVC_OK && !was_down) {
        svc_log(SVC_LOG_WARN, "PostgreSQL takes no events", SVC_TEXT("error", error),
            SVC_TEXT("they go to", ingest->spool != NULL ? "the spool" : "nowhere"));
    } else if (status == SVC_OK && was_down) {
        svc_log(SVC_LOG_INFO, "PostgreSQL takes events again");
    }
}

/* A connection that a restarted server closed fails once; whether its commit happened is
 * for the ids to tell. */
static enum svc_status write_all(
    struct ingest *ingest, struct store_event **list, size_t count, char error[256])
{
    enum svc_status status = store_events_write(ingest->pg, list, count, error);

    if (status == SVC_CONFLICT || status == SVC_UNAVAILABLE) {
        status = store_events_write(ingest->pg, list, count, error);
    }
    say_how(ingest, status, error);
    return status;
}

static void end_batches(struct ingest *ingest, struct ingest_batch *batches,
    enum svc_status status, const char *error)
{
    struct ingest_batch *first = batches;

    pthread_mutex_lock(&ingest->lock);
    ingest->stats.transactions += status == SVC_OK;
    while (batches != NULL) {
        struct ingest_batch *next = batches->next;
        if (!batches->spooled) {
            batches->status = status;
            snprintf(batches->error, sizeof batches->error, "%s", error);
        }
        note_outcome(ingest, batches, batches->status);
        batches = next;
    }
    pthread_mutex_unlock(&ingest->lock);
    while (first != NULL) {
        struct ingest_batch *next = first->next;
        sem_post(&first->done); /* it may be gone from here on */
        first = next;
    }
}

/* What PostgreSQL doesn't take goes to the disk, where there is a spool. */
static void put_aside(struct ingest *ingest, struct ingest_batch *batches)
{
    if (ingest->spool == NULL) {
        return;
    }
    spool_add(ingest->spool, batches);
}

static void write_apart(struct writer *writer, struct ingest_batch *batches);

static void write_together(
    struct writer *writer, struct ingest_batch *batches, size_t count)
{
    struct ingest *ingest = writer->ingest;
    char error[256] = "";

    list_events(writer, batches);
    enum svc_status status = write_all(ingest, writer->list, count, error);
    if (status == SVC_INVALID && batches->next != NULL) {
        write_apart(writer, batches);
        return;
    }
    if (status != SVC_OK && status != SVC_INVALID) {
        put_aside(ingest, batches);
    }
    end_batches(ingest, batches,
        status == SVC_OK || status == SVC_INVALID ? status : SVC_UNAVAILABLE, error);
}

/* What PostgreSQL refuses of one request isn't the others' fault. */
static void write_apart(struct writer *writer, struct ingest_batch *batches)
{
    while (batches != NULL) {
        struct ingest_batch *next = batches->next;
        batches->next = NULL;
        write_together(writer, batches, batches->count);
        batches = next;
    }
}

static void *run(void *argument)
{
    struct writer *writer = argument;
    struct ingest *ingest = writer->ingest;

    pthread_mutex_lock(&ingest->lock);
    while (!ingest->stopping || ingest->first != NULL) {
        if (ingest->first == NULL) {
            (void)svc_condition_wait(
                &ingest->filled, &ingest->lock, svc_condition_until_ns(WAIT_MS));
            continue;
        }
        size_t count = 0;
        struct ingest_batch *batches = take(ingest, &count);
        pthread_mutex_unlock(&ingest->lock);
        write_together(writer, batches, count);
        pthread_mutex_lock(&ingest->lock);
    }
    pthread_mutex_unlock(&ingest->lock);
    return NULL;
}

struct ingest *ingest_new(const struct ingest_settings *settings, char ret_error[256])
{
    struct ingest *ingest = svc_alloc_zero(1, sizeof *ingest);
    struct svc_pg_settings pg = {
        .url = settings->database_url,
        .name = "lightweight_metrics log",
        .size = settings->writers,
        .connect_timeout_ms = settings->timeout_ms,
        .acquire_timeout_ms = settings->timeout_ms,
        .statement_timeout_ms = settings->timeout_ms,
    };
    struct svc_pg_error error;

    if (svc_pg_open(&pg, &ingest->pg, &error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", error.message);
        free(ingest);
        return NULL;
    }
    ingest->spool = settings->spool;
    ingest->queue_max = (size_t)settings->queue_max;
    ingest->last = &ingest->first;
    pthread_mutex_init(&ingest->lock, NULL);
    svc_condition_init(&ingest->filled);
    for (int64_t i = 0; i < settings->writers && i < WRITERS_MAX; i++) {
        struct writer *writer = &ingest->writers[i];
        writer->ingest = ingest;
        if (pthread_create(&writer->thread, NULL, run, writer) != 0) {
            break;
        }
        ingest->writer_count++;
    }
    return ingest;
}

void ingest_free(struct ingest **ingest_pointer)
{
    struct ingest *ingest = *ingest_pointer;

    *ingest_pointer = NULL;
    if (ingest == NULL) {
        return;
    }
    pthread_mutex_lock(&ingest->lock);
    ingest->stopping = true;
    pthread_cond_broadcast(&ingest->filled);
    pthread_mutex_unlock(&ingest->lock);
    for (size_t i = 0; i < ingest->writer_count; i++) {
        pthread_join(ingest->writers[i].thread, NULL);
    }
    svc_pg_close(&ingest->pg);
    pthread_cond_destroy(&ingest->filled);
    pthread_mutex_destroy(&ingest->lock);
    free(ingest);
}

/* As long as a writer takes, whose time-outs bound it. */
static void wait_for(struct ingest_batch *batch)
{
    while (sem_wait(&batch->done) != 0) {
    }
    sem_destroy(&batch->done);
}

enum svc_status ingest_put(struct ingest *ingest, struct ingest_batch *batch)
{
    batch->spooled = false;
    batch->dropped = 0;
    batch->next = NULL;
    pthread_mutex_lock(&ingest->lock);
    if (ingest->stopping ||
        (size_t)ingest->stats.waiting + batch->count > ingest->queue_max) {
        ingest->stats.failed += (int64_t)batch->count;
        pthread_mutex_unlock(&ingest->lock);
        snprintf(batch->error, sizeof batch->error, "the queue of events is full");
        return SVC_UNAVAILABLE;
    }
    sem_init(&batch->done, 0, 0);
    *ingest->last = batch;
    ingest->last = &batch->next;
    ingest->stats.waiting += (int64_t)batch->count;
    pthread_cond_signal(&ingest->filled);
    pthread_mutex_unlock(&ingest->lock);
    wait_for(batch);
    return batch->status;
}

void ingest_stats(struct ingest *ingest, struct ingest_stats *ret_stats)
{
    pthread_mutex_lock(&ingest->lock);
    *ret_stats = ingest->stats;
    pthread_mutex_unlock(&ingest->lock);
}
