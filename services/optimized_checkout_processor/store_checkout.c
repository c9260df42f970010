/* Checkouts, and the one path from them to an order. */
#include "store_private.h"

#include <svc/pg.h>

enum checkout_column {
    CHECKOUT_ID = 18, /* after those of the cart */
    CHECKOUT_VERSION,
    CHECKOUT_STATE,
    CHECKOUT_ADDRESS_JSON,
    CHECKOUT_RATE,
    CHECKOUT_METHOD,
    CHECKOUT_SHOWN,
    CHECKOUT_DIGEST,
    CHECKOUT_ORDER,
};

enum svc_status store_checkout_read(const struct store_call *call, struct cart *ret_cart,
    struct checkout_row *ret_checkout)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED(
            "SELECT cart.*, last.* FROM cart_rows($1, $2) AS cart LEFT JOIN LATERAL"
            " (SELECT id, version, state, address, shipping_rate_id, payment_method,"
            "   shown, shown_digest, order_id FROM checkouts WHERE customer_phone = $1"
            "  ORDER BY created_at DESC, state NOT IN ('cancelled', 'expired') DESC"
            "  LIMIT 1) AS last ON true",
            svc_pg_slice(call->customer), svc_pg_int(call->minor_per_unit)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    store_cart_rows(call, rows, ret_cart, NULL);
    *ret_checkout = (struct checkout_row){
        .id = store_keep(call, svc_pg_get(rows, 0, CHECKOUT_ID)),
        .version = svc_pg_get_int(rows, 0, CHECKOUT_VERSION, 0),
        .address = store_keep(call, svc_pg_get(rows, 0, CHECKOUT_ADDRESS_JSON)),
        .shipping_rate_id = svc_pg_get_int(rows, 0, CHECKOUT_RATE, 0),
        .payment_method = store_keep(call, svc_pg_get(rows, 0, CHECKOUT_METHOD)),
        .shown = store_keep(call, svc_pg_get(rows, 0, CHECKOUT_SHOWN)),
        .shown_digest = store_keep(call, svc_pg_get(rows, 0, CHECKOUT_DIGEST)),
        .order_id = svc_pg_get_int(rows, 0, CHECKOUT_ORDER, 0),
    };
    if (ret_checkout->id.length > 0 &&
        !checkout_state_read(svc_pg_get(rows, 0, CHECKOUT_STATE), &ret_checkout->state)) {
        return SVC_INTERNAL;
    }
    return SVC_OK;
}

enum svc_status store_checkout_begin(
    const struct store_call *call, struct checkout_row *checkout)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("INSERT INTO checkouts (customer_phone, state)"
                        " VALUES ($1, 'cart') ON CONFLICT DO NOTHING RETURNING id",
            svc_pg_slice(call->customer)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    if (svc_pg_rows(rows) == 0) {
        return SVC_CONFLICT;
    }
    *checkout = (struct checkout_row){
        .id = store_keep(call, svc_pg_get(rows, 0, 0)),
        .version = 1,
        .state = CHECKOUT_CART,
    };
    return SVC_OK;
}

static struct svc_pg_param optional(struct svc_slice text)
{
    return text.length > 0 ? svc_pg_slice(text) : svc_pg_null();
}

enum svc_status store_checkout_save(
    const struct store_call *call, struct checkout_row *checkout)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("UPDATE checkouts SET state = $3, address = $4::jsonb,"
                        " shipping_rate_id = NULLIF($5::int, 0), payment_method = $6,"
                        " shown = $7::jsonb, shown_digest = $8, version = version + 1,"
                        " updated_at = NOW() WHERE id = $1::uuid AND version = $2 AND "
                        "order_id IS NULL",
            svc_pg_slice(checkout->id), svc_pg_int(checkout->version),
            svc_pg_text(checkout_state_name(checkout->state)),
            optional(checkout->address), svc_pg_int(checkout->shipping_rate_id),
            optional(checkout->payment_method), optional(checkout->shown),
            optional(checkout->shown_digest)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    if (svc_pg_affected(rows) != 1) {
        return SVC_CONFLICT;
    }
    checkout->version++;
    return SVC_OK;
}

enum svc_status store_address_last(
    const struct store_call *call, struct svc_slice *ret_address)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT address FROM orders WHERE customer_phone = $1"
                        " AND address IS NOT NULL ORDER BY created_at DESC LIMIT 1",
            svc_pg_slice(call->customer)),
        &rows);

    if (status == SVC_OK) {
        *ret_address = store_keep(call, svc_pg_get(rows, 0, 0));
    }
    return status;
}

enum svc_status store_order_place(
    const struct store_call *call, struct svc_slice order, struct placed *ret_placed)
{
    static const char *const names[] = {
        [PLACE_DONE] = "placed",
        [PLACE_EXISTS] = "exists",
        [PLACE_CHANGED] = "changed",
        [PLACE_SHORT] = "short",
        [PLACE_COUPON] = "coupon",
    };
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT status, order_id, order_number FROM order_place($1)",
            svc_pg_slice(order)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(svc_pg_get(rows, 0, 0), names[i])) {
            *ret_placed = (struct placed){
                .status = (enum place_status)i,
                .order_id = svc_pg_get_int(rows, 0, 1, 0),
                .order_number = store_keep(call, svc_pg_get(rows, 0, 2)),
            };
            return SVC_OK;
        }
    }
    return SVC_INTERNAL;
}
