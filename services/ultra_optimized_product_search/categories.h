/* The categories as a customer sees them, from category_overview: in memory, and put in
 * again when the view was refreshed. */
#ifndef CATEGORIES_H
#define CATEGORIES_H

#include "analyser.h"

#include <stdbool.h>

struct category {
    int64_t id;
    struct svc_slice name;
    struct svc_slice description;
    struct svc_slice emoji;
    bool featured;
    int64_t product_count;
    int64_t in_stock_count;
    int64_t featured_count;
    int64_t offer_count;
    int64_t price_min_minor; /* -1: none */
    int64_t price_max_minor;
    struct svc_slice key; /* the name's stems, to find it by */
};

struct category_list {
    struct category *list; /* in the shop's order */
    size_t count;
    int64_t minor_per_unit; /* of the money the prices are in */
    int64_t overview_ms;    /* when the view was refreshed, by PostgreSQL's clock */
};

struct categories;

struct categories *categories_new(const struct analyser *analyser);
void categories_free(struct categories **categories);

/* Takes over LIST, which lives in ARENA, which is empty afterwards. */
void categories_set(
    struct categories *categories, struct svc_arena *arena, struct category_list *list);

/* Whether there are some to get. */
bool categories_are_set(struct categories *categories);

/* A copy in ARENA; false where none was set yet. */
bool categories_get(struct categories *categories, struct svc_arena *arena,
    struct category_list *ret_list);

/* The id of the category that is called NAME, in any number, case and accents; 0. */
int64_t categories_find(
    struct categories *categories, struct svc_arena *arena, struct svc_slice name);

#endif
