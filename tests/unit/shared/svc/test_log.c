#include "../../unit.h"

#include <svc/json.h>
#include <svc/log.h>
#include <svc/mem.h>
#include <svc/trace.h>

#include <pthread.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

/* What went to standard error between capture_begin and capture_end. */
static struct {
    FILE *file;
    int saved;
    char *text;
    size_t length;
    struct svc_arena arena;
} capture;

static void capture_begin(void)
{
    fflush(stderr);
    capture.file = tmpfile();
    assert_non_null(capture.file);
    capture.saved = dup(STDERR_FILENO);
    assert_true(capture.saved >= 0);
    assert_true(dup2(fileno(capture.file), STDERR_FILENO) >= 0);
}

static void capture_end(void)
{
    assert_true(dup2(capture.saved, STDERR_FILENO) >= 0);
    close(capture.saved);
    long length = ftell(capture.file);
    fseek(capture.file, 0, SEEK_END);
    length = ftell(capture.file);
    assert_true(length >= 0);
    rewind(capture.file);
    capture.length = (size_t)length;
    capture.text = svc_arena_alloc(&capture.arena, capture.length + 1);
    assert_int_equal(fread(capture.text, 1, capture.length, capture.file), length);
    fclose(capture.file);
}

static int reset(void **state)
{
    (void)state;
    svc_arena_done(&capture.arena);
    svc_trace_set_current(NULL);
    svc_log_setup("test", SVC_LOG_INFO, false);
    return 0;
}

/* The object of LINE, which must be JSON within the limit of a line. */
static const struct svc_json *read_line(const char *line, size_t length)
{
    const struct svc_json_limits limits = {.depth = 2, .values = 1000};
    struct svc_json_error error;
    size_t replaced = 0;

    assert_in_range(length, 2, LINE_MAX_BYTES - 1);
    const struct svc_json *object =
        svc_json_read(&capture.arena, line, length, &limits, &replaced, &error);
    if (object == NULL) {
        fail_msg("%s at %zu: %.*s", error.reason, error.offset, (int)length, line);
    }
    assert_true(svc_json_is(object, SVC_JSON_OBJECT));
    return object;
}

static const struct svc_json *only_line(void)
{
    assert_true(capture.length > 0);
    char *end = memchr(capture.text, '\n', capture.length);
    assert_ptr_equal(end, capture.text + capture.length - 1);
    return read_line(capture.text, capture.length - 1);
}

static void assert_field(const struct svc_json *line, const char *name, const char *text)
{
    struct svc_slice got = svc_json_get_text(line, name);

    if (!svc_slice_equals(got, text)) {
        fail_msg("%s: '%.*s' is not '%s'", name, (int)got.length, got.text, text);
    }
}

static void test_line_has_its_head_and_fields(void **state)
{
    (void)state;
    int64_t number = 0;

    capture_begin();
    svc_log(SVC_LOG_WARN, "redis is gone", SVC_TEXT("error", "connection refused"),
        SVC_TEXT("nothing", NULL), SVC_INT("wait_ms", -50),
        SVC_TEXT_SLICE("part", ((struct svc_slice){"abcdef", 3})));
    capture_end();
    const struct svc_json *line = only_line();
    assert_int_equal(line->count, 8);
    assert_field(line, "level", "warn");
    assert_field(line, "service", "test");
    assert_field(line, "message", "redis is gone");
    assert_field(line, "error", "connection refused");
    assert_field(line, "part", "abc");
    assert_true(svc_json_is(svc_json_get(line, "nothing"), SVC_JSON_NULL));
    assert_true(svc_json_to_int64(svc_json_get(line, "wait_ms"), &number));
    assert_int_equal(number, -50);
    struct svc_slice time = svc_json_get_text(line, "time");
    assert_int_equal(time.length, 24);
    assert_memory_equal(time.text, "20", 2);
    assert_int_equal(time.text[23], 'Z');
}

static void test_line_without_fields(void **state)
{
    (void)state;
    capture_begin();
    svc_log(SVC_LOG_INFO, "ready");
    svc_log_fields(SVC_LOG_ERROR, "no list", NULL);
    capture_end();
    char *end = strchr(capture.text, '\n');
    assert_field(read_line(capture.text, (size_t)(end - capture.text)), "level", "info");
    assert_field(read_line(end + 1, strlen(end + 1) - 1), "level", "error");
}

static void test_levels_below_the_setup_are_left_out(void **state)
{
    (void)state;
    static const enum svc_log_level levels[] = {
        SVC_LOG_DEBUG, SVC_LOG_INFO, SVC_LOG_WARN, SVC_LOG_ERROR};

    for (size_t set = 0; set < COUNT_OF(levels); set++) {
        svc_log_setup("test", levels[set], false);
        for (size_t i = 0; i < COUNT_OF(levels); i++) {
            capture_begin();
            svc_log(levels[i], "x");
            capture_end();
            assert_int_equal(capture.length > 0, i >= set);
            assert_int_equal(svc_log_is_on(levels[i]), i >= set);
        }
    }
}

static void test_private_is_masked(void **state)
{
    (void)state;
    capture_begin();
    svc_log(SVC_LOG_INFO, "message", SVC_PRIVATE("from", SVC_SLICE("5215512345678")),
        SVC_PRIVATE("token", SVC_SLICE("EAAGm0PX4ZCpsBA")),
        SVC_PRIVATE("short", SVC_SLICE("secret")),
        SVC_PRIVATE("none", ((struct svc_slice){NULL, 0})));
    capture_end();
    const struct svc_json *line = only_line();
    assert_field(line, "from", "52*******5678");
    assert_field(line, "token", "EA*********psBA");
    assert_field(line, "short", "***");
    assert_true(svc_json_is(svc_json_get(line, "none"), SVC_JSON_NULL));
    assert_null(strstr(capture.text, "1551234"));
    assert_null(strstr(capture.text, "secret"));
}

static void test_private_of_any_length_is_masked(void **state)
{
    (void)state;
    char text[300];

    memset(text, 'q', sizeof text);
    for (size_t length = 0; length < sizeof text; length++) {
        capture_begin();
        svc_log(
            SVC_LOG_INFO, "m", SVC_PRIVATE("text", ((struct svc_slice){text, length})));
        capture_end();
        struct svc_slice got = svc_json_get_text(only_line(), "text");
        size_t shown = 0;
        for (size_t i = 0; i < got.length; i++) {
            shown += got.text[i] == 'q';
        }
        assert_int_equal(shown, length >= 8 && length < 128 ? 6 : 0);
        svc_arena_reset(&capture.arena);
    }
}

static void test_private_is_shown_when_asked_for(void **state)
{
    (void)state;
    svc_log_setup("test", SVC_LOG_INFO, true);
    capture_begin();
    svc_log(SVC_LOG_INFO, "message", SVC_PRIVATE("from", SVC_SLICE("5215512345678")));
    capture_end();
    assert_field(only_line(), "from", "5215512345678");
}

static void test_trace_of_the_thread_is_logged(void **state)
{
    (void)state;
    struct svc_trace trace;

    svc_trace_begin(&trace, (struct svc_slice){NULL, 0});
    svc_trace_set_current(&trace);
    capture_begin();
    svc_log(SVC_LOG_INFO, "x");
    capture_end();
    const struct svc_json *line = only_line();
    assert_field(line, "trace_id", trace.trace_id);
    assert_field(line, "span_id", trace.span_id);
}

/* Line breaks, quotes and control characters can't end a line or forge a second one. */
static void test_hostile_text_stays_in_its_field(void **state)
{
    (void)state;
    static const char text[] = "a\"}\n{\"level\":\"error\"\r\t\x01\x1f\\";

    capture_begin();
    svc_log(SVC_LOG_INFO, "x", SVC_TEXT("text", text));
    capture_end();
    assert_field(only_line(), "text", text);
}

static void test_invalid_utf8_leaves_valid_json(void **state)
{
    (void)state;
    static const char *const texts[] = {"caf\xE9", "\xFF\xFE", "\xC0\xAF\xC0\xAF\xC0\xAF",
        "\xED\xA0\x80", "cut\xE2\x82", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct svc_slice slice = {texts[i], strlen(texts[i])};
        for (int show = 0; show < 2; show++) {
            svc_log_setup("test", SVC_LOG_INFO, show == 1);
            capture_begin();
            svc_log(SVC_LOG_INFO, "x", SVC_TEXT("text", texts[i]),
                SVC_PRIVATE("private", slice));
            capture_end();
            assert_non_null(svc_json_get_text(only_line(), "text").text);
        }
    }
}

static void test_invalid_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    capture_begin();
    svc_log(SVC_LOG_INFO, "x", SVC_TEXT("text", "caf\xE9 ma\xC3\xB1\xFF"));
    capture_end();
    assert_field(only_line(), "text", "caf\xEF\xBF\xBD ma\xC3\xB1\xEF\xBF\xBD");
}

/* Every length around the limit: the line is whole, or says that it was cut. */
static void test_long_line_is_cut_and_stays_json(void **state)
{
    (void)state;
    char text[5001];
    bool saw_whole = false;
    bool saw_cut = false;

    memset(text, 'x', sizeof text);
    for (size_t length = 3900; length <= 5000; length += length < 4200 ? 1 : 100) {
        struct svc_slice slice = {text, length};
        capture_begin();
        svc_log(SVC_LOG_INFO, "head", SVC_INT("first", 1), SVC_TEXT_SLICE("text", slice));
        capture_end();
        const struct svc_json *line = only_line();
        assert_field(line, "message", "head");
        bool whole = svc_json_get_text(line, "text").length == length;
        bool cut = svc_json_get(line, "cut") != NULL;
        assert_int_not_equal(whole, cut);
        saw_whole = saw_whole || whole;
        saw_cut = saw_cut || cut;
        svc_arena_reset(&capture.arena);
    }
    assert_true(saw_whole && saw_cut);
}

static void test_long_message_is_cut_and_stays_json(void **state)
{
    (void)state;
    SVC_AUTO_FREE char *message = svc_alloc_zero(10001, 1);

    memset(message, '\n', 10000);
    for (size_t length = 1000; length <= 10000; length += 1000) {
        message[length] = '\0';
        capture_begin();
        svc_log(SVC_LOG_ERROR, message, SVC_INT("number", 7));
        capture_end();
        const struct svc_json *line = only_line();
        assert_field(line, "level", "error");
        assert_non_null(svc_json_get_text(line, "message").text);
        message[length] = '\n';
    }
}

static void *log_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        svc_log(SVC_LOG_INFO, "from a thread", SVC_INT("i", i));
    }
    return NULL;
}

static void test_lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t lines = 0;

    capture_begin();
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    capture_end();
    for (char *line = capture.text; *line != '\0'; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_field(read_line(line, (size_t)(end - line)), "message", "from a thread");
        line = end + 1;
    }
    assert_int_equal(lines, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line_has_its_head_and_fields, reset),
        cmocka_unit_test_setup(test_line_without_fields, reset),
        cmocka_unit_test_setup(test_levels_below_the_setup_are_left_out, reset),
        cmocka_unit_test_setup(test_private_is_masked, reset),
        cmocka_unit_test_setup(test_private_of_any_length_is_masked, reset),
        cmocka_unit_test_setup(test_private_is_shown_when_asked_for, reset),
        cmocka_unit_test_setup(test_trace_of_the_thread_is_logged, reset),
        cmocka_unit_test_setup(test_hostile_text_stays_in_its_field, reset),
        cmocka_unit_test_setup(test_invalid_utf8_leaves_valid_json, reset),
        cmocka_unit_test_setup(test_invalid_utf8_is_replaced_byte_by_byte, reset),
        cmocka_unit_test_setup(test_long_line_is_cut_and_stays_json, reset),
        cmocka_unit_test_setup(test_long_message_is_cut_and_stays_json, reset),
        cmocka_unit_test_setup(test_lines_of_threads_do_not_mix, reset),
    };
    return cmocka_run_group_tests(tests, NULL, reset);
}
