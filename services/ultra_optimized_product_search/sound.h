/* How a word is heard, written in one way: what a typo is measured on. */
#ifndef SOUND_H
#define SOUND_H

#include "language.h"

#include <stddef.h>

/* Of WORD, lower-case ASCII letters, into OUT, which has room for 2 * LENGTH bytes;
 * returns how many it wrote. "ch" becomes "x", which has no other use. */
size_t sound_make(enum language language, const char *word, size_t length, char *out);

#endif
