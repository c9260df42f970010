/* Random bytes. */
#ifndef SVC_RANDOM_H
#define SVC_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* From the system's generator: for tokens and secrets. */
void svc_random_secure(uint8_t *bytes, size_t length);

/* From a generator of this thread, seeded by the system's (xoshiro256**): for trace ids,
 * jitter and sampling, where nobody gains by guessing. */
void svc_random_fast(uint8_t *bytes, size_t length);

/* Uniform in 0 .. LIMIT - 1; LIMIT > 0. Fast, not for secrets. */
uint64_t svc_random_below(uint64_t limit);

#endif
