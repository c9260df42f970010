/* From a text to the words an index is made of, the same for products and for queries.
 *
 * A word has four forms, each wider than the one before:
 *
 *     exact   lower case, accents off, ñ kept          "niños", "celulares", "15"
 *     plain   ñ as n                                   "ninos"
 *     stem    singular by our own rules, then libstemmer's root
 *     sound   how it is heard: b = v, s = z = c(e, i), ll = y, h silent, qu = k ... of
 * the singular; what a typo is measured on
 *
 * Our singular comes first because libstemmer's Spanish misses what shops sell: luz,
 * luces; lápiz, lápices; celular, celulares; jean, jeans; champú, champus; tv, tvs. */
#ifndef ANALYSER_H
#define ANALYSER_H

#include <svc/mem.h>
#include <svc/text.h>

#include <stdint.h>

#define TOKEN_BYTES_MAX 48 /* of one form; a longer word is cut at a character */

enum token_kind {
    TOKEN_WORD,     /* letters */
    TOKEN_NUMBER,   /* digits, with a decimal point perhaps: "15", "2.5" */
    TOKEN_QUANTITY, /* a number and its unit in one form: 1 kg, 1kg, 1 kilo, 1000 g =
                       "1000g" */
    TOKEN_JOINED,   /* the parts of a compound or code in one: usb-c = "usbc", iPhone-15 =
                     * "iphone15"; its parts are tokens, too */
};

struct token {
    struct svc_slice exact; /* in the arena */
    uint32_t from;          /* bytes of the text */
    uint32_t until;
    uint16_t position; /* words before it; a quantity or joined one: those before its
                          first part */
    uint16_t parts;    /* positions it covers: 1, or more for the last two kinds */
    enum token_kind kind;
};

struct token_list {
    struct token *list;
    size_t count;
};

struct token_forms {
    struct svc_slice plain;
    struct svc_slice stem;
    struct svc_slice sound; /* empty for what isn't a word of 3 letters or more */
};

struct analyser;

/* LANGUAGE: "es", "en" or "pt". NULL where it is none of them. One analyser serves all
 * threads. */
struct analyser *analyser_new(const char *language);
void analyser_free(struct analyser **analyser);

/* The first MAX tokens of TEXT, in their order; text that isn't UTF-8 is read as far as
 * it is. Everything lives in ARENA. */
void analyser_tokens(const struct analyser *analyser, struct svc_arena *arena,
    struct svc_slice text, size_t max, struct token_list *ret_tokens);

/* The other forms of an exact one; slices in ARENA, or in EXACT where they are the same.
 */
void analyser_forms(const struct analyser *analyser, struct svc_arena *arena,
    struct svc_slice exact, struct token_forms *ret_forms);

#endif
