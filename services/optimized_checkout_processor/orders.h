/* Orders: the one path to an order, and the one way in which it changes. */
#ifndef ORDERS_H
#define ORDERS_H

#include "order_machine.h"

#include <svc/mem.h>
#include <svc/status.h>

struct svc_pg;
struct svc_pg_tx;
struct svc_pg_error;

/* Applies EVENT to an order under its row's lock, with all of its effects, its
 * order_events row and what goes to the outbox, inside TX. What the payment says goes
 * into FACTS before (paid and refunded amounts, whether it's a second payment); the rest
 * of the facts is found here. The caller commits. NOT_FOUND: no such order. */
struct order_change {
    int64_t order_id;
    enum order_event event;
    struct order_facts facts;
    struct svc_slice data; /* JSON for order_events.data; no text: {} */
};
enum svc_status orders_apply(struct svc_pg_tx *tx, const struct order_change *change,
    struct order_step *ret_step, struct svc_pg_error *ret_error);

/* The same in a transaction of its own. */
SVC_MUST_CHECK enum svc_status orders_apply_alone(struct svc_pg *pg,
    const struct order_change *change, struct order_step *ret_step,
    struct svc_pg_error *ret_error);

/* Ends what is overdue: reservations whose time is up (ORDER_HOLD_ENDED), idle checkouts,
 * old idempotency keys. Returns how many orders it ended. Safe on many replicas. */
size_t orders_sweep(struct svc_pg *pg, int64_t limit);

#endif
