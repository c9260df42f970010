#include "stock_breaker.h"

bool stock_breaker_is_open(const struct stock_breaker *breaker, int64_t now_ms)
{
    return now_ms < breaker->open_until_ms || now_ms < breaker->probe_until_ms;
}

bool stock_breaker_admits(
    struct stock_breaker *breaker, int64_t now_ms, int64_t patience_ms)
{
    if (breaker->open_until_ms == 0) {
        return true;
    }
    if (stock_breaker_is_open(breaker, now_ms)) {
        return false;
    }
    breaker->probe_until_ms = now_ms + patience_ms;
    return true;
}

void stock_breaker_note(struct stock_breaker *breaker, bool success, int64_t now_ms)
{
    if (success) {
        *breaker = (struct stock_breaker){0};
        return;
    }
    breaker->failures++;
    if (breaker->failures >= STOCK_BREAKER_FAILURES) {
        breaker->open_until_ms = now_ms + STOCK_BREAKER_OPEN_MS;
        breaker->probe_until_ms = 0;
    }
}
