/* What the files of watch share among themselves. */
#ifndef STORE_WATCH_PRIVATE_H
#define STORE_WATCH_PRIVATE_H

#include "store_watch.h"

#include <pthread.h>

struct svc_client;

struct watch {
    struct watch_settings settings;
    struct svc_pg *pg; /* for what may take its time */
    struct svc_client *client;
    int64_t upkeep_at_ms; /* monotonic: when it is due */
    bool was_down;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* under the lock */
};

/* store_watch_services.c: asks each service, and stores how it is. */
void watch_ask_services(struct watch *watch);

/* store_watch_alerts.c: judges the metrics, and tells whom it concerns. False, with a
 * line in `ret_error`, where PostgreSQL is away. */
bool watch_alerts(struct watch *watch, char ret_error[256]);

#endif
