#include "normal_words.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 64 };

struct short_form {
    const char *from;
    const char *to;
};

/* In the order of strcmp. */
static const struct short_form short_forms[] = {
    {"aki", "aqui"},
    {"asta", "hasta"},
    {"bn", "bien"},
    {"bnas", "buenas"},
    {"bno", "bueno"},
    {"bns", "buenas"},
    {"cdo", "cuando"},
    {"cmo", "como"},
    {"cn", "con"},
    {"cnto", "cuanto"},
    {"cto", "cuanto"},
    {"cuant", "cuanto"},
    {"d", "de"},
    {"dnd", "donde"},
    {"dsd", "desde"},
    {"dsp", "despues"},
    {"gcs", "gracias"},
    {"gracs", "gracias"},
    {"gras", "gracias"},
    {"grax", "gracias"},
    {"grcs", "gracias"},
    {"grs", "gracias"},
    {"hla", "hola"},
    {"hols", "hola"},
    {"k", "que"},
    {"ke", "que"},
    {"msj", "mensaje"},
    {"ola", "hola"},
    {"pa", "para"},
    {"pal", "para"},
    {"pfa", "porfavor"},
    {"pfv", "porfavor"},
    {"pk", "porque"},
    {"plis", "porfavor"},
    {"pls", "porfavor"},
    {"porfa", "porfavor"},
    {"porfi", "porfavor"},
    {"porfis", "porfavor"},
    {"porfiss", "porfavor"},
    {"porq", "porque"},
    {"pq", "porque"},
    {"ps", "pues"},
    {"q", "que"},
    {"qiero", "quiero"},
    {"qn", "quien"},
    {"qnto", "cuanto"},
    {"tb", "tambien"},
    {"tbn", "tambien"},
    {"tmb", "tambien"},
    {"tmbien", "tambien"},
    {"tmbn", "tambien"},
    {"tngo", "tengo"},
    {"toy", "estoy"},
    {"wapo", "guapo"},
    {"x", "por"},
    {"xa", "para"},
    {"xfa", "porfavor"},
    {"xfas", "porfavor"},
    {"xfavor", "porfavor"},
    {"xfis", "porfavor"},
    {"xk", "porque"},
    {"xo", "pero"},
    {"xq", "porque"},
    {"xqe", "porque"},
    {"zi", "si"},
};

static int compare(const void *key, const void *form)
{
    return strcmp(key, ((const struct short_form *)form)->from);
}

/* Letters three times or more are one, and twice where no word has them twice. */
static size_t squeeze(struct svc_slice plain, char out[WORD_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < plain.length && length < WORD_MAX - 1;) {
        char letter = plain.text[i];
        size_t run = 1;
        while (i + run < plain.length && plain.text[i + run] == letter) {
            run++;
        }
        i += run;
        bool is_letter = letter >= 'a' && letter <= 'z';
        size_t keep = !is_letter ? run : run == 2 && strchr("lrceon", letter) ? 2 : 1;
        /* "siii", "noo", "graciass": an ending is never doubled. */
        keep = is_letter && i == plain.length ? 1 : keep;
        for (size_t k = 0; k < keep && length < WORD_MAX - 1; k++) {
            out[length++] = letter;
        }
    }
    return length;
}

/* "jajaja", "jsjsjs", "jajaaj". */
static bool is_laugh(const char *word, size_t length)
{
    bool in_turns = length >= 4 && (strchr(word, 'j') != NULL || word[0] == 'h');
    bool of_ja = length >= 4;

    for (size_t i = 0; i < length; i++) {
        in_turns = in_turns && (i < 2 || word[i] == word[i - 2]);
        of_ja = of_ja && (word[i] == 'j' || word[i] == 'a');
    }
    return in_turns || of_ja;
}

static size_t set(const char *word, char out[WORD_MAX])
{
    size_t length = strlen(word);

    memcpy(out, word, length + 1);
    return length;
}

size_t normal_word(struct svc_slice plain, bool shortened, char out[WORD_MAX])
{
    size_t length = squeeze(plain, out);

    out[length] = '\0';
    if (!shortened) {
        return length;
    }
    if (is_laugh(out, length)) {
        return set("jaja", out);
    }
    const struct short_form *form = bsearch(out, short_forms,
        sizeof short_forms / sizeof short_forms[0], sizeof short_forms[0], compare);
    return form == NULL ? length : set(form->to, out);
}

/* What is heard of the letters at WORD[*AT]; moves on. */
static char sound_of(struct svc_slice word, size_t *at)
{
    const char *text = word.text + *at;
    size_t left = word.length - *at;
    char next = left > 1 ? text[1] : '\0';

    switch (text[0]) {
    case 'h':
        return '\0';
    case 'v':
        return 'b';
    case 'z':
        return 's';
    case 'q':
        *at += next == 'u';
        return 'k';
    case 'c':
        if (next == 'h') {
            *at += 1;
            return 'x';
        }
        return next == 'e' || next == 'i' ? 's' : 'k';
    case 'l':
        if (next == 'l') {
            *at += 1;
            return 'i';
        }
        return 'l';
    case 'y':
        return 'i';
    case 'g':
        return next == 'e' || next == 'i' ? 'j' : 'g';
    default:
        return text[0];
    }
}

size_t normal_sound(struct svc_slice word, char out[WORD_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < word.length && length < WORD_MAX; i++) {
        char sound = sound_of(word, &i);
        if (sound != '\0' && (length == 0 || out[length - 1] != sound)) {
            out[length++] = sound;
        }
    }
    return length;
}
