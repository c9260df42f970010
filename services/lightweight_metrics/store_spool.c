#include "store_spool.h"

#include "spool_record.h"

#include <svc/condition.h>
#include <svc/log.h>
#include <svc/mem.h>
#include <svc/pg.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_NAME "events.spool"
#define BUFFER_MAX ((size_t)256 * 1024 * 1024)
#define CHUNK_SIZE ((size_t)2 * 1024 * 1024)
#define EVENTS_MAX ((size_t)4096)
#define PAUSE_MS 500

struct spool {
    int file;
    int64_t bytes_max;
    struct svc_pg *pg;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    bool stopping;
    int64_t size; /* of the file */
    int64_t done; /* of it, what is in PostgreSQL */
    int64_t replayed;
    int64_t broken;
};

static int64_t room_of(const struct spool *spool, enum event_class class)
{
    switch (class) {
    case EVENT_CLASS_DEBUG:
        return spool->bytes_max / 2;
    case EVENT_CLASS_USUAL:
        return spool->bytes_max / 10 * 9;
    case EVENT_CLASS_MONEY:
        break;
    }
    return spool->bytes_max;
}

/* Writes the batch's records to OUT, or refuses it as a whole. */
static void add_batch(
    struct spool *spool, struct ingest_batch *batch, struct svc_buf *out)
{
    size_t start = out->length;

    batch->spooled = true;
    batch->dropped = 0;
    batch->status = SVC_OK;
    for (size_t i = 0; i < batch->count; i++) {
        struct store_event *each = &batch->events[i];
        size_t before = out->length;
        spool_record_write(out, each->event);
        int64_t wanted = spool->size + (int64_t)out->length;
        each->accepted = !out->overflow && wanted <= room_of(spool, each->event->class);
        if (each->accepted) {
            continue;
        }
        out->length = before;
        out->overflow = false;
        batch->dropped++;
        if (each->event->class == EVENT_CLASS_MONEY) {
            out->length = start;
            batch->status = SVC_UNAVAILABLE;
            snprintf(batch->error, sizeof batch->error, "the spool is full");
            return;
        }
    }
}

static bool write_whole(int file, const char *bytes, size_t length, int64_t at)
{
    while (length > 0) {
        ssize_t written = pwrite(file, bytes, length, at);
        if (written <= 0) {
            if (written < 0 && errno == EINTR) {
                continue;
            }
            return false;
        }
        bytes += written;
        length -= (size_t)written;
        at += written;
    }
    return true;
}

static void refuse_all(struct ingest_batch *batches, const char *reason)
{
    for (struct ingest_batch *batch = batches; batch != NULL; batch = batch->next) {
        batch->status = SVC_UNAVAILABLE;
        snprintf(batch->error, sizeof batch->error, "the spool: %.200s", reason);
    }
}

void spool_add(struct spool *spool, struct ingest_batch *batches)
{
    struct svc_buf out;

    svc_buf_init(&out, BUFFER_MAX);
    pthread_mutex_lock(&spool->lock);
    for (struct ingest_batch *batch = batches; batch != NULL; batch = batch->next) {
        add_batch(spool, batch, &out);
    }
    if (out.length > 0 &&
        (!write_whole(spool->file, out.bytes, out.length, spool->size) ||
            fdatasync(spool->file) != 0)) {
        refuse_all(batches, strerror(errno));
        (void)!ftruncate(spool->file, spool->size);
    } else {
        spool->size += (int64_t)out.length;
    }
    pthread_cond_signal(&spool->changed);
    pthread_mutex_unlock(&spool->lock);
    svc_buf_done(&out);
}

/* Reads records from BYTES on into EVENTS; how many bytes they were. */
static size_t read_records(struct svc_arena *arena, struct svc_slice bytes,
    struct event *events, size_t *ret_count)
{
    size_t at = 0;

    *ret_count = 0;
    while (*ret_count < EVENTS_MAX) {
        struct svc_slice rest = {bytes.text + at, bytes.length - at};
        rest.length = spool_record_length(rest);
        if (rest.length == 0) {
            break;
        }
        at += rest.length;
        *ret_count += spool_record_read(arena, rest, &events[*ret_count]);
    }
    return at;
}

static enum svc_status write_events(
    struct spool *spool, struct event *events, size_t count, char error[256])
{
    struct store_event *list = svc_alloc_zero(count + 1, sizeof list[0]);
    struct store_event **pointers =
        svc_alloc_zero(count + 1, sizeof(struct store_event *));
    enum svc_status status = SVC_OK;

    for (size_t i = 0; i < count; i++) {
        list[i].event = &events[i];
        pointers[i] = &list[i];
    }
    if (count > 0) {
        status = store_events_write(spool->pg, pointers, count, error);
    }
    free((void *)pointers);
    free(list);
    return status;
}

/* One by one: what PostgreSQL refuses is let go, so that it holds up no other. */
static enum svc_status write_apart(
    struct spool *spool, struct event *events, size_t count, char error[256])
{
    for (size_t i = 0; i < count; i++) {
        enum svc_status status = write_events(spool, &events[i], 1, error);
        if (status == SVC_INVALID) {
            svc_log(SVC_LOG_ERROR, "an event of the spool is refused and let go",
                SVC_TEXT("error", error));
        } else if (status != SVC_OK) {
            return status;
        }
    }
    return SVC_OK;
}

/* Once all is in PostgreSQL, the file begins anew. */
static void advance(struct spool *spool, int64_t length, size_t count)
{
    pthread_mutex_lock(&spool->lock);
    spool->done += length;
    spool->replayed += (int64_t)count;
    if (length == 0) {
        spool->broken += spool->size - spool->done;
        spool->done = spool->size;
    }
    if (spool->done == spool->size && ftruncate(spool->file, 0) == 0) {
        spool->done = spool->size = 0;
    }
    bool empty = spool->size == 0;
    pthread_mutex_unlock(&spool->lock);
    if (empty) {
        svc_log(SVC_LOG_INFO, "the spool is empty again");
    }
}

/* The next events from the file to PostgreSQL; false: it takes none. */
static bool replay(struct spool *spool, int64_t at, int64_t size)
{
    size_t wanted = size - at < (int64_t)CHUNK_SIZE ? (size_t)(size - at) : CHUNK_SIZE;
    SVC_AUTO_FREE char *bytes = svc_alloc(wanted);
    SVC_AUTO_FREE struct event *events = svc_alloc_zero(EVENTS_MAX, sizeof events[0]);
    struct svc_arena arena = {0};
    char error[256] = "";
    size_t count = 0;

    ssize_t got = pread(spool->file, bytes, wanted, at);
    size_t length = read_records(
        &arena, (struct svc_slice){bytes, got > 0 ? (size_t)got : 0}, events, &count);
    enum svc_status status = write_events(spool, events, count, error);
    if (status == SVC_INVALID) {
        status = write_apart(spool, events, count, error);
    }
    svc_arena_done(&arena);
    if (status != SVC_OK) {
        return false;
    }
    advance(spool, (int64_t)length, count);
    return true;
}

static void *run(void *argument)
{
    struct spool *spool = argument;

    pthread_mutex_lock(&spool->lock);
    while (!spool->stopping) {
        int64_t at = spool->done;
        int64_t size = spool->size;
        if (at < size) {
            pthread_mutex_unlock(&spool->lock);
            bool went = replay(spool, at, size);
            pthread_mutex_lock(&spool->lock);
            if (went) {
                continue;
            }
        }
        (void)svc_condition_wait(
            &spool->changed, &spool->lock, svc_condition_until_ns(PAUSE_MS));
    }
    pthread_mutex_unlock(&spool->lock);
    return NULL;
}

/* Where the records end that are whole: what comes after them is cut off. */
static bool find_end(struct spool *spool)
{
    SVC_AUTO_FREE char *bytes = svc_alloc(CHUNK_SIZE);
    off_t size = lseek(spool->file, 0, SEEK_END);

    for (;;) {
        ssize_t got = pread(spool->file, bytes, CHUNK_SIZE, spool->size);
        size_t at = 0;
        size_t length = 1;
        while (got > 0 && length > 0) {
            length =
                spool_record_length((struct svc_slice){bytes + at, (size_t)got - at});
            at += length;
        }
        if (at == 0) {
            break;
        }
        spool->size += (int64_t)at;
    }
    spool->broken = size - spool->size;
    return spool->broken == 0 || ftruncate(spool->file, spool->size) == 0;
}

static bool open_file(struct spool *spool, const char *folder, char ret_error[256])
{
    char path[4200];

    snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
    spool->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (spool->file < 0) {
        snprintf(ret_error, 256, "SPOOL_DIR=%.100s: %s", folder, strerror(errno));
        return false;
    }
    if (flock(spool->file, LOCK_EX | LOCK_NB) != 0) {
        snprintf(ret_error, 256, "SPOOL_DIR=%.100s: another process uses it", folder);
        return false;
    }
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent >= 0) {
        (void)!fsync(parent);
        close(parent);
    }
    if (!find_end(spool)) {
        snprintf(ret_error, 256, "SPOOL_DIR=%.100s: %s", folder, strerror(errno));
        return false;
    }
    return true;
}

struct spool *spool_open(const struct spool_settings *settings, char ret_error[256])
{
    struct spool *spool = svc_alloc_zero(1, sizeof *spool);
    struct svc_pg_settings pg = {
        .url = settings->database_url,
        .name = "lightweight_metrics spool",
        .size = 1,
        .connect_timeout_ms = settings->timeout_ms,
        .acquire_timeout_ms = settings->timeout_ms,
        .statement_timeout_ms = settings->timeout_ms,
    };
    struct svc_pg_error error;

    spool->file = -1;
    spool->bytes_max = settings->bytes_max;
    pthread_mutex_init(&spool->lock, NULL);
    svc_condition_init(&spool->changed);
    if (!open_file(spool, settings->folder, ret_error)) {
        spool_close(&spool);
        return NULL;
    }
    if (svc_pg_open(&pg, &spool->pg, &error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", error.message);
        spool_close(&spool);
        return NULL;
    }
    spool->has_thread = pthread_create(&spool->thread, NULL, run, spool) == 0;
    return spool;
}

void spool_close(struct spool **spool_pointer)
{
    struct spool *spool = *spool_pointer;

    *spool_pointer = NULL;
    if (spool == NULL) {
        return;
    }
    if (spool->has_thread) {
        pthread_mutex_lock(&spool->lock);
        spool->stopping = true;
        pthread_cond_signal(&spool->changed);
        pthread_mutex_unlock(&spool->lock);
        pthread_join(spool->thread, NULL);
    }
    svc_pg_close(&spool->pg);
    if (spool->file >= 0) {
        close(spool->file);
    }
    pthread_cond_destroy(&spool->changed);
    pthread_mutex_destroy(&spool->lock);
    free(spool);
}

void spool_stats(struct spool *spool, struct spool_stats *ret_stats)
{
    pthread_mutex_lock(&spool->lock);
    *ret_stats =
        (struct spool_stats){spool->size - spool->done, spool->replayed, spool->broken};
    pthread_mutex_unlock(&spool->lock);
}
