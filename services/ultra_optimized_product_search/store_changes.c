/* The change feed, and what keeps its table small. */
#include "store_private.h"

#include <svc/pg.h>

#include <stdio.h>

/* Rows that one statement takes away. */
#define PRUNE_ROWS 10000
#define PRUNE_LOCK 7231908455210501
#define TEXT_OF(number) #number
#define SQL_NUMBER(number) TEXT_OF(number)

static void read_rows(const struct svc_pg_result *rows, struct store_changes *changes)
{
    size_t count = svc_pg_rows(rows);

    for (size_t row = 0; row < count && !svc_pg_is_null(rows, row, 5); row++) {
        int64_t product_id = svc_pg_get_int(rows, row, 6, 0);
        bool category = !svc_pg_is_null(rows, row, 7);
        changes->last_change_id = svc_pg_get_int(rows, row, 5, 0);
        changes->categories = changes->categories || category;
        if (product_id != 0) {
            changes->ids[changes->count++] = product_id;
        } else if (!category) {
            changes->all = true;
        }
    }
    changes->more = count == STORE_CHANGES_MAX;
}

enum svc_status store_read_changes(struct store *store,
    const struct store_position *position, int64_t after_change_id,
    struct store_changes *ret_changes, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    struct svc_arena arena = {0};
    const char *snapshot = store_snapshot_text(&arena, position);
    enum svc_status status = svc_pg_query(store->patient,
        SVC_PG_PREPARED(
            "WITH feed AS (SELECT pg_current_snapshot() AS seen, "
            "pruned_xid >= $1::xid8 AS pruned, "
            "(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms, "
            "(extract(epoch FROM overview_at) * 1000)::bigint AS overview_ms "
            "FROM product_feed) "
            "SELECT CASE WHEN n IS NULL OR n = 1 THEN feed.seen::text END, "
            "pg_snapshot_xmin(feed.seen)::text, feed.pruned, feed.now_ms, "
            "feed.overview_ms, change_id, product_id, category_id "
            "FROM feed LEFT JOIN (SELECT *, row_number() OVER (ORDER BY change_id) AS n "
            "FROM (SELECT change_id, product_id, category_id FROM product_changes "
            "WHERE xid >= $1::xid8 AND NOT pg_visible_in_snapshot(xid, $2::pg_snapshot) "
            "AND change_id > $3 ORDER BY change_id LIMIT 5000) AS page) AS new ON true "
            "ORDER BY change_id",
            svc_pg_int(position->horizon), svc_pg_text(snapshot),
            svc_pg_int(after_change_id)),
        &rows, &error);

    svc_arena_done(&arena);
    if (status != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    if (svc_pg_rows(rows) == 0) {
        snprintf(ret_error, 256, "product_feed has lost its row");
        return SVC_INTERNAL;
    }
    *ret_changes = (struct store_changes){
        .pruned = svc_pg_get_bool(rows, 0, 2),
        .now_ms = svc_pg_get_int(rows, 0, 3, 0),
        .overview_ms = svc_pg_get_int(rows, 0, 4, 0),
        .last_change_id = after_change_id,
    };
    store_position_set(
        &ret_changes->reached, svc_pg_get(rows, 0, 0), svc_pg_get_int(rows, 0, 1, 0));
    read_rows(rows, ret_changes);
    return SVC_OK;
}

/* Of changes only what all readers are past, once they look again: while a transaction
 * runs, nothing that came after it goes. A reader that isn't sees it by pruned_xid. */
static const char *const prune_statements[] = {
    "WITH gone AS (DELETE FROM product_changes WHERE change_id IN (SELECT change_id FROM "
    "product_changes WHERE changed_at < NOW() - make_interval(days => $1::int) "
    "AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY change_id "
    "LIMIT " SQL_NUMBER(
        PRUNE_ROWS) ") RETURNING xid), "
                    "noted AS (UPDATE product_feed SET pruned_xid = greatest(pruned_xid, "
                    "(SELECT xid FROM gone ORDER BY xid DESC LIMIT 1)) WHERE EXISTS "
                    "(SELECT FROM gone)) "
                    "SELECT count(*) FROM gone",
    "WITH gone AS (DELETE FROM search_feedback WHERE feedback_id IN (SELECT feedback_id "
    "FROM search_feedback WHERE created_at < NOW() - make_interval(days => $1::int) "
    "ORDER BY feedback_id LIMIT " SQL_NUMBER(PRUNE_ROWS) ") RETURNING 1) "
                                                         "SELECT count(*) FROM gone",
    "WITH gone AS (DELETE FROM search_log WHERE search_id IN (SELECT search_id "
    "FROM search_log WHERE created_at < NOW() - make_interval(days => $1::int) "
    "ORDER BY search_id LIMIT " SQL_NUMBER(PRUNE_ROWS) ") RETURNING 1) "
                                                       "SELECT count(*) FROM gone",
};

static enum svc_status take_lock(
    struct svc_pg_tx *tx, bool *ret_taken, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = svc_pg_tx_query(tx,
        SVC_PG_SQL(
            "SELECT pg_try_advisory_xact_lock($1::bigint)", svc_pg_int(PRUNE_LOCK)),
        &rows, error);

    *ret_taken = status == SVC_OK && svc_pg_get_bool(rows, 0, 0);
    return status;
}

enum svc_status store_prune(struct store *store, const struct store_retention *retention,
    int64_t *ret_rows, char ret_error[256])
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error;
    const int64_t days[] = {
        retention->changes_days, retention->feedback_days, retention->searches_days};
    bool taken = false;
    int64_t rows = 0;

    if (svc_pg_begin(store->patient, &tx, &error) != SVC_OK ||
        take_lock(&tx, &taken, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    for (size_t i = 0; taken && i < sizeof days / sizeof days[0]; i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *gone = NULL;
        if (svc_pg_tx_query(&tx, SVC_PG_SQL(prune_statements[i], svc_pg_int(days[i])),
                &gone, &error) != SVC_OK) {
            return store_fail(&error, ret_error);
        }
        rows += svc_pg_get_int(gone, 0, 0, 0);
    }
    if (svc_pg_commit(&tx, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    *ret_rows = rows;
    return SVC_OK;
}
