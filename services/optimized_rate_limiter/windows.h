/* The sliding windows of one customer: minute, hour, day, and what belongs to them.
 *
 * A message counts in a window from when it came until the window's length later; one
 * that is denied counts nowhere. The minute is exact to the millisecond. To keep a
 * customer under 1 KB, the hour is kept to the second and the day in steps of ten
 * minutes, both rounded to the later: so never more pass than the limit says, in whatever
 * interval of that length, and a place becomes free at most 1 s or 10 min late.
 *
 * windows.lua is the same in Redis's language; tests hold the two together. Pure: no
 * clock, no I/O. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include <svc/text.h>

#define WINDOW_MINUTE_MS 60000
#define WINDOW_HOUR_S 3600
#define WINDOW_DAY_MS 86400000
#define WINDOW_DAY_UNIT_MS 600000

/* The largest limits there may be; a row of the table that has more is cut to these. */
#define LIMIT_MINUTE_MAX 1000
#define LIMIT_HOUR_MAX 20000
#define LIMIT_DAY_MAX 200000
#define LIMIT_BURST_MAX 10000
#define COST_MAX 20

#define WINDOWS_MESSAGES_MAX 16
/* A byte a gap, and at most 15 more for gaps over 254 s: an hour has no more of them. */
#define WINDOWS_HOUR_BYTES_MAX (LIMIT_HOUR_MAX + 32)
#define WINDOWS_DAY_BYTES_MAX (2 * (LIMIT_DAY_MAX / 255 + 146))
#define MESSAGE_HASH_SIZE 5

enum window {
    WINDOW_NONE,
    WINDOW_MINUTE,
    WINDOW_HOUR,
    WINDOW_DAY,
    WINDOW_BLOCK, /* somebody blocked the customer until a time */
};

struct windows {
    int64_t block_until_ms;
    int64_t told_until_ms; /* until then the customer knows of `told_window` */
    enum window told_window;
    uint8_t told_message[MESSAGE_HASH_SIZE];
    int64_t tokens; /* of the burst, in 1/60000; with burst on, they are the minute */
    int64_t tokens_at_ms;
    size_t minute_count;
    uint32_t minute[LIMIT_MINUTE_MAX]; /* low 32 bits of the time in ms, oldest first */
    size_t message_count;              /* the last that were counted, oldest first */
    struct {
        uint8_t hash[MESSAGE_HASH_SIZE];
        uint32_t time;
    } messages[WINDOWS_MESSAGES_MAX];
    size_t hour_count;
    int64_t hour_head_s, hour_tail_s;
    size_t hour_size; /* gaps in seconds, a byte each; 255: and more */
    uint8_t hour[WINDOWS_HOUR_BYTES_MAX];
    size_t day_count;
    int64_t day_head, day_tail; /* in units of ten minutes */
    size_t day_size;            /* pairs: gap in units, how many */
    uint8_t day[WINDOWS_DAY_BYTES_MAX];
};

enum operation {
    OPERATION_CHECK,
    OPERATION_SHADOW, /* a check that tells the customer nothing */
    OPERATION_PEEK,
    OPERATION_REFUND,
    OPERATION_BLOCK,
    OPERATION_RESET,
};

struct limits {
    int64_t minute, hour, day;
    int64_t burst; /* 0: off */
};

struct windows_request {
    enum operation operation;
    struct limits limits;
    int64_t cost;
    bool has_message;
    uint8_t message[MESSAGE_HASH_SIZE]; /* tells the messages of one customer apart */
    int64_t block_for_ms;               /* 0: ends a block */
    int64_t now_ms;
};

struct windows_verdict {
    bool allowed;
    bool known; /* the message was counted before; the verdict is that one's */
    enum window exceeded;
    int64_t retry_after_ms;
    bool notify; /* the customer is to be told */
    int64_t used_minute, used_hour, used_day;
    int64_t now_ms;
};

void windows_clear(struct windows *windows);

/* Judges, and counts where the operation says so. */
void windows_apply(struct windows *windows, const struct windows_request *request,
    struct windows_verdict *ret_verdict);

#endif
