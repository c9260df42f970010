/* Payments of orders: links, notifications, the truth, refunds, and the sweep that asks
 * for what no notification came for. Calls the gateways (svc/client) and the store;
 * orders change only by orders_apply (orders.h). */
#ifndef PAYMENTS_H
#define PAYMENTS_H

#include "gateway.h"
#include "orders.h"

struct payments;

struct payments_settings {
    struct svc_pg *pg;
    const char *public_url; /* where gateways reach this service */
    const char *return_url; /* where the customer goes after paying: wa.me/... */
    bool live;              /* PAYMENTS_LIVE */
    int64_t call_timeout_ms;
    int64_t ask_every_s; /* the sweep, for each open payment, growing */
};

/* Reads the gateways' keys from settings; false with one line for one that can't work. */
SVC_MUST_CHECK bool payments_new(const struct payments_settings *settings,
    struct payments **ret_payments, char ret_error[256]);
void payments_free(struct payments **payments);

/* A method a customer may choose. */
struct payment_method {
    const char *name;         /* stripe, mercado_pago, cash_on_delivery, bank_transfer */
    const char *display_name; /* the key of its text */
    bool pays_first;          /* false: on delivery */
    bool is_gateway;
};

/* Those that are configured and take CURRENCY, in the order in which they are offered.
 * Returns how many. */
size_t payments_methods(const struct payments *payments, struct svc_slice currency,
    const struct payment_method **ret_methods, size_t room);

/* The link for an order that awaits its payment: the open one where there is one, made at
 * the gateway where not. Idempotent by the payment's id. UNAVAILABLE: the gateway can't
 * now; the sweep and the next call try again. URL in ARENA. */
enum svc_status payments_link(struct payments *payments, struct svc_arena *arena,
    int64_t order_id, struct svc_slice *ret_url);

/* Stores a notification, once, and takes it up at once if it can. OK also for one that
 * was there. UNAUTHORIZED: forged or stale; INVALID: can't be read; NOT_FOUND: no such
 * gateway. When this returns OK the notification is safe. */
enum svc_status payments_notify(struct payments *payments, struct svc_slice gateway,
    const struct gateway_delivery *delivery, char ret_detail[256]);

/* Asks for REFUND of AMOUNT (0: all that is left); KEY makes it one. */
enum svc_status payments_refund(struct payments *payments, int64_t order_id,
    int64_t amount_minor, struct svc_slice key, struct svc_slice reason,
    char ret_detail[256]);

/* Marks a bank transfer (or cash) as received, by the shop. */
enum svc_status payments_received(struct payments *payments, int64_t order_id,
    int64_t amount_minor, struct svc_slice key, char ret_detail[256]);

/* One round of the sweep: due notifications, open payments, refunds, links to close.
 * Returns how many it did. Safe on many replicas at once. */
size_t payments_sweep(struct payments *payments);

#endif
