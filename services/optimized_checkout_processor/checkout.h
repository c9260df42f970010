/* A checkout that goes on with each message of the customer, over days if need be: what
 * is known is checked anew each time, by the machine of order_machine.h. */
#ifndef CHECKOUT_H
#define CHECKOUT_H

#include "carts.h"
#include "token.h"

enum { CHECKOUT_CHOICES_MAX = 10, CHECKOUT_CHANGES_MAX = 20 };

struct checkout_request {
    enum checkout_action action;
    /* Of SET_ADDRESS, one of these. */
    struct svc_slice text;
    const struct svc_json *address;  /* NULL: none */
    const struct svc_json *location; /* {"latitude", "longitude", "name", "address"} */
    int64_t shipping_rate_id;        /* of SET_SHIPPING */
    struct svc_slice payment_method; /* of SET_PAYMENT: its name */
    struct svc_slice token;          /* of CONFIRM */
};

/* What is another than the customer saw it last. */
enum checkout_change_kind {
    CHANGE_PRICE,
    CHANGE_SOLD_OUT,
    CHANGE_FEWER,
    CHANGE_TOTAL,
    CHANGE_COUPON,
};
struct checkout_change {
    enum checkout_change_kind kind;
    struct svc_slice name; /* of the product, the coupon */
    int64_t before;        /* amounts, or how many were asked for */
    int64_t now;
};

struct checkout_result {
    /* ok, placed, cancelled, missing, empty, out_of_stock, changed, order_exists,
     * not_offered, nothing_to_cancel, unavailable */
    const char *status;
    enum checkout_state state;
    struct checkout_row row;
    struct cart_view view;
    struct address address;
    struct address_check check;
    bool has_address; /* something of one is known */
    const struct shipping_rate *rate;
    struct shipping_choice choices[CHECKOUT_CHOICES_MAX];
    size_t choice_count;
    const struct payment_method *methods[CHECKOUT_CHOICES_MAX];
    size_t method_count;
    const struct payment_method *method;
    char token[TOKEN_SIZE]; /* in CONFIRMATION */
    struct checkout_change changes[CHECKOUT_CHANGES_MAX];
    size_t change_count;
    struct order_row order; /* id 0: none */
    struct svc_slice payment_url;
};

SVC_MUST_CHECK enum svc_status checkout_run(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *ret_result);

/* The state without any change: for a message that may or may not mean the checkout. */
SVC_MUST_CHECK enum svc_status checkout_look(
    const struct talk *talk, struct checkout_row *ret_row, struct cart_view *ret_view);

/* What an event did to an order, in a transaction of its own. NOT_FOUND: none of ours. */
SVC_MUST_CHECK enum svc_status checkout_order_event(struct service *service,
    int64_t order_id, enum order_event event, struct order_step *ret_step);

#endif
