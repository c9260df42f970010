/* One round: what came in, what nobody told us, links to be closed, refunds. */
#include "payments_private.h"

#include <svc/log.h>

/* So that it can't be paid any more. True: it's closed, or there is nothing to close. */
static bool close_link(
    struct work *work, struct payments_gateway *gateway, const struct payment_row *row)
{
    const struct gateway_link link = {row->url, row->external_id};
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange;

    if (gateway->gateway->write_close == NULL || row->external_id.text == NULL) {
        return true;
    }
    if (payments_config(work, gateway, &config) != SVC_OK) {
        return false;
    }
    gateway->gateway->write_close(work->arena, &config, &link, &request);
    if (request.method == NULL) {
        return true;
    }
    if (payments_exchange(work, gateway, &request, &exchange) != SVC_OK) {
        return false;
    }
    /* Refused for good: it was paid or has ended, which the question after this finds. */
    return exchange.http_status < 500 && exchange.http_status != 429 &&
           exchange.http_status != 401;
}

static bool is_open(const struct payment_row *row)
{
    return svc_slice_equals(row->status, "created") ||
           svc_slice_equals(row->status, "pending");
}

/* A link whose making was cut off is made again, by the same key the same one. */
static void finish_link(
    struct work *work, struct payments_gateway *gateway, const struct payment_row *row)
{
    struct svc_slice url = {0};

    if (row->url.text == NULL && svc_slice_equals(row->status, "created") &&
        svc_slice_equals(row->order_status, "awaiting_payment")) {
        (void)payments_make_link(work, gateway, row, &url);
    }
}

static void visit(
    struct work *work, struct payments_gateway *gateway, const struct payment_row *row)
{
    struct payment_truth truth = {0};
    const char *outcome = NULL;
    int64_t every_s = work->payments->settings.ask_every_s;
    bool is_closed = row->is_closed;

    if (!is_open(row) && !is_closed) {
        is_closed = close_link(work, gateway, row);
        if (is_closed) {
            (void)store_payment_closed(&work->store, row->id);
        }
    }
    enum svc_status status =
        payments_ask(work, gateway, (struct svc_slice){0}, row, &truth);
    bool answered = status == SVC_OK || status == SVC_NOT_FOUND;
    if (status == SVC_OK) {
        status = payments_settle_all(work, gateway, &truth, false, &outcome);
    } else if (status == SVC_NOT_FOUND) {
        finish_link(work, gateway, row);
    }
    if (answered && status != SVC_OK && status != SVC_NOT_FOUND) {
        answered = false; /* what it said isn't stored yet */
    }
    bool is_final = is_closed && answered &&
                    (truth.status == PAYMENT_TRUTH_EXPIRED || row->url.text == NULL);
    (void)store_payment_schedule(&work->store, row->id, every_s, answered, is_final);
}

static size_t payments_round(struct work *work)
{
    struct svc_slice ids[1];
    struct payment_row row;
    size_t count = 0;
    size_t done = 0;

    do {
        count = 0;
        if (store_payments_lease(&work->store, 1, PAYMENTS_LEASE_S, ids, &count) !=
                SVC_OK ||
            count == 0) {
            return done;
        }
        done++;
        if (store_payment_by_id(&work->store, ids[0], &row) != SVC_OK) {
            return done;
        }
        struct payments_gateway *gateway =
            payments_gateway_find(work->payments, row.gateway);
        if (gateway != NULL) {
            visit(work, gateway, &row);
        } else { /* by hand, or its keys are gone: nothing to be asked now */
            (void)store_payment_schedule(&work->store, row.id, 3600, true, true);
        }
    } while (done < PAYMENTS_BATCH && !payments_is_late(work));
    return done;
}

size_t payments_sweep(struct payments *payments)
{
    struct svc_arena arena = {0};
    struct work work = payments_work(payments, &arena);
    size_t done = payments_inbox_round(&work);

    svc_arena_reset(&arena);
    done += payments_round(&work);
    svc_arena_reset(&arena);
    done += payments_refunds_round(&work);
    svc_arena_done(&arena);
    return done;
}
