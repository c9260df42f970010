/* Notifications: verified, stored once, acknowledged; then what they are about is asked
 * of the gateway, as often as it takes. */
#include "payments_private.h"

#include "gateway_private.h"

#include <svc/log.h>

#include <stdio.h>

static enum svc_status refuse(
    char ret_detail[256], enum svc_status status, const char *detail)
{
    snprintf(ret_detail, 256, "%s", detail);
    return status;
}

/* Where only the gateway can say whether it's its own. */
static enum svc_status ask_verdict(struct work *work, struct payments_gateway *gateway,
    const struct gateway_delivery *delivery, enum gateway_verdict *ret_verdict)
{
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange;
    enum svc_status status = payments_config(work, gateway, &config);

    if (status != SVC_OK) {
        return status;
    }
    gateway->gateway->write_verify(work->arena, &config, delivery, &request);
    status = payments_exchange(work, gateway, &request, &exchange);
    if (status != SVC_OK) {
        return status;
    }
    return gateway->gateway->read_verify(
        work->arena, exchange.http_status, exchange.body, ret_verdict);
}

static enum svc_status admit(struct work *work, struct payments_gateway *gateway,
    const struct gateway_delivery *delivery, bool *ret_signed, char ret_detail[256])
{
    enum gateway_verdict verdict = gateway->gateway->verify(&gateway->config, delivery);

    if (verdict == GATEWAY_UNDECIDED &&
        ask_verdict(work, gateway, delivery, &verdict) != SVC_OK) {
        return refuse(ret_detail, SVC_UNAVAILABLE,
            "the gateway can't say now whether this is its own: send it again");
    }
    *ret_signed = verdict == GATEWAY_GENUINE;
    switch (verdict) {
    case GATEWAY_GENUINE:
    case GATEWAY_UNSIGNED: /* no more than a hint to go and ask */
        return SVC_OK;
    case GATEWAY_STALE:
        return refuse(ret_detail, SVC_UNAUTHORIZED, "the signature is too old");
    default:
        return refuse(ret_detail, SVC_UNAUTHORIZED,
            "the signature is missing, or not the gateway's over this body");
    }
}

enum svc_status payments_notify(struct payments *payments, struct svc_slice name,
    const struct gateway_delivery *delivery, char ret_detail[256])
{
    struct payments_gateway *gateway = payments_gateway_find(payments, name);
    struct svc_arena arena = {0};
    struct work work = payments_work(payments, &arena);
    struct gateway_notice notice;
    bool is_new = false;

    if (gateway == NULL) {
        return refuse(ret_detail, SVC_NOT_FOUND, "no such payment gateway is set up");
    }
    bool is_signed = false;
    enum svc_status status = admit(&work, gateway, delivery, &is_signed, ret_detail);
    if (status == SVC_OK) {
        status = gateway->gateway->read_notice(&arena, delivery, &notice);
        if (status != SVC_OK) {
            refuse(ret_detail, status, "it isn't a notification of this gateway");
        }
    }
    if (status == SVC_OK) {
        notice.is_signed = is_signed;
        status = store_inbox_add(
            &work.store, gateway->gateway->name, &notice, delivery->raw, &is_new);
        if (status != SVC_OK) {
            status = refuse(ret_detail, SVC_UNAVAILABLE, "it couldn't be stored");
        }
    }
    svc_arena_done(&arena);
    if (status == SVC_OK && is_new) {
        payments_wake(payments);
    }
    return status;
}

/* --- What was stored. --- */

/* A payment of none of our orders: perhaps it's early; perhaps it's never ours. */
static void put_off(
    struct work *work, const struct inbox_row *row, enum svc_status status)
{
    bool is_unknown = status == SVC_NOT_FOUND;
    bool give_up =
        row->age_s > (row->is_signed ? PAYMENTS_GIVE_UP_S : PAYMENTS_GIVE_UP_UNSIGNED_S);
    const char *outcome = is_unknown ? "unknown" : "no_answer";

    if (give_up) {
        svc_log(SVC_LOG_ERROR, "a payment notification is given up",
            SVC_TEXT_SLICE("gateway", row->gateway), SVC_TEXT("outcome", outcome),
            SVC_INT("id", row->id));
        outcome = is_unknown ? "given_up_unknown" : "given_up_no_answer";
    }
    (void)store_inbox_end(
        &work->store, row->id, outcome, give_up ? -1 : payments_wait_s(row->attempts));
}

static void take_up(struct work *work, const struct inbox_row *row)
{
    struct payments_gateway *gateway =
        payments_gateway_find(work->payments, row->gateway);
    struct payment_truth truth = {0};
    const char *outcome = "known";
    enum svc_status status = gateway != NULL ? SVC_OK : SVC_UNAVAILABLE;

    if (status == SVC_OK) {
        status = payments_ask(work, gateway, row->subject_id, NULL, &truth);
    }
    if (status == SVC_OK) {
        status = payments_settle_all(work, gateway, &truth, row->is_dispute, &outcome);
    }
    if (status != SVC_OK) {
        put_off(work, row, status);
        return;
    }
    (void)store_inbox_end(&work->store, row->id, outcome, -1);
}

size_t payments_inbox_round(struct work *work)
{
    struct inbox_row rows[PAYMENTS_BATCH];
    size_t done = 0;
    size_t count = 0;

    do { /* one at a time, so that a slow gateway keeps no lease of the others' */
        count = 0;
        if (store_inbox_lease(&work->store, 1, PAYMENTS_LEASE_S, rows, &count) !=
            SVC_OK) {
            return done;
        }
        if (count > 0) {
            take_up(work, &rows[0]);
            done++;
        }
    } while (count > 0 && done < 10 * PAYMENTS_BATCH && !payments_is_late(work));
    return done;
}
