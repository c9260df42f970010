#include "store_refunds.h"

#include "gateway_private.h"

#include <svc/pg.h>

static enum svc_status lock_order(struct svc_pg_tx *tx, int64_t order_id)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask_in(tx,
        SVC_PG_PREPARED(
            "SELECT id FROM orders WHERE id = $1 FOR UPDATE", svc_pg_int(order_id)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    return svc_pg_rows(rows) > 0 ? SVC_OK : SVC_NOT_FOUND;
}

/* The id of a payment, copied; NOT_FOUND for no row. */
static enum svc_status find_payment(const struct store_payments *store,
    struct svc_pg_tx *tx, const struct svc_pg_statement *statement,
    struct svc_slice *ret_id, int64_t *ret_number)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask_in(tx, statement, &rows);

    if (status != SVC_OK || svc_pg_rows(rows) == 0) {
        return status != SVC_OK ? status : SVC_NOT_FOUND;
    }
    *ret_id = store_text_at(store->arena, rows, 0, 0);
    *ret_number = svc_pg_get_int(rows, 0, 1, 0);
    return SVC_OK;
}

enum svc_status store_refundable(const struct store_payments *store, struct svc_pg_tx *tx,
    int64_t order_id, struct payment_row *ret_row, int64_t *ret_left_minor)
{
    struct svc_slice id = {0};
    enum svc_status status = lock_order(tx, order_id);

    if (status != SVC_OK) {
        return status;
    }
    status = find_payment(store, tx,
        SVC_PG_PREPARED("SELECT p.id, payment_left_minor(p)"
                        " FROM payments AS p WHERE p.order_id = $1 AND NOT p.is_surplus"
                        " AND p.status IN ('paid', 'partially_refunded', 'refunded')"
                        " ORDER BY p.created_at DESC LIMIT 1",
            svc_pg_int(order_id)),
        &id, ret_left_minor);
    if (status != SVC_OK) {
        return status == SVC_NOT_FOUND ? SVC_INVALID : status;
    }
    return store_payment_lock(store, tx, id, ret_row);
}

enum svc_status store_refund_add(struct svc_pg_tx *tx, const struct refund_add *add)
{
    if (add->is_done) { /* what was left to a person is done with that */
        enum svc_status status = store_ask_in(tx,
            SVC_PG_PREPARED("UPDATE refunds SET status = 'failed', updated_at = NOW(),"
                            " error = 'given back by hand instead'"
                            " WHERE payment_id = $1::uuid AND status = 'manual'",
                svc_pg_slice(add->payment_id)),
            NULL);
        if (status != SVC_OK) {
            return status;
        }
    }
    return store_ask_in(tx,
        SVC_PG_PREPARED("INSERT INTO refunds (payment_id, amount_minor, key, reason,"
                        " status) VALUES ($1::uuid, $2, $3, $4,"
                        " CASE WHEN $5 THEN 'done' ELSE 'asked' END)",
            svc_pg_slice(add->payment_id), svc_pg_int(add->amount_minor),
            svc_pg_slice(add->key), svc_pg_slice(add->reason), svc_pg_bool(add->is_done)),
        NULL);
}

enum svc_status store_refund_known(struct svc_pg_tx *tx, struct svc_slice key,
    int64_t order_id, int64_t *ret_amount_minor)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask_in(tx,
        SVC_PG_PREPARED("SELECT r.amount_minor FROM refunds AS r JOIN payments AS p"
                        " ON p.id = r.payment_id WHERE r.key = $1 AND p.order_id = $2",
            svc_pg_slice(key), svc_pg_int(order_id)),
        &rows);

    if (status == SVC_OK) {
        *ret_amount_minor = svc_pg_get_int(rows, 0, 0, -1);
    }
    return status;
}

enum svc_status store_refund_read(const struct store_payments *store,
    struct svc_slice key, struct payments_refund_state *ret_state)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED("SELECT r.id, r.status, r.amount_minor, p.currency"
                        " FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id"
                        " WHERE r.key = $1",
            svc_pg_slice(key)),
        &rows);

    if (status != SVC_OK || svc_pg_rows(rows) == 0) {
        return status != SVC_OK ? status : SVC_NOT_FOUND;
    }
    *ret_state = (struct payments_refund_state){
        .id = store_text_at(store->arena, rows, 0, 0),
        .status = store_text_at(store->arena, rows, 0, 1),
        .amount_minor = svc_pg_get_int(rows, 0, 2, 0),
        .currency = store_text_at(store->arena, rows, 0, 3),
    };
    return SVC_OK;
}

enum svc_status store_refunds_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct refund_row *ret_rows, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED("UPDATE refunds SET attempts = attempts + 1,"
                        " next_try_at = NOW() + make_interval(secs => $2)"
                        " WHERE id IN (SELECT id FROM refunds WHERE status = 'asked'"
                        " AND next_try_at <= NOW()"
                        " ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
                        " RETURNING id, payment_id, amount_minor, attempts,"
                        " extract(epoch FROM NOW() - created_at)::bigint",
            svc_pg_int(limit), svc_pg_int(lease_s)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        ret_rows[i] = (struct refund_row){
            .id = store_text_at(store->arena, rows, i, 0),
            .payment_id = store_text_at(store->arena, rows, i, 1),
            .amount_minor = svc_pg_get_int(rows, i, 2, 0),
            .attempts = svc_pg_get_int(rows, i, 3, 0),
            .age_s = svc_pg_get_int(rows, i, 4, 0),
        };
    }
    return SVC_OK;
}

enum svc_status store_refund_limit(
    const struct store_payments *store, struct svc_slice id, int64_t *ret_amount_minor)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    /* A later try must be the same as the first, which its key stands for. */
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED(
            "WITH known AS (SELECT r.id, CASE WHEN r.attempts > 1"
            "  THEN r.amount_minor ELSE LEAST(r.amount_minor,"
            "  p.amount_minor - p.refunded_minor) END AS minor FROM refunds AS r"
            "  JOIN payments AS p ON p.id = r.payment_id WHERE r.id = $1::uuid),"
            " changed AS (UPDATE refunds SET amount_minor = known.minor FROM known"
            "  WHERE refunds.id = known.id AND known.minor > 0)"
            " SELECT GREATEST(minor, 0) FROM known",
            svc_pg_slice(id)),
        &rows);

    if (status == SVC_OK) {
        *ret_amount_minor = svc_pg_get_int(rows, 0, 0, 0);
    }
    return status;
}

enum svc_status store_refund_end(struct svc_pg_tx *tx, struct svc_slice id,
    const char *status, struct svc_slice external_id, const char *error)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("UPDATE refunds SET status = $2, external_id = $3, error = $4,"
                        " updated_at = NOW() WHERE id = $1::uuid AND status = 'asked'",
            svc_pg_slice(id), svc_pg_text(status), svc_pg_slice(external_id),
            svc_pg_text(error)),
        NULL);
}

enum svc_status store_refund_wait(const struct store_payments *store, struct svc_slice id,
    const char *error, int64_t wait_s)
{
    return store_ask(store,
        SVC_PG_PREPARED("UPDATE refunds SET error = $2, updated_at = NOW(),"
                        " next_try_at = NOW() + make_interval(secs => $3)"
                        " WHERE id = $1::uuid AND status = 'asked'",
            svc_pg_slice(id), svc_pg_text(error), svc_pg_int(wait_s)),
        NULL);
}

enum svc_status store_payment_by_hand(const struct store_payments *store,
    struct svc_pg_tx *tx, int64_t order_id, struct payment_row *ret_row)
{
    struct svc_slice id = {0};
    int64_t number = 0;
    enum svc_status status = lock_order(tx, order_id);

    if (status != SVC_OK) {
        return status;
    }
    status = store_ask_in(tx,
        SVC_PG_PREPARED(
            "INSERT INTO payments (order_id, gateway, amount_minor, currency)"
            " SELECT id, payment_method, total_minor, currency FROM orders WHERE id = $1"
            " AND payment_method IN ('bank_transfer', 'cash_on_delivery')"
            " AND total_minor IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM payments AS own WHERE own.order_id = $1"
            " AND own.gateway = orders.payment_method)",
            svc_pg_int(order_id)),
        NULL);
    if (status != SVC_OK) {
        return status;
    }
    status = find_payment(store, tx,
        SVC_PG_PREPARED("SELECT id, 0 FROM payments WHERE order_id = $1"
                        " AND gateway IN ('bank_transfer', 'cash_on_delivery')"
                        " ORDER BY status IN ('paid', 'partially_refunded', 'refunded')"
                        " DESC, created_at DESC LIMIT 1",
            svc_pg_int(order_id)),
        &id, &number);
    if (status != SVC_OK) {
        return status == SVC_NOT_FOUND ? SVC_INVALID : status;
    }
    return store_payment_lock(store, tx, id, ret_row);
}
