#include "../../unit.h"

#include <keys.h>
#include <provider_list.h>

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static struct provider_row row_of(const char *base_url, const char *key)
{
    return (struct provider_row){
        .config =
            {
                .name = SVC_SLICE("Propio"),
                .protocol = SVC_SLICE("openai"),
                .base_url = slice(base_url),
                .model = SVC_SLICE("modelo"),
                .key = slice(key),
                .enabled = true,
                .timeout_ms = 1000,
                .max_tokens = 150,
                .temperature = -1,
                .breaker_threshold = 5,
                .breaker_open_s = 300,
            },
    };
}

static void test_a_row_that_is_called(void **state)
{
    struct svc_arena arena = {0};
    struct provider_row row = row_of("https://modelos.example/v1", "clave");

    (void)state;
    provider_row_judge(&arena, &row);
    assert_null(row.reason);
    assert_false(row.faulty);
    svc_arena_done(&arena);
}

static void test_rows_that_are_wrong(void **state)
{
    static const char *const urls[] = {"", "modelos", "ftp://modelos.example", "https://",
        "https://a b", "https://a\r\nX: y", "javascript:alert(1)"};
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct provider_row row = row_of(urls[i], "clave-secreta");
        provider_row_judge(&arena, &row);
        assert_non_null(row.reason);
        assert_true(row.faulty);
        assert_null(strchr(row.reason, '\n'));
        assert_null(strstr(row.reason, "clave-secreta"));
    }
    struct provider_row key = row_of("https://modelos.example", "clave\nsecreta");
    provider_row_judge(&arena, &key);
    assert_true(key.faulty);
    assert_null(strstr(key.reason, "secreta"));
    svc_arena_done(&arena);
}

/* Off, or without a key: nothing is wrong with such a row. */
static void test_rows_that_rest(void **state)
{
    struct svc_arena arena = {0};
    struct provider_row off = row_of("no URL", "");
    struct provider_row without = row_of("https://modelos.example", "");

    (void)state;
    off.config.enabled = false;
    provider_row_judge(&arena, &off);
    provider_row_judge(&arena, &without);
    assert_string_equal(off.reason, "is_enabled is false");
    assert_string_equal(without.reason, "no API key is set");
    assert_false(off.faulty || without.faulty);
    svc_arena_done(&arena);
}

static void test_numbers_stay_within_bounds(void **state)
{
    struct svc_arena arena = {0};
    struct provider_row row = row_of("https://modelos.example", "clave");

    (void)state;
    row.config.timeout_ms = -5;
    row.config.max_tokens = INT32_MAX;
    row.config.breaker_threshold = 0;
    row.config.breaker_open_s = INT32_MAX;
    provider_row_judge(&arena, &row);
    assert_int_equal(row.config.timeout_ms, 50);
    assert_int_equal(row.config.max_tokens, 8192);
    assert_int_equal(row.config.breaker_threshold, 1);
    assert_int_equal(row.config.breaker_open_s, 86400);
    svc_arena_done(&arena);
}

static void test_origins(void **state)
{
    static const char *const cases[][2] = {
        {"https://api.example/v1?key=abc", "https://api.example"},
        {"HTTP://127.0.0.1:8190/ai", "HTTP://127.0.0.1:8190"},
        {"https://ana:clave@api.example/", ""},
        {"https://", ""},
        {"nothing", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_slice origin = provider_origin(slice(cases[i][0]));
        assert_int_equal(origin.length, strlen(cases[i][1]));
        if (origin.length > 0) {
            assert_memory_equal(origin.text, cases[i][1], origin.length);
        }
    }
}

static void test_lists(void **state)
{
    struct provider_list *list = provider_list_new();
    struct provider_list *other = provider_list_new();

    (void)state;
    list->rows[list->count++] = row_of("https://modelos.example", "clave");
    assert_false(provider_list_equals(list, other));
    other->rows[other->count++] = row_of("https://modelos.example", "clave");
    assert_true(provider_list_equals(list, other));
    other->rows[0].config.key = SVC_SLICE("otra");
    assert_false(provider_list_equals(list, other));
    other->rows[0] = list->rows[0];
    other->use_ai_providers = false;
    assert_false(provider_list_equals(list, other));
    assert_ptr_equal(provider_list_find(list, SVC_SLICE("pRopIO")), &list->rows[0]);
    assert_null(provider_list_find(list, SVC_SLICE("Propi")));

    struct provider_list *held = provider_list_hold(list);
    provider_list_release(&list);
    assert_null(list);
    assert_int_equal(held->count, 1);
    provider_list_release(&held);
    provider_list_release(&other);
    provider_list_release(&other);
}

static struct svc_slice key_of(struct svc_arena *arena, const char *name, char error[256])
{
    return keys_find(arena, slice(name), error);
}

static void test_keys(void **state)
{
    struct svc_arena arena = {0};
    char error[256];

    (void)state;
    setenv("DEEPSEEK_API_KEY", "uno", 1);
    setenv("AI_API_KEY_OPENAI", "dos", 1);
    setenv("AI_API_KEY_MI_MODELO_2", "tres", 1);
    setenv("OTHER_API_KEY", "no", 1);
    setenv("AI_API_KEY_ROTO_FILE", "/nowhere/key", 1);
    assert_string_equal(key_of(&arena, "DeepSeek", error).text, "uno");
    assert_string_equal(key_of(&arena, "OpenAI", error).text, "dos");
    assert_string_equal(key_of(&arena, "Mi_modelo-2", error).text, "tres");
    assert_string_equal(key_of(&arena, "Other", error).text, "");
    assert_string_equal(error, "");
    assert_null(key_of(&arena, "Roto", error).text);
    assert_non_null(strstr(error, "AI_API_KEY_ROTO_FILE"));
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_that_is_called),
        cmocka_unit_test(test_rows_that_are_wrong),
        cmocka_unit_test(test_rows_that_rest),
        cmocka_unit_test(test_numbers_stay_within_bounds),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
