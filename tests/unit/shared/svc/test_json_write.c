#include "../../unit.h"

#include <svc/buf.h>
#include <svc/json.h>
#include <svc/json_write.h>
#include <svc/mem.h>

#include <math.h>

#define TEXT_LIMIT ((size_t)100000)

static struct svc_buf buf;
static struct svc_json_writer writer;
static struct svc_arena arena;

static int begin(void **state)
{
    (void)state;
    svc_buf_init(&buf, TEXT_LIMIT);
    svc_json_write_init(&writer, &buf);
    return 0;
}

static int end(void **state)
{
    (void)state;
    svc_buf_done(&buf);
    svc_arena_done(&arena);
    return 0;
}

static const struct svc_json *read_back(void)
{
    const struct svc_json_limits limits = {.depth = 64, .values = 10000};
    struct svc_json_error error = {0};
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(&arena, svc_buf_text(&buf), buf.length, &limits, &replaced, &error);

    if (value == NULL) {
        fail_msg("%s at %zu: %s", error.reason, error.offset, svc_buf_text(&buf));
    }
    assert_int_equal(replaced, 0);
    return value;
}

/* Every kind of value after each other, in an object, then again inside it. */
static void write_all(void)
{
    static const struct svc_slice none = {NULL, 0};

    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "text", "a");
    svc_json_write_field_slice(&writer, "slice", (struct svc_slice){"bcd", 2});
    svc_json_write_field_slice(&writer, "no_slice", none);
    svc_json_write_field_int(&writer, "int", -5);
    svc_json_write_field_bool(&writer, "yes", true);
    svc_json_write_field_bool(&writer, "no", false);
    svc_json_write_optional_slice(&writer, "left_out", none);
    svc_json_write_optional_slice(&writer, "empty", SVC_SLICE(""));
    svc_json_write_optional_value(&writer, "left_out", NULL);
    svc_json_write_key(&writer, "array");
    svc_json_write_array_begin(&writer);
    svc_json_write_null(&writer);
    svc_json_write_object_begin(&writer);
    svc_json_write_object_end(&writer);
    svc_json_write_array_begin(&writer);
    svc_json_write_array_end(&writer);
    svc_json_write_value(&writer, NULL);
    svc_json_write_raw(&writer, SVC_SLICE("{\"raw\":1}"));
    svc_json_write_double(&writer, 0.5);
    svc_json_write_array_end(&writer);
    svc_json_write_key(&writer, "last");
    svc_json_write_slice(&writer, none);
    svc_json_write_object_end(&writer);
}

static const char all[] =
    "{\"text\":\"a\",\"slice\":\"bc\",\"no_slice\":null,\"int\":-5,"
    "\"yes\":true,\"no\":false,\"empty\":\"\",\"array\":[null,{},[],"
    "null,{\"raw\":1},0.5],\"last\":null}";

static void test_commas_stand_where_they_must(void **state)
{
    (void)state;
    write_all();
    assert_string_equal(svc_buf_text(&buf), all);
    assert_true(svc_json_is(read_back(), SVC_JSON_OBJECT));
}

static void test_optional_value_is_written_when_there(void **state)
{
    (void)state;
    const struct svc_json value = {.type = SVC_JSON_NULL};

    svc_json_write_object_begin(&writer);
    svc_json_write_optional_value(&writer, "a", &value);
    svc_json_write_optional_value(&writer, "b", &value);
    svc_json_write_object_end(&writer);
    assert_string_equal(svc_buf_text(&buf), "{\"a\":null,\"b\":null}");
}

/* With every limit that is too small the text is a beginning of the whole one, ends with
 * NUL, and says that something is missing. */
static void test_overflow_at_every_length(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < sizeof all; limit++) {
        svc_buf_done(&buf);
        svc_buf_init(&buf, limit);
        svc_json_write_init(&writer, &buf);
        write_all();
        assert_int_equal(buf.overflow, limit < sizeof all - 1);
        assert_true(buf.length <= limit);
        assert_int_equal(strlen(svc_buf_text(&buf)), buf.length);
        assert_memory_equal(svc_buf_text(&buf), all, buf.length);
    }
}

static void test_overflow_inside_a_string_ends_with_nul(void **state)
{
    (void)state;
    static const char text[] = "ab\n\x01\"c";

    for (size_t limit = 0; limit < 20; limit++) {
        svc_buf_done(&buf);
        svc_buf_init(&buf, limit);
        svc_json_write_init(&writer, &buf);
        svc_json_write_text(&writer, text);
        assert_int_equal(buf.overflow, limit < strlen("\"ab\\n\\u0001\\\"c\""));
        assert_int_equal(strlen(svc_buf_text(&buf)), buf.length);
    }
}

static void test_text_of_every_byte(void **state)
{
    (void)state;
    char text[0x80];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)i;
    }
    svc_json_write_slice(&writer, (struct svc_slice){text + 1, sizeof text - 1});
    struct svc_slice back = svc_json_text(read_back());
    assert_int_equal(back.length, sizeof text - 1);
    assert_memory_equal(back.text, text + 1, back.length);

    svc_buf_clear(&buf);
    svc_json_write_init(&writer, &buf);
    svc_json_write_slice(&writer, (struct svc_slice){"a\0\n\x1F\x7F\"\\/\xC3\xB1", 10});
    assert_string_equal(
        svc_buf_text(&buf), "\"a\\u0000\\n\\u001f\x7F\\\"\\\\/\xC3\xB1\"");
}

static void test_text_of_random_characters_comes_back(void **state)
{
    (void)state;
    uint64_t random = 7;

    for (int round = 0; round < 2000; round++) {
        char text[400];
        size_t length = 0;
        for (uint64_t left = unit_next(&random) % 100; left > 0; left--) {
            static const uint32_t below[] = {0x20, 0x80, 0x800, 0xD800, 0x110000};
            uint32_t code = unit_next(&random) % below[unit_next(&random) % 5];
            bool character = code > 0 && (code < 0xD800 || code > 0xDFFF);
            length += svc_text_put_utf8(text + length, character ? code : '"');
        }
        svc_buf_clear(&buf);
        svc_json_write_init(&writer, &buf);
        svc_json_write_slice(&writer, (struct svc_slice){text, length});
        struct svc_slice back = svc_json_text(read_back());
        assert_int_equal(back.length, length);
        assert_memory_equal(back.text, text, length);
        svc_arena_reset(&arena);
    }
}

static void test_int_limits(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, -1, 10, INT32_MAX, INT64_MAX, INT64_MIN};

    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        svc_json_write_int(&writer, values[i]);
    }
    svc_json_write_array_end(&writer);
    assert_string_equal(svc_buf_text(&buf),
        "[0,1,-1,10,2147483647,9223372036854775807,-9223372036854775808]");
    const struct svc_json *array = read_back();
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        int64_t value = 4711;
        assert_true(svc_json_to_int64(svc_json_at(array, i), &value));
        assert_int_equal(value, values[i]);
    }
}

static const struct {
    double value;
    const char *text;
} double_cases[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1.0, "1"},
    {-1.5, "-1.5"},
    {0.1, "0.1"},
    {0.92, "0.92"},
    {0.000125, "0.000125"},
    {1e21, "1e+21"},
    {1.0 / 3.0, "0.3333333333333333"},
    {0.1 + 0.2, "0.30000000000000004"},
    {123456789.125, "123456789.125"},
    {9007199254740993.0, "9007199254740992"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {5e-324, "4.94065645841247e-324"},
};

/* The shortest text with 15 digits or more that is read as the same number: people see
 * confidences and scores. */
static void test_double_is_short_and_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(double_cases); i++) {
        svc_buf_clear(&buf);
        svc_json_write_init(&writer, &buf);
        svc_json_write_double(&writer, double_cases[i].value);
        assert_string_equal(svc_buf_text(&buf), double_cases[i].text);
        assert_true(svc_json_to_double(read_back()) == double_cases[i].value);
    }
}

static void test_double_of_random_bits_comes_back(void **state)
{
    (void)state;
    uint64_t random = 11;

    for (int i = 0; i < 20000; i++) {
        uint64_t bits = unit_next(&random);
        double value = 0;
        memcpy(&value, &bits, sizeof value);
        svc_buf_clear(&buf);
        svc_json_write_init(&writer, &buf);
        svc_json_write_double(&writer, value);
        const struct svc_json *back = read_back();
        if (isfinite(value)) {
            assert_true(svc_json_to_double(back) == value);
        } else {
            assert_true(svc_json_is(back, SVC_JSON_NULL));
        }
        svc_arena_reset(&arena);
    }
}

static void test_double_that_json_lacks_is_null(void **state)
{
    (void)state;
    svc_json_write_array_begin(&writer);
    svc_json_write_double(&writer, NAN);
    svc_json_write_double(&writer, INFINITY);
    svc_json_write_double(&writer, -INFINITY);
    svc_json_write_array_end(&writer);
    assert_string_equal(svc_buf_text(&buf), "[null,null,null]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commas_stand_where_they_must, begin, end),
        cmocka_unit_test_setup_teardown(
            test_optional_value_is_written_when_there, begin, end),
        cmocka_unit_test_setup_teardown(test_overflow_at_every_length, begin, end),
        cmocka_unit_test_setup_teardown(
            test_overflow_inside_a_string_ends_with_nul, begin, end),
        cmocka_unit_test_setup_teardown(test_text_of_every_byte, begin, end),
        cmocka_unit_test_setup_teardown(
            test_text_of_random_characters_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(test_int_limits, begin, end),
        cmocka_unit_test_setup_teardown(test_double_is_short_and_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(
            test_double_of_random_bits_comes_back, begin, end),
        cmocka_unit_test_setup_teardown(test_double_that_json_lacks_is_null, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
