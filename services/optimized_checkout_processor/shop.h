/* What the shop says of itself and rarely changes: currency, country, where it sends to
 * and what that costs, its taxes. Read from PostgreSQL and kept for seconds; a reader
 * holds what it took until it gives it back. */
#ifndef SHOP_H
#define SHOP_H

#include "quote.h"

#include <stdatomic.h>

struct svc_pg;

struct shop {
    char currency[4]; /* ISO 4217 */
    char country[3];  /* ISO 3166 */
    char locale[8];   /* of its customers */
    int64_t minor_per_unit;
    struct svc_slice name;
    struct svc_slice transfer_details; /* where a bank transfer goes; may have no text */
    struct shipping_table shipping;
    const struct tax_rate *taxes;
    size_t tax_count;

    /* The cache's own. */
    struct svc_arena arena;
    atomic_int holders;
};

struct shop_cache;

struct shop_cache *shop_cache_new(struct svc_pg *pg, int64_t keep_ms);
void shop_cache_free(struct shop_cache **cache);

/* What is known, at most keep_ms old where PostgreSQL answers, older where it doesn't.
 * UNAVAILABLE: it never did. Each one taken is given back. */
SVC_MUST_CHECK enum svc_status shop_take(
    struct shop_cache *cache, struct shop **ret_shop);
void shop_give_back(struct shop **shop);
#define SHOP_AUTO_GIVE_BACK __attribute__((cleanup(shop_give_back)))

#endif
