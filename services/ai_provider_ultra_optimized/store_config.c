#include "store_config.h"

#include "keys.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RELOAD_MS 1000
#define PRICE_MAX 1000000.0

struct store_config {
    struct svc_pg *pg;
    store_config_change *change;
    void *context;
    pthread_t thread;
    bool has_thread;
    bool was_down;        /* of the thread, or of store_config_new before it */
    pthread_mutex_t lock; /* `list` and `stopping` */
    pthread_cond_t stop;
    bool stopping;
    struct provider_list *list;
};

enum column {
    COLUMN_FLAG,
    COLUMN_NAME,
    COLUMN_PROTOCOL,
    COLUMN_BASE_URL,
    COLUMN_MODEL,
    COLUMN_ENABLED,
    COLUMN_PRIORITY,
    COLUMN_MAX_TOKENS,
    COLUMN_TEMPERATURE,
    COLUMN_TIMEOUT_MS,
    COLUMN_THRESHOLD,
    COLUMN_OPEN_S,
    COLUMN_INPUT,
    COLUMN_OUTPUT,
    COLUMN_CACHED,
    COLUMN_BUDGET,
};

static const char query[] =
    "SELECT flag, provider_name, protocol, base_url, model, is_enabled, priority, "
    "max_tokens, temperature, timeout_ms, circuit_breaker_threshold, "
    "circuit_breaker_timeout, input_usd_per_million * factor, "
    "output_usd_per_million * factor, cached_usd_per_million * factor, "
    "daily_budget_usd FROM (SELECT COALESCE((SELECT value FROM system_config "
    "WHERE key = 'use_ai_providers'), 'true') AS flag) AS flags "
    "LEFT JOIN (SELECT *, CASE WHEN extract(isodow FROM utc) < 6 "
    "AND extract(hour FROM utc) = ANY (peak_hours) THEN peak_factor ELSE 1 END AS factor "
    "FROM ai_provider_config, (SELECT now() AT TIME ZONE 'UTC' AS utc) AS clock "
    "ORDER BY is_enabled DESC, priority, id "
    "LIMIT 8) AS rows ON true ORDER BY priority, id";

static double get_number(
    const struct svc_pg_result *rows, size_t row, size_t column, double standard)
{
    struct svc_slice text = svc_pg_get(rows, row, column);
    double value = text.text != NULL ? strtod(text.text, NULL) : standard;

    return value >= -1 && value <= PRICE_MAX ? value : standard;
}

static int32_t get_int(
    const struct svc_pg_result *rows, size_t row, size_t column, int32_t standard)
{
    int64_t value = svc_pg_get_int(rows, row, column, standard);

    return value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value : standard;
}

static struct svc_slice get_text(
    const struct svc_pg_result *rows, size_t row, size_t column, struct svc_arena *arena)
{
    struct svc_slice text = svc_pg_get(rows, row, column);

    return (struct svc_slice){
        svc_arena_strndup(arena, text.text != NULL ? text.text : "", text.length),
        text.length};
}

static void read_row(const struct svc_pg_result *rows, size_t row,
    struct svc_arena *arena, struct provider_row *ret_row)
{
    char error[256];
    struct provider_config *config = &ret_row->config;

    *config = (struct provider_config){
        .name = get_text(rows, row, COLUMN_NAME, arena),
        .protocol = get_text(rows, row, COLUMN_PROTOCOL, arena),
        .base_url = get_text(rows, row, COLUMN_BASE_URL, arena),
        .model = get_text(rows, row, COLUMN_MODEL, arena),
        .enabled = svc_pg_get_bool(rows, row, COLUMN_ENABLED),
        .priority = get_int(rows, row, COLUMN_PRIORITY, 100),
        .max_tokens = get_int(rows, row, COLUMN_MAX_TOKENS, 150),
        .temperature = get_number(rows, row, COLUMN_TEMPERATURE, -1),
        .timeout_ms = get_int(rows, row, COLUMN_TIMEOUT_MS, 5000),
        .breaker_threshold = get_int(rows, row, COLUMN_THRESHOLD, 5),
        .breaker_open_s = get_int(rows, row, COLUMN_OPEN_S, 300),
        .input_usd_per_million = get_number(rows, row, COLUMN_INPUT, 0),
        .output_usd_per_million = get_number(rows, row, COLUMN_OUTPUT, 0),
        .cached_usd_per_million = get_number(rows, row, COLUMN_CACHED, 0),
        .daily_budget_usd = get_number(rows, row, COLUMN_BUDGET, 0),
    };
    config->key = keys_find(arena, config->name, error);
    provider_row_judge(arena, ret_row);
    if (error[0] != '\0') {
        ret_row->reason = svc_arena_strndup(arena, error, strlen(error));
        ret_row->faulty = config->enabled;
    }
}

static bool is_no(struct svc_slice value)
{
    static const char *const words[] = {"false", "0", "no", "off"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (value.text != NULL && strcasecmp(value.text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* NULL where PostgreSQL doesn't say. */
static struct provider_list *read_list(struct store_config *config)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    const struct svc_pg_statement statement = {.sql = query, .prepare = true};
    enum svc_status status = svc_pg_query(config->pg, &statement, &rows, &error);

    if (status != SVC_OK) {
        if (!config->was_down) {
            svc_log(SVC_LOG_WARN, "can't read the providers; those known stay in force",
                SVC_PRIVATE(
                    "error", ((struct svc_slice){error.message, strlen(error.message)})));
        }
        config->was_down = true;
        return NULL;
    }
    config->was_down = false;
    struct provider_list *list = provider_list_new();
    for (size_t row = 0; row < svc_pg_rows(rows) && row < PROVIDERS_MAX; row++) {
        list->use_ai_providers = !is_no(svc_pg_get(rows, row, COLUMN_FLAG));
        if (!svc_pg_is_null(rows, row, COLUMN_NAME)) {
            read_row(rows, row, &list->arena, &list->rows[list->count++]);
        }
    }
    return list;
}

/* One line for each that is called, and for each that can't be. */
static void log_list(const struct provider_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct provider_row *row = &list->rows[i];
        if (row->reason == NULL) {
            svc_log(SVC_LOG_INFO, "provider in use",
                SVC_TEXT("provider", row->config.name.text),
                SVC_TEXT("model", row->config.model.text),
                SVC_INT("priority", row->config.priority));
        } else {
            svc_log(row->faulty ? SVC_LOG_WARN : SVC_LOG_INFO, "provider left out",
                SVC_TEXT("provider", row->config.name.text),
                SVC_TEXT("reason", row->reason));
        }
    }
    svc_log(SVC_LOG_INFO, "use_ai_providers",
        SVC_TEXT("value", list->use_ai_providers ? "true" : "false"));
}

static void reload(struct store_config *config)
{
    struct provider_list *list = read_list(config);

    if (list == NULL || provider_list_equals(list, config->list)) {
        provider_list_release(&list);
        return;
    }
    log_list(list);
    config->change(config->context, list);
    pthread_mutex_lock(&config->lock);
    struct provider_list *old = config->list;
    config->list = list;
    pthread_mutex_unlock(&config->lock);
    provider_list_release(&old);
}

static bool wait_for_tick(struct store_config *config)
{
    int64_t until_ns = svc_condition_until_ns(RELOAD_MS);

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

    while (wait_for_tick(config)) {
        reload(config);
    }
    return NULL;
}

struct store_config *store_config_new(
    struct svc_pg *pg, store_config_change *change, void *context)
{
    struct store_config *config = svc_alloc_zero(1, sizeof *config);

    config->pg = pg;
    config->change = change;
    config->context = context;
    config->list = provider_list_new();
    pthread_mutex_init(&config->lock, NULL);
    svc_condition_init(&config->stop);
    change(context, config->list);
    if (pg == NULL) {
        return config;
    }
    reload(config);
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
    provider_list_release(&config->list);
    pthread_cond_destroy(&config->stop);
    pthread_mutex_destroy(&config->lock);
    free(config);
}

struct provider_list *store_config_take(struct store_config *config)
{
    pthread_mutex_lock(&config->lock);
    struct provider_list *list = provider_list_hold(config->list);
    pthread_mutex_unlock(&config->lock);
    return list;
}
