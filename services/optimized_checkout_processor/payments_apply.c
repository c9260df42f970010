/* What the gateway said, applied: the order locked, decided, changed with its order, in
 * one transaction. */
#include "payments_private.h"

#include "gateway_private.h"

#include <svc/log.h>

struct applied {
    struct work *work;
    struct svc_pg_tx *tx;
    struct svc_slice id;
    struct payment_row row;
    enum payment_decision decision;
    const struct payment_truth *truth;
    const char *mismatch;
};

static void write_data(struct applied *applied, struct svc_buf *buf)
{
    const struct payment_truth *truth = applied->truth;
    struct svc_json_writer writer;

    svc_buf_init(buf, 4096);
    svc_json_write_init(&writer, buf);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "payment_id", applied->row.id);
    svc_json_write_field_slice(&writer, "gateway", applied->row.gateway);
    svc_json_write_optional_slice(&writer, "capture_id", truth->capture_id);
    svc_json_write_field_int(&writer, "amount_minor", truth->amount_minor);
    svc_json_write_field_slice(&writer, "currency", truth->currency);
    svc_json_write_optional_slice(&writer, "detail", truth->detail);
    if (applied->mismatch != NULL) {
        svc_json_write_field_text(&writer, "mismatch", applied->mismatch);
        svc_json_write_field_bool(&writer, "live", truth->live);
        svc_json_write_field_int(&writer, "expected_minor", applied->row.amount_minor);
        svc_json_write_field_bool(&writer, "attention", true);
    }
    svc_json_write_object_end(&writer);
}

static enum svc_status change_order(
    struct applied *applied, enum order_event event, const struct order_facts *facts)
{
    struct svc_buf data;

    write_data(applied, &data);
    const struct order_change change = {
        .order_id = applied->row.order_id,
        .event = event,
        .facts = *facts,
        .data = {svc_buf_text(&data), data.length},
    };
    enum svc_status status = store_order_apply(applied->tx, &change);
    svc_buf_done(&data);
    return status;
}

static enum svc_status note_mismatch(struct applied *applied)
{
    struct work *work = applied->work;
    struct svc_slice told =
        payment_told(work->arena, PAYMENT_MISMATCH, applied->truth, applied->mismatch);
    struct svc_slice error =
        gateway_printf(work->arena, "mismatch: %s", applied->mismatch);
    struct svc_buf data;
    enum svc_status status =
        store_payment_told(applied->tx, applied->row.id, told, error);

    svc_log(SVC_LOG_ERROR, "a payment is not what was asked for",
        SVC_TEXT_SLICE("gateway", applied->row.gateway),
        SVC_TEXT("mismatch", applied->mismatch),
        SVC_INT("order_id", applied->row.order_id));
    if (status != SVC_OK) {
        return status;
    }
    write_data(applied, &data);
    status = store_event_add(applied->tx, &applied->row, "payment_mismatch",
        (struct svc_slice){svc_buf_text(&data), data.length});
    svc_buf_done(&data);
    return status;
}

static enum svc_status note_paid(struct applied *applied)
{
    const struct order_facts facts = {.paid_minor = applied->row.amount_minor};
    enum svc_status status =
        store_payment_paid(applied->tx, &applied->row, applied->truth->capture_id, false);

    return status != SVC_OK ? status
                            : change_order(applied, ORDER_PAYMENT_APPROVED, &facts);
}

static enum svc_status note_surplus(struct applied *applied, bool is_new)
{
    const struct order_facts facts = {.is_second_payment = true};
    enum svc_status status =
        is_new ? store_payment_surplus(applied->tx, &applied->row, applied->truth)
               : store_payment_paid(
                     applied->tx, &applied->row, applied->truth->capture_id, true);

    if (status == SVC_OK) {
        status = change_order(applied, ORDER_PAYMENT_APPROVED, &facts);
    }
    return status != SVC_OK ? status
                            : store_surplus_refund(applied->tx, applied->row.order_id);
}

/* What is given back of a surplus is no refund of the order's. */
static enum svc_status note_refunded(struct applied *applied)
{
    struct order_facts facts = {0};
    enum svc_status status = store_payment_refunded(applied->tx, applied->row.id,
        applied->truth->refunded_minor, &facts.refunded_minor);

    return status != SVC_OK || applied->row.is_surplus
               ? status
               : change_order(applied, ORDER_PAYMENT_REFUNDED, &facts);
}

static enum svc_status note_event(
    struct applied *applied, enum payment_decision decision, enum order_event event)
{
    const struct order_facts none = {0};
    struct svc_slice told =
        payment_told(applied->work->arena, decision, applied->truth, NULL);
    enum svc_status status =
        store_payment_told(applied->tx, applied->row.id, told, applied->truth->detail);

    return status != SVC_OK ? status : change_order(applied, event, &none);
}

static enum svc_status carry_out(struct applied *applied, enum payment_decision decision)
{
    switch (decision) {
    case PAYMENT_NOTHING:
        return SVC_OK;
    case PAYMENT_MISMATCH:
        return note_mismatch(applied);
    case PAYMENT_PAID:
        return note_paid(applied);
    case PAYMENT_SURPLUS:
        return note_surplus(applied, false);
    case PAYMENT_SURPLUS_NEW:
        return note_surplus(applied, true);
    case PAYMENT_REFUNDED:
        return note_refunded(applied);
    case PAYMENT_DISPUTED:
        return note_event(applied, decision, ORDER_PAYMENT_DISPUTED);
    case PAYMENT_PENDING:
        return note_event(applied, decision, ORDER_PAYMENT_PENDING);
    case PAYMENT_FAILED:
        return note_event(applied, decision, ORDER_PAYMENT_FAILED);
    case PAYMENT_EXPIRED:
        return store_payment_ended(applied->tx, applied->row.id, "expired");
    }
    return SVC_OK;
}

static enum payment_decision decide(struct applied *applied)
{
    const struct payment_row *row = &applied->row;
    const struct payment_known known = {
        .status = row->status,
        .capture_id = row->capture_id,
        .told = row->told,
        .refunded_minor = row->refunded_minor,
        .order_paid_minor = row->order_paid_minor,
    };
    struct gateway_order order;

    payments_order_of(applied->work, row, &order);
    applied->mismatch =
        payment_mismatch(applied->truth, &order, applied->work->payments->settings.live);
    return payment_decide(&known, applied->truth, applied->mismatch);
}

/* One decision, under the order's lock. */
static enum svc_status apply_in(void *context, struct svc_pg_tx *tx)
{
    struct applied *applied = context;

    applied->tx = tx;
    enum svc_status status =
        store_payment_lock(&applied->work->store, tx, applied->id, &applied->row);
    if (status != SVC_OK) {
        return status;
    }
    applied->decision = decide(applied);
    return carry_out(applied, applied->decision);
}

/* The next decision sees what this one made. */
static enum svc_status apply_once(struct work *work, struct svc_slice id,
    const struct payment_truth *truth, enum payment_decision *ret_decision)
{
    struct applied applied = {.work = work, .id = id, .truth = truth};
    enum svc_status status = store_in_transaction(&work->store, apply_in, &applied);

    if (status == SVC_OK) {
        *ret_decision = applied.decision;
    }
    return status;
}

/* Takes the money that the payer has agreed to, where the order still wants it. */
static enum svc_status capture(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *row, struct payment_truth *truth)
{
    struct gateway_order order;
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange;

    payments_order_of(work, row, &order);
    bool is_wanted = svc_slice_equals(row->status, "pending") &&
                     svc_slice_equals(row->order_status, "awaiting_payment");
    if (!is_wanted ||
        payment_mismatch(truth, &order, work->payments->settings.live) != NULL) {
        return SVC_OK;
    }
    enum svc_status status = payments_config(work, gateway, &config);
    if (status != SVC_OK) {
        return status;
    }
    gateway->gateway->write_capture(
        work->arena, &config, row->external_id, row->id, &request);
    if (request.method == NULL) {
        return SVC_OK;
    }
    status = payments_exchange(work, gateway, &request, &exchange);
    if (status != SVC_OK) {
        return status;
    }
    if (exchange.http_status == 422) { /* captured already, or refused: ask again */
        return payments_ask(work, gateway, (struct svc_slice){0}, row, truth);
    }
    return gateway->gateway->read_ask(
        work->arena, &config, exchange.http_status, exchange.body, truth);
}

enum svc_status payments_settle(struct work *work, struct payments_gateway *gateway,
    struct payment_truth *truth, bool is_dispute, const char **ret_outcome)
{
    enum payment_decision decision = PAYMENT_NOTHING;
    struct payment_row row;
    enum svc_status status =
        store_payment_find(&work->store, gateway->gateway->name, truth, &row);

    if (status == SVC_OK && truth->needs_capture &&
        gateway->gateway->write_capture != NULL) {
        status = capture(work, gateway, &row, truth);
    }
    if (status != SVC_OK) {
        return status;
    }
    if (is_dispute && truth->status == PAYMENT_TRUTH_PAID) {
        truth->status = PAYMENT_TRUTH_DISPUTED;
    }
    status = apply_once(work, row.id, truth, &decision);
    *ret_outcome = payment_decision_name(decision);
    if (status != SVC_OK || (decision != PAYMENT_PAID && decision != PAYMENT_SURPLUS)) {
        return status;
    }
    /* What was refunded or disputed before we knew that it was paid. */
    status = apply_once(work, row.id, truth, &decision);
    if (decision != PAYMENT_NOTHING) {
        *ret_outcome = payment_decision_name(decision);
    }
    return status;
}

enum svc_status payments_settle_all(struct work *work, struct payments_gateway *gateway,
    struct payment_truth *truth, bool is_dispute, const char **ret_outcome)
{
    enum svc_status result =
        payments_settle(work, gateway, truth, is_dispute, ret_outcome);

    for (size_t i = 0; i < truth->other_count && result == SVC_OK; i++) {
        struct payment_truth other = {0};
        const char *outcome = NULL;
        result = payments_ask(work, gateway, truth->others[i], NULL, &other);
        if (result == SVC_OK) {
            result = payments_settle(work, gateway, &other, false, &outcome);
        }
    }
    return result;
}
