#include "event_queue.h"

#include "mem.h"

#include <pthread.h>
#include <stdlib.h>

struct svc_event_queue {
    pthread_mutex_t lock;
    size_t room;
    size_t first, count; /* of the ring */
    size_t sending;      /* of the oldest: still there, and on their way */
    size_t lost;         /* on their way, and no more there */
    uint64_t delivered, dropped;
    struct svc_slice ring[]; /* texts are ours */
};

struct svc_event_queue *svc_event_queue_new(size_t count_max)
{
    struct svc_event_queue *queue =
        svc_alloc_zero(1, sizeof *queue + count_max * sizeof queue->ring[0]);

    queue->room = count_max;
    pthread_mutex_init(&queue->lock, NULL);
    return queue;
}

static void drop_oldest(struct svc_event_queue *queue)
{
    free((void *)queue->ring[queue->first].text);
    queue->first = (queue->first + 1) % queue->room;
    queue->count--;
}

void svc_event_queue_free(struct svc_event_queue **queue_pointer)
{
    struct svc_event_queue *queue = *queue_pointer;

    *queue_pointer = NULL;
    if (queue == NULL) {
        return;
    }
    while (queue->count > 0) {
        drop_oldest(queue);
    }
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

void svc_event_queue_add(struct svc_event_queue *queue, struct svc_slice event)
{
    const char *copy = svc_strndup(event.text, event.length);

    pthread_mutex_lock(&queue->lock);
    if (queue->count == queue->room) {
        drop_oldest(queue);
        if (queue->sending > 0) {
            queue->sending--;
            queue->lost++;
        } else {
            queue->dropped++;
        }
    }
    queue->ring[(queue->first + queue->count++) % queue->room] =
        (struct svc_slice){copy, event.length};
    pthread_mutex_unlock(&queue->lock);
}

size_t svc_event_queue_begin(
    struct svc_event_queue *queue, size_t count_max, struct svc_buf *out)
{
    size_t written = 0;

    svc_buf_add_char(out, '[');
    pthread_mutex_lock(&queue->lock);
    while (written < count_max && written < queue->count) {
        struct svc_slice event = queue->ring[(queue->first + written) % queue->room];
        if (out->length + event.length + 2 > out->limit && written > 0) {
            break;
        }
        if (written++ > 0) {
            svc_buf_add_char(out, ',');
        }
        svc_buf_add(out, event.text, event.length);
    }
    queue->sending = written;
    queue->lost = 0;
    pthread_mutex_unlock(&queue->lock);
    svc_buf_add_char(out, ']');
    return written;
}

void svc_event_queue_end(struct svc_event_queue *queue, enum svc_event_queue_end end)
{
    pthread_mutex_lock(&queue->lock);
    size_t sent = queue->sending + queue->lost;
    if (end == SVC_EVENTS_KEPT) {
        queue->dropped += queue->lost;
        queue->sending = 0;
    }
    while (queue->sending > 0) {
        drop_oldest(queue);
        queue->sending--;
    }
    queue->lost = 0;
    queue->delivered += end == SVC_EVENTS_DELIVERED ? sent : 0;
    queue->dropped += end == SVC_EVENTS_REFUSED ? sent : 0;
    pthread_mutex_unlock(&queue->lock);
}

void svc_event_queue_stats(
    struct svc_event_queue *queue, struct svc_events_stats *ret_stats)
{
    pthread_mutex_lock(&queue->lock);
    *ret_stats =
        (struct svc_events_stats){queue->count, queue->delivered, queue->dropped};
    pthread_mutex_unlock(&queue->lock);
}
