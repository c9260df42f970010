#include "backoff.h"

#include "random.h"

#include <assert.h>

int64_t svc_backoff_limit_ms(unsigned attempt, int64_t base_ms, int64_t max_ms)
{
    int64_t limit_ms = base_ms;

    assert(base_ms > 0 && max_ms > 0);
    for (unsigned i = 0; i < attempt && limit_ms < max_ms; i++) {
        limit_ms = limit_ms > max_ms / 2 ? max_ms : limit_ms * 2;
    }
    return limit_ms < max_ms ? limit_ms : max_ms;
}

int64_t svc_backoff_ms(unsigned attempt, int64_t base_ms, int64_t max_ms)
{
    int64_t limit_ms = svc_backoff_limit_ms(attempt, base_ms, max_ms);

    return (int64_t)svc_random_below((uint64_t)limit_ms + 1);
}
