/* Does what a test in Python says, line by line, with the server that REDIS_URL names,
 * and answers each with a line of JSON; tests/api/redis_driver.py is the other side.
 * Words are separated by tabs:
 *
 *   run|again KEY_INDEX WORD... [; KEY_INDEX WORD...]...   a batch; again: repeatable
 *   script KEY_COUNT KEY... VALUE...   answers its own keys and values
 *   ping | scan PATTERN | slot KEY
 *   load THREADS | stop             checks that each call gets its own answer
 *   track PREFIX... | events | untrack */
#include "redis_load.h"

#include <svc/json_write.h>
#include <svc/redis_tracking.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 1024
#define LOADS_MAX 8

struct driver {
    struct svc_redis *redis;
    struct svc_json_writer *writer;
    struct redis_load *loads[LOADS_MAX];
    size_t load_count;
    struct svc_redis_tracking *tracking;
    pthread_mutex_t mutex;
    char *events[4096]; /* under the mutex; NULL: everything */
    size_t event_count;
    char *words[WORDS_MAX];
    size_t count;
};

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static const char *name_of(enum svc_status status)
{
    switch (status) {
#define X(code, http, title)                                                             \
    case SVC_##code:                                                                     \
        return #code;
        SVC_STATUS_MAP(X)
#undef X
    }
    return "?";
}

/* An array with one more level than replies have in these tests. */
static void write_reply(
    struct svc_json_writer *writer, const struct svc_redis_reply *reply)
{
    struct svc_slice text = svc_redis_reply_text(reply);
    size_t count = svc_redis_reply_count(reply);

    if (svc_redis_reply_is_nil(reply)) {
        svc_json_write_null(writer);
    } else if (text.text != NULL) {
        svc_json_write_slice(writer, text);
    } else if (count == 0) {
        svc_json_write_int(writer, svc_redis_reply_int(reply));
    } else {
        svc_json_write_array_begin(writer);
        for (size_t i = 0; i < count; i++) {
            svc_json_write_slice(
                writer, svc_redis_reply_text(svc_redis_reply_at(reply, i)));
        }
        svc_json_write_array_end(writer);
    }
}

static void write_status(struct driver *driver, enum svc_status status,
    const struct svc_redis_error *error, int64_t start_ns)
{
    int64_t took_us = (svc_clock_monotonic_ns() - start_ns) / 1000;

    svc_json_write_field_text(driver->writer, "status", name_of(status));
    svc_json_write_field_text(
        driver->writer, "message", status == SVC_OK ? "" : error->message);
    svc_json_write_field_int(driver->writer, "took_ms", took_us / 1000);
}

static void run_batch(struct driver *driver, struct svc_redis_batch *batch, size_t count)
{
    struct svc_redis_error error = {0};
    int64_t start_ns = svc_clock_monotonic_ns();
    enum svc_status status = svc_redis_run(driver->redis, batch, &error);

    write_status(driver, status, &error, start_ns);
    svc_json_write_key(driver->writer, "replies");
    svc_json_write_array_begin(driver->writer);
    for (size_t i = 0; i < count; i++) {
        write_reply(driver->writer, svc_redis_batch_reply(batch, i));
    }
    svc_json_write_array_end(driver->writer);
}

static void do_run(struct driver *driver)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_slice arguments[WORDS_MAX];
    size_t commands = 0;

    if (strcmp(driver->words[0], "again") == 0) {
        svc_redis_batch_mark_repeatable(batch);
    }
    for (size_t i = 1; i < driver->count; i++) {
        size_t key_index = strtoul(driver->words[i++], NULL, 10);
        size_t count = 0;
        while (i < driver->count && strcmp(driver->words[i], ";") != 0) {
            arguments[count++] = slice(driver->words[i++]);
        }
        svc_redis_batch_add(batch, count, arguments, key_index);
        commands++;
    }
    run_batch(driver, batch, commands);
}

static void do_script(struct driver *driver)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_slice arguments[WORDS_MAX];

    for (size_t i = 2; i < driver->count; i++) {
        arguments[i - 2] = slice(driver->words[i]);
    }
    svc_redis_batch_add_script(batch, &redis_load_script,
        strtoul(driver->words[1], NULL, 10), driver->count - 2, arguments);
    run_batch(driver, batch, 1);
}

static void do_ping(struct driver *driver)
{
    struct svc_redis_error error = {0};
    int64_t latency_us = 0;
    int64_t start_ns = svc_clock_monotonic_ns();

    write_status(
        driver, svc_redis_ping(driver->redis, &latency_us, &error), &error, start_ns);
}

static bool write_keys(void *context, const struct svc_slice *keys, size_t count)
{
    struct driver *driver = context;

    for (size_t i = 0; i < count; i++) {
        svc_json_write_slice(driver->writer, keys[i]);
    }
    return true;
}

static void do_scan(struct driver *driver)
{
    struct svc_redis_error error = {0};
    int64_t start_ns = svc_clock_monotonic_ns();

    svc_json_write_key(driver->writer, "keys");
    svc_json_write_array_begin(driver->writer);
    enum svc_status status =
        svc_redis_scan(driver->redis, driver->words[1], write_keys, driver, &error);
    svc_json_write_array_end(driver->writer);
    write_status(driver, status, &error, start_ns);
}

static void do_slot(struct driver *driver)
{
    svc_json_write_field_int(
        driver->writer, "slot", svc_redis_slot(slice(driver->words[1])));
    svc_json_write_field_bool(
        driver->writer, "cluster", svc_redis_is_cluster(driver->redis));
}

static void do_load(struct driver *driver)
{
    if (driver->load_count < LOADS_MAX) {
        driver->loads[driver->load_count++] =
            redis_load_start(driver->redis, strtoul(driver->words[1], NULL, 10));
    }
}

static void stop_loads(struct driver *driver, struct redis_load_counts *ret_counts)
{
    memset(ret_counts, 0, sizeof *ret_counts);
    for (size_t i = 0; i < driver->load_count; i++) {
        redis_load_stop(&driver->loads[i], ret_counts);
    }
    driver->load_count = 0;
}

static void do_stop(struct driver *driver)
{
    struct redis_load_counts counts;

    stop_loads(driver, &counts);
    svc_json_write_field_int(driver->writer, "ok", counts.ok);
    svc_json_write_field_int(driver->writer, "unavailable", counts.unavailable);
    svc_json_write_field_int(driver->writer, "timeout", counts.timeout);
    svc_json_write_field_int(driver->writer, "refused", counts.refused);
    svc_json_write_field_int(driver->writer, "other", counts.other);
    svc_json_write_field_int(driver->writer, "wrong", counts.wrong);
    svc_json_write_field_int(driver->writer, "longest_ms", counts.longest_us / 1000);
    svc_json_write_field_text(driver->writer, "sample", counts.sample);
}

static void note_event(void *context, const struct svc_slice *key)
{
    struct driver *driver = context;

    pthread_mutex_lock(&driver->mutex);
    if (driver->event_count < sizeof driver->events / sizeof driver->events[0]) {
        driver->events[driver->event_count++] =
            key != NULL ? svc_strndup(key->text, key->length) : NULL;
    }
    pthread_mutex_unlock(&driver->mutex);
}

static void do_track(struct driver *driver)
{
    const char *prefixes[WORDS_MAX];

    for (size_t i = 1; i < driver->count; i++) {
        prefixes[i - 1] = driver->words[i];
    }
    driver->tracking = svc_redis_tracking_new(
        driver->redis, prefixes, driver->count - 1, note_event, driver);
}

static void do_events(struct driver *driver)
{
    bool live = driver->tracking != NULL && svc_redis_tracking_is_live(driver->tracking);

    svc_json_write_field_bool(driver->writer, "live", live);
    svc_json_write_key(driver->writer, "events");
    svc_json_write_array_begin(driver->writer);
    pthread_mutex_lock(&driver->mutex);
    for (size_t i = 0; i < driver->event_count; i++) {
        char *key = driver->events[i];
        svc_json_write_slice(
            driver->writer, key != NULL ? slice(key) : (struct svc_slice){0});
        free(key);
    }
    driver->event_count = 0;
    pthread_mutex_unlock(&driver->mutex);
    svc_json_write_array_end(driver->writer);
}

static void do_untrack(struct driver *driver)
{
    svc_redis_tracking_free(&driver->tracking);
}

static void split(struct driver *driver, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    driver->count = 0;
    while (line != NULL && driver->count < WORDS_MAX) {
        driver->words[driver->count++] = strsep(&line, "\t");
    }
}

static bool obey(struct driver *driver)
{
    static const struct {
        const char *name;
        size_t words;
        void (*run)(struct driver *);
    } commands[] = {
        {"run", 3, do_run},
        {"again", 3, do_run},
        {"script", 2, do_script},
        {"ping", 1, do_ping},
        {"scan", 2, do_scan},
        {"slot", 2, do_slot},
        {"load", 2, do_load},
        {"stop", 1, do_stop},
        {"track", 2, do_track},
        {"events", 1, do_events},
        {"untrack", 1, do_untrack},
    };

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(driver->words[0], commands[i].name) == 0 &&
            driver->count >= commands[i].words) {
            commands[i].run(driver);
            return true;
        }
    }
    return false;
}

static int serve(struct driver *driver)
{
    char *line = NULL;
    size_t room = 0;
    struct svc_buf buf;
    int exit_status = 0;

    svc_buf_init(&buf, (size_t)64 << 20);
    while (exit_status == 0 && getline(&line, &room, stdin) > 0) {
        struct svc_json_writer writer;
        svc_buf_clear(&buf);
        svc_json_write_init(&writer, &buf);
        driver->writer = &writer;
        split(driver, line);
        svc_json_write_object_begin(&writer);
        exit_status = obey(driver) ? 0 : 2;
        svc_json_write_object_end(&writer);
        puts(svc_buf_text(&buf));
        fflush(stdout);
    }
    free(line);
    svc_buf_done(&buf);
    return exit_status;
}

int main(void)
{
    const char *url = getenv("REDIS_URL");
    const char *timeout = getenv("REDIS_TIMEOUT_MS");
    const char *pool = getenv("REDIS_POOL_SIZE");
    static struct driver driver;
    struct svc_redis_error error;
    struct svc_redis_settings settings = {
        .url = url != NULL ? url : "",
        .timeout_ms = timeout != NULL ? strtol(timeout, NULL, 10) : 500,
        .pool_size = pool != NULL ? strtol(pool, NULL, 10) : 16,
    };

    if (svc_redis_open(&settings, &driver.redis, &error) != SVC_OK) {
        fprintf(stderr, "redis_driver: REDIS_URL: %s\n", error.message);
        return 1;
    }
    pthread_mutex_init(&driver.mutex, NULL);
    int exit_status = serve(&driver);
    struct redis_load_counts unused;
    stop_loads(&driver, &unused);
    svc_redis_tracking_free(&driver.tracking);
    svc_redis_close(&driver.redis);
    for (size_t i = 0; i < driver.event_count; i++) {
        free(driver.events[i]);
    }
    return exit_status;
}
