/* Each rule of the windows, at its edges. */
#include "windows_fixture.h"

#define DAY_UNIT_MS WINDOW_DAY_UNIT_MS

static struct customer_fixture customer;

static void test_minute_lets_the_next_in_after_60_000_ms(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    fixture_pass(&customer, 5);
    fixture_deny(&customer, WINDOW_MINUTE, MINUTE_MS);
    customer.now_ms += MINUTE_MS - 1;
    fixture_deny(&customer, WINDOW_MINUTE, 1);
    customer.now_ms += 1;
    fixture_pass(&customer, 5);
    fixture_deny(&customer, WINDOW_MINUTE, MINUTE_MS);
}

static void test_minute_slides(void **state)
{
    (void)state;
    fixture_init(&customer, 3, 100, 500, 0);
    for (int i = 0; i < 3; i++) {
        fixture_pass(&customer, 1);
        customer.now_ms += 10000;
    }
    fixture_deny(&customer, WINDOW_MINUTE, 30000);
    for (int i = 0; i < 3; i++) {
        customer.now_ms = START_MS + MINUTE_MS + i * 10000 - 1;
        fixture_deny(&customer, WINDOW_MINUTE, 1);
        customer.now_ms++;
        fixture_pass(&customer, 1);
        fixture_deny(&customer, WINDOW_MINUTE, i < 2 ? 10000 : 40000);
    }
}

/* The guide's script counted its window in milliseconds. */
static void test_eight_calls_100_ms_apart(void **state)
{
    int allowed = 0;

    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    for (int i = 0; i < 8; i++) {
        allowed += fixture_check(&customer).allowed;
        customer.now_ms += 100;
    }
    assert_int_equal(allowed, 5);
}

static void test_hour_is_rounded_to_the_later_second(void **state)
{
    (void)state;
    fixture_init(&customer, 10, 3, 500, 0);
    fixture_pass(&customer, 3);
    int64_t wait_ms = fixture_wait_ms(&customer, START_MS, 1000, HOUR_MS);
    assert_in_range(wait_ms - HOUR_MS, 1, 1000);
    fixture_deny(&customer, WINDOW_HOUR, wait_ms);
    customer.now_ms += HOUR_MS;
    fixture_deny(&customer, WINDOW_HOUR, wait_ms - HOUR_MS);
    customer.now_ms = START_MS + wait_ms - 1;
    fixture_deny(&customer, WINDOW_HOUR, 1);
    customer.now_ms++;
    fixture_pass(&customer, 3);
}

static void test_hour_keeps_long_gaps(void **state)
{
    static const int64_t gaps_s[] = {0, 1, 254, 255, 256, 510, 511, 765, 1000};
    int64_t times_ms[COUNT_OF(gaps_s)];

    (void)state;
    fixture_init(&customer, 10, COUNT_OF(gaps_s), 500, 0);
    for (size_t i = 0; i < COUNT_OF(gaps_s); i++) {
        customer.now_ms += gaps_s[i] * 1000;
        times_ms[i] = customer.now_ms;
        fixture_pass(&customer, 1);
    }
    for (size_t i = 0; i < COUNT_OF(gaps_s); i++) {
        int64_t free_ms =
            customer.now_ms + fixture_wait_ms(&customer, times_ms[i], 1000, HOUR_MS);
        customer.now_ms = free_ms - 1;
        assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_hour,
            COUNT_OF(gaps_s) - (i == 0 ? 0 : i));
        customer.now_ms = free_ms;
        if (i == 0) { /* the first two are of one second */
            assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_hour,
                COUNT_OF(gaps_s) - 1);
        }
    }
}

static void test_day_is_rounded_to_the_later_ten_minutes(void **state)
{
    (void)state;
    fixture_init(&customer, 10, 100, 4, 0);
    fixture_pass(&customer, 4);
    int64_t wait_ms = fixture_wait_ms(&customer, START_MS, DAY_UNIT_MS, DAY_MS);
    assert_in_range(wait_ms - DAY_MS, 1, DAY_UNIT_MS);
    fixture_deny(&customer, WINDOW_DAY, wait_ms);
    customer.now_ms += wait_ms - 1;
    fixture_deny(&customer, WINDOW_DAY, 1);
    customer.now_ms++;
    fixture_pass(&customer, 4);
}

static void test_day_counts_more_than_a_byte_in_one_unit(void **state)
{
    (void)state;
    fixture_init(&customer, 1000, 20000, 700, 0);
    customer.now_ms =
        START_MS / DAY_UNIT_MS * DAY_UNIT_MS; /* a unit's first millisecond */
    fixture_pass(&customer, 700);
    fixture_deny(&customer, WINDOW_DAY, DAY_UNIT_MS + DAY_MS);
    customer.now_ms += DAY_UNIT_MS - 1;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_day, 700);
    customer.now_ms += DAY_MS;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_day, 700);
    customer.now_ms += 1;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_day, 0);
}

static void test_day_units_that_meet(void **state)
{
    (void)state;
    fixture_init(&customer, 10, 100, 2, 0);
    customer.now_ms = START_MS / DAY_UNIT_MS * DAY_UNIT_MS - 1;
    fixture_pass(&customer, 1);
    customer.now_ms++;
    fixture_pass(&customer, 1);
    fixture_deny(&customer, WINDOW_DAY, DAY_MS);
    customer.now_ms += DAY_MS;
    fixture_pass(&customer, 1);
    fixture_deny(&customer, WINDOW_DAY, DAY_UNIT_MS);
}

static void test_what_one_window_denies_counts_in_none(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 6, 500, 0);
    fixture_pass(&customer, 5);
    customer.now_ms += MINUTE_MS;
    fixture_pass(&customer, 1);
    for (int i = 0; i < 10; i++) {
        struct windows_verdict verdict = fixture_check(&customer);
        assert_int_equal(verdict.exceeded, WINDOW_HOUR);
        assert_int_equal(verdict.used_minute, 1);
        assert_int_equal(verdict.used_hour, 6);
        assert_int_equal(verdict.used_day, 6);
    }
}

static void test_the_longest_wait_is_told(void **state)
{
    (void)state;
    fixture_init(&customer, 2, 2, 2, 0);
    fixture_pass(&customer, 2);
    fixture_deny(
        &customer, WINDOW_DAY, fixture_wait_ms(&customer, START_MS, DAY_UNIT_MS, DAY_MS));
}

static void test_limits_lowered_below_what_is_used(void **state)
{
    (void)state;
    fixture_init(&customer, 10, 100, 500, 0);
    for (int i = 0; i < 10; i++) {
        fixture_pass(&customer, 1);
        customer.now_ms += 1000;
    }
    customer.limits.minute = 3;
    /* Eight of the ten have to leave. */
    fixture_deny(&customer, WINDOW_MINUTE, MINUTE_MS - 3000);
    customer.limits.minute = 11;
    fixture_pass(&customer, 1);
}

static void test_limits_of_0_let_nobody_in(void **state)
{
    (void)state;
    fixture_init(&customer, 0, 100, 500, 0);
    fixture_deny(&customer, WINDOW_MINUTE, MINUTE_MS);
    fixture_init(&customer, 5, 0, 500, 0);
    fixture_deny(&customer, WINDOW_HOUR, HOUR_MS);
    fixture_init(&customer, 5, 5, 0, 0);
    fixture_deny(&customer, WINDOW_DAY, DAY_MS);
}

static void test_a_cost_counts_so_often(void **state)
{
    (void)state;
    fixture_init(&customer, 20, 100, 500, 0);
    struct windows_verdict verdict = fixture_check_cost(&customer, 15);
    assert_true(verdict.allowed);
    assert_int_equal(verdict.used_minute, 15);
    assert_int_equal(verdict.used_hour, 15);
    assert_int_equal(verdict.used_day, 15);
    assert_false(fixture_check_cost(&customer, 6).allowed);
    assert_true(fixture_check_cost(&customer, 5).allowed);
    fixture_deny(&customer, WINDOW_MINUTE, MINUTE_MS);
}

static void test_peek_counts_nothing_and_says_what_a_check_would(void **state)
{
    (void)state;
    fixture_init(&customer, 2, 100, 500, 0);
    for (int i = 0; i < 10; i++) {
        assert_true(fixture_apply(&customer, OPERATION_PEEK, 0).allowed);
    }
    fixture_pass(&customer, 2);
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_PEEK, 0);
    assert_false(verdict.allowed);
    assert_false(verdict.notify);
    assert_int_equal(verdict.retry_after_ms, MINUTE_MS);
    assert_true(fixture_check(&customer).notify);
}

static void test_reset_forgets_all(void **state)
{
    (void)state;
    fixture_init(&customer, 2, 2, 2, 0);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 1).allowed);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 2).allowed);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 3).notify);
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_RESET, 0);
    assert_true(verdict.allowed);
    assert_int_equal(verdict.used_day, 0);
    verdict = fixture_apply(&customer, OPERATION_CHECK, 1);
    assert_true(verdict.allowed);
    assert_false(verdict.known);
    fixture_pass(&customer, 1);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 3).notify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minute_lets_the_next_in_after_60_000_ms),
        cmocka_unit_test(test_minute_slides),
        cmocka_unit_test(test_eight_calls_100_ms_apart),
        cmocka_unit_test(test_hour_is_rounded_to_the_later_second),
        cmocka_unit_test(test_hour_keeps_long_gaps),
        cmocka_unit_test(test_day_is_rounded_to_the_later_ten_minutes),
        cmocka_unit_test(test_day_counts_more_than_a_byte_in_one_unit),
        cmocka_unit_test(test_day_units_that_meet),
        cmocka_unit_test(test_what_one_window_denies_counts_in_none),
        cmocka_unit_test(test_the_longest_wait_is_told),
        cmocka_unit_test(test_limits_lowered_below_what_is_used),
        cmocka_unit_test(test_limits_of_0_let_nobody_in),
        cmocka_unit_test(test_a_cost_counts_so_often),
        cmocka_unit_test(test_peek_counts_nothing_and_says_what_a_check_would),
        cmocka_unit_test(test_reset_forgets_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
