/* What an event of the log counts for: the rules by which projections are made, of new
 * events and of old ones that are read again. The same events, in the order of their
 * numbers, always give the same rows. */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include "deltas.h"
#include "labels.h"

/* Bits of metrics_customers.steps. */
enum funnel_step {
    STEP_MESSAGE = 1,
    STEP_SEARCH = 2,
    STEP_CART = 4,
    STEP_CHECKOUT = 8,
    STEP_PAID = 16,
    STEP_INTENT = 32,
};

/* An event as the log has it. */
struct logged_event {
    struct svc_slice type;
    struct svc_slice customer_key; /* {NULL, 0}: none */
    struct svc_slice data;         /* JSON; {NULL, 0}: none */
    bool mvp;                      /* the path */
    int64_t occurred_ms;
    int64_t day; /* of the shop's calendar, since 1970 */
};

/* ARENA is for what lasts no longer than the call. */
void aggregate_add(struct deltas *deltas, struct labels *labels, struct svc_arena *arena,
    const struct logged_event *event);

#endif
