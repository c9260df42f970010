#include "../../unit.h"

#include <svc/backoff.h>

static void test_backoff_limit_doubles(void **state)
{
    (void)state;
    assert_int_equal(svc_backoff_limit_ms(0, 50, 1000), 50);
    assert_int_equal(svc_backoff_limit_ms(1, 50, 1000), 100);
    assert_int_equal(svc_backoff_limit_ms(4, 50, 1000), 800);
    assert_int_equal(svc_backoff_limit_ms(5, 50, 1000), 1000);
    assert_int_equal(svc_backoff_limit_ms(4000000000u, 50, 1000), 1000);
    assert_int_equal(svc_backoff_limit_ms(0, 5000, 1000), 1000);
    assert_true(svc_backoff_limit_ms(100, 1, INT64_MAX) == INT64_MAX);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 1000; i++) {
        int64_t wait_ms = svc_backoff_ms(1, 50, 1000);
        assert_in_range(wait_ms, 0, 100);
        low |= wait_ms < 20;
        high |= wait_ms > 80;
    }
    assert_true(low && high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_limit_doubles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
