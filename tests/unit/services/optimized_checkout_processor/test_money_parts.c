#include "../../unit.h"

#include <quote.h>

static void test_money_portion(void **state)
{
    static const struct {
        int64_t amount;
        int64_t rate;
        int64_t divisor;
        int64_t portion;
    } cases[] = {
        {1000, 1600, 10000, 160},
        {1000, 1600, 11600, 138}, /* 137.93: the 16 % inside */
        {1, 5000, 10000, 1},      /* a half goes up */
        {-1, 5000, 10000, -1},    /* ... away from zero */
        {3, 5000, 10000, 2},
        {1, 4999, 10000, 0},
        {1, 1, 3, 0},
        {2, 1, 3, 1},
        {-2, 1, 3, -1},
        {0, 10000, 10000, 0},
        {INT64_C(5000000000000000), 10000, 10000, INT64_C(5000000000000000)},
        {INT64_C(5000000000000000), 9999, 10000, INT64_C(4999500000000000)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(money_portion(cases[i].amount, cases[i].rate, cases[i].divisor),
            cases[i].portion);
    }
}

static void test_money_allocate(void **state)
{
    static const struct {
        int64_t amount;
        int64_t weights[4];
        size_t count;
        int64_t shares[4];
    } cases[] = {
        {100, {1, 1, 1}, 3, {34, 33, 33}}, /* the earlier part where they're alike */
        {100, {0, 1, 2}, 3, {0, 33, 67}},  /* the largest remainder */
        {5, {0, 0}, 2, {3, 2}},            /* all zero: alike */
        {-100, {1, 1, 1}, 3, {-34, -33, -33}},
        {1, {1, 1, 1, 1}, 4, {1, 0, 0, 0}},
        {0, {7, 9}, 2, {0, 0}},
        {7, {3}, 1, {7}},
        {INT64_C(5000000000000000), {INT64_C(5000000000000000), 1}, 2,
            {INT64_C(4999999999999999), 1}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t shares[4] = {0};
        money_allocate(cases[i].amount, cases[i].weights, cases[i].count, shares);
        for (size_t j = 0; j < cases[i].count; j++) {
            if (shares[j] != cases[i].shares[j]) {
                fail_msg("case %zu, part %zu: %lld", i, j, (long long)shares[j]);
            }
        }
    }
    money_allocate(0, NULL, 0, NULL);
}

/* Each share is what it'd be exactly, cut or raised to the unit; their sum is exact. */
static void test_money_allocate_any(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        int64_t weights[MONEY_PARTS_MAX];
        int64_t shares[MONEY_PARTS_MAX];
        size_t count = 1 + unit_next(&seed) % MONEY_PARTS_MAX;
        int64_t amount = (int64_t)(unit_next(&seed) >> (unit_next(&seed) % 60 + 4));
        int64_t total = 0;
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            weights[i] = (int64_t)(unit_next(&seed) % 1000000);
            weights[i] *= unit_next(&seed) % 4 != 0;
            total += weights[i];
        }
        money_allocate(amount, weights, count, shares);
        for (size_t i = 0; i < count; i++) {
            sum += shares[i];
            if (total == 0) {
                continue;
            }
            double exact = (double)amount * (double)weights[i] / (double)total;
            assert_true((double)shares[i] > exact * (1 - 1e-12) - 1);
            assert_true((double)shares[i] < exact * (1 + 1e-12) + 1);
            assert_true(weights[i] > 0 || shares[i] == 0);
        }
        assert_int_equal(sum, amount);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_portion),
        cmocka_unit_test(test_money_allocate),
        cmocka_unit_test(test_money_allocate_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
