/* PostgreSQL's part of the store: which mode holds, and who lives. */
#include "store_private.h"

#include <svc/pg.h>

#include <stdio.h>

/* A sign of life, and what holds. The others are waited for by whoever is to serve from
 * PostgreSQL alone: see store_mode.c. */
#define SWITCH_SQL                                                                       \
    "WITH me AS (INSERT INTO session_replicas VALUES ($1, $2, clock_timestamp())"        \
    " ON CONFLICT (replica) DO UPDATE SET drained_epoch = EXCLUDED.drained_epoch,"       \
    " seen_at = EXCLUDED.seen_at)"                                                       \
    " SELECT mode = 'redis', epoch, redis_run_id,"                                       \
    " (EXTRACT(EPOCH FROM clock_timestamp() - changed_at) * 1000)::bigint,"              \
    " COALESCE((SELECT lower(value) FROM system_config"                                  \
    "   WHERE key = 'use_redis_sessions'), 'true') <> 'false',"                          \
    " (SELECT CASE WHEN value ~ '^[0-9]{2,7}$' THEN value::bigint END"                   \
    "  FROM system_config WHERE key = 'session_ttl_s'),"                                 \
    " NOT EXISTS (SELECT 1 FROM session_replicas r WHERE r.replica <> $1"                \
    "   AND r.seen_at > clock_timestamp() - INTERVAL '" STORE_DEAD_AFTER "'"             \
    "   AND r.drained_epoch < w.epoch)"                                                  \
    " FROM session_switch w"

enum svc_status store_pg_switch_get(
    struct store *store, int64_t drained_epoch, struct store_switch *ret_switch)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(store->pg,
        SVC_PG_PREPARED(
            SWITCH_SQL, svc_pg_text(store->replica), svc_pg_int(drained_epoch)),
        &rows, &error);

    if (status != SVC_OK) {
        return status;
    }
    if (svc_pg_rows(rows) != 1) {
        return SVC_INTERNAL;
    }
    *ret_switch = (struct store_switch){
        .redis = svc_pg_get_bool(rows, 0, 0),
        .epoch = svc_pg_get_int(rows, 0, 1, 0),
        .age_ms = svc_pg_get_int(rows, 0, 3, 0),
        .flag = svc_pg_get_bool(rows, 0, 4),
        .ttl_s = svc_pg_get_int(rows, 0, 5, 0),
        .others_drained = svc_pg_get_bool(rows, 0, 6),
    };
    snprintf(
        ret_switch->run_id, sizeof ret_switch->run_id, "%s", svc_pg_get(rows, 0, 2).text);
    return SVC_OK;
}

void store_pg_replica_end(struct store *store)
{
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(store->pg,
        SVC_PG_SQL("DELETE FROM session_replicas WHERE replica = $1"
                   " OR seen_at < clock_timestamp() - INTERVAL '1 hour'",
            svc_pg_text(store->replica)),
        NULL, &error);

    /* Its sign of life grows old by itself. */
    (void)status;
}

enum svc_status store_pg_switch_set(
    struct store *store, int64_t epoch, bool redis, const char *run_id)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_begin(store->pg, &tx, &error);

    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_SQL("SELECT pg_advisory_xact_lock(" STORE_SWITCH_LOCK ")"), NULL,
            &error);
    }
    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_SQL("UPDATE session_switch SET mode = $1, epoch = epoch + 1,"
                       " redis_run_id = $2, changed_at = clock_timestamp()"
                       " WHERE epoch = $3",
                svc_pg_text(redis ? "redis" : "postgres"), svc_pg_text(run_id),
                svc_pg_int(epoch)),
            &rows, &error);
    }
    if (status != SVC_OK) {
        return status;
    }
    return svc_pg_affected(rows) == 1 ? svc_pg_commit(&tx, &error) : SVC_CONFLICT;
}
