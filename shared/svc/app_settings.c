#include "app_private.h"

#include <string.h>

static void fill_common(const struct svc_app *app, struct svc_setting *out)
{
    const struct svc_setting settings[] = {
        SVC_SETTING_INT_AT(struct svc_common_settings, port, "PORT", app->port, NULL, 1,
            65535, "port to listen on"),
        SVC_SETTING_TEXT_AT(struct svc_common_settings, bind_address, "BIND_ADDRESS",
            NULL,
            "address to listen on; without it 127.0.0.1 where no SERVICE_TOKEN is set, "
            "else 0.0.0.0"),
        SVC_SETTING_SECRET_AT(struct svc_common_settings, service_token, "SERVICE_TOKEN",
            "what callers must send as Authorization: Bearer; needed to listen on more "
            "than this machine"),
        SVC_SETTING_CHOICE_AT(struct svc_common_settings, log_level, "LOG_LEVEL", "info",
            "debug|info|warn|error",
            "the least that is logged; debug logs every request"),
        SVC_SETTING_BOOL_AT(struct svc_common_settings, log_private, "LOG_PRIVATE",
            "false", "log phone numbers and texts unmasked"),
        SVC_SETTING_INT_AT(struct svc_common_settings, http_threads, "HTTP_THREADS",
            app->threads, NULL, 0, 256,
            "threads that serve all connections; 0: a thread a connection"),
        SVC_SETTING_INT_AT(struct svc_common_settings, connections_max, "CONNECTIONS_MAX",
            "1000", NULL, 1, 100000, "connections at once"),
        SVC_SETTING_INT_AT(struct svc_common_settings, idle_timeout_ms, "IDLE_TIMEOUT_MS",
            "75000", "ms", 100, 3600000,
            "a connection without a request is closed after this"),
        SVC_SETTING_INT_AT(struct svc_common_settings, request_timeout_ms,
            "REQUEST_TIMEOUT_MS", "15000", "ms", 100, 3600000,
            "a request, from its first line to the end of its answer"),
        SVC_SETTING_INT_AT(struct svc_common_settings, shutdown_grace_ms,
            "SHUTDOWN_GRACE_MS", "10000", "ms", 0, 600000,
            "what runs may go on so long after SIGTERM"),
        SVC_SETTING_INT_AT(struct svc_common_settings, body_limit, "BODY_LIMIT_BYTES",
            app->body_limit, "bytes", 1024, 67108864,
            "a larger body is refused with 413"),
        SVC_SETTING_INT_AT(struct svc_common_settings, json_depth_max, "JSON_DEPTH_MAX",
            "64", NULL, 1, 512, "arrays and objects inside each other"),
        SVC_SETTING_INT_AT(struct svc_common_settings, json_values_max, "JSON_VALUES_MAX",
            "200000", NULL, 100, 10000000, "values in one body"),
    };

    memcpy(out, settings, sizeof settings);
}

static void fill_redis(struct svc_setting *out)
{
    const struct svc_setting settings[] = {
        SVC_SETTING_SECRET_AT(struct svc_common_settings, redis_url, "REDIS_URL",
            "redis://[[user]:password@]host[:port][/database], or for a cluster "
            "redis+cluster://[[user]:password@]host[:port],host[:port]..."),
        SVC_SETTING_INT_AT(struct svc_common_settings, redis_pool_size, "REDIS_POOL_SIZE",
            "16", NULL, 1, 1000,
            "connections to Redis at most, to each node of a cluster"),
        SVC_SETTING_INT_AT(struct svc_common_settings, redis_timeout_ms,
            "REDIS_TIMEOUT_MS", "50", "ms", 1, 60000,
            "what a call to Redis may take in all"),
    };

    memcpy(out, settings, sizeof settings);
}

static void fill_postgres(struct svc_setting *out)
{
    const struct svc_setting settings[] = {
        SVC_SETTING_SECRET_AT(struct svc_common_settings, database_url, "DATABASE_URL",
            "postgresql://user:password@host:port/database"),
        SVC_SETTING_INT_AT(struct svc_common_settings, pg_pool_size, "DATABASE_POOL_SIZE",
            "8", NULL, 1, 1000, "connections to PostgreSQL at most"),
        SVC_SETTING_INT_AT(struct svc_common_settings, pg_connect_timeout_ms,
            "DATABASE_CONNECT_TIMEOUT_MS", "2000", "ms", 100, 60000,
            "what connecting may take"),
        SVC_SETTING_INT_AT(struct svc_common_settings, pg_timeout_ms,
            "DATABASE_TIMEOUT_MS", "2000", "ms", 10, 600000, "what a statement may take"),
    };

    memcpy(out, settings, sizeof settings);
}

static void fill_events(struct svc_setting *out)
{
    const struct svc_setting settings[] = {
        SVC_SETTING_TEXT_AT(struct svc_common_settings, metrics_url, "METRICS_URL", NULL,
            "lightweight_metrics, which is told what happens; without it nobody is"),
        SVC_SETTING_SECRET_AT(struct svc_common_settings, metrics_token, "METRICS_TOKEN",
            "its bearer token; without it SERVICE_TOKEN"),
        SVC_SETTING_TEXT_AT(struct svc_common_settings, metrics_ca_file,
            "METRICS_CA_FILE", NULL,
            "the authorities trusted for it, in PEM; without it the system's"),
        SVC_SETTING_INT_AT(struct svc_common_settings, events_max, "EVENTS_MAX", "10000",
            NULL, 1, 1000000,
            "events that wait while lightweight_metrics doesn't answer; then the oldest "
            "are dropped"),
    };

    memcpy(out, settings, sizeof settings);
}

void svc_common_settings_table(const struct svc_app *app,
    struct svc_common_settings *target, struct svc_setting_table *ret_table)
{
    /* 13, 3, 4 and 4 lines; the four functions above are the only ones to know. */
    struct svc_setting *settings = svc_alloc_zero(32, sizeof *settings);
    size_t count = 13;

    fill_common(app, settings);
    if ((app->uses & SVC_USES_REDIS) != 0) {
        fill_redis(settings + count);
        count += 3;
    }
    if ((app->uses & SVC_USES_POSTGRES) != 0) {
        fill_postgres(settings + count);
        count += 4;
    }
    if ((app->uses & SVC_TELLS_EVENTS) != 0) {
        fill_events(settings + count);
        count += 4;
    }
    *ret_table = (struct svc_setting_table){settings, count, target};
}
