#include "redis_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS 3

struct worker {
    struct redis_load *load;
    pthread_t thread;
    size_t number;
    int64_t calls;
    struct redis_load_counts counts;
};

struct redis_load {
    struct svc_redis *redis;
    atomic_bool stop;
    struct worker *workers;
    size_t count;
};

const struct svc_redis_script redis_load_script = {
    .source = "local all = {}\n"
              "for i, v in ipairs(KEYS) do all[#all + 1] = v end\n"
              "for i, v in ipairs(ARGV) do all[#all + 1] = v end\n"
              "return all\n",
};

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

/* SET of a new value, a script that says it again, GET: all of one slot. */
static void add_commands(
    struct svc_redis_batch *batch, const char *key, const char *value)
{
    const struct svc_slice set[] = {SVC_SLICE("SET"), slice(key), slice(value)};
    const struct svc_slice script[] = {slice(key), slice(value)};
    const struct svc_slice get[] = {SVC_SLICE("GET"), slice(key)};

    svc_redis_batch_add(batch, 3, set, 1);
    svc_redis_batch_add_script(batch, &redis_load_script, 1, 2, script);
    svc_redis_batch_add(batch, 2, get, 1);
}

/* Replies that are there must be right whatever became of the call. */
static bool is_wrong(const struct svc_redis_batch *batch, const char *value)
{
    const char *const expected[COMMANDS] = {"OK", value, value};

    for (size_t i = 0; i < COMMANDS; i++) {
        const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, i);
        if (reply == NULL || svc_redis_reply_is_error(reply)) {
            continue;
        }
        reply = i == 1 ? svc_redis_reply_at(reply, 1) : reply;
        if (!svc_slice_equals(svc_redis_reply_text(reply), expected[i])) {
            return true;
        }
    }
    return false;
}

static bool is_refused(const struct svc_redis_batch *batch)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (svc_redis_reply_is_error(svc_redis_batch_reply(batch, i))) {
            return true;
        }
    }
    return false;
}

static void count_call(struct redis_load_counts *counts,
    const struct svc_redis_batch *batch, enum svc_status status,
    const struct svc_redis_error *error)
{
    bool refused = status == SVC_OK && is_refused(batch);

    counts->ok += status == SVC_OK && !refused;
    counts->refused += refused;
    counts->unavailable += status == SVC_UNAVAILABLE;
    counts->timeout += status == SVC_TIMEOUT;
    counts->other +=
        status != SVC_OK && status != SVC_UNAVAILABLE && status != SVC_TIMEOUT;
    if (status != SVC_OK) {
        snprintf(counts->sample, sizeof counts->sample, "%s", error->message);
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    while (!atomic_load(&worker->load->stop)) {
        char key[64];
        char value[64];
        SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
        struct svc_redis_error error = {0};
        snprintf(key, sizeof key, "load:%zu:{%lld}", worker->number,
            (long long)(worker->calls % 50));
        snprintf(
            value, sizeof value, "%zu-%lld", worker->number, (long long)worker->calls++);
        add_commands(batch, key, value);
        int64_t start_ns = svc_clock_monotonic_ns();
        enum svc_status status = svc_redis_run(worker->load->redis, batch, &error);
        int64_t took_us = (svc_clock_monotonic_ns() - start_ns) / 1000;
        if (took_us > worker->counts.longest_us) {
            worker->counts.longest_us = took_us;
        }
        worker->counts.wrong += is_wrong(batch, value);
        count_call(&worker->counts, batch, status, &error);
        if (status != SVC_OK) {
            /* Who is refused at once would only warm the processor. */
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        }
    }
    return NULL;
}

struct redis_load *redis_load_start(struct svc_redis *redis, size_t threads)
{
    struct redis_load *load = svc_alloc_zero(1, sizeof *load);

    load->redis = redis;
    load->workers = svc_alloc_zero(threads, sizeof *load->workers);
    load->count = threads;
    for (size_t i = 0; i < threads; i++) {
        load->workers[i].load = load;
        load->workers[i].number = i;
        if (pthread_create(&load->workers[i].thread, NULL, work, &load->workers[i]) !=
            0) {
            abort();
        }
    }
    return load;
}

static void add_counts(
    struct redis_load_counts *counts, const struct redis_load_counts *more)
{
    counts->ok += more->ok;
    counts->refused += more->refused;
    counts->unavailable += more->unavailable;
    counts->timeout += more->timeout;
    counts->other += more->other;
    counts->wrong += more->wrong;
    if (more->longest_us > counts->longest_us) {
        counts->longest_us = more->longest_us;
    }
    if (more->sample[0] != '\0') {
        memcpy(counts->sample, more->sample, sizeof counts->sample);
    }
}

void redis_load_stop(struct redis_load **load_pointer, struct redis_load_counts *counts)
{
    struct redis_load *load = *load_pointer;

    *load_pointer = NULL;
    atomic_store(&load->stop, true);
    for (size_t i = 0; i < load->count; i++) {
        pthread_join(load->workers[i].thread, NULL);
        add_counts(counts, &load->workers[i].counts);
    }
    free(load->workers);
    free(load);
}
