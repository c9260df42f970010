/* What the customer reads: ready WhatsApp messages. Each writes one message object. */
#ifndef REPLY_H
#define REPLY_H

#include "carts.h"
#include "checkout.h"

#include <svc/json_write.h>
#include <svc/whatsapp_reply.h>

struct reply {
    const struct talk *talk;
    struct svc_json_writer *writer;
    struct svc_slice before; /* a line before all else; no text: none */
};

/* Texts of the shop, in the arena. VALUES: NULL-terminated name, value, name, value. */
struct svc_slice reply_say(const struct talk *talk, const char *key, ...)
    __attribute__((sentinel));
/* An amount as people write it. */
const char *reply_money(const struct talk *talk, int64_t minor);
const char *reply_number(const struct talk *talk, int64_t number);
/* A slice as text that ends with NUL, in one line. */
const char *reply_plain(const struct talk *talk, struct svc_slice text);

/* BODY with up to three buttons. */
struct reply_button {
    struct svc_slice id;
    const char *title; /* the key of its text */
};
void reply_buttons(const struct reply *reply, struct svc_slice body,
    const struct reply_button *buttons, size_t count);
void reply_text(const struct reply *reply, struct svc_slice body);
/* A list; without a row that can be sent a text. BUTTON: the key of its text. */
void reply_list(const struct reply *reply, struct svc_slice body, const char *button,
    const struct svc_whatsapp_option *options, size_t count);

/* Lines, discounts, shipping, taxes and total. */
void reply_add_quote(
    const struct talk *talk, const struct cart_view *view, struct svc_buf *out);

void reply_cart(const struct reply *reply, const struct cart_view *view);
/* One line, to be changed. */
void reply_line(
    const struct reply *reply, const struct cart_view *view, int64_t product_id);
void reply_abandoned(const struct reply *reply, const struct cart_view *view);
/* What a change came to, in a line. */
struct svc_slice reply_outcome(const struct talk *talk, const struct cart_view *view,
    const struct cart_outcome *outcome, int64_t product_id);
struct svc_slice reply_coupon(const struct talk *talk, const struct quote_coupon *coupon);

/* The step of a checkout: what is asked next, or what came of it. */
void reply_checkout(const struct reply *reply, const struct checkout_result *result);

void reply_order(const struct reply *reply, const struct order_row *order);
void reply_orders(
    const struct reply *reply, const struct order_row *orders, size_t count);

/* What is said when TYPE ("order.paid" ...) happened to an order; false: nothing. */
bool reply_notice(
    const struct reply *reply, struct svc_slice type, const struct order_row *order);

#endif
