/* Carts at random, in currencies of 0, 2 and 3 decimals: what holds for each of them. */
#include "../../unit.h"

#include <quote.h>

#include <svc/money.h>

enum { ROUNDS = 20000, TAXES = 12 };

static const char *const currencies[] = {"CLP", "MXN", "KWD", "COP", "PEN", "PYG"};
static const char *const codes[] = {"UNO", "DOS", "TRES"};

static uint64_t seed = 20261125;

static int64_t any(int64_t least, int64_t most)
{
    return least + (int64_t)(unit_next(&seed) % (uint64_t)(most - least + 1));
}

struct cart {
    struct quote_line lines[QUOTE_LINES_MAX + 2];
    struct coupon coupons[QUOTE_COUPONS_MAX];
    struct tax_rate taxes[TAXES];
    struct shipping_rate rate;
    struct quote_input input;
    struct quote quote;
};

/* From one minor unit to the most that is allowed, small ones more often. */
static int64_t any_price(int64_t per_unit)
{
    int64_t digits = any(0, 11);
    int64_t most = per_unit;

    for (int64_t i = 0; i < digits && most < QUOTE_UNIT_PRICE_MAX / 10; i++) {
        most *= 10;
    }
    return any(0, most);
}

static struct coupon any_coupon(size_t index)
{
    return (struct coupon){
        .code = {codes[index], strlen(codes[index])},
        .kind = (enum coupon_kind)any(0, 3),
        .value = any(0, 3) == 0 ? any(0, 1000000) : any(0, 10000),
        .buy_quantity = any(0, 4),
        .pay_quantity = any(0, 3),
        .minimum_minor = any(0, 2) == 0 ? any(0, 100000) : 0,
        .maximum_minor = any(0, 2) == 0 ? any(0, 5000) : -1,
        .category_id = any(0, 3) == 0 ? any(1, 4) : 0,
        .product_id = any(0, 5) == 0 ? any(1, 5) : 0,
        .uses_max = any(0, 4) == 0 ? any(0, 2) : -1,
        .uses_per_customer = -1,
        .uses = 1,
        .is_active = any(0, 9) > 0,
        .stacks = any(0, 3) > 0,
    };
}

static struct tax_rate any_tax(void)
{
    static const char *const names[] = {"IVA", "IGV", "IEPS", "INC"};
    const char *name = names[any(0, 3)];

    return (struct tax_rate){
        .country = {any(0, 9) > 0 ? "MX" : "ES", 2},
        .name = {name, strlen(name)},
        .rate_hundredths = any(0, 3) == 0 ? any(0, 10000) : any(0, 4) * 500,
        .category_id = any(0, 1) * any(1, 4),
        .prices_include = any(0, 1) > 0,
        .applies_shipping = any(0, 1) > 0,
    };
}

static void make_cart(struct cart *cart)
{
    const char *currency = currencies[any(0, COUNT_OF(currencies) - 1)];
    int64_t per_unit = svc_money_minor_per_unit((struct svc_slice){currency, 3});

    *cart = (struct cart){0};
    cart->input = (struct quote_input){
        .currency = {currency, 3},
        .lines = cart->lines,
        .line_count = (size_t)(any(0, 9) > 0 ? any(0, 6) : any(0, QUOTE_LINES_MAX + 2)),
        .coupons = cart->coupons,
        .coupon_count = (size_t)any(0, QUOTE_COUPONS_MAX),
        .taxes = cart->taxes,
        .tax_count = (size_t)any(0, any(0, 5) > 0 ? 3 : TAXES),
        .country = SVC_SLICE("MX"),
        .rate = any(0, 2) > 0 ? &cart->rate : NULL,
        .now_s = 1800000000,
    };
    for (size_t i = 0; i < COUNT_OF(cart->lines); i++) {
        cart->lines[i] = (struct quote_line){
            .product_id = (int64_t)i + 1,
            .category_id = any(0, 4),
            .quantity = any(0, 5) > 0 ? any(1, 5) : any(-2, 1100),
            .unit_price_minor = any_price(per_unit),
            .available = any(0, 9) > 0 ? 5000 : any(0, 3),
            .weight_g = any(0, 4000),
            .is_sold = any(0, 19) > 0,
        };
    }
    for (size_t i = 0; i < QUOTE_COUPONS_MAX; i++) {
        cart->coupons[i] = any_coupon(i);
    }
    for (size_t i = 0; i < TAXES; i++) {
        cart->taxes[i] = any_tax();
    }
    cart->rate = (struct shipping_rate){
        .id = 1,
        .base_minor = any(0, 20000),
        .per_kg_minor = any(0, 3000),
        .included_g = any(0, 3000),
        .free_over_minor = any(0, 2) == 0 ? any(0, 100000) : -1,
    };
}

static void check_lines(const struct cart *cart)
{
    const struct quote *quote = &cart->quote;
    int64_t gross = 0;
    int64_t discount = 0;
    int64_t tax = quote->shipping_tax_minor;

    for (size_t i = 0; i < cart->input.line_count; i++) {
        const struct quote_line *line = &cart->lines[i];
        bool counts = i < QUOTE_LINES_MAX && quote_line_counts(line);
        assert_int_equal(
            line->gross_minor, counts ? line->quantity * line->unit_price_minor : 0);
        assert_in_range(line->discount_minor, 0, line->gross_minor);
        assert_true(line->tax_minor >= 0);
        assert_true(line->gross_minor > line->discount_minor || line->tax_minor == 0);
        gross += line->gross_minor;
        discount += line->discount_minor;
        tax += line->tax_minor;
    }
    assert_int_equal(gross, quote->subtotal_minor);
    assert_int_equal(discount, quote->discount_minor);
    assert_int_equal(tax, quote->tax_included_minor + quote->tax_added_minor);
}

static void check_coupons(const struct cart *cart)
{
    const struct quote *quote = &cart->quote;
    int64_t discount = 0;
    size_t good = 0;
    bool alone = false;

    assert_int_equal(quote->coupon_count, cart->input.coupon_count);
    for (size_t i = 0; i < quote->coupon_count; i++) {
        const struct coupon *coupon = &cart->coupons[i];
        const struct quote_coupon *said = &quote->coupons[i];
        assert_true(said->discount_minor >= 0);
        if (said->fault != COUPON_GOOD) {
            assert_int_equal(said->discount_minor, 0);
            continue;
        }
        good++;
        alone = alone || !coupon->stacks;
        assert_true(
            coupon->maximum_minor < 0 || said->discount_minor <= coupon->maximum_minor);
        assert_true(
            coupon->kind != COUPON_FIXED || said->discount_minor <= coupon->value);
        discount += coupon->kind == COUPON_FREE_SHIPPING ? 0 : said->discount_minor;
    }
    assert_int_equal(discount, quote->discount_minor);
    assert_true(!alone || good == 1);
}

static void check_taxes(const struct quote *quote)
{
    int64_t included = 0;
    int64_t added = 0;

    for (size_t i = 0; i < quote->tax_count; i++) {
        const struct quote_tax *tax = &quote->taxes[i];
        assert_true(tax->amount_minor > 0);
        *(tax->included ? &included : &added) += tax->amount_minor;
    }
    if (quote->tax_count == QUOTE_TAXES_MAX) {
        assert_int_equal(
            included + added, quote->tax_included_minor + quote->tax_added_minor);
        return;
    }
    assert_int_equal(included, quote->tax_included_minor);
    assert_int_equal(added, quote->tax_added_minor);
}

static void test_quote_any(void **state)
{
    static struct cart cart;
    size_t counted[4] = {0};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        make_cart(&cart);
        quote_reckon(&cart.input, &cart.quote);
        const struct quote *quote = &cart.quote;
        check_lines(&cart);
        check_coupons(&cart);
        check_taxes(quote);
        int64_t goods = quote->subtotal_minor - quote->discount_minor;
        assert_true(goods >= 0 && quote->shipping_minor >= 0);
        assert_true(quote->total_minor >= 0);
        assert_int_equal(
            quote->total_minor, goods + quote->shipping_minor + quote->tax_added_minor);
        assert_true(quote->tax_included_minor <= goods + quote->shipping_minor);
        assert_true(quote->has_shipping || quote->shipping_minor == 0);
        counted[0] += quote->discount_minor > 0;
        counted[1] += quote->shipping_minor > 0;
        counted[2] += quote->tax_included_minor > 0;
        counted[3] += quote->tax_added_minor > 0;
    }
    /* Not a test of nothing. */
    for (size_t i = 0; i < COUNT_OF(counted); i++) {
        assert_true(counted[i] > ROUNDS / 10);
    }
}

/* The same cart again, and its coupons typed in another order. */
static void test_quote_any_order(void **state)
{
    static struct cart cart;

    (void)state;
    for (int round = 0; round < ROUNDS / 4; round++) {
        make_cart(&cart);
        cart.input.coupon_count = 2;
        cart.coupons[0].stacks = cart.coupons[1].stacks = true;
        if (cart.coupons[0].kind == cart.coupons[1].kind) {
            continue;
        }
        quote_reckon(&cart.input, &cart.quote);
        int64_t total = cart.quote.total_minor;
        struct coupon first = cart.coupons[0];
        cart.coupons[0] = cart.coupons[1];
        cart.coupons[1] = first;
        quote_reckon(&cart.input, &cart.quote);
        assert_int_equal(cart.quote.total_minor, total);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_any),
        cmocka_unit_test(test_quote_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
