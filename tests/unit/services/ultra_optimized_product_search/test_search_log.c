#include "../../unit.h"

#include "search_log.h"

#include <svc/mem.h>

static void test_log_is_bounded_and_in_order(void **state)
{
    struct search_log *log = search_log_new(3);
    struct search_log_entry entry = {.source = "index"};
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 10000);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 5; i++) {
            char text[2] = {(char)('a' + i), '\0'};
            entry.query = (struct svc_slice){text, 1};
            entry.total = i;
            assert_int_equal(search_log_note(log, &entry), i < 3);
        }
        svc_buf_clear(&out);
        assert_int_equal(search_log_take(log, 2, &out), 2);
        assert_string_equal(svc_buf_text(&out),
            "[{\"query\":\"a\",\"total\":0,\"relaxed\":false,\"took_us\":0,"
            "\"source\":\"index\"},{\"query\":\"b\",\"total\":1,\"relaxed\":false,"
            "\"took_us\":0,\"source\":\"index\"}]");
        svc_buf_clear(&out);
        assert_int_equal(search_log_take(log, 2, &out), 1);
        svc_buf_clear(&out);
        assert_int_equal(search_log_take(log, 2, &out), 0);
        assert_string_equal(svc_buf_text(&out), "[]");
    }
    svc_buf_done(&out);
    search_log_free(&log);
    assert_null(log);
}

static void test_log_cuts_a_query_at_a_character(void **state)
{
    struct search_log *log = search_log_new(1);
    struct search_log_entry entry = {.source = "index"};
    struct svc_buf query;
    struct svc_buf out;

    (void)state;
    svc_buf_init(&query, 10000);
    svc_buf_init(&out, 10000);
    for (size_t i = 0; i < 500; i++) {
        svc_buf_add_text(&query, "🙌");
    }
    entry.query = (struct svc_slice){svc_buf_text(&query), query.length};
    assert_true(search_log_note(log, &entry));
    assert_int_equal(search_log_take(log, 1, &out), 1);
    assert_true(svc_text_is_utf8(svc_buf_text(&out), out.length, NULL));
    size_t count = 0;
    for (const char *at = svc_buf_text(&out); (at = strstr(at, "🙌")) != NULL; at += 4) {
        count++;
    }
    assert_int_equal(count, SEARCH_LOG_QUERY_MAX);
    svc_buf_done(&query);
    svc_buf_done(&out);
    search_log_free(&log);
}

static void test_log_hash_tells_customers_apart(void **state)
{
    char one[SEARCH_LOG_HASH_SIZE];
    char two[SEARCH_LOG_HASH_SIZE];

    (void)state;
    search_log_hash(SVC_SLICE("5215512345678"), one);
    search_log_hash(SVC_SLICE("5215512345679"), two);
    assert_int_equal(strlen(one), 16);
    assert_string_not_equal(one, two);
    search_log_hash((struct svc_slice){NULL, 0}, one);
    assert_string_equal(one, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_is_bounded_and_in_order),
        cmocka_unit_test(test_log_cuts_a_query_at_a_character),
        cmocka_unit_test(test_log_hash_tells_customers_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
