/* Blocks, notices, refunds, bursts, and clocks that misbehave. */
#include "windows_fixture.h"

static struct customer_fixture customer;

static void block(int64_t for_ms)
{
    struct windows_request request = fixture_request(&customer, OPERATION_BLOCK, 0);
    struct windows_verdict verdict;

    request.block_for_ms = for_ms;
    windows_apply(&customer.windows, &request, &verdict);
    assert_true(verdict.allowed);
}

static bool told(uint32_t message)
{
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_CHECK, message);

    assert_false(verdict.allowed);
    return verdict.notify;
}

static void test_block_until_its_time(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    block(90000);
    fixture_deny(&customer, WINDOW_BLOCK, 90000);
    customer.now_ms += 89999;
    fixture_deny(&customer, WINDOW_BLOCK, 1);
    customer.now_ms++;
    fixture_pass(&customer, 5);
}

static void test_block_ends_at_a_word(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    block(90000);
    block(0);
    fixture_pass(&customer, 1);
    block(90000);
    (void)fixture_apply(&customer, OPERATION_RESET, 0);
    fixture_pass(&customer, 5);
}

static void test_each_block_is_told(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    block(90000);
    assert_true(told(1));
    assert_false(told(2));
    block(0);
    block(80000);
    assert_true(told(3));
    assert_false(told(4));
    block(0);
    fixture_pass(&customer, 5);
    assert_true(told(5));
}

/* A minute's times are kept by their low 32 bits, which come again after 49 days. */
static void test_a_long_block_ends_with_empty_windows(void **state)
{
    (void)state;
    for (int days = 2; days < 60; days += 3) {
        fixture_init(&customer, 5, 100, 500, 0);
        for (uint32_t i = 1; i <= 5; i++) {
            assert_true(fixture_apply(&customer, OPERATION_CHECK, i).allowed);
        }
        block(days * DAY_MS);
        assert_true(told(9));
        customer.now_ms += days * DAY_MS;
        assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_minute, 0);
        assert_false(fixture_apply(&customer, OPERATION_REFUND, 2).known);
        fixture_pass(&customer, 5);
    }
}

static void test_notice_once_and_again_to_the_same_message(void **state)
{
    (void)state;
    fixture_init(&customer, 1, 100, 500, 0);
    fixture_pass(&customer, 1);
    assert_true(told(7));
    assert_false(told(8));
    assert_false(told(0));
    assert_true(told(7));
    assert_false(told(8));
}

static void test_notice_to_messages_without_id(void **state)
{
    (void)state;
    fixture_init(&customer, 1, 100, 500, 0);
    fixture_pass(&customer, 1);
    assert_true(told(0));
    assert_false(told(0));
}

/* Who goes on writing gets one notice, not one for each place that becomes free. */
static void test_one_notice_in_a_minute_of_hammering(void **state)
{
    int notices = 0;

    (void)state;
    fixture_init(&customer, 5, 1000, 5000, 0);
    for (int i = 0; i < 5; i++) {
        fixture_pass(&customer, 1);
        customer.now_ms += 50;
    }
    int64_t end_ms = customer.now_ms + MINUTE_MS;
    for (; customer.now_ms < end_ms; customer.now_ms += 7) {
        struct windows_verdict verdict = fixture_check(&customer);
        notices += verdict.notify;
    }
    assert_int_equal(notices, 1);
}

static void test_few_notices_in_an_hour_of_hammering(void **state)
{
    int notices = 0;

    (void)state;
    fixture_init(&customer, 5, 60, 500, 0);
    for (int i = 0; i < 2 * 3600; i++) {
        notices += fixture_check(&customer).notify;
        customer.now_ms += 1000;
    }
    /* One a minute until the hour is full, one for that, one in the next hour. */
    assert_in_range(notices, 2, 60 / 5 + 2);
}

static void test_a_longer_window_is_told_too(void **state)
{
    (void)state;
    fixture_init(&customer, 2, 3, 500, 0);
    fixture_pass(&customer, 2);
    assert_true(told(0));
    customer.now_ms += MINUTE_MS;
    fixture_pass(&customer, 1);
    assert_true(told(0));
    assert_false(told(0));
    block(DAY_MS);
    assert_true(told(0));
}

static void test_shadow_judges_and_tells_nobody(void **state)
{
    (void)state;
    fixture_init(&customer, 1, 100, 500, 0);
    assert_true(fixture_apply(&customer, OPERATION_SHADOW, 0).allowed);
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_SHADOW, 0);
    assert_false(verdict.allowed);
    assert_false(verdict.notify);
    assert_int_equal(verdict.used_minute, 1);
    assert_true(told(0));
}

static void test_a_message_counts_once(void **state)
{
    (void)state;
    fixture_init(&customer, 20, 100, 500, 0);
    for (int i = 0; i < 10; i++) {
        struct windows_verdict verdict = fixture_apply(&customer, OPERATION_CHECK, 1);
        assert_true(verdict.allowed);
        assert_int_equal(verdict.known, i > 0);
        assert_int_equal(verdict.used_minute, 1);
    }
    for (uint32_t i = 2; i <= WINDOWS_MESSAGES_MAX; i++) {
        assert_false(fixture_apply(&customer, OPERATION_CHECK, i).known);
    }
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 1).known);
    assert_false(fixture_apply(&customer, OPERATION_CHECK, 99).known);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 2).known);
    assert_false(fixture_apply(&customer, OPERATION_CHECK, 1).known);
}

static void test_a_counted_message_passes_full_windows_and_blocks(void **state)
{
    (void)state;
    fixture_init(&customer, 1, 100, 500, 0);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 1).allowed);
    assert_false(fixture_apply(&customer, OPERATION_CHECK, 2).allowed);
    block(90000);
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_CHECK, 1);
    assert_true(verdict.allowed && verdict.known);
    assert_int_equal(verdict.exceeded, WINDOW_NONE);
}

/* What was denied is judged anew: it has not been counted. */
static void test_a_denied_message_may_pass_later(void **state)
{
    (void)state;
    fixture_init(&customer, 1, 100, 500, 0);
    fixture_pass(&customer, 1);
    assert_true(told(2));
    customer.now_ms += MINUTE_MS;
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_CHECK, 2);
    assert_true(verdict.allowed);
    assert_false(verdict.known);
}

static void test_refund_in_the_middle(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    for (uint32_t i = 1; i <= 5; i++) {
        assert_true(fixture_apply(&customer, OPERATION_CHECK, i).allowed);
        customer.now_ms += 300000 / (i == 3 ? 1 : 30);
    }
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_REFUND, 3);
    assert_true(verdict.known);
    assert_int_equal(verdict.used_hour, 4);
    assert_int_equal(verdict.used_day, 4);
    assert_false(fixture_apply(&customer, OPERATION_REFUND, 3).known);
    assert_false(fixture_apply(&customer, OPERATION_REFUND, 77).known);
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_day, 4);
    verdict = fixture_apply(&customer, OPERATION_CHECK, 3);
    assert_true(verdict.allowed);
    assert_false(verdict.known);
}

static void test_refund_gives_the_place_back(void **state)
{
    (void)state;
    fixture_init(&customer, 3, 3, 3, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_true(fixture_apply(&customer, OPERATION_CHECK, i).allowed);
        customer.now_ms += 1000;
    }
    assert_true(told(9));
    assert_true(fixture_apply(&customer, OPERATION_REFUND, 2).known);
    fixture_pass(&customer, 1);
    /* The first and the third still have their own times. */
    customer.now_ms = START_MS;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_minute, 3);
    customer.now_ms = START_MS + MINUTE_MS;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_minute, 2);
    customer.now_ms = START_MS + MINUTE_MS + 1999;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_minute, 2);
    customer.now_ms++;
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_minute, 1);
}

static void test_burst_spends_and_refills_to_the_millisecond(void **state)
{
    (void)state;
    fixture_init(&customer, 7, 1000, 5000, 10);
    fixture_pass(&customer, 10);
    /* A token every 60000 / 7 = 8571.43 ms. */
    fixture_deny(&customer, WINDOW_MINUTE, 8572);
    customer.now_ms += 8571;
    fixture_deny(&customer, WINDOW_MINUTE, 1);
    customer.now_ms++;
    fixture_pass(&customer, 1);
    fixture_deny(&customer, WINDOW_MINUTE, 8571);
    /* In 100 minutes of steps that fit no token, 700 of them and the 4 in hand at most.
     */
    int allowed = 0;
    for (int i = 0; i < 6000; i++) {
        customer.now_ms += 1000;
        customer.limits.hour = 100000;
        allowed += fixture_check(&customer).allowed;
    }
    assert_in_range(allowed, 699, 700);
}

static void test_burst_fills_up_to_its_size(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 1000, 5000, 8);
    fixture_pass(&customer, 8);
    customer.now_ms += HOUR_MS;
    fixture_pass(&customer, 8);
    assert_false(fixture_check(&customer).allowed);
    assert_false(fixture_check_cost(&customer, 2).allowed);
    customer.now_ms += 24000;
    assert_true(fixture_check_cost(&customer, 2).allowed);
}

static void test_burst_leaves_hour_and_day_in_force(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 7, 500, 50);
    fixture_pass(&customer, 7);
    assert_int_equal(fixture_check(&customer).exceeded, WINDOW_HOUR);
    fixture_init(&customer, 5, 7, 6, 50);
    fixture_pass(&customer, 6);
    assert_int_equal(fixture_check(&customer).exceeded, WINDOW_DAY);
}

static void test_burst_beyond_what_the_minute_holds(void **state)
{
    (void)state;
    fixture_init(&customer, 1000, 20000, 200000, 3000);
    fixture_pass(&customer, 3000);
    assert_false(fixture_check(&customer).allowed);
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_hour, 3000);
}

static void test_burst_refund(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 2);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 1).allowed);
    assert_true(fixture_apply(&customer, OPERATION_CHECK, 2).allowed);
    assert_false(fixture_check(&customer).allowed);
    assert_true(fixture_apply(&customer, OPERATION_REFUND, 1).known);
    fixture_pass(&customer, 1);
    assert_false(fixture_check(&customer).allowed);
}

static void test_a_clock_that_goes_back_lets_no_more_in(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    fixture_pass(&customer, 5);
    for (int i = 0; i < 300; i++) {
        customer.now_ms -= 1000;
        struct windows_verdict verdict = fixture_check(&customer);
        assert_false(verdict.allowed);
        assert_int_equal(verdict.retry_after_ms, MINUTE_MS);
    }
    customer.now_ms = START_MS + MINUTE_MS - 1;
    assert_false(fixture_check(&customer).allowed);
    customer.now_ms++;
    fixture_pass(&customer, 5);
}

static void test_hour_and_day_of_a_clock_that_goes_back(void **state)
{
    (void)state;
    fixture_init(&customer, 100, 10, 15, 0);
    fixture_pass(&customer, 5);
    customer.now_ms -= 300000;
    fixture_pass(&customer, 5);
    assert_int_equal(fixture_check(&customer).exceeded, WINDOW_HOUR);
    customer.now_ms = START_MS + HOUR_MS - 1;
    assert_int_equal(fixture_check(&customer).exceeded, WINDOW_HOUR);
    customer.now_ms = START_MS + HOUR_MS + 1000;
    fixture_pass(&customer, 5);
    assert_int_equal(fixture_check(&customer).exceeded, WINDOW_DAY);
}

static void test_the_minute_over_the_wrap_of_its_32_bits(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    customer.now_ms = (START_MS >> 32 << 32) - 30000;
    for (int i = 0; i < 5; i++) {
        fixture_pass(&customer, 1);
        customer.now_ms += 10000;
    }
    fixture_deny(&customer, WINDOW_MINUTE, 10000);
    customer.now_ms += 9999;
    fixture_deny(&customer, WINDOW_MINUTE, 1);
    customer.now_ms++;
    fixture_pass(&customer, 1);
    fixture_deny(&customer, WINDOW_MINUTE, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_until_its_time),
        cmocka_unit_test(test_block_ends_at_a_word),
        cmocka_unit_test(test_each_block_is_told),
        cmocka_unit_test(test_a_long_block_ends_with_empty_windows),
        cmocka_unit_test(test_notice_once_and_again_to_the_same_message),
        cmocka_unit_test(test_notice_to_messages_without_id),
        cmocka_unit_test(test_one_notice_in_a_minute_of_hammering),
        cmocka_unit_test(test_few_notices_in_an_hour_of_hammering),
        cmocka_unit_test(test_a_longer_window_is_told_too),
        cmocka_unit_test(test_shadow_judges_and_tells_nobody),
        cmocka_unit_test(test_a_message_counts_once),
        cmocka_unit_test(test_a_counted_message_passes_full_windows_and_blocks),
        cmocka_unit_test(test_a_denied_message_may_pass_later),
        cmocka_unit_test(test_refund_in_the_middle),
        cmocka_unit_test(test_refund_gives_the_place_back),
        cmocka_unit_test(test_burst_spends_and_refills_to_the_millisecond),
        cmocka_unit_test(test_burst_fills_up_to_its_size),
        cmocka_unit_test(test_burst_leaves_hour_and_day_in_force),
        cmocka_unit_test(test_burst_beyond_what_the_minute_holds),
        cmocka_unit_test(test_burst_refund),
        cmocka_unit_test(test_a_clock_that_goes_back_lets_no_more_in),
        cmocka_unit_test(test_hour_and_day_of_a_clock_that_goes_back),
        cmocka_unit_test(test_the_minute_over_the_wrap_of_its_32_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
