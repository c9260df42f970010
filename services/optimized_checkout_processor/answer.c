#include "answer.h"

#include "reply.h"

#include <string.h>

static void write_line(const struct talk *talk, const struct cart *cart, size_t index,
    struct svc_json_writer *writer)
{
    const struct quote_line *line = &cart->lines[index];

    (void)talk;
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "product_id", line->product_id);
    svc_json_write_optional_slice(writer, "sku", cart->skus[index]);
    svc_json_write_field_slice(writer, "name", line->name);
    svc_json_write_field_int(writer, "quantity", line->quantity);
    svc_json_write_field_int(writer, "available", line->available);
    svc_json_write_field_text(
        writer, "status", carts_line_status_name(carts_line_status(line)));
    svc_json_write_field_int(writer, "unit_price_minor", line->unit_price_minor);
    svc_json_write_field_int(writer, "seen_price_minor", line->seen_price_minor);
    svc_json_write_field_int(writer, "gross_minor", line->gross_minor);
    svc_json_write_field_int(writer, "discount_minor", line->discount_minor);
    svc_json_write_field_int(writer, "tax_minor", line->tax_minor);
    svc_json_write_object_end(writer);
}

static void write_coupons(const struct quote *quote, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "coupons");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        const struct quote_coupon *coupon = &quote->coupons[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "code", coupon->code);
        svc_json_write_field_text(
            writer, "status", carts_coupon_fault_name(coupon->fault));
        svc_json_write_field_int(writer, "discount_minor", coupon->discount_minor);
        svc_json_write_field_int(writer, "missing_minor", coupon->missing_minor);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_taxes(const struct quote *quote, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "taxes");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < quote->tax_count; i++) {
        const struct quote_tax *tax = &quote->taxes[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "name", tax->name);
        svc_json_write_field_int(writer, "rate_hundredths", tax->rate_hundredths);
        svc_json_write_field_int(writer, "amount_minor", tax->amount_minor);
        svc_json_write_field_bool(writer, "included", tax->included);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_quote(
    const struct talk *talk, const struct quote *quote, struct svc_json_writer *writer)
{
    write_coupons(quote, writer);
    svc_json_write_field_int(writer, "subtotal_minor", quote->subtotal_minor);
    svc_json_write_field_int(writer, "discount_minor", quote->discount_minor);
    svc_json_write_key(writer, "shipping_minor");
    if (quote->has_shipping) {
        svc_json_write_int(writer, quote->shipping_minor);
    } else {
        svc_json_write_null(writer);
    }
    write_taxes(quote, writer);
    svc_json_write_field_int(writer, "tax_included_minor", quote->tax_included_minor);
    svc_json_write_field_int(writer, "tax_added_minor", quote->tax_added_minor);
    svc_json_write_field_int(writer, "total_minor", quote->total_minor);
    svc_json_write_field_text(writer, "total", reply_money(talk, quote->total_minor));
    svc_json_write_field_int(writer, "weight_g", quote->weight_g);
}

void answer_cart(
    const struct talk *talk, const struct cart_view *view, struct svc_json_writer *writer)
{
    const struct cart *cart = &view->cart;
    int64_t items = 0;

    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "customer_phone", talk->customer);
    svc_json_write_field_int(writer, "version", cart->version > 0 ? cart->version : 0);
    svc_json_write_field_text(writer, "currency", talk->shop->currency);
    svc_json_write_key(writer, "lines");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < cart->line_count; i++) {
        write_line(talk, cart, i, writer);
        items += cart->lines[i].quantity;
    }
    svc_json_write_array_end(writer);
    svc_json_write_field_int(writer, "items", items);
    write_quote(talk, &view->quote, writer);
    svc_json_write_object_end(writer);
}

/* --- A checkout. --- */

static void write_missing(
    const struct checkout_result *result, struct svc_json_writer *writer)
{
    if (result->state != CHECKOUT_ADDRESS || !result->has_address) {
        return;
    }
    svc_json_write_key(writer, "missing");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->check.count; i++) {
        /* "address_missing_street": the text's key without its family. */
        svc_json_write_text(
            writer, address_fault_text(result->check.faults[i]) + sizeof "address_" - 1);
    }
    svc_json_write_array_end(writer);
}

static void write_choices(
    const struct checkout_result *result, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "shipping_options");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->choice_count; i++) {
        const struct shipping_rate *rate = result->choices[i].rate;
        svc_json_write_object_begin(writer);
        svc_json_write_field_int(writer, "rate_id", rate->id);
        svc_json_write_field_slice(writer, "name", rate->name);
        svc_json_write_field_int(writer, "cost_minor", result->choices[i].cost_minor);
        svc_json_write_field_bool(writer, "is_pickup", rate->is_pickup);
        svc_json_write_field_int(writer, "days_min", rate->days_min);
        svc_json_write_field_int(writer, "days_max", rate->days_max);
        svc_json_write_field_bool(writer, "chosen", rate == result->rate);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_methods(
    const struct checkout_result *result, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "payment_methods");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->method_count; i++) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_text(writer, "name", result->methods[i]->name);
        svc_json_write_field_bool(writer, "pays_first", result->methods[i]->pays_first);
        svc_json_write_field_bool(writer, "chosen", result->methods[i] == result->method);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_changes(
    const struct checkout_result *result, struct svc_json_writer *writer)
{
    static const char *const kinds[] = {
        [CHANGE_PRICE] = "price",
        [CHANGE_SOLD_OUT] = "sold_out",
        [CHANGE_FEWER] = "fewer",
        [CHANGE_TOTAL] = "total",
        [CHANGE_COUPON] = "coupon",
    };

    svc_json_write_key(writer, "changes");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->change_count; i++) {
        const struct checkout_change *change = &result->changes[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_text(writer, "kind", kinds[change->kind]);
        svc_json_write_optional_slice(writer, "name", change->name);
        svc_json_write_field_int(writer, "before", change->before);
        svc_json_write_field_int(writer, "now", change->now);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

void answer_checkout(const struct talk *talk, const struct checkout_result *result,
    struct svc_json_writer *writer)
{
    svc_json_write_field_text(writer, "status", result->status);
    svc_json_write_field_text(writer, "state", checkout_state_name(result->state));
    svc_json_write_field_slice(writer, "customer_phone", talk->customer);
    svc_json_write_optional_slice(writer, "checkout_id", result->row.id);
    write_missing(result, writer);
    write_choices(result, writer);
    write_methods(result, writer);
    write_changes(result, writer);
    if (result->has_address) {
        svc_json_write_key(writer, "address");
        address_write_json(&result->address, writer);
    }
    if (result->token[0] != '\0') {
        svc_json_write_field_text(writer, "token", result->token);
    }
    svc_json_write_key(writer, "cart");
    answer_cart(talk, &result->view, writer);
    if (result->order.id > 0) {
        svc_json_write_key(writer, "order");
        svc_json_write_object_begin(writer);
        svc_json_write_field_int(writer, "id", result->order.id);
        svc_json_write_field_slice(writer, "order_number", result->order.number);
        svc_json_write_field_slice(writer, "status", result->order.status);
        svc_json_write_field_int(writer, "total_minor", result->order.total_minor);
        svc_json_write_object_end(writer);
        svc_json_write_field_slice(writer, "payment_url", result->payment_url);
    }
}

/* --- An order. --- */

static void write_raw(
    struct svc_json_writer *writer, const char *name, struct svc_slice json)
{
    svc_json_write_key(writer, name);
    svc_json_write_raw(writer, json.length > 0 ? json : SVC_SLICE("null"));
}

static void write_list(
    struct svc_json_writer *writer, const char *name, struct svc_slice json)
{
    svc_json_write_key(writer, name);
    svc_json_write_raw(writer, json.length > 0 ? json : SVC_SLICE("[]"));
}

void answer_order(const struct order_row *order, struct svc_json_writer *writer)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "id", order->id);
    svc_json_write_field_slice(writer, "order_number", order->number);
    svc_json_write_field_slice(writer, "customer_phone", order->customer);
    svc_json_write_field_slice(writer, "status", order->status);
    svc_json_write_field_slice(writer, "currency", order->currency);
    svc_json_write_field_int(writer, "subtotal_minor", order->subtotal_minor);
    svc_json_write_field_int(writer, "discount_minor", order->discount_minor);
    svc_json_write_field_int(writer, "shipping_minor", order->shipping_minor);
    svc_json_write_field_int(writer, "tax_minor", order->tax_minor);
    svc_json_write_field_int(writer, "total_minor", order->total_minor);
    svc_json_write_field_int(writer, "paid_minor", order->paid_minor);
    svc_json_write_field_int(writer, "refunded_minor", order->refunded_minor);
    svc_json_write_field_slice(writer, "payment_method", order->payment_method);
    svc_json_write_field_slice(writer, "created_at", order->created_at);
    svc_json_write_field_slice(writer, "held_until", order->held_until);
    svc_json_write_field_slice(writer, "payment_url", order->payment_url);
    write_raw(writer, "address", order->address);
    write_raw(writer, "shipping", order->shipping);
    write_list(writer, "items", order->items);
    write_list(writer, "history", order->history);
    write_list(writer, "payments", order->payments);
    svc_json_write_object_end(writer);
}
