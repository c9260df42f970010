#include "shop.h"

#include "index_private.h"
#include "words.h"

/* Ids, names, brands, categories, sizes, colours, descriptions, codes, prices, offers,
 * stock, popularity. */
static const struct line lines[] = {
    {1, "Zapatillas rojas deportivas", "Andina", "Calzado", 10, "38,39,42", "rojo",
        "Para correr todos los días.", "CAL-0001", 100000, 80000, 5, 90, false},
    {2, "Zapatillas de correr", "Kancha", "Calzado", 10, "40,41", "azul,negro",
        "Suela de goma.", "CAL-0002", 90000, 0, 8, 50, false},
    {3, "Camiseta roja", "Kancha", "Ropa", 20, "S,M", "rojo", "De algodón.", "ROP-0001",
        20000, 0, 3, 40, false},
    {4, "Lámpara de luz cálida", "Brillo", "Hogar", 30, NULL, NULL, "Con dos luces.",
        "HOG-0001", 50000, 45000, 0, 99, false},
    {5, "Celular Equis 15", "Equis", "Tecnología", 40, NULL, "negro",
        "Un teléfono con buena cámara.", "TEC-0015", 900000, 0, 2, 70, false},
    {6, "Funda para celular", "Equis", "Tecnología", 40, NULL, "rojo",
        "Cuida su pantalla.", "TEC-0016", 9000, 0, 50, 10, false},
    {7, "Zapatillas que no se venden", "Andina", "Calzado", 10, NULL, NULL, NULL,
        "CAL-0003", 1000, 0, 50, 100, true},
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

static void test_search_finds_words_and_their_forms(void **state)
{
    assert_found(*state, "zapatillas", "1 2");
    assert_found(*state, "zapatilla", "1 2");
    assert_found(*state, "ZAPATILLAS Rojas", "1");
    assert_found(*state, "camara", "5");
    assert_found(*state, "luces", "4");
}

static void test_search_ranks_a_name_over_a_description(void **state)
{
    struct index_result result = shop_search(*state, "correr");

    assert_string_equal(shop_ids(*state, &result), "2 1");
    assert_int_equal(result.hits[0].fields, 1U << FIELD_NAME);
    assert_int_equal(result.hits[1].fields, 1U << FIELD_DESCRIPTION);
    assert_int_equal(result.total, 2);
    assert_false(result.total_at_least);
    assert_false(result.relaxed);
}

static void test_search_corrects_typos(void **state)
{
    struct index_result result = shop_search(*state, "Zapatilas rojas");

    assert_string_equal(shop_ids(*state, &result), "1");
    assert_int_equal(result.hits[0].tier, MATCH_TYPO);
    assert_int_equal(result.hits[0].slots, 3);
    assert_true(svc_slice_equals(result.did_you_mean, "zapatillas rojas"));
    assert_found(*state, "celualr", "5 6");
    assert_found(*state, "zpatilla", "1 2");
    assert_found(*state, "lun", ""); /* three letters are never corrected */
}

static void test_search_finishes_the_last_word(void **state)
{
    struct index_result result = shop_search(*state, "camis");

    assert_string_equal(shop_ids(*state, &result), "3");
    assert_int_equal(result.hits[0].tier, MATCH_PREFIX);
    assert_null(result.did_you_mean.text);
}

/* "pañ" has "pan" for a plain form, but is rather the beginning of "pañales". */
static void test_search_finishes_a_word_with_another_letter(void **state)
{
    static const struct line words[] = {
        {1, "Pan de caja", NULL, NULL, 0, NULL, NULL, NULL, NULL, 100, 0, 1, 60, false},
        {2, "Pañales", NULL, NULL, 0, NULL, NULL, NULL, NULL, 100, 0, 1, 50, false},
    };
    struct shop shop;

    (void)state;
    shop_open(&shop);
    shop_build(&shop, words, COUNT_OF(words));
    assert_found(&shop, "pañ", "2 1");
    assert_found(&shop, "pan", "1");
    shop_close(&shop);
}

/* A misspelt word has the synonyms of what it is put right to. */
static void test_search_knows_synonyms_of_a_corrected_word(void **state)
{
    static const struct line words[] = {
        {1, "Celular Equis", NULL, NULL, 0, NULL, NULL, NULL, NULL, 100, 0, 1, 60, false},
        {2, "Teléfono móvil", NULL, NULL, 0, NULL, NULL, NULL, NULL, 100, 0, 1, 50,
            false},
        {3, "Lámpara", NULL, NULL, 0, NULL, NULL, NULL, NULL, 100, 0, 1, 50, false},
    };
    struct shop shop;
    char error[256];

    (void)state;
    shop_open(&shop);
    struct words *known = words_load(NULL, "es", "mx", shop.analyser, error);
    assert_non_null(known);
    shop.index->settings.words = known;
    shop_build(&shop, words, COUNT_OF(words));
    struct index_result result = shop_search(&shop, "celualr");
    assert_string_equal(shop_ids(&shop, &result), "1 2");
    assert_int_equal(result.hits[1].tier, MATCH_TYPO);
    assert_true(svc_slice_equals(result.did_you_mean, "celular"));
    words_free(&known);
    shop_close(&shop);
}

static void test_search_knows_synonyms(void **state)
{
    struct shop *shop = *state;
    struct query query = shop_query(shop, "playera");

    shop_synonym(shop, &query, 0, "camiseta", NULL);
    struct index_result result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "3");
    assert_int_equal(result.hits[0].tier, MATCH_SYNONYM);
    query = shop_query(shop, "forro");
    shop_synonym(shop, &query, 0, "funda", "celular");
    result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "6");
}

static void test_search_relaxes_where_nothing_has_all(void **state)
{
    struct index_result result = shop_search(*state, "camiseta azul");

    assert_true(result.relaxed);
    assert_string_equal(shop_ids(*state, &result), "3 2");
    result = shop_search(*state, "zapatillas xyzzy");
    assert_true(result.relaxed);
    assert_string_equal(shop_ids(*state, &result), "1 2");
    assert_int_equal(result.hits[0].slots, 1);
    result = shop_search(*state, "xyzzy");
    assert_false(result.relaxed);
    assert_int_equal(result.total, 0);
}

static void test_search_filters(void **state)
{
    struct shop *shop = *state;
    struct query query = shop_query(shop, "");

    query.filters.category_id = 10;
    struct index_result result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "1 2");
    query.filters.category_id = 0;
    query.filters.brand = slice("EQUIS");
    result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "5 6");
    query.filters.brand = slice("nobody");
    result = shop_run(shop, &query);
    assert_int_equal(result.total, 0);
    query = shop_query(shop, "");
    query.filters.on_offer = true;
    result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "1 4");
    query.filters.in_stock = true;
    result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "1");
    query = shop_query(shop, "");
    query.filters.price_min_minor = 45000;
    query.filters.price_max_minor = 80000;
    result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "1 4");
}

static void test_search_sorts(void **state)
{
    static const char *const orders[] = {
        [QUERY_SORT_PRICE_UP] = "6 3 4 1 2 5",
        [QUERY_SORT_PRICE_DOWN] = "5 2 1 4 3 6",
        [QUERY_SORT_POPULARITY] = "4 1 5 2 3 6",
        [QUERY_SORT_NEWEST] = "6 5 4 3 2 1",
    };
    struct shop *shop = *state;
    struct query query = shop_query(shop, "");

    for (size_t i = QUERY_SORT_PRICE_UP; i < COUNT_OF(orders); i++) {
        query.sort = (enum query_sort)i;
        struct index_result result = shop_run(shop, &query);
        assert_string_equal(shop_ids(shop, &result), orders[i]);
    }
}

static void test_search_finds_codes(void **state)
{
    struct shop *shop = *state;
    struct query query = shop_query(shop, "rop-0001");

    query.code = query.text;
    struct index_result result = shop_run(shop, &query);
    assert_string_equal(shop_ids(shop, &result), "3");
    assert_found(*state, "ROP 0001", "3");
    assert_found(*state, "cal 0003", ""); /* not for sale */
}

static void test_search_sinks_what_is_out_of_stock(void **state)
{
    struct shop *shop = *state;
    struct query query = shop_query(shop, "");
    struct index_result result = shop_run(shop, &query);

    assert_int_equal(result.total, 6);
    assert_int_equal(result.hits[5].product.id, 4);
}

static void test_search_prefers_a_colour_among_the_colours(void **state)
{
    static const struct line colors[] = {
        {1, "Vestido largo", NULL, NULL, 0, NULL, "blanco",
            "Combina con rojo, un vestido para todo.", NULL, 100, 0, 1, 60, false},
        {2, "Vestido corto", NULL, NULL, 0, NULL, "rojo", "Un vestido.", NULL, 100, 0, 1,
            50, false},
    };
    struct shop shop;

    (void)state;
    shop_open(&shop);
    shop_build(&shop, colors, COUNT_OF(colors));
    struct query query = shop_query(&shop, "vestido rojo");
    query.slots[1].role = QUERY_ROLE_COLOR;
    struct index_result result = shop_run(&shop, &query);
    assert_string_equal(shop_ids(&shop, &result), "2 1");
    query.slots[1].role = QUERY_ROLE_SIZE;
    result = shop_run(&shop, &query);
    assert_string_equal(shop_ids(&shop, &result), "2");
    shop_close(&shop);
}

static void test_search_counts_facets(void **state)
{
    struct index_result result = shop_search(*state, "");
    const struct index_facets *facets = result.facets;

    assert_int_equal(facets->brand_count, 4);
    assert_true(svc_slice_equals(facets->brands[0].value, "Equis") ||
                svc_slice_equals(facets->brands[0].value, "Kancha"));
    assert_int_equal(facets->brands[0].count, 2);
    assert_int_equal(facets->category_count, 4);
    assert_int_equal(facets->categories[0].count, 2);
    assert_true(svc_slice_equals(facets->colors[0].value, "rojo"));
    assert_int_equal(facets->colors[0].count, 3);
    assert_true(svc_slice_equals(facets->colors[1].value, "negro"));
    assert_int_equal(facets->colors[1].count, 2);
    assert_int_equal(facets->size_count, 7);
    assert_int_equal(facets->in_stock, 5);
    assert_int_equal(facets->on_offer, 2);
    assert_int_equal(facets->price_min_minor, 9000);
    assert_int_equal(facets->price_max_minor, 900000);
}

static void test_get(void **state)
{
    struct shop *shop = *state;
    struct product product;

    assert_true(index_get(shop->index, 1, &shop->arena, &product));
    assert_true(svc_slice_equals(product.name, "Zapatillas rojas deportivas"));
    assert_true(svc_slice_equals(product.brand, "Andina"));
    assert_true(svc_slice_equals(product.sizes, "38,39,42"));
    assert_int_equal(product.category_id, 10);
    assert_int_equal(product.facts.offer_minor, 80000);
    assert_null(product.ean.text);
    assert_null(product.description.text);
    assert_false(index_get(shop->index, 99, &shop->arena, &product));
}

static void test_suggest(void **state)
{
    struct shop *shop = *state;
    struct index_suggestion suggestions[4];

    size_t count = index_suggest(shop->index, slice("zap"), 4, &shop->arena, suggestions);
    assert_true(count >= 2);
    assert_true(svc_slice_equals(suggestions[0].text, "Zapatillas"));
    count = index_suggest(shop->index, slice("and"), 4, &shop->arena, suggestions);
    assert_int_equal(count, 1);
    assert_true(svc_slice_equals(suggestions[0].text, "Andina"));
    assert_int_equal(suggestions[0].count, 2);
    assert_int_equal(
        index_suggest(shop->index, slice(""), 4, &shop->arena, suggestions), 0);
}

static void test_empty_index(void **state)
{
    struct shop shop;
    struct product product;

    (void)state;
    shop_open(&shop);
    assert_int_equal(index_cursor(shop.index), -1);
    struct index_result result = shop_search(&shop, "zapatillas");
    assert_int_equal(result.total, 0);
    assert_false(index_get(shop.index, 1, &shop.arena, &product));
    shop_build(&shop, NULL, 0);
    assert_int_equal(index_cursor(shop.index), 1);
    result = shop_search(&shop, "zapatillas");
    assert_int_equal(result.total, 0);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_finds_words_and_their_forms),
        cmocka_unit_test(test_search_ranks_a_name_over_a_description),
        cmocka_unit_test(test_search_corrects_typos),
        cmocka_unit_test(test_search_finishes_the_last_word),
        cmocka_unit_test(test_search_finishes_a_word_with_another_letter),
        cmocka_unit_test(test_search_knows_synonyms),
        cmocka_unit_test(test_search_knows_synonyms_of_a_corrected_word),
        cmocka_unit_test(test_search_relaxes_where_nothing_has_all),
        cmocka_unit_test(test_search_filters),
        cmocka_unit_test(test_search_sorts),
        cmocka_unit_test(test_search_finds_codes),
        cmocka_unit_test(test_search_sinks_what_is_out_of_stock),
        cmocka_unit_test(test_search_prefers_a_colour_among_the_colours),
        cmocka_unit_test(test_search_counts_facets),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_empty_index),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
