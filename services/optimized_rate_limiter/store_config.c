#include "store_config.h"

#include <svc/buf.h>
#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/json_write.h>
#include <svc/log.h>
#include <svc/mem.h>
#include <svc/metrics.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 500
#define RELOAD_MS 2000
#define TIER_LIFE_MS 5000
#define TIER_QUERY_MS 40
/* After PostgreSQL failed to say a tier, nobody asks for so long. */
#define TIER_PAUSE_MS 500
#define WAITING_MAX 8192
#define BATCH_MAX 500

struct store_config {
    struct svc_pg *pg;
    struct customers *customers;
    struct svc_counter *written;
    struct svc_counter *dropped;
    pthread_t thread;
    bool has_thread;
    atomic_int_least64_t paused_until_ms; /* monotonic: for customers' tiers */
    pthread_mutex_t reloading; /* one at a time, so that an older answer is never last */
    bool was_down;
    pthread_rwlock_t tiers_lock;
    struct tiers tiers;
    pthread_mutex_t lock; /* the waiting ones, and `stopping` */
    pthread_cond_t stop;
    bool stopping;
    struct limited_message *waiting; /* a ring */
    size_t first, count;
};

bool store_config_tier(
    struct store_config *config, struct svc_slice name, struct tier *ret_tier)
{
    pthread_rwlock_rdlock(&config->tiers_lock);
    const struct tier *found = tiers_find(&config->tiers, name);
    if (found != NULL) {
        *ret_tier = *found;
    }
    pthread_rwlock_unlock(&config->tiers_lock);
    return found != NULL;
}

bool store_config_burst(struct store_config *config)
{
    pthread_rwlock_rdlock(&config->tiers_lock);
    bool burst = config->tiers.burst;
    pthread_rwlock_unlock(&config->tiers_lock);
    return burst;
}

static void read_tier(const struct svc_pg_result *rows, size_t row, struct tier *ret_tier)
{
    struct svc_slice name = svc_pg_get(rows, row, 0);

    *ret_tier = tier_default;
    snprintf(ret_tier->name, sizeof ret_tier->name, "%.*s", (int)name.length, name.text);
    ret_tier->limits.minute = svc_pg_get_int(rows, row, 1, 0);
    ret_tier->limits.hour = svc_pg_get_int(rows, row, 2, 0);
    ret_tier->limits.day = svc_pg_get_int(rows, row, 3, 0);
    ret_tier->limits.burst = svc_pg_get_int(rows, row, 4, 0);
    limits_clamp(&ret_tier->limits);
    if (!tier_mode_find(svc_pg_get(rows, row, 5), &ret_tier->mode)) {
        ret_tier->mode = TIER_ENFORCE;
    }
}

static bool read_tiers(struct store_config *config, struct tiers *ret_tiers)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    if (svc_pg_query(config->pg,
            SVC_PG_PREPARED(
                "SELECT customer_tier, max_per_minute, max_per_hour, max_per_day, "
                "burst_size, mode, COALESCE((SELECT value FROM system_config "
                "WHERE key = 'rate_limit_burst'), 'false') "
                "FROM rate_limit_config ORDER BY id LIMIT 64"),
            &rows, &error) != SVC_OK) {
        if (!config->was_down) {
            svc_log(SVC_LOG_WARN, "can't read the tiers; those known stay in force",
                SVC_PRIVATE(
                    "error", ((struct svc_slice){error.message, strlen(error.message)})));
        }
        return false;
    }
    ret_tiers->count = svc_pg_rows(rows);
    ret_tiers->burst = false;
    for (size_t row = 0; row < ret_tiers->count; row++) {
        read_tier(rows, row, &ret_tiers->list[row]);
        ret_tiers->burst = svc_slice_equals(svc_pg_get(rows, row, 6), "true");
    }
    return true;
}

static bool reload(struct store_config *config)
{
    struct tiers tiers;

    pthread_mutex_lock(&config->reloading);
    bool read = read_tiers(config, &tiers);
    config->was_down = !read;
    if (read) {
        pthread_rwlock_wrlock(&config->tiers_lock);
        config->tiers = tiers;
        pthread_rwlock_unlock(&config->tiers_lock);
    }
    pthread_mutex_unlock(&config->reloading);
    return read;
}

/* What was known before is better than nothing. */
static bool find_old_tier(
    struct store_config *config, struct svc_slice customer, char ret_name[TIER_NAME_SIZE])
{
    return customers_tier(config->customers, customer, 0, ret_name) &&
           ret_name[0] != '\0';
}

bool store_config_customer_tier(
    struct store_config *config, struct svc_slice customer, char ret_name[TIER_NAME_SIZE])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    int64_t now_ms = svc_clock_monotonic_ms();
    const struct svc_pg_param parameters[] = {svc_pg_slice(customer)};
    const struct svc_pg_statement statement = {
        .sql = "SELECT customer_tier FROM customers WHERE phone = $1",
        .params = parameters,
        .param_count = 1,
        .prepare = true,
        .timeout_ms = TIER_QUERY_MS,
    };

    if (config->pg == NULL) {
        return false;
    }
    if (customers_tier(config->customers, customer, now_ms - TIER_LIFE_MS, ret_name)) {
        return ret_name[0] != '\0';
    }
    if (now_ms < atomic_load(&config->paused_until_ms)) {
        return find_old_tier(config, customer, ret_name);
    }
    if (svc_pg_query(config->pg, &statement, &rows, &error) != SVC_OK) {
        atomic_store(&config->paused_until_ms, svc_clock_monotonic_ms() + TIER_PAUSE_MS);
        return find_old_tier(config, customer, ret_name);
    }
    struct svc_slice name =
        svc_pg_rows(rows) > 0 ? svc_pg_get(rows, 0, 0) : (struct svc_slice){0};
    customers_set_tier(config->customers, customer, name, now_ms);
    return find_old_tier(config, customer, ret_name);
}

enum svc_status store_config_set_tier(
    struct store_config *config, const struct tier *tier)
{
    struct svc_pg_error error;

    if (config->pg == NULL) {
        return SVC_UNAVAILABLE;
    }
    enum svc_status status = svc_pg_query(config->pg,
        SVC_PG_SQL(
            "INSERT INTO rate_limit_config (customer_tier, max_per_minute, "
            "max_per_hour, max_per_day, burst_size, mode) "
            "VALUES ($1, $2, $3, $4, $5, $6) "
            "ON CONFLICT (customer_tier) DO UPDATE SET "
            "max_per_minute = EXCLUDED.max_per_minute, "
            "max_per_hour = EXCLUDED.max_per_hour, "
            "max_per_day = EXCLUDED.max_per_day, burst_size = EXCLUDED.burst_size, "
            "mode = EXCLUDED.mode, updated_at = NOW()",
            svc_pg_text(tier->name), svc_pg_int(tier->limits.minute),
            svc_pg_int(tier->limits.hour), svc_pg_int(tier->limits.day),
            svc_pg_int(tier->limits.burst), svc_pg_text(tier_mode_name(tier->mode))),
        NULL, &error);
    if (status == SVC_OK) {
        (void)reload(config);
    }
    return status;
}

void store_config_note_limited(
    struct store_config *config, const struct limited_message *message)
{
    if (config->pg == NULL) {
        return;
    }
    pthread_mutex_lock(&config->lock);
    if (config->count == WAITING_MAX) {
        config->first = (config->first + 1) % WAITING_MAX;
        config->count--;
        svc_counter_add(config->dropped, 1);
    }
    config->waiting[(config->first + config->count++) % WAITING_MAX] = *message;
    pthread_mutex_unlock(&config->lock);
}

static void write_row(
    struct svc_json_writer *writer, const struct limited_message *message)
{
    char time[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "customer_phone", message->customer);
    if (message->message_id[0] != '\0') {
        svc_json_write_field_text(writer, "message_id", message->message_id);
    }
    svc_json_write_field_text(writer, "message_type", message->type);
    svc_json_write_field_text(
        writer, "message_timestamp", svc_clock_format_ms(message->time_ms, time));
    svc_json_write_object_end(writer);
}

/* The first of those that wait, as a JSON array; how many. */
static size_t collect(struct store_config *config, struct svc_buf *rows)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, rows);
    svc_json_write_array_begin(&writer);
    pthread_mutex_lock(&config->lock);
    size_t count = config->count < BATCH_MAX ? config->count : BATCH_MAX;
    for (size_t i = 0; i < count; i++) {
        write_row(&writer, &config->waiting[(config->first + i) % WAITING_MAX]);
    }
    config->first = (config->first + count) % WAITING_MAX;
    config->count -= count;
    pthread_mutex_unlock(&config->lock);
    svc_json_write_array_end(&writer);
    return count;
}

static bool insert(struct store_config *config, const char *rows)
{
    struct svc_pg_error error;

    return svc_pg_query(config->pg,
               SVC_PG_PREPARED(
                   "INSERT INTO message_logs (customer_phone, message_id, message_type, "
                   "message_timestamp, direction, rate_limit_exceeded) "
                   "SELECT customer_phone, message_id, message_type, message_timestamp, "
                   "'inbound', true FROM jsonb_to_recordset($1::jsonb) AS row("
                   "customer_phone text, message_id text, message_type text, "
                   "message_timestamp timestamptz)",
                   svc_pg_text(rows)),
               NULL, &error) == SVC_OK;
}

/* What PostgreSQL doesn't take is tried once more, then counted as dropped: a log of
 * denials is not worth a queue without end. */
static void flush(struct store_config *config)
{
    struct svc_buf rows;
    size_t count = 0;

    svc_buf_init(&rows, (size_t)BATCH_MAX * 4096);
    while ((count = collect(config, &rows)) > 0) {
        bool fine =
            insert(config, svc_buf_text(&rows)) || insert(config, svc_buf_text(&rows));
        svc_counter_add(fine ? config->written : config->dropped, count);
        svc_buf_clear(&rows);
    }
    svc_buf_done(&rows);
}

static bool wait_for_tick(struct store_config *config)
{
    int64_t until_ns = svc_condition_until_ns(TICK_MS);

    pthread_mutex_lock(&config->lock);
    if (!config->stopping) {
        (void)svc_condition_wait(&config->stop, &config->lock, until_ns);
    }
    bool stopping = config->stopping;
    pthread_mutex_unlock(&config->lock);
    return !stopping;
}

static void *run(void *argument)
{
    struct store_config *config = argument;
    int64_t reloaded_ms = svc_clock_monotonic_ms();

    while (wait_for_tick(config)) {
        flush(config);
        bool due = svc_clock_monotonic_ms() - reloaded_ms >= RELOAD_MS;
        if (due && reload(config)) {
            reloaded_ms = svc_clock_monotonic_ms();
        }
    }
    flush(config);
    return NULL;
}

struct store_config *store_config_new(
    struct svc_pg *pg, struct customers *customers, struct svc_metrics *metrics)
{
    struct store_config *config = svc_alloc_zero(1, sizeof *config);

    config->pg = pg;
    config->customers = customers;
    config->written = svc_metrics_counter(
        metrics, "limiter_logged_total", "", "Limited messages written to message_logs.");
    config->dropped = svc_metrics_counter(metrics, "limiter_log_dropped_total", "",
        "Limited messages that message_logs didn't get.");
    pthread_mutex_init(&config->reloading, NULL);
    pthread_rwlock_init(&config->tiers_lock, NULL);
    pthread_mutex_init(&config->lock, NULL);
    svc_condition_init(&config->stop);
    tiers_set_standard(&config->tiers);
    if (pg == NULL) {
        return config;
    }
    config->waiting = svc_alloc(WAITING_MAX * sizeof *config->waiting);
    (void)reload(config);
    config->has_thread = pthread_create(&config->thread, NULL, run, config) == 0;
    return config;
}

void store_config_free(struct store_config **config_pointer)
{
    struct store_config *config = *config_pointer;

    *config_pointer = NULL;
    if (config == NULL) {
        return;
    }
    if (config->has_thread) {
        pthread_mutex_lock(&config->lock);
        config->stopping = true;
        pthread_cond_signal(&config->stop);
        pthread_mutex_unlock(&config->lock);
        pthread_join(config->thread, NULL);
    }
    pthread_cond_destroy(&config->stop);
    pthread_mutex_destroy(&config->lock);
    pthread_rwlock_destroy(&config->tiers_lock);
    pthread_mutex_destroy(&config->reloading);
    free(config->waiting);
    free(config);
}
