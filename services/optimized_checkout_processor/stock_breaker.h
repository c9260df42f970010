/* Whether a system that fails is to be asked at all: so many failures in a row open it
 * for a while, then one call goes ahead and its outcome decides. Pure; the caller locks.
 */
#ifndef STOCK_BREAKER_H
#define STOCK_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { STOCK_BREAKER_FAILURES = 5, STOCK_BREAKER_OPEN_MS = 10000 };

/* All zero is closed. */
struct stock_breaker {
    int failures;           /* in a row */
    int64_t open_until_ms;  /* 0: closed */
    int64_t probe_until_ms; /* 0: nobody tries it out; after that time another may */
};

/* Whether a call may be made. Where this is the one that tries it out, others wait until
 * it's noted, PATIENCE_MS at most. */
bool stock_breaker_admits(
    struct stock_breaker *breaker, int64_t now_ms, int64_t patience_ms);

/* The same question without the answer's effect. */
bool stock_breaker_is_open(const struct stock_breaker *breaker, int64_t now_ms);

/* What came of an admitted call. A success of one that began before it opened closes it
 * as well: it's a fact. */
void stock_breaker_note(struct stock_breaker *breaker, bool success, int64_t now_ms);

#endif
