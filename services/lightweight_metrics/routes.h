/* HTTP: what each operation of the contract does. */
#ifndef ROUTES_H
#define ROUTES_H

#include "store_ingest.h"
#include "store_live.h"
#include "store_projector.h"
#include "store_spool.h"
#include "store_watch.h"

#include <svc/app.h>

#include <stdatomic.h>

struct config {
    int64_t events_days;
    int64_t minutes_days;
    int64_t hours_days;
    int64_t customers_days;
    int64_t queue_max;
    int64_t writers;
    int64_t write_timeout_ms;
    int64_t project_ms;
    const char *spool_dir;
    int64_t spool_max;
    int64_t stream_ms;
    int64_t streams_max;
    const char *prices;
    const char *service_urls;
    int64_t check_ms;
    const char *alert_url;
    const char *alert_token;
    int64_t alert_after_s;
    const char *accuracy;
};

struct service {
    const struct config *config;
    struct svc_buf prices; /* as JSON */
    struct success_settings success;
    struct spool *spool; /* NULL: none */
    struct ingest *ingest;
    struct projector *projector;
    struct watch *watch;
    struct live *live;
    atomic_int streams; /* that are open */
};

svc_handler post_events;
svc_handler post_intent_events;
svc_handler post_rebuild;
svc_handler get_live;
svc_handler get_stream;
svc_handler get_success_metrics;
svc_handler get_services;
svc_handler get_migration;
svc_handler get_report;
svc_handler get_page;
svc_handler get_asset;

#endif
