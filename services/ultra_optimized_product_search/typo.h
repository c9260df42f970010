/* Words near a misspelt one: those whose sounds become the same when up to two letters
 * are left out on either side (Garbe, "1000x faster spelling correction", 2012: SymSpell,
 * with only the first letters looked at), verified by their distance. */
#ifndef TYPO_H
#define TYPO_H

#include "segment.h"

enum {
    TYPO_LENGTH_MIN = 4, /* letters; a shorter word is never corrected */
    TYPO_LENGTH_TWO = 8, /* letters from which on two mistakes may be in it */
    TYPO_KEYS_MAX = 64,  /* of one sound */
};

/* How many mistakes a word of LENGTH letters may have. */
static inline size_t typo_distance_max(size_t length)
{
    if (length < TYPO_LENGTH_MIN) {
        return 0;
    }
    return length < TYPO_LENGTH_TWO ? 1 : 2;
}

/* Insertions, deletions, exchanges, and swaps of neighbours (optimal string alignment);
 * anything over MAX is MAX + 1. Sounds of at most TOKEN_BYTES_MAX bytes. */
size_t typo_distance(struct svc_slice left, struct svc_slice right, size_t max);

/* The keys that two sounds near each other have one of in common; returns how many. */
size_t typo_keys(struct svc_slice sound, uint32_t keys[TYPO_KEYS_MAX]);

/* The entries of a key in a segment's table: those from [*ret_from, *ret_until) that have
 * its hash. */
void typo_entries(
    const struct segment *segment, uint32_t key, size_t *ret_from, size_t *ret_until);

#endif
