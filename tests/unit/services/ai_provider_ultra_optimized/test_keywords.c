#include "../../unit.h"

#include "hostile.h"
#include "keywords.h"

#include <sys/stat.h>
#include <unistd.h>

static struct svc_arena arena;

static int built_in(void **state)
{
    char wrong[256];
    struct keywords *keywords = keywords_load(NULL, wrong);

    *state = keywords;
    return keywords == NULL;
}

static int done(void **state)
{
    keywords_free((struct keywords **)state);
    svc_arena_done(&arena);
    return 0;
}

static enum intent ask(const struct keywords *keywords, const char *locale,
    enum intent_state state, const char *text)
{
    const struct intent_question question = {
        .text = {text, strlen(text)},
        .state = state,
        .locale = {locale, strlen(locale)},
    };
    enum intent intent = INTENTS;
    double confidence = keywords_predict(keywords, &arena, &question, &intent);

    assert_true(confidence >= 0.3 && confidence <= 0.8);
    return intent;
}

static void three_languages(void **state)
{
    const struct keywords *words = *state;

    assert_int_equal(ask(words, "es", STATE_NONE, "Hola!"), INTENT_GREETING);
    assert_int_equal(
        ask(words, "es_MX", STATE_NONE, "ver mi carrito porfa"), INTENT_VIEW_CART);
    assert_int_equal(
        ask(words, "en", STATE_NONE, "where is my order?"), INTENT_ORDER_STATUS);
    assert_int_equal(
        ask(words, "pt_BR", STATE_NONE, "quero finalizar o pedido"), INTENT_CHECKOUT);
    /* The shop's own language where none is known, and the others after it. */
    assert_int_equal(ask(words, "", STATE_NONE, "muchas gracias"), INTENT_THANKS);
    assert_int_equal(ask(words, "xx", STATE_NONE, "obrigado"), INTENT_THANKS);
}

static void negation_and_state(void **state)
{
    const struct keywords *words = *state;

    assert_int_equal(ask(words, "es", STATE_NONE, "ya no quiero el arroz, quitalo"),
        INTENT_REMOVE_FROM_CART);
    assert_int_equal(ask(words, "es", STATE_NONE, "no gracias"), INTENT_DENY);
    assert_int_equal(ask(words, "es", STATE_CONFIRM, "no, espera"), INTENT_DENY);
    assert_int_equal(ask(words, "es", STATE_CONFIRM, "si dale"), INTENT_AFFIRM);
    assert_int_equal(ask(words, "es", STATE_RESULTS, "el 2"), INTENT_PRODUCT_DETAILS);
    assert_int_equal(ask(words, "es", STATE_PRODUCT, "2"), INTENT_ADD_TO_CART);
    assert_int_equal(ask(words, "es", STATE_COUPON, "PROMO10"), INTENT_APPLY_COUPON);
}

static void unknown_words_are_a_products_name(void **state)
{
    const struct keywords *words = *state;

    assert_int_equal(
        ask(words, "es", STATE_NONE, "flurbos zantados"), INTENT_SEARCH_PRODUCT);
    assert_int_equal(ask(words, "es", STATE_NONE, ""), INTENT_OTHER);
    assert_int_equal(ask(words, "es", STATE_NONE, "#$%"), INTENT_OTHER);
}

static void hostile_messages_are_answered(void **state)
{
    for (size_t i = 0; i < COUNT_OF(hostile) + 3; i++) {
        bool is_long = i >= COUNT_OF(hostile);
        char *bytes = is_long ? hostile_long((int)i) : NULL;
        const struct intent_question question = {
            .text = is_long ? (struct svc_slice){bytes, HOSTILE_LONG} : hostile[i],
        };
        enum intent intent = INTENTS;
        keywords_predict(*state, &arena, &question, &intent);
        assert_true((int)intent >= 0 && intent < INTENTS);
        svc_arena_reset(&arena);
        free(bytes);
    }
}

static void write_list(const char *folder, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/es.txt", folder);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void a_shops_own_list_replaces_ours(void **state)
{
    char folder[] = "/tmp/keywords-XXXXXX";
    char path[128];
    char wrong[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_list(
        folder, "; ours\n[offers]\n5: xyz*, ^abc .. def\n[deny @confirm]\n3: =#\n");
    struct keywords *own = keywords_load(folder, wrong);
    assert_non_null(own);
    assert_int_equal(ask(own, "es", STATE_NONE, "quiero xyzzy"), INTENT_OFFERS);
    assert_int_equal(ask(own, "es", STATE_NONE, "abc uno dos def"), INTENT_OFFERS);
    assert_int_equal(ask(own, "es", STATE_NONE, "gato abc def"), INTENT_SEARCH_PRODUCT);
    assert_int_equal(ask(own, "es", STATE_CONFIRM, "7"), INTENT_DENY);
    assert_int_equal(ask(own, "es", STATE_CART, "7"), INTENT_OTHER);
    /* A language without a file of the shop keeps ours. */
    assert_int_equal(ask(own, "en", STATE_NONE, "thank you"), INTENT_THANKS);
    keywords_free(&own);
    snprintf(path, sizeof path, "%s/es.txt", folder);
    unlink(path);
    rmdir(folder);
}

static void a_wrong_list_is_told_by_its_line(void **state)
{
    static const char *const lists[][2] = {
        {"5: hola\n", "es.txt: line 1: words before the first [intent]"},
        {"[offers]\n\nhola\n", "es.txt: line 3: a line is WEIGHT: phrase, phrase"},
        {"[nothing]\n", "es.txt: line 1: no such intent"},
        {"[offers @nowhere]\n", "es.txt: line 1: no such state"},
        {"[offers\n", "es.txt: line 1: a section is [intent] or [intent @state]"},
        {"[offers]\n0: hola\n",
            "es.txt: line 2: a weight is a whole number from -20 to 20, and not 0"},
        {"[offers]\n4: hola,,\n", "es.txt: line 2: an empty phrase"},
        {"[offers]\n4: a b c d e f g h i\n",
            "es.txt: line 2: a phrase has eight words at most"},
        {"[offers]\n4: *\n", "es.txt: line 2: a word without letters"},
    };
    char folder[] = "/tmp/keywords-XXXXXX";
    char path[128];
    char wrong[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        write_list(folder, lists[i][0]);
        assert_null(keywords_load(folder, wrong));
        assert_string_equal(wrong, lists[i][1]);
    }
    snprintf(path, sizeof path, "%s/es.txt", folder);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_languages),
        cmocka_unit_test(negation_and_state),
        cmocka_unit_test(unknown_words_are_a_products_name),
        cmocka_unit_test(hostile_messages_are_answered),
        cmocka_unit_test(a_shops_own_list_replaces_ours),
        cmocka_unit_test(a_wrong_list_is_told_by_its_line),
    };

    return cmocka_run_group_tests(tests, built_in, done);
}
