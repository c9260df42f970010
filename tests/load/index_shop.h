/* A shop for index_bench: products of made-up words that are as frequent as words are. */
#ifndef INDEX_SHOP_H
#define INDEX_SHOP_H

#include "index.h"

#define VOCABULARY 40000
#define TYPES 1500
#define CATEGORIES 60
#define BRANDS 2000

struct shop {
    char words[VOCABULARY][16];
    double weight_sum[VOCABULARY]; /* running */
    uint64_t state;
    struct analyser *analyser;
    struct weights weights;
    struct index *index;
};

struct texts {
    char sku[24], ean[24], name[160], brand[40], category[40], description[512],
        sizes[64], colors[64], attributes[160], image[128];
};

/* The vocabulary; the first words are the most frequent ones. */
void shop_words(struct shop *shop);

/* A product in TEXTS, another one on each call. */
void shop_product(
    struct shop *shop, struct texts *texts, size_t number, struct product *product);

/* The next random number from 0 to LIMIT - 1. */
size_t shop_below(uint64_t *state, size_t limit);

#endif
