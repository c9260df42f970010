#include "sound.h"

#include <stdbool.h>
#include <string.h>

struct rule {
    const char *letters;
    const char *before; /* only before one of these; NULL: anywhere; "": at the end */
    const char *sound;
};

/* The first that fits counts. */
static const struct rule spanish[] = {
    {"ch", NULL, "x"},
    {"sh", NULL, "x"},
    {"ph", NULL, "f"},
    {"th", NULL, "t"},
    {"ll", NULL, "y"},
    {"qu", "ei", "k"},
    {"gu", "ei", "g"},
    {"oo", NULL, "u"},
    {"cc", "ei", "s"},
    {"sc", "ei", "s"},
    {"xc", "ei", "s"},
    {"ck", NULL, "k"},
    {"c", "ei", "s"},
    {"g", "ei", "j"},
    {"m", "", "n"},
    {"m", "dtncgkqsr", "n"},
    {"n", "bpv", "m"},
    {"y", "", "i"},
    {"y", "bcdfghjklmnpqrstvz", "i"},
    {"d", "", ""},
    {"c", NULL, "k"},
    {"q", NULL, "k"},
    {"v", NULL, "b"},
    {"z", NULL, "s"},
    {"x", NULL, "s"},
    {"w", NULL, "gu"},
    {"h", NULL, ""},
};

static const struct rule english[] = {
    {"ch", NULL, "x"},
    {"tch", NULL, "x"},
    {"sh", NULL, "x"},
    {"ph", NULL, "f"},
    {"th", NULL, "t"},
    {"gh", NULL, ""},
    {"kn", NULL, "n"},
    {"wr", NULL, "r"},
    {"wh", NULL, "w"},
    {"ck", NULL, "k"},
    {"qu", NULL, "kw"},
    {"sc", "eiy", "s"},
    {"c", "eiy", "s"},
    {"g", "eiy", "j"},
    {"dge", NULL, "j"},
    {"c", NULL, "k"},
    {"q", NULL, "k"},
    {"z", NULL, "s"},
    {"x", NULL, "ks"},
    {"y", NULL, "i"},
    {"h", NULL, ""},
};

static const struct rule portuguese[] = {
    {"ch", NULL, "x"},
    {"sh", NULL, "x"},
    {"ph", NULL, "f"},
    {"th", NULL, "t"},
    {"lh", NULL, "li"},
    {"nh", NULL, "ni"},
    {"qu", "ei", "k"},
    {"gu", "ei", "g"},
    {"sc", "ei", "s"},
    {"xc", "ei", "s"},
    {"ck", NULL, "k"},
    {"c", "ei", "s"},
    {"g", "ei", "j"},
    {"m", NULL, "n"},
    {"c", NULL, "k"},
    {"q", NULL, "k"},
    {"z", NULL, "s"},
    {"w", NULL, "v"},
    {"y", NULL, "i"},
    {"h", NULL, ""},
};

static const struct {
    const struct rule *rules;
    size_t count;
} languages[] = {
    [LANGUAGE_ES] = {spanish, sizeof spanish / sizeof spanish[0]},
    [LANGUAGE_EN] = {english, sizeof english / sizeof english[0]},
    [LANGUAGE_PT] = {portuguese, sizeof portuguese / sizeof portuguese[0]},
};

static bool fits(const struct rule *rule, const char *word, size_t length)
{
    if (*word != *rule->letters) {
        return false;
    }
    size_t size = strlen(rule->letters);
    if (size > length || memcmp(word, rule->letters, size) != 0) {
        return false;
    }
    if (rule->before == NULL) {
        return true;
    }
    return size == length ? *rule->before == '\0'
                          : strchr(rule->before, word[size]) != NULL;
}

static const struct rule *find_rule(
    enum language language, const char *word, size_t length)
{
    for (size_t i = 0; i < languages[language].count; i++) {
        if (fits(&languages[language].rules[i], word, length)) {
            return &languages[language].rules[i];
        }
    }
    return NULL;
}

/* A letter twice is one. */
static size_t add(char *out, size_t length, const char *sound, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (length == 0 || out[length - 1] != sound[i]) {
            out[length++] = sound[i];
        }
    }
    return length;
}

size_t sound_make(enum language language, const char *word, size_t length, char *out)
{
    size_t done = 0;
    size_t at = 0;

    if (language == LANGUAGE_ES && length > 3 && memcmp(word, "hie", 3) == 0) {
        done = add(out, done, "y", 1);
        at = 2; /* "hierba", "yerba" */
    }
    while (at < length) {
        const struct rule *rule = find_rule(language, word + at, length - at);
        const char *sound = rule != NULL ? rule->sound : word + at;
        done = add(out, done, sound, rule != NULL ? strlen(sound) : 1);
        at += rule != NULL ? strlen(rule->letters) : 1;
    }
    return done;
}
