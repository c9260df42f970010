#include "singular.h"

#include <svc/text.h>

#include <stdbool.h>
#include <string.h>

struct change {
    const char *from;
    const char *to; /* not longer */
};

static bool is_vowel(char letter)
{
    return letter != '\0' && strchr("aeiou", letter) != NULL;
}

static bool ends_with(const char *word, size_t length, const char *end)
{
    size_t size = strlen(end);

    return length >= size && memcmp(word + length - size, end, size) == 0;
}

static bool is_one_of(
    const char *word, size_t length, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == length && memcmp(list[i], word, length) == 0) {
            return true;
        }
    }
    return false;
}

/* What no rule finds. */
static const struct change irregular_es[] = {
    {"albumes", "album"},
    {"clubes", "club"},
    {"jerseis", "jersey"},
    {"tes", "te"},
    {"pies", "pie"},
};

static const struct change irregular_en[] = {
    {"knives", "knife"},
    {"shelves", "shelf"},
    {"scarves", "scarf"},
    {"leaves", "leaf"},
    {"wolves", "wolf"},
    {"loaves", "loaf"},
};

static size_t change_whole(
    char *word, size_t length, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (svc_slice_equals((struct svc_slice){word, length}, changes[i].from)) {
            size_t size = strlen(changes[i].to);
            memcpy(word, changes[i].to, size);
            return size;
        }
    }
    return length;
}

static bool stays(const char *word, size_t length)
{
    static const char *const whole[] = {
        "gas", "mas", "res", "mes", "bus", "tos", "dos", "tres", "gps", "ups", "sms"};
    /* Plurals of words that end with i or u; other words in -is and -us are singulars. */
    static const char *const plurals[] = {"bikinis", "taxis", "kiwis", "manis", "yetis",
        "pantis", "bisturis", "rubis", "hobbis", "minis", "maxis", "sushis", "ajis",
        "esquis", "safaris", "colibris", "raviolis", "espaguetis", "spaguettis", "leguis",
        "champus", "menus", "tabus", "bambus", "tofus", "iglus", "tisus", "canesus",
        "emus", "ajis", "confetis", "wifis", "suvenis", "polis", "chilis", "tutus",
        "urdus"};

    if (is_one_of(word, length, whole, sizeof whole / sizeof whole[0])) {
        return true;
    }
    bool singular = ends_with(word, length, "ss") || ends_with(word, length, "is") ||
                    ends_with(word, length, "us");
    return singular &&
           !is_one_of(word, length, plurals, sizeof plurals / sizeof plurals[0]);
}

/* Whether a word may end with the letter before the e of its plural: "-res" is the plural
 * of both "-r" and "-re", so that the e goes in both numbers. */
static bool e_may_go(const char *word, size_t length)
{
    if (length < 4 || word[length - 1] != 'e') {
        return false;
    }
    if (ends_with(word, length, "che") || ends_with(word, length, "she")) {
        return true;
    }
    return strchr("lrndszjy", word[length - 2]) != NULL && is_vowel(word[length - 3]);
}

/* The plural's s and what has to go with it. */
static size_t drop_plural(char *word, size_t length)
{
    if (length < 3 || word[length - 1] != 's' || stays(word, length)) {
        return length;
    }
    if (length >= 7 && ends_with(word, length, "eses")) {
        return length - 3; /* "arneses", whose singular is read as a plural, too */
    }
    if (length >= 6 && ends_with(word, length, "ues") && !is_vowel(word[length - 4]) &&
        word[length - 4] != 'q' && word[length - 4] != 'g') {
        return length - 2; /* "bambues" */
    }
    bool loan = length == 3 && is_vowel(word[0]); /* "abs" */
    return loan ? length : length - 1;
}

static size_t singular_es(char *word, size_t length)
{
    length = change_whole(
        word, length, irregular_es, sizeof irregular_es / sizeof irregular_es[0]);
    length = drop_plural(word, length);
    if (length >= 4 && ends_with(word, length, "ce") && is_vowel(word[length - 3])) {
        word[length - 2] = 'z'; /* "luces", and "enlace", too */
        return length - 1;
    }
    if (e_may_go(word, length)) {
        return length - 1;
    }
    if (length >= 4 && ends_with(word, length, "ie") && !is_vowel(word[length - 3])) {
        return length - 1; /* "panties" */
    }
    if (length >= 4 && word[length - 1] == 'y' && !is_vowel(word[length - 2])) {
        word[length - 1] = 'i'; /* "panty" */
    }
    return length;
}

static size_t singular_pt(char *word, size_t length)
{
    static const struct change changes[] = {
        {"oes", "ao"},
        {"aes", "ao"},
        {"aos", "ao"},
        {"ns", "m"},
        {"ais", "al"},
        {"eis", "el"},
        {"ois", "ol"},
        {"uis", "ul"},
        {"res", "r"},
        {"zes", "z"},
        {"les", "l"},
    };

    if (length < 4) {
        return length;
    }
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (ends_with(word, length, changes[i].from)) {
            size_t start = length - strlen(changes[i].from);
            size_t size = strlen(changes[i].to);
            memcpy(word + start, changes[i].to, size);
            return start + size;
        }
    }
    bool plural = word[length - 1] == 's' && word[length - 2] != 's' &&
                  !ends_with(word, length, "is") && !ends_with(word, length, "us");
    return plural ? length - 1 : length;
}

size_t singular_make(enum language language, char *word, size_t length)
{
    if (length < 3) {
        return length;
    }
    switch (language) {
    case LANGUAGE_ES:
        return singular_es(word, length);
    case LANGUAGE_PT:
        return singular_pt(word, length);
    case LANGUAGE_EN:
        break;
    }
    /* libstemmer does the rest. */
    return change_whole(
        word, length, irregular_en, sizeof irregular_en / sizeof irregular_en[0]);
}
