/* Events that wait to be sent: in order, bounded, the oldest dropped first.
 * Thread-safe; one thread sends. */
#ifndef SVC_EVENT_QUEUE_H
#define SVC_EVENT_QUEUE_H

#include "buf.h"
#include "events.h"
#include "text.h"

struct svc_event_queue;

/* COUNT_MAX from 1: how many may wait. */
struct svc_event_queue *svc_event_queue_new(size_t count_max);
/* Takes a pointer to NULL. */
void svc_event_queue_free(struct svc_event_queue **queue);

/* A copy of EVENT, a JSON object, is the newest now. */
void svc_event_queue_add(struct svc_event_queue *queue, struct svc_slice event);

/* Writes the oldest, at most COUNT_MAX, as a JSON array to OUT; how many. They are on
 * their way until svc_event_queue_end; each may be dropped meanwhile for a newer one. */
size_t svc_event_queue_begin(
    struct svc_event_queue *queue, size_t count_max, struct svc_buf *out);

enum svc_event_queue_end {
    SVC_EVENTS_DELIVERED,
    SVC_EVENTS_REFUSED, /* dropped: sending them again would change nothing */
    SVC_EVENTS_KEPT,    /* they are sent again */
};
void svc_event_queue_end(struct svc_event_queue *queue, enum svc_event_queue_end end);

/* A snapshot. */
void svc_event_queue_stats(
    struct svc_event_queue *queue, struct svc_events_stats *ret_stats);

#endif
