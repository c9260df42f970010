/* A search as it was asked for, and the cursor by which its next page is. */
#ifndef SEARCH_REQUEST_H
#define SEARCH_REQUEST_H

#include "index.h"
#include "query.h"

#include <svc/buf.h>
#include <svc/mem.h>

enum { SEARCH_LIMIT_DEFAULT = 10 };

struct search {
    struct svc_slice text;   /* what was written; may be empty */
    int64_t category_id;     /* 0: any */
    int64_t price_min_minor; /* -1: open */
    int64_t price_max_minor; /* -1: open */
    bool on_offer;
    bool in_stock;
    struct svc_slice brand; /* empty: any */
    int sort; /* of enum query_sort; -1: as the text says, or by relevance */
    size_t limit;
    size_t offset;
    bool facets;
};

/* Nothing asked for. */
void search_init(struct search *search);

/* Whether nothing but a page of something is asked for. */
bool search_is_bare(const struct search *search);

/* Puts what the API's fields say over what was understood from the words. */
void search_filter(const struct search *search, const struct analyser *analyser,
    struct svc_arena *arena, struct query *query);

/* "price_asc" and so on; -1 for another. */
int search_sort_find(struct svc_slice name);
const char *search_sort_name(enum query_sort sort);

/* --- Cursors: opaque, and bound to what was asked. --- */

/* A row id of WhatsApp holds 200 bytes, of which "more:" takes five. */
enum { CURSOR_TEXT_MAX = 195 };

/* Adds the cursor of the page of SEARCH that begins at OFFSET to OUT. It holds all of the
 * search where that fits, so that a pressed row is enough to go on. */
void cursor_write(const struct search *search, size_t offset, struct svc_buf *out);

enum cursor_outcome {
    CURSOR_FINE,
    CURSOR_BROKEN, /* it is none */
    CURSOR_OTHER,  /* of another search */
    CURSOR_SHORT,  /* of one that has to be said again */
};

/* Sets where to go on. SEARCH is what the call says beside the cursor: it has to be the
 * search that the cursor was made for, or bare; then all comes from the cursor, but for
 * `limit` where it was said (not 0). Texts are in ARENA. */
enum cursor_outcome cursor_read(
    struct svc_slice text, struct svc_arena *arena, struct search *search);

#endif
