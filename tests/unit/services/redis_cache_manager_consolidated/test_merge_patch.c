/* RFC 7396, with the cases of its appendix A and some of our own. */
#include "../../unit.h"

#include "merge_patch.h"

#include <svc/json_write.h>

static const struct {
    const char *target;
    const char *patch;
    const char *result;
} cases[] = {
    {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
    {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
    {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
    {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
        "{\"a\":{\"b\":\"d\"}}"},
    {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
    {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
    {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
    {"{\"a\":\"foo\"}", "null", "null"},
    {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
    {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
    {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
    {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    /* Numbers stay as they were written. */
    {"{\"p\":1.10,\"n\":12345678901234567890}", "{\"q\":1e3}",
        "{\"p\":1.10,\"n\":12345678901234567890,\"q\":1e3}"},
    /* Of a name that is there twice the last counts. */
    {"{\"a\":0}", "{\"a\":1,\"a\":2}", "{\"a\":2}"},
    {"{}", "{\"a\":1,\"a\":null}", "{}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
    {"{\"\":1,\"ab\":2,\"abc\":3}", "{\"ab\":null,\"\":4}", "{\"\":4,\"abc\":3}"},
};

static const struct svc_json *read_text(struct svc_arena *arena, const char *text)
{
    const struct svc_json_limits limits = {.depth = 64, .values = 100000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(arena, text, strlen(text), &limits, &replaced, &error);

    assert_non_null(value);
    return value;
}

static void test_merge_patch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_arena arena = {0};
        struct svc_buf out;
        struct svc_json_writer writer;

        svc_buf_init(&out, 10000);
        svc_json_write_init(&writer, &out);
        svc_json_write_value(
            &writer, merge_patch(&arena, read_text(&arena, cases[i].target),
                         read_text(&arena, cases[i].patch)));
        assert_string_equal(svc_buf_text(&out), cases[i].result);
        svc_buf_done(&out);
        svc_arena_done(&arena);
    }
}

static void test_merge_patch_without_target(void **state)
{
    struct svc_arena arena = {0};

    (void)state;
    const struct svc_json *result =
        merge_patch(&arena, NULL, read_text(&arena, "{\"a\":1,\"b\":null}"));
    assert_int_equal(result->count, 1);
    svc_arena_done(&arena);
}

/* Two objects of twenty thousand members each, which must not cost their product. */
static void test_merge_patch_large(void **state)
{
    struct svc_arena arena = {0};
    struct svc_buf text;

    (void)state;
    svc_buf_init(&text, 1000000);
    svc_buf_add_char(&text, '{');
    for (int i = 0; i < 20000; i++) {
        svc_buf_printf(&text, "%s\"key%d\":%d", i > 0 ? "," : "", i, i);
    }
    svc_buf_add_char(&text, '}');
    const struct svc_json *whole = read_text(&arena, svc_buf_text(&text));
    const struct svc_json *result = merge_patch(&arena, whole, whole);
    assert_int_equal(result->count, 20000);
    svc_buf_done(&text);
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge_patch),
        cmocka_unit_test(test_merge_patch_without_target),
        cmocka_unit_test(test_merge_patch_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
