/* Gender and diminutives of Spanish words. */
#include "singular.h"

#include <stdbool.h>
#include <string.h>

struct ending {
    const char *text;
    size_t length_min; /* of the whole word: shorter ones are nouns of their own */
};

/* Endings of adjectives, without the vowel of the gender. */
static const struct ending adjectives[] = {
    {"ad", 5},
    {"id", 5},
    {"ud", 6},
    {"os", 5},
    {"iv", 5},
    {"ic", 6},
    {"in", 6},
    {"an", 5},
    {"er", 7},
    {"ari", 7},
    {"ori", 7},
    {"ent", 7},
    {"ect", 7},
    {"act", 7},
    {"uest", 7},
};

/* Adjectives that no ending shows, without it, sorted by what they say: colours, sizes,
 * shapes, states. */
static const char *const roots[] = {
    "roj",
    "negr",
    "blanc",
    "amarill",
    "chin",
    "mexican",
    "rosad",
    "marin",
    "larg",
    "cort",
    "anch",
    "alt",
    "baj",
    "grues",
    "delgad",
    "fin",
    "pequen",
    "chiquit",
    "lis",
    "plan",
    "redond",
    "rect",
    "curv",
    "hond",
    "profund",
    "complet",
    "compact",
    "sec",
    "fresc",
    "nuev",
    "viej",
    "limpi",
    "suci",
    "fri",
    "tibi",
    "vaci",
    "llen",
    "bonit",
    "lind",
    "fe",
    "buen",
    "mal",
    "ric",
    "crud",
    "pur",
    "barat",
    "car",
    "clar",
    "oscur",
    "dur",
    "bland",
    "gord",
    "flac",
    "suelt",
    "abiert",
    "mixt",
    "sant",
    "modern",
    "enter",
    "intern",
    "extern",
    "altern",
    "etern",
    "nocturn",
    "diurn",
    "fals",
    "lent",
    "derech",
    "izquierd",
    "zurd",
    "junt",
    "quiet",
    "perfect",
    "liger",
    "mediterrane",
    "simultane",
    "instantane",
    "cutane",
    "sabros",
    "propi",
    "mism",
    "tod",
};

/* Words that only look like diminutives. */
static const char *const no_diminutives[] = {
    "granito",
    "visita",
    "favorito",
    "deposito",
    "margarita",
    "infinito",
    "gratuito",
    "circuito",
    "requisito",
    "credito",
    "habito",
    "exito",
    "apetito",
    "mosquito",
    "bonito",
    "señorita",
    "senorita",
    "infinita",
    "favorita",
    "gratuita",
    "bonita",
    "escrito",
    "delito",
    "transito",
    "proposito",
    "bendito",
    "maldito",
    "erudito",
    "grafito",
    "yogurcito",
    "ambito",
    "limita",
    "dinamita",
    "invita",
    "parasito",
    "merito",
    "burrito",
    "cabrito",
};

static bool ends_with(const char *word, size_t length, const char *end)
{
    size_t size = strlen(end);

    return length >= size && memcmp(word + length - size, end, size) == 0;
}

static bool is_in(const char *word, size_t length, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == length && memcmp(list[i], word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* "bolsita" is a bolsa, "muñequita" a muñeca, "pantaloncito" a pantalón. */
static size_t drop_diminutive(char *word, size_t length)
{
    char gender = word[length - 1];

    if (length < 6 || (gender != 'o' && gender != 'a') ||
        is_in(word, length, no_diminutives,
            sizeof no_diminutives / sizeof *no_diminutives)) {
        return length;
    }
    size_t rest = length - 3;
    if (!ends_with(word, length - 1, "it")) {
        return length;
    }
    if (rest >= 5 && (ends_with(word, rest, "nc") || ends_with(word, rest, "rc"))) {
        return rest - 1;
    }
    if (rest >= 5 && ends_with(word, rest, "qu")) {
        rest -= 2;
        word[rest++] = 'c';
    }
    word[rest] = gender;
    return rest + 1;
}

static bool is_adjective(const char *root, size_t length)
{
    if (is_in(root, length, roots, sizeof roots / sizeof roots[0])) {
        return true;
    }
    for (size_t i = 0; i < sizeof adjectives / sizeof adjectives[0]; i++) {
        if (length + 1 >= adjectives[i].length_min &&
            ends_with(root, length, adjectives[i].text)) {
            return true;
        }
    }
    return false;
}

size_t singular_root(char *word, size_t length)
{
    if (length < 3) {
        return length;
    }
    length = drop_diminutive(word, length);
    if (length >= 7 &&
        (ends_with(word, length, "dora") || ends_with(word, length, "sora"))) {
        return length - 1; /* "computadora" and "computador" */
    }
    if (word[length - 1] == 'a' && is_adjective(word, length - 1)) {
        word[length - 1] = 'o';
    }
    return length;
}
