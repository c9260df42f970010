/* Feedback and the log of searches. */
#include "store_private.h"

#include <svc/pg.h>

#define PAGE_ROWS 5000

enum svc_status store_add_feedback(struct store *store,
    const struct store_feedback *feedback, enum store_added *ret_added,
    char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    const struct svc_pg_param params[] = {
        svc_pg_slice(feedback->call_key),
        svc_pg_slice(feedback->query),
        svc_pg_int(feedback->product_id),
        svc_pg_slice(feedback->action),
        svc_pg_slice(feedback->customer_hash),
    };
    const struct svc_pg_statement statement = {
        .sql = "WITH product AS (SELECT id, category_id FROM products WHERE id = $3), "
               "added AS (INSERT INTO search_feedback (call_key, query, product_id, "
               "category_id, action, customer_hash) "
               "SELECT $1, $2, id, category_id, $4, $5 FROM product "
               "ON CONFLICT (call_key) DO NOTHING RETURNING 1) "
               "SELECT EXISTS (SELECT FROM product), EXISTS (SELECT FROM added), "
               "EXISTS (SELECT FROM search_feedback WHERE call_key = $1)",
        .params = params,
        .param_count = sizeof params / sizeof params[0],
        .prepare = true,
        .timeout_ms = STORE_REQUEST_MS,
    };

    if (svc_pg_query(store->pg, &statement, &rows, &error) != SVC_OK) {
        return store_fail_private(&error, ret_error);
    }
    bool product = svc_pg_get_bool(rows, 0, 0);
    bool added = svc_pg_get_bool(rows, 0, 1);
    bool known = svc_pg_get_bool(rows, 0, 2);
    *ret_added = added              ? STORE_ADDED
                 : product || known ? STORE_REPEATED
                                    : STORE_NO_PRODUCT;
    return SVC_OK;
}

static void give(
    const struct svc_pg_result *rows, store_take_feedback *take, void *context)
{
    struct svc_arena arena = {0};
    size_t count = svc_pg_rows(rows);
    size_t given = 0;
    struct store_feedback *list = svc_arena_alloc(&arena, (count + 1) * sizeof *list);

    for (size_t row = 0; row < count && !svc_pg_is_null(rows, row, 2); row++) {
        if (svc_pg_get_bool(rows, row, 8)) {
            continue;
        }
        list[given++] = (struct store_feedback){
            .query = svc_pg_get(rows, row, 3),
            .product_id = svc_pg_get_int(rows, row, 4, 0),
            .category_id = svc_pg_get_int(rows, row, 5, 0),
            .action = svc_pg_get(rows, row, 6),
            .created_s = svc_pg_get_int(rows, row, 7, 0),
        };
    }
    take(context, list, given);
    svc_arena_done(&arena);
}

enum svc_status store_read_feedback(struct store *store,
    const struct store_position *position, struct store_feedback_page *page,
    store_take_feedback *take, void *context, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    struct svc_arena arena = {0};
    enum svc_status status = svc_pg_query(store->patient,
        SVC_PG_PREPARED(
            "WITH seen AS (SELECT pg_current_snapshot() AS snapshot) "
            "SELECT seen.snapshot::text, pg_snapshot_xmin(seen.snapshot)::text, "
            "feedback_id, query, product_id, category_id, action, "
            "floor(extract(epoch FROM created_at))::bigint, again "
            "FROM seen LEFT JOIN (SELECT *, EXISTS (SELECT FROM search_feedback AS old "
            "WHERE old.customer_hash = f.customer_hash AND old.product_id = f.product_id "
            "AND old.action = f.action AND old.feedback_id < f.feedback_id "
            "AND old.created_at > f.created_at - INTERVAL '1 day') AS again "
            "FROM search_feedback AS f WHERE xid >= $1::xid8 "
            "AND NOT pg_visible_in_snapshot(xid, $2::pg_snapshot) AND feedback_id > $3 "
            "ORDER BY feedback_id LIMIT 5000) AS new ON true ORDER BY feedback_id",
            svc_pg_int(position->horizon),
            svc_pg_text(store_snapshot_text(&arena, position)),
            svc_pg_int(page->last_id)),
        &rows, &error);

    svc_arena_done(&arena);
    if (status != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    size_t count = svc_pg_rows(rows);
    store_position_set(
        &page->reached, svc_pg_get(rows, 0, 0), svc_pg_get_int(rows, 0, 1, 0));
    page->count = svc_pg_is_null(rows, 0, 2) ? 0 : count;
    page->more = count == PAGE_ROWS;
    page->last_id = svc_pg_get_int(rows, count - 1, 2, page->last_id);
    give(rows, take, context);
    return SVC_OK;
}

enum svc_status store_add_searches(
    struct store *store, struct svc_slice rows, char ret_error[256])
{
    struct svc_pg_error error;

    if (svc_pg_query(store->patient,
            SVC_PG_PREPARED(
                "INSERT INTO search_log (query, total, relaxed, took_us, source, "
                "customer_hash) SELECT query, total, relaxed, took_us, source, "
                "customer_hash FROM jsonb_to_recordset($1::jsonb) AS row (query TEXT, "
                "total INTEGER, relaxed BOOLEAN, took_us INTEGER, source TEXT, "
                "customer_hash TEXT)",
                svc_pg_slice(rows)),
            NULL, &error) != SVC_OK) {
        return store_fail_private(&error, ret_error);
    }
    return SVC_OK;
}
