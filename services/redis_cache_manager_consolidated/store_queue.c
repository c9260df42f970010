/* What was written to Redis and waits for PostgreSQL: one entry a customer, the latest of
 * each document, written out in batches every flush_ms. Every write is marked in Redis,
 * too, so that another replica takes up what a dead one left. */
#include "store_private.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>

#include <stdlib.h>
#include <string.h>

#define BATCH_CUSTOMERS ((size_t)500)
#define BATCH_BYTES ((size_t)8 * 1024 * 1024)
#define BUCKETS ((size_t)4096)
#define LAST_TRIES 3

struct entry {
    struct entry *in_bucket;
    struct entry *next; /* in the order of their first write */
    char *key;
    size_t key_length;
    char *session; /* NULL: not written */
    size_t session_length;
    int64_t session_version;
    int64_t expires_ms;
    bool touch; /* the session may be there, with another end */
    char *turn; /* NULL: not written */
    size_t turn_length;
    int64_t turn_version;
    int64_t mark_ms;
    char *profile; /* JSON; NULL: nothing new */
    int64_t since_ms;
};

struct list {
    struct entry *first;
    struct entry *last;
    int64_t count;
};

struct store_queue {
    struct store *store;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct entry *buckets[BUCKETS];
    struct list list;
    int64_t in_flight; /* being written out */
    int64_t flushed_total;
    int64_t dropped_total;
    int64_t lag_ms_max;
    bool ended;
    bool hurry;
    bool failing;
    pthread_t thread;
};

static uint64_t hash_key(const char *key, size_t length)
{
    uint64_t hash = svc_text_hash((struct svc_slice){key, length});

    return hash ^ hash >> 32;
}

static struct entry **find_place(struct store_queue *queue, struct svc_slice key)
{
    struct entry **place = &queue->buckets[hash_key(key.text, key.length) % BUCKETS];

    while (*place != NULL && ((*place)->key_length != key.length ||
                                 memcmp((*place)->key, key.text, key.length) != 0)) {
        place = &(*place)->in_bucket;
    }
    return place;
}

static void entry_free(struct entry *entry)
{
    free(entry->key);
    free(entry->session);
    free(entry->turn);
    free(entry->profile);
    free(entry);
}

static char *write_profile(const struct store_profile *profile)
{
    struct svc_buf out;
    struct svc_json_writer writer;

    svc_buf_init(&out, 4096);
    svc_json_write_init(&writer, &out);
    svc_json_write_object_begin(&writer);
    svc_json_write_optional_slice(&writer, "n", profile->name);
    svc_json_write_optional_slice(&writer, "u", profile->username);
    svc_json_write_optional_slice(&writer, "l", profile->locale);
    svc_json_write_optional_slice(&writer, "w", profile->wa_id);
    svc_json_write_optional_slice(&writer, "i", profile->user_id);
    svc_json_write_optional_slice(&writer, "p", profile->parent_user_id);
    svc_json_write_object_end(&writer);
    if (out.overflow) {
        svc_buf_done(&out);
        return NULL;
    }
    size_t length = 0;
    return svc_buf_take(&out, &length);
}

static void update(struct entry *entry, const struct store_queued *queued)
{
    if (queued->session.text != NULL &&
        (entry->session == NULL || queued->session_version >= entry->session_version)) {
        free(entry->session);
        entry->session = svc_strndup(queued->session.text, queued->session.length);
        entry->session_length = queued->session.length;
        entry->expires_ms = queued->expires_ms;
        entry->touch = queued->touch;
        entry->session_version = queued->session_version;
    }
    if (queued->turn.text != NULL &&
        (entry->turn == NULL || queued->turn_version > entry->turn_version)) {
        free(entry->turn);
        entry->turn = svc_strndup(queued->turn.text, queued->turn.length);
        entry->turn_length = queued->turn.length;
        entry->turn_version = queued->turn_version;
    }
    if (queued->mark_ms > entry->mark_ms) {
        entry->mark_ms = queued->mark_ms;
    }
    if (queued->profile != NULL) {
        free(entry->profile);
        entry->profile = write_profile(queued->profile);
    }
}

static void append(struct list *list, struct entry *entry)
{
    entry->next = NULL;
    if (list->last == NULL) {
        list->first = entry;
    } else {
        list->last->next = entry;
    }
    list->last = entry;
    list->count++;
}

void store_queue_put(struct store_queue *queue, const struct store_queued *queued)
{
    pthread_mutex_lock(&queue->lock);
    struct entry **place = find_place(queue, queued->key);
    if (*place == NULL && queue->list.count >= queue->store->settings.queue_max) {
        /* It stays marked in Redis, and is swept up from there. */
        queue->dropped_total++;
        pthread_mutex_unlock(&queue->lock);
        return;
    }
    if (*place == NULL) {
        struct entry *entry = svc_alloc_zero(1, sizeof *entry);
        entry->key = svc_strndup(queued->key.text, queued->key.length);
        entry->key_length = queued->key.length;
        entry->since_ms = svc_clock_monotonic_ms();
        *place = entry;
        append(&queue->list, entry);
    }
    update(*place, queued);
    pthread_mutex_unlock(&queue->lock);
}

static struct list take_all(struct store_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    struct list taken = queue->list;
    queue->list = (struct list){0};
    queue->in_flight = taken.count;
    memset((void *)queue->buckets, 0, sizeof queue->buckets);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

/* What could not be written goes back, unless something newer has come. */
static void put_back(struct store_queue *queue, struct list *list)
{
    pthread_mutex_lock(&queue->lock);
    while (list->first != NULL) {
        struct entry *entry = list->first;
        struct svc_slice key = {entry->key, entry->key_length};
        struct entry **place = find_place(queue, key);
        list->first = entry->next;
        if (*place == NULL) {
            entry->in_bucket = NULL;
            *place = entry;
            append(&queue->list, entry);
            continue;
        }
        struct store_queued older = {
            .session = {entry->session, entry->session_length},
            .session_version = entry->session_version,
            .expires_ms = entry->expires_ms,
            .touch = entry->touch,
            .turn = {entry->turn, entry->turn_length},
            .turn_version = entry->turn_version,
            .mark_ms = entry->mark_ms,
        };
        /* What came later is mostly newer, but a thread may have been held up between its
         * write and here. */
        if ((*place)->session != NULL &&
            (*place)->session_version >= entry->session_version) {
            older.session.text = NULL;
        }
        if ((*place)->profile == NULL) {
            (*place)->profile = entry->profile;
            entry->profile = NULL;
        }
        (*place)->since_ms = entry->since_ms;
        update(*place, &older);
        entry_free(entry);
    }
    pthread_mutex_unlock(&queue->lock);
    *list = (struct list){0};
}

static void write_entry(struct svc_json_writer *writer, const struct entry *entry)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(
        writer, "k", (struct svc_slice){entry->key, entry->key_length});
    if (entry->session != NULL) {
        svc_json_write_field_int(writer, "x", entry->expires_ms);
        svc_json_write_field_bool(writer, "a", entry->touch);
        svc_json_write_key(writer, "s");
        svc_json_write_raw(
            writer, (struct svc_slice){entry->session, entry->session_length});
    }
    if (entry->turn != NULL) {
        svc_json_write_field_int(writer, "v", entry->turn_version);
        svc_json_write_key(writer, "t");
        svc_json_write_raw(writer, (struct svc_slice){entry->turn, entry->turn_length});
    }
    if (entry->profile != NULL) {
        svc_json_write_key(writer, "c");
        svc_json_write_raw(
            writer, (struct svc_slice){entry->profile, strlen(entry->profile)});
    }
    svc_json_write_object_end(writer);
}

/* Moves as many entries as go in one statement from LIST to BATCH. */
static void write_batch(
    struct list *list, struct list *batch, size_t max, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_buf_clear(out);
    svc_json_write_init(&writer, out);
    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < max && list->first != NULL && out->length < BATCH_BYTES; i++) {
        struct entry *entry = list->first;
        list->first = entry->next;
        list->count--;
        append(batch, entry);
        write_entry(&writer, entry);
    }
    svc_json_write_array_end(&writer);
    if (list->first == NULL) {
        list->last = NULL;
    }
}

static void note_flushed(struct store_queue *queue, struct list *batch)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    size_t count = 0;
    struct store_mark *marks = svc_alloc_zero((size_t)batch->count + 1, sizeof *marks);

    pthread_mutex_lock(&queue->lock);
    for (struct entry *entry = batch->first; entry != NULL; entry = entry->next) {
        if (entry->mark_ms > 0) {
            marks[count++] =
                (struct store_mark){{entry->key, entry->key_length}, entry->mark_ms};
        }
        if (now_ms - entry->since_ms > queue->lag_ms_max) {
            queue->lag_ms_max = now_ms - entry->since_ms;
        }
    }
    queue->flushed_total += batch->count;
    pthread_mutex_unlock(&queue->lock);
    if (count > 0 && queue->store->marks != NULL) {
        store_marks_put(queue->store->marks, marks, count);
    }
    free(marks);
}

static void free_list(struct list *list)
{
    while (list->first != NULL) {
        struct entry *entry = list->first;
        list->first = entry->next;
        entry_free(entry);
    }
    *list = (struct list){0};
}

static void note_failing(struct store_queue *queue, bool failing, enum svc_status status)
{
    if (failing != queue->failing) {
        svc_log(failing ? SVC_LOG_WARN : SVC_LOG_INFO,
            failing ? "PostgreSQL takes no sessions; they wait" : "PostgreSQL is back",
            SVC_TEXT("status", svc_status_title(status)));
    }
    queue->failing = failing;
}

static bool is_passing(enum svc_status status)
{
    return status == SVC_UNAVAILABLE || status == SVC_TIMEOUT || status == SVC_CONFLICT;
}

static void note_refused(const struct entry *entry)
{
    struct svc_slice key = {0};

    if (entry != NULL) {
        key = (struct svc_slice){entry->key, entry->key_length};
    }
    svc_log(SVC_LOG_ERROR, "PostgreSQL refuses a session", SVC_PRIVATE("customer", key));
}

/* A statement that PostgreSQL refuses for its content is tried again by single customers:
 * one bad document must not hold up the rest. */
static enum svc_status flush_list(
    struct store_queue *queue, struct list *list, size_t max)
{
    struct svc_buf out;
    enum svc_status status = SVC_OK;

    svc_buf_init(&out, BATCH_BYTES * 4);
    while (list->first != NULL && status == SVC_OK) {
        struct list batch = {0};
        write_batch(list, &batch, max, &out);
        status = store_pg_flush(queue->store, (struct svc_slice){out.bytes, out.length});
        if (status == SVC_OK) {
            note_flushed(queue, &batch);
        } else if (is_passing(status)) {
            put_back(queue, &batch);
        } else if (batch.count > 1) {
            status = flush_list(queue, &batch, 1);
        } else {
            pthread_mutex_lock(&queue->lock);
            queue->dropped_total++;
            pthread_mutex_unlock(&queue->lock);
            note_refused(batch.first);
            note_flushed(queue, &batch);
            status = SVC_OK;
        }
        free_list(&batch);
    }
    svc_buf_done(&out);
    if (list->first != NULL) {
        put_back(queue, list);
    }
    return status;
}

static enum svc_status flush(struct store_queue *queue)
{
    struct list taken = take_all(queue);

    if (taken.first == NULL) {
        return SVC_OK;
    }
    enum svc_status status = flush_list(queue, &taken, BATCH_CUSTOMERS);
    pthread_mutex_lock(&queue->lock);
    queue->in_flight = 0;
    pthread_mutex_unlock(&queue->lock);
    note_failing(queue, status != SVC_OK, status);
    return status;
}

/* False at the end. */
static bool wait_a_while(struct store_queue *queue)
{
    int64_t until_ns = svc_condition_until_ns(queue->store->settings.flush_ms);

    pthread_mutex_lock(&queue->lock);
    while (!queue->ended && !queue->hurry &&
           svc_condition_wait(&queue->wake, &queue->lock, until_ns)) {
    }
    bool goes_on = !queue->ended;
    queue->hurry = false;
    pthread_mutex_unlock(&queue->lock);
    return goes_on;
}

static void *run(void *argument)
{
    struct store_queue *queue = argument;

    while (wait_a_while(queue)) {
        enum svc_status status = flush(queue);
        (void)status; /* what couldn't be written waits */
    }
    for (int i = 0; i < LAST_TRIES && flush(queue) != SVC_OK; i++) {
    }
    return NULL;
}

struct store_queue *store_queue_new(struct store *store)
{
    struct store_queue *queue = svc_alloc_zero(1, sizeof *queue);

    queue->store = store;
    pthread_mutex_init(&queue->lock, NULL);
    svc_condition_init(&queue->wake);
    if (pthread_create(&queue->thread, NULL, run, queue) != 0) {
        abort();
    }
    return queue;
}

void store_queue_end(struct store_queue *queue)
{
    if (queue == NULL) {
        return;
    }
    pthread_mutex_lock(&queue->lock);
    queue->ended = true;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
    pthread_join(queue->thread, NULL);
}

void store_queue_free(struct store_queue **queue_pointer)
{
    struct store_queue *queue = *queue_pointer;

    *queue_pointer = NULL;
    if (queue == NULL) {
        return;
    }
    free_list(&queue->list);
    pthread_cond_destroy(&queue->wake);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void store_queue_hurry(struct store_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->hurry = true;
    pthread_cond_signal(&queue->wake);
    pthread_mutex_unlock(&queue->lock);
}

void store_queue_state_get(struct store_queue *queue, struct store_queue_state *ret_state)
{
    pthread_mutex_lock(&queue->lock);
    *ret_state = (struct store_queue_state){
        .waiting = queue->list.count + queue->in_flight,
        .flushed_total = queue->flushed_total,
        .dropped_total = queue->dropped_total,
        .lag_ms_max = queue->lag_ms_max,
    };
    pthread_mutex_unlock(&queue->lock);
}
