/* How long to wait before something is tried again. */
#ifndef SVC_BACKOFF_H
#define SVC_BACKOFF_H

#include <stdint.h>

/* BASE_MS doubled ATTEMPT times (0: the first repetition), at most MAX_MS. Both from 1.
 */
int64_t svc_backoff_limit_ms(unsigned attempt, int64_t base_ms, int64_t max_ms);

/* Uniform between 0 and that limit, so that many who failed together don't come back
 * together ("full jitter": M. Brooker, "Exponential Backoff And Jitter", AWS, 2015). */
int64_t svc_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms);

#endif
