#include "windows_gaps.h"

#include <svc/mem.h>

#include <string.h>

/* The gap that starts at `at`, in seconds; moves `at` behind it. */
static int64_t next_gap(const struct windows *windows, size_t *at)
{
    int64_t seconds = 0;

    while (*at < windows->hour_size && windows->hour[*at] == 255) {
        seconds += 255;
        (*at)++;
    }
    if (*at < windows->hour_size) {
        seconds += windows->hour[(*at)++];
    }
    return seconds;
}

bool hour_is_whole(const struct windows *windows)
{
    int64_t second = windows->hour_head_s;
    size_t at = 0;

    if (windows->hour_count == 0) {
        return windows->hour_size == 0;
    }
    for (size_t i = 1; i < windows->hour_count; i++) {
        if (at == windows->hour_size) {
            return false;
        }
        second += next_gap(windows, &at);
    }
    return at == windows->hour_size && second == windows->hour_tail_s &&
           second - windows->hour_head_s <= WINDOW_HOUR_S;
}

bool day_is_whole(const struct windows *windows)
{
    size_t count = 0;

    for (size_t at = 0; at < windows->day_size; at += 2) {
        count += windows->day[at + 1];
    }
    return count == windows->day_count;
}

static bool hour_is_over(const struct windows *windows, int64_t now_ms)
{
    return now_ms >= (windows->hour_head_s + WINDOW_HOUR_S) * 1000;
}

void hour_prune(struct windows *windows, int64_t now_ms)
{
    size_t at = 0;

    while (windows->hour_count > 0 && hour_is_over(windows, now_ms)) {
        windows->hour_count--;
        if (windows->hour_count > 0) {
            windows->hour_head_s += next_gap(windows, &at);
        } else {
            at = windows->hour_size;
        }
    }
    windows->hour_size -= at;
    memmove(windows->hour, windows->hour + at, windows->hour_size);
}

static bool day_is_over(const struct windows *windows, int64_t now_ms)
{
    return now_ms >= windows->day_head * WINDOW_DAY_UNIT_MS + WINDOW_DAY_MS;
}

void day_prune(struct windows *windows, int64_t now_ms)
{
    size_t at = 0;

    while (at < windows->day_size && day_is_over(windows, now_ms)) {
        windows->day_count -= windows->day[at + 1];
        at += 2;
        if (at < windows->day_size) {
            windows->day_head += windows->day[at];
        }
    }
    windows->day_size -= at;
    memmove(windows->day, windows->day + at, windows->day_size);
}

int64_t hour_wait_ms(const struct windows *windows, int64_t now_ms, int64_t needed)
{
    int64_t second = windows->hour_head_s;
    size_t at = 0;

    if (needed > (int64_t)windows->hour_count) {
        return (int64_t)WINDOW_HOUR_S * 1000;
    }
    for (int64_t i = 1; i < needed; i++) {
        second += next_gap(windows, &at);
    }
    return (second + WINDOW_HOUR_S) * 1000 - now_ms;
}

int64_t day_wait_ms(const struct windows *windows, int64_t now_ms, int64_t needed)
{
    int64_t unit = windows->day_head;
    int64_t seen = 0;

    for (size_t at = 0; at < windows->day_size; at += 2) {
        unit += at > 0 ? windows->day[at] : 0;
        seen += windows->day[at + 1];
        if (seen >= needed) {
            return unit * WINDOW_DAY_UNIT_MS + WINDOW_DAY_MS - now_ms;
        }
    }
    return WINDOW_DAY_MS;
}

static void add_gap(struct windows *windows, int64_t seconds)
{
    while (seconds >= 255) {
        windows->hour[windows->hour_size++] = 255;
        seconds -= 255;
    }
    windows->hour[windows->hour_size++] = (uint8_t)seconds;
}

void hour_add(struct windows *windows, int64_t second)
{
    if (windows->hour_count >= LIMIT_HOUR_MAX ||
        windows->hour_size + 16 > WINDOWS_HOUR_BYTES_MAX) {
        return;
    }
    if (windows->hour_count == 0) {
        windows->hour_head_s = second;
    } else {
        second = second > windows->hour_tail_s ? second : windows->hour_tail_s;
        add_gap(windows, second - windows->hour_tail_s);
    }
    windows->hour_tail_s = second;
    windows->hour_count++;
}

void day_add(struct windows *windows, int64_t unit)
{
    size_t last = windows->day_size;

    unit = unit > windows->day_tail ? unit : windows->day_tail;
    if (last > 0 && unit == windows->day_tail && windows->day[last - 1] < 255) {
        windows->day[last - 1]++;
        windows->day_count++;
        return;
    }
    if (last + 2 > WINDOWS_DAY_BYTES_MAX) {
        return;
    }
    int64_t gap = last > 0 ? unit - windows->day_tail : 0;
    windows->day_head = last > 0 ? windows->day_head : unit;
    windows->day[last] = (uint8_t)(gap < 255 ? gap : 255);
    windows->day[last + 1] = 1;
    windows->day_size = last + 2;
    windows->day_tail = unit;
    windows->day_count++;
}

void hour_remove(struct windows *windows, int64_t second)
{
    SVC_AUTO_FREE int64_t *kept = svc_alloc((windows->hour_count + 1) * sizeof *kept);
    int64_t at_second = windows->hour_head_s;
    size_t at = 0;
    size_t count = 0;
    bool gone = false;

    for (size_t i = 0; i < windows->hour_count; i++) {
        at_second += i > 0 ? next_gap(windows, &at) : 0;
        if (!gone && at_second == second) {
            gone = true;
        } else {
            kept[count++] = at_second;
        }
    }
    windows->hour_size = 0;
    windows->hour_count = count;
    windows->hour_head_s = count > 0 ? kept[0] : 0;
    windows->hour_tail_s = count > 0 ? kept[count - 1] : 0;
    for (size_t i = 1; i < count; i++) {
        add_gap(windows, kept[i] - kept[i - 1]);
    }
}

void day_remove(struct windows *windows, int64_t unit)
{
    int64_t at_unit = windows->day_head;

    for (size_t at = 0; at < windows->day_size; at += 2) {
        at_unit += at > 0 ? windows->day[at] : 0;
        if (at_unit == unit && windows->day[at + 1] > 0) {
            windows->day[at + 1]--;
            windows->day_count--;
            return;
        }
    }
}
