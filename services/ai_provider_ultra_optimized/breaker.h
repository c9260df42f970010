/* A circuit breaker of one provider (Nygard, "Release It!"): closed, open, half-open with
 * a single probe. The rules are pure; its state is shared over replicas in Redis (the
 * guide's keys ai_provider:<name>:failures ... ), with a copy in memory for the time
 * without it. */
#ifndef BREAKER_H
#define BREAKER_H

#include "provider.h"

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    enum breaker_state state;
    int32_t failures;       /* in a row */
    int32_t calls;          /* in the current minute */
    int32_t bad_calls;      /* of them, failed or slow */
    int64_t minute_ms;      /* when it began */
    int64_t open_until_ms;  /* of OPEN */
    int64_t probe_until_ms; /* of HALF_OPEN: until then only the one that probes calls */
};

/* A rate of failures opens too, from so many calls in a minute on. */
enum { BREAKER_CALLS_MIN = 20, BREAKER_BAD_PERCENT = 50 };
/* A refused key, no money, no such model: people have to mend that. */
enum { BREAKER_REFUSED_FACTOR = 12 };
/* How long others wait for what a probe brings. */
enum { BREAKER_PROBE_MS = 10000 };

/* All zero is closed.
 *
 * Whether a call may be made now; may turn OPEN into HALF_OPEN with this call as the
 * probe. */
bool breaker_admits(struct breaker *breaker, int64_t now_ms);

/* What came of a call. */
void breaker_note(struct breaker *breaker, const struct provider_config *config,
    enum provider_outcome outcome, int64_t retry_after_ms, int64_t now_ms);

#endif
