/* Random sequences beside a model that keeps every time: never more than a limit in any
 * interval of its length, and never a denial that the stated rounding doesn't explain. */
#include "windows_fixture.h"

#define EVENTS_MAX 60000
#define MESSAGES_MAX 16

struct event {
    int64_t time_ms;
    uint32_t message;
};

struct model {
    struct event events[EVENTS_MAX]; /* what was allowed, oldest first */
    size_t count;
    uint32_t known[MESSAGES_MAX]; /* the last that were counted, oldest first */
    size_t known_count;
};

struct setup {
    struct limits limits;
    int64_t step_max_ms; /* of most steps */
    int64_t cost_max;
    int refunds_in_100;
};

static struct model model;
static struct customer_fixture customer;

/* How many of the events, each rounded up to UNIT, haven't left a window yet. */
static int64_t in_window(int64_t now_ms, int64_t unit_ms, int64_t window_ms)
{
    int64_t found = 0;

    for (size_t i = model.count; i > 0; i--) {
        int64_t time_ms = model.events[i - 1].time_ms;
        int64_t kept_ms = unit_ms > 1 ? (time_ms / unit_ms + 1) * unit_ms : time_ms;
        if (now_ms >= kept_ms + window_ms) {
            break;
        }
        found++;
    }
    return found;
}

static bool is_known(uint32_t message)
{
    for (size_t i = 0; message != 0 && i < model.known_count; i++) {
        if (model.known[i] == message) {
            return true;
        }
    }
    return false;
}

static void forget_known(uint32_t message)
{
    size_t kept = 0;

    for (size_t i = 0; i < model.known_count; i++) {
        if (model.known[i] != message) {
            model.known[kept++] = model.known[i];
        }
    }
    model.known_count = kept;
}

static void add(uint32_t message, int64_t cost)
{
    if (model.count + (size_t)cost > EVENTS_MAX) {
        size_t gone = EVENTS_MAX / 2;
        model.count -= gone;
        memmove(model.events, model.events + gone, model.count * sizeof model.events[0]);
    }
    for (int64_t i = 0; i < cost; i++) {
        model.events[model.count++] = (struct event){customer.now_ms, message};
    }
    if (message == 0) {
        return;
    }
    if (model.known_count == MESSAGES_MAX) {
        forget_known(model.known[0]);
    }
    model.known[model.known_count++] = message;
}

static void take_back(uint32_t message)
{
    forget_known(message);
    for (size_t i = model.count; i > 0; i--) {
        if (model.events[i - 1].message == message) {
            model.count--;
            memmove(model.events + i - 1, model.events + i,
                (model.count - (i - 1)) * sizeof model.events[0]);
            return;
        }
    }
}

/* The truth: what has passed within the last window, to the millisecond. */
static void assert_within_limits(void)
{
    assert_true(in_window(customer.now_ms, 1, MINUTE_MS) <= customer.limits.minute);
    assert_true(in_window(customer.now_ms, 1, HOUR_MS) <= customer.limits.hour);
    assert_true(in_window(customer.now_ms, 1, DAY_MS) <= customer.limits.day);
}

static bool is_over(int64_t now_ms, int64_t cost)
{
    return in_window(now_ms, 1, MINUTE_MS) + cost > customer.limits.minute ||
           in_window(now_ms, 1000, HOUR_MS) + cost > customer.limits.hour ||
           in_window(now_ms, WINDOW_DAY_UNIT_MS, DAY_MS) + cost > customer.limits.day;
}

static void assert_used(const struct windows_verdict *verdict)
{
    int64_t now_ms = customer.now_ms;

    assert_int_equal(verdict->used_minute, in_window(now_ms, 1, MINUTE_MS));
    assert_int_equal(verdict->used_hour, in_window(now_ms, 1000, HOUR_MS));
    assert_int_equal(verdict->used_day, in_window(now_ms, WINDOW_DAY_UNIT_MS, DAY_MS));
}

/* The time to wait is the least that helps. */
static void assert_wait(const struct windows_verdict *verdict, int64_t cost)
{
    int64_t now_ms = customer.now_ms + verdict->retry_after_ms;

    assert_true(verdict->retry_after_ms > 0);
    assert_true(is_over(now_ms - 1, cost));
    if (cost <= customer.limits.minute && cost <= customer.limits.hour &&
        cost <= customer.limits.day) {
        assert_false(is_over(now_ms, cost));
    }
}

static void step_check(uint32_t message, int64_t cost)
{
    struct windows_request request = fixture_request(&customer, OPERATION_CHECK, message);
    struct windows_verdict verdict;
    bool known = is_known(message);
    bool over = is_over(customer.now_ms, cost);

    request.cost = cost;
    windows_apply(&customer.windows, &request, &verdict);
    assert_int_equal(verdict.known, known);
    assert_int_equal(verdict.allowed, known || !over);
    if (verdict.allowed && !known) {
        add(message, cost);
    }
    assert_used(&verdict);
    assert_within_limits();
    if (!verdict.allowed) {
        assert_wait(&verdict, cost);
    }
}

static void step_refund(uint32_t message)
{
    struct windows_verdict verdict = fixture_apply(&customer, OPERATION_REFUND, message);

    assert_int_equal(verdict.known, is_known(message));
    if (verdict.known) {
        take_back(message);
    }
    assert_used(&verdict);
}

static int64_t random_step_ms(uint64_t *random, int64_t usual_ms)
{
    switch (unit_next(random) % 200) {
    case 0:
        return (int64_t)(unit_next(random) % (uint64_t)(30 * HOUR_MS));
    case 1:
    case 2:
        return (int64_t)(unit_next(random) % (uint64_t)(2 * HOUR_MS));
    case 3:
        return 60 * DAY_MS * (unit_next(random) % 20 == 0);
    default:
        return (int64_t)(unit_next(random) % (uint64_t)(usual_ms + 1));
    }
}

/* Who has sent nothing for a day is as new. */
static void forget_all_after_a_day(void)
{
    if (in_window(customer.now_ms, WINDOW_DAY_UNIT_MS, DAY_MS) == 0) {
        model.known_count = 0;
    }
}

static void run_sequence(const struct setup *setup, uint64_t seed, int steps)
{
    uint64_t random = seed;
    uint32_t newest = 0;

    fixture_init(&customer, 0, 0, 0, 0);
    customer.limits = setup->limits;
    model.count = model.known_count = 0;
    for (int i = 0; i < steps; i++) {
        customer.now_ms += random_step_ms(&random, setup->step_max_ms);
        forget_all_after_a_day();
        uint64_t chance = unit_next(&random) % 100;
        uint32_t old = newest - (uint32_t)(unit_next(&random) % 24);
        uint32_t message = chance < 60 ? ++newest : chance < 90 ? 0 : old;
        message = newest < 24 && chance >= 90 ? 0 : message;
        if ((int)(unit_next(&random) % 100) < setup->refunds_in_100 && newest >= 24) {
            step_refund(old);
        } else {
            step_check(
                message, 1 + (int64_t)(unit_next(&random) % (uint64_t)setup->cost_max));
        }
    }
}

static void test_small_limits(void **state)
{
    static const struct setup setups[] = {
        {{5, 100, 500, 0}, 5000, 1, 5},
        {{5, 60, 500, 0}, 20000, 1, 0},
        {{5, 8, 11, 0}, 300000, 1, 10},
        {{1, 1, 1, 0}, 3600000, 1, 10},
        {{3, 20, 30, 0}, 40, 3, 10},
        {{20, 300, 2000, 0}, 2000, 1, 2},
        {{20, 40, 41, 0}, 60000, 25, 20},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(setups); i++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            run_sequence(&setups[i], seed, 10000);
        }
    }
}

static void test_big_limits(void **state)
{
    static const struct setup setups[] = {
        {{1000, 3000, 10000, 0}, 150, 1, 1},
        {{1000, 20000, 30000, 0}, 100, 3, 0},
        {{300, 1500, 2500, 0}, 1500, 2, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(setups); i++) {
        run_sequence(&setups[i], 100 + i, 15000);
    }
}

/* The most there may be, in one go: 1000 a minute, 20000 an hour with gaps of all sizes.
 */
static void test_the_largest_limits(void **state)
{
    (void)state;
    fixture_init(&customer, 1000, 20000, 200000, 0);
    int64_t hours_allowed = 0;
    for (int minute = 0; minute < 90; minute++) {
        int64_t allowed = 0;
        for (int i = 0; i < 1100; i++) {
            allowed += fixture_check(&customer).allowed;
        }
        assert_true(allowed <= 1000);
        hours_allowed += minute < 60 ? allowed : 0;
        customer.now_ms += minute % 2 == 0 ? MINUTE_MS : 0;
        customer.now_ms += minute % 20 == 0 ? 256000 : 0;
    }
    assert_true(hours_allowed <= 20000 * 2);
    customer.now_ms += DAY_MS * 2;
    for (int i = 0; i < 1000; i++) {
        assert_true(fixture_check(&customer).allowed);
    }
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_day, 1000);
}

/* An hour that is full to its limit stays full, also where gaps take bytes of their own.
 */
static void test_the_largest_hour_is_exact(void **state)
{
    int64_t allowed = 0;

    (void)state;
    fixture_init(&customer, 1000, 20000, 200000, 0);
    for (int i = 0; i < 6; i++) {
        fixture_pass(&customer, 1);
        customer.now_ms += 300000;
    }
    for (int second = 0; second < 1300; second++) {
        for (int i = 0; i < 16; i++) {
            allowed += fixture_check(&customer).allowed;
        }
        customer.now_ms += 1000;
    }
    assert_int_equal(allowed, 20000 - 6);
    assert_int_equal(fixture_apply(&customer, OPERATION_PEEK, 0).used_hour, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_limits),
        cmocka_unit_test(test_big_limits),
        cmocka_unit_test(test_the_largest_limits),
        cmocka_unit_test(test_the_largest_hour_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
