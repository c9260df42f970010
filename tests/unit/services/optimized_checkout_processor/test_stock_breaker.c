#include "../../unit.h"

#include <stock_breaker.h>

#define PATIENCE_MS 1600

static void fail_times(struct stock_breaker *breaker, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++) {
        assert_true(stock_breaker_admits(breaker, now_ms, PATIENCE_MS));
        stock_breaker_note(breaker, false, now_ms);
    }
}

static void test_stock_breaker_opens_after_failures_in_a_row(void **state)
{
    struct stock_breaker breaker = {0};

    (void)state;
    fail_times(&breaker, 4, 0);
    stock_breaker_note(&breaker, true, 0);
    fail_times(&breaker, 4, 0);
    assert_false(stock_breaker_is_open(&breaker, 0));
    fail_times(&breaker, 1, 0);
    assert_true(stock_breaker_is_open(&breaker, 0));
    assert_false(stock_breaker_admits(&breaker, 9999, PATIENCE_MS));
}

static void test_stock_breaker_one_probe(void **state)
{
    struct stock_breaker breaker = {0};

    (void)state;
    fail_times(&breaker, 5, 0);
    assert_true(stock_breaker_admits(&breaker, 10000, PATIENCE_MS));
    assert_false(stock_breaker_admits(&breaker, 10000, PATIENCE_MS));
    assert_true(stock_breaker_is_open(&breaker, 10000));
    stock_breaker_note(&breaker, false, 10500);
    assert_false(stock_breaker_admits(&breaker, 20499, PATIENCE_MS));
    assert_true(stock_breaker_admits(&breaker, 20500, PATIENCE_MS));
    stock_breaker_note(&breaker, true, 20600);
    for (int i = 0; i < 10; i++) {
        assert_true(stock_breaker_admits(&breaker, 20600, PATIENCE_MS));
    }
    fail_times(&breaker, 4, 20600);
    assert_false(stock_breaker_is_open(&breaker, 20600));
}

/* Who tries it out and never says what came of it keeps it open for no one. */
static void test_stock_breaker_lost_probe(void **state)
{
    struct stock_breaker breaker = {0};

    (void)state;
    fail_times(&breaker, 5, 0);
    assert_true(stock_breaker_admits(&breaker, 10000, PATIENCE_MS));
    assert_false(stock_breaker_admits(&breaker, 11599, PATIENCE_MS));
    assert_true(stock_breaker_admits(&breaker, 11600, PATIENCE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stock_breaker_opens_after_failures_in_a_row),
        cmocka_unit_test(test_stock_breaker_one_probe),
        cmocka_unit_test(test_stock_breaker_lost_probe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
