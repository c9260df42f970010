#include "gateway_fixture.h"

static void test_read_decimal_exact(void **state)
{
    static const struct {
        const char *amount;
        const char *currency;
        int64_t minor;
    } cases[] = {
        {"149.90", "MXN", 14990},
        {"149.9", "MXN", 14990},
        {"149", "MXN", 14900},
        {"149.900000", "MXN", 14990},
        {"0.01", "MXN", 1},
        {"12990", "CLP", 12990},
        {"12990.00", "CLP", 12990},
        {"15000.50", "COP", 1500050},
        {"1.234", "KWD", 1234},
        {"999999999999.99", "MXN", INT64_C(99999999999999)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t minor = -1;
        if (!gateway_read_decimal(
                slice(cases[i].amount), slice(cases[i].currency), &minor)) {
            fail_msg("%s %s isn't read", cases[i].amount, cases[i].currency);
        }
        assert_int_equal(minor, cases[i].minor);
    }
}

static void test_read_decimal_refuses(void **state)
{
    static const char *const cases[][2] = {
        {"149.901", "MXN"},
        {"149.90000000000001", "MXN"},
        {"12990.5", "CLP"},
        {"1.2345", "KWD"},
        {"1e3", "MXN"},
        {"-1", "MXN"},
        {"+1", "MXN"},
        {"", "MXN"},
        {".5", "MXN"},
        {"5.", "MXN"},
        {"1,5", "MXN"},
        {" 1", "MXN"},
        {"1 ", "MXN"},
        {"9999999999999999", "MXN"},
        {"NaN", "MXN"},
        {"0x10", "MXN"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t minor = 7;
        if (gateway_read_decimal(slice(cases[i][0]), slice(cases[i][1]), &minor)) {
            fail_msg("%s %s is read", cases[i][0], cases[i][1]);
        }
        assert_int_equal(minor, 7);
    }
}

static void test_whole_there_and_back(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency;
        int64_t per_unit;
        int64_t amount;
    } cases[] = {
        {14990, "MXN", 100, 14990},
        {12990, "CLP", 1, 12990},
        {12990, "CLP", 100, 1299000}, /* Wompi's hundredths */
        {2490000, "COP", 100, 2490000},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[32];
        int64_t amount = 0;
        int64_t minor = 0;
        assert_true(gateway_whole_of(
            cases[i].minor, slice(cases[i].currency), cases[i].per_unit, &amount));
        assert_int_equal(amount, cases[i].amount);
        snprintf(text, sizeof text, "%lld", (long long)amount);
        assert_true(gateway_read_whole(fixture_json(&arena, slice(text)),
            cases[i].per_unit, slice(cases[i].currency), &minor));
        assert_int_equal(minor, cases[i].minor);
    }
    svc_arena_done(&arena);
}

static void test_whole_refuses(void **state)
{
    static const char *const cases[] = {"1.5", "-1", "\"x\"", "null", "1e2", "true",
        "[1]", "99999999999999999999", "1299050"};
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t minor = 7;
        assert_false(gateway_read_whole(
            fixture_json(&arena, slice(cases[i])), 100, slice("CLP"), &minor));
        assert_int_equal(minor, 7);
    }
    svc_arena_done(&arena);
}

static void test_mismatch(void **state)
{
    const struct gateway_order order = make_order(14990, "MXN");
    const struct payment_truth good = {
        .status = PAYMENT_TRUTH_PAID,
        .amount_minor = 14990,
        .currency = SVC_SLICE("MXN"),
        .reference = SVC_SLICE(PAYMENT_ID),
        .live = true,
    };
    struct payment_truth truth = good;

    (void)state;
    assert_null(payment_mismatch(&good, &order, true));
    assert_string_equal(payment_mismatch(&good, &order, false), "mode");
    truth.amount_minor = 14989;
    assert_string_equal(payment_mismatch(&truth, &order, true), "amount");
    truth.amount_minor = 14991;
    assert_string_equal(payment_mismatch(&truth, &order, true), "amount");
    truth = good;
    truth.currency = slice("USD");
    assert_string_equal(payment_mismatch(&truth, &order, true), "currency");
    truth = good;
    truth.reference = slice("another");
    assert_string_equal(payment_mismatch(&truth, &order, true), "reference");
    truth.reference = (struct svc_slice){0};
    assert_string_equal(payment_mismatch(&truth, &order, true), "reference");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_decimal_exact),
        cmocka_unit_test(test_read_decimal_refuses),
        cmocka_unit_test(test_whole_there_and_back),
        cmocka_unit_test(test_whole_refuses),
        cmocka_unit_test(test_mismatch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
