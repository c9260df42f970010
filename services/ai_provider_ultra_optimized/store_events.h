/* Sends waiting intent events to lightweight_metrics, in order, by a thread of its own.
 * While it doesn't answer they wait, and are sent again after a while. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "events.h"

struct store_events;

struct store_events_settings {
    const char *url;     /* of the service: without /v1/events */
    const char *token;   /* its SERVICE_TOKEN; NULL: none */
    const char *ca_file; /* NULL: the system's */
    int64_t timeout_ms;  /* for a batch */
};

/* EVENTS is borrowed. NULL, with one line in `ret_error`, for settings that can't be
 * used. */
struct store_events *store_events_new(struct events *events,
    const struct store_events_settings *settings, char ret_error[256]);

/* Sends what waits, for no longer than one time-out, and ends the thread. Takes a pointer
 * to NULL. */
void store_events_free(struct store_events **store);

#endif
