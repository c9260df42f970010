#include "windows.h"

#include "windows_gaps.h"

#include <string.h>

#define TOKEN 60000

void windows_clear(struct windows *windows)
{
    /* Not memset: the arrays are large, and their counts say what is in them. */
    windows->block_until_ms = 0;
    windows->told_until_ms = 0;
    windows->told_window = WINDOW_NONE;
    memset(windows->told_message, 0, sizeof windows->told_message);
    windows->tokens = 0;
    windows->tokens_at_ms = 0;
    windows->minute_count = 0;
    windows->message_count = 0;
    windows->hour_count = 0;
    windows->hour_head_s = windows->hour_tail_s = 0;
    windows->hour_size = 0;
    windows->day_count = 0;
    windows->day_head = windows->day_tail = 0;
    windows->day_size = 0;
}

/* Of a time given by its low 32 bits; a clock that went back makes none negative. */
static int64_t age_ms(int64_t now_ms, uint32_t time)
{
    uint32_t age = (uint32_t)now_ms - time;

    return age < UINT32_MAX / 2 + 1 ? age : 0;
}

static void prune_minute(struct windows *windows, int64_t now_ms)
{
    size_t gone = 0;

    while (gone < windows->minute_count &&
           age_ms(now_ms, windows->minute[gone]) >= WINDOW_MINUTE_MS) {
        gone++;
    }
    windows->minute_count -= gone;
    memmove(windows->minute, windows->minute + gone,
        windows->minute_count * sizeof windows->minute[0]);
}

/* The day last, and with it what has no whole time of its own: 32 bits of milliseconds
 * come again after 49 days, as at the end of a long block. */
static void prune(struct windows *windows, int64_t now_ms)
{
    prune_minute(windows, now_ms);
    hour_prune(windows, now_ms);
    day_prune(windows, now_ms);
    if (windows->day_count == 0) {
        windows->minute_count = 0;
        windows->message_count = 0;
    }
}

static void refill(struct windows *windows, const struct windows_request *request)
{
    int64_t full = request->limits.burst * TOKEN;
    int64_t passed_ms = request->now_ms - windows->tokens_at_ms;
    int64_t tokens = windows->tokens_at_ms == 0
                         ? full
                         : windows->tokens + passed_ms * request->limits.minute;

    tokens = tokens < full ? tokens : full;
    windows->tokens = tokens > 0 ? tokens : 0;
    windows->tokens_at_ms = request->now_ms;
}

static size_t find_message(
    const struct windows *windows, const struct windows_request *request)
{
    size_t at = 0;

    while (at < windows->message_count &&
           memcmp(windows->messages[at].hash, request->message, MESSAGE_HASH_SIZE) != 0) {
        at++;
    }
    return at;
}

static int64_t wait_minute(const struct windows *windows, int64_t now_ms, int64_t needed)
{
    if (needed > (int64_t)windows->minute_count) {
        return WINDOW_MINUTE_MS;
    }
    return WINDOW_MINUTE_MS - age_ms(now_ms, windows->minute[needed - 1]);
}

static int64_t wait_tokens(
    const struct windows *windows, const struct windows_request *request)
{
    int64_t missing = request->cost * TOKEN - windows->tokens;
    int64_t rate = request->limits.minute;

    if (missing <= 0) {
        return 0;
    }
    return rate > 0 ? (missing + rate - 1) / rate : WINDOW_MINUTE_MS;
}

static void worse(struct windows_verdict *verdict, enum window window, int64_t wait_ms)
{
    if (wait_ms > verdict->retry_after_ms) {
        verdict->exceeded = window;
        verdict->retry_after_ms = wait_ms;
    }
}

/* The window that is exceeded for the longest tells how long to wait. */
static void judge(const struct windows *windows, const struct windows_request *request,
    struct windows_verdict *verdict)
{
    int64_t cost = request->cost;
    int64_t over_minute = (int64_t)windows->minute_count + cost - request->limits.minute;
    int64_t over_hour = (int64_t)windows->hour_count + cost - request->limits.hour;
    int64_t over_day = (int64_t)windows->day_count + cost - request->limits.day;

    if (request->limits.burst > 0) {
        worse(verdict, WINDOW_MINUTE, wait_tokens(windows, request));
    } else if (over_minute > 0) {
        worse(verdict, WINDOW_MINUTE, wait_minute(windows, request->now_ms, over_minute));
    }
    if (over_hour > 0) {
        worse(verdict, WINDOW_HOUR, hour_wait_ms(windows, request->now_ms, over_hour));
    }
    if (over_day > 0) {
        worse(verdict, WINDOW_DAY, day_wait_ms(windows, request->now_ms, over_day));
    }
    worse(verdict, WINDOW_BLOCK, windows->block_until_ms - request->now_ms);
    verdict->allowed = verdict->exceeded == WINDOW_NONE;
}

static void count(struct windows *windows, const struct windows_request *request)
{
    for (int64_t i = 0; i < request->cost; i++) {
        if (windows->minute_count < LIMIT_MINUTE_MAX) {
            windows->minute[windows->minute_count++] = (uint32_t)request->now_ms;
        }
        hour_add(windows, request->now_ms / 1000 + 1);
        day_add(windows, request->now_ms / WINDOW_DAY_UNIT_MS + 1);
    }
    if (request->limits.burst > 0) {
        windows->tokens -= request->cost * TOKEN;
    }
}

static void remember(struct windows *windows, const struct windows_request *request)
{
    if (!request->has_message) {
        return;
    }
    if (windows->message_count == WINDOWS_MESSAGES_MAX) {
        windows->message_count--;
        memmove(windows->messages, windows->messages + 1,
            windows->message_count * sizeof windows->messages[0]);
    }
    size_t at = windows->message_count++;
    memcpy(windows->messages[at].hash, request->message, MESSAGE_HASH_SIZE);
    windows->messages[at].time = (uint32_t)request->now_ms;
}

static void refund(
    struct windows *windows, const struct windows_request *request, size_t at)
{
    uint32_t low = windows->messages[at].time;
    int64_t time_ms = request->now_ms - age_ms(request->now_ms, low);
    size_t found = 0;

    windows->message_count--;
    memmove(windows->messages + at, windows->messages + at + 1,
        (windows->message_count - at) * sizeof windows->messages[0]);
    while (found < windows->minute_count && windows->minute[found] != low) {
        found++;
    }
    if (found < windows->minute_count) {
        windows->minute_count--;
        memmove(windows->minute + found, windows->minute + found + 1,
            (windows->minute_count - found) * sizeof windows->minute[0]);
    }
    hour_remove(windows, time_ms / 1000 + 1);
    day_remove(windows, time_ms / WINDOW_DAY_UNIT_MS + 1);
    if (request->limits.burst > 0) {
        int64_t full = request->limits.burst * TOKEN;
        int64_t more = windows->tokens + TOKEN;
        windows->tokens = more < full ? more : full;
    }
}

/* A place that becomes free and is taken again is no news: one notice a window's length.
 */
static int64_t silence_ms(const struct windows_verdict *verdict)
{
    static const int64_t lengths_ms[] = {
        [WINDOW_MINUTE] = WINDOW_MINUTE_MS,
        [WINDOW_HOUR] = (int64_t)WINDOW_HOUR_S * 1000,
        [WINDOW_DAY] = WINDOW_DAY_MS,
        [WINDOW_BLOCK] = 0,
    };
    int64_t length_ms = lengths_ms[verdict->exceeded];

    return verdict->retry_after_ms > length_ms ? verdict->retry_after_ms : length_ms;
}

/* Once a window that was exceeded, unless a longer one was told; and again to the very
 * message that was told, since its answer may have been lost. */
static bool tell(struct windows *windows, const struct windows_request *request,
    const struct windows_verdict *verdict)
{
    if (windows->told_until_ms > request->now_ms &&
        windows->told_window >= verdict->exceeded) {
        return request->has_message &&
               memcmp(windows->told_message, request->message, MESSAGE_HASH_SIZE) == 0;
    }
    windows->told_until_ms = request->now_ms + silence_ms(verdict);
    windows->told_window = verdict->exceeded;
    memset(windows->told_message, 0, MESSAGE_HASH_SIZE);
    if (request->has_message) {
        memcpy(windows->told_message, request->message, MESSAGE_HASH_SIZE);
    }
    return true;
}

static void check(struct windows *windows, const struct windows_request *request,
    struct windows_verdict *verdict)
{
    verdict->known =
        request->has_message && find_message(windows, request) < windows->message_count;
    if (verdict->known) {
        verdict->allowed = true;
        return;
    }
    judge(windows, request, verdict);
    if (!verdict->allowed) {
        verdict->notify =
            request->operation == OPERATION_CHECK && tell(windows, request, verdict);
        return;
    }
    count(windows, request);
    remember(windows, request);
}

/* Who was told of a block is told of the next one again, and of all else. */
static void block(struct windows *windows, const struct windows_request *request)
{
    bool ends = request->block_for_ms == 0;

    windows->block_until_ms = ends ? 0 : request->now_ms + request->block_for_ms;
    if (windows->told_window == WINDOW_BLOCK) {
        windows->told_window = WINDOW_NONE;
        windows->told_until_ms = 0;
        memset(windows->told_message, 0, MESSAGE_HASH_SIZE);
    }
}

static void operate(struct windows *windows, const struct windows_request *request,
    struct windows_verdict *verdict)
{
    size_t at = windows->message_count;

    switch (request->operation) {
    case OPERATION_CHECK:
    case OPERATION_SHADOW:
        check(windows, request, verdict);
        return;
    case OPERATION_PEEK:
        judge(windows, request, verdict);
        return;
    case OPERATION_REFUND:
        at = request->has_message ? find_message(windows, request) : at;
        verdict->allowed = verdict->known = at < windows->message_count;
        if (verdict->known) {
            refund(windows, request, at);
        }
        return;
    case OPERATION_BLOCK:
        block(windows, request);
        verdict->allowed = true;
        return;
    case OPERATION_RESET:
        verdict->allowed = true;
        return;
    }
}

void windows_apply(struct windows *windows, const struct windows_request *request,
    struct windows_verdict *ret_verdict)
{
    *ret_verdict = (struct windows_verdict){.now_ms = request->now_ms};
    if (request->operation == OPERATION_RESET) {
        windows_clear(windows);
    }
    prune(windows, request->now_ms);
    if (request->limits.burst > 0) {
        refill(windows, request);
    }
    operate(windows, request, ret_verdict);
    ret_verdict->used_minute = (int64_t)windows->minute_count;
    ret_verdict->used_hour = (int64_t)windows->hour_count;
    ret_verdict->used_day = (int64_t)windows->day_count;
}
