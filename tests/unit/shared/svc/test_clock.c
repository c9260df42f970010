#include "../../unit.h"

#include <svc/clock.h>

#include <time.h>

static const struct {
    int64_t seconds;
    const char *text;
} second_cases[] = {
    {0, "1970-01-01T00:00:00Z"},
    {-1, "1969-12-31T23:59:59Z"},
    {-86400, "1969-12-31T00:00:00Z"},
    {-86401, "1969-12-30T23:59:59Z"},
    {86399, "1970-01-01T23:59:59Z"},
    {86400, "1970-01-02T00:00:00Z"},
    {951782400, "2000-02-29T00:00:00Z"}, /* 400 years: a leap year */
    {951868800, "2000-03-01T00:00:00Z"},
    {-2203891201, "1900-02-28T23:59:59Z"}, /* 100 years: none */
    {-2203891200, "1900-03-01T00:00:00Z"},
    {4107542400, "2100-03-01T00:00:00Z"},
    {4107542399, "2100-02-28T23:59:59Z"},
    {1709164800, "2024-02-29T00:00:00Z"},
    {1709251200, "2024-03-01T00:00:00Z"},
    {1740787200, "2025-03-01T00:00:00Z"},
    {1735689599, "2024-12-31T23:59:59Z"},
    {1735689600, "2025-01-01T00:00:00Z"},
    {1234567890, "2009-02-13T23:31:30Z"},
    {2147483647, "2038-01-19T03:14:07Z"},
    {2147483648, "2038-01-19T03:14:08Z"},
    {-2147483649, "1901-12-13T20:45:51Z"},
    {1795543200, "2026-11-24T18:00:00Z"},
    {-62135596800, "0001-01-01T00:00:00Z"},
    {-62167219200, "0000-01-01T00:00:00Z"},
    {-62162035201, "0000-02-29T23:59:59Z"}, /* the year 0 is a leap year */
    {253402300799, "9999-12-31T23:59:59Z"},
    {-62167219201, "0000-01-01T00:00:00Z"},
    {253402300800, "9999-12-31T23:59:59Z"},
    {INT64_MIN, "0000-01-01T00:00:00Z"},
    {INT64_MAX, "9999-12-31T23:59:59Z"},
};

static void test_format_s(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(second_cases); i++) {
        char text[SVC_CLOCK_TEXT_SIZE];
        const char *got = svc_clock_format_s(second_cases[i].seconds, text);
        assert_ptr_equal(got, text);
        assert_string_equal(got, second_cases[i].text);
    }
}

static const struct {
    int64_t milliseconds;
    const char *text;
} millisecond_cases[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {999, "1970-01-01T00:00:00.999Z"},
    {1000, "1970-01-01T00:00:01.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {-999, "1969-12-31T23:59:59.001Z"},
    {-1000, "1969-12-31T23:59:59.000Z"},
    {-1001, "1969-12-31T23:59:58.999Z"},
    {1795543200123, "2026-11-24T18:00:00.123Z"},
    {951782399999, "2000-02-28T23:59:59.999Z"},
    {-62167219200000, "0000-01-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
    /* Outside: the nearest that there is. */
    {-62167219200001, "0000-01-01T00:00:00.000Z"},
    {253402300800000, "9999-12-31T23:59:59.999Z"},
    {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    {INT64_MIN + 1, "0000-01-01T00:00:00.000Z"},
    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
};

static void test_format_ms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(millisecond_cases); i++) {
        char text[SVC_CLOCK_TEXT_SIZE];
        const char *got = svc_clock_format_ms(millisecond_cases[i].milliseconds, text);
        assert_ptr_equal(got, text);
        assert_string_equal(got, millisecond_cases[i].text);
    }
}

/* Against the C library, over all the years and at random times of day. */
static void test_format_s_agrees_with_gmtime_r(void **state)
{
    (void)state;
    uint64_t random = 1;
    const int64_t span = 253402300800 + 62167219200;

    for (int i = 0; i < 20000; i++) {
        time_t seconds = (time_t)(unit_next(&random) % (uint64_t)span) - 62167219200;
        struct tm tm;
        char expected[96];
        char text[SVC_CLOCK_TEXT_SIZE];
        assert_non_null(gmtime_r(&seconds, &tm));
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ",
            tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
            tm.tm_sec);
        assert_string_equal(svc_clock_format_s(seconds, text), expected);
    }
}

static void test_monotonic_never_goes_back(void **state)
{
    (void)state;
    int64_t last = svc_clock_monotonic_ns();
    int64_t last_ms = svc_clock_monotonic_ms();

    assert_in_range(last_ms - last / 1000000, 0, 5000);
    for (int i = 0; i < 1000; i++) {
        int64_t now = svc_clock_monotonic_ns();
        assert_true(now >= last);
        last = now;
    }
}

static void test_monotonic_counts_what_a_sleep_takes(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 20 * 1000000};
    int64_t start_ns = svc_clock_monotonic_ns();

    nanosleep(&pause, NULL);
    assert_in_range(svc_clock_monotonic_ns() - start_ns, 20000000, 10000000000);
}

static void test_unix_ms_is_the_wall_clock(void **state)
{
    (void)state;
    int64_t before = time(NULL);
    int64_t now = svc_clock_unix_ms();
    int64_t after = time(NULL);

    assert_in_range(now, (before - 1) * 1000, (after + 1) * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_s),
        cmocka_unit_test(test_format_ms),
        cmocka_unit_test(test_format_s_agrees_with_gmtime_r),
        cmocka_unit_test(test_monotonic_never_goes_back),
        cmocka_unit_test(test_monotonic_counts_what_a_sleep_takes),
        cmocka_unit_test(test_unix_ms_is_the_wall_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
