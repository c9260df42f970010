#include "breaker.h"

#define MINUTE_MS 60000
/* What a 429 asks for is believed up to here. */
#define RETRY_AFTER_MS_MAX 3600000

static void open_until(struct breaker *breaker, int64_t until_ms)
{
    breaker->state = BREAKER_OPEN;
    breaker->probe_until_ms = 0;
    if (until_ms > breaker->open_until_ms) {
        breaker->open_until_ms = until_ms;
    }
}

bool breaker_admits(struct breaker *breaker, int64_t now_ms)
{
    switch (breaker->state) {
    case BREAKER_CLOSED:
        return true;
    case BREAKER_OPEN:
        if (now_ms < breaker->open_until_ms) {
            return false;
        }
        break;
    case BREAKER_HALF_OPEN:
        if (now_ms < breaker->probe_until_ms) {
            return false;
        }
        break;
    }
    breaker->state = BREAKER_HALF_OPEN;
    breaker->probe_until_ms = now_ms + BREAKER_PROBE_MS;
    return true;
}

static void count(struct breaker *breaker, bool bad, int64_t now_ms)
{
    int64_t age_ms = now_ms - breaker->minute_ms;

    if (age_ms < 0 || age_ms >= MINUTE_MS) {
        breaker->minute_ms = now_ms;
        breaker->calls = 0;
        breaker->bad_calls = 0;
    }
    breaker->calls++;
    breaker->bad_calls += bad ? 1 : 0;
}

static bool is_tripped(
    const struct breaker *breaker, const struct provider_config *config)
{
    int64_t percent = (int64_t)breaker->bad_calls * 100;

    return breaker->failures >= config->breaker_threshold ||
           (breaker->calls >= BREAKER_CALLS_MIN &&
               percent >= (int64_t)breaker->calls * BREAKER_BAD_PERCENT);
}

/* A call that began before it opened, or a test by hand, closes nothing: only a probe
 * does. */
static void note_answer(struct breaker *breaker, int64_t now_ms)
{
    if (breaker->state == BREAKER_OPEN) {
        return;
    }
    if (breaker->state == BREAKER_HALF_OPEN) {
        *breaker = (struct breaker){.minute_ms = now_ms};
    }
    breaker->failures = 0;
    count(breaker, false, now_ms);
}

static void note_failure(struct breaker *breaker, const struct provider_config *config,
    int64_t retry_after_ms, int64_t now_ms)
{
    int64_t open_ms = (int64_t)config->breaker_open_s * 1000;
    bool opens = breaker->state == BREAKER_HALF_OPEN;
    int64_t retry_ms =
        retry_after_ms < RETRY_AFTER_MS_MAX ? retry_after_ms : RETRY_AFTER_MS_MAX;

    if (breaker->failures < INT32_MAX) {
        breaker->failures++;
    }
    count(breaker, true, now_ms);
    if (retry_ms > 0) {
        open_until(breaker, now_ms + retry_ms);
    }
    if (opens || (breaker->state == BREAKER_CLOSED && is_tripped(breaker, config))) {
        open_until(breaker, now_ms + open_ms);
    }
}

void breaker_note(struct breaker *breaker, const struct provider_config *config,
    enum provider_outcome outcome, int64_t retry_after_ms, int64_t now_ms)
{
    int64_t open_ms = (int64_t)config->breaker_open_s * 1000;

    switch (outcome) {
    case PROVIDER_ANSWERED:
        note_answer(breaker, now_ms);
        return;
    case PROVIDER_SLOW:
    case PROVIDER_FAILED:
        note_failure(breaker, config, 0, now_ms);
        return;
    case PROVIDER_BUSY:
        note_failure(breaker, config, retry_after_ms, now_ms);
        return;
    case PROVIDER_REFUSED:
        note_failure(breaker, config, 0, now_ms);
        open_until(breaker, now_ms + open_ms * BREAKER_REFUSED_FACTOR);
        return;
    case PROVIDER_OUR_FAULT:
        breaker->probe_until_ms = 0; /* it told nothing: the next may probe */
        return;
    }
}
