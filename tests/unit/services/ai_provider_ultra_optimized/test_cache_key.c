#include "../../unit.h"

#include <cache_key.h>

static bool key_of(const char *text, enum intent_state state, const char *locale,
    char ret_key[CACHE_KEY_SIZE])
{
    const struct intent_question question = {
        .text = {text, strlen(text)},
        .state = state,
        .locale = {locale, strlen(locale)},
    };

    return cache_key_make(&question, ret_key);
}

static void test_what_is_the_same(void **state)
{
    static const char *const same[] = {"¿Tienen zapatillas rojas?",
        "tienen zapatillas rojas", "TIENEN  ZAPATILLAS, ROJAS!!",
        "tienén zapatillas rojas 😀"};
    char first[CACHE_KEY_SIZE];
    char key[CACHE_KEY_SIZE];

    (void)state;
    assert_true(key_of(same[0], STATE_NONE, "es", first));
    assert_memory_equal(first, "ai_provider:cache:es:0:", 23);
    for (size_t i = 1; i < COUNT_OF(same); i++) {
        assert_true(key_of(same[i], STATE_NONE, "es", key));
        assert_string_equal(key, first);
    }
}

static void test_what_differs(void **state)
{
    char first[CACHE_KEY_SIZE];
    char key[CACHE_KEY_SIZE];

    (void)state;
    assert_true(key_of("la roja no", STATE_NONE, "es", first));
    assert_true(key_of("la roja", STATE_NONE, "es", key));
    assert_string_not_equal(key, first);
    assert_true(key_of("la roja no", STATE_CART, "es", key));
    assert_string_not_equal(key, first);
    assert_true(key_of("la roja no", STATE_NONE, "pt", key));
    assert_string_not_equal(key, first);
    assert_true(key_of("laroja no", STATE_NONE, "es", key));
    assert_string_not_equal(key, first);
}

static void test_what_is_never_kept(void **state)
{
    static const char *const never[] = {"", "   ", "😀😀", "quiero 2 camisas",
        "pedido A-1001", "٣ camisas x 4", "ana@correo.mx", "vivo en Calle Sol 12",
        "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece",
        "\xC3\x28"};
    char key[CACHE_KEY_SIZE];
    char long_text[400];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(never); i++) {
        assert_false(key_of(never[i], STATE_NONE, "es", key));
    }
    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_false(key_of(long_text, STATE_NONE, "es", key));
    assert_false(key_of("avenida siempre viva", STATE_ADDRESS, "es", key));
    assert_false(key_of("la cancelada", STATE_ORDER, "es", key));
    assert_false(key_of("verano", STATE_COUPON, "es", key));
}

static void test_no_locale_gets_out_of_its_place(void **state)
{
    char key[CACHE_KEY_SIZE];

    (void)state;
    assert_true(key_of("hola", STATE_NONE, "*:\n{}[]?", key));
    assert_memory_equal(key, "ai_provider:cache:_____:0:", 26);
    assert_true(key_of("hola", STATE_NONE, "", key));
    assert_memory_equal(key, "ai_provider:cache::0:", 21);
}

static void test_values(void **state)
{
    static const char *const broken[] = {"", "add_to_cart", "add_to_cart ",
        "add_to_cart x", "add_to_cart 1.5", "add_to_cart -0.1", "add_to_cart nan",
        "steal_all 0.9", "add_to_cart 0.9 ", "add_to_cart 0.90000000000000000000000"};
    char value[CACHE_VALUE_SIZE];
    enum intent intent = INTENT_OTHER;
    double confidence = 0;
    size_t length = cache_value_write(INTENT_ADD_TO_CART, 0.94, value);

    (void)state;
    assert_string_equal(value, "add_to_cart 0.9400");
    assert_true(
        cache_value_read((struct svc_slice){value, length}, &intent, &confidence));
    assert_int_equal(intent, INTENT_ADD_TO_CART);
    assert_float_equal(confidence, 0.94, 0.00001);
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct svc_slice text = {broken[i], strlen(broken[i])};
        assert_false(cache_value_read(text, &intent, &confidence));
    }
    assert_false(cache_value_read((struct svc_slice){0}, &intent, &confidence));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_the_same),
        cmocka_unit_test(test_what_differs),
        cmocka_unit_test(test_what_is_never_kept),
        cmocka_unit_test(test_no_locale_gets_out_of_its_place),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
