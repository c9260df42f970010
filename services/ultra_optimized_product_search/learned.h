/* What searches, clicks, adds to the cart and purchases have taught: which products are
 * meant by a question, and which categories by a word that is asked for alone. In memory,
 * made from the table search_feedback and from each event that comes in; older events
 * count less (they decay), and few count for nothing yet (a floor), so that one customer
 * can't turn the order over. */
#ifndef LEARNED_H
#define LEARNED_H

#include "query.h"

struct learned;

enum learned_action {
    LEARNED_SHOWN, /* was in an answer and nothing came of it */
    LEARNED_CLICK,
    LEARNED_ADD,
    LEARNED_PURCHASE,
};

/* Bounded: at most PAIRS_MAX pairs of a word and a product; the weakest go first. */
struct learned *learned_new(size_t pairs_max);
void learned_free(struct learned **learned);

/* WHEN_S: seconds since 1970, not after the clock of who asks for scores. Thread-safe.
 * Who did it isn't known here: an action that one customer repeats is the caller's to
 * leave out. */
void learned_add(struct learned *learned, const struct query *query, int64_t product_id,
    int64_t category_id, enum learned_action action, int64_t when_s);

/* 0 (nothing known) to 1. Thread-safe, never waits for learned_add. Called for the few
 * hundred best of a search. */
double learned_score(const struct learned *learned, const struct query *query,
    int64_t product_id, int64_t category_id, int64_t now_s);

#endif
