/* Links: made at the gateway outside of any transaction, under the payment's id as their
 * key, so that a try whose answer was lost makes the same one again. */
#include "payments_private.h"

#include "gateway_private.h"

#include <svc/log.h>

#include <stdio.h>

/* From the gateway, or from the row's own data. */
static enum svc_status obtain(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *row, struct gateway_link *ret_link, char ret_error[256])
{
    struct gateway_order order;
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange = {0};
    enum svc_status status = payments_config(work, gateway, &config);

    snprintf(ret_error, 256, "no answer");
    if (status != SVC_OK) {
        return status;
    }
    payments_order_of(work, row, &order);
    gateway->gateway->write_link(work->arena, &config, &order, &request);
    if (request.method == NULL && request.url != NULL) {
        *ret_link = (struct gateway_link){
            gateway_printf(work->arena, "%s", request.url), row->id};
        return SVC_OK;
    }
    if (request.method != NULL) {
        status = payments_exchange(work, gateway, &request, &exchange);
    }
    if (status != SVC_OK) {
        return status;
    }
    return gateway->gateway->read_link(
        work->arena, &config, exchange.http_status, exchange.body, ret_link, ret_error);
}

static void log_refusal(struct payments_gateway *gateway, const struct payment_row *row,
    enum svc_status status, const char *error)
{
    svc_log(status == SVC_INVALID ? SVC_LOG_ERROR : SVC_LOG_WARN,
        "a payment link couldn't be made", SVC_TEXT("gateway", gateway->gateway->name),
        SVC_TEXT("error", error), SVC_INT("order_id", row->order_id));
}

enum svc_status payments_make_link(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *row, struct svc_slice *ret_url)
{
    int64_t every_s = work->payments->settings.ask_every_s;
    struct gateway_link link = {0};
    struct payment_row again;
    bool taken = false;
    char error[256];
    enum svc_status status = store_link_begin(&work->store, row->id, PAYMENTS_LEASE_S);

    if (status != SVC_OK) {
        return status;
    }
    status = obtain(work, gateway, row, &link, error);
    if (status != SVC_OK) {
        log_refusal(gateway, row, status, error);
        (void)store_link_failed(&work->store, row->id, error, status == SVC_INVALID);
        return SVC_UNAVAILABLE;
    }
    status = store_link_end(&work->store, row->id, &link, every_s, &taken);
    if (status == SVC_OK && taken) {
        *ret_url = link.url;
        return SVC_OK;
    }
    if (status == SVC_OK) { /* another was faster, or the order is over */
        status = store_payment_by_id(&work->store, row->id, &again);
    }
    if (status != SVC_OK) {
        return status;
    }
    if (!svc_slice_equals(again.status, "pending")) {
        return SVC_CONFLICT;
    }
    *ret_url = again.url;
    return SVC_OK;
}

enum svc_status payments_link(struct payments *payments, struct svc_arena *arena,
    int64_t order_id, struct svc_slice *ret_url)
{
    struct work work = payments_work(payments, arena);
    struct payment_row row;
    enum svc_status status = store_payment_open(&work.store, order_id, &row);

    if (status != SVC_OK) {
        return status;
    }
    struct payments_gateway *gateway = payments_gateway_find(payments, row.gateway);
    if (gateway == NULL && gateway_find(row.gateway) == NULL) {
        *ret_url = (struct svc_slice){0}; /* by hand: there is nothing to be opened */
        return SVC_OK;
    }
    if (gateway == NULL) {
        return SVC_UNAVAILABLE; /* its keys were taken away meanwhile */
    }
    if (row.url.text != NULL) {
        *ret_url = row.url;
        return SVC_OK;
    }
    return payments_make_link(&work, gateway, &row, ret_url);
}
