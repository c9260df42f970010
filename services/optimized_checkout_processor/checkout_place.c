/* From what was confirmed to an order. */
#include "checkout_private.h"
#include "stock_orders.h"

#include <svc/log.h>

#include <string.h>

#define ORDER_TEXT_MAX ((size_t)128 * 1024)

static void write_lines(const struct cart *cart, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "lines");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct quote_line *line = &cart->lines[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_int(writer, "product_id", line->product_id);
        svc_json_write_field_slice(writer, "name", line->name);
        svc_json_write_field_int(writer, "quantity", line->quantity);
        svc_json_write_field_int(writer, "unit_price_minor", line->unit_price_minor);
        svc_json_write_field_int(writer, "discount_minor", line->discount_minor);
        svc_json_write_field_int(writer, "tax_minor", line->tax_minor);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_sums(const struct quote *quote, struct svc_json_writer *writer)
{
    svc_json_write_key(writer, "coupons");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        if (quote->coupons[i].fault == COUPON_GOOD) {
            svc_json_write_slice(writer, quote->coupons[i].code);
        }
    }
    svc_json_write_array_end(writer);
    svc_json_write_field_int(writer, "subtotal_minor", quote->subtotal_minor);
    svc_json_write_field_int(writer, "discount_minor", quote->discount_minor);
    svc_json_write_field_int(writer, "shipping_minor", quote->shipping_minor);
    svc_json_write_field_int(
        writer, "tax_minor", quote->tax_included_minor + quote->tax_added_minor);
    svc_json_write_field_int(writer, "total_minor", quote->total_minor);
}

static void write_delivery(
    const struct checkout_result *result, struct svc_json_writer *writer)
{
    const struct shipping_rate *rate = result->rate;

    svc_json_write_key(writer, "address");
    if (rate->is_pickup) {
        svc_json_write_null(writer);
    } else {
        address_write_json(&result->address, writer);
    }
    svc_json_write_key(writer, "shipping");
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "rate_id", rate->id);
    svc_json_write_field_slice(writer, "name", rate->name);
    svc_json_write_field_bool(writer, "is_pickup", rate->is_pickup);
    svc_json_write_optional_slice(writer, "pickup_address", rate->pickup_address);
    svc_json_write_field_int(writer, "days_min", rate->days_min);
    svc_json_write_field_int(writer, "days_max", rate->days_max);
    svc_json_write_object_end(writer);
}

static int64_t hold_of(const struct talk *talk, const struct payment_method *method)
{
    const struct config *config = talk->service->config;

    return method->is_gateway ? config->hold_s : config->transfer_hold_s;
}

static void write_order(
    const struct talk *talk, const struct checkout_result *result, struct svc_buf *out)
{
    const struct cart *cart = &result->view.cart;
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "checkout_id", result->row.id);
    svc_json_write_field_slice(&writer, "customer_phone", talk->customer);
    svc_json_write_field_int(&writer, "cart_version", cart->version);
    svc_json_write_field_text(&writer, "currency", talk->shop->currency);
    svc_json_write_field_int(&writer, "minor_per_unit", talk->shop->minor_per_unit);
    svc_json_write_field_text(&writer, "payment_method", result->method->name);
    svc_json_write_field_bool(&writer, "pays_first", result->method->pays_first);
    svc_json_write_field_int(&writer, "hold_s", hold_of(talk, result->method));
    svc_json_write_optional_slice(&writer, "phone_number_id", cart->phone_number_id);
    svc_json_write_field_slice(&writer, "locale", talk->locale);
    write_lines(cart, &writer);
    write_sums(&result->view.quote, &writer);
    write_delivery(result, &writer);
    svc_json_write_object_end(&writer);
}

/* What the shop's own stock says is there, where that is less than was thought. */
static void take_over(const struct talk *talk, const struct stock_api_line *lines,
    struct checkout_result *result)
{
    struct cart *cart = &result->view.cart;

    for (size_t i = 0; i < cart->line_count; i++) {
        if (lines[i].is_known && lines[i].available < cart->lines[i].available) {
            cart->lines[i].available = lines[i].available;
        }
    }
    result->status = "out_of_stock";
    result->state = CHECKOUT_CART;
    result->change_count = 0;
    checkout_shown_compare(talk, result->row.shown, result);
}

/* Whether the order may go on; else `result` says why not. */
static bool hold_stock(const struct talk *talk, struct checkout_result *result)
{
    struct service *service = talk->service;
    const struct cart *cart = &result->view.cart;
    struct stock_api_line lines[QUOTE_LINES_MAX];
    struct stock_api_error error;

    if (service->stock == NULL) {
        return true;
    }
    for (size_t i = 0; i < cart->line_count; i++) {
        lines[i] = (struct stock_api_line){
            .sku = cart->skus[i], .quantity = cart->lines[i].quantity};
    }
    struct stock_order order = {
        .checkout_id = result->row.id,
        .expires_at_s = talk->now_s + hold_of(talk, result->method),
        .lines = lines,
        .count = cart->line_count,
    };
    enum stock_api_outcome outcome =
        stock_orders_hold(service->stock, service->pg, &order, &error);
    if (outcome == STOCK_API_SHORT) {
        take_over(talk, lines, result);
        return false;
    }
    if (outcome == STOCK_API_DOWN) {
        svc_log(SVC_LOG_WARN, "the shop's stock doesn't answer",
            SVC_TEXT("error", error.message));
    }
    if (outcome == STOCK_API_DOWN && !stock_api_trusts(service->stock)) {
        result->status = "unavailable";
        result->state = result->row.state;
        return false;
    }
    return true;
}

enum svc_status checkout_place(
    const struct talk *talk, struct checkout_result *result, struct placed *ret_placed)
{
    struct svc_buf text;

    *ret_placed = (struct placed){.status = PLACE_EXISTS};
    if (!hold_stock(talk, result)) {
        return SVC_OK;
    }
    svc_buf_init(&text, ORDER_TEXT_MAX);
    write_order(talk, result, &text);
    enum svc_status status =
        text.overflow
            ? SVC_TOO_LARGE
            : store_order_place(&talk->store,
                  (struct svc_slice){svc_buf_text(&text), text.length}, ret_placed);
    svc_buf_done(&text);
    if (status != SVC_OK) {
        return status;
    }
    if (ret_placed->status > PLACE_EXISTS) {
        store_count(talk->service->orders_refused);
        return SVC_OK;
    }
    if (ret_placed->status == PLACE_DONE) {
        store_count(talk->service->orders_placed);
    }
    result->status = ret_placed->status == PLACE_DONE ? "placed" : "order_exists";
    result->row.order_id = ret_placed->order_id;
    if (ret_placed->status == PLACE_EXISTS) {
        checkout_find_link(talk, result);
        return SVC_OK;
    }
    result->order = (struct order_row){
        .id = ret_placed->order_id,
        .number = ret_placed->order_number,
        .total_minor = result->view.quote.total_minor,
        .payment_method = {result->method->name, strlen(result->method->name)},
        .status = {checkout_state_name(result->state),
            strlen(checkout_state_name(result->state))},
    };
    checkout_find_link(talk, result);
    return SVC_OK;
}

void checkout_find_link(const struct talk *talk, struct checkout_result *result)
{
    char number[24] = "";
    bool is_gateway = false;

    if (result->order.id == 0 && result->row.order_id > 0) {
        size_t length = svc_text_put_int64(number, result->row.order_id);
        if (store_order_read(&talk->store, (struct svc_slice){number, length},
                &result->order) != SVC_OK) {
            return;
        }
    }
    for (size_t i = 0; i < result->method_count; i++) {
        is_gateway = is_gateway || (result->methods[i]->is_gateway &&
                                       svc_slice_equals(result->order.payment_method,
                                           result->methods[i]->name));
    }
    if (result->state != CHECKOUT_AWAITING_PAYMENT || !is_gateway) {
        return;
    }
    enum svc_status status = payments_link(
        talk->service->payments, talk->arena, result->order.id, &result->payment_url);
    if (status != SVC_OK) {
        svc_log(SVC_LOG_WARN, "no payment link yet",
            SVC_TEXT("status", svc_status_title(status)),
            SVC_INT("order_id", result->order.id));
    }
}
