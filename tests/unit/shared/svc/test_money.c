#include "../../unit.h"

#include <svc/money.h>

static void test_money_minor_per_unit(void **state)
{
    static const struct {
        struct svc_slice currency;
        int64_t minor;
    } cases[] = {
        {{"MXN", 3}, 100},
        {{"mxn", 3}, 100},
        {{"CLP", 3}, 1},
        {{"JPY", 3}, 1},
        {{"KWD", 3}, 1000},
        {{"XYZ", 3}, 100},
        {{"", 0}, 100},
        {{NULL, 0}, 100},
        {{"MXNX", 4}, 100},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(svc_money_minor_per_unit(cases[i].currency), cases[i].minor);
    }
}

static void test_money_write_units(void **state)
{
    static const struct {
        int64_t minor;
        int64_t per_unit;
        const char *text;
    } cases[] = {
        {0, 100, "0.00"},
        {5, 100, "0.05"},
        {14900, 100, "149.00"},
        {14950, 100, "149.50"},
        {-5, 100, "-0.05"},
        {-123456, 100, "-1234.56"},
        {12990, 1, "12990"},
        {1234, 1000, "1.234"},
        {INT64_MAX, 100, "92233720368547758.07"},
        {INT64_MIN, 1, "-9223372036854775808"},
    };
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        svc_buf_clear(&out);
        svc_money_write_units(cases[i].minor, cases[i].per_unit, &out);
        assert_string_equal(svc_buf_text(&out), cases[i].text);
    }
    svc_buf_done(&out);
}

static void test_money_write_text(void **state)
{
    static const struct {
        int64_t minor;
        struct svc_slice currency;
        const char *text;
    } cases[] = {
        {14900, {"MXN", 3}, "$149.00"},
        {129950, {"MXN", 3}, "$1,299.50"},
        {123456789, {"mxn", 3}, "$1,234,567.89"},
        {99, {"MXN", 3}, "$0.99"},
        {12990, {"CLP", 3}, "$12.990"},
        {999, {"CLP", 3}, "$999"},
        {4990000, {"COP", 3}, "$49.900"},
        {4990050, {"COP", 3}, "$49.900,50"},
        {129900, {"BRL", 3}, "R$ 1.299,00"},
        {129900, {"PEN", 3}, "S/ 1,299.00"},
        {1234567, {"KWD", 3}, "KWD 1,234.567"},
        {1200, {"CHF", 3}, "CHF 12.00"},
        {-14900, {"MXN", 3}, "-$149.00"},
        {0, {"MXN", 3}, "$0.00"},
        {1200, {NULL, 0}, "12.00"},
    };
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 100);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        svc_buf_clear(&out);
        svc_money_write_text(cases[i].minor, cases[i].currency, &out);
        assert_string_equal(svc_buf_text(&out), cases[i].text);
    }
    svc_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_minor_per_unit),
        cmocka_unit_test(test_money_write_units),
        cmocka_unit_test(test_money_write_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
