/* lightweight_metrics: what it is configured by, and what answers. */
#include "prices.h"
#include "routes.h"

#include <stdio.h>
#include <stdlib.h>

#define PRICES_MAX ((size_t)4096)
#define LIVE_CACHE_MS 500

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_INT_AT(struct config, events_days, "EVENTS_DAYS", "90", "days", 1, 3650,
        "how long the log keeps events; older ones are not taken"),
    SVC_SETTING_INT_AT(struct config, minutes_days, "MINUTES_DAYS", "7", "days", 1, 3650,
        "how long counts by minute are kept"),
    SVC_SETTING_INT_AT(struct config, hours_days, "HOURS_DAYS", "90", "days", 1, 3650,
        "how long counts by hour are kept; those by day stay"),
    SVC_SETTING_INT_AT(struct config, customers_days, "CUSTOMERS_DAYS", "400", "days", 1,
        36500, "how long it is kept which customer took which step on a day"),
    SVC_SETTING_INT_AT(struct config, queue_max, "QUEUE_MAX", "100000", NULL, 1, 10000000,
        "events that wait to be written; beyond them callers get 503"),
    SVC_SETTING_INT_AT(struct config, writers, "WRITERS", "2", NULL, 1, 8,
        "threads that write events, each with a connection to PostgreSQL"),
    SVC_SETTING_INT_AT(struct config, write_timeout_ms, "WRITE_TIMEOUT_MS", "5000", "ms",
        100, 60000, "what a write of events may take"),
    SVC_SETTING_INT_AT(struct config, project_ms, "PROJECT_MS", "250", "ms", 10, 60000,
        "how long events wait at most until they are counted"),
    SVC_SETTING_TEXT_AT(struct config, spool_dir, "SPOOL_DIR", NULL,
        "a folder of this replica's own, where events are kept while PostgreSQL is away; "
        "without it callers get 503 then"),
    SVC_SETTING_INT_AT(struct config, spool_max, "SPOOL_MAX_BYTES", "268435456", "bytes",
        65536, 1099511627776,
        "of the spool; types debug have half of it, all but paid and order nine tenths"),
    SVC_SETTING_INT_AT(struct config, stream_ms, "STREAM_MS", "1000", "ms", 200, 60000,
        "between two parts of the live stream"),
    SVC_SETTING_INT_AT(struct config, streams_max, "STREAMS_MAX", "100", NULL, 1, 10000,
        "live streams at once"),
    SVC_SETTING_TEXT_AT(struct config, prices, "WHATSAPP_PRICES", NULL,
        "what a billed message costs in USD, by category: "
        "marketing=0.03,utility=0.01; without it they are counted only"),
    SVC_SETTING_TEXT_AT(struct config, service_urls, "SERVICE_URLS", NULL,
        "the services to watch: name=http://host:port,name=..."),
    SVC_SETTING_INT_AT(struct config, check_ms, "CHECK_MS", "10000", "ms", 100, 3600000,
        "how often they are asked, and the success metrics judged"),
    SVC_SETTING_TEXT_AT(struct config, alert_url, "ALERT_URL", NULL,
        "the webhook of n8n's alert workflow; without it nobody is told"),
    SVC_SETTING_SECRET_AT(
        struct config, alert_token, "ALERT_TOKEN", "sent to it as Authorization: Bearer"),
    SVC_SETTING_INT_AT(struct config, alert_after_s, "ALERT_AFTER_S", "300", "s", 0,
        86400, "how long a metric is critical, or well again, before that is told"),
    SVC_SETTING_TEXT_AT(struct config, accuracy, "AI_ACCURACY", NULL,
        "the share, 0 to 1, of intents that are right, as it was measured; it counts "
        "until enough intent_feedback is there"),
};

static const struct svc_route routes[] = {
    {"postEvents", post_events},
    {"postIntentEvents", post_intent_events},
    {"postRebuild", post_rebuild},
    {"getLive", get_live},
    {"getStream", get_stream},
    {"getSuccessMetrics", get_success_metrics},
    {"getServices", get_services},
    {"getMigration", get_migration},
    {"getReport", get_report},
    {"getPage", get_page},
    {"getAsset", get_asset},
};

static void stop(struct svc_runtime *runtime)
{
    struct service *service = runtime->state;

    ingest_free(&service->ingest);
    spool_close(&service->spool);
    projector_free(&service->projector);
    watch_free(&service->watch);
    live_free(&service->live);
    svc_buf_done(&service->prices);
    free(service);
    runtime->state = NULL;
}

static bool open_log(
    struct service *service, struct svc_runtime *runtime, char ret_error[256])
{
    struct spool_settings spool = {
        .folder = config.spool_dir,
        .bytes_max = config.spool_max,
        .database_url = runtime->database_url,
        .timeout_ms = config.write_timeout_ms,
    };

    if (config.spool_dir != NULL) {
        service->spool = spool_open(&spool, ret_error);
        if (service->spool == NULL) {
            return false;
        }
    }
    struct ingest_settings ingest = {
        .database_url = runtime->database_url,
        .queue_max = config.queue_max,
        .writers = config.writers,
        .timeout_ms = config.write_timeout_ms,
        .spool = service->spool,
    };
    service->ingest = ingest_new(&ingest, ret_error);
    return service->ingest != NULL;
}

static bool open_watch(
    struct service *service, struct svc_runtime *runtime, char ret_error[256])
{
    struct watch_settings watch = {
        .pg = runtime->pg,
        .database_url = runtime->database_url,
        .services_token = runtime->service_token,
        .check_ms = config.check_ms,
        .alert_url = config.alert_url,
        .alert_token = config.alert_token,
        .alert_after_s = config.alert_after_s,
        .success = &service->success,
        .upkeep = {config.events_days, config.minutes_days, config.hours_days,
            config.customers_days},
    };

    if (!services_list_read(config.service_urls, &watch.services)) {
        snprintf(ret_error, 256, "SERVICE_URLS=%.100s: must be name=http://...,name=...",
            config.service_urls);
        return false;
    }
    service->watch = watch_new(&watch, ret_error);
    return service->watch != NULL;
}

static bool read_numbers(struct service *service, char ret_error[256])
{
    char *end = NULL;

    svc_buf_init(&service->prices, PRICES_MAX);
    if (!prices_read(config.prices, &service->prices)) {
        snprintf(ret_error, 256, "WHATSAPP_PRICES=%.100s: must be category=0.01,...",
            config.prices);
        return false;
    }
    service->success.accuracy = -1;
    if (config.accuracy != NULL) {
        service->success.accuracy = strtod(config.accuracy, &end);
        if (end == config.accuracy || *end != '\0' || !(service->success.accuracy >= 0) ||
            service->success.accuracy > 1) {
            snprintf(ret_error, 256, "AI_ACCURACY=%.60s: must be a number from 0 to 1",
                config.accuracy);
            return false;
        }
    }
    return true;
}

static double read_waiting(void *context)
{
    struct ingest_stats stats;

    ingest_stats(context, &stats);
    return (double)stats.waiting;
}

static double read_spooled(void *context)
{
    struct spool_stats stats;

    spool_stats(context, &stats);
    return (double)stats.bytes;
}

static double read_lag(void *context)
{
    struct projector_stats stats;

    projector_stats(context, &stats);
    return (double)stats.lag_ms / 1000;
}

static void add_metrics(struct service *service, struct svc_metrics *metrics)
{
    svc_metrics_gauge(metrics, "events_waiting", "Events that wait to be written.",
        read_waiting, service->ingest);
    svc_metrics_gauge(metrics, "events_lag_seconds",
        "How long the oldest event waits that isn't counted yet.", read_lag,
        service->projector);
    if (service->spool != NULL) {
        svc_metrics_gauge(metrics, "events_spooled_bytes",
            "Of events that aren't in PostgreSQL yet.", read_spooled, service->spool);
    }
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct service *service = svc_alloc_zero(1, sizeof *service);
    struct projector_settings projector = {runtime->database_url, config.project_ms};

    runtime->state = service;
    service->config = &config;
    if (!read_numbers(service, ret_error) || !open_log(service, runtime, ret_error) ||
        !open_watch(service, runtime, ret_error)) {
        stop(runtime);
        return false;
    }
    const struct live_settings live = {
        .pg = runtime->pg,
        .cache_ms = LIVE_CACHE_MS,
        .prices = svc_buf_text(&service->prices),
        .success = &service->success,
    };
    service->live = live_new(&live);
    service->projector = projector_new(&projector, ret_error);
    if (service->projector == NULL) {
        stop(runtime);
        return false;
    }
    add_metrics(service, runtime->metrics);
    return true;
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "keeps what happens in the shop, counts it, and shows it",
        .port = "8107",
        .threads = "0",
        .body_limit = "4194304",
        .uses = SVC_NEEDS_POSTGRES,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
