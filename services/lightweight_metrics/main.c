/* lightweight_metrics: what it is configured by, and what answers. */
#include "routes.h"

#include <stdio.h>
#include <stdlib.h>

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_INT_AT(struct config, events_days, "EVENTS_DAYS", "90", "days", 1, 3650,
        "how long the log keeps events; older ones are not taken"),
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
};

static const struct svc_route routes[] = {
    {"postEvents", post_events},
    {"postIntentEvents", post_intent_events},
    {"postRebuild", post_rebuild},
};

static void stop(struct svc_runtime *runtime)
{
    struct service *service = runtime->state;

    ingest_free(&service->ingest);
    spool_close(&service->spool);
    projector_free(&service->projector);
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

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct service *service = svc_alloc_zero(1, sizeof *service);
    struct projector_settings projector = {runtime->database_url, config.project_ms};

    runtime->state = service;
    service->config = &config;
    if (!open_log(service, runtime, ret_error)) {
        stop(runtime);
        return false;
    }
    service->projector = projector_new(&projector, ret_error);
    if (service->projector == NULL) {
        stop(runtime);
        return false;
    }
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
