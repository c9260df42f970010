/* Carts by hand: what a person would reckon. test_quote_any.c has those at random. */
#include "../../unit.h"

#include <carts.h>
#include <quote.h>

#include <svc/texts.h>

#define NOW 1800000000

static struct quote_line lines[4];
static struct coupon coupons[QUOTE_COUPONS_MAX];
static struct quote_input input;
static struct quote quote;

static const struct tax_rate iva = {
    .country = {"MX", 2},
    .name = {"IVA", 3},
    .rate_hundredths = 1600,
    .prices_include = true,
    .applies_shipping = true,
};
static const struct shipping_rate standard = {
    .id = 7,
    .base_minor = 9900,
    .per_kg_minor = 1500,
    .included_g = 1000,
    .free_over_minor = 99900,
};

static struct quote_line line_of(int64_t id, int64_t quantity, int64_t price)
{
    return (struct quote_line){
        .product_id = id,
        .category_id = id * 10,
        .quantity = quantity,
        .unit_price_minor = price,
        .available = 100,
        .weight_g = 400,
        .is_sold = true,
    };
}

static struct coupon coupon_of(const char *code, enum coupon_kind kind, int64_t value)
{
    return (struct coupon){
        .code = {code, strlen(code)},
        .kind = kind,
        .value = value,
        .buy_quantity = 2,
        .pay_quantity = 1,
        .maximum_minor = -1,
        .uses_max = -1,
        .uses_per_customer = -1,
        .is_active = true,
        .stacks = true,
    };
}

/* Two lines: 2 at 350.00 and 1 at 149.90. */
static int set_up(void **state)
{
    (void)state;
    lines[0] = line_of(1, 2, 35000);
    lines[1] = line_of(2, 1, 14990);
    input = (struct quote_input){
        .currency = SVC_SLICE("MXN"),
        .lines = lines,
        .line_count = 2,
        .coupons = coupons,
        .country = SVC_SLICE("MX"),
        .now_s = NOW,
    };
    return 0;
}

static void reckon(size_t coupon_count)
{
    input.coupon_count = coupon_count;
    quote_reckon(&input, &quote);
}

static void test_quote_plain(void **state)
{
    (void)state;
    reckon(0);
    assert_int_equal(quote.subtotal_minor, 84990);
    assert_int_equal(quote.total_minor, 84990);
    assert_false(quote.has_shipping);
    assert_int_equal(quote.weight_g, 1200);
    assert_int_equal(lines[0].gross_minor, 70000);
}

static void test_quote_lines_that_do_not_count(void **state)
{
    (void)state;
    lines[1].is_sold = false;
    reckon(0);
    assert_int_equal(quote.total_minor, 70000);
    lines[0].available = 1;
    reckon(0);
    assert_int_equal(quote.total_minor, 0);
    assert_int_equal(quote.weight_g, 0);
    for (int i = 0; i < 4; i++) {
        static const int64_t bad[] = {0, -1, 1000, 1000000000};
        lines[0] = line_of(1, bad[i], 100);
        lines[0].available = INT64_MAX;
        reckon(0);
        assert_int_equal(quote.total_minor, 0);
    }
    lines[0] = line_of(1, 999, QUOTE_UNIT_PRICE_MAX);
    lines[0].available = 999;
    reckon(0);
    assert_int_equal(quote.total_minor, 999 * QUOTE_UNIT_PRICE_MAX);
    lines[0].unit_price_minor++;
    reckon(0);
    assert_int_equal(quote.total_minor, 0);
}

static void test_quote_percent(void **state)
{
    (void)state;
    coupons[0] = coupon_of("DIEZ", COUPON_PERCENT, 1000);
    reckon(1);
    assert_int_equal(quote.discount_minor, 8499);
    assert_int_equal(lines[0].discount_minor, 7000);
    assert_int_equal(lines[1].discount_minor, 1499);
    coupons[0].maximum_minor = 5000;
    reckon(1);
    assert_int_equal(quote.discount_minor, 5000);
    coupons[0].category_id = 20;
    coupons[0].maximum_minor = -1;
    reckon(1);
    assert_int_equal(quote.discount_minor, 1499);
    assert_int_equal(lines[0].discount_minor, 0);
}

static void test_quote_fixed_larger_than_the_cart(void **state)
{
    (void)state;
    coupons[0] = coupon_of("MIL", COUPON_FIXED, 100000);
    input.rate = &standard;
    reckon(1);
    assert_int_equal(quote.discount_minor, 84990);
    assert_int_equal(quote.shipping_minor, 9900 + 1500);
    assert_int_equal(quote.total_minor, 11400);
}

static void test_quote_two_for_one(void **state)
{
    (void)state;
    lines[0].quantity = 5;
    coupons[0] = coupon_of("2X1", COUPON_BUY_X_PAY_Y, 0);
    reckon(1);
    assert_int_equal(quote.discount_minor, 2 * 35000);
    assert_int_equal(lines[1].discount_minor, 0);
    coupons[0].buy_quantity = 3;
    coupons[0].pay_quantity = 2;
    reckon(1);
    assert_int_equal(quote.discount_minor, 35000);
    coupons[0].buy_quantity = 6;
    reckon(1);
    assert_int_equal(quote.coupons[0].fault, COUPON_NOT_FOR_THESE);
    assert_int_equal(quote.discount_minor, 0);
}

static void test_quote_stacking(void **state)
{
    (void)state;
    coupons[0] = coupon_of("DIEZ", COUPON_PERCENT, 1000);
    coupons[1] = coupon_of("CIEN", COUPON_FIXED, 10000);
    reckon(2);
    assert_int_equal(quote.discount_minor, 8499 + 10000);
    struct coupon first = coupons[0];
    coupons[0] = coupons[1];
    coupons[1] = first;
    reckon(2);
    assert_int_equal(quote.discount_minor, 8499 + 10000);
    coupons[1].stacks = false;
    reckon(2);
    assert_int_equal(quote.coupons[0].fault, COUPON_GOOD);
    assert_int_equal(quote.coupons[1].fault, COUPON_ALONE);
    assert_int_equal(quote.discount_minor, 10000);
    coupons[1] = coupons[0];
    reckon(2);
    assert_int_equal(quote.coupons[1].fault, COUPON_ALONE);
    /* One that doesn't count keeps no other away. */
    coupons[0].is_active = false;
    reckon(2);
    assert_int_equal(quote.coupons[0].fault, COUPON_UNKNOWN);
    assert_int_equal(quote.coupons[1].fault, COUPON_GOOD);
}

static void test_quote_coupon_faults(void **state)
{
    static const struct {
        struct coupon change;
        enum coupon_fault fault;
    } cases[] = {
        {{.starts_at_s = NOW + 1}, COUPON_NOT_YET},
        {{.starts_at_s = NOW}, COUPON_GOOD},
        {{.ends_at_s = NOW}, COUPON_OVER},
        {{.ends_at_s = NOW + 1}, COUPON_GOOD},
        {{.uses_max = 3, .uses = 3}, COUPON_USED_UP},
        {{.uses_max = 3, .uses = 2}, COUPON_GOOD},
        {{.uses_per_customer = 1, .uses_by_customer = 1}, COUPON_USED_BY_CUSTOMER},
        {{.minimum_minor = 84990}, COUPON_GOOD},
        {{.minimum_minor = 84991}, COUPON_BELOW_MINIMUM},
        {{.category_id = 20, .minimum_minor = 14991}, COUPON_BELOW_MINIMUM},
        {{.category_id = 99}, COUPON_NOT_FOR_THESE},
        {{.product_id = 2}, COUPON_GOOD},
        {{.product_id = 2, .category_id = 10}, COUPON_NOT_FOR_THESE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct coupon *change = &cases[i].change;
        coupons[0] = coupon_of("DIEZ", COUPON_PERCENT, 1000);
        coupons[0].starts_at_s = change->starts_at_s;
        coupons[0].ends_at_s = change->ends_at_s;
        coupons[0].uses = change->uses;
        coupons[0].uses_by_customer = change->uses_by_customer;
        coupons[0].minimum_minor = change->minimum_minor;
        coupons[0].category_id = change->category_id;
        coupons[0].product_id = change->product_id;
        coupons[0].uses_max = change->uses_max > 0 ? change->uses_max : -1;
        coupons[0].uses_per_customer =
            change->uses_per_customer > 0 ? change->uses_per_customer : -1;
        reckon(1);
        if (quote.coupons[0].fault != cases[i].fault) {
            fail_msg("case %zu: %d", i, (int)quote.coupons[0].fault);
        }
        assert_int_equal(
            quote.coupons[0].missing_minor, cases[i].fault == COUPON_BELOW_MINIMUM);
    }
}

static void test_quote_shipping(void **state)
{
    (void)state;
    input.rate = &standard;
    reckon(0);
    assert_true(quote.has_shipping);
    assert_int_equal(quote.shipping_minor, 11400); /* 1200 g: one begun kilogram above */
    lines[0].quantity = 3;
    reckon(0);
    assert_int_equal(quote.subtotal_minor, 119990);
    assert_int_equal(quote.shipping_minor, 0);
    /* Free over 999.00 of what the goods cost after discounts. */
    coupons[0] = coupon_of("VEINTE", COUPON_PERCENT, 2000);
    reckon(1);
    assert_int_equal(quote.shipping_minor, 11400);
}

static void test_quote_free_shipping(void **state)
{
    (void)state;
    input.rate = &standard;
    coupons[0] = coupon_of("ENVIO", COUPON_FREE_SHIPPING, 0);
    reckon(1);
    assert_int_equal(quote.shipping_minor, 0);
    assert_int_equal(quote.discount_minor, 0);
    assert_int_equal(quote.coupons[0].discount_minor, 11400);
    coupons[0].maximum_minor = 10000;
    reckon(1);
    assert_int_equal(quote.shipping_minor, 1400);
    coupons[0].minimum_minor = 100000;
    reckon(1);
    assert_int_equal(quote.shipping_minor, 11400);
}

static void test_shipping_cost_by_weight(void **state)
{
    static const struct {
        int64_t weight_g;
        int64_t cost;
    } cases[] = {
        {0, 9900},
        {1000, 9900},
        {1001, 11400},
        {2000, 11400},
        {2001, 12900},
        {INT64_MAX, QUOTE_SHIPPING_MAX},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(shipping_cost(&standard, cases[i].weight_g, 0), cases[i].cost);
    }
}

static void test_quote_tax_included(void **state)
{
    (void)state;
    input.taxes = &iva;
    input.tax_count = 1;
    input.rate = &standard;
    reckon(0);
    assert_int_equal(quote.total_minor, 84990 + 11400);
    assert_int_equal(quote.tax_included_minor, 13295); /* 963.90 / 1.16 * 0.16 */
    assert_int_equal(quote.tax_added_minor, 0);
    assert_int_equal(quote.tax_count, 1);
    assert_true(quote.taxes[0].included);
    input.country = SVC_SLICE("CO");
    reckon(0);
    assert_int_equal(quote.tax_count, 0);
}

static void test_quote_tax_on_top(void **state)
{
    struct tax_rate tax = iva;

    (void)state;
    tax.prices_include = false;
    tax.applies_shipping = false;
    input.taxes = &tax;
    input.tax_count = 1;
    input.rate = &standard;
    coupons[0] = coupon_of("DIEZ", COUPON_PERCENT, 1000);
    reckon(1);
    assert_int_equal(quote.tax_added_minor, 12239); /* 16 % of 764.91 */
    assert_int_equal(quote.shipping_tax_minor, 0);
    assert_int_equal(quote.total_minor, 76491 + 11400 + 12239);
}

/* A reduced rate for one category; food with a second tax inside. */
static void test_quote_taxes_by_category(void **state)
{
    struct tax_rate taxes[4] = {iva, iva, iva, iva};

    (void)state;
    taxes[1].category_id = 20;
    taxes[1].rate_hundredths = 800;
    taxes[1].name = SVC_SLICE("IEPS");
    taxes[2].category_id = 20;
    taxes[3].country = SVC_SLICE("ES");
    input.taxes = taxes;
    input.tax_count = 4;
    reckon(0);
    assert_int_equal(quote.tax_count, 2);
    assert_int_equal(lines[0].tax_minor, 9655);       /* 700.00 / 1.16 * 0.16 */
    assert_int_equal(lines[1].tax_minor, 967 + 1934); /* 149.90 / 1.24 * 0.08, 0.16 */
    assert_int_equal(quote.taxes[0].amount_minor, 9655 + 1934);
    assert_int_equal(quote.taxes[1].amount_minor, 967);
}

/* Each reason is said in each language. */
static void test_quote_coupon_texts(void **state)
{
    static const struct svc_slice locales[] = {{"es", 2}, {"en", 2}, {"pt", 2}};
    struct svc_texts *texts = NULL;
    char error[256] = "";
    struct svc_buf out;

    (void)state;
    assert_true(svc_texts_open(NULL, &texts, error));
    svc_buf_init(&out, 1000);
    for (int fault = COUPON_UNKNOWN; fault <= COUPON_ALONE; fault++) {
        char key[64];
        snprintf(key, sizeof key, "coupon_%s",
            carts_coupon_fault_name((enum coupon_fault)fault));
        for (size_t i = 0; i < COUNT_OF(locales); i++) {
            svc_buf_clear(&out);
            svc_texts_write(texts, locales[i], key, NULL, 0, &out);
            assert_string_not_equal(svc_buf_text(&out), key);
        }
    }
    svc_buf_done(&out);
    svc_texts_close(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_quote_plain, set_up),
        cmocka_unit_test_setup(test_quote_lines_that_do_not_count, set_up),
        cmocka_unit_test_setup(test_quote_percent, set_up),
        cmocka_unit_test_setup(test_quote_fixed_larger_than_the_cart, set_up),
        cmocka_unit_test_setup(test_quote_two_for_one, set_up),
        cmocka_unit_test_setup(test_quote_stacking, set_up),
        cmocka_unit_test_setup(test_quote_coupon_faults, set_up),
        cmocka_unit_test_setup(test_quote_shipping, set_up),
        cmocka_unit_test_setup(test_quote_free_shipping, set_up),
        cmocka_unit_test_setup(test_shipping_cost_by_weight, set_up),
        cmocka_unit_test_setup(test_quote_tax_included, set_up),
        cmocka_unit_test_setup(test_quote_tax_on_top, set_up),
        cmocka_unit_test_setup(test_quote_taxes_by_category, set_up),
        cmocka_unit_test_setup(test_quote_coupon_texts, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
