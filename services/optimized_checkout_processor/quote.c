#include "coupon.h"
#include "quote_tax.h"

bool quote_line_counts(const struct quote_line *line)
{
    return line->is_sold && line->quantity >= 1 && line->quantity <= QUOTE_QUANTITY_MAX &&
           line->quantity <= line->available && line->unit_price_minor >= 0 &&
           line->unit_price_minor <= QUOTE_UNIT_PRICE_MAX;
}

static size_t at_most(size_t count, size_t maximum)
{
    return count < maximum ? count : maximum;
}

static void reckon_lines(
    const struct quote_input *input, size_t line_count, struct quote *quote)
{
    for (size_t i = 0; i < input->line_count; i++) {
        struct quote_line *line = &input->lines[i];
        bool counts = i < line_count && quote_line_counts(line);

        line->gross_minor = counts ? line->quantity * line->unit_price_minor : 0;
        line->discount_minor = 0;
        line->tax_minor = 0;
        quote->subtotal_minor += line->gross_minor;
        if (counts && line->weight_g > 0) {
            int64_t each_g =
                line->weight_g < QUOTE_WEIGHT_G_MAX ? line->weight_g : QUOTE_WEIGHT_G_MAX;
            quote->weight_g += line->quantity * each_g;
        }
    }
}

/* In an order of their own, so that the total doesn't depend on which was typed first:
 * free units at their full price, percents of what is left, amounts of the rest. */
static void apply_coupons(
    const struct quote_input *input, size_t line_count, struct quote *quote)
{
    static const enum coupon_kind order[] = {
        COUPON_BUY_X_PAY_Y, COUPON_PERCENT, COUPON_FIXED};

    coupon_check_all(input, line_count, quote->coupons, quote->coupon_count);
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; i < quote->coupon_count; i++) {
            const struct coupon *coupon = &input->coupons[i];
            if (coupon->kind == order[k] && quote->coupons[i].fault == COUPON_GOOD) {
                quote->coupons[i].discount_minor =
                    coupon_apply(coupon, input->lines, line_count);
                quote->discount_minor += quote->coupons[i].discount_minor;
            }
        }
    }
}

static void reckon_shipping(const struct quote_input *input, struct quote *quote)
{
    if (input->rate == NULL) {
        return;
    }
    quote->has_shipping = true;
    quote->shipping_minor = shipping_cost(
        input->rate, quote->weight_g, quote->subtotal_minor - quote->discount_minor);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        const struct coupon *coupon = &input->coupons[i];
        int64_t off = quote->shipping_minor;
        if (coupon->kind != COUPON_FREE_SHIPPING ||
            quote->coupons[i].fault != COUPON_GOOD) {
            continue;
        }
        if (coupon->maximum_minor >= 0 && coupon->maximum_minor < off) {
            off = coupon->maximum_minor;
        }
        quote->coupons[i].discount_minor = off;
        quote->shipping_minor -= off;
    }
}

void quote_reckon(const struct quote_input *input, struct quote *ret_quote)
{
    size_t line_count = at_most(input->line_count, QUOTE_LINES_MAX);

    *ret_quote = (struct quote){
        .coupon_count = at_most(input->coupon_count, QUOTE_COUPONS_MAX),
    };
    reckon_lines(input, line_count, ret_quote);
    apply_coupons(input, line_count, ret_quote);
    reckon_shipping(input, ret_quote);
    quote_tax_reckon(input, line_count, ret_quote);
    ret_quote->total_minor = ret_quote->subtotal_minor - ret_quote->discount_minor +
                             ret_quote->shipping_minor + ret_quote->tax_added_minor;
}
