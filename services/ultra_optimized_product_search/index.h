/* The index: all products in memory, in segments that never change but for the facts of
 * their products and for which of them still live.
 *
 * One thread writes; any number read without waiting for it: a reader holds on to the
 * list of segments it found (index_enter, index_leave), a writer publishes another list
 * and frees the old one when its last reader has left. */
#ifndef INDEX_H
#define INDEX_H

#include "product.h"
#include "query.h"
#include "weights.h"

struct index;
struct learned;

struct index_settings {
    const struct analyser *analyser;
    const struct weights *weights;
    const struct learned *learned; /* NULL: nothing is learned */
    const struct words *words;     /* NULL: a word that is put right has no synonyms */
};

struct index *index_new(const struct index_settings *settings);
void index_free(struct index **index);

/* --- Writing: one thread. --- */

/* A whole catalogue, product by product; then it takes the place of what the index has.
 * The products' slices are copied. */
struct index_build;
struct index_build *index_build_new(struct index *index, size_t expected);
void index_build_add(struct index_build *build, const struct product *product);
/* TOO_LARGE: over 4 GiB of a segment's text, or 2^31 products. Frees BUILD either way. */
SVC_MUST_CHECK enum svc_status index_build_finish(
    struct index_build **build, int64_t cursor);
void index_build_drop(struct index_build **build);

struct index_change {
    int64_t id;
    const struct product *product; /* NULL: it is gone */
};

/* All of COUNT changes at once to whoever comes after; CURSOR: where the change feed is.
 * A product of which only facts changed is changed in place. May merge segments. */
void index_apply(struct index *index, const struct index_change *changes, size_t count,
    int64_t cursor);

/* Where the feed was when the index was last changed; -1: it is empty and not ready. */
int64_t index_cursor(const struct index *index);

/* --- Snapshots (snapshot.c): the segments' bytes in a file, written aside, synced and
 * renamed, with a version and checksums; read by mapping it. --- */

/* UNAVAILABLE with a reason where the disk refuses. For the writing thread. */
SVC_MUST_CHECK enum svc_status index_save(
    struct index *index, const char *path, char ret_error[256]);
/* NOT_FOUND: no file. INVALID with a reason: another version, other weights or language,
 * or damaged: to be built anew. */
SVC_MUST_CHECK enum svc_status index_load(
    struct index *index, const char *path, char ret_error[256]);

/* --- Reading: any thread. --- */

enum { INDEX_FACETS_MAX = 12, INDEX_LIMIT_MAX = 100, INDEX_WINDOW_MAX = 1000 };

struct index_options {
    size_t limit;  /* hits, INDEX_LIMIT_MAX at most */
    size_t offset; /* offset + limit <= INDEX_WINDOW_MAX */
    int64_t now_s; /* for offers */
    bool facets;
    bool partial; /* few matches are filled up, to ten, with those of some of the words */
};

struct index_hit {
    struct product product; /* the description is empty: it isn't kept */
    double score;
    enum match_tier tier; /* the weakest of its slots */
    uint32_t slots;       /* bit n: slot n of the query matched */
    uint32_t fields;      /* bit n: matched in enum match_field n */
};

struct index_facet {
    struct svc_slice value; /* as it is written in most products */
    int64_t id;             /* of a category; else 0 */
    size_t count;
};

struct index_facets {
    struct index_facet brands[INDEX_FACETS_MAX];
    struct index_facet categories[INDEX_FACETS_MAX];
    struct index_facet colors[INDEX_FACETS_MAX];
    struct index_facet sizes[INDEX_FACETS_MAX];
    size_t brand_count, category_count, color_count, size_count;
    int64_t price_min_minor, price_max_minor;
    size_t in_stock, on_offer;
};

struct index_result {
    struct index_hit *hits;
    size_t hit_count;
    size_t total;        /* products that match */
    bool total_at_least; /* counting was ended early: there are at least that many */
    bool relaxed;        /* nothing had all the words: these have some */
    size_t partial_from; /* hits from here on have some of the words only, and aren't in
                          * `total`; hit_count: none. Only on the first page, where all
                          * the words together give few */
    struct svc_slice
        did_you_mean;            /* the query with its misspelt words put right; empty */
    struct index_facets *facets; /* NULL unless asked for */
};

/* Answers in a bounded time whatever the query. Everything of the result lives in ARENA.
 * A query without slots gives what the filters let through, the most popular and on offer
 * first. A query that is a code gives the product with that SKU or EAN first. */
void index_search(const struct index *index, const struct query *query,
    const struct index_options *options, struct svc_arena *arena,
    struct index_result *ret_result);

/* One product; false where it isn't there. Slices in ARENA. */
bool index_get(const struct index *index, int64_t id, struct svc_arena *arena,
    struct product *ret_product);

struct index_suggestion {
    struct svc_slice text; /* a name's or brand's words, as written */
    size_t count;          /* products it would find, roughly */
};

/* What may be meant by the beginning PREFIX of a query: at most MAX. */
size_t index_suggest(const struct index *index, struct svc_slice prefix, size_t max,
    struct svc_arena *arena, struct index_suggestion *ret_suggestions);

struct index_stats {
    size_t products;
    size_t segments;
    size_t terms;
    size_t bytes;
    int64_t built_ms;   /* how long the last whole build took */
    uint64_t checksum;  /* over all live products' ids, texts and facts, in any order: two
                         * indexes of the same catalogue have the same */
    size_t dead;        /* documents that are no longer a product, but still looked at */
    bool worth_rebuild; /* a whole build would make it smaller and faster */
};
void index_stats(const struct index *index, struct index_stats *ret_stats);

#endif
