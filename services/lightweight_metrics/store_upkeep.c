#include "store_upkeep.h"

#include "store_locks.h"

#include <svc/pg.h>

#include <stdio.h>

/* Each with the days that it keeps as $1. An id is kept a day longer than its event may
 * be late, so that none can come twice. Rows go in bites, the rest at the next time. */
static const char make_sql[] =
    "SELECT count(events_make_partition(day::date)) FROM generate_series((now() AT TIME "
    "ZONE 'UTC')::date - least(1, $1::int), (now() AT TIME ZONE 'UTC')::date + 7, "
    "INTERVAL '1 day') AS day";
static const char drop_sql[] =
    "UPDATE metrics_projector SET dropped_before = kept FROM (SELECT kept FROM (SELECT "
    "(now() AT TIME ZONE 'UTC')::date - $1::int AS kept OFFSET 0) AS k WHERE "
    "events_drop_before(kept) > 0) AS d";
static const char ids_sql[] =
    "DELETE FROM event_ids WHERE ctid = ANY (ARRAY(SELECT ctid FROM event_ids WHERE "
    "received_on < (now() AT TIME ZONE 'UTC')::date - $1::int - 1 LIMIT 100000))";
static const char counts_sql[] =
    "DELETE FROM metrics_counts WHERE granularity = 'm' AND bucket_at < now() - "
    "make_interval(days => $1::int)";
static const char bins_sql[] =
    "DELETE FROM metrics_histogram WHERE granularity = 'm' AND bucket_at < now() - "
    "make_interval(days => $1::int)";
static const char hour_counts_sql[] =
    "DELETE FROM metrics_counts WHERE granularity = 'h' AND bucket_at < now() - "
    "make_interval(days => $1::int)";
static const char hour_bins_sql[] =
    "DELETE FROM metrics_histogram WHERE granularity = 'h' AND bucket_at < now() - "
    "make_interval(days => $1::int)";
static const char customers_sql[] =
    "DELETE FROM metrics_customers WHERE day < metrics_today() - $1::int";
static const char uptime_sql[] =
    "DELETE FROM metrics_uptime WHERE hour_at < now() - make_interval(days => $1::int)";

enum svc_status upkeep_run(
    struct svc_pg *pg, const struct upkeep_settings *settings, char ret_error[256])
{
    const struct {
        const char *sql;
        int64_t days;
    } steps[] = {
        {make_sql, settings->events_days},
        {drop_sql, settings->events_days},
        {ids_sql, settings->events_days},
        {counts_sql, settings->minutes_days},
        {bins_sql, settings->minutes_days},
        {hour_counts_sql, settings->hours_days},
        {hour_bins_sql, settings->hours_days},
        {customers_sql, settings->customers_days},
        {uptime_sql, settings->hours_days},
    };
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    SVC_PG_AUTO_RESULT struct svc_pg_result *lock = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_begin(pg, &tx, &error);

    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_SQL("SELECT pg_try_advisory_xact_lock(" LOCK_UPKEEP ")"), &lock,
            &error);
    }
    if (status == SVC_OK && !svc_pg_get_bool(lock, 0, 0)) {
        return SVC_OK;
    }
    if (status == SVC_OK) {
        /* The log's writers aren't held up behind this one for longer. */
        status = svc_pg_tx_query(
            &tx, SVC_PG_SQL("SET LOCAL lock_timeout = '1s'"), NULL, &error);
    }
    for (size_t i = 0; status == SVC_OK && i < sizeof steps / sizeof steps[0]; i++) {
        status = svc_pg_tx_query(
            &tx, SVC_PG_SQL(steps[i].sql, svc_pg_int(steps[i].days)), NULL, &error);
    }
    if (status == SVC_OK) {
        status = svc_pg_commit(&tx, &error);
    }
    if (status != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
    }
    return status;
}
