#include "events.h"

#include <svc/mem.h>

#include <pthread.h>
#include <stdlib.h>

struct events {
    pthread_mutex_t lock;
    size_t room;
    size_t first, count; /* of the ring */
    size_t sending;      /* of the oldest: still there, and on their way */
    size_t lost;         /* on their way, and no more there */
    uint64_t delivered, dropped;
    struct svc_slice ring[]; /* texts are ours */
};

struct events *events_new(size_t count_max)
{
    struct events *events =
        svc_alloc_zero(1, sizeof *events + count_max * sizeof events->ring[0]);

    events->room = count_max;
    pthread_mutex_init(&events->lock, NULL);
    return events;
}

static void drop_oldest(struct events *events)
{
    free((void *)events->ring[events->first].text);
    events->first = (events->first + 1) % events->room;
    events->count--;
}

void events_free(struct events **events_pointer)
{
    struct events *events = *events_pointer;

    *events_pointer = NULL;
    if (events == NULL) {
        return;
    }
    while (events->count > 0) {
        drop_oldest(events);
    }
    pthread_mutex_destroy(&events->lock);
    free(events);
}

void events_add(struct events *events, struct svc_slice event)
{
    const char *copy = svc_strndup(event.text, event.length);

    pthread_mutex_lock(&events->lock);
    if (events->count == events->room) {
        drop_oldest(events);
        if (events->sending > 0) {
            events->sending--;
            events->lost++;
        } else {
            events->dropped++;
        }
    }
    events->ring[(events->first + events->count++) % events->room] =
        (struct svc_slice){copy, event.length};
    pthread_mutex_unlock(&events->lock);
}

size_t events_begin(struct events *events, size_t count_max, struct svc_buf *out)
{
    size_t written = 0;

    svc_buf_add_char(out, '[');
    pthread_mutex_lock(&events->lock);
    while (written < count_max && written < events->count) {
        struct svc_slice event = events->ring[(events->first + written) % events->room];
        if (out->length + event.length + 2 > out->limit && written > 0) {
            break;
        }
        if (written++ > 0) {
            svc_buf_add_char(out, ',');
        }
        svc_buf_add(out, event.text, event.length);
    }
    events->sending = written;
    events->lost = 0;
    pthread_mutex_unlock(&events->lock);
    svc_buf_add_char(out, ']');
    return written;
}

void events_end(struct events *events, enum events_end end)
{
    pthread_mutex_lock(&events->lock);
    size_t sent = events->sending + events->lost;
    if (end == EVENTS_KEPT) {
        events->dropped += events->lost;
        events->sending = 0;
    }
    while (events->sending > 0) {
        drop_oldest(events);
        events->sending--;
    }
    events->lost = 0;
    events->delivered += end == EVENTS_DELIVERED ? sent : 0;
    events->dropped += end == EVENTS_REFUSED ? sent : 0;
    pthread_mutex_unlock(&events->lock);
}

void events_stats(struct events *events, struct events_stats *ret_stats)
{
    pthread_mutex_lock(&events->lock);
    *ret_stats = (struct events_stats){events->count, events->delivered, events->dropped};
    pthread_mutex_unlock(&events->lock);
}
