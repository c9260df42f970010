/* A product of the catalogue, as the index is given it and as it gives it back. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <svc/text.h>

#include <stdbool.h>
#include <stdint.h>

enum product_flag {
    PRODUCT_AVAILABLE = 1, /* the shop sells it at all */
    PRODUCT_FEATURED = 2,
};

/* What changes often and touches no word: taken over in place. Money is in minor units of
 * the shop's currency, times in seconds since 1970. */
struct product_facts {
    int64_t price_minor;
    int64_t offer_minor;   /* 0: none */
    int64_t offer_from_s;  /* 0: open */
    int64_t offer_until_s; /* 0: open */
    int32_t stock;
    int32_t popularity; /* popularity_score: 0 to 100 as a rule, not a bound */
    uint32_t flags;     /* of enum product_flag */
};

/* Slices are borrowed; one without text is a column that is NULL. */
struct product {
    int64_t id;
    int64_t category_id; /* 0: none */
    struct svc_slice sku;
    struct svc_slice ean;
    struct svc_slice name;
    struct svc_slice brand;
    struct svc_slice category;
    struct svc_slice description;
    struct svc_slice sizes;      /* "38,39,40" */
    struct svc_slice colors;     /* "rojo,azul" */
    struct svc_slice attributes; /* the other values of attributes, with spaces between */
    struct svc_slice image_url;
    struct product_facts facts;
};

/* Whether the offer counts now: below the price, and between its times. */
bool product_on_offer(const struct product_facts *facts, int64_t now_s);

/* What is to be paid for one. */
int64_t product_price_minor(const struct product_facts *facts, int64_t now_s);

#endif
