/* How many executions may run in n8n at the same time: as many as it does well.
 *
 * Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP does: each
 * turn that ends in good time lets a fraction of one more in, whatever n8n refuses or
 * loses halves the number, once a second at most. A turn that takes longer than twice the
 * shortest is queueing, not work, and lets nobody in (Brakmo and Peterson, "TCP Vegas",
 * 1994). Not thread-safe. */
#ifndef PACING_H
#define PACING_H

#include <stdbool.h>
#include <stdint.h>

struct pacing {
    double limit;
    double max;
    int64_t shortest_ms; /* of this window's turns; 0: none yet */
    int64_t shortest_before_ms;
    int64_t window_until_ms;
    int64_t halved_ms; /* when */
};

/* START and MAX: executions, from 1. */
void pacing_init(struct pacing *pacing, int64_t start, int64_t max);

/* A turn ended after TOOK_MS. NOW_MS: of a monotonic clock. */
void pacing_note_end(struct pacing *pacing, int64_t took_ms, int64_t now_ms);

/* n8n refused, didn't answer, or lost an execution. */
void pacing_note_failure(struct pacing *pacing, int64_t now_ms);

/* From 1 up. */
int64_t pacing_limit(const struct pacing *pacing);

#endif
