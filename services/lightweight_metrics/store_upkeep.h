/* Partitions are made ahead, and what is older than its retention goes. */
#ifndef STORE_UPKEEP_H
#define STORE_UPKEEP_H

#include <svc/status.h>

#include <stdint.h>

struct svc_pg;

struct upkeep_settings {
    int64_t events_days;    /* of the log, and of the ids in it */
    int64_t minutes_days;   /* of rows by minute */
    int64_t hours_days;     /* of rows by hour */
    int64_t customers_days; /* of rows that name a customer */
};

/* One replica at a time does it; the others come back at once. */
SVC_MUST_CHECK enum svc_status upkeep_run(
    struct svc_pg *pg, const struct upkeep_settings *settings, char ret_error[256]);

#endif
