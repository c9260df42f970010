#include "../../unit.h"

#include <svc/buf.h>
#include <svc/json.h>
#include <svc/json_write.h>
#include <svc/mem.h>

#include <dirent.h>
#include <math.h>

#define TEXT_LIMIT ((size_t)1 << 20)

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

static char *write_again(const struct svc_json *value, size_t *ret_length)
{
    struct svc_buf buf;
    struct svc_json_writer writer;

    svc_buf_init(&buf, TEXT_LIMIT);
    svc_json_write_init(&writer, &buf);
    svc_json_write_value(&writer, value);
    assert_false(buf.overflow);
    return svc_buf_take(&buf, ret_length);
}

/* One line of a table under tests/cases/json/. */
struct row {
    char file[64];
    size_t number;
    char word[16];
};

/* The next row of the table at *AT; comments are left out. */
static bool next_row(char **at, struct row *row)
{
    while (*at != NULL && **at == '#') {
        strsep(at, "\n");
    }
    char *line = strsep(at, "\n");
    if (line == NULL || *line == '\0') {
        return false;
    }
    row->word[0] = '\0';
    if (sscanf(line, "%63s %zu %15s", row->file, &row->number, row->word) < 2) {
        fail_msg("a broken line: %s", line);
    }
    return true;
}

static char *read_table(const char *path)
{
    size_t length = 0;
    SVC_AUTO_FREE char *bytes = unit_read_case(path, &length);

    return svc_strndup(bytes, length);
}

/* Cases in the folder PATH: files that end in ".json". */
static size_t count_cases(const char *path)
{
    char full[512];
    size_t count = 0;

    snprintf(full, sizeof full, "%s/%s", TEST_CASES_DIR, path);
    DIR *folder = opendir(full);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += strstr(entry->d_name, ".json") != NULL;
    }
    closedir(folder);
    return count;
}

static void check_invalid(const struct row *row)
{
    char path[128];
    size_t length = 0;
    size_t replaced = 4711;
    struct svc_json_error error = {0};

    snprintf(path, sizeof path, "json/invalid/%s", row->file);
    SVC_AUTO_FREE char *bytes = unit_read_case(path, &length);
    if (svc_json_read(&arena, bytes, length, &limits, &replaced, &error) != NULL) {
        fail_msg("%s was taken", row->file);
    }
    enum svc_status status =
        strcmp(row->word, "too_large") == 0 ? SVC_TOO_LARGE : SVC_MALFORMED;
    if (error.offset != row->number || error.status != status) {
        fail_msg("%s: %s at %zu, status %d", row->file, error.reason, error.offset,
            error.status);
    }
    assert_non_null(error.reason);
    assert_int_equal(replaced, 4711);
}

static void test_read_refuses_invalid_files(void **state)
{
    (void)state;
    SVC_AUTO_FREE char *table = read_table("json/invalid.tsv");
    char *at = table;
    struct row row;
    size_t count = 0;

    while (next_row(&at, &row)) {
        check_invalid(&row);
        count++;
    }
    assert_true(count > 100);
    assert_int_equal(count, count_cases("json/invalid"));
}

static void check_valid(const struct row *row)
{
    char path[128];
    size_t length = 0;
    size_t answer_length = 0;
    size_t written_length = 0;
    size_t replaced = 4711;
    struct svc_json_error error = {0};

    snprintf(path, sizeof path, "json/valid/%s", row->file);
    SVC_AUTO_FREE char *bytes = unit_read_case(path, &length);
    snprintf(path + strlen(path) - 4, 8, "answer");
    SVC_AUTO_FREE char *answer = unit_read_case(path, &answer_length);

    const struct svc_json *value =
        svc_json_read(&arena, bytes, length, &limits, &replaced, &error);
    if (value == NULL) {
        fail_msg("%s: %s at %zu", row->file, error.reason, error.offset);
    }
    memset(bytes, 'x', length); /* the value must not refer to what it was read from */
    SVC_AUTO_FREE char *written = write_again(value, &written_length);
    if (written_length != answer_length || memcmp(written, answer, answer_length) != 0) {
        fail_msg("%s became %s", row->file, written);
    }
    assert_int_equal(replaced, row->number);
}

static void test_read_and_write_valid_files(void **state)
{
    (void)state;
    SVC_AUTO_FREE char *table = read_table("json/valid.tsv");
    char *at = table;
    struct row row;
    size_t count = 0;

    while (next_row(&at, &row)) {
        check_valid(&row);
        count++;
    }
    assert_true(count > 30);
    assert_int_equal(count, count_cases("json/valid"));
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

#define SEED_COUNT_MAX 64

/* The valid files: what the fuzzed texts are made from. */
static struct {
    char *bytes[SEED_COUNT_MAX];
    size_t lengths[SEED_COUNT_MAX];
    size_t count;
} seeds;

static void load_seeds(void)
{
    SVC_AUTO_FREE char *table = read_table("json/valid.tsv");
    char *at = table;
    struct row row;

    while (next_row(&at, &row) && seeds.count < SEED_COUNT_MAX) {
        char path[128];
        size_t length = 0;
        snprintf(path, sizeof path, "json/valid/%s", row.file);
        char *bytes = unit_read_case(path, &length);
        if (length > 1000) {
            free(bytes);
            continue;
        }
        seeds.bytes[seeds.count] = bytes;
        seeds.lengths[seeds.count++] = length;
    }
    assert_true(seeds.count > 20);
}

/* A valid text with up to four places changed, in a block of exactly its size. */
static char *mutate(uint64_t *random, size_t *ret_length)
{
    static const char spice[] =
        "[]{}\",:\\u0truefalsnD89-+.eE \t\n\x01\x7F\x80\xC3\xED\xFF";
    size_t seed = unit_next(random) % seeds.count;
    size_t length = seeds.lengths[seed];
    char *text = svc_alloc_zero(length + 8, 1);

    memcpy(text, seeds.bytes[seed], length);
    for (uint64_t left = unit_next(random) % 4 + 1; left > 0; left--) {
        size_t at = unit_next(random) % (length + 1);
        char byte = spice[unit_next(random) % sizeof spice];
        switch (unit_next(random) % 4) {
        case 0: /* replaced */
            text[at] = at < length ? byte : text[at];
            break;
        case 1: /* added */
            memmove(text + at + 1, text + at, length++ - at);
            text[at] = byte;
            break;
        case 2: /* taken out */
            if (at < length) {
                memmove(text + at, text + at + 1, --length - at);
            }
            break;
        default: /* cut, now and then */
            length = unit_next(random) % 4 == 0 ? at : length;
        }
    }
    *ret_length = length;
    return svc_realloc(text, length);
}

static void assert_all_text_is_utf8(const struct svc_json *value)
{
    for (; value != NULL; value = value->next) {
        assert_true(svc_text_is_utf8(value->text.text, value->text.length, NULL));
        assert_true(svc_text_is_utf8(value->key.text, value->key.length, NULL));
        assert_all_text_is_utf8(value->first);
    }
}

/* What is written of a value must be read as the same value. */
static void assert_reads_as_written(const struct svc_json *value)
{
    struct svc_json_error error = {0};
    size_t replaced = 0;
    size_t first_length = 0;
    size_t second_length = 0;

    assert_all_text_is_utf8(value);
    SVC_AUTO_FREE char *first = write_again(value, &first_length);
    const struct svc_json *again =
        svc_json_read(&arena, first, first_length, &limits, &replaced, &error);
    assert_non_null(again);
    assert_int_equal(replaced, 0);
    SVC_AUTO_FREE char *second = write_again(again, &second_length);
    assert_int_equal(first_length, second_length);
    assert_memory_equal(first, second, first_length);
}

static void test_read_survives_random_changes(void **state)
{
    (void)state;
    uint64_t random = 20261124;
    size_t taken = 0;
    const size_t rounds = 40000;

    load_seeds();
    for (size_t i = 0; i < rounds; i++) {
        struct svc_json_error error = {0};
        size_t replaced = 0;
        size_t length = 0;
        SVC_AUTO_FREE char *text = mutate(&random, &length);
        const struct svc_json *value =
            svc_json_read(&arena, text, length, &limits, &replaced, &error);
        if (value != NULL) {
            assert_reads_as_written(value);
            taken++;
        } else {
            assert_true(error.offset <= length);
            assert_non_null(error.reason);
            assert_true(error.status == SVC_MALFORMED || error.status == SVC_TOO_LARGE);
        }
        svc_arena_reset(&arena);
    }
    /* Neither all nor none: both ways were walked. */
    assert_in_range(taken, rounds / 50, rounds - rounds / 50);
    for (size_t i = 0; i < seeds.count; i++) {
        free(seeds.bytes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_read_refuses_invalid_files, reset),
        cmocka_unit_test_teardown(test_read_and_write_valid_files, reset),
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
        cmocka_unit_test_teardown(test_read_survives_random_changes, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
