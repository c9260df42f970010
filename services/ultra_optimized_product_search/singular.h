/* One form of a word's numbers and genders. What comes out need not be a word, but is the
 * same for all that a shop means as one: "luz" and "luces", "rojo" and "rojas". */
#ifndef SINGULAR_H
#define SINGULAR_H

#include "language.h"

#include <stddef.h>

/* In place, of a plain form of lower-case ASCII letters; returns the length, which never
 * grows. Words of two letters stay. */
size_t singular_make(enum language language, char *word, size_t length);

/* Folds the gender of what is an adjective, and diminutives, of a Spanish singular; in
 * place, never longer. "casa" and "caso" stay apart. */
size_t singular_root(char *word, size_t length);

#endif
