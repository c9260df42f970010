#include "analyser.h"

#include "language.h"
#include "singular.h"
#include "sound.h"
#include "stemmer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* libstemmer cuts Spanish roots of "papá" and "papel", of "cama" and "cámara" to the same
 * three letters; what is left of a word of six and more tells words apart. */
enum { SPANISH_ROOT_MIN = 6, SOUND_LETTERS_MIN = 3 };

struct analyser {
    enum language language;
    struct stemmer *stemmer;
};

struct analyser *analyser_new(const char *language)
{
    static const char *const names[] = {
        [LANGUAGE_ES] = "es", [LANGUAGE_EN] = "en", [LANGUAGE_PT] = "pt"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(language, names[i]) == 0) {
            struct analyser *analyser = svc_alloc(sizeof *analyser);
            analyser->language = (enum language)i;
            analyser->stemmer = stemmer_new(analyser->language);
            return analyser;
        }
    }
    return NULL;
}

void analyser_free(struct analyser **analyser)
{
    if (*analyser == NULL) {
        return;
    }
    stemmer_free(&(*analyser)->stemmer);
    free(*analyser);
    *analyser = NULL;
}

static struct svc_slice keep(
    struct svc_arena *arena, struct svc_slice exact, const char *text, size_t length)
{
    if (length == exact.length && memcmp(text, exact.text, length) == 0) {
        return exact;
    }
    return (struct svc_slice){svc_arena_strndup(arena, text, length), length};
}

/* ñ as n. True where the rest is ASCII letters, which is all that the rules know. */
static bool make_plain(struct svc_slice exact, char *plain, size_t *ret_length)
{
    size_t length = 0;
    bool letters = true;

    for (size_t i = 0; i < exact.length; i++) {
        char byte = exact.text[i];
        if (byte == '\xC3' && i + 1 < exact.length && exact.text[i + 1] == '\xB1') {
            byte = 'n';
            i++;
        }
        letters = letters && byte >= 'a' && byte <= 'z';
        plain[length++] = byte;
    }
    *ret_length = length;
    return letters && length > 0;
}

static size_t make_root(
    const struct analyser *analyser, const char *singular, size_t length, char *out)
{
    char own[TOKEN_BYTES_MAX];

    if (analyser->language != LANGUAGE_ES) {
        return stemmer_root(analyser->stemmer, singular, length, out);
    }
    memcpy(own, singular, length);
    size_t own_length = singular_root(own, length);
    size_t root_length = stemmer_root(analyser->stemmer, own, own_length, out);
    if (root_length >= SPANISH_ROOT_MIN) {
        return root_length;
    }
    memcpy(out, own, own_length);
    return own_length;
}

void analyser_forms(const struct analyser *analyser, struct svc_arena *arena,
    struct svc_slice exact, struct token_forms *ret_forms)
{
    char plain[TOKEN_BYTES_MAX] = "";
    char singular[TOKEN_BYTES_MAX];
    char out[TOKEN_BYTES_MAX * 2];
    size_t length = 0;

    *ret_forms = (struct token_forms){exact, exact, {"", 0}};
    if (exact.length > TOKEN_BYTES_MAX) {
        return;
    }
    bool letters = make_plain(exact, plain, &length);
    ret_forms->plain = keep(arena, exact, plain, length);
    if (!letters) {
        ret_forms->stem = ret_forms->plain;
        return;
    }
    memcpy(singular, plain, length);
    size_t singular_length = singular_make(analyser->language, singular, length);
    size_t size = make_root(analyser, singular, singular_length, out);
    ret_forms->stem = keep(arena, ret_forms->plain, out, size);
    if (length < SOUND_LETTERS_MIN) {
        return;
    }
    size = sound_make(analyser->language, singular, singular_length, out);
    size = size < TOKEN_BYTES_MAX ? size : TOKEN_BYTES_MAX;
    ret_forms->sound = keep(arena, ret_forms->plain, out, size);
}
