/* Payments of orders: links, notifications, the truth, refunds, and the sweep that asks
 * for what no notification came for. Calls the gateways (svc/client) and the store;
 * orders change only by orders_apply (orders.h). */
#ifndef PAYMENTS_H
#define PAYMENTS_H

#include "gateway.h"
#include "orders.h"

struct payments;

/* Of the environment; NULL: not set. A gateway without a key isn't offered. */
struct payments_keys {
    const char *stripe_api_key;
    const char *stripe_webhook_secret;
    const char *stripe_base_url;
    const char *mercado_pago_access_token;
    const char *mercado_pago_webhook_secret;
    const char *mercado_pago_base_url;
    const char *wompi_private_key;
    const char *wompi_public_key;
    const char *wompi_events_secret;
    const char *wompi_integrity_secret;
    const char *wompi_base_url;
    const char *paypal_client_id;
    const char *paypal_client_secret;
    const char *paypal_webhook_id;
    const char *paypal_base_url;
    const char *transfer_details; /* BANK_TRANSFER_DETAILS, as told to the customer */
    bool cash_on_delivery;
};

struct payments_settings {
    struct svc_pg *pg;
    const char *public_url; /* where gateways reach this service */
    const char *return_url; /* where the customer goes after paying: wa.me/... */
    bool live;              /* PAYMENTS_LIVE */
    int64_t call_timeout_ms;
    int64_t ask_every_s; /* the sweep, for each open payment, growing */
    const char
        *shop_name;      /* before the order's number on the payment page; may be NULL */
    const char *ca_file; /* NULL: the system's */
    struct payments_keys keys;
};

/* Lines of a settings table: KEYS is the struct payments_keys in OWNER. */
#define PAYMENTS_SETTINGS(owner, keys)                                                   \
    SVC_SETTING_SECRET_AT(owner, keys.stripe_api_key, "STRIPE_API_KEY",                  \
        "offers Stripe; sk_live_... where PAYMENTS_LIVE is on"),                         \
        SVC_SETTING_SECRET_AT(owner, keys.stripe_webhook_secret,                         \
            "STRIPE_WEBHOOK_SECRET", "whsec_...; several separated by commas"),          \
        SVC_SETTING_TEXT_AT(owner, keys.stripe_base_url, "STRIPE_BASE_URL",              \
            "https://api.stripe.com", "of its API"),                                     \
        SVC_SETTING_SECRET_AT(owner, keys.mercado_pago_access_token,                     \
            "MERCADO_PAGO_ACCESS_TOKEN", "offers Mercado Pago"),                         \
        SVC_SETTING_SECRET_AT(owner, keys.mercado_pago_webhook_secret,                   \
            "MERCADO_PAGO_WEBHOOK_SECRET", "signs its notifications"),                   \
        SVC_SETTING_TEXT_AT(owner, keys.mercado_pago_base_url, "MERCADO_PAGO_BASE_URL",  \
            "https://api.mercadopago.com", "of its API"),                                \
        SVC_SETTING_SECRET_AT(                                                           \
            owner, keys.wompi_private_key, "WOMPI_PRIVATE_KEY", "offers Wompi (COP)"),   \
        SVC_SETTING_TEXT_AT(owner, keys.wompi_public_key, "WOMPI_PUBLIC_KEY", NULL,      \
            "stands in its links"),                                                      \
        SVC_SETTING_SECRET_AT(                                                           \
            owner, keys.wompi_events_secret, "WOMPI_EVENTS_SECRET", "signs its events"), \
        SVC_SETTING_SECRET_AT(owner, keys.wompi_integrity_secret,                        \
            "WOMPI_INTEGRITY_SECRET", "signs our links"),                                \
        SVC_SETTING_TEXT_AT(owner, keys.wompi_base_url, "WOMPI_BASE_URL", NULL,          \
            "of its API; by itself https://production.wompi.co/v1, or sandbox"),         \
        SVC_SETTING_TEXT_AT(owner, keys.paypal_client_id, "PAYPAL_CLIENT_ID", NULL,      \
            "of the account's application"),                                             \
        SVC_SETTING_SECRET_AT(                                                           \
            owner, keys.paypal_client_secret, "PAYPAL_CLIENT_SECRET", "offers PayPal"),  \
        SVC_SETTING_TEXT_AT(owner, keys.paypal_webhook_id, "PAYPAL_WEBHOOK_ID", NULL,    \
            "of the webhook that is set up for PUBLIC_URL"),                             \
        SVC_SETTING_TEXT_AT(owner, keys.paypal_base_url, "PAYPAL_BASE_URL", NULL,        \
            "of its API; by itself https://api-m.paypal.com, or sandbox"),               \
        SVC_SETTING_TEXT_AT(owner, keys.transfer_details, "BANK_TRANSFER_DETAILS", NULL, \
            "offers bank transfers: what the customer is told to pay to"),               \
        SVC_SETTING_BOOL_AT(owner, keys.cash_on_delivery, "CASH_ON_DELIVERY", "true",    \
            "offers to be paid on delivery")

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

/* Asks for a refund of AMOUNT (0: all that is left); KEY makes it one. NOT_FOUND: no such
 * order; CONFLICT: the key was another refund's; INVALID: nothing was paid, or less than
 * that is left. The sweep does it; without a gateway it's done already, by hand. */
struct payments_refund_request {
    int64_t order_id;
    int64_t amount_minor;
    struct svc_slice key;
    struct svc_slice reason;
    bool by_hand; /* given back already, outside of the gateway */
};
enum svc_status payments_refund(struct payments *payments,
    const struct payments_refund_request *request, char ret_detail[256]);

/* Marks a bank transfer (or cash) as received, by the shop. AMOUNT 0: the whole. OK also
 * where it was before; NOT_FOUND: no such order; INVALID: another amount, or an order
 * that isn't paid this way or any more. */
enum svc_status payments_received(struct payments *payments, int64_t order_id,
    int64_t amount_minor, struct svc_slice key, char ret_detail[256]);

/* What came of a refund that was asked for; texts in ARENA. */
struct payments_refund_state {
    struct svc_slice id;
    struct svc_slice status; /* asked, done, failed, manual */
    int64_t amount_minor;
    struct svc_slice currency;
};
enum svc_status payments_refund_read(struct payments *payments, struct svc_arena *arena,
    int64_t order_id, struct svc_slice key, struct payments_refund_state *ret_state);

/* One round of the sweep: due notifications, open payments, refunds, links to close.
 * Returns how many it did. Safe on many replicas at once. */
size_t payments_sweep(struct payments *payments);

#endif
