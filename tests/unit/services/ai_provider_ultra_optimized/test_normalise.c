#include "../../unit.h"

#include "hostile.h"
#include "normal_words.h"
#include "normalise.h"

static struct normal_text text;

static void read_text(const char *message)
{
    normalise((struct svc_slice){message, strlen(message)}, &text);
}

/* The words in a row, with a bar between them. */
static const char *words_of(const char *message)
{
    static char row[512];
    size_t length = 0;

    read_text(message);
    for (size_t i = 0; i < text.count; i++) {
        length += (size_t)snprintf(row + length, sizeof row - length, "%s%.*s",
            i == 0 ? "" : "|", (int)text.tokens[i].word.length, text.tokens[i].word.text);
    }
    row[length] = '\0';
    return row;
}

static void words_have_one_form(void **state)
{
    (void)state;
    assert_string_equal(words_of("HOLAAA, ¿Qué Tal??"), "hola|?|que|tal|?|?");
    assert_string_equal(words_of("xfa q kiero pa ñato"), "porfavor|que|kiero|para|nato");
    assert_string_equal(words_of("jajajaja jsjsjs jaajaj"), "jaja|jaja|jaja");
    assert_string_equal(words_of("hija hoja caja"), "hija|hoja|caja");
    assert_string_equal(words_of("siii noooo graciasss"), "si|no|gracias");
    assert_string_equal(words_of("llave carro acceso leer"), "llave|carro|acceso|leer");
    assert_string_equal(words_of("n\xCC\x83o ño"), "no|no");
}

static void numbers_and_codes(void **state)
{
    (void)state;
    assert_string_equal(words_of("$1,200 27.5 2. 3,"), "$|1,200|27.5|2|3");
    assert_int_equal(text.tokens[1].kind, NORMAL_NUMBER);
    read_text("a15 10kg PAGA5 3️⃣");
    assert_int_equal(text.count, 4);
    assert_int_equal(text.tokens[0].kind, NORMAL_CODE);
    assert_int_equal(text.tokens[2].kind, NORMAL_CODE);
    assert_int_equal(text.tokens[3].kind, NORMAL_NUMBER);
}

static void emoji_are_tokens_without_their_skin(void **state)
{
    (void)state;
    assert_string_equal(words_of("👍🏽 ok ❤️"), "👍|ok|❤");
    assert_int_equal(text.tokens[0].kind, NORMAL_EMOJI);
}

static void places_are_those_of_the_message(void **state)
{
    const char *message = "el ÑANDÚ-22 ya";

    (void)state;
    read_text(message);
    assert_int_equal(text.count, 4);
    assert_memory_equal(message + text.tokens[1].from, "ÑANDÚ", 7);
    assert_int_equal(text.tokens[1].until, text.tokens[1].from + 7);
}

static void sounds(void **state)
{
    char left[64];
    char right[64];

    (void)state;
    size_t length = normal_sound(SVC_SLICE("kiero"), left);
    assert_int_equal(normal_sound(SVC_SLICE("quiero"), right), length);
    assert_memory_equal(left, right, length);
    length = normal_sound(SVC_SLICE("sapatiyas"), left);
    assert_int_equal(normal_sound(SVC_SLICE("zapatillas"), right), length);
    assert_memory_equal(left, right, length);
    assert_int_equal(normal_sound(SVC_SLICE("h"), left), 0);
}

static void joined_texts_are_the_same_but_for_marks(void **state)
{
    char joined[64];

    (void)state;
    read_text("¿Quiero   un CAFÉ? ☕");
    size_t length = normal_join(&text, joined, sizeof joined);
    assert_int_equal(length, 14);
    assert_memory_equal(joined, "quiero un cafe", 14);
    assert_int_equal(normal_join(&text, joined, 8), 6);
}

static void hostile_messages_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        normalise(hostile[i], &text);
        assert_true(text.count <= NORMAL_TOKENS_MAX);
        for (size_t k = 0; k < text.count; k++) {
            assert_true(text.tokens[k].until <= hostile[i].length);
            assert_true(text.tokens[k].plain.length > 0);
        }
    }
    for (int kind = 0; kind < 3; kind++) {
        char *bytes = hostile_long(kind);
        normalise((struct svc_slice){bytes, HOSTILE_LONG}, &text);
        assert_true(text.count > 0 && text.count <= NORMAL_TOKENS_MAX);
        assert_true(text.used <= NORMAL_BYTES_MAX);
        assert_true(text.tokens[text.count - 1].until <= 4 * NORMAL_CHARACTERS_MAX);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_one_form),
        cmocka_unit_test(numbers_and_codes),
        cmocka_unit_test(emoji_are_tokens_without_their_skin),
        cmocka_unit_test(places_are_those_of_the_message),
        cmocka_unit_test(sounds),
        cmocka_unit_test(joined_texts_are_the_same_but_for_marks),
        cmocka_unit_test(hostile_messages_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
