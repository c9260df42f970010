/* Units and what numbers are called: what makes one form of "1 kg", "1000 gramos" and "un
 * kilo". Words of Spanish, Portuguese and English at once: none means two things. */
#ifndef UNITS_H
#define UNITS_H

#include <svc/text.h>

#include <stdbool.h>
#include <stdint.h>

struct unit {
    const char *word;
    const char *base;
    int64_t thousandths; /* of the base, in one of the unit */
    bool after_digits;   /* too short or common to be one after a number that is a word */
    bool attached;       /* only without a space before it: "in" is a word, too */
};

/* NULL: none. WORD is an exact form. */
const struct unit *units_find(struct svc_slice word);

/* "dos", "media", "three": in thousandths; -1: no number. */
int64_t units_number_word(struct svc_slice word);

/* "15" or "2.5" in thousandths; -1: more digits than a measure has. */
int64_t units_number(struct svc_slice digits);

/* "pack", "paquete", "caja": what a count of pieces comes after ("pack de 6"). */
bool units_is_pack(struct svc_slice word);

enum { UNITS_TEXT_MAX = 32 };

/* VALUE (thousandths) of UNIT in its base: "1500g", "0.5in". Returns the bytes written;
 * 0: too large for a measure. */
size_t units_put(char out[UNITS_TEXT_MAX], int64_t value, const struct unit *unit);

extern const struct unit units_inch;
extern const struct unit units_piece;

#endif
