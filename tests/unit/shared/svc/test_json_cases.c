#include "../../unit.h"

#include <svc/buf.h>
#include <svc/json.h>
#include <svc/json_write.h>
#include <svc/mem.h>

#include <dirent.h>

#define TEXT_LIMIT ((size_t)1 << 20)

static const struct svc_json_limits limits = {.depth = 64, .values = 10000};
static struct svc_arena arena;

static int reset(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
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
    const size_t rounds = 200000;

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
        cmocka_unit_test_teardown(test_read_survives_random_changes, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
