/* Events of many requests become few transactions: a handler puts its events into a
 * bounded queue and waits; a thread takes all that wait, writes them as one, and wakes
 * whoever they belong to. */
#ifndef STORE_INGEST_H
#define STORE_INGEST_H

#include "store_events.h"

#include <semaphore.h>

struct ingest;
struct spool;

struct ingest_settings {
    const char *database_url;
    int64_t queue_max; /* events that wait at most */
    int64_t writers;   /* threads, each with a connection */
    int64_t timeout_ms;
    struct spool *spool; /* NULL: none */
};

struct ingest_stats {
    int64_t waiting;  /* events in the queue */
    int64_t accepted; /* since the start */
    int64_t duplicate;
    int64_t transactions;
    int64_t failed;  /* events that were refused with 503 */
    int64_t spooled; /* events that went into the spool */
    int64_t dropped; /* events that the spool had no room for */
};

/* One request's events. */
struct ingest_batch {
    struct store_event *events;
    size_t count; /* from 1 */
    /* Set by ingest_put: */
    size_t dropped;  /* of them, let go for want of room; none is accepted */
    bool spooled;    /* safe on this machine, and not in PostgreSQL yet */
    char error[256]; /* for a status that isn't OK */
    enum svc_status status;
    sem_t done; /* of its own, so that a commit wakes nobody else */
    struct ingest_batch *next;
};

/* NULL, with a line in `ret_error`, for settings that can't be used. */
struct ingest *ingest_new(const struct ingest_settings *settings, char ret_error[256]);
/* Writes what waits, and ends. Takes a pointer to NULL. */
void ingest_free(struct ingest **ingest);

/* Waits until the events are safe, or UNAVAILABLE. */
SVC_MUST_CHECK enum svc_status ingest_put(
    struct ingest *ingest, struct ingest_batch *batch);

void ingest_stats(struct ingest *ingest, struct ingest_stats *ret_stats);

#endif
