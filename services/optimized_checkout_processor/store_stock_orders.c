/* The statements and calls of stock_orders.h. */
#include "stock_orders.h"

#include <svc/pg.h>

#include <stdio.h>
#include <string.h>

enum { SWEEP_LIMIT = 50 };

struct due {
    char key[64];
    char action[16];
};

/* False, with the reason: PostgreSQL didn't take it down. */
static bool note_asked(
    struct svc_pg *pg, struct svc_slice checkout_id, struct stock_api_error *ret_error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED("INSERT INTO stock_api_orders (checkout_id) VALUES ($1::uuid)"
                        " ON CONFLICT (checkout_id) DO UPDATE SET told = NULL,"
                        " asked_at = NOW(), attempts = 0, next_try_at = NOW()",
            svc_pg_slice(checkout_id)),
        &rows, &error);

    if (status != SVC_OK) {
        snprintf(ret_error->message, sizeof ret_error->message, "%.150s", error.message);
    }
    return status == SVC_OK;
}

enum stock_api_outcome stock_orders_hold(struct stock_api *api, struct svc_pg *pg,
    struct stock_order *order, struct stock_api_error *ret_error)
{
    struct stock_api_line known[STOCK_API_LINES_MAX];
    size_t count = 0;
    char key[64];

    *ret_error = (struct stock_api_error){0};
    for (size_t i = 0; i < order->count && count < STOCK_API_LINES_MAX; i++) {
        if (order->lines[i].sku.length > 0) {
            known[count++] = order->lines[i];
        }
    }
    if (count == 0) {
        return STOCK_API_DONE;
    }
    if (!note_asked(pg, order->checkout_id, ret_error)) {
        return STOCK_API_DOWN;
    }
    snprintf(
        key, sizeof key, "%.*s", (int)order->checkout_id.length, order->checkout_id.text);
    enum stock_api_outcome outcome =
        stock_api_reserve(api, key, order->expires_at_s, known, count, ret_error);
    for (size_t i = 0, next = 0; next < count; i++) {
        if (order->lines[i].sku.length > 0) {
            order->lines[i] = known[next++];
        }
    }
    return outcome;
}

/* Takes what is due, so that no other replica does: it's due again after a while unless
 * its outcome is written down. */
static size_t take_due(struct svc_pg *pg, struct due *due)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED(
            "UPDATE stock_api_orders AS taken SET attempts = attempts + 1,"
            " next_try_at = NOW() + LEAST(INTERVAL '1 hour',"
            "   INTERVAL '10 seconds' * power(2, LEAST(attempts, 10)))"
            " FROM (SELECT held.checkout_id, stock_api_wanted(held) AS action"
            "  FROM stock_api_orders AS held WHERE held.next_try_at <= NOW()"
            "  AND stock_api_wanted(held) IS DISTINCT FROM held.told"
            "  AND stock_api_wanted(held) IS NOT NULL"
            "  ORDER BY held.next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS due"
            " WHERE taken.checkout_id = due.checkout_id"
            " RETURNING taken.checkout_id, due.action",
            svc_pg_int(SWEEP_LIMIT)),
        &rows, &error);
    size_t count = status == SVC_OK ? svc_pg_rows(rows) : 0;

    for (size_t i = 0; i < count; i++) {
        struct svc_slice key = svc_pg_get(rows, i, 0);
        struct svc_slice action = svc_pg_get(rows, i, 1);
        snprintf(due[i].key, sizeof due[i].key, "%.*s", (int)key.length, key.text);
        snprintf(
            due[i].action, sizeof due[i].action, "%.*s", (int)action.length, action.text);
    }
    return count;
}

/* Sells an order's lines as PostgreSQL has them. */
static enum stock_api_outcome commit_order(struct stock_api *api, struct svc_pg *pg,
    const char *key, struct stock_api_error *ret_error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    struct stock_api_line lines[STOCK_API_LINES_MAX];
    size_t count = 0;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED(
            "SELECT product.sku, line.quantity FROM orders AS placed"
            " JOIN stock_reservations AS line ON line.order_id = placed.id"
            " JOIN products AS product ON product.id = line.product_id"
            " WHERE placed.checkout_id = $1::uuid AND product.sku <> '' ORDER BY 1",
            svc_pg_text(key)),
        &rows, &error);

    if (status != SVC_OK) {
        snprintf(ret_error->message, sizeof ret_error->message, "%.150s", error.message);
        return STOCK_API_DOWN;
    }
    for (; count < svc_pg_rows(rows) && count < STOCK_API_LINES_MAX; count++) {
        lines[count] = (struct stock_api_line){
            .sku = svc_pg_get(rows, count, 0),
            .quantity = svc_pg_get_int(rows, count, 1, 0),
        };
    }
    return stock_api_commit(api, key, lines, count, ret_error);
}

/* What was released stays for a while: an order that is paid late is sold after all. */
static void note_told(
    struct svc_pg *pg, const struct due *due, const char *problem, bool answered)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    (void)!svc_pg_query(pg,
        SVC_PG_PREPARED("UPDATE stock_api_orders SET error = NULLIF($3, ''),"
                        " told = CASE WHEN $4::int = 1 THEN $2 ELSE told END,"
                        " attempts = CASE WHEN $4::int = 1 THEN 0 ELSE attempts END,"
                        " next_try_at = CASE WHEN $4::int = 1 AND $2 = 'release'"
                        "  THEN NOW() + INTERVAL '5 minutes' ELSE next_try_at END"
                        " WHERE checkout_id = $1::uuid",
            svc_pg_text(due->key), svc_pg_text(due->action), svc_pg_text(problem),
            svc_pg_int(answered)),
        &rows, &error);
}

static void prune(struct svc_pg *pg)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    (void)!svc_pg_query(pg,
        SVC_PG_PREPARED("DELETE FROM stock_api_orders WHERE told = 'commit'"
                        " AND error IS NULL OR asked_at < NOW() - INTERVAL '30 days'"),
        &rows, &error);
}

void stock_orders_sweep(
    struct stock_api *api, struct svc_pg *pg, struct stock_orders_swept *ret_swept)
{
    struct due due[SWEEP_LIMIT];
    size_t count = stock_api_is_up(api) ? take_due(pg, due) : 0;

    *ret_swept = (struct stock_orders_swept){0};
    for (size_t i = 0; i < count; i++) {
        struct stock_api_error error = {0};
        bool sells = strcmp(due[i].action, "commit") == 0;
        enum stock_api_outcome outcome = sells
                                             ? commit_order(api, pg, due[i].key, &error)
                                             : stock_api_release(api, due[i].key, &error);
        ret_swept->told += outcome == STOCK_API_DONE;
        ret_swept->shorts += outcome == STOCK_API_SHORT;
        ret_swept->failed += outcome == STOCK_API_DOWN;
        note_told(pg, &due[i], outcome == STOCK_API_SHORT ? "short" : error.message,
            outcome != STOCK_API_DOWN);
    }
    if (count > 0) {
        prune(pg);
    }
}
