/* What a segment is built from: products (build_add.c) or other segments' documents
 * (build_merge.c), and made into sections at the end (build_finish.c). */
#ifndef BUILDER_H
#define BUILDER_H

#include "analyser.h"
#include "array.h"
#include "segment.h"

/* Numbers by the hash of what they stand for; linear probing. */
struct lookup {
    uint32_t *slots; /* number + 1; 0: free */
    size_t mask;
    size_t count;
};

struct built_term {
    uint64_t plain;
    uint64_t stem;
    uint32_t hash;
    uint32_t at;
    uint32_t sound_at;
    uint32_t count;
    uint32_t last_doc; /* plus one: where it was seen last, */
    uint32_t touched;  /* and its place among that document's terms */
    uint8_t length;
    uint8_t sound_length;
    uint8_t flags;
    uint8_t impact_max;
};

struct built_value {
    struct value value;
    uint32_t hash;
    uint32_t list; /* its hidden term, plus one; 0: none */
};

/* A term of the document that is being added. */
struct touched {
    uint32_t term;
    float frequency; /* weighted, over all fields; or the impact itself when merged */
    uint8_t mask;
};

struct builder {
    const struct analyser *analyser;
    const struct weights *weights;
    struct svc_arena arena; /* of one product */
    struct array docs, facts, doc_values, text, name_terms;
    /* Of each document, its terms: number, impact, mask. */
    struct array forward, forward_at;
    struct array values, value_bytes;
    struct array terms, term_bytes, sound_bytes;
    struct array touched;
    struct lookup term_lookup, value_lookup;
    uint64_t posting_count;
    bool too_large;
};

struct builder *builder_new(
    const struct analyser *analyser, const struct weights *weights, size_t expected);
void builder_free(struct builder **builder);

void builder_add(struct builder *builder, const struct product *product);

/* Of SEGMENT, what LIVE has; as it is then, facts too. */
void builder_add_segment(
    struct builder *builder, const struct segment *segment, const struct live *live);

/* NULL: it would be too large. Frees BUILDER either way. */
struct segment *builder_finish(struct builder **builder);

/* --- Between the files of the builder --- */

/* The number of a term; its forms are found if it is new. */
uint32_t builder_term(struct builder *builder, struct svc_slice exact);
uint32_t builder_term_with(struct builder *builder, struct svc_slice exact,
    const struct built_term *forms, struct svc_slice sound);
/* Number plus one. TEXT may be without text; ID: of a category, else 0. */
uint32_t builder_value(struct builder *builder, enum value_kind kind, int64_t id,
    uint64_t key, struct svc_slice text);

/* The document that was added last gets its terms from `touched`, as impacts. */
void builder_add_forward(struct builder *builder);
void builder_touch(struct builder *builder, uint32_t term, float frequency, uint8_t mask);
/* The lists of a document's brand and category. */
void builder_touch_lists(struct builder *builder, const struct doc_values *values);

/* Of all columns but the facts: another one means that the words may have changed. */
uint64_t builder_text_hash(const struct product *product);

void array_add_number(struct array *array, size_t number);
size_t array_read_number(const uint8_t **at);

/* --- Keys of forms and values (keys.c) --- */

enum form_kind { FORM_PLAIN, FORM_STEM, FORM_SOUND };
uint64_t form_key(enum form_kind kind, struct svc_slice form);

/* The same for the same brand whatever its case, accents and signs; 0 for no text. */
uint64_t brand_key(
    const struct analyser *analyser, struct svc_arena *arena, struct svc_slice brand);

#define LIST_TERM_BYTES 10
/* The hidden term whose list has all products of a brand or category. */
void list_term(enum value_kind kind, uint64_t key, char out[LIST_TERM_BYTES]);

/* --- Parts of builder_finish --- */

/* Takes over ITEMS, COUNT of SIZE bytes, as a section. */
void segment_set(struct segment *segment, enum segment_section section, void *items,
    size_t count, size_t size);

/* The tables of ids and codes (build_tables.c). */
void build_doc_tables(struct segment *segment);
/* What facets count of the values (build_parts.c). */
void build_parts(struct segment *segment);
/* The bits of dense terms. */
void build_dense_tables(struct segment *segment);
/* The tables of the terms' forms. */
void build_form_tables(struct segment *segment);
/* The terms' sounds and the table of their near ones (typo_build.c). BUILT: the builder's
 * terms, by whose number, plus one, the terms' sounds are known until then; BYTES: their
 * sounds. Before build_form_tables. */
void build_typo_tables(
    struct segment *segment, const struct built_term *built, const char *bytes);

#endif
