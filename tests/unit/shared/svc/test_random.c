#include "../../unit.h"

#include <svc/random.h>

#include <pthread.h>

typedef void fill(uint8_t *bytes, size_t length);

static fill *const fills[] = {svc_random_secure, svc_random_fast};

static void check_fill(fill *fill_bytes, size_t length)
{
    uint8_t seen[40] = {0};

    for (int round = 0; round < 16; round++) {
        uint8_t bytes[42] = {0};
        fill_bytes(bytes + 1, length);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[length + 1], 0);
        for (size_t i = 0; i < length; i++) {
            seen[i] |= bytes[i + 1];
        }
    }
    for (size_t i = 0; i < length; i++) {
        assert_int_not_equal(seen[i], 0);
    }
}

/* Nothing before or behind, and the last byte too. */
static void test_fills_exactly_the_length(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT_OF(fills); f++) {
        for (size_t length = 0; length <= 40; length++) {
            check_fill(fills[f], length);
        }
    }
}

static void test_secure_fills_more_than_one_call_gives(void **state)
{
    (void)state;
    static uint8_t bytes[1024 * 1024];
    size_t bits = 0;

    svc_random_secure(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits += (size_t)__builtin_popcount(bytes[i]);
    }
    /* Half of 8 Mi bits; ten standard deviations. */
    assert_in_range(bits, 4194304 - 14482, 4194304 + 14482);
}

static void test_fast_has_as_many_ones_as_zeros(void **state)
{
    (void)state;
    size_t bits = 0;

    for (int i = 0; i < 131072; i++) {
        uint8_t bytes[8];
        svc_random_fast(bytes, sizeof bytes);
        for (size_t at = 0; at < sizeof bytes; at++) {
            bits += (size_t)__builtin_popcount(bytes[at]);
        }
    }
    assert_in_range(bits, 4194304 - 14482, 4194304 + 14482);
}

static void test_below_is_uniform(void **state)
{
    (void)state;
    static const uint64_t limits[] = {2, 3, 7, 10, 64, 100};
    const size_t rounds = 100000;

    for (size_t l = 0; l < COUNT_OF(limits); l++) {
        size_t counts[100] = {0};
        double chi_squared = 0;
        double expected = (double)rounds / (double)limits[l];
        for (size_t i = 0; i < rounds; i++) {
            uint64_t value = svc_random_below(limits[l]);
            assert_true(value < limits[l]);
            counts[value]++;
        }
        for (size_t i = 0; i < limits[l]; i++) {
            double off = (double)counts[i] - expected;
            chi_squared += off * off / expected;
        }
        /* The mean is limit - 1, the deviation sqrt(2 * (limit - 1)): 14 + ten of them.
         */
        double freedom = (double)limits[l] - 1;
        assert_true(chi_squared < freedom + 14 + 15 * (freedom < 9 ? 3 : freedom / 3));
    }
}

static void test_below_limits(void **state)
{
    (void)state;
    bool high = false;

    for (int i = 0; i < 1000; i++) {
        assert_int_equal(svc_random_below(1), 0);
        uint64_t value = svc_random_below(UINT64_MAX);
        assert_true(value < UINT64_MAX);
        high = high || value > UINT64_MAX / 2;
    }
    assert_true(high);
}

static void *draw(void *out)
{
    svc_random_fast(out, 32);
    return NULL;
}

/* Two threads with the same trace ids would join the traces of two customers. */
static void test_fast_differs_between_threads(void **state)
{
    (void)state;
    uint8_t drawn[8][32];

    for (size_t i = 0; i < COUNT_OF(drawn); i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, draw, drawn[i]), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        for (size_t other = 0; other < i; other++) {
            assert_memory_not_equal(drawn[i], drawn[other], 32);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fills_exactly_the_length),
        cmocka_unit_test(test_secure_fills_more_than_one_call_gives),
        cmocka_unit_test(test_fast_has_as_many_ones_as_zeros),
        cmocka_unit_test(test_below_is_uniform),
        cmocka_unit_test(test_below_limits),
        cmocka_unit_test(test_fast_differs_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
