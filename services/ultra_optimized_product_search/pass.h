/* Inside of pass.c, pass_plan.c and candidates.c. */
#ifndef PASS_H
#define PASS_H

#include "layer.h"
#include "search_private.h"

struct phrase_run {
    struct cursor_list words[QUERY_PHRASE_WORDS_MAX]; /* the rarest first */
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
    size_t slot;  /* QUERY_SLOTS_MAX and more: a filter */
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

enum {
    FILTER_LISTS = 2,
    RUNS_MAX = QUERY_SLOTS_MAX + FILTER_LISTS,
    MATCHES_AHEAD = 12, /* whose memory is asked for beforehand */
};

/* A reader's memory; all bits are zero between searches. */
struct scratch {
    uint8_t values[RUNS_MAX][WINDOW];
    uint64_t bits[RUNS_MAX][WINDOW_WORDS];
    uint8_t word_values[2][WINDOW];
    uint64_t word_bits[2][WINDOW_WORDS];
    /* Of the matches of a window: */
    uint16_t offsets[WINDOW + MATCHES_AHEAD];
    uint8_t ranks[WINDOW];
    uint16_t masks[WINDOW]; /* slots that match */
    float texts[WINDOW];
    uint64_t prices[WINDOW];
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

/* Considers every document that matches, up to the limits. */
void pass_run(struct pass *pass);

/* What a text score keeps when only the slots of MASK match: their share of all required
 * ones, by rarity, to a power. */
float pass_coverage(const struct pass *pass, uint32_t mask);

/* The documents of a window from BASE on that are wanted (candidates.c). */
void pass_consider(struct pass *pass, uint32_t base, const struct wanted *wanted);

/* Counts the first COUNT matches of the window from BASE on, by their offsets and prices
 * (facets.c). */
void facets_count(const struct pass *pass, uint32_t base, size_t count);

#endif
