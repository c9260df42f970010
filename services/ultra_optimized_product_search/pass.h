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
    uint32_t weight;
    uint32_t elsewhere; /* the weight outside of name and attributes */
};

struct cursor_list {
    struct cursor *cursors;
    size_t count;
};

struct phrase_run {
    struct cursor_list words[QUERY_PHRASE_WORDS_MAX];
    size_t count;
};

/* A slot over a window. */
struct layer {
    uint8_t *values; /* of each document; 0: doesn't match */
    uint64_t *bits;
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
    bool filled;
    uint64_t df;
    struct cursor_list single;
    struct phrase_run *phrases;
    size_t phrase_count;
    struct layer layer;
};

enum { FILTER_LISTS = 2, RUNS_MAX = QUERY_SLOTS_MAX + FILTER_LISTS };

/* A reader's memory, zeroed between searches. */
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
};

/* Considers every document that matches, up to the limits. */
void pass_run(struct pass *pass);

#endif
