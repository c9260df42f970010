/* A cart with what it costs now. */
#ifndef CARTS_H
#define CARTS_H

#include "service.h"

struct cart_view {
    struct cart cart;
    struct coupon coupons[QUOTE_COUPONS_MAX];
    size_t coupon_count;
    struct quote_input input; /* of the quote; points into this view */
    struct quote quote;
};

enum cart_line_status {
    CART_LINE_FINE,
    CART_LINE_LIMITED, /* fewer than wanted */
    CART_LINE_OUT_OF_STOCK,
    CART_LINE_NOT_SOLD,
    CART_LINE_PRICE_CHANGED,
};

/* Reckons VIEW's cart with RATE (NULL: without shipping); reads the coupons where it has
 * any. */
SVC_MUST_CHECK enum svc_status carts_reckon(
    const struct talk *talk, const struct shipping_rate *rate, struct cart_view *view);
/* The same without a look at the coupons. */
void carts_reckon_again(
    const struct talk *talk, const struct shipping_rate *rate, struct cart_view *view);
SVC_MUST_CHECK enum svc_status carts_read(
    const struct talk *talk, struct cart_view *ret_view);
SVC_MUST_CHECK enum svc_status carts_change(const struct talk *talk,
    const struct cart_change *change, struct cart_view *ret_view,
    struct cart_outcome *ret_outcome);
/* ORDER: a WhatsApp order message's product_items. */
SVC_MUST_CHECK enum svc_status carts_import(const struct talk *talk,
    const struct svc_json *items, const struct cart_change *change,
    struct cart_view *ret_view, struct cart_outcome *ret_outcome);

/* Takes a coupon up where it counts; `ret_coupon` says what of it. CODE in any case. */
SVC_MUST_CHECK enum svc_status carts_apply_coupon(const struct talk *talk,
    struct svc_slice code, struct cart_view *ret_view, struct quote_coupon *ret_coupon);

enum cart_line_status carts_line_status(const struct quote_line *line);
const char *carts_line_status_name(enum cart_line_status status);
/* All lines can be had as they are. */
bool carts_all_available(const struct cart *cart);
/* "good", "used_up" ...: also the end of the text's key. */
const char *carts_coupon_fault_name(enum coupon_fault fault);

#endif
