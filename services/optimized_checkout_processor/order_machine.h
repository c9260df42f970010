/* The states of a checkout and of an order, and what each event does to them. Pure; the
 * one place that says so: the tests walk it at random beside the running service. */
#ifndef ORDER_MACHINE_H
#define ORDER_MACHINE_H

#include <svc/text.h>

/* --- A checkout: what the customer still has to say. --- */

enum checkout_state {
    CHECKOUT_CART,
    CHECKOUT_ADDRESS,
    CHECKOUT_SHIPPING,
    CHECKOUT_PAYMENT,
    CHECKOUT_CONFIRMATION,
    CHECKOUT_AWAITING_PAYMENT, /* there is an order */
    CHECKOUT_PLACED,           /* ... to be paid on delivery; an end */
    CHECKOUT_PAID,             /* an end */
    CHECKOUT_CANCELLED,        /* an end */
    CHECKOUT_EXPIRED,          /* an end */
};

enum checkout_action {
    CHECKOUT_START,
    CHECKOUT_SET_ADDRESS,
    CHECKOUT_SET_SHIPPING,
    CHECKOUT_SET_PAYMENT,
    CHECKOUT_CONFIRM,
    CHECKOUT_BACK,
    CHECKOUT_SHOW, /* where are we: checked anew */
    CHECKOUT_CANCEL,
};

/* What is true now, found out before the machine is asked. */
struct checkout_facts {
    bool cart_is_empty;
    bool all_available;
    bool has_address;         /* one that a parcel gets to; or pickup chosen */
    bool has_shipping;        /* a rate that is still offered for it */
    bool has_payment;         /* a method that is still offered */
    bool needs_payment_first; /* the method is a gateway or a transfer, not cash on
                                 delivery */
    bool token_matches;
};

enum checkout_refusal {
    CHECKOUT_FINE,
    CHECKOUT_REFUSED_EMPTY,
    CHECKOUT_REFUSED_STOCK,
    CHECKOUT_REFUSED_TOKEN,  /* the button is of an earlier quote */
    CHECKOUT_REFUSED_ORDER,  /* there is an order already: asked for again */
    CHECKOUT_REFUSED_MISSING /* something comes first: `next` says what */
};

struct checkout_step {
    enum checkout_state next;
    enum checkout_refusal refusal;
    bool places_order;
};

struct checkout_step checkout_next(enum checkout_state state, enum checkout_action action,
    const struct checkout_facts *facts);

const char *checkout_state_name(enum checkout_state state);
bool checkout_state_read(struct svc_slice name, enum checkout_state *ret_state);

/* --- An order. --- */

enum order_status {
    ORDER_AWAITING_PAYMENT,
    ORDER_PLACED, /* cash on delivery */
    ORDER_PAID,
    ORDER_PAID_SHORTFALL, /* paid after its stock had gone: a person decides, or it's
                             refunded */
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_CANCELLED,
    ORDER_EXPIRED,
    ORDER_PARTIALLY_REFUNDED,
    ORDER_REFUNDED,
};

enum order_event {
    ORDER_PAYMENT_APPROVED, /* whole amount, checked against the gateway */
    ORDER_PAYMENT_PENDING,
    ORDER_PAYMENT_FAILED,
    ORDER_PAYMENT_REFUNDED, /* facts say how much in all */
    ORDER_PAYMENT_DISPUTED,
    ORDER_CANCEL_BY_CUSTOMER,
    ORDER_CANCEL_BY_SHOP,
    ORDER_HOLD_ENDED,
    ORDER_SHIP,
    ORDER_DELIVER,
};

struct order_facts {
    int64_t total_minor;
    int64_t paid_minor;
    int64_t refunded_minor; /* in all, with the one that this event is about */
    bool holds_stock;       /* its reservations are held or sold */
    bool can_hold_again;    /* the stock that it released is there again */
    bool payment_is_open;   /* a link that may still be paid */
    bool is_second_payment; /* of a payment other than the one that paid it */
    bool was_paid;          /* before this event: found by orders_apply */
};

/* What has to be done with the change, in the same transaction. */
enum order_effect {
    ORDER_SELLS_STOCK = 1,    /* held -> sold: stock and reserved both fall */
    ORDER_RELEASES_STOCK = 2, /* held -> free */
    ORDER_RETURNS_STOCK = 4,  /* sold -> back on the shelf */
    ORDER_HOLDS_AGAIN = 8,
    ORDER_RETURNS_COUPONS = 16,
    ORDER_CLOSES_PAYMENT = 32, /* the open link is to be cancelled at the gateway */
    ORDER_REFUNDS = 64,        /* what was paid is to be given back */
    ORDER_TELLS_CUSTOMER = 128,
    ORDER_TELLS_SHOP = 256,
};

struct order_step {
    enum order_status next;
    unsigned effects;
    bool changed; /* false: the event is late, repeated, or doesn't apply; nothing is done
                   */
};

struct order_step order_next(
    enum order_status status, enum order_event event, const struct order_facts *facts);

const char *order_status_name(enum order_status status);
/* The MVP's own words are no status of ours: false. */
bool order_status_read(struct svc_slice name, enum order_status *ret_status);
const char *order_event_name(enum order_event event);

#endif
