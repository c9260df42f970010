/* Orders, to be looked at. */
#include "store_private.h"

#include <svc/pg.h>

/* With $1: minor units of one; the rest is each statement's own. */
#define ORDER_COLUMNS                                                                    \
    "SELECT o.id, o.order_number, o.customer_phone, o.status, o.currency,"               \
    " o.payment_method, o.address, o.shipping, o.phone_number_id, o.locale,"             \
    " to_char(o.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"       \
    " to_char(o.held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"       \
    " COALESCE(o.subtotal_minor, round(o.total * $1))::bigint,"                          \
    " COALESCE(o.discount_minor, 0), COALESCE(o.shipping_minor, 0),"                     \
    " COALESCE(o.tax_minor, 0), COALESCE(o.total_minor, round(o.total * $1))::bigint,"   \
    " o.paid_minor, o.refunded_minor,"                                                   \
    " floor(extract(epoch FROM o.created_at))::bigint,"                                  \
    " (SELECT c.service_window_expires_at > NOW() FROM carts AS c"                       \
    "  WHERE c.customer_phone = o.customer_phone),"                                      \
    " (SELECT p.url FROM payments AS p WHERE p.order_id = o.id"                          \
    "  AND p.status IN ('created', 'pending') LIMIT 1),"                                 \
    " (SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id,"                  \
    "   'name', i.product_name, 'quantity', i.quantity, 'unit_price_minor',"             \
    "   COALESCE(i.unit_price_minor, round(i.unit_price * $1)),"                         \
    "   'discount_minor', i.discount_minor) ORDER BY i.id)"                              \
    "  FROM order_items AS i WHERE i.order_id = o.id)"

#define ORDER_DETAILS                                                                    \
    ", (SELECT jsonb_agg(jsonb_build_object('event_id', e.event_id, 'type', e.type,"     \
    "   'status', e.status, 'data', e.data, 'occurred_at',"                              \
    "   to_char(e.occurred_at AT TIME ZONE 'UTC',"                                       \
    "     'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')) ORDER BY e.id)"                          \
    "  FROM order_events AS e WHERE e.order_id = o.id),"                                 \
    " (SELECT jsonb_agg(jsonb_build_object('payment_id', p.id, 'gateway', p.gateway,"    \
    "   'status', p.status, 'amount_minor', p.amount_minor, 'currency', p.currency,"     \
    "   'refunded_minor', p.refunded_minor) ORDER BY p.created_at)"                      \
    "  FROM payments AS p WHERE p.order_id = o.id)"

static void read_order(const struct store_call *call, const struct svc_pg_result *rows,
    size_t row, struct order_row *order)
{
    struct svc_slice *const texts[] = {&order->number, &order->customer, &order->status,
        &order->currency, &order->payment_method, &order->address, &order->shipping,
        &order->phone_number_id, &order->locale, &order->created_at, &order->held_until};
    int64_t *const numbers[] = {&order->subtotal_minor, &order->discount_minor,
        &order->shipping_minor, &order->tax_minor, &order->total_minor,
        &order->paid_minor, &order->refunded_minor, &order->created_s};
    size_t column = 0;

    *order = (struct order_row){0};
    order->id = svc_pg_get_int(rows, row, column++, 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = store_keep(call, svc_pg_get(rows, row, column++));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = svc_pg_get_int(rows, row, column++, 0);
    }
    order->in_window = svc_pg_get_bool(rows, row, column++);
    order->payment_url = store_keep(call, svc_pg_get(rows, row, column++));
    order->items = store_keep(call, svc_pg_get(rows, row, column++));
    order->history = store_keep(call, svc_pg_get(rows, row, column++));
    order->payments = store_keep(call, svc_pg_get(rows, row, column++));
}

enum svc_status store_order_read(const struct store_call *call,
    struct svc_slice id_or_number, struct order_row *ret_order)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    int64_t id = 0;

    if (!svc_text_to_int64(id_or_number, &id) || id <= 0 || id > INT32_MAX) {
        id = 0;
    }
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED(ORDER_COLUMNS ORDER_DETAILS
            " FROM orders AS o WHERE (o.id = $2::int OR o.order_number = upper($3))"
            " AND ($4::text IS NULL OR o.customer_phone = $4)"
            " ORDER BY o.order_number = upper($3) DESC LIMIT 1",
            svc_pg_int(call->minor_per_unit), svc_pg_int(id), svc_pg_slice(id_or_number),
            call->customer.length > 0 ? svc_pg_slice(call->customer) : svc_pg_null()),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_order = (struct order_row){0};
    if (svc_pg_rows(rows) > 0) {
        read_order(call, rows, 0, ret_order);
    }
    return SVC_OK;
}

enum svc_status store_orders_read(const struct store_call *call, int64_t before,
    int64_t limit, struct order_row *ret_orders, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED(ORDER_COLUMNS
            ", NULL, NULL FROM orders AS o WHERE o.customer_phone = $2"
            " AND ($3::bigint = 0 OR (o.created_at, o.id) <"
            "  (SELECT b.created_at, b.id FROM orders AS b WHERE b.id = $3::bigint))"
            " ORDER BY o.created_at DESC, o.id DESC LIMIT $4",
            svc_pg_int(call->minor_per_unit), svc_pg_slice(call->customer),
            svc_pg_int(before), svc_pg_int(limit)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        read_order(call, rows, i, &ret_orders[i]);
    }
    return SVC_OK;
}
