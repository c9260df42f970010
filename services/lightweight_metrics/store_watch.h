/* Asks the services how they are, judges the success metrics, tells of those that have
 * become critical, or well again, and keeps the tables in order: a thread of each
 * replica, of which one at a time does a round. */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "services_list.h"
#include "store_upkeep.h"
#include "success.h"

struct watch;

struct watch_settings {
    struct svc_pg *pg;
    const char *database_url;
    struct services_list services;
    const char *services_token; /* NULL: none */
    int64_t check_ms;
    const char *alert_url; /* NULL: nobody is told */
    const char *alert_token;
    int64_t alert_after_s;
    const struct success_settings *success;
    struct upkeep_settings upkeep;
};

/* NULL, with a line in `ret_error`, for settings that can't be used. */
struct watch *watch_new(const struct watch_settings *settings, char ret_error[256]);
/* Takes a pointer to NULL. */
void watch_free(struct watch **watch);

#endif
