/* One form of a word for the many ways people write it: "holaaa", "xfa", "q", "jajaj". */
#ifndef NORMAL_WORDS_H
#define NORMAL_WORDS_H

#include <svc/text.h>

#include <stdbool.h>
#include <stddef.h>

/* PLAIN is folded. SHORTENED: abbreviations are written out, too, as they are not inside
 * codes. Returns the length, at most 64. */
size_t normal_word(struct svc_slice plain, bool shortened, char out[64]);

/* WORD by its sound, as those spell who go by ear: "kiero", "quiero"; "ay", "hay". The
 * same limit. */
size_t normal_sound(struct svc_slice word, char out[64]);

#endif
