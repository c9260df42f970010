/* The word files: those that are built in, a shop's own, and what is wrong with one. */
#include "../../unit.h"

#include "words.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_words_XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static struct svc_slice stem_of(
    const struct analyser *analyser, struct svc_arena *arena, const char *exact)
{
    struct token_forms forms;

    analyser_forms(analyser, arena, (struct svc_slice){exact, strlen(exact)}, &forms);
    return forms.stem;
}

static void test_built_in(void **state)
{
    static const char *const languages[] = {"es", "en", "pt"};
    static const char *const regions[] = {
        "", "mx", "ar", "cl", "co", "pe", "ve", "es", "br"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        struct analyser *analyser = analyser_new(languages[i]);
        for (size_t j = 0; j < COUNT_OF(regions); j++) {
            char error[256] = "";
            struct words_stats stats;
            struct words *words =
                words_load(NULL, languages[i], regions[j], analyser, error);
            assert_string_equal(error, "");
            assert_non_null(words);
            words_stats(words, &stats);
            assert_true(stats.synonym_rules > 50 && stats.stop_words > 50);
            assert_true(stats.colors > 5 && stats.audiences > 3);
            words_free(&words);
        }
        analyser_free(&analyser);
    }
}

static void test_built_in_spanish(void **state)
{
    struct analyser *analyser = *state;
    struct svc_arena arena = {0};
    char error[256];
    struct words *words = words_load(NULL, "es", "", analyser, error);

    assert_true(words_is_stop(words, SVC_SLICE("tienen")));
    assert_true(words_is_stop(words, SVC_SLICE("que")));
    assert_false(words_is_stop(words, SVC_SLICE("zapato")));
    assert_false(words_is_stop(words, SVC_SLICE("te")));
    assert_true(
        svc_slice_equals(words_color(words, stem_of(analyser, &arena, "rojas")), "rojo"));
    assert_true(svc_slice_equals(
        words_color(words, stem_of(analyser, &arena, "marino")), "azul marino"));
    assert_true(svc_slice_equals(
        words_audience(words, stem_of(analyser, &arena, "damas")), "mujer"));
    assert_true(svc_slice_equals(
        words_audience(words, stem_of(analyser, &arena, "niñas")), "niña"));
    assert_true(svc_slice_equals(
        words_audience(words, stem_of(analyser, &arena, "niños")), "niño"));
    assert_int_equal(words_color(words, SVC_SLICE("zapato")).length, 0);
    words_free(&words);
    svc_arena_done(&arena);
}

static void test_longest_run(void **state)
{
    struct analyser *analyser = *state;
    struct svc_arena arena = {0};
    const struct words_phrase *phrases = NULL;
    size_t count = 0;
    char error[256];

    write_file("synonyms.es.txt",
        "olla, cazuela\nolla de presión, pitadora, olla exprés\n"
        "\xEF\xBB\xBFmascota => perro, gato\r\n");
    struct words *words = words_load(folder, "es", "", analyser, error);
    assert_non_null(words);
    struct svc_slice stems[] = {stem_of(analyser, &arena, "ollas"),
        stem_of(analyser, &arena, "presion"), stem_of(analyser, &arena, "roja")};
    assert_int_equal(words_alternatives(words, stems, 3, &phrases, &count), 2);
    assert_int_equal(count, 2);
    assert_true(svc_slice_equals(phrases[0].words[0], "pitadora"));
    assert_int_equal(phrases[1].count, 2);
    assert_true(svc_slice_equals(phrases[1].words[1], "expres"));
    assert_int_equal(words_alternatives(words, stems, 1, &phrases, &count), 1);
    assert_true(svc_slice_equals(phrases[0].words[0], "cazuela"));
    assert_int_equal(words_alternatives(words, stems + 1, 2, &phrases, &count), 0);
    stems[0] = stem_of(analyser, &arena, "mascotas");
    assert_int_equal(words_alternatives(words, stems, 1, &phrases, &count), 1);
    assert_int_equal(count, 2);
    stems[0] = stem_of(analyser, &arena, "perro");
    assert_int_equal(words_alternatives(words, stems, 1, &phrases, &count), 0);
    words_free(&words);
    svc_arena_done(&arena);
    remove_file("synonyms.es.txt");
}

static void test_regions(void **state)
{
    static const char text[] =
        "niño, nene\nniña, nena\n[ar]\nniño, chico\n[cl]\nguagua, bebé\n";
    struct analyser *analyser = *state;
    char error[256];

    write_file("audience.es.txt", text);
    struct words *everywhere = words_load(folder, "es", "", analyser, error);
    struct words *argentina = words_load(folder, "es", "ar", analyser, error);
    assert_int_equal(words_audience(everywhere, SVC_SLICE("chico")).length, 0);
    assert_true(svc_slice_equals(words_audience(argentina, SVC_SLICE("chico")), "niño"));
    assert_int_equal(words_audience(argentina, SVC_SLICE("guagua")).length, 0);
    words_free(&everywhere);
    words_free(&argentina);
    remove_file("audience.es.txt");
}

static void test_faults(void **state)
{
    static const struct {
        const char *file;
        const char *text;
        const char *error;
    } cases[] = {
        {"synonyms.es.txt", "a, b\n\nuna\n",
            "synonyms.es.txt:3: a rule of one entry: una"},
        {"synonyms.es.txt", "gato, , perro\n",
            "synonyms.es.txt:1: no word in an entry: "},
        {"synonyms.es.txt", "gato =>\n", "synonyms.es.txt:1: no word in an entry: "},
        {"synonyms.es.txt", "uva pera mango kiwi, fruta\n",
            "synonyms.es.txt:1: more than three words: uva pera mango kiwi"},
        {"synonyms.es.txt", "[mexico]\n",
            "synonyms.es.txt:1: a section is [all] or a country's letters: [mexico]"},
        {"synonyms.es.txt", "[MX]\n",
            "synonyms.es.txt:1: a section is [all] or a country's letters: [MX]"},
        {"synonyms.es.txt", "[]\n",
            "synonyms.es.txt:1: a section is [all] or a country's letters: []"},
        {"synonyms.es.txt", "a, \xFF\n", "synonyms.es.txt:0: isn't UTF-8: "},
        {"synonyms.es.txt", "[ar]\nx, una dos tres cuatro gatos\n",
            "synonyms.es.txt:2: more than three words: una dos tres cuatro gatos"},
        {"colors.es.txt", "rojo => azul\n",
            "colors.es.txt:1: no one-way rules here: "
            "rojo => azul"},
        {"stopwords.es.txt", "dos palabras\n",
            "stopwords.es.txt:1: one word a line: dos palabras"},
        {"stopwords.es.txt", "¿?\n", "stopwords.es.txt:1: no word: ¿?"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char error[256] = "";
        write_file(cases[i].file, cases[i].text);
        assert_null(words_load(folder, "es", "", *state, error));
        assert_string_equal(error, cases[i].error);
        remove_file(cases[i].file);
    }
}

static void test_no_such(void **state)
{
    char error[256] = "";
    char path[256];

    assert_null(words_load("/no/such/folder", "es", "", *state, error));
    assert_string_equal(error, "/no/such/folder: No such file or directory");
    assert_null(words_load(NULL, "fr", "", *state, error));
    assert_string_equal(error, "no words of the language fr");
    snprintf(path, sizeof path, "%s/colors.es.txt", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(words_load(folder, "es", "", *state, error));
    assert_non_null(strstr(error, "colors.es.txt: can't be read"));
    rmdir(path);
    struct words *none = NULL;
    words_free(&none);
}

/* Random lines: no fault of memory, whatever is said. */
static void test_random(void **state)
{
    static const char *const pieces[] = {"a", "gato", ",", "=>", " ", "\n", "[mx]", "#",
        "de", "ñ", "]", "[", "15", "usb-c", "\xFF", "olla de presión"};
    uint64_t random = 3;

    for (size_t round = 0; round < 200; round++) {
        char text[400] = "";
        char error[256];
        for (size_t i = unit_next(&random) % 20; i > 0; i--) {
            const char *piece = pieces[unit_next(&random) % COUNT_OF(pieces)];
            strncat(text, piece, sizeof text - strlen(text) - 1);
        }
        write_file("synonyms.es.txt", text);
        struct words *words = words_load(folder, "es", "mx", *state, error);
        words_free(&words);
    }
    remove_file("synonyms.es.txt");
}

static int set_up(void **state)
{
    *state = analyser_new("es");
    return *state == NULL || mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    struct analyser *analyser = *state;

    analyser_free(&analyser);
    return rmdir(folder);
}

static const char *near_of(const struct words *words, const struct analyser *analyser,
    const char *exact, size_t *ret_distance)
{
    static char text[64];
    struct svc_arena arena = {0};
    struct svc_slice word = {exact, strlen(exact)};
    struct token_forms forms;

    analyser_forms(analyser, &arena, word, &forms);
    const struct words_spelled *near =
        words_nearest(words, word, forms.sound, 2, ret_distance);
    snprintf(text, sizeof text, "%.*s", near != NULL ? (int)near->written.length : 0,
        near != NULL ? near->written.text : "");
    svc_arena_done(&arena);
    return text;
}

static void test_nearest(void **state)
{
    struct analyser *analyser = analyser_new("es");
    char error[256] = "";
    size_t distance = 9;

    (void)state;
    write_file("synonyms.es.txt", "frazada, cobija\nlápiz, lapicero\nsilla, banco\n"
                                  "[ve]\nteipe => cinta adhesiva\n");
    struct words *words = words_load(folder, "es", "", analyser, error);
    assert_string_equal(error, "");
    assert_string_equal(near_of(words, analyser, "fraszada", &distance), "frazada");
    assert_int_equal(distance, 0); /* it is heard the same */
    assert_string_equal(near_of(words, analyser, "fradada", &distance), "frazada");
    assert_int_equal(distance, 1);
    assert_string_equal(near_of(words, analyser, "lapis", &distance), "lápiz");
    assert_string_equal(near_of(words, analyser, "teipe", &distance), "teipe");
    assert_int_equal(distance, 0);
    assert_string_equal(near_of(words, analyser, "camioneta", &distance), "");

    struct svc_arena arena = {0};
    const struct words_phrase *phrases = NULL;
    size_t count = 0;
    struct svc_slice stem = stem_of(analyser, &arena, "teipe");
    assert_int_equal(words_alternatives(words, &stem, 1, &phrases, &count), 0);
    assert_int_equal(words_foreign(words, &stem, 1, &phrases, &count), 1);
    assert_int_equal(count, 1);
    svc_arena_done(&arena);
    words_free(&words);
    words = words_load(folder, "es", "ve", analyser, error);
    stem = stem_of(analyser, &arena, "teipe");
    assert_int_equal(words_foreign(words, &stem, 1, &phrases, &count), 0);
    assert_int_equal(words_alternatives(words, &stem, 1, &phrases, &count), 1);
    svc_arena_done(&arena);
    words_free(&words);
    analyser_free(&analyser);
    remove_file("synonyms.es.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in),
        cmocka_unit_test(test_built_in_spanish),
        cmocka_unit_test(test_longest_run),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_no_such),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
