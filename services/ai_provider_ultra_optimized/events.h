/* Intent events that wait to be sent: in order, bounded, the oldest dropped first.
 * Thread-safe; one thread sends. */
#ifndef EVENTS_H
#define EVENTS_H

#include <svc/buf.h>
#include <svc/text.h>

struct events;

struct events_stats {
    uint64_t waiting;
    uint64_t delivered;
    uint64_t dropped; /* too many waited, or the receiver will never take them */
};

/* COUNT_MAX from 1: how many may wait. */
struct events *events_new(size_t count_max);
/* Takes a pointer to NULL. */
void events_free(struct events **events);

/* A copy of EVENT, a JSON object, is the newest now. */
void events_add(struct events *events, struct svc_slice event);

/* Writes the oldest, at most COUNT_MAX, as a JSON array to OUT; how many. They are on
 * their way until events_end; each may be dropped meanwhile for a newer one. */
size_t events_begin(struct events *events, size_t count_max, struct svc_buf *out);

enum events_end {
    EVENTS_DELIVERED,
    EVENTS_REFUSED, /* dropped: sending them again would change nothing */
    EVENTS_KEPT,    /* they are sent again */
};
void events_end(struct events *events, enum events_end end);

void events_stats(struct events *events, struct events_stats *ret_stats);

#endif
