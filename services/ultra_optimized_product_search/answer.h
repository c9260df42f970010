/* What the service answers, as JSON. */
#ifndef ANSWER_H
#define ANSWER_H

#include "categories.h"
#include "index.h"
#include "query.h"
#include "search_request.h"
#include "shop.h"

#include <svc/json_write.h>

struct answer {
    struct svc_json_writer *writer;
    struct shop shop;
    int64_t now_s;
    struct svc_buf scratch;
};

void answer_init(struct answer *answer, struct svc_json_writer *writer,
    const struct shop *shop, int64_t now_s);
void answer_done(struct answer *answer);

/* NAME: an amount as a number of units; null for one below 0. */
void answer_amount(struct answer *answer, const char *name, int64_t minor);

/* The fields of a product, without braces. */
void answer_product(struct answer *answer, const struct product *product);

/* [{a product, score, matched}] */
void answer_hits(
    struct answer *answer, const struct query *query, const struct index_result *result);

void answer_facets(struct answer *answer, const struct index_facets *facets);

/* What was understood. */
void answer_filters(struct answer *answer, const struct query *query);

void answer_category(struct answer *answer, const struct category *category);

#endif
