/* Everything that this service keeps in PostgreSQL; the functions called are in
 * database/migrations. Texts live in the arena that is given. UNAVAILABLE, TIMEOUT and
 * CONFLICT as in svc/pg.h: the caller may try again with the same key. */
#ifndef STORE_H
#define STORE_H

#include "order_machine.h"
#include "quote.h"

#include <svc/status.h>

struct svc_pg;
struct svc_pg_result;
struct svc_counter;

/* --- Carts. --- */

struct cart {
    struct svc_slice customer;
    int64_t version; /* -1: there is none */
    struct svc_slice locale;
    struct svc_slice phone_number_id;
    struct svc_slice coupons[QUOTE_COUPONS_MAX];
    size_t coupon_count;
    struct quote_line lines[QUOTE_LINES_MAX];
    struct svc_slice skus[QUOTE_LINES_MAX]; /* of the lines */
    size_t line_count;
};

/* What a change came to: see cart_change in the migrations. */
struct cart_outcome {
    struct svc_slice name;
    int64_t quantity;
    bool repeated;
    const struct svc_json *notes; /* of an import; NULL: none */
};

/* Beside a change: what the caller knows of the customer. No text: nothing. */
struct cart_context {
    struct svc_slice phone_number_id;
    struct svc_slice locale;
    int64_t service_window_s; /* until when a free message may be sent; 0: not known */
};

struct cart_change {
    const char *action; /* add, set, remove, clear, touch, seen, coupon_... */
    int64_t product_id;
    int64_t quantity;
    struct svc_slice coupon;
    const struct cart_context *context;
    struct svc_slice key; /* of the request; no text: it's a new one each time */
    struct svc_slice hash;
};

struct store_call {
    struct svc_pg *pg;
    struct svc_arena *arena;
    struct svc_slice customer;
    int64_t minor_per_unit;
};

SVC_MUST_CHECK enum svc_status store_cart_read(
    const struct store_call *call, struct cart *ret_cart);
SVC_MUST_CHECK enum svc_status store_cart_change(const struct store_call *call,
    const struct cart_change *change, struct cart *ret_cart,
    struct cart_outcome *ret_outcome);
/* ITEMS: [{"sku", "quantity", "price_minor"}]. */
SVC_MUST_CHECK enum svc_status store_cart_import(const struct store_call *call,
    const struct cart_change *change, struct svc_slice items, struct cart *ret_cart,
    struct cart_outcome *ret_outcome);

/* The rows of coupons that are named, in that order; one that isn't there is left out. */
SVC_MUST_CHECK enum svc_status store_coupons_read(const struct store_call *call,
    const struct svc_slice *codes, size_t count, struct coupon *ret_coupons,
    size_t *ret_count);

/* Customers whose carts were left, each given once. */
SVC_MUST_CHECK enum svc_status store_carts_claim(const struct store_call *call,
    int64_t idle_s, int64_t limit, struct svc_slice *ret_customers, size_t *ret_count);

/* For rows that begin with those of a cart. */
void store_cart_rows(const struct store_call *call, const struct svc_pg_result *rows,
    struct cart *ret_cart, struct cart_outcome *ret_outcome);

/* One more of what COUNTER counts. */
void store_count(struct svc_counter *counter);

/* --- Requests that are known by a key. --- */

enum store_request {
    STORE_REQUEST_NEW,
    STORE_REQUEST_KNOWN, /* answered before: with `ret_answer` */
    STORE_REQUEST_OTHER, /* the key was another request's */
};

SVC_MUST_CHECK enum svc_status store_request_begin(const struct store_call *call,
    struct svc_slice key, struct svc_slice hash, enum store_request *ret_request,
    struct svc_slice *ret_answer);
SVC_MUST_CHECK enum svc_status store_request_end(
    const struct store_call *call, struct svc_slice key, struct svc_slice answer);

/* --- Checkouts. --- */

struct checkout_row {
    struct svc_slice id; /* no text: there is none */
    int64_t version;
    enum checkout_state state;
    struct svc_slice address; /* JSON; no text: none */
    int64_t shipping_rate_id; /* 0: none */
    struct svc_slice payment_method;
    struct svc_slice shown;        /* JSON: what the customer saw last */
    struct svc_slice shown_digest; /* of that */
    int64_t order_id;              /* 0: none */
};

/* The cart, and the customer's last checkout. */
SVC_MUST_CHECK enum svc_status store_checkout_read(const struct store_call *call,
    struct cart *ret_cart, struct checkout_row *ret_checkout);
/* A new one, in CART; CONFLICT where there is an open one meanwhile. Sets id. */
SVC_MUST_CHECK enum svc_status store_checkout_begin(
    const struct store_call *call, struct checkout_row *checkout);
/* Saves state, address, shipping, payment and what was shown. CONFLICT: it's another by
 * now, and nothing was saved. */
SVC_MUST_CHECK enum svc_status store_checkout_save(
    const struct store_call *call, struct checkout_row *checkout);
/* The address of the customer's last order: JSON, or no text. */
SVC_MUST_CHECK enum svc_status store_address_last(
    const struct store_call *call, struct svc_slice *ret_address);

enum place_status {
    PLACE_DONE,
    PLACE_EXISTS,  /* the order that another call made */
    PLACE_CHANGED, /* cart or checkout: read again */
    PLACE_SHORT,   /* stock or price of a line */
    PLACE_COUPON,  /* one that doesn't count any more */
};

struct placed {
    enum place_status status;
    int64_t order_id;
    struct svc_slice order_number;
};

/* ORDER: the JSON that order_place takes. */
SVC_MUST_CHECK enum svc_status store_order_place(
    const struct store_call *call, struct svc_slice order, struct placed *ret_placed);

/* --- Orders. --- */

struct order_row {
    int64_t id; /* 0: none */
    struct svc_slice number;
    struct svc_slice customer;
    struct svc_slice status;
    struct svc_slice currency;
    struct svc_slice payment_method;
    struct svc_slice address; /* JSON, as the next two; no text: none */
    struct svc_slice shipping;
    struct svc_slice items;    /* [{"product_id", "name", "quantity", ...}] */
    struct svc_slice history;  /* [{"event_id", "type", "status", "occurred_at"}] */
    struct svc_slice payments; /* [{"gateway", "status", ...}] */
    struct svc_slice phone_number_id;
    struct svc_slice locale;
    struct svc_slice created_at;
    struct svc_slice held_until;
    struct svc_slice payment_url; /* of the open payment; no text: none */
    int64_t subtotal_minor;
    int64_t discount_minor;
    int64_t shipping_minor;
    int64_t tax_minor;
    int64_t total_minor;
    int64_t paid_minor;
    int64_t refunded_minor;
    int64_t created_s;
    bool in_window; /* a free message may be sent to the customer now */
};

/* By its id or its number; id 0: there is none. CUSTOMER has text: only of that one. */
SVC_MUST_CHECK enum svc_status store_order_read(const struct store_call *call,
    struct svc_slice id_or_number, struct order_row *ret_order);
/* The customer's, newest first; those before the order BEFORE (0: all). */
SVC_MUST_CHECK enum svc_status store_orders_read(const struct store_call *call,
    int64_t before, int64_t limit, struct order_row *ret_orders, size_t *ret_count);

#endif
