#include "search_log.h"

#include <svc/crypto.h>
#include <svc/mem.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_BYTES (4 * SEARCH_LOG_QUERY_MAX)

struct waiting {
    char query[QUERY_BYTES];
    size_t length;
    struct search_log_entry entry;
};

struct search_log {
    pthread_mutex_t lock;
    struct waiting *ring;
    size_t capacity;
    size_t first;
    size_t count;
};

struct search_log *search_log_new(size_t capacity)
{
    struct search_log *log = svc_alloc_zero(1, sizeof *log);

    log->ring = svc_alloc_zero(capacity, sizeof *log->ring);
    log->capacity = capacity;
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

void search_log_free(struct search_log **log_pointer)
{
    struct search_log *log = *log_pointer;

    *log_pointer = NULL;
    if (log == NULL) {
        return;
    }
    pthread_mutex_destroy(&log->lock);
    free(log->ring);
    free(log);
}

/* The bytes of the characters that are kept. */
static size_t kept_length(struct svc_slice query)
{
    size_t characters = 0;

    for (size_t i = 0; i < query.length; i++) {
        characters += ((unsigned char)query.text[i] & 0xC0) != 0x80;
        if (characters > SEARCH_LOG_QUERY_MAX) {
            return i;
        }
    }
    return query.length;
}

bool search_log_note(struct search_log *log, const struct search_log_entry *entry)
{
    size_t length = kept_length(entry->query);

    pthread_mutex_lock(&log->lock);
    bool fits = log->count < log->capacity && length <= QUERY_BYTES;
    if (fits) {
        struct waiting *waiting = &log->ring[(log->first + log->count) % log->capacity];
        waiting->entry = *entry;
        waiting->length = length;
        if (length > 0) {
            memcpy(waiting->query, entry->query.text, length);
        }
        log->count++;
    }
    pthread_mutex_unlock(&log->lock);
    return fits;
}

static void write_entry(struct svc_json_writer *writer, const struct waiting *waiting)
{
    const struct search_log_entry *entry = &waiting->entry;

    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(
        writer, "query", (struct svc_slice){waiting->query, waiting->length});
    svc_json_write_field_int(writer, "total", (int64_t)entry->total);
    svc_json_write_field_bool(writer, "relaxed", entry->relaxed);
    svc_json_write_field_int(writer, "took_us", entry->took_us);
    svc_json_write_field_text(writer, "source", entry->source);
    if (entry->customer_hash[0] != '\0') {
        svc_json_write_field_text(writer, "customer_hash", entry->customer_hash);
    }
    svc_json_write_object_end(writer);
}

size_t search_log_take(struct search_log *log, size_t max, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    pthread_mutex_lock(&log->lock);
    size_t count = log->count < max ? log->count : max;
    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        write_entry(&writer, &log->ring[(log->first + i) % log->capacity]);
    }
    svc_json_write_array_end(&writer);
    log->first = (log->first + count) % log->capacity;
    log->count -= count;
    pthread_mutex_unlock(&log->lock);
    return count;
}

void search_log_hash(struct svc_slice customer, char ret_hash[SEARCH_LOG_HASH_SIZE])
{
    struct svc_sha256 hash;
    char hex[SVC_SHA256_HEX_SIZE];

    ret_hash[0] = '\0';
    if (customer.length == 0) {
        return;
    }
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, customer.text, customer.length);
    svc_sha256_finish_hex(&hash, hex);
    memcpy(ret_hash, hex, SEARCH_LOG_HASH_SIZE - 1);
    ret_hash[SEARCH_LOG_HASH_SIZE - 1] = '\0';
}
