/* HTTP: takes a checked request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "answer.h"
#include "feed.h"
#include "reply.h"
#include "search_log.h"
#include "store.h"
#include "upkeep.h"

#include <svc/app.h>

struct config {
    const char *language;
    const char *region;
    const char *words_dir;
    const char *weights_file;
    const char *snapshot_dir;
    const char *texts_dir;
    int64_t snapshot_every_s;
    int64_t poll_ms;
    int64_t category_cache_s;
    int64_t learned_pairs_max;
    int64_t feedback_days;
    int64_t search_log_days;
    int64_t search_log_waiting;
};

struct search_state {
    const struct config *config;
    struct analyser *analyser;
    struct words *words;
    struct weights weights;
    struct svc_texts *texts;
    struct learned *learned;
    struct index *index;
    struct store *store;
    struct categories *categories;
    struct search_log *log;
    struct feed *feed;
    struct upkeep *upkeep;
    struct svc_counter *from_index;
    struct svc_counter *from_postgres;
    struct svc_counter *found_nothing;
    struct svc_counter *log_dropped;
    struct svc_histogram *search_time;
};

svc_handler post_search;
svc_handler get_suggest;
svc_handler get_categories;
svc_handler get_category_products;
svc_handler get_product;
svc_handler post_feedback;
svc_handler get_index;

/* --- What the handlers share (routes.c). --- */

struct search_state *state_of(const struct svc_request *request);

/* A path or query parameter: none, 0 and false where it isn't given. */
struct svc_slice parameter_text(const struct svc_request *request, const char *name);
int64_t parameter_int(
    const struct svc_request *request, const char *name, int64_t fallback);
bool parameter_bool(const struct svc_request *request, const char *name);

/* For what neither the index nor PostgreSQL could answer: says DETAIL to the caller, and
 * to the operator why. Returns UNAVAILABLE. */
enum svc_status no_answer(struct svc_reply *reply, const char *detail, const char *error);

/* Fills in what a reply is made with. LANGUAGE and CUSTOMER may have no text; SHOP is the
 * one whose amounts are said. */
void start_reply(struct reply *ret_reply, const struct svc_request *request,
    struct svc_json_writer *writer, const struct shop *shop, struct svc_slice language,
    struct svc_slice customer);

/* Reads the categories into memory where they aren't there yet: in a start's first
 * moment. */
void need_categories(const struct svc_request *request);

/* The categories; none where PostgreSQL has been away since the start. */
void find_categories(
    const struct svc_request *request, struct category_list *ret_categories);

/* Answers a search: the whole object. */
struct asked {
    struct search search;
    struct svc_slice customer;
    struct svc_slice language;
    struct svc_slice unknown_category; /* its words are looked for instead */
    struct shop shop;                  /* whose money the amounts are in */
};
enum svc_status answer_search(
    struct svc_request *request, struct svc_reply *reply, struct asked *asked);

/* Goes on where CURSOR (may have no text) says; INVALID with the fault in `reply`.
 * POINTER: where in the request the cursor is. */
enum svc_status follow_cursor(struct svc_request *request, struct svc_reply *reply,
    struct svc_slice cursor, const char *pointer, struct search *search);

#endif
