/* A payment gateway: how a request for a payment link, for the truth about a payment and
 * for a refund is written, and how its answers and notifications are read. Pure: no I/O,
 * clock or environment. Protocols of 2026-11: Stripe, Mercado Pago, Wompi, PayPal. Cash
 * on delivery and bank transfer are methods without any of these. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include <svc/json.h>
#include <svc/mem.h>
#include <svc/status.h>
#include <svc/text.h>

enum { GATEWAY_HEADERS_MAX = 6, GATEWAYS_MAX = 6 };

/* From the environment; what isn't set has no text. */
struct gateway_config {
    struct svc_slice base_url;       /* of its API; settable, for tests */
    struct svc_slice key;            /* STRIPE_API_KEY, MERCADO_PAGO_ACCESS_TOKEN ... */
    struct svc_slice public_key;     /* Wompi's, PayPal's client id */
    struct svc_slice webhook_secret; /* whsec_..., and PayPal's webhook id */
    struct svc_slice second_secret;  /* Wompi's integrity secret */
    bool live; /* test money is no money in a live shop, and the other way round */

    /* Put in by the caller for each call. */
    struct svc_slice token; /* where the gateway has write_token: what it gave */
    int64_t now_s;
};

struct gateway_header {
    const char *name;
    const char *value;
};

/* All texts end with NUL. */
struct gateway_request {
    const char *method; /* NULL: there is nothing to be called; see who says so */
    const char *url;
    struct gateway_header headers[GATEWAY_HEADERS_MAX];
    size_t header_count;
    struct svc_slice body;
};

struct gateway_order {
    struct svc_slice payment_id; /* ours: the idempotency key and external reference */
    struct svc_slice order_number;
    struct svc_slice title; /* of the shop and order */
    int64_t amount_minor;
    struct svc_slice currency;
    int64_t created_at_s; /* of the payment: the same in each try */
    int64_t expires_at_s;
    struct svc_slice webhook_url; /* of this gateway, from PUBLIC_URL */
    struct svc_slice return_url;
};

struct gateway_link {
    struct svc_slice url;
    struct svc_slice external_id;
};

enum payment_truth_status {
    PAYMENT_TRUTH_PENDING,
    PAYMENT_TRUTH_PAID,
    PAYMENT_TRUTH_FAILED, /* this try; the link may still be open */
    PAYMENT_TRUTH_EXPIRED,
    PAYMENT_TRUTH_REFUNDED,
    PAYMENT_TRUTH_PARTIALLY_REFUNDED,
    PAYMENT_TRUTH_DISPUTED,
};

enum { PAYMENT_OTHERS_MAX = 8 };

/* What the gateway itself says, asked by us. */
struct payment_truth {
    enum payment_truth_status status;
    int64_t amount_minor;
    int64_t refunded_minor;     /* -1: it doesn't say */
    struct svc_slice currency;  /* upper case */
    struct svc_slice reference; /* the payment_id that we gave */
    struct svc_slice capture_id;
    struct svc_slice detail; /* its own word for it */
    bool live;
    bool needs_capture;   /* agreed to by the payer, to be taken by us: write_capture */
    struct svc_slice see; /* has text: this subject knows more, ask about it */
    /* Subjects of further payments of the same reference. */
    struct svc_slice others[PAYMENT_OTHERS_MAX];
    size_t other_count;
};

/* A notification, verified or not. */
struct gateway_notice {
    struct svc_slice event_id;
    struct svc_slice kind;
    struct svc_slice subject_id; /* what to ask about; no text: nothing to do */
    struct svc_slice reference;  /* where it says ours */
    bool refers_to_payment;      /* false: of another thing: kept, not followed */
    bool is_signed;              /* set by the caller, by the verdict */
    bool is_dispute;             /* where the payment itself doesn't tell of one */
};

/* As it came. Header values as by `header`; NULL, 0 where there is none. */
struct gateway_delivery {
    struct svc_slice raw;
    const struct svc_json *body; /* NULL: no JSON */
    struct svc_slice (*header)(const void *context, const char *name);
    struct svc_slice (*query)(const void *context, const char *name);
    const void *context;
    int64_t now_s;
};

enum gateway_verdict {
    GATEWAY_GENUINE,
    GATEWAY_UNSIGNED, /* a kind that this gateway never signs: only a hint to go and ask
                       */
    GATEWAY_FORGED,
    GATEWAY_STALE,
    GATEWAY_UNDECIDED, /* well-formed; only the gateway itself can say: write_verify */
};

struct gateway {
    const char *name;         /* stripe, mercado_pago: in URLs, tables and settings */
    const char *display_name; /* what a customer reads */

    /* False, with one line: this configuration can't work. */
    bool (*check)(const struct gateway_config *config, char ret_error[256]);
    /* Whether it takes that currency. */
    bool (*takes)(const struct gateway_config *config, struct svc_slice currency);

    /* Without a method: no call is needed, `url` is the link itself, and our payment_id
     * its external id. */
    void (*write_link)(struct svc_arena *arena, const struct gateway_config *config,
        const struct gateway_order *order, struct gateway_request *ret_request);
    /* BAD_GATEWAY: no valid answer; INVALID: refused for good (reason in ret_error);
     * UNAVAILABLE: to be tried again. */
    enum svc_status (*read_link)(struct svc_arena *arena,
        const struct gateway_config *config, int http_status, struct svc_slice body,
        struct gateway_link *ret_link, char ret_error[256]);

    /* About a payment by what a notice names (SUBJECT), or by the link's external id and
     * our reference (for the sweep): SUBJECT has text, or LINK isn't NULL. Without a
     * method: it can't be asked for by that. */
    void (*write_ask)(struct svc_arena *arena, const struct gateway_config *config,
        struct svc_slice subject, const struct gateway_link *link,
        struct svc_slice reference, struct gateway_request *ret_request);
    /* NOT_FOUND: there is no such payment (yet). */
    enum svc_status (*read_ask)(struct svc_arena *arena,
        const struct gateway_config *config, int http_status, struct svc_slice body,
        struct payment_truth *ret_truth);

    /* KEY makes a repeated refund the same one. Without a method: it can't be done here,
     * a person has to. */
    void (*write_refund)(struct svc_arena *arena, const struct gateway_config *config,
        const struct payment_truth *payment, int64_t amount_minor, struct svc_slice key,
        struct gateway_request *ret_request);
    enum svc_status (*read_refund)(struct svc_arena *arena,
        const struct gateway_config *config, int http_status, struct svc_slice body,
        struct svc_slice *ret_external_id, char ret_error[256]);

    /* So that an old link can't be paid any more; NULL, or without a method: it can't. */
    void (*write_close)(struct svc_arena *arena, const struct gateway_config *config,
        const struct gateway_link *link, struct gateway_request *ret_request);

    /* Takes what the payer has agreed to; its answer is the truth, as of read_ask. KEY
     * makes a repeated one the same. NULL: the gateway does so by itself. */
    void (*write_capture)(struct svc_arena *arena, const struct gateway_config *config,
        struct svc_slice external_id, struct svc_slice key,
        struct gateway_request *ret_request);

    /* A token for all other calls, and how long it's good for; NULL: the key is it. */
    void (*write_token)(struct svc_arena *arena, const struct gateway_config *config,
        struct gateway_request *ret_request);
    enum svc_status (*read_token)(struct svc_arena *arena, int http_status,
        struct svc_slice body, struct svc_slice *ret_token, int64_t *ret_seconds);

    enum gateway_verdict (*verify)(
        const struct gateway_config *config, const struct gateway_delivery *delivery);
    /* For UNDECIDED: asks the gateway; NULL: it never is. Anything but OK: no answer. */
    void (*write_verify)(struct svc_arena *arena, const struct gateway_config *config,
        const struct gateway_delivery *delivery, struct gateway_request *ret_request);
    enum svc_status (*read_verify)(struct svc_arena *arena, int http_status,
        struct svc_slice body, enum gateway_verdict *ret_verdict);
    /* INVALID: nothing to be read from it. */
    enum svc_status (*read_notice)(struct svc_arena *arena,
        const struct gateway_delivery *delivery, struct gateway_notice *ret_notice);
};

extern const struct gateway gateway_stripe;
extern const struct gateway gateway_mercado_pago;
extern const struct gateway gateway_wompi;
extern const struct gateway gateway_paypal;

const struct gateway *gateway_find(struct svc_slice name);

/* Amounts as the gateways write them. Stripe: minor units, zero-decimal currencies (CLP,
 * PYG) in units. Mercado Pago and PayPal: decimals. Wompi: hundredths. False where AMOUNT
 * isn't exactly so many minor units: never rounded. */
bool gateway_read_decimal(
    struct svc_slice amount, struct svc_slice currency, int64_t *ret_minor);
/* The same for whole numbers of which PER_UNIT make one unit: a number of JSON, or a text
 * of digits. */
bool gateway_read_whole(const struct svc_json *amount, int64_t per_unit,
    struct svc_slice currency, int64_t *ret_minor);
/* And back; false where it can't be written so. */
bool gateway_whole_of(
    int64_t minor, struct svc_slice currency, int64_t per_unit, int64_t *ret_amount);

/* Whether TRUTH is what was asked for: amount, currency, mode and reference. The reason
 * where it isn't, NULL where it is. */
const char *payment_mismatch(
    const struct payment_truth *truth, const struct gateway_order *order, bool live);

#endif
