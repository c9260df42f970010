/* libstemmer for all threads: its objects serve one at a time. */
#ifndef STEMMER_H
#define STEMMER_H

#include "language.h"

#include <stddef.h>

struct stemmer;

struct stemmer *stemmer_new(enum language language);
void stemmer_free(struct stemmer **stemmer);

/* The root of WORD into OUT, which has room for LENGTH bytes; returns how many it has. */
size_t stemmer_root(struct stemmer *stemmer, const char *word, size_t length, char *out);

#endif
