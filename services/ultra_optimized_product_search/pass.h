/* Inside of pass.c and pass_plan.c. */
#ifndef PASS_H
#define PASS_H

#include "search_private.h"

struct cursor {
    const uint32_t *docs;
    const uint8_t *impacts;
    const uint8_t *masks;
    size_t count;
    size_t at;
    const uint64_t *dense_bits; /* of a dense term; else NULL */
    const uint32_t *dense_ranks;
    uint32_t weight;
    uint32_t elsewhere; /* the weight outside of name and attributes */
};

struct cursor_list {
    struct cursor *cursors;
    size_t count;
    uint64_t df;        /* of all together */
    uint64_t df_window; /* of a window, as a rule */
};

struct phrase_run {
    struct cursor_list words[QUERY_PHRASE_WORDS_MAX]; /* the rarest first */
    size_t count;
};

/* A slot over a window. */
struct layer {
    uint8_t *values; /* of each document that has a bit */
    uint64_t *bits;
};

/* Documents of a window that something is asked for. */
struct wanted {
    const uint64_t *bits;
    size_t count;
};

enum run_use {
    RUN_REQUIRED,
    RUN_ANY,   /* one of these has to match */
    RUN_EXTRA, /* only for the score */
};

/* A slot, or a filter with a list of its own. */
struct run {
    enum run_use use;
    size_t slot; /* QUERY_SLOTS_MAX and more: a filter */
    bool by_field;
    bool is_lazy; /* a dense term alone: bits are laid out, values looked up if asked for
                   */
    uint64_t df;
    uint32_t value_max;
    float weight; /* of a value: what it adds to the score; 0: a filter */
    struct cursor_list single;
    struct phrase_run *phrases;
    size_t phrase_count;
    struct layer layer;
};

enum { FILTER_LISTS = 2, RUNS_MAX = QUERY_SLOTS_MAX + FILTER_LISTS };

/* A reader's memory; word_bits are zero between searches. */
struct scratch {
    uint8_t values[RUNS_MAX][WINDOW];
    uint64_t bits[RUNS_MAX][WINDOW_WORDS];
    uint8_t word_values[2][WINDOW];
    uint64_t word_bits[2][WINDOW_WORDS];
};

/* One segment in one pass; runs: the required ones first, the rarest of them first. */
struct pass {
    struct search *search;
    const struct segment_entry *entry;
    struct scratch *scratch;
    uint32_t segment_at;
    struct run runs[RUNS_MAX];
    size_t run_count;
    const struct run *slot_runs[QUERY_SLOTS_MAX]; /* those of slots, in their order */
    size_t slot_run_count;
};

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

static inline uint32_t cursor_value(const struct cursor *cursor, uint32_t doc)
{
    return posting_value(cursor, dense_at(cursor, doc));
}

/* Considers every document that matches, up to the limits. */
void pass_run(struct pass *pass);

/* What a text score keeps when only the slots of MASK match: their share of all required
 * ones, by rarity, to a power. */
float pass_coverage(const struct pass *pass, uint32_t mask);

/* Those of a window from BASE on that have a bit (candidates.c). */
void pass_consider(struct pass *pass, uint32_t base, const uint64_t bits[WINDOW_WORDS]);

#endif
