#include "aggregate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY INT64_C(20700)
#define NOON_MS ((DAY * 86400 + 43200) * 1000)

struct counts {
    struct deltas *deltas;
    struct labels *labels;
    struct svc_arena arena;
};

static int set_up(void **state)
{
    struct counts *counts = svc_alloc_zero(1, sizeof *counts);

    counts->deltas = deltas_new();
    counts->labels = labels_new();
    *state = counts;
    return 0;
}

static int tear_down(void **state)
{
    struct counts *counts = *state;

    deltas_free(&counts->deltas);
    labels_free(&counts->labels);
    svc_arena_done(&counts->arena);
    svc_free_scoped(state);
    return 0;
}

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, text != NULL ? strlen(text) : 0};
}

static void add_at(
    struct counts *counts, const char *type, const char *data, int64_t occurred_ms)
{
    const struct logged_event event = {
        .type = slice(type),
        .customer_key = slice("5215512345678"),
        .data = slice(data),
        .occurred_ms = occurred_ms,
        .day = occurred_ms / 86400000,
    };

    aggregate_add(counts->deltas, counts->labels, &counts->arena, &event);
}

static void add(struct counts *counts, const char *type, const char *data)
{
    add_at(counts, type, data, NOON_MS);
}

/* The row with these; NULL: none. */
static const struct delta *find(const struct counts *counts, enum delta_kind kind,
    char granularity, const char *name, const char *label)
{
    for (size_t i = 0; i < deltas_count(counts->deltas); i++) {
        const struct delta *delta = deltas_at(counts->deltas, i);
        if (delta->key.kind == kind && delta->key.granularity == granularity &&
            strcmp(delta->key.name, name) == 0 &&
            svc_slice_equals(delta->key.label, label)) {
            return delta;
        }
    }
    return NULL;
}

static void test_an_event_counts_in_its_minute_hour_and_day(void **state)
{
    struct counts *counts = *state;

    add_at(counts, "message", NULL, NOON_MS + 61500);
    add_at(counts, "message", NULL, NOON_MS + 62500);
    assert_int_equal(
        find(counts, DELTA_COUNT, 'm', "message", "")->key.bucket, NOON_MS / 1000 + 60);
    assert_int_equal(
        find(counts, DELTA_COUNT, 'h', "message", "")->key.bucket, NOON_MS / 1000);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "message", "")->key.bucket, DAY);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "message", "")->count, 2);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "events", "message")->count, 2);
}

static void test_steps_of_a_customer_are_put_together(void **state)
{
    struct counts *counts = *state;

    add(counts, "message", NULL);
    add(counts, "search", "{\"query\":\"x\",\"total\":1}");
    add(counts, "paid", "{\"total_minor\":500,\"currency\":\"MXN\"}");
    add(counts, "paid", "{\"total_minor\":250,\"currency\":\"MXN\"}");
    const struct delta *row = find(counts, DELTA_CUSTOMER, 'd', "", "5215512345678");
    assert_int_equal(row->extra, STEP_MESSAGE | STEP_SEARCH | STEP_PAID);
    assert_int_equal(row->count, 4);
    assert_int_equal(row->sum, 750);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "paid", "MXN")->sum, 750);
}

static void test_searches_are_one_term_however_they_are_written(void **state)
{
    struct counts *counts = *state;

    add(counts, "search", "{\"query\":\" Aud\303\215FONOS  bluetooth! \",\"total\":3}");
    add(counts, "search", "{\"query\":\"audifonos bluetooth\",\"total\":0}");
    assert_int_equal(
        find(counts, DELTA_TERM, 'd', "search", "audifonos bluetooth")->count, 2);
    assert_int_equal(
        find(counts, DELTA_TERM, 'd', "zero_search", "audifonos bluetooth")->count, 1);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "zero_search", "")->count, 1);
}

/* A price comes with `sent` as well, and is charged on delivery. */
static void test_a_message_costs_once(void **state)
{
    struct counts *counts = *state;
    static const char sent[] =
        "{\"status\":\"sent\",\"phone_number_id\":\"7\",\"pricing\":"
        "{\"billable\":true,\"category\":\"marketing\"}}";
    static const char delivered[] =
        "{\"status\":\"delivered\",\"phone_number_id\":\"7\",\"pricing\":"
        "{\"billable\":true,\"category\":\"marketing\"}}";
    static const char seen[] = "{\"status\":\"read\",\"phone_number_id\":\"7\"}";

    add(counts, "status", sent);
    add(counts, "status", delivered);
    add(counts, "status", seen);
    const struct delta *row = find(counts, DELTA_COST, 'd', "whatsapp", "marketing");
    assert_int_equal(row->count, 1);
    assert_int_equal(row->extra, 1);
    assert_true(svc_slice_equals(row->key.detail, "7"));
}

static void test_model_costs_are_whole_numbers(void **state)
{
    struct counts *counts = *state;

    for (int i = 0; i < 1000; i++) {
        add(counts, "intent",
            "{\"intent\":\"help\",\"source\":\"gemini\",\"model\":\"m\",\"cost_usd\":"
            "0.0000123}");
    }
    assert_int_equal(find(counts, DELTA_COST, 'd', "model", "m")->sum, 12300000);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "intent", "help")->sum, 12300000);
}

static void test_labels_without_end_become_other(void **state)
{
    struct counts *counts = *state;
    char type[32];

    for (int i = 0; i < 500; i++) {
        snprintf(type, sizeof type, "kind%d", i);
        add(counts, type, NULL);
    }
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "events", "kind0")->count, 1);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "events", "other")->count, 400);
    assert_null(find(counts, DELTA_COUNT, 'd', "events", "kind400"));
}

static void test_data_that_are_no_json_cost_no_count(void **state)
{
    struct counts *counts = *state;

    add(counts, "search", "{");
    add(counts, "order.shipped", NULL);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "search", "")->count, 1);
    assert_int_equal(find(counts, DELTA_COUNT, 'd', "order", "shipped")->count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_event_counts_in_its_minute_hour_and_day),
        TEST(test_steps_of_a_customer_are_put_together),
        TEST(test_searches_are_one_term_however_they_are_written),
        TEST(test_a_message_costs_once),
        TEST(test_model_costs_are_whole_numbers),
        TEST(test_labels_without_end_become_other),
        TEST(test_data_that_are_no_json_cost_no_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
