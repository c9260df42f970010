/* How the providers' calls went, on this replica since its start. Thread-safe. */
#ifndef CALL_STATS_H
#define CALL_STATS_H

#include "cascade.h"

struct call_stats;

struct call_summary {
    uint64_t calls;
    uint64_t answered;
    int64_t p50_ms; /* of the latest answered ones; -1: none */
    int64_t p95_ms;
    char last_error[128];  /* "" : none */
    int64_t last_error_ms; /* since 1970 */
};

struct call_stats *call_stats_new(void);
/* Takes a pointer to NULL. */
void call_stats_free(struct call_stats **stats);

/* One attempt; NOW_MS since 1970. */
void call_stats_note(
    struct call_stats *stats, const struct cascade_attempt *attempt, int64_t now_ms);

/* All zero, -1 for times, for one that was never called. */
void call_stats_get(struct call_stats *stats, struct svc_slice provider,
    struct call_summary *ret_summary);

#endif
