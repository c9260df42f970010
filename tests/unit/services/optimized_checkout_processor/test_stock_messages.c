#include "../../unit.h"

#include <stock_messages.h>

#define TEXT(literal)                                                                    \
    {                                                                                    \
        literal, sizeof(literal) - 1                                                     \
    }

static void test_stock_message_write(void **state)
{
    const struct stock_api_line lines[] = {
        {.sku = TEXT("A\"1"), .quantity = 2}, {.sku = TEXT("B"), .quantity = 1}};
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 1000);
    stock_message_write_skus(lines, 2, &out);
    assert_string_equal(svc_buf_text(&out), "{\"skus\":[\"A\\\"1\",\"B\"]}");
    svc_buf_clear(&out);
    stock_message_write_order("k-1", 1795575600, lines + 1, 1, &out);
    assert_string_equal(svc_buf_text(&out),
        "{\"order\":\"k-1\",\"expires_at\":\"2026-11-25T03:00:00Z\","
        "\"items\":[{\"sku\":\"B\",\"quantity\":1}]}");
    svc_buf_clear(&out);
    stock_message_write_order("k-1", 0, NULL, 0, &out);
    assert_string_equal(svc_buf_text(&out), "{\"order\":\"k-1\"}");
    svc_buf_done(&out);
}

static void test_stock_message_read(void **state)
{
    static const struct {
        const char *body;
        const char *done_word;
        bool fine;
        enum stock_api_outcome outcome;
        int64_t first; /* available; -1: not known */
        int64_t second;
    } cases[] = {
        {"{\"items\":[{\"sku\":\"B\",\"available\":4},{\"sku\":\"Z\",\"available\":1}]}",
            NULL, true, STOCK_API_DONE, -1, 4},
        {"{\"items\":[{\"sku\":\"A\",\"available\":-3},{\"sku\":\"B\",\"available\":2.0}]"
         "}",
            NULL, true, STOCK_API_DONE, 0, 2},
        {"{\"items\":[{\"sku\":\"A\",\"available\":\"3\"},{\"available\":2},7,null]}",
            NULL, true, STOCK_API_DONE, -1, -1},
        {"{\"items\":{}}", NULL, false, STOCK_API_DOWN, -1, -1},
        {"{}", NULL, false, STOCK_API_DOWN, -1, -1},
        {"", NULL, false, STOCK_API_DOWN, -1, -1},
        {"<html>", NULL, false, STOCK_API_DOWN, -1, -1},
        {"{\"status\":\"reserved\"}", "reserved", true, STOCK_API_DONE, -1, -1},
        {"{\"status\":\"released\"}", "reserved", false, STOCK_API_DOWN, -1, -1},
        {"{\"status\":\"short\"}", "reserved", true, STOCK_API_SHORT, -1, -1},
        {"{\"status\":\"short\",\"items\":[{\"sku\":\"A\",\"available\":1}]}",
            "committed", true, STOCK_API_SHORT, 1, -1},
        {"{\"status\":\"short\",\"items\":3}", "committed", false, STOCK_API_DOWN, -1,
            -1},
        {"{\"status\":true}", "reserved", false, STOCK_API_DOWN, -1, -1},
        {"[]", "reserved", false, STOCK_API_DOWN, -1, -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stock_api_line lines[] = {
            {.sku = TEXT("A"), .is_known = true, .available = 99}, {.sku = TEXT("B")}};
        const int64_t wanted[] = {cases[i].first, cases[i].second};
        enum stock_api_outcome outcome = STOCK_API_DOWN;
        bool fine =
            stock_message_read((struct svc_slice){cases[i].body, strlen(cases[i].body)},
                cases[i].done_word, lines, 2, &outcome);
        if (fine != cases[i].fine || outcome != cases[i].outcome) {
            fail_msg("case %zu: %d %d", i, fine, (int)outcome);
        }
        for (int j = 0; j < 2; j++) {
            assert_int_equal(lines[j].is_known, wanted[j] >= 0);
            assert_int_equal(lines[j].available, wanted[j] >= 0 ? wanted[j] : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stock_message_write),
        cmocka_unit_test(test_stock_message_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
