#include "carts.h"
#include "store_events.h"

#include <svc/money.h>

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CODE_MAX 40
#define ITEMS_TEXT_MAX ((size_t)64 * 1024)
#define FORMAT_MAX 1024

struct svc_slice talk_keep(const struct talk *talk, struct svc_slice text)
{
    return svc_slice_keep(talk->arena, text);
}

struct svc_slice talk_format(const struct talk *talk, const char *format, ...)
{
    char *text = svc_arena_alloc(talk->arena, FORMAT_MAX);
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, FORMAT_MAX, format, arguments);
    va_end(arguments);
    if (length < 0) {
        length = 0;
    }
    return (struct svc_slice){
        text, (size_t)length < FORMAT_MAX ? (size_t)length : FORMAT_MAX - 1};
}

static void reckon(const struct talk *talk, const struct shipping_rate *rate,
    const struct coupon *coupons, size_t coupon_count, struct cart_view *view)
{
    view->input = (struct quote_input){
        .currency = {talk->shop->currency, strlen(talk->shop->currency)},
        .lines = view->cart.lines,
        .line_count = view->cart.line_count,
        .coupons = coupons,
        .coupon_count = coupon_count,
        .taxes = talk->shop->taxes,
        .tax_count = talk->shop->tax_count,
        .country = {talk->shop->country, strlen(talk->shop->country)},
        .rate = rate,
        .now_s = talk->now_s,
    };

    quote_reckon(&view->input, &view->quote);
}

void carts_reckon_again(
    const struct talk *talk, const struct shipping_rate *rate, struct cart_view *view)
{
    reckon(talk, rate, view->coupons, view->coupon_count, view);
}

enum svc_status carts_reckon(
    const struct talk *talk, const struct shipping_rate *rate, struct cart_view *view)
{
    enum svc_status status = SVC_OK;

    view->coupon_count = 0;
    if (view->cart.coupon_count > 0) {
        status = store_coupons_read(&talk->store, view->cart.coupons,
            view->cart.coupon_count, view->coupons, &view->coupon_count);
    }
    if (status == SVC_OK) {
        reckon(talk, rate, view->coupons, view->coupon_count, view);
    }
    return status;
}

enum svc_status carts_read(const struct talk *talk, struct cart_view *ret_view)
{
    enum svc_status status = store_cart_read(&talk->store, &ret_view->cart);

    return status == SVC_OK ? carts_reckon(talk, NULL, ret_view) : status;
}

static void tell_change(const struct talk *talk, const struct cart_change *change,
    const struct cart_outcome *outcome)
{
    bool adds = strcmp(change->action, "add") == 0 || strcmp(change->action, "set") == 0;
    bool removes =
        strcmp(change->action, "remove") == 0 || strcmp(change->action, "clear") == 0;
    bool took = svc_slice_equals(outcome->name, "added") ||
                svc_slice_equals(outcome->name, "updated") ||
                svc_slice_equals(outcome->name, "limited");

    if (!outcome->repeated && (removes || (adds && took))) {
        store_tell_cart(talk->service->events, talk->customer, change->action,
            change->product_id, change->quantity);
    }
}

enum svc_status carts_change(const struct talk *talk, const struct cart_change *change,
    struct cart_view *ret_view, struct cart_outcome *ret_outcome)
{
    enum svc_status status =
        store_cart_change(&talk->store, change, &ret_view->cart, ret_outcome);

    if (status == SVC_OK && svc_slice_equals(ret_outcome->name, "other_request")) {
        return SVC_INVALID;
    }
    if (status == SVC_OK) {
        store_count(talk->service->carts_changed);
        tell_change(talk, change, ret_outcome);
        status = carts_reckon(talk, NULL, ret_view);
    }
    return status;
}

/* A catalogue's price is a number of units: 149.5. What is no price is not compared. */
static void write_price(
    const struct talk *talk, const struct svc_json *price, struct svc_json_writer *writer)
{
    double units = svc_json_to_double(price);

    if (svc_json_is(price, SVC_JSON_STRING)) {
        int64_t minor = 0;
        struct svc_slice currency = {talk->shop->currency, strlen(talk->shop->currency)};
        if (gateway_read_decimal(svc_json_text(price), currency, &minor)) {
            svc_json_write_field_int(writer, "price_minor", minor);
        }
        return;
    }
    if (units >= 0 && units < 1e12) {
        svc_json_write_field_int(writer, "price_minor",
            (int64_t)llround(units * (double)talk->shop->minor_per_unit));
    }
}

static void write_items(
    const struct talk *talk, const struct svc_json *items, struct svc_buf *out)
{
    struct svc_json_writer writer;
    size_t count = 0;

    svc_json_write_init(&writer, out);
    svc_json_write_array_begin(&writer);
    const struct svc_json *item = items != NULL ? items->first : NULL;
    for (; item != NULL && count < QUOTE_LINES_MAX; item = item->next) {
        int64_t quantity = 0;
        struct svc_slice sku = svc_json_get_text(item, "product_retailer_id");
        bool counts = svc_json_to_int64(svc_json_get(item, "quantity"), &quantity);
        if (sku.length == 0 || !counts || quantity < 1) {
            continue;
        }
        svc_json_write_object_begin(&writer);
        svc_json_write_field_slice(&writer, "sku", sku);
        svc_json_write_field_int(&writer, "quantity",
            quantity < QUOTE_QUANTITY_MAX ? quantity : QUOTE_QUANTITY_MAX);
        write_price(talk, svc_json_get(item, "item_price"), &writer);
        svc_json_write_object_end(&writer);
        count++;
    }
    svc_json_write_array_end(&writer);
}

enum svc_status carts_import(const struct talk *talk, const struct svc_json *items,
    const struct cart_change *change, struct cart_view *ret_view,
    struct cart_outcome *ret_outcome)
{
    struct svc_buf text;

    svc_buf_init(&text, ITEMS_TEXT_MAX);
    write_items(talk, items, &text);
    if (text.overflow) {
        svc_buf_done(&text);
        return SVC_TOO_LARGE;
    }
    enum svc_status status = store_cart_import(&talk->store, change,
        (struct svc_slice){svc_buf_text(&text), text.length}, &ret_view->cart,
        ret_outcome);
    svc_buf_done(&text);
    if (status == SVC_OK && svc_slice_equals(ret_outcome->name, "other_request")) {
        return SVC_INVALID;
    }
    return status == SVC_OK ? carts_reckon(talk, NULL, ret_view) : status;
}

/* In upper case, without what no code has; no text where nothing is left. */
static struct svc_slice read_code(const struct talk *talk, struct svc_slice text)
{
    char *code = svc_arena_alloc(talk->arena, CODE_MAX + 1);
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        bool fits = isalnum((unsigned char)byte) || byte == '-' || byte == '_';
        if (fits && length == CODE_MAX) {
            return (struct svc_slice){NULL, 0};
        }
        if (fits) {
            code[length++] = (char)toupper((unsigned char)byte);
        }
    }
    return (struct svc_slice){length > 0 ? code : NULL, length};
}

static bool same(struct svc_slice one, struct svc_slice other)
{
    return one.length == other.length && memcmp(one.text, other.text, one.length) == 0;
}

/* What CODE would do beside the coupons that are there. */
static enum svc_status try_coupon(const struct talk *talk, struct svc_slice code,
    struct cart_view *view, struct quote_coupon *ret_coupon)
{
    struct coupon tried[QUOTE_COUPONS_MAX + 1];
    struct coupon found[QUOTE_COUPONS_MAX];
    size_t count = 0;
    enum svc_status status = store_coupons_read(&talk->store, &code, 1, found, &count);

    *ret_coupon = (struct quote_coupon){.code = code, .fault = COUPON_UNKNOWN};
    if (status != SVC_OK || count == 0) {
        return status;
    }
    if (view->coupon_count >= QUOTE_COUPONS_MAX) {
        ret_coupon->fault = COUPON_ALONE;
        return SVC_OK;
    }
    memcpy(tried, view->coupons, view->coupon_count * sizeof tried[0]);
    tried[view->coupon_count] = found[0];
    reckon(talk, NULL, tried, view->coupon_count + 1, view);
    for (size_t i = 0; i < view->quote.coupon_count; i++) {
        if (same(view->quote.coupons[i].code, code)) {
            *ret_coupon = view->quote.coupons[i];
        }
    }
    return SVC_OK;
}

enum svc_status carts_apply_coupon(const struct talk *talk, struct svc_slice code,
    struct cart_view *ret_view, struct quote_coupon *ret_coupon)
{
    struct svc_slice wanted = read_code(talk, code);
    struct cart_outcome outcome;
    enum svc_status status = carts_read(talk, ret_view);

    *ret_coupon = (struct quote_coupon){.code = code, .fault = COUPON_UNKNOWN};
    if (status != SVC_OK || wanted.length == 0) {
        return status;
    }
    for (size_t i = 0; i < ret_view->quote.coupon_count; i++) {
        if (same(ret_view->quote.coupons[i].code, wanted)) {
            *ret_coupon = ret_view->quote.coupons[i];
            return SVC_OK;
        }
    }
    status = try_coupon(talk, wanted, ret_view, ret_coupon);
    if (status != SVC_OK) {
        return status;
    }
    if (ret_coupon->fault != COUPON_GOOD) {
        reckon(talk, NULL, ret_view->coupons, ret_view->coupon_count, ret_view);
        return SVC_OK;
    }
    const struct cart_change change = {.action = "coupon_add", .coupon = wanted};
    return carts_change(talk, &change, ret_view, &outcome);
}

enum cart_line_status carts_line_status(const struct quote_line *line)
{
    if (!line->is_sold) {
        return CART_LINE_NOT_SOLD;
    }
    if (line->available <= 0) {
        return CART_LINE_OUT_OF_STOCK;
    }
    if (line->available < line->quantity) {
        return CART_LINE_LIMITED;
    }
    return line->unit_price_minor != line->seen_price_minor ? CART_LINE_PRICE_CHANGED
                                                            : CART_LINE_FINE;
}

const char *carts_line_status_name(enum cart_line_status status)
{
    static const char *const names[] = {
        [CART_LINE_FINE] = "ok",
        [CART_LINE_LIMITED] = "limited",
        [CART_LINE_OUT_OF_STOCK] = "out_of_stock",
        [CART_LINE_NOT_SOLD] = "not_sold",
        [CART_LINE_PRICE_CHANGED] = "price_changed",
    };

    return names[status];
}

bool carts_all_available(const struct cart *cart)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        enum cart_line_status status = carts_line_status(&cart->lines[i]);
        if (status != CART_LINE_FINE && status != CART_LINE_PRICE_CHANGED) {
            return false;
        }
    }
    return true;
}

const char *carts_coupon_fault_name(enum coupon_fault fault)
{
    static const char *const names[] = {
        [COUPON_GOOD] = "good",
        [COUPON_UNKNOWN] = "unknown",
        [COUPON_NOT_YET] = "not_yet",
        [COUPON_OVER] = "over",
        [COUPON_USED_UP] = "used_up",
        [COUPON_USED_BY_CUSTOMER] = "used_by_customer",
        [COUPON_BELOW_MINIMUM] = "below_minimum",
        [COUPON_NOT_FOR_THESE] = "not_for_these",
        [COUPON_ALONE] = "alone",
    };

    return names[fault];
}
