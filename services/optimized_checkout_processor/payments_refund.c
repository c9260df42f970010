/* Refunds: asked for in a transaction, done by the sweep under their own id as the key.
 */
#include "payments_private.h"

#include "gateway_private.h"
#include "store_refunds.h"

#include <svc/log.h>

#include <stdio.h>
#include <string.h>

enum { KEY_LIFE_S = 20 * 3600 };

/* What came of one try at the gateway. */
struct refund_end {
    const char *status; /* NULL: to be tried again */
    struct svc_slice external_id;
    char error[256];
};

static struct svc_slice key_of(
    struct svc_arena *arena, int64_t order_id, struct svc_slice key)
{
    return gateway_printf(arena, "shop:%lld:%.*s", (long long)order_id, GATEWAY_ARG(key));
}

static enum svc_status tell(
    char ret_detail[256], enum svc_status status, const char *detail)
{
    snprintf(ret_detail, 256, "%s", detail);
    return status;
}

/* Tells the order how much it has given back in all, where it's the order's payment. */
static enum svc_status give_back(
    struct work *work, struct svc_pg_tx *tx, const struct payment_row *row)
{
    struct order_change change = {
        .order_id = row->order_id, .event = ORDER_PAYMENT_REFUNDED};
    enum svc_status status = store_payment_refunded(
        tx, row->id, row->refunded_minor, &change.facts.refunded_minor);

    if (status != SVC_OK || row->is_surplus) {
        return status;
    }
    change.data =
        gateway_printf(work->arena, "{\"payment_id\":\"%.*s\",\"refunded_minor\":%lld}",
            GATEWAY_ARG(row->id), (long long)change.facts.refunded_minor);
    return store_order_apply(tx, &change);
}

/* --- Asked for. --- */

struct asked {
    struct work *work;
    char *detail;
    int64_t order_id;
    int64_t amount_minor;
    struct svc_slice key;
    struct svc_slice reason;
    bool by_hand;
};

static enum svc_status ask_for(void *context, struct svc_pg_tx *tx)
{
    const struct asked *asked = context;
    struct work *work = asked->work;
    char *ret_detail = asked->detail;
    int64_t amount_minor = asked->amount_minor;
    struct payment_row row;
    int64_t left_minor = 0;
    int64_t known_minor = -1;
    enum svc_status status =
        store_refundable(&work->store, tx, asked->order_id, &row, &left_minor);

    if (status != SVC_OK) {
        return tell(ret_detail, status,
            status == SVC_NOT_FOUND ? "there is no such order"
                                    : "nothing was paid for this order");
    }
    status = store_refund_known(tx, asked->key, asked->order_id, &known_minor);
    if (status != SVC_OK || known_minor >= 0) {
        bool is_other = amount_minor > 0 && known_minor != amount_minor;
        return status == SVC_OK && is_other
                   ? tell(ret_detail, SVC_CONFLICT,
                         "the key was used for a refund of another amount")
                   : status;
    }
    if (amount_minor == 0) {
        amount_minor = left_minor;
    }
    if (amount_minor <= 0 || amount_minor > left_minor) {
        snprintf(ret_detail, 256, "%lld minor units are left to be given back",
            (long long)left_minor);
        return SVC_INVALID;
    }
    bool by_hand = asked->by_hand || gateway_find(row.gateway) == NULL;
    const struct refund_add add = {
        row.id, amount_minor, asked->key, asked->reason, by_hand};
    status = store_refund_add(tx, &add);
    /* Money that went from hand to hand goes back so: who says it has done it. */
    return status == SVC_OK && by_hand ? give_back(work, tx, &row) : status;
}

enum svc_status payments_refund(struct payments *payments,
    const struct payments_refund_request *request, char ret_detail[256])
{
    struct svc_arena arena = {0};
    struct work work = payments_work(payments, &arena);
    struct asked asked = {
        .work = &work,
        .detail = ret_detail,
        .order_id = request->order_id,
        .amount_minor = request->amount_minor,
        .key = key_of(&arena, request->order_id, request->key),
        .reason = request->reason,
        .by_hand = request->by_hand,
    };

    ret_detail[0] = '\0';
    enum svc_status status = store_in_transaction(&work.store, ask_for, &asked);
    svc_arena_done(&arena);
    if (status == SVC_OK) {
        payments_wake(payments);
    }
    return status;
}

enum svc_status payments_refund_read(struct payments *payments, struct svc_arena *arena,
    int64_t order_id, struct svc_slice key, struct payments_refund_state *ret_state)
{
    struct work work = payments_work(payments, arena);

    return store_refund_read(&work.store, key_of(arena, order_id, key), ret_state);
}

/* --- Received by hand. --- */

static bool is_paid(struct svc_slice status)
{
    return svc_slice_equals(status, "paid") ||
           svc_slice_equals(status, "partially_refunded") ||
           svc_slice_equals(status, "refunded");
}

static enum svc_status receive(void *context, struct svc_pg_tx *tx)
{
    const struct asked *asked = context;
    struct work *work = asked->work;
    char *ret_detail = asked->detail;
    int64_t amount_minor = asked->amount_minor;
    struct payment_row row;
    enum svc_status status =
        store_payment_by_hand(&work->store, tx, asked->order_id, &row);

    if (status != SVC_OK) {
        return tell(ret_detail, status,
            status == SVC_NOT_FOUND ? "there is no such order"
                                    : "this order isn't paid by transfer or in cash");
    }
    if (is_paid(row.status)) {
        return SVC_OK;
    }
    if (amount_minor != 0 && amount_minor != row.amount_minor) {
        snprintf(ret_detail, 256, "the order is for %lld minor units",
            (long long)row.amount_minor);
        return SVC_INVALID;
    }
    status = store_payment_paid(tx, &row, (struct svc_slice){0}, false);
    if (status != SVC_OK) {
        return status;
    }
    const struct order_change change = {
        .order_id = row.order_id,
        .event = ORDER_PAYMENT_APPROVED,
        .facts = {.paid_minor = row.amount_minor},
        .data = gateway_printf(work->arena,
            "{\"payment_id\":\"%.*s\",\"gateway\":\"%.*s\",\"amount_minor\":%lld}",
            GATEWAY_ARG(row.id), GATEWAY_ARG(row.gateway), (long long)row.amount_minor),
    };
    return store_order_apply(tx, &change);
}

enum svc_status payments_received(struct payments *payments, int64_t order_id,
    int64_t amount_minor, struct svc_slice key, char ret_detail[256])
{
    struct svc_arena arena = {0};
    struct work work = payments_work(payments, &arena);
    struct asked asked = {
        .work = &work,
        .detail = ret_detail,
        .order_id = order_id,
        .amount_minor = amount_minor,
    };

    (void)key; /* an order is paid once, whatever the key */
    ret_detail[0] = '\0';
    enum svc_status status = store_in_transaction(&work.store, receive, &asked);
    svc_arena_done(&arena);
    return status;
}

/* --- Done by the sweep. --- */

/* Refused: it may have been given back already, by a try whose answer was lost, or by
 * hand at the gateway. */
static bool is_given_back(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *payment, const struct refund_row *refund)
{
    struct payment_truth truth = {0};
    enum svc_status status =
        payments_ask(work, gateway, payment->capture_id, NULL, &truth);

    return status == SVC_OK &&
           truth.refunded_minor >= payment->refunded_minor + refund->amount_minor;
}

static void try_refund(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *payment, const struct refund_row *refund,
    struct refund_end *end)
{
    const struct payment_truth truth = {
        .amount_minor = payment->amount_minor,
        .currency = payment->currency,
        .capture_id = payment->capture_id,
    };
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange;

    snprintf(end->error, sizeof end->error, "no answer");
    enum svc_status status = payments_config(work, gateway, &config);
    if (status != SVC_OK) {
        return;
    }
    gateway->gateway->write_refund(
        work->arena, &config, &truth, refund->amount_minor, refund->id, &request);
    if (request.method == NULL) {
        snprintf(end->error, sizeof end->error, "the gateway can't do it: by hand");
        end->status = "manual";
        return;
    }
    status = payments_exchange(work, gateway, &request, &exchange);
    if (status == SVC_OK) {
        status = gateway->gateway->read_refund(work->arena, &config, exchange.http_status,
            exchange.body, &end->external_id, end->error);
    }
    if (status == SVC_OK) {
        end->status = "done";
    } else if (status == SVC_INVALID) {
        end->status = is_given_back(work, gateway, payment, refund) ? "done" : "failed";
    }
}

struct ending {
    struct work *work;
    const struct refund_row *refund;
    const struct refund_end *end;
};

static enum svc_status end_in(void *context, struct svc_pg_tx *tx)
{
    const struct ending *ending = context;
    const struct refund_row *refund = ending->refund;
    const struct refund_end *end = ending->end;
    struct work *work = ending->work;
    bool is_done = strcmp(end->status, "done") == 0;
    struct payment_row payment;
    enum svc_status status =
        store_payment_lock(&work->store, tx, refund->payment_id, &payment);

    if (status == SVC_OK) {
        status = store_refund_end(
            tx, refund->id, end->status, end->external_id, is_done ? NULL : end->error);
    }
    if (status != SVC_OK || is_done) {
        return status == SVC_OK ? give_back(work, tx, &payment) : status;
    }
    return store_event_add(tx, &payment, "refund_needs_attention",
        gateway_printf(work->arena,
            "{\"payment_id\":\"%.*s\",\"refund_id\":\"%.*s\",\"amount_minor\":%lld,"
            "\"refund_status\":\"%s\",\"attention\":true}",
            GATEWAY_ARG(payment.id), GATEWAY_ARG(refund->id),
            (long long)refund->amount_minor, end->status));
}

static void end_refund(
    struct work *work, const struct refund_row *refund, const struct refund_end *end)
{
    struct ending ending = {work, refund, end};

    /* Where it fails the lease brings it back, and the key makes it the same refund. */
    if (store_in_transaction(&work->store, end_in, &ending) != SVC_OK) {
        svc_log(SVC_LOG_WARN, "a refund's end couldn't be stored",
            SVC_TEXT_SLICE("refund_id", refund->id));
    }
}

/* A gateway forgets its keys after a day; what was given back by a try whose answer was
 * lost isn't given back twice. */
static bool is_forgotten(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *payment, const struct refund_row *refund)
{
    return refund->attempts > 1 && refund->age_s > KEY_LIFE_S &&
           is_given_back(work, gateway, payment, refund);
}

static void find_end(struct work *work, const struct payment_row *payment,
    const struct refund_row *refund, struct refund_end *end)
{
    struct payments_gateway *gateway =
        payments_gateway_find(work->payments, payment->gateway);

    if (refund->amount_minor <= 0) { /* others gave back all there was */
        end->status = "done";
    } else if (gateway != NULL && is_forgotten(work, gateway, payment, refund)) {
        end->status = "done";
    } else if (gateway != NULL) {
        try_refund(work, gateway, payment, refund, end);
    } else if (gateway_find(payment->gateway) == NULL) {
        end->status = "manual";
        snprintf(end->error, sizeof end->error, "it was paid by hand: by hand");
    } else {
        snprintf(end->error, sizeof end->error, "the gateway isn't set up any more");
    }
    if (end->status == NULL && refund->age_s > PAYMENTS_GIVE_UP_S) {
        end->status = "failed";
    }
}

static void work_refund(struct work *work, struct refund_row *refund)
{
    struct refund_end end = {0};
    struct payment_row payment;

    if (store_payment_by_id(&work->store, refund->payment_id, &payment) != SVC_OK ||
        store_refund_limit(&work->store, refund->id, &refund->amount_minor) != SVC_OK) {
        return;
    }
    find_end(work, &payment, refund, &end);
    if (end.status == NULL) {
        (void)store_refund_wait(
            &work->store, refund->id, end.error, payments_wait_s(refund->attempts));
        return;
    }
    end_refund(work, refund, &end);
}

size_t payments_refunds_round(struct work *work)
{
    struct refund_row rows[1];
    size_t count = 0;
    size_t done = 0;

    do {
        count = 0;
        if (store_refunds_lease(&work->store, 1, PAYMENTS_LEASE_S, rows, &count) !=
            SVC_OK) {
            return done;
        }
        if (count > 0) {
            work_refund(work, &rows[0]);
            done++;
        }
    } while (count > 0 && done < PAYMENTS_BATCH && !payments_is_late(work));
    return done;
}
