#include "store_live.h"

#include "bins.h"
#include "store_live_sql.h"
#include "store_success.h"

#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)4 * 1024 * 1024)
#define MINUTES 60

struct live {
    struct live_settings settings;
    pthread_mutex_t lock; /* held while one reads for all: the others wait for it */
    struct svc_buf kept;
    int64_t kept_at_ms; /* 0: nothing is kept */
};

/* Of one minute. */
struct minute {
    int64_t messages, searches, paid, failed, limited;
    struct bins replies;
};

struct live *live_new(const struct live_settings *settings)
{
    struct live *live = svc_alloc_zero(1, sizeof *live);

    live->settings = *settings;
    pthread_mutex_init(&live->lock, NULL);
    svc_buf_init(&live->kept, ANSWER_MAX);
    return live;
}

void live_free(struct live **live)
{
    if (*live != NULL) {
        pthread_mutex_destroy(&(*live)->lock);
        svc_buf_done(&(*live)->kept);
    }
    free(*live);
    *live = NULL;
}

static enum svc_status fail(const struct svc_pg_error *error, char ret_error[256])
{
    snprintf(ret_error, 256, "%s", error->message);
    return error->status == SVC_INTERNAL ? SVC_INTERNAL : SVC_UNAVAILABLE;
}

static enum svc_status write_part(struct live *live, const struct live_part *part,
    struct svc_json_writer *writer, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(live->settings.pg,
        SVC_PG_PREPARED(part->sql, svc_pg_text(live->settings.prices)), &rows, &error);
    struct svc_slice value = svc_pg_get(rows, 0, 0);

    if (status != SVC_OK) {
        return fail(&error, ret_error);
    }
    svc_json_write_raw(writer, value.text != NULL ? value : SVC_SLICE("null"));
    return SVC_OK;
}

static void write_percentile(struct svc_json_writer *writer, const char *name,
    const struct bins *bins, double share)
{
    double value_us = bins_percentile_us(bins, share);

    svc_json_write_key(writer, name);
    if (value_us < 0) {
        svc_json_write_null(writer);
    } else {
        svc_json_write_double(writer, value_us / 1000);
    }
}

static void add_count(
    struct minute *minute, struct svc_slice name, struct svc_slice label, int64_t count)
{
    if (svc_slice_equals(name, "message")) {
        minute->messages += count;
    } else if (svc_slice_equals(name, "search")) {
        minute->searches += count;
    } else if (svc_slice_equals(name, "paid")) {
        minute->paid += count;
    } else if (svc_slice_equals(name, "limited")) {
        minute->limited += count;
    } else if (svc_slice_equals(name, "failed") || svc_slice_equals(label, "failed")) {
        minute->failed += count;
    }
}

/* Both: how many minutes ago, and what. */
static enum svc_status read_minutes(
    struct live *live, struct minute minutes[MINUTES], char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *counts = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *bins = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(live->settings.pg,
        SVC_PG_PREPARED(
            "SELECT (extract(epoch FROM date_trunc('minute', now()) - bucket_at) / "
            "60)::int, name, dimension, count FROM metrics_counts WHERE granularity = "
            "'m' AND bucket_at > now() - INTERVAL '60 minutes' AND name IN ('message', "
            "'search', 'paid', 'failed', 'limited', 'reply')"),
        &counts, &error);

    if (status == SVC_OK) {
        status = svc_pg_query(live->settings.pg,
            SVC_PG_PREPARED(
                "SELECT (extract(epoch FROM date_trunc('minute', now()) - bucket_at) / "
                "60)::int, bin, count FROM metrics_histogram WHERE granularity = 'm' AND "
                "bucket_at > now() - INTERVAL '60 minutes' AND name = 'reply'"),
            &bins, &error);
    }
    for (size_t row = 0; row < svc_pg_rows(counts); row++) {
        int64_t ago = svc_pg_get_int(counts, row, 0, -1);
        if (ago >= 0 && ago < MINUTES) {
            add_count(&minutes[ago], svc_pg_get(counts, row, 1),
                svc_pg_get(counts, row, 2), svc_pg_get_int(counts, row, 3, 0));
        }
    }
    for (size_t row = 0; row < svc_pg_rows(bins); row++) {
        int64_t ago = svc_pg_get_int(bins, row, 0, -1);
        if (ago >= 0 && ago < MINUTES) {
            bins_add(&minutes[ago].replies, (int)svc_pg_get_int(bins, row, 1, 0),
                svc_pg_get_int(bins, row, 2, 0));
        }
    }
    return status == SVC_OK ? SVC_OK : fail(&error, ret_error);
}

static void write_minute(
    struct svc_json_writer *writer, const struct minute *minute, int64_t at_s)
{
    char time[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "at", svc_clock_format_s(at_s, time));
    svc_json_write_field_int(writer, "messages", minute->messages);
    svc_json_write_field_int(writer, "searches", minute->searches);
    svc_json_write_field_int(writer, "paid", minute->paid);
    svc_json_write_field_int(writer, "failed", minute->failed);
    svc_json_write_field_int(writer, "limited", minute->limited);
    write_percentile(writer, "p50_ms", &minute->replies, 0.50);
    write_percentile(writer, "p95_ms", &minute->replies, 0.95);
    svc_json_write_object_end(writer);
}

static enum svc_status write_minutes(
    struct live *live, struct svc_json_writer *writer, char ret_error[256])
{
    SVC_AUTO_FREE struct minute *minutes = svc_alloc_zero(MINUTES, sizeof minutes[0]);
    int64_t now_s = svc_clock_unix_ms() / 1000;
    enum svc_status status = read_minutes(live, minutes, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    svc_json_write_array_begin(writer);
    for (int ago = MINUTES - 1; ago >= 0; ago--) {
        write_minute(writer, &minutes[ago], now_s - now_s % 60 - ago * 60);
    }
    svc_json_write_array_end(writer);
    return SVC_OK;
}

static enum svc_status write_success(
    struct live *live, struct svc_json_writer *writer, char ret_error[256])
{
    struct success_values values;
    enum svc_status status =
        store_success_read(live->settings.pg, live->settings.success, &values, ret_error);

    if (status == SVC_OK) {
        success_write(writer, &values);
    }
    return status;
}

/* How the two paths do, today. */
struct path {
    int64_t messages, replies, failed, paid, paid_minor;
    struct bins bins;
};

static void add_to_path(struct path *path, const struct svc_pg_result *rows, size_t row)
{
    struct svc_slice name = svc_pg_get(rows, row, 1);
    int64_t count = svc_pg_get_int(rows, row, 3, 0);

    if (svc_slice_equals(name, "message")) {
        path->messages += count;
    } else if (svc_slice_equals(name, "reply")) {
        path->replies += count;
        path->failed += svc_slice_equals(svc_pg_get(rows, row, 2), "failed") ? count : 0;
    } else if (svc_slice_equals(name, "failed")) {
        path->failed += count;
    } else if (svc_slice_equals(name, "paid")) {
        path->paid += count;
        path->paid_minor += svc_pg_get_int(rows, row, 4, 0);
    } else if (svc_slice_equals(name, "latency")) {
        bins_add(&path->bins, (int)svc_pg_get_int(rows, row, 4, 0), count);
    }
}

static void write_path(
    struct svc_json_writer *writer, const char *name, const struct path *path)
{
    int64_t tried = path->replies > path->failed ? path->replies : path->failed;

    svc_json_write_key(writer, name);
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "messages", path->messages);
    svc_json_write_field_int(writer, "replies", path->replies);
    svc_json_write_field_int(writer, "failed", path->failed);
    svc_json_write_key(writer, "error_rate");
    if (tried > 0) {
        svc_json_write_double(writer, (double)path->failed / (double)tried);
    } else {
        svc_json_write_null(writer);
    }
    write_percentile(writer, "p50_ms", &path->bins, 0.50);
    write_percentile(writer, "p95_ms", &path->bins, 0.95);
    svc_json_write_field_int(writer, "paid", path->paid);
    svc_json_write_field_int(writer, "paid_minor", path->paid_minor);
    svc_json_write_object_end(writer);
}

static enum svc_status write_migration(
    struct live *live, struct svc_json_writer *writer, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    SVC_AUTO_FREE struct path *paths = svc_alloc_zero(2, sizeof paths[0]);
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(live->settings.pg,
        SVC_PG_PREPARED(
            "WITH today AS (SELECT metrics_today()::timestamp AT TIME ZONE 'UTC' AS at) "
            "SELECT path, name, dimension, count, sum FROM metrics_counts, today WHERE "
            "granularity = 'd' AND bucket_at = at AND name IN ('message', 'reply', "
            "'failed', 'paid') UNION ALL SELECT path, 'latency', '', count, bin FROM "
            "metrics_histogram, today WHERE granularity = 'd' AND bucket_at = at AND "
            "name = 'reply'"),
        &rows, &error);

    if (status != SVC_OK) {
        return fail(&error, ret_error);
    }
    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        bool mvp = svc_slice_equals(svc_pg_get(rows, row, 0), "mvp");
        add_to_path(&paths[mvp], rows, row);
    }
    svc_json_write_object_begin(writer);
    write_path(writer, "mvp", &paths[1]);
    write_path(writer, "full", &paths[0]);
    svc_json_write_object_end(writer);
    return SVC_OK;
}

typedef enum svc_status part_writer(
    struct live *live, struct svc_json_writer *writer, char ret_error[256]);

static const struct {
    const char *key;
    part_writer *write;
} own_parts[] = {
    {"minutes", write_minutes},
    {"success_metrics", write_success},
    {"migration", write_migration},
};

static enum svc_status write_all(
    struct live *live, struct svc_json_writer *writer, char ret_error[256])
{
    char time[SVC_CLOCK_TEXT_SIZE];
    enum svc_status status = SVC_OK;

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(
        writer, "generated_at", svc_clock_format_ms(svc_clock_unix_ms(), time));
    for (size_t i = 0; status == SVC_OK && i < live_part_count; i++) {
        svc_json_write_key(writer, live_parts[i].key);
        status = write_part(live, &live_parts[i], writer, ret_error);
    }
    for (size_t i = 0; status == SVC_OK && i < sizeof own_parts / sizeof own_parts[0];
         i++) {
        svc_json_write_key(writer, own_parts[i].key);
        status = own_parts[i].write(live, writer, ret_error);
    }
    svc_json_write_object_end(writer);
    return status;
}

enum svc_status live_write(struct live *live, struct svc_buf *out, char ret_error[256])
{
    struct svc_json_writer writer;
    enum svc_status status = SVC_OK;

    pthread_mutex_lock(&live->lock);
    int64_t age_ms = svc_clock_monotonic_ms() - live->kept_at_ms;
    if (live->kept_at_ms == 0 || age_ms >= live->settings.cache_ms) {
        svc_buf_clear(&live->kept);
        svc_json_write_init(&writer, &live->kept);
        status = write_all(live, &writer, ret_error);
        live->kept_at_ms = status == SVC_OK ? svc_clock_monotonic_ms() : 0;
    }
    if (status == SVC_OK) {
        svc_buf_add(out, svc_buf_text(&live->kept), live->kept.length);
    }
    pthread_mutex_unlock(&live->lock);
    return status;
}

enum svc_status live_write_part(
    struct live *live, const char *key, struct svc_buf *out, char ret_error[256])
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    for (size_t i = 0; i < live_part_count; i++) {
        if (strcmp(live_parts[i].key, key) == 0) {
            return write_part(live, &live_parts[i], &writer, ret_error);
        }
    }
    for (size_t i = 0; i < sizeof own_parts / sizeof own_parts[0]; i++) {
        if (strcmp(own_parts[i].key, key) == 0) {
            return own_parts[i].write(live, &writer, ret_error);
        }
    }
    snprintf(ret_error, 256, "no such part: %.100s", key);
    return SVC_INTERNAL;
}
