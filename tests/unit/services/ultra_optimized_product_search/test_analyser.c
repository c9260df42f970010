/* Tokens of a text, in the short form "exact/position[+parts]kind": q a quantity, j
 * joined. */
#include "../../unit.h"

#include "analyser.h"

#include <pthread.h>
#include <svc/buf.h>

struct tokens_case {
    const char *text;
    const char *tokens;
};

static void write_tokens(struct svc_buf *out, const struct analyser *analyser,
    struct svc_slice text, size_t max)
{
    struct svc_arena arena = {0};
    struct token_list tokens;

    analyser_tokens(analyser, &arena, text, max, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        static const char kinds[] = {'w', 'n', 'q', 'j'};
        svc_buf_printf(out, "%s%.*s/%u", i > 0 ? " " : "", (int)token->exact.length,
            token->exact.text, token->position);
        if (token->kind > TOKEN_NUMBER) {
            svc_buf_printf(out, "+%u%c", token->parts, kinds[token->kind]);
        }
        assert_true(token->from < token->until && token->until <= text.length);
        assert_true(token->exact.length > 0 && token->exact.length <= TOKEN_BYTES_MAX);
        assert_true(svc_text_is_utf8(token->exact.text, token->exact.length, NULL));
    }
    svc_arena_done(&arena);
}

static void check_tokens(
    const struct analyser *analyser, const struct tokens_case *cases, size_t count)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++) {
        struct svc_slice text = {cases[i].text, strlen(cases[i].text)};
        struct svc_buf out;
        svc_buf_init(&out, 10000);
        write_tokens(&out, analyser, text, 100);
        if (strcmp(svc_buf_text(&out), cases[i].tokens) != 0) {
            print_error("\"%s\"\n  is     %s\n  not    %s\n", cases[i].text,
                svc_buf_text(&out), cases[i].tokens);
            failed++;
        }
        svc_buf_done(&out);
    }
    assert_int_equal(failed, 0);
}

static void test_tokens_folding(void **state)
{
    static const struct tokens_case cases[] = {
        {"", ""},
        {"Lápiz NIÑO", "lapiz/0 niño/1"},
        {"ÁÉÍÓÚÜ ÇÀãõ ŁŻřšž", "aeiouu/0 caao/1 lzrsz/2"},
        {"straße Œuvre ÆØ", "strasse/0 oeuvre/1 aeo/2"},
        {"nin\xCC\x83o cafe\xCC\x81 N\xCC\x83u", "niño/0 cafe/1 ñu/2"},
        {"a\xCC\x83 \xCC\x83o", "a/0 o/1"},
        {"su\xC2\xADper co\xE2\x80\x8Bsa", "super/0 cosa/1"},
        {"zapato👟rojo 🎉", "zapato/0 rojo/1"},
        {"ＡＢＣ", "abc/0"},
        {"МОСКВА Ελλ 東京", "москва/0 ελλ/1 東京/2"},
        {"¿Hola, qué tal?", "hola/0 que/1 tal/2"},
        {"uno\xFF"
         "dos",
            "uno/0"},
        {"uno \xC3", "uno/0"},
        {"a\x01"
         "b\tc\nd",
            "a/0 b/1 c/2 d/3"},
        {"'; DROP TABLE products; --", "drop/0 table/1 products/2"},
        {"a & b | !c <-> d:*", "a/0 b/1 c/2 d/3"},
    };

    check_tokens(*state, cases, COUNT_OF(cases));
}

static void test_tokens_compounds(void **state)
{
    static const struct tokens_case cases[] = {
        {"iphone15", "iphone/0 iphone15/0+2j 15/1"},
        {"iPhone-15", "iphone/0 iphone15/0+2j 15/1"},
        {"iphone 15", "iphone/0 15/1"},
        {"usb-c", "usb/0 usbc/0+2j c/1"},
        {"usb c", "usb/0 c/1"},
        {"usb - c", "usb/0 c/1"},
        {"iphone15pro max", "iphone/0 iphone15pro/0+3j 15/1 pro/2 max/3"},
        {"ROP-0001", "rop/0 rop0001/0+2j 0001/1"},
        {"2x1", "2/0 2x1/0+3j x/1 1/2"},
        {"S/M", "s/0 sm/0+2j m/1"},
        {"negro/blanco", "negro/0 blanco/1"},
        {"levi's L’Oréal", "levi/0 levis/0+2j s/1 l/2 loreal/2+2j oreal/3"},
        {"H&M", "h/0 hm/0+2j m/1"},
        {"bonito.Tiene", "bonito/0 tiene/1"},
        {"1/2", "1/0 1/2/0+2j 2/1"},
        {"38,39,40", "38/0 39/1 40/2"},
        {"38,39", "38/0 39/1"},
        {"38.5,39", "38.5/0 39/1"},
        {"110,120,130", "110/0 120/1 130/2"},
        {"110,120", "110/0 120/1"},
        {"5.5 5.50 5.0", "5.5/0 5.5/1 5/2"},
        {"5.0.1", "5/0 0.1/1"},
        {"1,500.50", "1500.5/0"},
        {"1.500,50", "1500.5/0"},
        {"1.500 12.500.000 10,000", "1500/0 12500000/1 10000/2"},
        {"0.750", "0.75/0"},
        {"555-1234", "555/0 1234/1"},
        {"32B 36C", "32/0 32b/0+2j b/1 36/2 36c/2+2j c/3"},
        {"a-b-c-d-e-f-g", "a/0 b/1 c/2 d/3 e/4 f/5 g/6"},
    };

    check_tokens(*state, cases, COUNT_OF(cases));
}

static void test_tokens_quantities(void **state)
{
    static const struct tokens_case cases[] = {
        {"1kg", "1/0 1000g/0+2q 1kg/0+2j kg/1"},
        {"1 kg", "1/0 1000g/0+2q kg/1"},
        {"1 kilo", "1/0 1000g/0+2q kilo/1"},
        {"1000 gramos", "1000/0 1000g/0+2q gramos/1"},
        {"un kilo", "un/0 1000g/0+2q kilo/1"},
        {"medio kilo", "medio/0 500g/0+2q kilo/1"},
        {"1/2 kg", "1/0 500g/0+3q 1/2/0+2j 2/1 kg/2"},
        {"un cuarto de kilo", "un/0 cuarto/1 250g/1+3q de/2 kilo/3"},
        {"un kilo y medio", "un/0 1500g/0+4q kilo/1 y/2 medio/3"},
        {"1,5 L", "1.5/0 1500ml/0+2q l/1"},
        {"1.5L", "1.5/0 1500ml/0+2q 1.5l/0+2j l/1"},
        {"dos litros", "dos/0 2000ml/0+2q litros/1"},
        {"355 ml", "355/0 355ml/0+2q ml/1"},
        {"32gb", "32/0 32gb/0+2q gb/1"},
        {"32 GB", "32/0 32gb/0+2q gb/1"},
        {"1TB", "1/0 1000gb/0+2q 1tb/0+2j tb/1"},
        {"512 mb", "512/0 0.512gb/0+2q mb/1"},
        {"2 m", "2/0 2000mm/0+2q m/1"},
        {"50 cm", "50/0 500mm/0+2q cm/1"},
        {"24 pulgadas", "24/0 24in/0+2q pulgadas/1"},
        {"10\" llave", "10/0 10in/0+1q llave/1"},
        {"32''", "32/0 32in/0+1q"},
        {"1/2\"", "1/0 0.5in/0+2q 1/2/0+2j 2/1"},
        {"\"iphone 15\"", "iphone/0 15/1"},
        {"32in 2 in 1", "32/0 32in/0+2q in/1 2/2 in/3 1/4"},
        {"10,000 mAh", "10000/0 10000mah/0+2q mah/1"},
        {"6 piezas", "6/0 6pz/0+2q piezas/1"},
        {"pack de 6", "pack/0 6pz/0+3q de/1 6/2"},
        {"paquete de 500 g", "paquete/0 de/1 500/2 500g/2+2q g/3"},
        {"una docena", "una/0 12pz/0+2q docena/1"},
        {"127 v 60W", "127/0 127v/0+2q v/1 60/2 60w/2+2q w/3"},
        {"15-pulgadas", "15/0 15in/0+2q 15pulgadas/0+2j pulgadas/1"},
        {"0 kg 99999999999999999999 kg", "0/0 kg/1 99999999999999999999/2 kg/3"},
        {"1/0 kg", "1/0 1/0/0+2j 0/1 kg/2"},
        {"kg 5", "kg/0 5/1"},
        {"30x40cm", "30/0 30x40cm/0+4j x/1 40/2 400mm/2+2q cm/3"},
    };

    check_tokens(*state, cases, COUNT_OF(cases));
}

static void test_tokens_limits(void **state)
{
    const struct analyser *analyser = *state;
    struct svc_arena arena = {0};
    struct token_list tokens;
    char text[10001];

    memset(text, 'a', sizeof text);
    analyser_tokens(analyser, &arena, (struct svc_slice){text, 10000}, 100, &tokens);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.list[0].exact.length, TOKEN_BYTES_MAX);
    assert_int_equal(tokens.list[0].until, 10000);
    for (size_t i = 0; i + 1 < sizeof text; i += 2) {
        memcpy(text + i, "\xC3\xB1", 2);
    }
    text[0] = 'x'; /* so that a ñ stands over the limit */
    text[1] = 'x';
    text[2] = 'y';
    memmove(text + 3, text + 4, 9990);
    analyser_tokens(analyser, &arena, (struct svc_slice){text, 9000}, 100, &tokens);
    assert_int_equal(tokens.list[0].exact.length, TOKEN_BYTES_MAX - 1);
    memset(text, '7', sizeof text);
    analyser_tokens(analyser, &arena, (struct svc_slice){text, 10000}, 100, &tokens);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.list[0].exact.length, TOKEN_BYTES_MAX);
    analyser_tokens(analyser, &arena, SVC_SLICE("a b c1 d"), 3, &tokens);
    assert_int_equal(tokens.count, 3);
    analyser_tokens(analyser, &arena, SVC_SLICE("a b"), 0, &tokens);
    assert_int_equal(tokens.count, 0);
    svc_arena_done(&arena);
}

/* Random bytes, half of them of what matters. AddressSanitizer and the checks of
 * write_tokens say what is wrong. */
static void test_tokens_random(void **state)
{
    static const char alphabet[] = "a1.,/-\"' 2kgñ\xCC\x83xm\xE2\x80\x99'de5";
    uint64_t random = 7;

    for (size_t round = 0; round < 3000; round++) {
        size_t length = unit_next(&random) % 60;
        char *text = malloc(length + 1);
        struct svc_buf out;
        for (size_t i = 0; i < length; i++) {
            uint64_t next = unit_next(&random);
            text[i] = next & 1 ? (char)(next >> 8)
                               : alphabet[(next >> 8) % (sizeof alphabet - 1)];
        }
        text = realloc(text, length > 0 ? length : 1);
        svc_buf_init(&out, 100000);
        write_tokens(&out, *state, (struct svc_slice){text, length}, 50);
        svc_buf_done(&out);
        free(text);
    }
}

static void *make_forms(void *context)
{
    const struct analyser *analyser = context;

    for (size_t i = 0; i < 2000; i++) {
        struct svc_arena arena = {0};
        struct token_forms forms;
        analyser_forms(analyser, &arena, SVC_SLICE("impermeabilizantes"), &forms);
        assert_true(svc_slice_equals(forms.stem, "impermeabiliz"));
        svc_arena_done(&arena);
    }
    return NULL;
}

static void test_forms_threads(void **state)
{
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_forms, *state), 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
    }
}

static void test_new_language(void **state)
{
    (void)state;
    assert_null(analyser_new("fr"));
    assert_null(analyser_new(""));
    struct analyser *analyser = analyser_new("pt");
    assert_non_null(analyser);
    analyser_free(&analyser);
    assert_null(analyser);
    analyser_free(&analyser);
}

static int set_up(void **state)
{
    *state = analyser_new("es");
    return *state == NULL;
}

static int tear_down(void **state)
{
    struct analyser *analyser = *state;

    analyser_free(&analyser);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens_folding),
        cmocka_unit_test(test_tokens_compounds),
        cmocka_unit_test(test_tokens_quantities),
        cmocka_unit_test(test_tokens_limits),
        cmocka_unit_test(test_tokens_random),
        cmocka_unit_test(test_forms_threads),
        cmocka_unit_test(test_new_language),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
