/* Other ways to write a labelled line that leave its meaning: a greeting before it, slips
 * of the keyboard, another product, no question mark. */
#ifndef AUGMENT_H
#define AUGMENT_H

#include "examples.h"
#include "vocabulary.h"

/* The next number of a generator that gives the same ones on every run (splitmix64). */
uint64_t random_next(uint64_t *state);

/* A variant of EXAMPLE; `ret_text` has room for SIZE bytes. */
void augment(const struct example *example, const struct vocabulary *vocabulary,
    uint64_t *random, char *ret_text, size_t size, enum intent_state *ret_state);

#endif
