/* The order that a search has to give, by looking at every word of every product. Of the
 * index it takes only how often a word is in it, those of dead products included. */
#ifndef MODEL_H
#define MODEL_H

#include "shop.h"

enum { MODEL_TERMS_MAX = 128, MODEL_NAME_MAX = 16 };

/* A word of a product. */
struct model_term {
    struct query_word word;
    uint32_t impact;
    uint32_t mask;
};

struct model_product {
    struct product product;
    struct model_term terms[MODEL_TERMS_MAX];
    size_t term_count;
    /* The terms at each position of the name. */
    uint32_t name_terms[MODEL_NAME_MAX][3];
    size_t name_term_counts[MODEL_NAME_MAX];
    size_t name_length;
};

struct model {
    struct shop *shop;
    struct svc_arena arena;  /* of the products */
    struct svc_arena search; /* of one search */
    struct model_product *products;
    size_t count;
    struct svc_slice *sounds; /* all different ones of the products' words */
    size_t sound_count;
};

void model_init(struct model *model, struct shop *shop);
void model_done(struct model *model);

/* The products that there are now; those with id 0 aren't. */
void model_set(struct model *model, const struct product *products, size_t count);

/* Fails the test where RESULT isn't what QUERY has to give. */
void model_check(
    struct model *model, const struct query *query, const struct index_result *result);

/* --- Between the files of the model --- */

enum { TYPOS_MAX = 3 };

struct slot_model {
    const struct query_slot *asked;
    bool alive;
    bool by_prefix;
    struct svc_slice typos[TYPOS_MAX]; /* sounds */
    size_t typo_count;
    size_t typo_distance;
};

/* Sets what is to be known of a slot; `asked` is set. */
void model_find_slot(struct model *model, struct slot_model *slot);

/* How well a product matches, 0 to 255, as in the index. */
uint32_t model_slot_value(const struct model *model, const struct slot_model *slot,
    const struct model_product *product);

/* As in the index, of 256; 0: no match. As one of the phrases' words, and as a correction
 * or the rest of a prefix. */
uint32_t model_word_weight(const struct model *model, const struct query_word *word,
    bool synonym, const struct query_word *own);
uint32_t model_other_weight(const struct model *model, const struct slot_model *slot,
    const struct query_word *own);

#endif
