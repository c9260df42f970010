/* What the files of the store share. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "store.h"

struct svc_pg_error;
struct svc_pg_result;

struct store {
    struct svc_pg *pg;      /* for requests; borrowed */
    struct svc_pg *patient; /* for the threads in the background */
};

/* What a request waits for PostgreSQL at most, which a customer waits for, too. */
enum { STORE_REQUEST_MS = 900 };

/* Columns of `products AS p LEFT JOIN categories AS c`, in the order of
 * store_product_row; $1 is the number of minor units in one. A price that is no number is
 * 0, an end that never comes is none. */
#define STORE_PRODUCT_COLUMNS                                                            \
    "p.id, COALESCE(p.category_id, 0), p.sku, p.ean, p.name, p.brand, c.name, "          \
    "p.description, p.attributes::text, p.image_url, "                                   \
    "COALESCE(round(NULLIF(p.price, 'NaN') * $1), 0)::bigint, "                          \
    "COALESCE(round(NULLIF(p.offer_price, 'NaN') * $1), 0)::bigint, "                    \
    "CASE WHEN p.offer_starts_at IS NULL OR p.offer_starts_at = '-infinity' THEN 0 "     \
    "WHEN p.offer_starts_at = 'infinity' THEN 253402300799 "                             \
    "ELSE greatest(1, ceil(extract(epoch FROM p.offer_starts_at))) END::bigint, "        \
    "CASE WHEN p.offer_ends_at IS NULL OR p.offer_ends_at = 'infinity' THEN 0 "          \
    "WHEN p.offer_ends_at = '-infinity' THEN 1 "                                         \
    "ELSE greatest(1, floor(extract(epoch FROM p.offer_ends_at))) END::bigint, "         \
    "greatest(p.stock - p.reserved, 0), p.popularity_score, p.is_featured, "             \
    "p.is_available AND COALESCE(c.is_active, true)"
enum { STORE_PRODUCT_COLUMN_COUNT = 18 };

#define STORE_PRODUCT_TABLES                                                             \
    " FROM products AS p LEFT JOIN categories AS c ON c.id = p.category_id "

/* Reads a row of these columns; slices are in ROWS and ARENA. */
void store_product_row(const struct svc_pg_result *rows, size_t row,
    struct svc_arena *arena, struct product *ret_product);

/* Puts one line on what happened into `ret_error`; returns the status. */
enum svc_status store_fail(const struct svc_pg_error *error, char ret_error[256]);
/* The same for a statement with a customer's words, which the line won't have. */
enum svc_status store_fail_private(const struct svc_pg_error *error, char ret_error[256]);

/* A position's parameter: its snapshot, or one that shows just what is below its horizon.
 * In ARENA. */
const char *store_snapshot_text(
    struct svc_arena *arena, const struct store_position *position);

/* Sets `ret_position` from PostgreSQL's texts. */
void store_position_set(
    struct store_position *ret_position, struct svc_slice snapshot, int64_t horizon);

#endif
