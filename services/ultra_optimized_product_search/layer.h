/* A window of documents with what a list of postings has of them: bit by document and
 * value by document, so that "all of these" is an AND of words, and the best of many
 * variants is a maximum in place. */
#ifndef LAYER_H
#define LAYER_H

#include "segment.h"

enum {
    WINDOW = 4096, /* documents that are looked at together */
    WINDOW_WORDS = WINDOW / 64,
    WEIGHT_ONE = 256,
};

struct cursor {
    const uint32_t *docs;
    const uint8_t *impacts;
    const uint8_t *masks;
    size_t count;
    size_t at;
    const uint64_t *dense_bits; /* of a dense term; else NULL */
    const uint32_t *dense_ranks;
    uint32_t weight;    /* of WEIGHT_ONE */
    uint32_t elsewhere; /* the weight outside of name and attributes */
};

struct cursor_list {
    struct cursor *cursors;
    size_t count;
    bool by_field;      /* `elsewhere` differs from `weight` */
    uint64_t df;        /* of all together */
    uint64_t df_window; /* of a window, as a rule */
};

struct layer {
    uint8_t *values;  /* of each document that has a bit, from 1 to IMPACT_MAX */
    uint64_t *bits;   /* of a word that isn't touched: 0 */
    uint64_t touched; /* a bit for each word */
};

/* Documents of a window that something is asked for. */
struct wanted {
    const uint64_t *bits; /* of a word that isn't touched: whatever it may be */
    uint64_t touched;
    size_t count;
};

/* Lays out what the list has of the window from BASE on, at least where it is wanted; the
 * layer has to be clear, and documents only go up from one call to the next. */
void layer_add(struct layer *layer, struct cursor_list *list, uint32_t base,
    const struct wanted *wanted);

void layer_clear(struct layer *layer);

/* LAYER keeps what is wanted. */
void layer_keep(struct layer *layer, const struct wanted *wanted);
/* LAYER keeps what OTHER has as well, with the lesser value. */
void layer_intersect(struct layer *layer, const struct layer *other);
/* LAYER gets what OTHER has, with the larger value. */
void layer_unite(struct layer *layer, const struct layer *other);

size_t layer_count(const struct layer *layer);

/* No document before it, from BASE on, is in the list; SEGMENT_NO_DOC: none is. */
uint32_t cursors_next(struct cursor_list *list, uint32_t base);

/* Bits that are set; without the instruction for it, which not every processor has. */
static inline uint32_t count_word(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555U;
    word = (word & 0x3333333333333333U) + (word >> 2 & 0x3333333333333333U);
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0FU;
    return (uint32_t)(word * 0x0101010101010101U >> 56);
}

/* 0 where the posting doesn't count: only in other fields than the slot's role wants. */
static inline uint32_t posting_value(const struct cursor *cursor, size_t at)
{
    const uint8_t own = 1U << FIELD_NAME | 1U << FIELD_ATTRIBUTES;
    uint32_t weight = (cursor->masks[at] & own) != 0 ? cursor->weight : cursor->elsewhere;
    uint32_t value = cursor->impacts[at] * weight / WEIGHT_ONE;

    return value > 0 || weight == 0 ? value : 1;
}

/* Where the posting of a document is that has a dense term. */
static inline size_t dense_at(const struct cursor *cursor, uint32_t doc)
{
    uint64_t before = cursor->dense_bits[doc / 64] & (((uint64_t)1 << doc % 64) - 1);

    return cursor->dense_ranks[doc / 64] + count_word(before);
}

#endif
