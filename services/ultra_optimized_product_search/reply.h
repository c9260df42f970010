/* What the shop says to the customer: WhatsApp messages made of an answer. Ids of rows
 * and buttons say what was chosen: prod:<id>, more:<cursor>, cat:<id>, cats:<offset>,
 * add:<product id>, menu: */
#ifndef REPLY_H
#define REPLY_H

#include "categories.h"
#include "index.h"
#include "search_request.h"
#include "shop.h"

#include <svc/json_write.h>
#include <svc/texts.h>

struct reply {
    struct svc_json_writer *writer;
    struct svc_arena *arena;
    const struct svc_texts *texts;
    struct svc_slice locale;
    struct svc_slice customer; /* no text: whoever sends it says to whom */
    struct shop shop;
    int64_t now_s;
};

struct reply_search {
    const struct search *search;
    const struct query *query;
    const struct index_result *result;
    const struct category_list *categories; /* for when nothing was found */
};

/* How many products the reply to a search shows: all, or nine and a row for more. */
size_t reply_shown(const struct reply_search *found);

/* A list of products; one product with its picture; or, where there is none, categories
 * to choose from. */
void reply_search(struct reply *reply, const struct reply_search *found);

/* One product with picture and buttons; NULL: there is none. */
void reply_product(struct reply *reply, const struct product *product);

/* A list of the categories that sell something, from OFFSET on. */
void reply_categories(
    struct reply *reply, const struct category_list *categories, size_t offset);

#endif
