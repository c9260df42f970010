/* Which coupons count for a cart, and what each takes off its lines. For quote.c. */
#ifndef COUPON_H
#define COUPON_H

#include "quote.h"

/* Of coupons that don't go together the one asked for first counts. The lines have their
 * gross. */
void coupon_check_all(const struct quote_input *input, size_t line_count,
    struct quote_coupon *ret_coupons, size_t coupon_count);

/* Takes a good coupon off what the lines cost now; returns how much in all. Free shipping
 * takes nothing off them. */
int64_t coupon_apply(
    const struct coupon *coupon, struct quote_line *lines, size_t line_count);

#endif
