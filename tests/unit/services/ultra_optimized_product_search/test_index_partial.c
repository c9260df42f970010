/* Few matches are filled up with those of some of the words; what no product has is
 * looked for by the word files. */
#include "shop.h"

static const struct line lines[] = {
    {1, "Té verde", NULL, "Bebidas", 10, NULL, NULL, NULL, NULL, 100, 0, 5, 50, false},
    {2, "Té de manzanilla", NULL, "Bebidas", 10, NULL, NULL, NULL, NULL, 100, 90, 5, 10,
        false},
    {3, "Crema de manzanilla", NULL, "Cuidado", 20, NULL, NULL, NULL, NULL, 100, 0, 5, 90,
        false},
    {4, "Taza", NULL, "Cocina", 30, NULL, NULL, "Para el té.", NULL, 100, 0, 5, 10,
        false},
    {5, "Jarra", NULL, "Cocina", 30, NULL, NULL, NULL, NULL, 100, 0, 5, 10, false},
};

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    shop_build(&shop, lines, COUNT_OF(lines));
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_close(*state);
    return 0;
}

static struct index_result ask(
    struct shop *shop, const char *text, const struct index_options *options)
{
    struct query query = shop_query(shop, text);
    struct index_result result;

    index_search(shop->index, &query, options, &shop->arena, &result);
    return result;
}

static void test_partial_matches_stand_behind_all_others(void **state)
{
    struct index_options options = {
        .limit = 10, .now_s = NOW_S, .facets = true, .partial = true};
    struct index_result result = ask(*state, "te manzanilla", &options);

    assert_int_equal(result.total, 1);
    assert_int_equal(result.partial_from, 1);
    assert_int_equal(result.hits[0].product.id, 2);
    assert_int_equal(result.hits[0].slots, 3);
    assert_int_equal(result.hit_count, 4);
    for (size_t i = 1; i < 4; i++) {
        assert_int_not_equal(result.hits[i].product.id, 2);
        assert_true(result.hits[i].slots == 1 || result.hits[i].slots == 2);
    }
    assert_false(result.relaxed);
    assert_false(result.total_at_least);
    assert_int_equal(result.facets->in_stock, 1); /* of the matches alone */

    options.partial = false;
    result = ask(*state, "te manzanilla", &options);
    assert_int_equal(result.hit_count, 1);
    assert_int_equal(result.partial_from, 1);
}

static void test_partial_matches_stay_on_the_first_page(void **state)
{
    struct index_options options = {.limit = 3, .now_s = NOW_S, .partial = true};

    assert_int_equal(ask(*state, "te manzanilla", &options).hit_count, 3);
    options.limit = 1;
    assert_int_equal(ask(*state, "te manzanilla", &options).hit_count, 1);
    options =
        (struct index_options){.limit = 3, .offset = 1, .now_s = NOW_S, .partial = true};
    assert_int_equal(ask(*state, "te manzanilla", &options).hit_count, 0);
}

static void test_partial_matches_keep_to_the_filters(void **state)
{
    const struct index_options options = {.limit = 10, .now_s = NOW_S, .partial = true};
    struct query query = shop_query(*state, "te manzanilla");
    struct index_result result;

    query.filters.category_id = 10;
    index_search(((struct shop *)*state)->index, &query, &options,
        &((struct shop *)*state)->arena, &result);
    assert_string_equal(shop_ids(*state, &result), "2 1");
    query.filters.on_offer = true;
    index_search(((struct shop *)*state)->index, &query, &options,
        &((struct shop *)*state)->arena, &result);
    assert_string_equal(shop_ids(*state, &result), "2");
}

/* The shop of another country, with the words that are built in. */
static void test_word_files_widen_what_no_product_has(void **state)
{
    static const struct line tools[] = {
        {1, "Desarmadores, juego de 6", NULL, "Taller", 10, NULL, NULL, NULL, NULL, 100,
            0, 5, 50, false},
        {2, "Cinta de aislar", NULL, "Taller", 10, NULL, NULL, NULL, NULL, 100, 0, 5, 50,
            false},
        {3, "Vajilla completa", NULL, "Cocina", 20, NULL, NULL, NULL, NULL, 100, 0, 5, 50,
            false},
    };
    struct shop shop = {.analyser = analyser_new("es")};
    char error[256] = "";
    struct words *words = words_load(NULL, "es", "mx", shop.analyser, error);

    (void)state;
    assert_non_null(words);
    weights_default(&shop.weights);
    shop.index = index_new(&(struct index_settings){
        .analyser = shop.analyser, .weights = &shop.weights, .words = words});
    shop_build(&shop, tools, COUNT_OF(tools));
    struct index_result result = shop_search(&shop, "destorniyador");
    assert_string_equal(shop_ids(&shop, &result), "1");
    assert_int_equal(result.hits[0].tier, MATCH_TYPO);
    assert_true(svc_slice_equals(result.did_you_mean, "destornillador"));
    result = shop_search(&shop, "teipe"); /* in Venezuela */
    assert_string_equal(shop_ids(&shop, &result), "2");
    assert_int_equal(result.hits[0].tier, MATCH_SYNONYM);
    assert_null(result.did_you_mean.text);
    result = shop_search(&shop, "compresa"); /* a word, no slip of "completa" */
    assert_int_equal(result.total, 0);
    shop_close(&shop);
    words_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partial_matches_stand_behind_all_others),
        cmocka_unit_test(test_partial_matches_stay_on_the_first_page),
        cmocka_unit_test(test_partial_matches_keep_to_the_filters),
        cmocka_unit_test(test_word_files_widen_what_no_product_has),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
