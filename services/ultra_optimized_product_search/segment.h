/* A segment: the index of some of the products. It never changes but for their facts, so
 * that any number may read it. Its sections are plain arrays without pointers: a snapshot
 * is their bytes, and reading one is mapping them.
 *
 * Documents, numbered from 0, stand in the order of what is good whatever the question
 * (for sale, in stock, popular), so that looking may end early. Terms are exact forms in
 * the order of their bytes, so that a prefix is a range. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "product.h"
#include "weights.h"

#include <svc/mem.h>
#include <svc/text.h>

#define SEGMENT_SECTIONS(X)                                                              \
    X(docs, struct doc)                                                                  \
    X(facts, struct doc_facts)                                                           \
    X(prices, uint64_t)                                                                  \
    X(ranks, uint8_t)                                                                    \
    X(doc_values, struct doc_values)                                                     \
    X(text, uint8_t)                                                                     \
    X(name_terms, uint32_t)                                                              \
    X(values, struct value)                                                              \
    X(value_bytes, char)                                                                 \
    X(parts, struct value_part)                                                          \
    X(part_numbers, uint32_t)                                                            \
    X(part_starts, uint32_t)                                                             \
    X(terms, struct term)                                                                \
    X(term_bytes, char)                                                                  \
    X(posting_docs, uint32_t)                                                            \
    X(posting_impacts, uint8_t)                                                          \
    X(posting_masks, uint8_t)                                                            \
    X(dense_bits, uint64_t)                                                              \
    X(dense_ranks, uint32_t)                                                             \
    X(form_slots, uint32_t)                                                              \
    X(form_groups, struct form_group)                                                    \
    X(form_terms, uint32_t)                                                              \
    X(sounds, struct sound)                                                              \
    X(sound_bytes, char)                                                                 \
    X(typo_buckets, uint32_t)                                                            \
    X(typo_entries, struct typo_entry)                                                   \
    X(id_slots, uint32_t)                                                                \
    X(code_slots, uint32_t)

enum segment_section {
#define X(name, type) SECTION_##name,
    SEGMENT_SECTIONS(X)
#undef X
        SECTIONS
};

/* Of the columns that are kept word for word, in this order in a document's text. */
enum doc_text { TEXT_SKU, TEXT_EAN, TEXT_NAME, TEXT_ATTRIBUTES, TEXT_IMAGE, TEXTS };

struct doc {
    int64_t id;
    uint64_t text_hash; /* of all columns but the facts */
    uint32_t text_at;
    uint32_t name_at; /* in name_terms */
    uint32_t name_count;
    uint32_t reserved;
};

/* Of one document; read and written through segment_facts_get and _set. */
struct doc_facts {
    uint64_t price_minor;
    uint64_t offer_minor;
    uint64_t offer_from_s;
    uint64_t offer_until_s;
    uint64_t stock_popularity;
    uint64_t version_flags; /* low half: odd while the others are written */
};

/* Of one document in `prices`, what filters and facets ask of many: what it costs, over
 * three flags. One word, so that it is never half of a change. */
#define PRICE_IN_STOCK ((uint64_t)1)
#define PRICE_ON_OFFER ((uint64_t)2)
#define PRICE_TIMED ((uint64_t)4) /* depends on the time: its facts have to be asked */
#define PRICE_SHIFT 3

/* Numbers in `values`, plus one; 0: none. */
struct doc_values {
    uint32_t brand;
    uint32_t category;
    uint32_t colors; /* "rojo,azul" as one */
    uint32_t sizes;
};

struct value {
    int64_t id;   /* of a category; else 0 */
    uint64_t key; /* the same for the same brand or category however it is written */
    uint32_t at;
    uint32_t length;
    uint32_t kind; /* of enum value_kind */
    uint32_t reserved;
};

enum value_kind { VALUE_BRAND, VALUE_CATEGORY, VALUE_COLORS, VALUE_SIZES, VALUE_KINDS };

/* What facets count: a brand or category as it is written, one of the colours or sizes.
 * Value v has those of `part_numbers` from `part_starts[v]` up to that of v + 1. */
struct value_part {
    int64_t id;    /* of a category; else 0 */
    uint64_t key;  /* the same for the same part however it is written */
    uint64_t hash; /* the same for what is written the same, of a kind */
    uint32_t at;   /* in value_bytes */
    uint32_t length;
    uint32_t kind; /* of enum value_kind */
    uint32_t reserved;
};

#define VALUE_NULL UINT32_MAX /* in `at`: a category that has a number but no name */

enum term_flag {
    TERM_HIDDEN = 1, /* a brand's or category's list, which no text finds */
};

struct term {
    uint64_t plain; /* keys of its forms */
    uint64_t stem;
    uint32_t at; /* in term_bytes */
    uint32_t postings;
    uint32_t count;
    uint32_t sound; /* in `sounds`, plus one; 0: it has none */
    uint32_t dense; /* plus one; 0: it isn't */
    uint8_t length;
    uint8_t flags;
    uint8_t impact_max;
    uint8_t reserved;
};

/* A term that one in DENSE_SHARE documents has is dense: besides its postings it has a
 * bit a document, and for each word of them how many postings come before it. */
#define DENSE_SHARE ((size_t)24)
#define DENSE_DOCS_MIN ((size_t)2048)

/* The terms that have a form in common. */
struct form_group {
    uint64_t key;
    uint32_t start; /* in form_terms */
    uint32_t count;
};

struct sound {
    uint32_t at; /* in sound_bytes */
    uint32_t length;
    uint64_t df; /* of all its terms */
};

struct typo_entry {
    uint32_t hash;
    uint32_t sound;
};

/* Name terms: a term's number; the high bit is set where it stands behind the one before,
 * not at the same place. */
#define NAME_TERM_ADVANCES ((uint32_t)1 << 31)
#define POSTINGS_MAX UINT32_MAX
#define DOCS_MAX ((size_t)1 << 31)
#define IMPACT_MAX 255

struct segment_bytes {
    void *bytes;
    size_t length;
};

struct segment {
    size_t references; /* the writer's own count */
    void *map;         /* NULL: each section has memory of its own */
    size_t map_length;
    struct segment_bytes sections[SECTIONS];
#define X(name, type) type *name;
    SEGMENT_SECTIONS(X)
#undef X
    size_t doc_count;
    size_t term_count;
    size_t value_count;
    size_t part_count;
};

/* Which documents of a segment are still the product. Another one is made for each
 * change, since readers hold on to it. */
struct live {
    size_t references; /* the writer's own count */
    size_t count;
    uint64_t words[];
};

/* Sets the pointers and counts from the sections. */
void segment_open(struct segment *segment);
void segment_free(struct segment *segment);
size_t segment_bytes(const struct segment *segment);

#define SEGMENT_NO_DOC UINT32_MAX

/* The document of product ID that LIVE has; SEGMENT_NO_DOC where there is none. */
uint32_t segment_find_id(
    const struct segment *segment, const struct live *live, int64_t id);

/* The first MAX live documents with this SKU or EAN, whatever its case and signs between;
 * returns how many. */
size_t segment_find_code(const struct segment *segment, const struct live *live,
    struct svc_slice code, uint32_t *docs, size_t max);

/* Letters and digits of CODE in upper case; 0 where it has none, or more than SIZE. */
size_t segment_fold_code(struct svc_slice code, char *out, size_t size);

/* A reader never sees half of a change. _set is the writer's, and sets the rank, too. */
void segment_facts_get(
    const struct segment *segment, uint32_t doc, struct product_facts *ret_facts);
void segment_facts_set(struct segment *segment, uint32_t doc,
    const struct product_facts *facts, const struct weights *weights);

/* What a document costs at a time, in minor units over PRICE_SHIFT flags. */
uint64_t segment_price_get(const struct segment *segment, uint32_t doc, int64_t now_s);
static inline int64_t price_minor(uint64_t price)
{
    return (int64_t)price >> PRICE_SHIFT;
}

/* All ranks anew, for other weights; before any reader. */
void segment_ranks_set(struct segment *segment, const struct weights *weights);

/* 0: not for sale. Else what its facts add to a score, in 254 steps of the most they can.
 */
uint8_t segment_rank(const struct product_facts *facts, const struct weights *weights);
double segment_rank_step(const struct weights *weights);
static inline uint8_t segment_rank_get(const struct segment *segment, uint32_t doc)
{
    return __atomic_load_n(&segment->ranks[doc], __ATOMIC_RELAXED);
}

/* Everything but the description; slices are the segment's own. */
void segment_product_get(
    const struct segment *segment, uint32_t doc, struct product *ret_product);
struct svc_slice segment_value(const struct segment *segment, uint32_t number_plus_one);
struct svc_slice segment_name(const struct segment *segment, uint32_t doc);
struct svc_slice segment_term(const struct segment *segment, uint32_t term);

/* What a document adds to the index's checksum. */
uint64_t segment_doc_checksum(const struct segment *segment, uint32_t doc);

/* All documents. */
struct live *live_new(size_t doc_count);
struct live *live_copy(const struct live *live, size_t doc_count);
static inline size_t live_words(size_t doc_count)
{
    return (doc_count + 63) / 64;
}
static inline bool live_has(const struct live *live, uint32_t doc)
{
    return (live->words[doc / 64] >> doc % 64 & 1) != 0;
}

#endif
