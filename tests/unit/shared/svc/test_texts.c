#include "../../unit.h"

#include <svc/texts.h>

static struct svc_texts *texts;
static struct svc_buf buf;

static void open_texts(const char *folder)
{
    char path[512];
    char error[256];

    svc_texts_close(&texts);
    snprintf(
        path, sizeof path, "%s/texts/%s", TEST_CASES_DIR, folder != NULL ? folder : "");
    assert_true(svc_texts_open(folder != NULL ? path : NULL, &texts, error));
}

static int setup(void **state)
{
    (void)state;
    svc_buf_init(&buf, 4096);
    open_texts(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    svc_buf_done(&buf);
    svc_texts_close(&texts);
    assert_null(texts);
    return 0;
}

static const char *text_of(const char *locale, const char *key)
{
    static const struct svc_texts_value values[] = {
        {"wait", "10 s"}, {"n", "7"}, {"a", "{b}"}, {"b", "{wait}"}};

    svc_buf_clear(&buf);
    svc_texts_write(texts, (struct svc_slice){locale, strlen(locale)}, key, values,
        COUNT_OF(values), &buf);
    return svc_buf_text(&buf);
}

static const char *duration_of(const char *locale, int64_t seconds)
{
    svc_buf_clear(&buf);
    svc_texts_write_duration(
        texts, (struct svc_slice){locale, strlen(locale)}, seconds, &buf);
    return svc_buf_text(&buf);
}

static void test_write_in_the_language_of_the_locale(void **state)
{
    static const char *const locales[][2] = {
        {"es", "7 minutos"},
        {"es_MX", "7 minutos"},
        {"en", "7 minutes"},
        {"en-US", "7 minutes"},
        {"EN_us", "7 minutes"},
        {"pt", "7 minutos"},
        {"pt-BR", "7 minutos"},
        {"fr", "7 minutos"},
        {"", "7 minutos"},
        {"e", "7 minutos"},
        {"english", "7 minutos"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(locales); i++) {
        assert_string_equal(text_of(locales[i][0], "minutes_other"), locales[i][1]);
    }
    assert_non_null(strstr(text_of("pt_BR", "rate_limit_reached"), "Obrigad"));
    assert_non_null(strstr(text_of("pt_BR", "rate_limit_reached"), "10 s"));
}

static void test_write_without_a_locale(void **state)
{
    (void)state;
    svc_buf_clear(&buf);
    svc_texts_write(texts, (struct svc_slice){NULL, 0}, "hours_one", NULL, 0, &buf);
    assert_string_equal(svc_buf_text(&buf), "1 hora");
}

static void test_write_a_key_that_is_missing(void **state)
{
    (void)state;
    assert_string_equal(text_of("es", "no_such_text"), "no_such_text");
    assert_string_equal(text_of("en", ""), "");
}

static void test_duration_rounds_up_and_counts_right(void **state)
{
    static const struct {
        int64_t seconds;
        const char *es, *en, *pt;
    } cases[] = {
        {-5, "1 segundo", "1 second", "1 segundo"},
        {0, "1 segundo", "1 second", "1 segundo"},
        {1, "1 segundo", "1 second", "1 segundo"},
        {2, "2 segundos", "2 seconds", "2 segundos"},
        {99, "99 segundos", "99 seconds", "99 segundos"},
        {100, "2 minutos", "2 minutes", "2 minutos"},
        {120, "2 minutos", "2 minutes", "2 minutos"},
        {121, "3 minutos", "3 minutes", "3 minutos"},
        {5999, "100 minutos", "100 minutes", "100 minutos"},
        {6000, "2 horas", "2 hours", "2 horas"},
        {7201, "3 horas", "3 hours", "3 horas"},
        {172799, "48 horas", "48 hours", "48 horas"},
        {172800, "2 días", "2 days", "2 dias"},
        {172801, "3 días", "3 days", "3 dias"},
        {31536000, "365 días", "365 days", "365 dias"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(duration_of("es", cases[i].seconds), cases[i].es);
        assert_string_equal(duration_of("en", cases[i].seconds), cases[i].en);
        assert_string_equal(duration_of("pt", cases[i].seconds), cases[i].pt);
    }
}

static void test_a_shop_s_own_texts(void **state)
{
    (void)state;
    open_texts("own");
    assert_string_equal(
        text_of("es", "rate_limit_reached"), "Un momento: 10 s, 10 s y {nada} {");
    /* A value isn't looked into again. */
    assert_string_equal(text_of("es", "ours_only"), "{b}{wait}{b}");
    assert_string_equal(text_of("es", "minutes_one"), "un minutito");
    assert_string_equal(text_of("es", "minutes_other"), "7 minutos");
    /* What is no text is none. */
    assert_string_equal(text_of("es", "hours_one"), "1 hora");
    assert_string_equal(text_of("en", "seconds_other"), "7 secs");
    assert_string_equal(text_of("en", "seconds_one"), "1 second");
    /* No file of the shop's for this language. */
    assert_string_equal(text_of("pt", "seconds_other"), "7 segundos");
}

static void test_open_broken_files(void **state)
{
    static const char *const folders[][2] = {
        {"broken", "es.json"},
        {"empty", "es.json"},
        {"array", "es.json"},
        {"nested", "es.json"},
        {"binary", "pt.json"},
        {"folder", "es.json"},
        {"no-such-folder", "No such file"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[512];
        char error[256] = "";
        struct svc_texts *none = NULL;
        snprintf(path, sizeof path, "%s/texts/%s", TEST_CASES_DIR, folders[i][0]);
        if (svc_texts_open(path, &none, error)) {
            fail_msg("%s was opened", path);
        }
        assert_null(none);
        assert_non_null(strstr(error, "TEXTS_DIR"));
        assert_non_null(strstr(error, folders[i][1]));
        assert_null(strchr(error, '\n'));
    }
}

/* The three say the same things, with the same values. */
static void test_the_languages_have_the_same_texts(void **state)
{
    static const char *const keys[] = {"rate_limit_reached", "seconds_one",
        "seconds_other", "minutes_one", "minutes_other", "hours_one", "hours_other",
        "days_one", "days_other"};
    static const char *const locales[] = {"es", "en", "pt"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        for (size_t n = 0; n < COUNT_OF(locales); n++) {
            const char *text = text_of(locales[n], keys[i]);
            assert_string_not_equal(text, keys[i]);
            assert_null(strchr(text, '{'));
            bool other = strstr(keys[i], "_other") != NULL;
            assert_int_equal(strncmp(text, "7 ", 2) == 0, other);
        }
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_write_in_the_language_of_the_locale),
        TEST(test_write_without_a_locale),
        TEST(test_write_a_key_that_is_missing),
        TEST(test_duration_rounds_up_and_counts_right),
        TEST(test_a_shop_s_own_texts),
        TEST(test_open_broken_files),
        TEST(test_the_languages_have_the_same_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
