/* The inbox of notifications. */
#include "store_payments.h"

#include "gateway_private.h"

#include <svc/pg.h>

enum svc_status store_inbox_add(const struct store_payments *store, const char *gateway,
    const struct gateway_notice *notice, struct svc_slice raw, bool *ret_is_new)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    bool follow = notice->refers_to_payment;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED(
            "INSERT INTO payment_inbox (gateway, event_id, kind, subject_id,"
            " raw, is_dispute, is_signed, next_try_at, outcome)"
            " SELECT $1, $2, $3, $4, COALESCE($5, ''), $6::boolean, $8::boolean,"
            " CASE WHEN $7 THEN NOW() END,"
            " CASE WHEN $7 THEN NULL ELSE 'ignored' END"
            " WHERE $8::boolean OR (SELECT count(*) FROM payment_inbox"
            "  WHERE next_try_at IS NOT NULL AND NOT is_signed) < 100"
            " ON CONFLICT (gateway, event_id) DO NOTHING RETURNING id",
            svc_pg_text(gateway), svc_pg_slice(notice->event_id),
            svc_pg_slice(notice->kind), svc_pg_slice(notice->subject_id),
            svc_pg_slice(raw), svc_pg_bool(notice->is_dispute), svc_pg_bool(follow),
            svc_pg_bool(notice->is_signed)),
        &rows);

    if (status == SVC_OK) {
        *ret_is_new = svc_pg_rows(rows) > 0;
    }
    return status;
}

enum svc_status store_inbox_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct inbox_row *ret_rows, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_ask(store,
        SVC_PG_PREPARED(
            "UPDATE payment_inbox SET attempts = attempts + 1,"
            " next_try_at = NOW() + make_interval(secs => $2)"
            " WHERE id IN (SELECT id FROM payment_inbox WHERE next_try_at <= NOW()"
            " ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, gateway, subject_id, is_dispute, attempts,"
            " extract(epoch FROM NOW() - received_at)::bigint, is_signed",
            svc_pg_int(limit), svc_pg_int(lease_s)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        ret_rows[i] = (struct inbox_row){
            .id = svc_pg_get_int(rows, i, 0, 0),
            .gateway = store_text_at(store->arena, rows, i, 1),
            .subject_id = store_text_at(store->arena, rows, i, 2),
            .is_dispute = svc_pg_get_bool(rows, i, 3),
            .attempts = svc_pg_get_int(rows, i, 4, 0),
            .age_s = svc_pg_get_int(rows, i, 5, 0),
            .is_signed = svc_pg_get_bool(rows, i, 6),
        };
    }
    return SVC_OK;
}

enum svc_status store_inbox_end(
    const struct store_payments *store, int64_t id, const char *outcome, int64_t wait_s)
{
    return store_ask(store,
        SVC_PG_PREPARED("UPDATE payment_inbox SET outcome = $2, next_try_at = CASE"
                        " WHEN $3 >= 0 THEN NOW() + make_interval(secs => $3) END"
                        " WHERE id = $1",
            svc_pg_int(id), svc_pg_text(outcome), svc_pg_int(wait_s)),
        NULL);
}
