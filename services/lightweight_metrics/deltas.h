/* What a run of events adds to the rows of the projections: rows that are met again add
 * up, so that thousands of events become some hundred changes. */
#ifndef DELTAS_H
#define DELTAS_H

#include <svc/mem.h>
#include <svc/text.h>

enum delta_kind {
    DELTA_COUNT,     /* metrics_counts: name, label (dimension), path */
    DELTA_HISTOGRAM, /* metrics_histogram: name, path, number (bin) */
    DELTA_CUSTOMER,  /* metrics_customers: label (customer_key), path */
    DELTA_TERM,      /* metrics_terms: name (kind), label (term) */
    DELTA_COST,      /* metrics_costs: name (kind), label (key), detail */
    DELTA_KINDS,
};

/* What tells rows apart; texts live as long as the deltas, or are literals. */
struct delta_key {
    enum delta_kind kind;
    char granularity; /* 'm', 'h' or 'd' */
    int64_t bucket;   /* of 'm' and 'h': seconds since 1970; of 'd': days */
    const char *name; /* a literal: told apart by its address */
    const char *path; /* likewise; "" where the table has none */
    struct svc_slice label;
    struct svc_slice detail;
    int64_t number;
};

struct delta {
    struct delta_key key;
    int64_t count;
    int64_t sum;   /* of a customer: what was paid; of a cost: 10^-9 USD */
    int64_t extra; /* of a customer: bits of steps; of a cost: how many are billable */
};

struct deltas;

struct deltas *deltas_new(void);
/* Takes a pointer to NULL. */
void deltas_free(struct deltas **deltas);
void deltas_clear(struct deltas *deltas);

/* The row of KEY, made at the first time. Its texts are copied then. Valid until the next
 * call. */
struct delta *deltas_get(struct deltas *deltas, const struct delta_key *key);

size_t deltas_count(const struct deltas *deltas);
const struct delta *deltas_at(const struct deltas *deltas, size_t index);

#endif
