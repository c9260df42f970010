#include "../../unit.h"

#include <quote.h>

#define TEXT(literal)                                                                    \
    {                                                                                    \
        literal, sizeof(literal) - 1                                                     \
    }

struct agreed {
    struct quote_line lines[2];
    struct coupon coupons[2];
    struct shipping_rate rate;
    struct quote_input input;
    struct quote quote;
    struct address address;
    struct quote_agreement agreement;
    char hex[65];
};

static void make(struct agreed *agreed)
{
    *agreed = (struct agreed){
        .lines = {{.product_id = 1,
                      .quantity = 2,
                      .unit_price_minor = 100,
                      .available = 9,
                      .is_sold = true},
            {.product_id = 2,
                .quantity = 1,
                .unit_price_minor = 50,
                .available = 9,
                .is_sold = true}},
        .coupons = {{.code = TEXT("A"),
                        .kind = COUPON_PERCENT,
                        .value = 1000,
                        .maximum_minor = -1,
                        .uses_max = -1,
                        .uses_per_customer = -1,
                        .is_active = true,
                        .stacks = true},
            {.code = TEXT("B"),
                .kind = COUPON_FIXED,
                .value = 10,
                .maximum_minor = -1,
                .uses_max = -1,
                .uses_per_customer = -1,
                .is_active = true,
                .stacks = true}},
        .rate = {.id = 3, .base_minor = 10, .free_over_minor = -1},
        .address = {.country = TEXT("MX"),
            .street = TEXT("Insurgentes Sur"),
            .number = TEXT("1234"),
            .district = TEXT("Del Valle"),
            .latitude = 19.4326,
            .longitude = -99.1332,
            .has_location = true},
    };
    agreed->input = (struct quote_input){
        .currency = TEXT("MXN"),
        .lines = agreed->lines,
        .line_count = 2,
        .coupons = agreed->coupons,
        .coupon_count = 2,
        .country = TEXT("MX"),
        .rate = &agreed->rate,
    };
    agreed->agreement = (struct quote_agreement){
        &agreed->input, &agreed->quote, &agreed->address, TEXT("stripe")};
}

static const char *digest(struct agreed *agreed)
{
    quote_reckon(&agreed->input, &agreed->quote);
    quote_digest(&agreed->agreement, agreed->hex);
    assert_int_equal(strlen(agreed->hex), 64);
    return agreed->hex;
}

static void change(struct agreed *agreed, int what)
{
    switch (what) {
    case 0:
        agreed->lines[0].quantity = 3;
        break;
    case 1: /* the total stays */
        agreed->lines[0].quantity = 1;
        agreed->lines[0].unit_price_minor = 200;
        break;
    case 2:
        agreed->coupons[1].is_active = false;
        agreed->coupons[1].value = 0;
        break;
    case 3:
        agreed->rate.id = 4;
        break;
    case 4:
        agreed->agreement.payment_method = (struct svc_slice)TEXT("wompi");
        break;
    case 5:
        agreed->address.number = (struct svc_slice)TEXT("1235");
        break;
    case 6: /* letters that move from one field to the next */
        agreed->address.street = (struct svc_slice)TEXT("Insurgentes");
        agreed->address.interior = (struct svc_slice)TEXT("Sur");
        break;
    case 7:
        agreed->address.latitude = 19.4336;
        break;
    case 8:
        agreed->agreement.address = NULL;
        break;
    case 9:
        agreed->input.currency = (struct svc_slice)TEXT("USD");
        break;
    case 10:
        agreed->lines[1].product_id = 5;
        break;
    case 11:
        agreed->input.rate = NULL;
        break;
    default:
        agreed->lines[1].available = 0;
        break;
    }
}

static void test_quote_digest_differs(void **state)
{
    static struct agreed agreed[14];

    (void)state;
    for (int i = 0; i < 14; i++) {
        make(&agreed[i]);
        if (i < 13) {
            change(&agreed[i], i);
        }
        digest(&agreed[i]);
        for (int j = 0; j < i; j++) {
            if (strcmp(agreed[i].hex, agreed[j].hex) == 0) {
                fail_msg("%d is as %d", i, j);
            }
        }
    }
}

/* What a person would call the same. */
static void test_quote_digest_is_the_same(void **state)
{
    static struct agreed one;
    static struct agreed other;

    (void)state;
    make(&one);
    make(&other);
    struct quote_line line = other.lines[0];
    other.lines[0] = other.lines[1];
    other.lines[1] = line;
    struct coupon coupon = other.coupons[0];
    other.coupons[0] = other.coupons[1];
    other.coupons[1] = coupon;
    other.lines[0].available = 5;
    other.lines[0].seen_price_minor = 7;
    other.lines[0].name = (struct svc_slice)TEXT("Playera");
    other.address.street = (struct svc_slice)TEXT("insurgentes  sur.");
    other.address.latitude += 0.000001;
    assert_string_equal(digest(&one), digest(&other));
    /* A coupon that doesn't count is no part of it. */
    make(&other);
    other.input.coupon_count = 1;
    make(&one);
    one.coupons[1].is_active = false;
    assert_string_equal(digest(&one), digest(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_digest_differs),
        cmocka_unit_test(test_quote_digest_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
