/* The steps of a checkout, as the customer reads them. */
#include "reply.h"

#include <svc/whatsapp_reply.h>

#include <stdio.h>
#include <string.h>

#define BODY_MAX ((size_t)4096)

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

static struct svc_slice say_change(
    const struct talk *talk, const struct checkout_change *change)
{
    const char *name = reply_plain(talk, change->name);

    switch (change->kind) {
    case CHANGE_PRICE:
        return reply_say(talk, "change_price", "name", name, "before",
            reply_money(talk, change->before), "now", reply_money(talk, change->now),
            NULL);
    case CHANGE_SOLD_OUT:
        return reply_say(talk, "change_sold_out", "name", name, NULL);
    case CHANGE_FEWER:
        return reply_say(talk, "change_fewer", "name", name, "n",
            reply_number(talk, change->now), NULL);
    case CHANGE_COUPON:
        return reply_say(talk, "change_coupon", "code", name, NULL);
    case CHANGE_TOTAL:
        return reply_say(talk, "change_total", "before",
            reply_money(talk, change->before), "now", reply_money(talk, change->now),
            NULL);
    }
    return (struct svc_slice){NULL, 0};
}

static struct svc_slice say_changes(
    const struct talk *talk, const struct checkout_result *result)
{
    struct svc_buf text;

    if (result->change_count == 0) {
        return (struct svc_slice){NULL, 0};
    }
    svc_buf_init(&text, BODY_MAX);
    add(&text, reply_say(talk, "change_title", NULL));
    for (size_t i = 0; i < result->change_count && text.length < 600; i++) {
        add(&text, say_change(talk, &result->changes[i]));
    }
    return keep(talk, &text);
}

/* What is missing, in words, and what is understood so far. */
static struct svc_slice say_address_faults(
    const struct talk *talk, const struct checkout_result *result)
{
    struct svc_buf text;

    svc_buf_init(&text, BODY_MAX);
    svc_buf_add_text(&text, reply_say(talk, "address_so_far", NULL).text);
    svc_buf_add_char(&text, '\n');
    address_write_text(&result->address, &text);
    svc_buf_add_char(&text, '\n');
    for (size_t i = 0; i < result->check.count; i++) {
        svc_buf_add_text(&text, "\n• ");
        struct svc_slice fault =
            reply_say(talk, address_fault_text(result->check.faults[i]), NULL);
        svc_buf_add(&text, fault.text, fault.length);
    }
    return keep(talk, &text);
}

static const struct shipping_rate *find_pickup(const struct checkout_result *result)
{
    for (size_t i = 0; i < result->choice_count; i++) {
        if (result->choices[i].rate->is_pickup) {
            return result->choices[i].rate;
        }
    }
    return NULL;
}

static void write_address(const struct reply *reply, const struct checkout_result *result)
{
    const struct talk *talk = reply->talk;
    struct reply_button buttons[2];
    size_t count = 0;
    struct svc_slice body = result->has_address && result->check.count > 0
                                ? say_address_faults(talk, result)
                                : reply_say(talk, "checkout_address", NULL);
    const struct shipping_rate *pickup = find_pickup(result);

    if (pickup != NULL) {
        buttons[count++] = (struct reply_button){
            talk_format(talk, "ship:%lld", (long long)pickup->id), "checkout_pickup"};
    }
    buttons[count++] = (struct reply_button){SVC_SLICE("cancel:"), "checkout_cancel"};
    reply_buttons(reply, body, buttons, count);
}

static struct svc_slice say_choice(
    const struct talk *talk, const struct shipping_choice *choice)
{
    const struct shipping_rate *rate = choice->rate;
    const char *cost = choice->cost_minor == 0
                           ? reply_say(talk, "shipping_free", NULL).text
                           : reply_money(talk, choice->cost_minor);

    if (rate->is_pickup) {
        return reply_say(talk, "shipping_pickup", "cost", cost, "address",
            reply_plain(talk, rate->pickup_address), NULL);
    }
    return reply_say(talk,
        rate->days_min == rate->days_max ? "shipping_days_one" : "shipping_days", "cost",
        cost, "min", reply_number(talk, rate->days_min), "max",
        reply_number(talk, rate->days_max), NULL);
}

static void write_shipping(
    const struct reply *reply, const struct checkout_result *result)
{
    const struct talk *talk = reply->talk;
    struct svc_whatsapp_option options[CHECKOUT_CHOICES_MAX];
    struct svc_buf text;

    if (result->choice_count == 0) {
        static const struct reply_button back[] = {
            {SVC_SLICE("back:"), "checkout_other_address"},
            {SVC_SLICE("cancel:"), "checkout_cancel"}};
        reply_buttons(reply, reply_say(talk, "checkout_shipping_none", NULL), back, 2);
        return;
    }
    for (size_t i = 0; i < result->choice_count; i++) {
        const struct shipping_choice *choice = &result->choices[i];
        options[i] = (struct svc_whatsapp_option){
            .id = talk_format(talk, "ship:%lld", (long long)choice->rate->id),
            .title = choice->rate->name,
            .description = say_choice(talk, choice),
        };
    }
    svc_buf_init(&text, BODY_MAX);
    if (result->has_address) {
        add(&text, reply_say(talk, "checkout_address_is", NULL));
        svc_buf_add_char(&text, '\n');
        address_write_text(&result->address, &text);
        svc_buf_add_char(&text, '\n');
    }
    add(&text, reply_say(talk, "checkout_shipping", NULL));
    reply_list(reply, keep(talk, &text), "checkout_shipping_button", options,
        result->choice_count);
}

static void write_payment(const struct reply *reply, const struct checkout_result *result)
{
    const struct talk *talk = reply->talk;
    struct svc_whatsapp_option options[CHECKOUT_CHOICES_MAX];

    for (size_t i = 0; i < result->method_count; i++) {
        options[i] = (struct svc_whatsapp_option){
            .id = talk_format(talk, "pay:%s", result->methods[i]->name),
            .title = reply_say(talk, result->methods[i]->display_name, NULL),
        };
    }
    reply_list(reply,
        reply_say(talk,
            result->method_count > 0 ? "checkout_payment" : "checkout_payment_none",
            "total", reply_money(talk, result->view.quote.total_minor), NULL),
        "checkout_payment_button", options, result->method_count);
}

static void write_confirmation(
    const struct reply *reply, const struct checkout_result *result)
{
    const struct talk *talk = reply->talk;
    const struct reply_button buttons[] = {
        {talk_format(talk, "confirm:%s", result->token), "checkout_confirm"},
        {SVC_SLICE("back:"), "checkout_change"},
        {SVC_SLICE("cancel:"), "checkout_cancel"},
    };
    struct svc_buf text;

    svc_buf_init(&text, BODY_MAX);
    add(&text, reply_say(talk, "checkout_confirmation", NULL));
    reply_add_quote(talk, &result->view, &text);
    svc_buf_add_char(&text, '\n');
    if (result->rate != NULL && result->rate->is_pickup) {
        add(&text, reply_say(talk, "checkout_pickup_is", "address",
                       reply_plain(talk, result->rate->pickup_address), NULL));
    } else {
        add(&text, reply_say(talk, "checkout_address_is", NULL));
        svc_buf_add_char(&text, '\n');
        address_write_text(&result->address, &text);
    }
    if (result->method != NULL) {
        add(&text, reply_say(talk, "checkout_method_is", "method",
                       reply_say(talk, result->method->display_name, NULL).text, NULL));
    }
    reply_buttons(reply, keep(talk, &text), buttons, 3);
}

/* Where a bank transfer goes: what the shop keeps with its settings, else what it was
 * started with. */
static const char *transfer_details(const struct talk *talk)
{
    const char *given = talk->service->config->keys.transfer_details;

    if (talk->shop->transfer_details.length > 0) {
        return talk->shop->transfer_details.text;
    }
    return given != NULL ? given : "";
}

/* The order that there is, and what is to be done for it. */
static void write_placed(const struct reply *reply, const struct checkout_result *result)
{
    const struct talk *talk = reply->talk;
    const struct order_row *order = &result->order;
    const char *number = reply_plain(talk, order->number);
    const char *total = reply_money(talk, order->total_minor);
    const struct reply_button buttons[] = {
        {talk_format(talk, "order:%lld", (long long)order->id), "order_look"},
        {talk_format(talk, "cancel_order:%lld", (long long)order->id), "order_cancel"},
    };
    bool waits = result->state == CHECKOUT_AWAITING_PAYMENT;
    const char *key = "order_placed";

    if (waits && svc_slice_equals(order->payment_method, "bank_transfer")) {
        key = "order_placed_transfer";
    } else if (waits) {
        key = result->payment_url.length > 0 ? "order_placed_link" : "order_link_later";
    }
    reply_buttons(reply,
        reply_say(talk, key, "number", number, "total", total, "url",
            result->payment_url.length > 0 ? result->payment_url.text : "", "details",
            transfer_details(talk), NULL),
        buttons, 2);
}

static void write_state(const struct reply *reply, const struct checkout_result *result)
{
    switch (result->state) {
    case CHECKOUT_CART:
        reply_cart(reply, &result->view);
        break;
    case CHECKOUT_ADDRESS:
        write_address(reply, result);
        break;
    case CHECKOUT_SHIPPING:
        write_shipping(reply, result);
        break;
    case CHECKOUT_PAYMENT:
        write_payment(reply, result);
        break;
    case CHECKOUT_CONFIRMATION:
        write_confirmation(reply, result);
        break;
    case CHECKOUT_CANCELLED:
        reply_text(reply, reply_say(reply->talk, "checkout_cancelled", NULL));
        break;
    case CHECKOUT_AWAITING_PAYMENT:
    case CHECKOUT_PLACED:
    case CHECKOUT_PAID:
    case CHECKOUT_EXPIRED:
        if (result->order.id > 0 && result->state != CHECKOUT_EXPIRED &&
            result->state != CHECKOUT_PAID) {
            write_placed(reply, result);
        } else if (result->order.id > 0) {
            reply_order(reply, &result->order);
        } else {
            reply_cart(reply, &result->view);
        }
        break;
    }
}

void reply_checkout(const struct reply *reply, const struct checkout_result *result)
{
    struct reply whole = *reply;
    const struct talk *talk = reply->talk;

    if (strcmp(result->status, "unavailable") == 0) {
        reply_text(reply, reply_say(talk, "checkout_unavailable", NULL));
        return;
    }
    if (strcmp(result->status, "nothing_to_cancel") == 0) {
        whole.before = reply_say(talk, "checkout_nothing_to_cancel", NULL);
    } else if (strcmp(result->status, "not_offered") == 0) {
        whole.before = reply_say(talk, "checkout_not_offered", NULL);
    } else if (strcmp(result->status, "out_of_stock") == 0) {
        whole.before = reply_say(talk, "checkout_out_of_stock", NULL);
    } else if (strcmp(result->status, "order_exists") == 0 &&
               result->state == CHECKOUT_AWAITING_PAYMENT) {
        whole.before = reply_say(talk, "checkout_order_exists", NULL);
    }
    if (result->change_count > 0) {
        whole.before = say_changes(talk, result);
    }
    write_state(&whole, result);
}
