#include "bins.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_bins_are_near_what_they_hold(void **state)
{
    (void)state;
    for (int64_t us = 1; us < INT64_C(400000000000); us += us / 37 + 1) {
        double middle = bins_middle_us(bins_of_us(us));
        assert_true(fabs(middle - (double)us) <= (double)us * 0.032);
    }
}

static void test_bins_rise(void **state)
{
    int before = -1;

    (void)state;
    for (int64_t us = 0; us < 100000; us++) {
        int bin = bins_of_us(us);
        assert_true(bin == before || bin == before + 1);
        before = bin;
    }
    assert_int_equal(bins_of_us(-5), 0);
    assert_int_equal(bins_of_us(INT64_MAX), BINS_COUNT - 1);
}

static void test_percentile_of_none(void **state)
{
    struct bins bins = {0};

    (void)state;
    assert_true(bins_percentile_us(&bins, 0.5) < 0);
}

static void test_percentile_is_near_the_exact_one(void **state)
{
    struct bins bins = {0};

    (void)state;
    for (int64_t ms = 1; ms <= 1000; ms++) {
        bins_add(&bins, bins_of_us(ms * 1000), 1);
    }
    assert_true(fabs(bins_percentile_us(&bins, 0.50) - 500000) < 25000);
    assert_true(fabs(bins_percentile_us(&bins, 0.95) - 950000) < 47500);
    assert_true(fabs(bins_percentile_us(&bins, 1.00) - 1000000) < 50000);
}

/* Whoever counted what, the sum has the percentiles of all. */
static void test_percentiles_merge(void **state)
{
    static struct bins all, parts[3], sum;

    (void)state;
    for (int64_t i = 0; i < 3000; i++) {
        int bin = bins_of_us((i * 7919) % 100003);
        bins_add(&all, bin, 1);
        bins_add(&parts[i % 3], bin, 1);
    }
    for (int part = 0; part < 3; part++) {
        for (int bin = 0; bin < BINS_COUNT; bin++) {
            bins_add(&sum, bin, parts[part].counts[bin]);
        }
    }
    assert_memory_equal(&sum, &all, sizeof sum);
    assert_true(bins_percentile_us(&sum, 0.95) == bins_percentile_us(&all, 0.95));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bins_are_near_what_they_hold),
        cmocka_unit_test(test_bins_rise),
        cmocka_unit_test(test_percentile_of_none),
        cmocka_unit_test(test_percentile_is_near_the_exact_one),
        cmocka_unit_test(test_percentiles_merge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
