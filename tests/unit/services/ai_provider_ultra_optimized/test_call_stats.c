#include "../../unit.h"

#include <call_stats.h>

static void note(struct call_stats *stats, const char *name,
    enum provider_outcome outcome, int64_t took_ms, int64_t now_ms)
{
    const struct cascade_attempt attempt = {
        .provider = {name, strlen(name)},
        .outcome = outcome,
        .took_ms = took_ms,
        .reason = outcome == PROVIDER_ANSWERED ? NULL : "the reason",
    };

    call_stats_note(stats, &attempt, now_ms);
}

static void test_percentiles_and_errors(void **state)
{
    struct call_stats *stats = call_stats_new();
    struct call_summary summary;

    (void)state;
    for (int i = 1; i <= 100; i++) {
        note(stats, "Gemini", PROVIDER_ANSWERED, i, 1000 + i);
    }
    note(stats, "gemini", PROVIDER_SLOW, 450, 5000);
    call_stats_get(stats, SVC_SLICE("GEMINI"), &summary);
    assert_int_equal(summary.calls, 101);
    assert_int_equal(summary.answered, 100);
    assert_int_equal(summary.p50_ms, 51);
    assert_int_equal(summary.p95_ms, 96);
    assert_string_equal(summary.last_error, "the reason");
    assert_int_equal(summary.last_error_ms, 5000);
    call_stats_free(&stats);
    assert_null(stats);
}

static void test_one_that_was_never_called(void **state)
{
    struct call_stats *stats = call_stats_new();
    struct call_summary summary;

    (void)state;
    call_stats_get(stats, SVC_SLICE("Nadie"), &summary);
    assert_int_equal(summary.calls, 0);
    assert_int_equal(summary.p95_ms, -1);
    assert_string_equal(summary.last_error, "");
    call_stats_free(&stats);
}

static void test_the_latest_times_count(void **state)
{
    struct call_stats *stats = call_stats_new();
    struct call_summary summary;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        note(stats, "a", PROVIDER_ANSWERED, i < 700 ? 5 : 9, 1000 + i);
    }
    call_stats_get(stats, SVC_SLICE("a"), &summary);
    assert_int_equal(summary.answered, 1000);
    assert_int_equal(summary.p50_ms, 9);
    call_stats_free(&stats);
}

static void test_old_names_make_room(void **state)
{
    struct call_stats *stats = call_stats_new();
    struct call_summary summary;
    char name[16];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "p%d", i);
        note(stats, name, PROVIDER_ANSWERED, 1, 1000 + i);
    }
    call_stats_get(stats, SVC_SLICE("p99"), &summary);
    assert_int_equal(summary.calls, 1);
    call_stats_get(stats, SVC_SLICE("p0"), &summary);
    assert_int_equal(summary.calls, 0);
    call_stats_free(&stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_and_errors),
        cmocka_unit_test(test_one_that_was_never_called),
        cmocka_unit_test(test_the_latest_times_count),
        cmocka_unit_test(test_old_names_make_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
