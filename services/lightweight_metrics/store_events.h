/* The log of events in PostgreSQL: what is written to it. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "event.h"

struct svc_pg;

/* Of one transaction; the place in it is the low 13 bits of an event's seq. */
#define STORE_EVENTS_MAX ((size_t)8192)

/* An event on its way, and what became of it. */
struct store_event {
    const struct event *event;
    bool accepted; /* false: its id is in the log already, or twice in this list */
};

/* Writes COUNT events (STORE_EVENTS_MAX at most) in one transaction; OK once they are
 * safe, INVALID where one of them is what PostgreSQL never takes. The list's order
 * changes. After a failure they are in the log all or not at all. */
SVC_MUST_CHECK enum svc_status store_events_write(
    struct svc_pg *pg, struct store_event **events, size_t count, char ret_error[256]);

#endif
