/* A message as the classifier, the keywords and the entities read it: words without case
 * and accents, numbers, codes, emoji and the marks that carry meaning. Pure; whatever the
 * bytes are, it ends with some tokens, maybe none. */
#ifndef NORMALISE_H
#define NORMALISE_H

#include <svc/text.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NORMAL_CHARACTERS_MAX = 500, /* of the message; what follows doesn't count */
    NORMAL_TOKENS_MAX = 256,
    NORMAL_BYTES_MAX = 6144,
};

enum normal_kind {
    NORMAL_WORD,
    NORMAL_NUMBER, /* "2", "1,200", "27.5" */
    NORMAL_CODE,   /* letters and digits: "a15", "10kg", "paga5" */
    NORMAL_EMOJI,
    NORMAL_MARK, /* ? ! $ # % + and line breaks */
};

struct normal_token {
    enum normal_kind kind;
    struct svc_slice plain; /* folded, as written: "holaaa", "xfa" */
    struct svc_slice word;  /* one form for all: "hola", "porfavor" */
    uint32_t from;          /* bytes of the message */
    uint32_t until;
};

struct normal_text {
    struct normal_token tokens[NORMAL_TOKENS_MAX];
    size_t count;
    char bytes[NORMAL_BYTES_MAX]; /* what the slices show */
    size_t used;
};

/* The slices of `ret_text` point into it: it must not be moved. */
void normalise(struct svc_slice message, struct normal_text *ret_text);

/* TEXT as one run of folded words with single spaces, without marks: of two texts that
 * are the same but for case, accents and marks it makes the same. Returns the length, at
 * most SIZE. */
size_t normal_join(const struct normal_text *text, char *out, size_t size);

#endif
