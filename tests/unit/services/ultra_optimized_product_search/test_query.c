/* What is read out of a query. The cases are in tests/cases/search/queries.es.tsv: a
 * query and its short form (query_format.h), with the words of tests/cases/search/words.
 */
#include "../../unit.h"

#include "query_format.h"

#define MINOR_PER_UNIT 100

struct query_state {
    struct analyser *analyser;
    struct words *words;
    struct svc_arena arena;
};

static void read_query(
    struct query_state *state, struct svc_slice text, struct query *query)
{
    svc_arena_reset(&state->arena);
    query_read(state->words, state->analyser, &state->arena, text, MINOR_PER_UNIT, query);
}

static struct svc_slice slice_of(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static void check_case(struct query_state *state, const char *text, const char *wanted)
{
    struct query query;
    struct svc_buf out;

    svc_buf_init(&out, 10000);
    read_query(state, slice_of(text), &query);
    format_query(&out, &query);
    const char *found = svc_buf_text(&out);
    found += *found == ' ';
    if (strcmp(found, wanted) != 0) {
        print_error("\"%s\"\n  is     %s\n  not    %s\n", text, found, wanted);
        svc_buf_done(&out);
        fail();
    }
    svc_buf_done(&out);
}

static void test_cases(void **state)
{
    size_t length = 0;
    char *bytes = unit_read_case("search/queries.es.tsv", &length);
    char *file = realloc(bytes, length + 1);
    char *rest = NULL;
    size_t cases = 0;

    file[length] = '\0';
    for (char *line = strtok_r(file, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = '\0';
        check_case(*state, line, tab + 1);
        cases++;
    }
    assert_true(cases > 250);
    free(file);
}

/* All that holds of any query, whatever was asked. */
static void check_sound(struct query_state *state, struct svc_slice text)
{
    struct query query;
    bool required = false;

    read_query(state, text, &query);
    assert_true(query.slot_count <= QUERY_SLOTS_MAX);
    assert_true(query.text.length <= QUERY_TEXT_MAX);
    assert_true((query.key == 0) == (query.slot_count == 0));
    assert_true(query.filters.price_min_minor >= -1);
    assert_true(query.filters.price_max_minor >= -1);
    for (size_t i = 0; i < query.slot_count; i++) {
        const struct query_slot *slot = &query.slots[i];
        required = required || !slot->optional;
        assert_true(slot->phrase_count > 0 && slot->phrase_count <= QUERY_PHRASES_MAX);
        for (size_t j = 0; j < slot->phrase_count; j++) {
            const struct query_phrase *phrase = &slot->phrases[j];
            assert_true(phrase->count > 0 && phrase->count <= QUERY_PHRASE_WORDS_MAX);
            for (size_t k = 0; k < phrase->count; k++) {
                assert_true(phrase->words[k].exact.length > 0);
                assert_true(phrase->words[k].forms.stem.length > 0);
            }
        }
    }
    assert_true(required || query.slot_count == 0);
}

static void test_hostile(void **state)
{
    struct query_state *query = *state;
    static const char *const texts[] = {"", " ", "\n\t", "🎉🎉🎉", "\x01\x02\x1F",
        "\xFF\xFE", "a\xC3", "' OR 1=1 --", "a & b | c:* <-> !d", "%s%n", "--", "$ % & /",
        "\xE2\x80\x8B", "1.2.3.4.5.6", "1,2,3,4", "\"\"\"", "'''", "/-/-/",
        "a/b/c/d/e/f/g"};
    char *text = malloc(10000);

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        check_sound(query, slice_of(texts[i]));
    }
    memset(text, 'a', 10000);
    check_sound(query, (struct svc_slice){text, 10000});
    memset(text, ' ', 10000);
    check_sound(query, (struct svc_slice){text, 10000});
    memset(text, '9', 10000);
    check_sound(query, (struct svc_slice){text, 10000});
    for (size_t i = 0; i < 10000; i++) {
        text[i] = "\xC3\xB1"[i % 2];
    }
    check_sound(query, (struct svc_slice){text, 10000});
    for (size_t i = 0; i < 10000; i++) {
        text[i] = i % 3 == 2 ? ' ' : (char)('a' + i % 23);
    }
    check_sound(query, (struct svc_slice){text, 10000});
    for (size_t i = 0; i < 10000; i++) {
        text[i] = "1a-"[i % 3];
    }
    check_sound(query, (struct svc_slice){text, 10000});
    free(text);
}

static void test_long(void **state)
{
    struct svc_buf text;
    struct query query;

    svc_buf_init(&text, 10000);
    for (size_t i = 0; i < 300; i++) {
        svc_buf_printf(&text, "palabra%c%c ", (char)('a' + i % 26), (char)('a' + i / 26));
    }
    read_query(*state, slice_of(svc_buf_text(&text)), &query);
    assert_int_equal(query.slot_count, QUERY_SLOTS_MAX);
    assert_int_equal(query.text.length, QUERY_TEXT_MAX - 1); /* a space at its end */
    check_sound(*state, slice_of(svc_buf_text(&text)));
    svc_buf_done(&text);
}

static void test_cut_at_character(void **state)
{
    char text[QUERY_TEXT_MAX + 3];
    struct query query;

    memset(text, 'a', sizeof text);
    memcpy(text + QUERY_TEXT_MAX - 1, "\xC3\xB1", 2);
    read_query(*state, (struct svc_slice){text, sizeof text}, &query);
    assert_int_equal(query.text.length, QUERY_TEXT_MAX - 1);
}

/* Pieces that queries are made of, put together at random; the text ends where its memory
 * does. */
static void test_random(void **state)
{
    static const char *const pieces[] = {"menos de ", "entre ", " y ", "500", "1,5",
        "1/2 ", "kg", " talla ", "m ", "rojo ", "azul marino ", "usb", "-", "c ", "$",
        "%", "mil ", "k", "pesos ", "de ", "a ", "hasta ", "niño ", "\xF0\x9F\x8E\x89",
        "\xFF", "olla ", "presión ", "no ", "break ", "x", "\"", "s/", "lucas ", "más ",
        "barato ", "iphone", "15", "en oferta ", "pack ", "medio ", "kilo ", "\xC3", ".",
        "\xCC\x83", "n"};
    uint64_t random = 11;

    for (size_t round = 0; round < 4000; round++) {
        struct svc_buf text;
        svc_buf_init(&text, 4000);
        for (size_t i = unit_next(&random) % 40; i > 0; i--) {
            uint64_t next = unit_next(&random);
            if (next % 9 == 0) {
                svc_buf_add_char(&text, (char)(next >> 8));
            } else {
                svc_buf_add_text(&text, pieces[(next >> 8) % COUNT_OF(pieces)]);
            }
        }
        char *exact = malloc(text.length > 0 ? text.length : 1);
        assert_non_null(exact);
        memcpy(exact, svc_buf_text(&text), text.length);
        check_sound(*state, (struct svc_slice){exact, text.length});
        free(exact);
        svc_buf_done(&text);
    }
}

static uint64_t key_of(struct query_state *state, const char *text)
{
    struct query query;

    read_query(state, slice_of(text), &query);
    return query.key;
}

static void test_key(void **state)
{
    uint64_t key = key_of(*state, "zapatos rojos");

    assert_true(key != 0);
    assert_true(key_of(*state, "rojo zapato") == key);
    assert_true(key_of(*state, "hola, busco ZAPATOS rojas de 500 pesos") == key);
    assert_true(
        key_of(*state, "zapatos grandes rojos") == key); /* "grande" is optional */
    assert_true(key_of(*state, "zapatos azules") != key);
    assert_true(key_of(*state, "zapatosrojos") != key);
    assert_true(key_of(*state, "hola") == 0);
}

/* Another word for it and a slip are the same question; what a rule names one way isn't.
 */
static void test_key_is_of_the_meaning(void **state)
{
    uint64_t key = key_of(*state, "playera azul");

    assert_true(key_of(*state, "remeras azules") == key);
    assert_true(key_of(*state, "camiseta azul") == key);
    assert_true(key_of(*state, "plallera azul") == key);
    assert_true(key_of(*state, "camisa azul") != key);
    assert_true(key_of(*state, "accesorios de celular") != key_of(*state, "audifonos"));
}

static bool has_phrase(const struct query_slot *slot, const char *words, bool synonym)
{
    for (size_t i = 0; i < slot->phrase_count; i++) {
        const struct query_phrase *phrase = &slot->phrases[i];
        char text[200] = "";
        size_t length = 0;
        for (size_t j = 0; j < phrase->count; j++) {
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*s",
                j > 0 ? " " : "", (int)phrase->words[j].exact.length,
                phrase->words[j].exact.text);
        }
        if (strcmp(text, words) == 0) {
            return phrase->synonym == synonym;
        }
    }
    return false;
}

static void test_phrases(void **state)
{
    struct query query;

    read_query(*state, slice_of("celulares"), &query);
    assert_true(has_phrase(&query.slots[0], "celulares", false));
    assert_true(has_phrase(&query.slots[0], "movil", true));
    assert_true(has_phrase(&query.slots[0], "telefono", true));
    assert_false(has_phrase(&query.slots[0], "celular", true)); /* the same stem */
    read_query(
        *state, slice_of("zapatos"), &query); /* "calzado => zapato" isn't for it */
    assert_false(has_phrase(&query.slots[0], "calzado", true));
    read_query(*state, slice_of("calzado"), &query);
    assert_true(has_phrase(&query.slots[0], "bota", true));
    read_query(*state, slice_of("chamarras"), &query); /* of Mexico */
    assert_true(has_phrase(&query.slots[0], "chaqueta", true));
    read_query(*state, slice_of("camperas"), &query); /* of Argentina */
    assert_int_equal(query.slots[0].phrase_count, 1);
    read_query(*state, slice_of("cable tipo c"), &query);
    assert_true(has_phrase(&query.slots[1], "tipo c", false));
    assert_true(has_phrase(&query.slots[1], "usb c", true));
    read_query(*state, slice_of("talla grande"), &query);
    assert_true(has_phrase(&query.slots[0], "l", false));
    assert_int_equal(query.slots[0].role, QUERY_ROLE_SIZE);
}

static void test_minor_units(void **state)
{
    struct query_state *shared = *state;
    struct query query;

    svc_arena_reset(&shared->arena);
    query_read(shared->words, shared->analyser, &shared->arena,
        SVC_SLICE("menos de 1.500,50 pesos"), 1, &query);
    assert_int_equal(query.filters.price_max_minor, 1500);
    query_read(shared->words, shared->analyser, &shared->arena,
        SVC_SLICE("menos de 1.500,5 pesos"), 1000, &query);
    assert_int_equal(query.filters.price_max_minor, 1500500);
}

static int set_up(void **state)
{
    struct query_state *query = calloc(1, sizeof *query);
    char error[256] = "";

    query->analyser = analyser_new("es");
    query->words =
        words_load(TEST_CASES_DIR "/search/words", "es", "mx", query->analyser, error);
    if (query->words == NULL) {
        print_error("%s\n", error);
    }
    *state = query;
    return query->words == NULL;
}

static int tear_down(void **state)
{
    struct query_state *query = *state;

    svc_arena_done(&query->arena);
    words_free(&query->words);
    analyser_free(&query->analyser);
    free(query);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_cut_at_character),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_key_is_of_the_meaning),
        cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_minor_units),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
