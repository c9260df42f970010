/* All SQL of the service. Functions of the request path use the runtime's pool and are
 * short; those for threads in the background have a pool of their own, with patience.
 *
 * Failures: UNAVAILABLE or TIMEOUT where PostgreSQL is away or slow, INTERNAL for
 * anything else (as a migration that is missing), with one line in `ret_error`, which has
 * nothing of a customer's: an operator may read it. */
#ifndef STORE_H
#define STORE_H

#include "categories.h"
#include "index.h"
#include "product.h"
#include "shop.h"

#include <svc/mem.h>

struct svc_pg;
struct store;

#define STORE_IDENTITY_SIZE 64

/* PG is borrowed. NULL with one line for a URL that is none. */
struct store *store_new(struct svc_pg *pg, const char *database_url, char ret_error[256]);
void store_free(struct store **store);

/* For an end that can't wait: the threads in the background are told UNAVAILABLE within a
 * second, whatever PostgreSQL does. */
void store_give_up(struct store *store);

/* Which database this is: another server, database, restored or promoted copy is another
 * one, whose transactions have numbers of their own. Letters, digits and "-". */
SVC_MUST_CHECK enum svc_status store_read_identity(
    struct store *store, char ret_identity[STORE_IDENTITY_SIZE], char ret_error[256]);

SVC_MUST_CHECK enum svc_status store_read_shop(
    struct store *store, struct shop *ret_shop, char ret_error[256]);

/* --- The catalogue: products for sale, in categories that are active. --- */

/* Is given products that live until it returns. */
typedef void store_take(void *context, const struct product *products, size_t count);

struct store_page {
    int64_t minor_per_unit;
    int64_t after_id;
    size_t limit;
};

/* Those with the next greater ids. `ret_last_id`: the last one's; 0 at the end. */
SVC_MUST_CHECK enum svc_status store_read_page(struct store *store,
    const struct store_page *page, store_take *take, void *context, int64_t *ret_last_id,
    char ret_error[256]);

/* Those of IDS that are for sale, in any order. */
struct store_ids {
    int64_t minor_per_unit;
    const int64_t *ids;
    size_t count;
};
SVC_MUST_CHECK enum svc_status store_read_ids(struct store *store,
    const struct store_ids *ids, store_take *take, void *context, char ret_error[256]);

/* For a request: one product with its description, whether for sale or not. */
struct store_product {
    struct product product; /* in the arena */
    bool found;
    bool for_sale;
};
SVC_MUST_CHECK enum svc_status store_read_product(struct store *store, int64_t id,
    int64_t minor_per_unit, struct svc_arena *arena, struct store_product *ret_product,
    char ret_error[256]);

/* --- The change feed (migration 0013). --- */

/* Where a reader is: it has seen all that the snapshot shows. */
struct store_position {
    int64_t horizon; /* all transactions below are seen */
    char *snapshot;  /* as PostgreSQL writes it; NULL: just the horizon is known */
};

void store_position_done(struct store_position *position);

SVC_MUST_CHECK enum svc_status store_read_position(
    struct store *store, struct store_position *ret_position, char ret_error[256]);

enum { STORE_CHANGES_MAX = 5000 };

struct store_changes {
    int64_t ids[STORE_CHANGES_MAX]; /* products, some more than once */
    size_t count;
    bool all;        /* everything may have changed */
    bool categories; /* a category has */
    bool pruned;     /* changes after the position are gone */
    bool more;       /* ask again, from `last_change_id` */
    int64_t last_change_id;
    int64_t now_ms;                /* by PostgreSQL's clock */
    int64_t overview_ms;           /* when category_overview was last refreshed */
    struct store_position reached; /* the caller's, for the next look */
};

/* What POSITION has not seen, after AFTER_CHANGE_ID (0 first). */
SVC_MUST_CHECK enum svc_status store_read_changes(struct store *store,
    const struct store_position *position, int64_t after_change_id,
    struct store_changes *ret_changes, char ret_error[256]);

/* --- Categories. --- */

/* In ARENA. `ret_overview_ms`: how the view was when it was read. */
SVC_MUST_CHECK enum svc_status store_read_categories(struct store *store,
    int64_t minor_per_unit, struct svc_arena *arena, struct category_list *ret_list,
    char ret_error[256]);

/* Refreshes category_overview unless another replica does, or did since SINCE_MS. */
SVC_MUST_CHECK enum svc_status store_refresh_categories(
    struct store *store, int64_t since_ms, bool *ret_done, char ret_error[256]);

/* --- PostgreSQL's own answer, for the time without an index. --- */

/* As index_search and index_suggest answer. */
struct store_question {
    const struct query *query;
    const struct index_options *options;
    int64_t minor_per_unit;
};
SVC_MUST_CHECK enum svc_status store_search(struct store *store,
    const struct store_question *question, struct svc_arena *arena,
    struct index_result *ret_result, char ret_error[256]);
struct store_suggestions {
    struct index_suggestion *list;
    size_t count;
};
SVC_MUST_CHECK enum svc_status store_suggest(struct store *store, struct svc_slice prefix,
    size_t max, struct svc_arena *arena, struct store_suggestions *ret_suggestions,
    char ret_error[256]);

/* --- Feedback and the log of searches (migration 0014). --- */

struct store_feedback {
    struct svc_slice call_key; /* what makes a repeated call the same */
    struct svc_slice query;
    int64_t product_id;
    int64_t category_id;     /* read only */
    struct svc_slice action; /* "shown", "click", "add", "purchase" */
    struct svc_slice customer_hash;
    int64_t created_s; /* read only */
};

enum store_added { STORE_ADDED, STORE_REPEATED, STORE_NO_PRODUCT };

SVC_MUST_CHECK enum svc_status store_add_feedback(struct store *store,
    const struct store_feedback *feedback, enum store_added *ret_added,
    char ret_error[256]);

typedef void store_take_feedback(
    void *context, const struct store_feedback *list, size_t count);

/* What POSITION has not seen, in its order, by pages as store_read_changes; without what
 * a customer has done to the same product within a day before. */
struct store_feedback_page {
    int64_t last_id; /* 0 first */
    size_t count;
    bool more;
    struct store_position reached; /* the caller's */
};
SVC_MUST_CHECK enum svc_status store_read_feedback(struct store *store,
    const struct store_position *position, struct store_feedback_page *page,
    store_take_feedback *take, void *context, char ret_error[256]);

/* ROWS: a JSON array of {query, total, relaxed, took_us, source, customer_hash}. */
SVC_MUST_CHECK enum svc_status store_add_searches(
    struct store *store, struct svc_slice rows, char ret_error[256]);

/* Takes the old rows of all of the service's tables away, unless another replica does. */
struct store_retention {
    int64_t changes_days;
    int64_t feedback_days;
    int64_t searches_days;
};
SVC_MUST_CHECK enum svc_status store_prune(struct store *store,
    const struct store_retention *retention, int64_t *ret_rows, char ret_error[256]);

#endif
