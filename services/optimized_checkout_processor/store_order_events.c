/* Orders: how they change, and the end of what is overdue. */
#include "checkout.h"

#include <svc/log.h>
#include <svc/pg.h>

#include <string.h>

#define ROUNDS_MAX 1000

enum facts_column {
    FACTS_STATUS,
    FACTS_TOTAL,
    FACTS_PAID,
    FACTS_REFUNDED,
    FACTS_HOLDS,
    FACTS_CAN_HOLD_AGAIN,
    FACTS_PAYMENT_IS_OPEN,
};

static int64_t larger(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

/* What the payment says counts where it is more than what is known: a notification that
 * comes late takes nothing back. */
static void read_facts(const struct svc_pg_result *rows,
    const struct order_change *change, struct order_facts *facts)
{
    int64_t paid_minor = svc_pg_get_int(rows, 0, FACTS_PAID, 0);
    int64_t refunded_minor = svc_pg_get_int(rows, 0, FACTS_REFUNDED, 0);
    bool pays =
        change->event == ORDER_PAYMENT_APPROVED && !change->facts.is_second_payment;
    bool refunds = change->event == ORDER_PAYMENT_REFUNDED;

    *facts = change->facts;
    facts->total_minor = svc_pg_get_int(rows, 0, FACTS_TOTAL, 0);
    facts->was_paid = paid_minor > 0;
    facts->paid_minor = pays ? larger(paid_minor, change->facts.paid_minor) : paid_minor;
    facts->refunded_minor =
        refunds ? larger(refunded_minor, change->facts.refunded_minor) : refunded_minor;
    facts->holds_stock = svc_pg_get_bool(rows, 0, FACTS_HOLDS);
    facts->can_hold_again = svc_pg_get_bool(rows, 0, FACTS_CAN_HOLD_AGAIN);
    facts->payment_is_open = svc_pg_get_bool(rows, 0, FACTS_PAYMENT_IS_OPEN);
}

static enum svc_status take_step(struct svc_pg_tx *tx, const struct order_change *change,
    const struct order_facts *facts, const struct order_step *step,
    struct svc_pg_error *ret_error)
{
    struct svc_slice data = change->data.length > 0 ? change->data : SVC_SLICE("{}");

    return svc_pg_tx_query(tx,
        SVC_PG_PREPARED("SELECT order_step($1::int, $2, $3::int, $4, $5, $6, $7, $8)",
            svc_pg_int(change->order_id), svc_pg_text(order_status_name(step->next)),
            svc_pg_int(step->effects), svc_pg_text(order_event_name(change->event)),
            svc_pg_slice(data), svc_pg_int(facts->paid_minor),
            svc_pg_int(facts->refunded_minor), svc_pg_bool(facts->is_second_payment)),
        NULL, ret_error);
}

enum svc_status orders_apply(struct svc_pg_tx *tx, const struct order_change *change,
    struct order_step *ret_step, struct svc_pg_error *ret_error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct order_facts facts;
    enum order_status current;
    enum svc_status status = svc_pg_tx_query(tx,
        SVC_PG_PREPARED("SELECT status, total_minor, paid_minor, refunded_minor,"
                        " holds_stock, can_hold_again, payment_is_open"
                        " FROM order_facts($1::int)",
            svc_pg_int(change->order_id)),
        &rows, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    /* An order that the shop wrote by hand has words of its own: not ours to change. */
    if (!order_status_read(svc_pg_get(rows, 0, FACTS_STATUS), &current)) {
        return SVC_NOT_FOUND;
    }
    read_facts(rows, change, &facts);
    struct order_step step = order_next(current, change->event, &facts);
    if (step.changed) {
        status = take_step(tx, change, &facts, &step, ret_error);
    }
    if (status == SVC_OK) {
        *ret_step = step;
    }
    return status;
}

enum svc_status orders_apply_alone(struct svc_pg *pg, const struct order_change *change,
    struct order_step *ret_step, struct svc_pg_error *ret_error)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    enum svc_status status = svc_pg_begin(pg, &tx, ret_error);

    if (status == SVC_OK) {
        status = orders_apply(&tx, change, ret_step, ret_error);
    }
    if (status == SVC_OK) {
        status = svc_pg_commit(&tx, ret_error);
    }
    return status;
}

enum svc_status checkout_order_event(struct service *service, int64_t order_id,
    enum order_event event, struct order_step *ret_step)
{
    const struct order_change change = {.order_id = order_id, .event = event};
    struct svc_pg_error error = {0};
    enum svc_status status = orders_apply_alone(service->pg, &change, ret_step, &error);

    if (status == SVC_INTERNAL) {
        svc_log(SVC_LOG_ERROR, "an order's event failed",
            SVC_TEXT("event", order_event_name(event)),
            SVC_TEXT("sqlstate", error.sqlstate));
    }
    return status;
}

static bool end_one(struct svc_pg *pg, int64_t order_id)
{
    const struct order_change change = {.order_id = order_id, .event = ORDER_HOLD_ENDED};
    struct order_step step = {0};
    struct svc_pg_error error;

    return orders_apply_alone(pg, &change, &step, &error) == SVC_OK && step.changed;
}

static size_t end_holds(struct svc_pg *pg, int64_t limit)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    size_t ended = 0;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED("SELECT id FROM orders WHERE held_until < NOW()"
                        " AND status = 'awaiting_payment'"
                        " AND order_hold_is_over(id, held_until)"
                        " ORDER BY held_until LIMIT $1",
            svc_pg_int(limit)),
        &rows, &error);

    if (status != SVC_OK) {
        return 0;
    }
    for (size_t i = 0; i < svc_pg_rows(rows); i++) {
        ended += end_one(pg, svc_pg_get_int(rows, i, 0, 0));
    }
    return ended;
}

size_t orders_sweep(struct svc_pg *pg, int64_t limit)
{
    static const char *const upkeep[] = {
        "UPDATE checkouts SET state = 'expired', version = version + 1,"
        " updated_at = NOW() WHERE id IN (SELECT id FROM checkouts"
        " WHERE state IN ('cart', 'address', 'shipping', 'payment', 'confirmation')"
        " AND updated_at < NOW() - INTERVAL '7 days'"
        " ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)",
        "DELETE FROM checkout_requests WHERE ctid IN (SELECT ctid FROM checkout_requests"
        " WHERE created_at < NOW() - INTERVAL '7 days' LIMIT $1)",
    };
    struct svc_pg_error error;
    size_t ended = end_holds(pg, limit < ROUNDS_MAX ? limit : ROUNDS_MAX);

    for (size_t i = 0; i < sizeof upkeep / sizeof upkeep[0]; i++) {
        const struct svc_pg_param params[] = {svc_pg_int(limit)};
        const struct svc_pg_statement statement = {
            .sql = upkeep[i], .params = params, .param_count = 1, .prepare = true};
        /* What can't be done now is done at the next round. */
        enum svc_status status = svc_pg_query(pg, &statement, NULL, &error);
        (void)status;
    }
    return ended;
}
