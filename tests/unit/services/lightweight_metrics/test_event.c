#include "event.h"
#include "event_time.h"
#include "prices.h"
#include "services_list.h"
#include "spool_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct svc_arena arena;

static const struct svc_json *json(const char *text)
{
    static const struct svc_json_limits limits = {.depth = 64, .values = 10000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(&arena, text, strlen(text), &limits, &replaced, &error);

    assert_non_null(value);
    return value;
}

static const struct event_rules rules = {
    .now_ms = INT64_C(1795000000000),
    .earliest_ms = INT64_C(1795000000000) - INT64_C(90) * 86400000,
    .latest_ms = INT64_C(1795000000000) + 3600000,
};

static struct event read_fine(const char *text)
{
    char reason[EVENT_REASON_SIZE];
    struct event event;

    if (!event_read(&arena, json(text), &rules, &event, reason)) {
        fail_msg("%s: %s", text, reason);
    }
    return event;
}

static void test_event_read_takes_what_is_no_part_of_it_for_data(void **state)
{
    struct event event =
        read_fine("{\"event_id\":\"a\",\"type\":\"intent\",\"intent\":"
                  "\"help\",\"source\":\"local\",\"customer_key\":\"5\"}");

    (void)state;
    assert_true(
        svc_slice_equals(event.data, "{\"intent\":\"help\",\"source\":\"local\"}"));
    assert_true(svc_slice_equals(event.customer_key, "5"));
    assert_string_equal(event.path, "full");
    assert_int_equal(event.occurred_ms, rules.now_ms);
}

static void test_event_key_is_of_the_id_alone(void **state)
{
    struct event one = read_fine("{\"event_id\":\"a\",\"type\":\"x\"}");
    struct event same = read_fine("{\"event_id\":\"a\",\"type\":\"y\",\"path\":\"mvp\"}");
    struct event other = read_fine("{\"event_id\":\"b\",\"type\":\"x\"}");

    (void)state;
    assert_memory_equal(one.key, same.key, EVENT_KEY_SIZE);
    assert_memory_not_equal(one.key, other.key, EVENT_KEY_SIZE);
}

static void test_event_class(void **state)
{
    (void)state;
    assert_int_equal(event_class_of(SVC_SLICE("debug.x")), EVENT_CLASS_DEBUG);
    assert_int_equal(event_class_of(SVC_SLICE("debugger")), EVENT_CLASS_USUAL);
    assert_int_equal(event_class_of(SVC_SLICE("paid")), EVENT_CLASS_MONEY);
    assert_int_equal(event_class_of(SVC_SLICE("order.shipped")), EVENT_CLASS_MONEY);
    assert_int_equal(event_class_of(SVC_SLICE("orders")), EVENT_CLASS_USUAL);
}

static void test_event_time_read(void **state)
{
    static const struct {
        const char *json;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"\"1970-01-01T00:00:00Z\"", 0},
        {"\"2026-11-24T18:00:00Z\"", INT64_C(1795543200000)},
        {"\"2026-11-24T12:00:00.25-06:00\"", INT64_C(1795543200250)},
        {"\"2024-02-29t23:59:60z\"", INT64_C(1709251200000)},
        {"1795543200", INT64_C(1795543200000)},
        {"1795543200.5", INT64_C(1795543200500)},
        {"1795543200123", INT64_C(1795543200123)},
        {"\"1795543200\"", INT64_C(1795543200000)},
        {"\"2026-02-29T00:00:00Z\"", -1},
        {"\"2026-13-01T00:00:00Z\"", -1},
        {"\"2026-11-24T24:00:00Z\"", -1},
        {"\"2026-11-24T18:00:00\"", -1},
        {"\"2026-11-24T18:00:00Zjunk\"", -1},
        {"\"2026-11-24\"", -1},
        {"\"\"", -1},
        {"-1", -1},
        {"1e300", -1},
        {"true", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        bool fine = event_time_read(json(cases[i].json), &ms);
        assert_int_equal(fine ? ms : -1, cases[i].ms);
    }
}

static void test_spool_record_gives_the_event_again(void **state)
{
    struct event event = read_fine(
        "{\"event_id\":\"\\u00f1\\\"1\",\"type\":\"paid\",\"path\":\"mvp\",\"source\":"
        "\"n8n\",\"occurred_at\":1794999999,\"data\":{\"total_minor\":1,\"currency\":"
        "\"MXN\",\"x\":[1.50,null]}}");
    struct event again;
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 100000);
    spool_record_write(&out, &event);
    struct svc_slice bytes = {out.bytes, out.length};
    assert_int_equal(spool_record_length(bytes), out.length);
    assert_true(spool_record_read(&arena, bytes, &again));
    assert_memory_equal(again.key, event.key, EVENT_KEY_SIZE);
    assert_int_equal(again.occurred_ms, event.occurred_ms);
    assert_string_equal(again.path, "mvp");
    assert_int_equal(again.class, EVENT_CLASS_MONEY);
    assert_int_equal(again.data.length, event.data.length);
    assert_memory_equal(again.data.text, event.data.text, event.data.length);
    svc_buf_done(&out);
}

/* Cut anywhere, or with any byte changed, it is none. */
static void test_spool_record_knows_what_is_broken(void **state)
{
    struct event event = read_fine("{\"event_id\":\"a\",\"type\":\"x\"}");
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 100000);
    spool_record_write(&out, &event);
    for (size_t i = 0; i < out.length; i++) {
        assert_int_equal(spool_record_length((struct svc_slice){out.bytes, i}), 0);
        out.bytes[i] = (char)(out.bytes[i] ^ 1);
        assert_int_equal(
            spool_record_length((struct svc_slice){out.bytes, out.length}), 0);
        out.bytes[i] = (char)(out.bytes[i] ^ 1);
    }
    svc_buf_done(&out);
}

static void test_prices_read(void **state)
{
    static const char *const bad[] = {
        "marketing", "=1", "a=", "a=x", "a=-1", "A=1", "a=1;"};
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 1000);
    assert_true(prices_read("marketing=0.03,utility=0.0085", &out));
    assert_string_equal(svc_buf_text(&out), "{\"marketing\":0.03,\"utility\":0.0085}");
    svc_buf_clear(&out);
    assert_true(prices_read(NULL, &out));
    assert_string_equal(svc_buf_text(&out), "{}");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        svc_buf_clear(&out);
        assert_false(prices_read(bad[i], &out));
    }
    svc_buf_done(&out);
}

static void test_services_list_read(void **state)
{
    struct services_list list;

    (void)state;
    assert_true(services_list_read("a_b=http://h:1/,c=https://x", &list));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.list[0].name, "a_b");
    assert_string_equal(list.list[0].url, "http://h:1");
    assert_true(services_list_read(NULL, &list));
    assert_int_equal(list.count, 0);
    assert_false(services_list_read("a", &list));
    assert_false(services_list_read("a=ftp://x/y/z", &list));
    assert_false(services_list_read("=http://x.y", &list));
}

static int end(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_read_takes_what_is_no_part_of_it_for_data),
        cmocka_unit_test(test_event_key_is_of_the_id_alone),
        cmocka_unit_test(test_event_class),
        cmocka_unit_test(test_event_time_read),
        cmocka_unit_test(test_spool_record_gives_the_event_again),
        cmocka_unit_test(test_spool_record_knows_what_is_broken),
        cmocka_unit_test(test_prices_read),
        cmocka_unit_test(test_services_list_read),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
