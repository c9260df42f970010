#include "coupon.h"

#include <string.h>

/* What is wrong with it whatever is in the cart. */
static enum coupon_fault check_terms(const struct coupon *coupon, int64_t now_s)
{
    if (!coupon->is_active) {
        return COUPON_UNKNOWN;
    }
    if (coupon->starts_at_s != 0 && now_s < coupon->starts_at_s) {
        return COUPON_NOT_YET;
    }
    if (coupon->ends_at_s != 0 && now_s >= coupon->ends_at_s) {
        return COUPON_OVER;
    }
    if (coupon->uses_max >= 0 && coupon->uses >= coupon->uses_max) {
        return COUPON_USED_UP;
    }
    if (coupon->uses_per_customer >= 0 &&
        coupon->uses_by_customer >= coupon->uses_per_customer) {
        return COUPON_USED_BY_CUSTOMER;
    }
    return COUPON_GOOD;
}

static bool is_for(const struct coupon *coupon, const struct quote_line *line)
{
    return line->gross_minor > 0 &&
           (coupon->category_id == 0 || coupon->category_id == line->category_id) &&
           (coupon->product_id == 0 || coupon->product_id == line->product_id);
}

/* How many of a line are free: of 2x1, one of each two. */
static int64_t free_units(const struct coupon *coupon, const struct quote_line *line)
{
    int64_t free_each = coupon->buy_quantity - coupon->pay_quantity;

    if (coupon->buy_quantity < 1 || coupon->pay_quantity < 0 || free_each < 1) {
        return 0;
    }
    return line->quantity / coupon->buy_quantity * free_each;
}

static enum coupon_fault check_lines(const struct coupon *coupon,
    const struct quote_line *lines, size_t count, int64_t *ret_missing)
{
    int64_t goods = 0;
    bool fits = false;

    for (size_t i = 0; i < count; i++) {
        if (is_for(coupon, &lines[i])) {
            goods += lines[i].gross_minor;
            fits = fits || coupon->kind != COUPON_BUY_X_PAY_Y ||
                   free_units(coupon, &lines[i]) > 0;
        }
    }
    if (!fits) {
        return COUPON_NOT_FOR_THESE;
    }
    if (goods < coupon->minimum_minor) {
        *ret_missing = coupon->minimum_minor - goods;
        return COUPON_BELOW_MINIMUM;
    }
    return COUPON_GOOD;
}

static bool goes_with(const struct coupon *one, const struct coupon *other)
{
    bool same_code = one->code.length == other->code.length &&
                     (one->code.length == 0 ||
                         memcmp(one->code.text, other->code.text, one->code.length) == 0);

    return one->stacks && other->stacks && !same_code;
}

void coupon_check_all(const struct quote_input *input, size_t line_count,
    struct quote_coupon *ret_coupons, size_t coupon_count)
{
    for (size_t i = 0; i < coupon_count; i++) {
        const struct coupon *coupon = &input->coupons[i];
        struct quote_coupon *said = &ret_coupons[i];

        *said = (struct quote_coupon){.code = coupon->code};
        said->fault = check_terms(coupon, input->now_s);
        if (said->fault == COUPON_GOOD) {
            said->fault =
                check_lines(coupon, input->lines, line_count, &said->missing_minor);
        }
        for (size_t j = 0; j < i && said->fault == COUPON_GOOD; j++) {
            if (ret_coupons[j].fault == COUPON_GOOD &&
                !goes_with(coupon, &input->coupons[j])) {
                said->fault = COUPON_ALONE;
            }
        }
    }
}

static int64_t at_most(int64_t amount, int64_t maximum)
{
    return maximum >= 0 && amount > maximum ? maximum : amount;
}

/* What COUPON is worth for a line that costs REST now. */
static int64_t line_worth(
    const struct coupon *coupon, const struct quote_line *line, int64_t rest)
{
    if (!is_for(coupon, line)) {
        return 0;
    }
    if (coupon->kind != COUPON_BUY_X_PAY_Y) {
        return rest;
    }
    return at_most(free_units(coupon, line) * line->unit_price_minor, rest);
}

int64_t coupon_apply(
    const struct coupon *coupon, struct quote_line *lines, size_t line_count)
{
    int64_t worth[QUOTE_LINES_MAX] = {0};
    int64_t shares[QUOTE_LINES_MAX] = {0};
    int64_t value = coupon->value > 0 ? coupon->value : 0;
    int64_t sum = 0;
    int64_t amount;

    for (size_t i = 0; i < line_count; i++) {
        worth[i] =
            line_worth(coupon, &lines[i], lines[i].gross_minor - lines[i].discount_minor);
        sum += worth[i];
    }
    switch (coupon->kind) {
    case COUPON_PERCENT:
        amount = money_portion(sum, at_most(value, 10000), 10000);
        break;
    case COUPON_FIXED:
        amount = at_most(value, sum);
        break;
    case COUPON_BUY_X_PAY_Y:
        amount = sum;
        break;
    default:
        return 0;
    }
    amount = at_most(amount, coupon->maximum_minor);
    if (amount <= 0) {
        return 0;
    }
    money_allocate(amount, worth, line_count, shares);
    for (size_t i = 0; i < line_count; i++) {
        lines[i].discount_minor += shares[i];
    }
    return amount;
}
