#include "../../unit.h"

#include <svc/json.h>
#include <svc/mem.h>

#include <math.h>

static const struct svc_json_limits limits = {.depth = 64, .values = 10000};
static struct svc_arena arena;

static int reset(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
}

/* The value of TEXT, which must be read. */
static const struct svc_json *read_text(const char *text)
{
    struct svc_json_error error = {0};
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(&arena, text, strlen(text), &limits, &replaced, &error);

    if (value == NULL) {
        fail_msg("%s: %s at %zu", text, error.reason, error.offset);
    }
    return value;
}

/* Every beginning of a valid object or array is refused, at its end or before. */
static void test_read_refuses_what_is_cut(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,-2.5e+3,true,null,\"\\ud83d\\ude00\\n\xC3\xB1\"],\"b\":{\"\":false}}";
    struct svc_json_error error;
    size_t replaced = 0;

    for (size_t length = 0; length < sizeof text - 1; length++) {
        SVC_AUTO_FREE char *exact = malloc(length + (length == 0));
        memcpy(exact, text, length);
        assert_null(svc_json_read(&arena, exact, length, &limits, &replaced, &error));
        assert_true(error.offset <= length);
        assert_int_equal(error.status, SVC_MALFORMED);
    }
    assert_non_null(read_text(text));
}

static void test_read_holds_its_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct svc_json_limits limits;
        bool fits;
    } cases[] = {
        {"1", {0, 1}, true},
        {"[]", {0, 10}, false},
        {"[]", {1, 1}, true},
        {"[1]", {1, 1}, false},
        {"[1]", {1, 2}, true},
        {"1", {1, 0}, false},
        {"[[],[],[]]", {2, 4}, true},
        {"[[],[],[]]", {2, 3}, false},
        {"[[],[[]],[]]", {2, 9}, false},
        {"{\"a\":{\"b\":[]}}", {3, 3}, true},
        {"{\"a\":{\"b\":[]}}", {2, 3}, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_json_error error = {0};
        size_t replaced = 0;
        const struct svc_json *value = svc_json_read(&arena, cases[i].text,
            strlen(cases[i].text), &cases[i].limits, &replaced, &error);
        assert_int_equal(value != NULL, cases[i].fits);
        assert_int_equal(error.status, cases[i].fits ? SVC_OK : SVC_TOO_LARGE);
    }
}

/* Neither the stack nor the arena may grow with what a caller sends. */
static void test_read_stops_a_bomb(void **state)
{
    (void)state;
    struct svc_json_error error = {0};
    size_t replaced = 0;
    const size_t length = 1000000;
    SVC_AUTO_FREE char *text = svc_alloc(length);

    memset(text, '[', length);
    assert_null(svc_json_read(&arena, text, length, &limits, &replaced, &error));
    assert_int_equal(error.status, SVC_TOO_LARGE);
    assert_int_equal(error.offset, 64);

    svc_arena_reset(&arena);
    for (size_t i = 1; i + 1 < length; i += 2) {
        memcpy(text + i, "1,", 2);
    }
    assert_null(svc_json_read(&arena, text, length, &limits, &replaced, &error));
    assert_int_equal(error.status, SVC_TOO_LARGE);
    assert_in_range(arena.total, length, length + limits.values * 128);
}

static void test_get_finds_members(void **state)
{
    (void)state;
    const struct svc_json *value =
        read_text("{\"a\":1,\"b\":\"x\",\"a\":\"last\",\"\":true,\"caf\\u00e9\":[]}");

    assert_int_equal(value->count, 5);
    assert_true(svc_slice_equals(svc_json_get_text(value, "a"), "last"));
    assert_true(svc_slice_equals(svc_json_get_text(value, "b"), "x"));
    assert_true(svc_json_is(svc_json_get(value, ""), SVC_JSON_TRUE));
    assert_true(svc_json_is(svc_json_get(value, "caf\xC3\xA9"), SVC_JSON_ARRAY));
    assert_null(svc_json_get(value, "A"));
    assert_null(svc_json_get(value, "aa"));
    assert_null(svc_json_get(NULL, "a"));
    assert_null(svc_json_get(read_text("[1]"), "a"));
    assert_null(svc_json_get(read_text("\"a\""), "a"));
    assert_null(svc_json_get_text(value, "caf\xC3\xA9").text);
    assert_null(svc_json_get_text(NULL, "a").text);
}

static void test_at_finds_elements(void **state)
{
    (void)state;
    const struct svc_json *value = read_text("[\"a\",\"b\",null]");

    assert_int_equal(value->count, 3);
    assert_true(svc_slice_equals(svc_json_text(svc_json_at(value, 0)), "a"));
    assert_true(svc_slice_equals(svc_json_text(svc_json_at(value, 1)), "b"));
    assert_true(svc_json_is(svc_json_at(value, 2), SVC_JSON_NULL));
    assert_null(svc_json_at(value, 3));
    assert_null(svc_json_at(value, SIZE_MAX));
    assert_null(svc_json_at(read_text("[]"), 0));
    assert_null(svc_json_at(read_text("{\"a\":1}"), 0));
    assert_null(svc_json_at(NULL, 0));
}

static void test_text_is_of_strings_only(void **state)
{
    (void)state;
    struct svc_slice empty = svc_json_text(read_text("\"\""));

    assert_non_null(empty.text);
    assert_int_equal(empty.length, 0);
    assert_int_equal(empty.text[0], '\0');
    assert_null(svc_json_text(read_text("1")).text);
    assert_null(svc_json_text(read_text("null")).text);
    assert_null(svc_json_text(NULL).text);
}

/* Callers hand decoded text to C functions. */
static void test_text_ends_with_nul_and_holds_none(void **state)
{
    (void)state;
    const struct svc_json *value = read_text("[\"abc\",\"d\\u0000e\",\"\\n\",\"fg\"]");

    for (const struct svc_json *at = value->first; at != NULL; at = at->next) {
        struct svc_slice text = svc_json_text(at);
        assert_int_equal(strlen(text.text), text.length);
    }
}

static void test_type_names(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"null", "null"}, {"true", "boolean"},
        {"false", "boolean"}, {"0", "number"}, {"\"\"", "string"}, {"[]", "array"},
        {"{}", "object"}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(svc_json_type_name(read_text(cases[i][0])), cases[i][1]);
    }
    assert_string_equal(svc_json_type_name(NULL), "nothing");
}

static const struct {
    const char *text;
    bool fits;
    int64_t value;
} int64_cases[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"-0.0", true, 0},
    {"0e99", true, 0},
    {"0.000e-5", true, 0},
    {"1", true, 1},
    {"-1", true, -1},
    {"1.0", true, 1},
    {"1.000", true, 1},
    {"1e3", true, 1000},
    {"1E+3", true, 1000},
    {"-1.5e1", true, -15},
    {"1.25e2", true, 125},
    {"1000e-3", true, 1},
    {"120.00e-1", true, 12},
    {"0.001e3", true, 1},
    {"0.0000000000000000000000001e25", true, 1},
    {"0.001e21", true, 1000000000000000000},
    {"0.01e21", false, 0},
    {"1e18", true, 1000000000000000000},
    {"9.223372036854775807e18", true, INT64_MAX},
    {"-9.223372036854775808e18", true, INT64_MIN},
    {"922337203685477580700e-2", true, INT64_MAX},
    {"9223372036854775807", true, INT64_MAX},
    {"9223372036854775807.0", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"-9223372036854775808.000", true, INT64_MIN},
    /* Over 2^53 a double would give its neighbour. */
    {"9007199254740993", true, 9007199254740993},
    {"9007199254740993.0", true, 9007199254740993},
    {"-9007199254740993.0", true, -9007199254740993},
    {"9007199254740992.0", true, 9007199254740992},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"9.223372036854775808e18", false, 0},
    {"1e19", false, 0},
    {"1e400", false, 0},
    {"-1e400", false, 0},
    {"1e99999999999999999999", false, 0},
    {"1e18446744073709551616", false, 0},
    {"1e-18446744073709551616", false, 0},
    {"1.5", false, 0},
    {"1e-1", false, 0},
    {"-0.1", false, 0},
    {"1e-400", false, 0},
    /* A fraction that a double can't hold is one all the same. */
    {"4503599627370497.5", false, 0},
    {"0.99999999999999999999", false, 0},
    {"1.00000000000000000001", false, 0},
    {"9007199254740991.4", false, 0},
    {"\"1\"", false, 0},
    {"true", false, 0},
    {"null", false, 0},
    {"[1]", false, 0},
};

static void test_to_int64_is_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(int64_cases); i++) {
        int64_t value = 4711;
        bool fits = svc_json_to_int64(read_text(int64_cases[i].text), &value);
        int64_t expected = int64_cases[i].fits ? int64_cases[i].value : 4711;
        if (fits != int64_cases[i].fits || value != expected) {
            fail_msg("%s: %d, %lld", int64_cases[i].text, fits, (long long)value);
        }
    }
    int64_t value = 4711;
    assert_false(svc_json_to_int64(NULL, &value));
    assert_int_equal(value, 4711);
}

static void test_to_double(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0}, {"-1.5", -1.5}, {"1e3", 1000}, {"0.1", 0.1},
        {"1.7976931348623157e308", 1.7976931348623157e308}, {"5e-324", 5e-324},
        {"1e-400", 0}, {"1e400", INFINITY}, {"-1e400", -INFINITY}};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(svc_json_to_double(read_text(cases[i].text)) == cases[i].value);
    }
    assert_true(signbit(svc_json_to_double(read_text("-0"))));
    assert_true(isnan(svc_json_to_double(read_text("\"1\""))));
    assert_true(isnan(svc_json_to_double(NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_read_refuses_what_is_cut, reset),
        cmocka_unit_test_teardown(test_read_holds_its_limits, reset),
        cmocka_unit_test_teardown(test_read_stops_a_bomb, reset),
        cmocka_unit_test_teardown(test_get_finds_members, reset),
        cmocka_unit_test_teardown(test_at_finds_elements, reset),
        cmocka_unit_test_teardown(test_text_is_of_strings_only, reset),
        cmocka_unit_test_teardown(test_text_ends_with_nul_and_holds_none, reset),
        cmocka_unit_test_teardown(test_type_names, reset),
        cmocka_unit_test_teardown(test_to_int64_is_exact, reset),
        cmocka_unit_test_teardown(test_to_double, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
