/* What a replica remembers of customers: bounded, and only as long as it is true. */
#include "windows_fixture.h"

#include <customers.h>
#include <record.h>

#include <pthread.h>

static struct customers *customers;
static const struct limits limits = {5, 100, 500, 0};

static int setup(void **state)
{
    (void)state;
    customers = customers_new(6400);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    customers_free(&customers);
    assert_null(customers);
    customers_free(&customers);
    return 0;
}

static struct svc_slice key_of(int number, char text[32])
{
    snprintf(text, 32, "52155%08d", number);
    return (struct svc_slice){text, strlen(text)};
}

static struct windows_verdict apply(
    struct svc_slice customer, enum operation operation, int64_t now_ms)
{
    struct windows_request request = {
        .operation = operation, .limits = limits, .cost = 1, .now_ms = now_ms};
    struct windows_verdict verdict;

    customers_apply(customers, customer, &request, &verdict);
    return verdict;
}

static void test_apply_keeps_each_customer_apart(void **state)
{
    char text[32];

    (void)state;
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 50; i++) {
            struct windows_verdict verdict =
                apply(key_of(i, text), OPERATION_CHECK, START_MS + round);
            assert_int_equal(verdict.allowed, round < 5);
        }
    }
}

static void test_keep_and_record_give_the_same_bytes(void **state)
{
    static uint8_t out[RECORD_SIZE_MAX];
    char text[32];
    struct svc_slice customer = key_of(1, text);

    (void)state;
    assert_int_equal(customers_record(customers, customer, out), 0);
    customers_keep(customers, customer, SVC_SLICE(""));
    assert_int_equal(customers_record(customers, customer, out), 0);
    customers_keep(customers, customer, SVC_SLICE("0123456789"));
    assert_int_equal(customers_record(customers, customer, out), 10);
    assert_memory_equal(out, "0123456789", 10);
    customers_keep(customers, customer, SVC_SLICE("012"));
    assert_int_equal(customers_record(customers, customer, out), 3);
    assert_int_equal(customers_record(customers, key_of(2, text), out), 0);
}

static void test_a_record_beyond_all_limits_is_not_kept(void **state)
{
    static uint8_t out[RECORD_SIZE_MAX];
    static char large[RECORD_SIZE_MAX + 1];

    (void)state;
    customers_keep(customers, SVC_SLICE("a"), (struct svc_slice){large, sizeof large});
    assert_int_equal(customers_record(customers, SVC_SLICE("a"), out), 0);
    customers_keep(
        customers, SVC_SLICE("a"), (struct svc_slice){large, sizeof large - 1});
    assert_int_equal(customers_record(customers, SVC_SLICE("a"), out), RECORD_SIZE_MAX);
}

static void test_the_longest_unseen_make_room(void **state)
{
    static uint8_t out[RECORD_SIZE_MAX];
    char text[32];
    int kept = 0;

    (void)state;
    customers_keep(customers, SVC_SLICE("first"), SVC_SLICE("x"));
    for (int i = 0; i < 30000; i++) {
        customers_keep(customers, key_of(i, text), SVC_SLICE("x"));
        if (i % 100 == 0) {
            assert_int_equal(customers_record(customers, SVC_SLICE("first"), out), 1);
        }
    }
    for (int i = 0; i < 30000; i++) {
        bool found = customers_record(customers, key_of(i, text), out) > 0;
        kept += found;
        assert_true(i < 29000 || found);
        assert_false(i < 15000 && found);
    }
    assert_in_range(kept, 5000, 6400 + 64);
}

static void test_the_tier_and_its_age(void **state)
{
    char tier[TIER_NAME_SIZE];
    char text[32];
    struct svc_slice customer = key_of(1, text);

    (void)state;
    assert_false(customers_tier(customers, customer, 0, tier));
    customers_set_tier(customers, customer, SVC_SLICE("vip"), 1000);
    assert_true(customers_tier(customers, customer, 1000, tier));
    assert_string_equal(tier, "vip");
    assert_false(customers_tier(customers, customer, 1001, tier));
    customers_set_tier(customers, customer, (struct svc_slice){0}, 2000);
    assert_true(customers_tier(customers, customer, 1001, tier));
    assert_string_equal(tier, "");
    char long_name[TIER_NAME_SIZE];
    memset(long_name, 'x', sizeof long_name);
    customers_set_tier(
        customers, customer, (struct svc_slice){long_name, sizeof long_name}, 3000);
    assert_true(customers_tier(customers, customer, 0, tier));
    assert_string_equal(tier, "");
}

/* A denial by the minute, noted at 10,000 of the monotonic clock for a second. */
static void deny(struct svc_slice customer, int64_t cost)
{
    const struct denial_time time = {10000, 11000};
    const struct windows_request request = {
        .operation = OPERATION_CHECK, .limits = limits, .cost = cost};
    const struct windows_verdict verdict = {
        .exceeded = WINDOW_MINUTE,
        .retry_after_ms = 30000,
        .notify = true,
        .now_ms = START_MS,
    };

    customers_deny(customers, customer, &request, &verdict, &time);
}

static bool denied(struct svc_slice customer, int64_t cost, int64_t monotonic_ms)
{
    const struct windows_request request = {
        .operation = OPERATION_CHECK, .limits = limits, .cost = cost};
    struct windows_verdict verdict;

    return customers_is_denied(customers, customer, &request, monotonic_ms, &verdict);
}

static void test_a_denial_stands_for_its_time(void **state)
{
    const struct windows_request request = {
        .operation = OPERATION_CHECK, .limits = limits, .cost = 1};
    struct windows_verdict verdict;

    (void)state;
    assert_false(denied(SVC_SLICE("a"), 1, 10000));
    deny(SVC_SLICE("a"), 1);
    assert_false(denied(SVC_SLICE("b"), 1, 10500));
    assert_true(
        customers_is_denied(customers, SVC_SLICE("a"), &request, 10600, &verdict));
    assert_false(verdict.allowed);
    assert_false(verdict.notify);
    assert_int_equal(verdict.exceeded, WINDOW_MINUTE);
    assert_int_equal(verdict.retry_after_ms, 29400);
    assert_int_equal(verdict.now_ms, START_MS + 600);
    assert_true(denied(SVC_SLICE("a"), 1, 10999));
    assert_false(denied(SVC_SLICE("a"), 1, 11000));
    deny(SVC_SLICE("a"), 1);
    customers_forget_denial(customers, SVC_SLICE("a"));
    assert_false(denied(SVC_SLICE("a"), 1, 10500));
    customers_forget_denial(customers, SVC_SLICE("nobody"));
}

static void test_a_denial_is_of_its_limits(void **state)
{
    struct windows_request request = {
        .operation = OPERATION_CHECK, .limits = limits, .cost = 1};
    struct windows_verdict verdict;
    int64_t *const each[] = {&request.limits.minute, &request.limits.hour,
        &request.limits.day, &request.limits.burst};

    (void)state;
    deny(SVC_SLICE("a"), 1);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        ++*each[i];
        assert_false(
            customers_is_denied(customers, SVC_SLICE("a"), &request, 10500, &verdict));
        --*each[i];
    }
    assert_true(
        customers_is_denied(customers, SVC_SLICE("a"), &request, 10500, &verdict));
}

/* In shadow mode nobody is told: the first that is enforced has to ask. */
static void test_a_denial_is_of_its_operation(void **state)
{
    struct windows_request request = {
        .operation = OPERATION_SHADOW, .limits = limits, .cost = 1};
    struct windows_verdict verdict;

    (void)state;
    deny(SVC_SLICE("a"), 1);
    assert_false(
        customers_is_denied(customers, SVC_SLICE("a"), &request, 10500, &verdict));
    request.operation = OPERATION_CHECK;
    assert_true(
        customers_is_denied(customers, SVC_SLICE("a"), &request, 10500, &verdict));
}

static void test_a_denial_of_much_denies_no_less(void **state)
{
    (void)state;
    deny(SVC_SLICE("a"), 10);
    assert_false(denied(SVC_SLICE("a"), 1, 10500));
    assert_false(denied(SVC_SLICE("a"), 9, 10500));
    assert_true(denied(SVC_SLICE("a"), 10, 10500));
    assert_true(denied(SVC_SLICE("a"), 20, 10500));
}

/* They get the answer that they got, from Redis. */
static void test_messages_that_were_answered_pass_a_denial(void **state)
{
    static struct customer_fixture fixture;
    static uint8_t bytes[RECORD_SIZE_MAX];
    struct windows_verdict verdict;

    (void)state;
    fixture_init(&fixture, 1, 100, 500, 0);
    assert_true(fixture_apply(&fixture, OPERATION_CHECK, 1).allowed);
    assert_true(fixture_apply(&fixture, OPERATION_CHECK, 2).notify);
    size_t size = record_encode(&fixture.windows, bytes);
    customers_keep(
        customers, SVC_SLICE("a"), (struct svc_slice){(const char *)bytes, size});
    deny(SVC_SLICE("a"), 1);
    for (uint32_t message = 0; message <= 3; message++) {
        struct windows_request request =
            fixture_request(&fixture, OPERATION_CHECK, message);
        request.limits = limits;
        bool stands =
            customers_is_denied(customers, SVC_SLICE("a"), &request, 10500, &verdict);
        assert_int_equal(stands, message == 0 || message == 3);
    }
}

static void owe(enum operation operation, int64_t now_ms)
{
    const struct windows_request request = {.operation = operation, .now_ms = now_ms};

    customers_owe(customers, SVC_SLICE("a"), &request);
}

static void test_what_is_owed_is_taken_once_and_in_order(void **state)
{
    struct windows_request owed[OWED_MAX];

    (void)state;
    assert_int_equal(customers_take_owed(customers, SVC_SLICE("a"), owed), 0);
    for (int i = 0; i < OWED_MAX + 3; i++) {
        owe(OPERATION_CHECK, i);
    }
    assert_int_equal(customers_take_owed(customers, SVC_SLICE("b"), owed), 0);
    assert_int_equal(customers_take_owed(customers, SVC_SLICE("a"), owed), OWED_MAX);
    for (int i = 0; i < OWED_MAX; i++) {
        assert_int_equal(owed[i].now_ms, i + 3);
    }
    assert_int_equal(customers_take_owed(customers, SVC_SLICE("a"), owed), 0);
    owe(OPERATION_CHECK, 1);
    owe(OPERATION_RESET, 2);
    owe(OPERATION_BLOCK, 3);
    assert_int_equal(customers_take_owed(customers, SVC_SLICE("a"), owed), 2);
    assert_int_equal(owed[0].operation, OPERATION_RESET);
    assert_int_equal(owed[1].operation, OPERATION_BLOCK);
    owe(OPERATION_CHECK, 4); /* and freed with the customer */
}

static void *hammer(void *argument)
{
    int *allowed = argument;
    char text[32];

    for (int i = 0; i < 20000; i++) {
        struct svc_slice customer = key_of(i % 997, text);
        *allowed += apply(customer, OPERATION_CHECK, START_MS).allowed;
        customers_set_tier(customers, customer, SVC_SLICE("vip"), i + 1);
        if (i % 5 == 0) {
            deny(customer, 1);
            customers_forget_denial(customers, key_of(i, text));
        }
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    pthread_t threads[4];
    int allowed[4] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &allowed[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(allowed[0] + allowed[1] + allowed[2] + allowed[3], 997 * 5);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_apply_keeps_each_customer_apart),
        TEST(test_keep_and_record_give_the_same_bytes),
        TEST(test_a_record_beyond_all_limits_is_not_kept),
        TEST(test_the_longest_unseen_make_room),
        TEST(test_the_tier_and_its_age),
        TEST(test_a_denial_stands_for_its_time),
        TEST(test_a_denial_is_of_its_limits),
        TEST(test_a_denial_is_of_its_operation),
        TEST(test_a_denial_of_much_denies_no_less),
        TEST(test_messages_that_were_answered_pass_a_denial),
        TEST(test_what_is_owed_is_taken_once_and_in_order),
        TEST(test_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
