/* The classes of words: products and colours from the search's word lists, common ones
 * from the labelled lines. */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include "examples.h"
#include <message_features.h>

struct vocabulary {
    uint32_t *hashes;
    uint8_t *classes;
    uint32_t slots;
    char **products; /* single words and phrases, to be put in another's place */
    size_t product_count;
    size_t product_room;
};

/* WORDS: the folder of the search's word lists. Ends the program where one is missing. */
void vocabulary_read(const char *words, const struct examples *examples,
    struct vocabulary *ret_vocabulary);
struct word_table vocabulary_table(const struct vocabulary *vocabulary);
void vocabulary_done(struct vocabulary *vocabulary);

#endif
