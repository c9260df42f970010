#include "../../unit.h"

#include <pacing.h>

/* A fluid model of n8n: up to CAPACITY executions take WORK_MS, more of them share it. */
static int64_t work_of(int64_t limit, int64_t capacity, int64_t work_ms)
{
    return limit <= capacity ? work_ms : work_ms * limit / capacity;
}

static int64_t settle(
    struct pacing *pacing, int64_t capacity, int64_t work_ms, int64_t from_ms, int turns)
{
    int64_t now_ms = from_ms;

    for (int i = 0; i < turns; i++) {
        int64_t took_ms = work_of(pacing_limit(pacing), capacity, work_ms);
        now_ms += took_ms / pacing_limit(pacing);
        pacing_note_end(pacing, took_ms, now_ms);
    }
    return now_ms;
}

static void grows_to_what_n8n_does_well(void **state)
{
    struct pacing pacing;

    (void)state;
    pacing_init(&pacing, 1, 1000);
    settle(&pacing, 20, 100, 1000, 3000);
    /* Twice the capacity takes twice the time: no more than that, and no less than it. */
    assert_in_range(pacing_limit(&pacing), 20, 42);
}

static void keeps_to_its_bounds(void **state)
{
    struct pacing pacing;

    (void)state;
    pacing_init(&pacing, 8, 4);
    assert_int_equal(pacing_limit(&pacing), 4);
    settle(&pacing, 1000, 10, 1000, 100);
    assert_int_equal(pacing_limit(&pacing), 4);
    for (int i = 0; i < 10; i++) {
        pacing_note_failure(&pacing, 10000 + i * 2000);
    }
    assert_int_equal(pacing_limit(&pacing), 1);
}

static void halves_once_a_second(void **state)
{
    struct pacing pacing;

    (void)state;
    pacing_init(&pacing, 32, 64);
    for (int i = 0; i < 100; i++) {
        pacing_note_failure(&pacing, 5000 + i);
    }
    assert_int_equal(pacing_limit(&pacing), 16);
    pacing_note_failure(&pacing, 6100);
    assert_int_equal(pacing_limit(&pacing), 8);
}

static void a_slower_workflow_is_not_queueing_for_ever(void **state)
{
    struct pacing pacing;

    (void)state;
    pacing_init(&pacing, 8, 64);
    int64_t now_ms = settle(&pacing, 64, 100, 1000, 200);
    /* From now on all turns take five times as long, however few there are. */
    now_ms = settle(&pacing, 64, 500, now_ms, 2000);
    int64_t low = pacing_limit(&pacing);
    settle(&pacing, 64, 500, now_ms + 130000, 3000);
    assert_true(pacing_limit(&pacing) > low || low == 64);
    assert_true(pacing_limit(&pacing) >= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_what_n8n_does_well),
        cmocka_unit_test(keeps_to_its_bounds),
        cmocka_unit_test(halves_once_a_second),
        cmocka_unit_test(a_slower_workflow_is_not_queueing_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
