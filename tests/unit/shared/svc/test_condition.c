#include "../../unit.h"

#include <svc/clock.h>
#include <svc/condition.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static bool told;

static void *tell(void *unused)
{
    pthread_mutex_lock(&lock);
    told = true;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&lock);
    return unused;
}

static void test_the_time_is_waited_for(void **state)
{
    (void)state;
    int64_t until_ns = svc_condition_until_ns(30);

    pthread_mutex_lock(&lock);
    while (svc_condition_wait(&condition, &lock, until_ns)) {
    }
    pthread_mutex_unlock(&lock);
    assert_true(svc_clock_monotonic_ns() >= until_ns);
}

static void test_a_time_that_is_over_is_not_waited_for(void **state)
{
    (void)state;
    pthread_mutex_lock(&lock);
    assert_false(svc_condition_wait(&condition, &lock, 1));
    pthread_mutex_unlock(&lock);
}

static void test_a_signal_ends_the_wait(void **state)
{
    (void)state;
    int64_t until_ns = svc_condition_until_ns(60000);
    pthread_t teller;
    bool in_time = true;

    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_create(&teller, NULL, tell, NULL), 0);
    while (!told && in_time) {
        in_time = svc_condition_wait(&condition, &lock, until_ns);
    }
    pthread_mutex_unlock(&lock);
    pthread_join(teller, NULL);
    assert_true(told && in_time);
}

static void test_what_is_told_ends_the_wait_and_the_time_does(void **state)
{
    (void)state;
    pthread_t teller;

    told = false;
    pthread_mutex_lock(&lock);
    assert_false(svc_condition_wait_told(&condition, &lock, &told, 5));
    assert_int_equal(pthread_create(&teller, NULL, tell, NULL), 0);
    assert_true(svc_condition_wait_told(&condition, &lock, &told, 60000));
    assert_true(svc_condition_wait_told(&condition, &lock, &told, 60000));
    pthread_mutex_unlock(&lock);
    pthread_join(teller, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_time_is_waited_for),
        cmocka_unit_test(test_a_time_that_is_over_is_not_waited_for),
        cmocka_unit_test(test_a_signal_ends_the_wait),
        cmocka_unit_test(test_what_is_told_ends_the_wait_and_the_time_does),
    };

    svc_condition_init(&condition);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pthread_cond_destroy(&condition);
    return failed;
}
