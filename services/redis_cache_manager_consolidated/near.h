/* A bounded map in memory: texts that are read often, each for a time. What is put in is
 * copied; of a set of eight the one used longest ago makes room. Thread-safe. */
#ifndef NEAR_H
#define NEAR_H

#include <svc/mem.h>
#include <svc/text.h>

struct near;

/* COUNT_MAX: texts at most; TEXT_MAX: longer ones aren't kept. Free takes a pointer to
 * NULL. */
struct near *near_new(size_t count_max, size_t text_max);
void near_free(struct near **near);

/* What may be kept only as long as somebody says when it changes is asked for here: while
 * nobody does, it isn't live, get finds nothing and put keeps nothing. */
bool near_is_live(const struct near *near);
/* IS_LIVE says so, NULL: always. */
void near_follow(struct near *near, bool (*is_live)(void *context), void *context);

struct near_text {
    struct svc_slice text; /* a copy in the arena */
    int64_t expires_ms;    /* monotonic */
};

/* False where it isn't there or its time is over (NOW_MS: monotonic). */
bool near_get(struct near *near, struct svc_arena *arena, struct svc_slice key,
    int64_t now_ms, struct near_text *ret_text);

/* What a text must be read under, so that one that changes meanwhile isn't kept: taken
 * before it is read, given to near_put. */
uint64_t near_ticket(struct near *near, struct svc_slice key);
void near_put(struct near *near, uint64_t ticket, struct svc_slice key,
    struct svc_slice text, int64_t expires_ms);

/* Drops one key, or everything. */
void near_invalidate(struct near *near, struct svc_slice key);
void near_flush(struct near *near);
size_t near_count(const struct near *near);

#endif
