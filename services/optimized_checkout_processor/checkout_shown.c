/* What the customer saw last, and what is another now. */
#include "checkout_private.h"

#include <string.h>

#define SHOWN_TEXT_MAX ((size_t)32 * 1024)

struct svc_slice checkout_shown_write(
    const struct talk *talk, const struct checkout_result *result)
{
    const struct cart *cart = &result->view.cart;
    struct svc_json_writer writer;
    struct svc_buf text;

    svc_buf_init(&text, SHOWN_TEXT_MAX);
    svc_json_write_init(&writer, &text);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_int(&writer, "total_minor", result->view.quote.total_minor);
    svc_json_write_key(&writer, "lines");
    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < cart->line_count; i++) {
        svc_json_write_object_begin(&writer);
        svc_json_write_field_int(&writer, "product_id", cart->lines[i].product_id);
        svc_json_write_field_int(&writer, "quantity", cart->lines[i].quantity);
        svc_json_write_field_int(
            &writer, "unit_price_minor", cart->lines[i].unit_price_minor);
        svc_json_write_object_end(&writer);
    }
    svc_json_write_array_end(&writer);
    svc_json_write_key(&writer, "coupons");
    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < result->view.quote.coupon_count; i++) {
        if (result->view.quote.coupons[i].fault == COUPON_GOOD) {
            svc_json_write_slice(&writer, result->view.quote.coupons[i].code);
        }
    }
    svc_json_write_array_end(&writer);
    svc_json_write_object_end(&writer);
    struct svc_slice shown =
        talk_keep(talk, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    return shown;
}

static void add(struct checkout_result *result, struct checkout_change change)
{
    if (result->change_count < CHECKOUT_CHANGES_MAX) {
        result->changes[result->change_count++] = change;
    }
}

static int64_t number_of(const struct svc_json *object, const char *name)
{
    int64_t number = 0;

    return svc_json_to_int64(svc_json_get(object, name), &number) ? number : 0;
}

static const struct svc_json *find_line(const struct svc_json *lines, int64_t product_id)
{
    const struct svc_json *line = lines != NULL ? lines->first : NULL;

    while (line != NULL && number_of(line, "product_id") != product_id) {
        line = line->next;
    }
    return line;
}

/* By what the checkout showed; before that by what the cart did. */
static void compare_line(const struct svc_json *lines, const struct quote_line *line,
    struct checkout_result *result)
{
    const struct svc_json *then = find_line(lines, line->product_id);
    int64_t before =
        then != NULL ? number_of(then, "unit_price_minor") : line->seen_price_minor;
    enum cart_line_status status = carts_line_status(line);

    if (status == CART_LINE_NOT_SOLD || status == CART_LINE_OUT_OF_STOCK) {
        add(result,
            (struct checkout_change){.kind = CHANGE_SOLD_OUT, .name = line->name});
        return;
    }
    if (status == CART_LINE_LIMITED) {
        add(result, (struct checkout_change){
                        CHANGE_FEWER, line->name, line->quantity, line->available});
    }
    if (before != line->unit_price_minor) {
        add(result, (struct checkout_change){
                        CHANGE_PRICE, line->name, before, line->unit_price_minor});
    }
}

static bool counts_now(const struct checkout_result *result, struct svc_slice code)
{
    for (size_t i = 0; i < result->view.quote.coupon_count; i++) {
        const struct quote_coupon *coupon = &result->view.quote.coupons[i];
        if (coupon->fault == COUPON_GOOD && svc_slice_equals(code, coupon->code.text)) {
            return true;
        }
    }
    return false;
}

void checkout_shown_compare(
    const struct talk *talk, struct svc_slice shown, struct checkout_result *result)
{
    const struct svc_json *then = checkout_read_json(talk, shown);
    const struct svc_json *coupons = svc_json_get(then, "coupons");
    int64_t total = number_of(then, "total_minor");

    for (size_t i = 0; i < result->view.cart.line_count; i++) {
        compare_line(svc_json_get(then, "lines"), &result->view.cart.lines[i], result);
    }
    const struct svc_json *code = coupons != NULL ? coupons->first : NULL;
    for (; code != NULL; code = code->next) {
        if (!counts_now(result, svc_json_text(code))) {
            add(result, (struct checkout_change){
                            .kind = CHANGE_COUPON, .name = svc_json_text(code)});
        }
    }
    bool is_told = result->change_count > 0 || strcmp(result->status, "changed") == 0;
    if (is_told && total > 0 && result->state == CHECKOUT_CONFIRMATION &&
        total != result->view.quote.total_minor) {
        add(result, (struct checkout_change){.kind = CHANGE_TOTAL,
                        .before = total,
                        .now = result->view.quote.total_minor});
    }
}
