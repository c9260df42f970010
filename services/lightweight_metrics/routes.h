/* HTTP: what each operation of the contract does. */
#ifndef ROUTES_H
#define ROUTES_H

#include "store_ingest.h"
#include "store_projector.h"
#include "store_spool.h"

#include <svc/app.h>

struct config {
    int64_t events_days;
    int64_t queue_max;
    int64_t writers;
    int64_t write_timeout_ms;
    int64_t project_ms;
    const char *spool_dir;
    int64_t spool_max;
};

struct service {
    const struct config *config;
    struct spool *spool; /* NULL: none */
    struct ingest *ingest;
    struct projector *projector;
};

svc_handler post_events;
svc_handler post_intent_events;
svc_handler post_rebuild;

#endif
