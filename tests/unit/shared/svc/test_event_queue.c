#include "../../unit.h"

#include <svc/event_queue.h>

static void add(struct svc_event_queue *events, int number)
{
    char text[16];

    snprintf(text, sizeof text, "{\"n\":%d}", number);
    svc_event_queue_add(events, (struct svc_slice){text, strlen(text)});
}

/* Begins a batch and compares it; how many it has. */
static size_t expect_batch(
    struct svc_event_queue *events, size_t count_max, const char *expected)
{
    struct svc_buf batch;

    svc_buf_init(&batch, 4096);
    size_t count = svc_event_queue_begin(events, count_max, &batch);
    assert_string_equal(svc_buf_text(&batch), expected);
    svc_buf_done(&batch);
    return count;
}

static void expect_stats(struct svc_event_queue *events, uint64_t waiting,
    uint64_t delivered, uint64_t dropped)
{
    struct svc_events_stats stats;

    svc_event_queue_stats(events, &stats);
    assert_int_equal(stats.waiting, waiting);
    assert_int_equal(stats.delivered, delivered);
    assert_int_equal(stats.dropped, dropped);
}

static void test_in_order_and_in_batches(void **state)
{
    struct svc_event_queue *events = svc_event_queue_new(10);

    (void)state;
    for (int i = 1; i <= 3; i++) {
        add(events, i);
    }
    assert_int_equal(expect_batch(events, 2, "[{\"n\":1},{\"n\":2}]"), 2);
    svc_event_queue_end(events, SVC_EVENTS_DELIVERED);
    assert_int_equal(expect_batch(events, 2, "[{\"n\":3}]"), 1);
    svc_event_queue_end(events, SVC_EVENTS_DELIVERED);
    assert_int_equal(expect_batch(events, 2, "[]"), 0);
    expect_stats(events, 0, 3, 0);
    svc_event_queue_free(&events);
    assert_null(events);
}

static void test_kept_ones_come_again(void **state)
{
    struct svc_event_queue *events = svc_event_queue_new(10);

    (void)state;
    add(events, 1);
    expect_batch(events, 5, "[{\"n\":1}]");
    svc_event_queue_end(events, SVC_EVENTS_KEPT);
    add(events, 2);
    expect_batch(events, 5, "[{\"n\":1},{\"n\":2}]");
    svc_event_queue_end(events, SVC_EVENTS_REFUSED);
    expect_stats(events, 0, 0, 2);
    svc_event_queue_free(&events);
}

static void test_the_oldest_are_dropped(void **state)
{
    struct svc_event_queue *events = svc_event_queue_new(3);

    (void)state;
    for (int i = 1; i <= 5; i++) {
        add(events, i);
    }
    expect_stats(events, 3, 0, 2);
    expect_batch(events, 9, "[{\"n\":3},{\"n\":4},{\"n\":5}]");
    svc_event_queue_end(events, SVC_EVENTS_DELIVERED);
    svc_event_queue_free(&events);
}

/* Dropped while on their way: delivered if they were, and lost only if not. */
static void test_full_while_sending(void **state)
{
    struct svc_event_queue *events = svc_event_queue_new(2);

    (void)state;
    add(events, 1);
    add(events, 2);
    expect_batch(events, 2, "[{\"n\":1},{\"n\":2}]");
    add(events, 3);
    svc_event_queue_end(events, SVC_EVENTS_DELIVERED);
    expect_stats(events, 1, 2, 0);

    add(events, 4);
    expect_batch(events, 2, "[{\"n\":3},{\"n\":4}]");
    for (int i = 5; i <= 8; i++) {
        add(events, i);
    }
    svc_event_queue_end(events, SVC_EVENTS_KEPT);
    expect_stats(events, 2, 2, 4);
    expect_batch(events, 2, "[{\"n\":7},{\"n\":8}]");
    svc_event_queue_end(events, SVC_EVENTS_DELIVERED);
    svc_event_queue_free(&events);
}

static void test_a_batch_has_an_end(void **state)
{
    struct svc_event_queue *events = svc_event_queue_new(10);
    struct svc_buf batch;

    (void)state;
    add(events, 1);
    add(events, 2);
    svc_buf_init(&batch, 12);
    assert_int_equal(svc_event_queue_begin(events, 10, &batch), 1);
    assert_string_equal(svc_buf_text(&batch), "[{\"n\":1}]");
    assert_false(batch.overflow);
    svc_buf_done(&batch);
    svc_event_queue_free(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order_and_in_batches),
        cmocka_unit_test(test_kept_ones_come_again),
        cmocka_unit_test(test_the_oldest_are_dropped),
        cmocka_unit_test(test_full_while_sending),
        cmocka_unit_test(test_a_batch_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
