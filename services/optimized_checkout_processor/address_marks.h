/* The words that say what comes after them in an address: "col.", "C.P.", "entre calles".
 * For address_read.c. */
#ifndef ADDRESS_MARKS_H
#define ADDRESS_MARKS_H

#include "address_words.h"

enum address_part {
    PART_NONE,
    PART_STREET,
    PART_NUMBER,
    PART_LOT, /* manzana and lote, in the place of a number */
    PART_INTERIOR,
    PART_DISTRICT,
    PART_ESTATE, /* Urb., Villa: the street where there is none */
    PART_CITY,
    PART_STATE,
    PART_POSTAL_CODE,
    PART_REFERENCE,
    PART_RECIPIENT,
    PART_IGNORED, /* a telephone number, a greeting */
};

enum {
    MARK_KEPT = 1,  /* is part of the text: "Av. Juárez", "piso 2" */
    MARK_VALUE = 2, /* counts only before something with a digit, or a single letter */
    MARK_WEAK = 4,  /* counts only where something starts */
    MARK_WHOLE = 8, /* the mark is the value: "s/n" */
};

struct address_mark {
    const char *words; /* plain, with single spaces */
    enum address_part part;
    unsigned flags;
    const char *countries; /* "PE CO"; NULL: all */
};

/* The longest mark at the word AT, in COUNTRY (two letters, upper case); NULL: none. */
const struct address_mark *address_mark_find(const struct address_words *words, size_t at,
    struct svc_slice country, size_t *ret_words);

#endif
