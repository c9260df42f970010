/* category_overview: read, and refreshed by one replica at a time. */
#include "store_private.h"

#include <svc/pg.h>

#define REFRESH_LOCK 7231908455210502

static void read_category(const struct svc_pg_result *rows, size_t row,
    struct svc_arena *arena, struct category *ret_category)
{
    *ret_category = (struct category){
        .id = svc_pg_get_int(rows, row, 0, 0),
        .name = svc_slice_keep(arena, svc_pg_get(rows, row, 1)),
        .description = svc_slice_keep(arena, svc_pg_get(rows, row, 2)),
        .emoji = svc_slice_keep(arena, svc_pg_get(rows, row, 3)),
        .featured = svc_pg_get_bool(rows, row, 4),
        .product_count = svc_pg_get_int(rows, row, 5, 0),
        .in_stock_count = svc_pg_get_int(rows, row, 6, 0),
        .featured_count = svc_pg_get_int(rows, row, 7, 0),
        .offer_count = svc_pg_get_int(rows, row, 8, 0),
        .price_min_minor = svc_pg_get_int(rows, row, 9, -1),
        .price_max_minor = svc_pg_get_int(rows, row, 10, -1),
    };
}

enum svc_status store_read_categories(struct store *store, int64_t minor_per_unit,
    struct svc_arena *arena, struct category_list *ret_list, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    const struct svc_pg_param params[] = {svc_pg_int(minor_per_unit)};
    const struct svc_pg_statement statement = {
        .sql = "SELECT o.category_id, o.name, o.description, o.emoji, o.is_featured, "
               "o.product_count, o.in_stock_count, o.featured_count, o.offer_count, "
               "round(NULLIF(o.price_min, 'NaN') * $1)::bigint, "
               "round(NULLIF(o.price_max, 'NaN') * $1)::bigint, "
               "(extract(epoch FROM f.overview_at) * 1000)::bigint "
               "FROM category_overview AS o, product_feed AS f "
               "ORDER BY o.display_order, o.name, o.category_id LIMIT 1000",
        .params = params,
        .param_count = 1,
        .prepare = true,
        .timeout_ms = STORE_REQUEST_MS,
    };

    if (svc_pg_query(store->pg, &statement, &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    size_t count = svc_pg_rows(rows);
    struct category_list list = {
        .list = svc_arena_alloc(arena, (count + 1) * sizeof(struct category)),
        .count = count,
        .minor_per_unit = minor_per_unit,
        .overview_ms = svc_pg_get_int(rows, 0, 11, 0),
    };
    for (size_t row = 0; row < count; row++) {
        read_category(rows, row, arena, &list.list[row]);
    }
    *ret_list = list;
    return SVC_OK;
}

/* Whether this replica is the one to do it; then the view is marked as of now, before the
 * refresh looks at the products. */
static enum svc_status claim(
    struct svc_pg_tx *tx, int64_t since_ms, bool *ret_claimed, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *marked = NULL;
    enum svc_status status = svc_pg_tx_query(tx,
        SVC_PG_SQL(
            "SELECT pg_try_advisory_xact_lock($1::bigint)", svc_pg_int(REFRESH_LOCK)),
        &rows, error);

    *ret_claimed = false;
    if (status != SVC_OK || !svc_pg_get_bool(rows, 0, 0)) {
        return status;
    }
    status = svc_pg_tx_query(tx,
        SVC_PG_SQL("UPDATE product_feed SET overview_at = clock_timestamp() "
                   "WHERE (extract(epoch FROM overview_at) * 1000)::bigint <= $1",
            svc_pg_int(since_ms)),
        &marked, error);
    *ret_claimed = status == SVC_OK && svc_pg_affected(marked) > 0;
    return status;
}

enum svc_status store_refresh_categories(
    struct store *store, int64_t since_ms, bool *ret_done, char ret_error[256])
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error;
    bool claimed = false;

    if (svc_pg_begin(store->patient, &tx, &error) != SVC_OK ||
        claim(&tx, since_ms, &claimed, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    if (claimed &&
        svc_pg_tx_query(&tx,
            SVC_PG_SQL("REFRESH MATERIALIZED VIEW CONCURRENTLY category_overview"), NULL,
            &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    if (svc_pg_commit(&tx, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    *ret_done = claimed;
    return SVC_OK;
}
