/* How a search is done: plan.c finds the terms that each slot of the query may match,
 * pass.c goes through the documents that have them, candidates.c keeps the best few
 * hundred, rank.c puts these in their last order. */
#ifndef SEARCH_PRIVATE_H
#define SEARCH_PRIVATE_H

#include "index_private.h"

enum {
    CANDIDATES = 200,      /* that are ranked anew, on the usual first pages */
    SCORED_MAX = 20000,    /* matches that are counted and scored, in one segment */
    RELAXED_MAX = 10000,   /* the same where any word will do */
    SORTED_MAX = 30000,    /* the same where the order isn't by score */
    LOOKED_MAX = 400000,   /* documents that a filter may refuse one by one */
    PREFIX_TERMS_MAX = 64, /* the most frequent ones with a prefix, in one segment */
};

/* A term that a slot may match. */
struct variant {
    uint32_t term;
    uint16_t weight; /* of WEIGHT_ONE */
    uint8_t tier;    /* of enum match_tier */
};

struct variants {
    struct variant *list;
    size_t count;
    size_t room;
    uint64_t df; /* of all together */
};

/* Several words that have to be there all. */
struct phrase_plan {
    struct variants words[QUERY_PHRASE_WORDS_MAX];
    size_t count;
};

/* A slot in one segment. */
struct slot_plan {
    struct variants single; /* phrases of one word, all in one */
    struct phrase_plan *phrases;
    size_t phrase_count;
    uint64_t df;
};

struct candidate {
    double key; /* of the first score, or what is sorted by; larger is better */
    float text;
    uint32_t doc;
    uint32_t segment;
};

/* A heap with the worst on top. */
struct candidates {
    struct candidate *list;
    size_t count;
    size_t room;
};

struct facet_counts;
struct category_matches;

struct search {
    const struct index *index;
    const struct weights *weights;
    const struct segment_list *list;
    const struct query *query;
    const struct index_options *options;
    struct svc_arena *arena;
    struct scratch *scratch;

    size_t slot_count;
    struct slot_plan *plans[SEGMENTS_MAX]; /* of each slot */
    float idf[QUERY_SLOTS_MAX];
    uint32_t known;    /* slots that some product has */
    uint32_t required; /* slots that are to match */
    uint32_t typos;    /* slots that only a correction or prefix was found for */
    struct svc_slice corrections[QUERY_SLOTS_MAX]; /* the exact form; empty: none */
    double idf_sum;                                /* of the required ones */

    /* Of the pass that is made: which slots have to match, or some of which have to. */
    uint32_t all;
    uint32_t any;
    uint32_t beyond;  /* slots that those have which aren't looked for again; 0: none */
    uint32_t head;    /* the slot of the thing that is asked for */
    bool needs_facts; /* of each match, not only of the candidates */
    bool has_limits;  /* filters by facts: some matches may be refused */
    float slot_weight[QUERY_SLOTS_MAX]; /* of a value: what it adds to the text score */
    size_t name_head;                   /* the slot that a name should begin with */
    float rank_step;
    float *coverage; /* by mask of slots, plus one; 0: not known yet */

    struct category_matches *categories; /* NULL: none was asked for yet */
    struct candidates candidates;
    size_t total;
    size_t looked;
    bool total_at_least;
    bool relaxed;
    struct facet_counts *facets; /* NULL: not asked for */
};

/* --- plan.c --- */

/* Fills plans, idf, known, typos and corrections. */
void search_plan(struct search *search);
/* Adds the ways of SLOT to the plans of slot NUMBER, with a SHARE of their weights, and
 * how many have the first of them to `written_df`; returns whether products have one. */
bool plan_phrases(struct search *search, size_t number, const struct query_slot *slot,
    double share, uint64_t *written_df);
uint64_t plan_df(const struct slot_plan *plan);
/* The first word that has to match, a bit: "cocina de juguete" is a cocina. */
uint32_t search_head(const struct search *search);
/* Adds another way to say a slot, in all segments; SHARE: of its weights, less than 1. */
void plan_phrase(
    struct search *search, size_t slot, const struct query_phrase *phrase, double share);
void variants_add(struct search *search, struct variants *variants,
    const struct segment *segment, const struct variant *variant);
/* The terms with a form; NULL: none. */
const struct form_group *terms_find(const struct segment *segment, uint64_t key);
/* The range of terms that begin with PREFIX. */
void terms_prefix(const struct segment *segment, struct svc_slice prefix,
    uint32_t *ret_from, uint32_t *ret_until);

/* --- plan_wider.c --- */

/* A word that no product has: what it is called elsewhere; what begins with it; what is
 * near it, in the index or in the word files. A word of the files is no typo. Returns
 * whether something was found. */
bool plan_wider(struct search *search, size_t number);
/* Adds the words of other countries to all slots; returns whether products have one. */
bool search_widen(struct search *search);

/* --- plan_typo.c: slots that nothing was found for --- */

/* Returns whether one was found. */
bool plan_prefix(struct search *search, size_t slot);
bool plan_typos(struct search *search, size_t slot, size_t distance_max);
/* Whether a product that still lives has the term. */
bool term_is_alive(const struct segment_entry *entry, uint32_t term);

/* --- pass.c --- */

/* One pass over all segments, by `all` and `any`. */
void search_scan(struct search *search);

/* --- candidates.c --- */

/* Before the first pass, after the plan. */
void search_consider_init(struct search *search);

/* --- facets.c --- */

struct facet_counts *facets_new(struct search *search);
struct index_facets *facets_result(struct search *search);

/* --- rank.c --- */

struct ranked {
    double order; /* larger is better: the score, or what is sorted by */
    double score;
    int64_t id;
    int32_t popularity;
    uint32_t doc;
    uint32_t segment;
};
/* The candidates in their last order; in the arena. */
struct ranked *search_rank(struct search *search, size_t *ret_count);
int ranked_compare(const void *left, const void *right);

/* --- rank_category.c --- */

/* How much of the name of a category, a number of a segment's `values` plus one, the
 * query says that says nothing else: 0 to 1. */
double search_category_share(
    struct search *search, uint32_t segment_at, uint32_t category);

/* --- explain.c --- */

/* What of the query a document matches, for its hit. */
void search_explain(
    const struct search *search, const struct ranked *ranked, struct index_hit *hit);
/* The query with its misspelt words put right; without text where none is. */
struct svc_slice search_did_you_mean(struct search *search);
/* TERM as some product's name writes it; as it is in the index where none does. */
struct svc_slice search_written(struct search *search, struct svc_slice term);

#endif
