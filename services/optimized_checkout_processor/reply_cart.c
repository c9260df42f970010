/* The cart, as the customer reads it. */
#include "reply.h"

#include <svc/whatsapp_reply.h>

#include <stdio.h>
#include <string.h>

#define BODY_MAX ((size_t)4096)
/* What the total and a line before it need of a message's 1024 characters. */
#define LINES_CHARACTERS_MAX 640

static void add(struct svc_buf *out, struct svc_slice line)
{
    if (line.length == 0) {
        return;
    }
    if (out->length > 0) {
        svc_buf_add_char(out, '\n');
    }
    svc_buf_add(out, line.text, line.length);
}

static struct svc_slice keep(const struct talk *talk, struct svc_buf *text)
{
    struct svc_slice kept =
        talk_keep(talk, (struct svc_slice){svc_buf_text(text), text->length});

    svc_buf_done(text);
    return kept;
}

/* What is the matter with a line; no text: nothing. */
static struct svc_slice say_trouble(
    const struct talk *talk, const struct quote_line *line)
{
    switch (carts_line_status(line)) {
    case CART_LINE_NOT_SOLD:
        return reply_say(talk, "cart_line_not_sold", NULL);
    case CART_LINE_OUT_OF_STOCK:
        return reply_say(talk, "cart_line_out_of_stock", NULL);
    case CART_LINE_LIMITED:
        return reply_say(
            talk, "cart_line_limited", "n", reply_number(talk, line->available), NULL);
    case CART_LINE_PRICE_CHANGED:
        return reply_say(talk, "cart_line_price_changed", "before",
            reply_money(talk, line->seen_price_minor), "price",
            reply_money(talk, line->unit_price_minor), NULL);
    case CART_LINE_FINE:
        break;
    }
    return (struct svc_slice){NULL, 0};
}

static void add_lines(
    const struct talk *talk, const struct cart *cart, struct svc_buf *out)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct quote_line *line = &cart->lines[i];
        if (out->length > LINES_CHARACTERS_MAX) {
            add(out, reply_say(talk, "cart_lines_more", "n",
                         reply_number(talk, (int64_t)(cart->line_count - i)), NULL));
            return;
        }
        add(out,
            reply_say(talk, "cart_line", "quantity", reply_number(talk, line->quantity),
                "name", reply_plain(talk, line->name), "price",
                reply_money(talk, line->quantity * line->unit_price_minor), NULL));
        add(out, say_trouble(talk, line));
    }
}

static void add_coupons(
    const struct talk *talk, const struct quote *quote, struct svc_buf *out)
{
    for (size_t i = 0; i < quote->coupon_count; i++) {
        if (quote->coupons[i].fault != COUPON_GOOD) {
            add(out, reply_coupon(talk, &quote->coupons[i]));
        }
    }
    if (quote->discount_minor > 0) {
        add(out, reply_say(talk, "quote_discount", "amount",
                     reply_money(talk, quote->discount_minor), NULL));
    }
}

static void add_taxes(
    const struct talk *talk, const struct quote *quote, struct svc_buf *out)
{
    for (size_t i = 0; i < quote->tax_count; i++) {
        const struct quote_tax *tax = &quote->taxes[i];
        if (!tax->included) {
            add(out,
                reply_say(talk, "quote_tax_added", "name", reply_plain(talk, tax->name),
                    "amount", reply_money(talk, tax->amount_minor), NULL));
        }
    }
}

void reply_add_quote(
    const struct talk *talk, const struct cart_view *view, struct svc_buf *out)
{
    const struct quote *quote = &view->quote;

    add_lines(talk, &view->cart, out);
    svc_buf_add_char(out, '\n');
    add_coupons(talk, quote, out);
    if (quote->has_shipping) {
        add(out, quote->shipping_minor == 0
                     ? reply_say(talk, "quote_shipping_free", NULL)
                     : reply_say(talk, "quote_shipping", "amount",
                           reply_money(talk, quote->shipping_minor), NULL));
    }
    add_taxes(talk, quote, out);
    add(out, reply_say(talk, quote->has_shipping ? "quote_total" : "quote_total_so_far",
                 "amount", reply_money(talk, quote->total_minor), NULL));
}

void reply_cart(const struct reply *reply, const struct cart_view *view)
{
    static const struct reply_button buttons[] = {
        {SVC_SLICE("checkout:"), "cart_pay"},
        {SVC_SLICE("menu:"), "cart_go_on"},
        {SVC_SLICE("clear:"), "cart_clear"},
    };
    struct svc_buf text;

    if (view->cart.line_count == 0) {
        reply_buttons(reply, reply_say(reply->talk, "cart_empty", NULL), &buttons[1], 1);
        return;
    }
    svc_buf_init(&text, BODY_MAX);
    add(&text, reply_say(reply->talk, "cart_title", NULL));
    reply_add_quote(reply->talk, view, &text);
    reply_buttons(reply, keep(reply->talk, &text), buttons, 3);
}

void reply_line(
    const struct reply *reply, const struct cart_view *view, int64_t product_id)
{
    const struct talk *talk = reply->talk;
    const struct quote_line *line = NULL;

    for (size_t i = 0; i < view->cart.line_count; i++) {
        if (view->cart.lines[i].product_id == product_id) {
            line = &view->cart.lines[i];
        }
    }
    if (line == NULL) {
        reply_cart(reply, view);
        return;
    }
    long long id = (long long)product_id;
    const struct reply_button buttons[] = {
        {talk_format(talk, "qty:%lld:%lld", id, (long long)line->quantity + 1),
            "cart_one_more"},
        {talk_format(talk, "qty:%lld:%lld", id, (long long)line->quantity - 1),
            "cart_one_less"},
        {talk_format(talk, "remove:%lld", id), "cart_remove"},
    };
    struct svc_buf text;
    svc_buf_init(&text, BODY_MAX);
    add(&text,
        reply_say(talk, "cart_line", "quantity", reply_number(talk, line->quantity),
            "name", reply_plain(talk, line->name), "price",
            reply_money(talk, line->quantity * line->unit_price_minor), NULL));
    add(&text, say_trouble(talk, line));
    reply_buttons(reply, keep(talk, &text), buttons, 3);
}

void reply_abandoned(const struct reply *reply, const struct cart_view *view)
{
    static const struct reply_button buttons[] = {
        {SVC_SLICE("checkout:"), "cart_pay"},
        {SVC_SLICE("cart:"), "cart_look"},
        {SVC_SLICE("clear:"), "cart_clear"},
    };
    struct svc_buf text;

    svc_buf_init(&text, BODY_MAX);
    add(&text, reply_say(reply->talk, "cart_abandoned", NULL));
    reply_add_quote(reply->talk, view, &text);
    reply_buttons(reply, keep(reply->talk, &text), buttons, 3);
}

static const char *name_of(
    const struct talk *talk, const struct cart *cart, int64_t product_id)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        if (cart->lines[i].product_id == product_id) {
            return reply_plain(talk, cart->lines[i].name);
        }
    }
    return reply_say(talk, "cart_that_product", NULL).text;
}

static struct svc_slice say_note(const struct talk *talk, const struct svc_json *note)
{
    struct svc_slice status = svc_json_get_text(note, "status");
    struct svc_slice name = svc_json_get_text(note, "name");
    const char *said =
        reply_plain(talk, name.length > 0 ? name : svc_json_get_text(note, "sku"));
    int64_t number = 0;
    int64_t price = 0;

    if (svc_slice_equals(status, "price_differs") &&
        svc_json_to_int64(svc_json_get(note, "said_minor"), &number) &&
        svc_json_to_int64(svc_json_get(note, "price_minor"), &price)) {
        return reply_say(talk, "import_price_differs", "name", said, "before",
            reply_money(talk, number), "price", reply_money(talk, price), NULL);
    }
    if (svc_slice_equals(status, "limited") &&
        svc_json_to_int64(svc_json_get(note, "quantity"), &number)) {
        return reply_say(
            talk, "cart_limited", "name", said, "n", reply_number(talk, number), NULL);
    }
    if (svc_slice_equals(status, "full")) {
        return reply_say(talk, "cart_full", NULL);
    }
    return reply_say(talk,
        svc_slice_equals(status, "out_of_stock") ? "cart_out_of_stock" : "import_unknown",
        "name", said, NULL);
}

struct svc_slice reply_outcome(const struct talk *talk, const struct cart_view *view,
    const struct cart_outcome *outcome, int64_t product_id)
{
    static const char *const known[] = {"added", "updated", "limited", "out_of_stock",
        "not_sold", "not_in_cart", "full", "removed", "cleared"};
    char key[40];
    struct svc_buf text;

    if (outcome->notes != NULL && outcome->notes->count > 0) {
        svc_buf_init(&text, BODY_MAX);
        const struct svc_json *note = outcome->notes->first;
        for (; note != NULL && text.length < LINES_CHARACTERS_MAX / 2;
             note = note->next) {
            add(&text, say_note(talk, note));
        }
        return keep(talk, &text);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (svc_slice_equals(outcome->name, known[i]) && product_id > 0) {
            snprintf(key, sizeof key, "cart_%s", known[i]);
            return reply_say(talk, key, "name", name_of(talk, &view->cart, product_id),
                "n", reply_number(talk, outcome->quantity), NULL);
        }
    }
    return (struct svc_slice){NULL, 0};
}

struct svc_slice reply_coupon(const struct talk *talk, const struct quote_coupon *coupon)
{
    char key[40];

    snprintf(key, sizeof key, "coupon_%s", carts_coupon_fault_name(coupon->fault));
    return reply_say(talk, coupon->fault == COUPON_GOOD ? "cart_coupon_applied" : key,
        "code", reply_plain(talk, coupon->code), "amount",
        reply_money(talk, coupon->missing_minor), "missing",
        reply_money(talk, coupon->missing_minor), NULL);
}
