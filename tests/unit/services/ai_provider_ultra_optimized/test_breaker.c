#include "provider_fixture.h"

#include <breaker.h>
#include <budget.h>

enum what { ADMIT, ANSWER, SLOW, FAIL, BUSY, REFUSE, OURS };

struct step {
    int64_t at_ms;
    enum what what;
    int64_t retry_after_ms;
    bool admitted;            /* of ADMIT */
    enum breaker_state state; /* after it */
};

static enum provider_outcome outcome_of(enum what what)
{
    static const enum provider_outcome outcomes[] = {
        [ANSWER] = PROVIDER_ANSWERED,
        [SLOW] = PROVIDER_SLOW,
        [FAIL] = PROVIDER_FAILED,
        [BUSY] = PROVIDER_BUSY,
        [REFUSE] = PROVIDER_REFUSED,
        [OURS] = PROVIDER_OUR_FAULT,
    };

    return outcomes[what];
}

/* The breaker opens at the third failure in a row, for ten seconds. */
static void run(const struct step *steps, size_t count)
{
    struct provider_config config = make_config("deepseek");
    struct breaker breaker = {0};

    config.breaker_threshold = 3;
    config.breaker_open_s = 10;
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        bool admitted = step->admitted;
        if (step->what == ADMIT) {
            admitted = breaker_admits(&breaker, step->at_ms);
        } else {
            breaker_note(&breaker, &config, outcome_of(step->what), step->retry_after_ms,
                step->at_ms);
        }
        if (admitted != step->admitted || breaker.state != step->state) {
            fail_msg("step %zu: admitted %d, state %d", i, admitted, breaker.state);
        }
    }
}
#define RUN(...)                                                                         \
    do {                                                                                 \
        static const struct step steps[] = {__VA_ARGS__};                                \
        run(steps, COUNT_OF(steps));                                                     \
    } while (0)

static void test_failures_in_a_row_open(void **state)
{
    (void)state;
    RUN({0, ADMIT, 0, true, BREAKER_CLOSED}, {1, FAIL, 0, false, BREAKER_CLOSED},
        {2, SLOW, 0, false, BREAKER_CLOSED}, {3, ANSWER, 0, false, BREAKER_CLOSED},
        {4, FAIL, 0, false, BREAKER_CLOSED}, {5, SLOW, 0, false, BREAKER_CLOSED},
        {6, OURS, 0, false, BREAKER_CLOSED}, {7, ADMIT, 0, true, BREAKER_CLOSED},
        {8, BUSY, 0, false, BREAKER_OPEN}, {9, ADMIT, 0, false, BREAKER_OPEN},
        {10007, ADMIT, 0, false, BREAKER_OPEN},
        {10008, ADMIT, 0, true, BREAKER_HALF_OPEN});
}

static void test_one_probe_and_back(void **state)
{
    (void)state;
    RUN({0, FAIL, 0, false, BREAKER_CLOSED}, {0, FAIL, 0, false, BREAKER_CLOSED},
        {0, FAIL, 0, false, BREAKER_OPEN}, {10000, ADMIT, 0, true, BREAKER_HALF_OPEN},
        {10000, ADMIT, 0, false, BREAKER_HALF_OPEN},
        {10100, ADMIT, 0, false, BREAKER_HALF_OPEN},
        {10200, ANSWER, 0, false, BREAKER_CLOSED},
        {10300, ADMIT, 0, true, BREAKER_CLOSED}, {10301, ADMIT, 0, true, BREAKER_CLOSED},
        /* and counts anew */
        {10302, FAIL, 0, false, BREAKER_CLOSED}, {10303, FAIL, 0, false, BREAKER_CLOSED},
        {10304, FAIL, 0, false, BREAKER_OPEN});
}

static void test_a_failed_probe_opens_again(void **state)
{
    (void)state;
    RUN({0, FAIL, 0, false, BREAKER_CLOSED}, {0, FAIL, 0, false, BREAKER_CLOSED},
        {0, FAIL, 0, false, BREAKER_OPEN}, {10000, ADMIT, 0, true, BREAKER_HALF_OPEN},
        {10400, SLOW, 0, false, BREAKER_OPEN}, {20399, ADMIT, 0, false, BREAKER_OPEN},
        {20400, ADMIT, 0, true, BREAKER_HALF_OPEN},
        /* whoever probed has died */
        {20400 + BREAKER_PROBE_MS - 1, ADMIT, 0, false, BREAKER_HALF_OPEN},
        {20400 + BREAKER_PROBE_MS, ADMIT, 0, true, BREAKER_HALF_OPEN},
        /* a probe that tells nothing */
        {40000, OURS, 0, false, BREAKER_HALF_OPEN},
        {40001, ADMIT, 0, true, BREAKER_HALF_OPEN});
}

static void test_late_answers_close_nothing(void **state)
{
    (void)state;
    RUN({0, FAIL, 0, false, BREAKER_CLOSED}, {0, FAIL, 0, false, BREAKER_CLOSED},
        {0, FAIL, 0, false, BREAKER_OPEN}, {5, ANSWER, 0, false, BREAKER_OPEN},
        {9000, FAIL, 0, false, BREAKER_OPEN}, {10000, ADMIT, 0, true, BREAKER_HALF_OPEN});
}

static void test_busy_is_believed(void **state)
{
    (void)state;
    RUN({0, BUSY, 41000, false, BREAKER_OPEN}, {40999, ADMIT, 0, false, BREAKER_OPEN},
        {41000, ADMIT, 0, true, BREAKER_HALF_OPEN},
        {41010, BUSY, 1000, false, BREAKER_OPEN}, {50000, ADMIT, 0, false, BREAKER_OPEN},
        {51010, ADMIT, 0, true, BREAKER_HALF_OPEN});
    RUN({0, BUSY, 86400000, false, BREAKER_OPEN},
        {3600000, ADMIT, 0, true, BREAKER_HALF_OPEN});
}

static void test_refused_opens_for_long(void **state)
{
    (void)state;
    RUN({0, ANSWER, 0, false, BREAKER_CLOSED}, {0, REFUSE, 0, false, BREAKER_OPEN},
        {10000, ADMIT, 0, false, BREAKER_OPEN},
        {10000 * BREAKER_REFUSED_FACTOR - 1, ADMIT, 0, false, BREAKER_OPEN},
        {10000 * BREAKER_REFUSED_FACTOR, ADMIT, 0, true, BREAKER_HALF_OPEN});
}

/* Every other call fails, so that there are never three in a row. */
static void test_a_rate_opens(void **state)
{
    struct provider_config config = make_config("deepseek");
    struct breaker breaker = {0};
    int calls = 0;

    (void)state;
    while (breaker.state == BREAKER_CLOSED && calls < 100) {
        breaker_note(&breaker, &config,
            calls % 2 == 0 ? PROVIDER_ANSWERED : PROVIDER_FAILED, 0, calls);
        calls++;
    }
    assert_int_equal(calls, BREAKER_CALLS_MIN);
    breaker = (struct breaker){0};
    for (int i = 0; i < 100; i++) {
        /* over many minutes it's too few */
        breaker_note(&breaker, &config, i % 2 == 0 ? PROVIDER_ANSWERED : PROVIDER_FAILED,
            0, (int64_t)i * 5000);
        assert_int_equal(breaker.state, BREAKER_CLOSED);
    }
}

static void test_budget(void **state)
{
    struct provider_config config = make_config("deepseek");
    struct budget budget = {0};

    (void)state;
    assert_int_equal(budget_day(86399999), 0);
    assert_int_equal(budget_day(86400000), 1);
    config.daily_budget_usd = 1;
    assert_true(budget_allows(&budget, &config, 1));
    budget_add(&budget, 1, 0.75);
    budget_add(&budget, 1, -5);
    assert_true(budget_allows(&budget, &config, 1));
    budget.known_usd = 0.25;
    assert_false(budget_allows(&budget, &config, 1));
    assert_true(budget_allows(&budget, &config, 2));
    config.daily_budget_usd = 0;
    assert_false(budget_allows(&budget, &config, 2));
    config.input_usd_per_million = config.output_usd_per_million = 0;
    assert_true(budget_allows(&budget, &config, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_in_a_row_open),
        cmocka_unit_test(test_one_probe_and_back),
        cmocka_unit_test(test_a_failed_probe_opens_again),
        cmocka_unit_test(test_late_answers_close_nothing),
        cmocka_unit_test(test_busy_is_believed),
        cmocka_unit_test(test_refused_opens_for_long),
        cmocka_unit_test(test_a_rate_opens),
        cmocka_unit_test(test_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
