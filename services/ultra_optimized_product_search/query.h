/* What a customer asks for: the words that are to match, each with the other words for
 * it, and the filters that are said in words ("menos de 500 pesos", "en oferta", "talla
 * 42", "para niño"). Made by query_read.c from the text and the word files; no index is
 * needed. */
#ifndef QUERY_H
#define QUERY_H

#include "analyser.h"
#include "words.h"

#include <stdbool.h>

enum {
    QUERY_TEXT_MAX = 1000, /* bytes that are looked at; more is cut at a character */
    QUERY_SLOTS_MAX =
        12, /* words that are looked for; more only raise the score of nothing */
    QUERY_PHRASES_MAX = 24,
    QUERY_PHRASE_WORDS_MAX = 3,
};

struct query_word {
    struct svc_slice exact;
    struct token_forms forms;
};

/* One way to say a slot: all its words have to be in the product. */
struct query_phrase {
    struct query_word words[QUERY_PHRASE_WORDS_MAX];
    size_t count;
    bool synonym; /* not as written, but another word for it */
};

enum query_role {
    QUERY_ROLE_TEXT,     /* matches anywhere */
    QUERY_ROLE_COLOR,    /* first of all the colours, then anywhere */
    QUERY_ROLE_SIZE,     /* first of all the sizes, then anywhere */
    QUERY_ROLE_AUDIENCE, /* for whom: men, women, children, babies */
};

struct query_slot {
    struct query_phrase phrases[QUERY_PHRASES_MAX]; /* the first is what was written */
    size_t phrase_count;
    enum query_role role;
    uint64_t meaning;   /* the same for all words that mean the same */
    bool may_be_prefix; /* the last word, which may not be finished */
    bool optional; /* raises the score, need not match: a number alone, "grande" ... */
};

enum query_sort {
    QUERY_SORT_RELEVANCE,
    QUERY_SORT_PRICE_UP,
    QUERY_SORT_PRICE_DOWN,
    QUERY_SORT_POPULARITY,
    QUERY_SORT_NEWEST, /* the largest id */
};

struct query_filters {
    int64_t category_id;     /* 0: any */
    int64_t price_min_minor; /* -1: open */
    int64_t price_max_minor; /* -1: open */
    bool on_offer;
    bool in_stock;
    struct svc_slice brand; /* exact form; only from the API's own field */
};

struct query {
    struct query_slot *slots; /* in the arena */
    size_t slot_count;        /* 0: nothing to look for but what the filters say */
    struct query_filters filters;
    enum query_sort sort;
    struct svc_slice
        code; /* the text where it may be a SKU or EAN, trimmed; else empty */
    struct svc_slice text; /* as it was written, trimmed and cut */
    uint64_t key; /* the same for the same meanings in any order: the question, for
                   * feedback; 0 where there is no slot */
};

/* Reads TEXT into `ret_query`; everything lives in ARENA. MINOR_PER_UNIT: 100 for pesos
 * with centavos, 1 for CLP, 1000 for three decimals. Never fails: what can't be
 * understood is a word to look for, or nothing. Any filter a field of the API states is
 * set by the caller afterwards, and wins. */
void query_read(const struct words *words, const struct analyser *analyser,
    struct svc_arena *arena, struct svc_slice text, int64_t minor_per_unit,
    struct query *ret_query);

/* --- For what no product has as it is written (query_widen.c). WORDS may be NULL. --- */

/* The ways to say SLOT in other countries than the shop's, which would mislead where the
 * word means something here. Returns whether there are any, and `ret_slot` has them. */
bool query_widen_regions(const struct words *words, const struct query_slot *slot,
    struct query_slot *ret_slot);

/* The word of the files that is nearest to SLOT's, at most DISTANCE_MAX mistakes away,
 * and the ways to say it; -1: there is none, else its distance. 0: SLOT's word is known,
 * or heard as one that is; then `ret_written` is empty if it is that word. */
int query_widen_typo(const struct words *words, const struct query_slot *slot,
    size_t distance_max, struct query_slot *ret_slot, struct svc_slice *ret_written);

#endif
