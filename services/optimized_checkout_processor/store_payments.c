#include "store_payments.h"

#include "gateway_private.h"
#include "orders.h"

#include <svc/log.h>
#include <svc/pg.h>

#include <string.h>

#define COLUMNS                                                                          \
    "p.id, p.order_id, p.gateway, p.status, p.amount_minor, p.currency,"                 \
    " p.refunded_minor, p.external_id, p.capture_id, p.url, p.told,"                     \
    " extract(epoch FROM p.created_at)::bigint,"                                         \
    " COALESCE(extract(epoch FROM p.expires_at)::bigint, 0),"                            \
    " p.closed_at IS NOT NULL, p.attempts, o.order_number, o.status, o.customer_phone,"  \
    " o.paid_minor, p.is_surplus"
#define FROM_PAYMENTS " FROM payments AS p JOIN orders AS o ON o.id = p.order_id "

struct svc_slice store_text_at(
    struct svc_arena *arena, const struct svc_pg_result *rows, size_t row, size_t column)
{
    return svc_slice_keep(arena, svc_pg_get(rows, row, column));
}

/* A fault of ours, which no retry mends, is logged. */
static enum svc_status note_fault(
    enum svc_status status, const struct svc_pg_error *error)
{
    if (status == SVC_INTERNAL || status == SVC_INVALID) {
        svc_log(SVC_LOG_ERROR, "a statement of payments failed",
            SVC_TEXT("sqlstate", error->sqlstate),
            SVC_PRIVATE(
                "error", ((struct svc_slice){error->message, strlen(error->message)})));
    }
    return status;
}

enum svc_status store_ask(const struct store_payments *store,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows)
{
    struct svc_pg_error error;

    return note_fault(svc_pg_query(store->pg, statement, ret_rows, &error), &error);
}

enum svc_status store_ask_in(struct svc_pg_tx *tx,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows)
{
    struct svc_pg_error error;

    return note_fault(svc_pg_tx_query(tx, statement, ret_rows, &error), &error);
}

static enum svc_status read_row(struct svc_arena *arena, const struct svc_pg_result *rows,
    struct payment_row *ret_row)
{
    if (svc_pg_rows(rows) == 0) {
        return SVC_NOT_FOUND;
    }
    *ret_row = (struct payment_row){
        .id = store_text_at(arena, rows, 0, 0),
        .order_id = svc_pg_get_int(rows, 0, 1, 0),
        .gateway = store_text_at(arena, rows, 0, 2),
        .status = store_text_at(arena, rows, 0, 3),
        .amount_minor = svc_pg_get_int(rows, 0, 4, 0),
        .currency = store_text_at(arena, rows, 0, 5),
        .refunded_minor = svc_pg_get_int(rows, 0, 6, 0),
        .external_id = store_text_at(arena, rows, 0, 7),
        .capture_id = store_text_at(arena, rows, 0, 8),
        .url = store_text_at(arena, rows, 0, 9),
        .told = store_text_at(arena, rows, 0, 10),
        .created_s = svc_pg_get_int(rows, 0, 11, 0),
        .expires_s = svc_pg_get_int(rows, 0, 12, 0),
        .is_closed = svc_pg_get_bool(rows, 0, 13),
        .attempts = svc_pg_get_int(rows, 0, 14, 0),
        .order_number = store_text_at(arena, rows, 0, 15),
        .order_status = store_text_at(arena, rows, 0, 16),
        .customer = store_text_at(arena, rows, 0, 17),
        .order_paid_minor = svc_pg_get_int(rows, 0, 18, 0),
        .is_surplus = svc_pg_get_bool(rows, 0, 19),
    };
    return SVC_OK;
}

static enum svc_status query_row(const struct store_payments *store,
    const struct svc_pg_statement *statement, struct payment_row *ret_row)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store, statement, &rows);

    return status == SVC_OK ? read_row(store->arena, rows, ret_row) : status;
}

enum svc_status store_in_transaction(
    const struct store_payments *store, store_change *change, void *context)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error;
    enum svc_status status = svc_pg_begin(store->pg, &tx, &error);

    if (status == SVC_OK) {
        status = change(context, &tx);
    }
    return status == SVC_OK ? svc_pg_commit(&tx, &error) : status;
}

enum svc_status store_order_apply(struct svc_pg_tx *tx, const struct order_change *change)
{
    struct svc_pg_error error;
    struct order_step step;
    enum svc_status status = orders_apply(tx, change, &step, &error);

    return status == SVC_NOT_FOUND ? SVC_OK : status;
}

/* --- Reading. --- */

enum svc_status store_payment_by_id(
    const struct store_payments *store, struct svc_slice id, struct payment_row *ret_row)
{
    return query_row(store,
        SVC_PG_PREPARED(
            "SELECT " COLUMNS FROM_PAYMENTS "WHERE p.id = $1::uuid", svc_pg_slice(id)),
        ret_row);
}

static bool is_uuid(struct svc_slice text)
{
    if (text.text == NULL || text.length != 36) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                   (byte >= 'A' && byte <= 'F');
        if (dash ? byte != '-' : !hex) {
            return false;
        }
    }
    return true;
}

enum svc_status store_payment_find(const struct store_payments *store,
    const char *gateway, const struct payment_truth *truth, struct payment_row *ret_row)
{
    enum svc_status status = SVC_NOT_FOUND;

    if (truth->capture_id.text != NULL) {
        status = query_row(store,
            SVC_PG_PREPARED("SELECT " COLUMNS FROM_PAYMENTS
                            "WHERE p.gateway = $1 AND p.capture_id = $2",
                svc_pg_text(gateway), svc_pg_slice(truth->capture_id)),
            ret_row);
    }
    if (status != SVC_NOT_FOUND || !is_uuid(truth->reference)) {
        return status;
    }
    return query_row(store,
        SVC_PG_PREPARED("SELECT " COLUMNS FROM_PAYMENTS
                        "WHERE p.id = $1::uuid AND p.gateway = $2",
            svc_pg_slice(truth->reference), svc_pg_text(gateway)),
        ret_row);
}

enum svc_status store_payment_open(
    const struct store_payments *store, int64_t order_id, struct payment_row *ret_row)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED("SELECT status = 'awaiting_payment' FROM orders WHERE id = $1",
            svc_pg_int(order_id)),
        &rows);

    if (status != SVC_OK || svc_pg_rows(rows) == 0) {
        return status != SVC_OK ? status : SVC_NOT_FOUND;
    }
    if (!svc_pg_get_bool(rows, 0, 0)) {
        return SVC_CONFLICT;
    }
    status = store_ask(store,
        SVC_PG_PREPARED("INSERT INTO payments (order_id, gateway, amount_minor, currency,"
                        " expires_at) SELECT id, payment_method, total_minor, currency,"
                        " held_until FROM orders WHERE id = $1"
                        " AND status = 'awaiting_payment' AND payment_method IS NOT NULL"
                        " AND NOT EXISTS (SELECT FROM payments AS open"
                        " WHERE open.order_id = $1"
                        " AND open.status IN ('created', 'pending'))"
                        " ON CONFLICT DO NOTHING",
            svc_pg_int(order_id)),
        NULL);
    if (status != SVC_OK) {
        return status;
    }
    status = query_row(store,
        SVC_PG_PREPARED("SELECT " COLUMNS FROM_PAYMENTS "WHERE p.order_id = $1"
                        " AND p.status IN ('created', 'pending')",
            svc_pg_int(order_id)),
        ret_row);
    return status == SVC_NOT_FOUND ? SVC_CONFLICT : status;
}

/* --- Links. --- */

enum svc_status store_link_begin(
    const struct store_payments *store, struct svc_slice id, int64_t wait_s)
{
    return store_ask(store,
        SVC_PG_PREPARED("UPDATE payments SET attempts = attempts + 1, updated_at = NOW(),"
                        " next_ask_at = NOW() + make_interval(secs => $2)"
                        " WHERE id = $1::uuid AND status = 'created'",
            svc_pg_slice(id), svc_pg_int(wait_s)),
        NULL);
}

enum svc_status store_link_end(const struct store_payments *store, struct svc_slice id,
    const struct gateway_link *link, int64_t wait_s, bool *ret_taken)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED(
            "UPDATE payments SET url = $2, external_id = $3, error = NULL,"
            " status = CASE status WHEN 'created' THEN 'pending' ELSE status END,"
            " next_ask_at = CASE status WHEN 'created'"
            " THEN NOW() + make_interval(secs => $4) ELSE NOW() END, updated_at = "
            "NOW()"
            " WHERE id = $1::uuid AND url IS NULL RETURNING status = 'pending'",
            svc_pg_slice(id), svc_pg_slice(link->url), svc_pg_slice(link->external_id),
            svc_pg_int(wait_s)),
        &rows);

    if (status == SVC_OK) {
        *ret_taken = svc_pg_get_bool(rows, 0, 0);
    }
    return status;
}

enum svc_status store_link_failed(const struct store_payments *store, struct svc_slice id,
    const char *error, bool for_good)
{
    return store_ask(store,
        SVC_PG_PREPARED("UPDATE payments SET error = $2, updated_at = NOW(),"
                        " status = CASE WHEN $3 THEN 'failed' ELSE status END,"
                        " next_ask_at = CASE WHEN $3 THEN NULL ELSE next_ask_at END"
                        " WHERE id = $1::uuid AND status = 'created'",
            svc_pg_slice(id), svc_pg_text(error), svc_pg_bool(for_good)),
        NULL);
}

/* --- The sweep of payments. --- */

enum svc_status store_payments_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct svc_slice *ret_ids, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED(
            "UPDATE payments SET next_ask_at = NOW() + make_interval(secs => $2)"
            " WHERE id IN (SELECT id FROM payments WHERE next_ask_at <= NOW()"
            " ORDER BY next_ask_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id",
            svc_pg_int(limit), svc_pg_int(lease_s)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        ret_ids[i] = store_text_at(store->arena, rows, i, 0);
    }
    return SVC_OK;
}

enum svc_status store_payment_closed(
    const struct store_payments *store, struct svc_slice id)
{
    return store_ask(store,
        SVC_PG_PREPARED("UPDATE payments SET closed_at = NOW() WHERE id = $1::uuid",
            svc_pg_slice(id)),
        NULL);
}

enum svc_status store_payment_schedule(const struct store_payments *store,
    struct svc_slice id, int64_t every_s, bool answered, bool is_final)
{
    return store_ask(store,
        SVC_PG_PREPARED(
            "UPDATE payments AS p SET"
            " asked_at = CASE WHEN $3 THEN NOW() ELSE p.asked_at END,"
            " next_ask_at = CASE"
            " WHEN p.status IN ('created', 'pending')"
            "  OR p.status IN ('cancelled', 'failed') AND NOT $4"
            "   AND p.created_at > NOW() - INTERVAL '4 days'"
            " THEN LEAST(NOW() + LEAST(GREATEST(make_interval(secs => $2),"
            "  (NOW() - p.created_at) / 2), INTERVAL '6 hours'),"
            "  CASE WHEN o.held_until > NOW() THEN o.held_until"
            "  WHEN o.held_until IS NOT NULL THEN NOW() + INTERVAL '15 seconds' END)"
            " END FROM orders AS o WHERE p.id = $1::uuid AND o.id = p.order_id",
            svc_pg_slice(id), svc_pg_int(every_s), svc_pg_bool(answered),
            svc_pg_bool(is_final)),
        NULL);
}

/* --- What a payment's truth does. --- */

/* In two steps: what is read with the lock would be from before the wait for it. */
enum svc_status store_payment_lock(const struct store_payments *store,
    struct svc_pg_tx *tx, struct svc_slice id, struct payment_row *ret_row)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask_in(tx,
        SVC_PG_PREPARED("SELECT FROM orders WHERE id ="
                        " (SELECT order_id FROM payments WHERE id = $1::uuid) FOR UPDATE",
            svc_pg_slice(id)),
        NULL);

    if (status != SVC_OK) {
        return status;
    }
    status = store_ask_in(tx,
        SVC_PG_PREPARED(
            "SELECT " COLUMNS FROM_PAYMENTS "WHERE p.id = $1::uuid", svc_pg_slice(id)),
        &rows);
    return status == SVC_OK ? read_row(store->arena, rows, ret_row) : status;
}

enum svc_status store_payment_paid(struct svc_pg_tx *tx, const struct payment_row *row,
    struct svc_slice capture_id, bool is_surplus)
{
    enum svc_status status = store_ask_in(tx,
        SVC_PG_PREPARED(
            "UPDATE payments SET capture_id = $2, error = NULL, told = NULL,"
            " status = CASE WHEN $3 THEN 'surplus' ELSE 'paid' END, is_surplus = $3,"
            " next_ask_at = NULL, updated_at = NOW() WHERE id = $1::uuid",
            svc_pg_slice(row->id), svc_pg_slice(capture_id), svc_pg_bool(is_surplus)),
        NULL);

    if (status != SVC_OK || is_surplus) {
        return status;
    }
    return store_ask_in(tx, /* a link that isn't needed any more */
        SVC_PG_PREPARED("UPDATE payments SET status = 'cancelled', next_ask_at = NOW(),"
                        " updated_at = NOW() WHERE order_id = $1 AND id <> $2::uuid"
                        " AND status IN ('created', 'pending')",
            svc_pg_int(row->order_id), svc_pg_slice(row->id)),
        NULL);
}

enum svc_status store_payment_surplus(struct svc_pg_tx *tx, const struct payment_row *row,
    const struct payment_truth *truth)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("INSERT INTO payments (order_id, gateway, status, amount_minor,"
                        " currency, capture_id, is_surplus)"
                        " VALUES ($1, $2, 'surplus', $3, $4, $5, true)",
            svc_pg_int(row->order_id), svc_pg_slice(row->gateway),
            svc_pg_int(truth->amount_minor), svc_pg_slice(truth->currency),
            svc_pg_slice(truth->capture_id)),
        NULL);
}

enum svc_status store_surplus_refund(struct svc_pg_tx *tx, int64_t order_id)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("INSERT INTO refunds (payment_id, amount_minor, reason, key)"
                        " SELECT id, amount_minor - refunded_minor, 'surplus',"
                        " 'order:' || id FROM payments WHERE order_id = $1"
                        " AND status = 'surplus' AND amount_minor > refunded_minor"
                        " ON CONFLICT (key) DO NOTHING",
            svc_pg_int(order_id)),
        NULL);
}

enum svc_status store_payment_refunded(struct svc_pg_tx *tx, struct svc_slice id,
    int64_t refunded_minor, int64_t *ret_refunded_minor)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    /* At least what we gave back ourselves, for a gateway that doesn't say how much. */
    enum svc_status status = store_ask_in(tx,
        SVC_PG_PREPARED(
            "WITH known AS (SELECT LEAST(p.amount_minor, GREATEST(p.refunded_minor, "
            "$2,"
            " COALESCE((SELECT sum(r.amount_minor) FROM refunds AS r"
            "  WHERE r.payment_id = p.id AND r.status = 'done'), 0)))::bigint AS "
            "minor"
            " FROM payments AS p WHERE p.id = $1::uuid)"
            " UPDATE payments SET refunded_minor = known.minor, updated_at = NOW(),"
            " status = CASE WHEN known.minor >= amount_minor THEN 'refunded'"
            "  WHEN status = 'paid' AND known.minor > 0 THEN 'partially_refunded'"
            "  ELSE status END"
            " FROM known WHERE id = $1::uuid RETURNING refunded_minor",
            svc_pg_slice(id), svc_pg_int(refunded_minor)),
        &rows);

    if (status == SVC_OK) {
        *ret_refunded_minor = svc_pg_get_int(rows, 0, 0, 0);
    }
    return status;
}

enum svc_status store_payment_told(struct svc_pg_tx *tx, struct svc_slice id,
    struct svc_slice told, struct svc_slice error)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("UPDATE payments SET told = $2, error = $3, updated_at = NOW()"
                        " WHERE id = $1::uuid",
            svc_pg_slice(id), svc_pg_slice(told), svc_pg_slice(error)),
        NULL);
}

enum svc_status store_payment_ended(
    struct svc_pg_tx *tx, struct svc_slice id, const char *error)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("UPDATE payments SET status = 'failed', error = $2,"
                        " closed_at = COALESCE(closed_at, NOW()), updated_at = NOW()"
                        " WHERE id = $1::uuid AND status IN ('created', 'pending')",
            svc_pg_slice(id), svc_pg_text(error)),
        NULL);
}

enum svc_status store_event_add(struct svc_pg_tx *tx, const struct payment_row *row,
    const char *type, struct svc_slice data)
{
    return store_ask_in(tx,
        SVC_PG_PREPARED("SELECT order_event_add($1::int, $2, $3, $4::jsonb, $5, false)",
            svc_pg_int(row->order_id), svc_pg_text(type), svc_pg_slice(row->order_status),
            svc_pg_slice(data), svc_pg_slice(row->customer)),
        NULL);
}
