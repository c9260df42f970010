/* Refunds in PostgreSQL. */
#ifndef STORE_REFUNDS_H
#define STORE_REFUNDS_H

#include "payments.h"
#include "store_payments.h"

struct refund_row {
    struct svc_slice id;
    struct svc_slice payment_id;
    int64_t amount_minor;
    int64_t attempts;
    int64_t age_s;
};

/* The order's payment that money can be given back of, and how much of it is left, with
 * what is asked for already taken off. Locks the order. NOT_FOUND: no such order;
 * INVALID: nothing was paid. */
enum svc_status store_refundable(const struct store_payments *store, struct svc_pg_tx *tx,
    int64_t order_id, struct payment_row *ret_row, int64_t *ret_left_minor);
/* `ret_amount_minor`, of the next but one, is of the refund that has this key already,
 * -1: there is none. */
/* IS_DONE: by hand, already. */
struct refund_add {
    struct svc_slice payment_id;
    int64_t amount_minor;
    struct svc_slice key;
    struct svc_slice reason;
    bool is_done;
};
enum svc_status store_refund_add(struct svc_pg_tx *tx, const struct refund_add *add);
enum svc_status store_refund_known(struct svc_pg_tx *tx, struct svc_slice key,
    int64_t order_id, int64_t *ret_amount_minor);
enum svc_status store_refund_read(const struct store_payments *store,
    struct svc_slice key, struct payments_refund_state *ret_state);

enum svc_status store_refunds_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct refund_row *ret_rows, size_t *ret_count);
/* Before its first try: no more than is left of the payment by now. `ret_amount_minor` is
 * what is to be given back, 0 where nothing is. */
enum svc_status store_refund_limit(
    const struct store_payments *store, struct svc_slice id, int64_t *ret_amount_minor);
/* STATUS: done, failed, manual. */
enum svc_status store_refund_end(struct svc_pg_tx *tx, struct svc_slice id,
    const char *status, struct svc_slice external_id, const char *error);
enum svc_status store_refund_wait(const struct store_payments *store, struct svc_slice id,
    const char *error, int64_t wait_s);

/* The payment by which an order is paid by hand (a transfer, cash), made where there is
 * none. Locks the order. */
enum svc_status store_payment_by_hand(const struct store_payments *store,
    struct svc_pg_tx *tx, int64_t order_id, struct payment_row *ret_row);

#endif
