/* What happened, told to lightweight_metrics: a message, a search, an intent. Events wait
 * in memory, bounded, the oldest dropped first, and are sent in order by a thread of
 * their own; while nobody takes them they are sent again, after a while. Telling costs
 * the caller no call and no wait. What must not be lost belongs in a table first, in the
 * transaction that makes it true. */
#ifndef SVC_EVENTS_H
#define SVC_EVENTS_H

#include "text.h"

struct svc_events;

struct svc_events_settings {
    const char *url;     /* of lightweight_metrics: without /v1/events */
    const char *token;   /* its SERVICE_TOKEN; NULL: none */
    const char *ca_file; /* NULL: the system's */
    const char *source;  /* who says it: the service's name */
    int64_t timeout_ms;  /* for a batch */
    int64_t waiting_max; /* from 1 */
};

struct svc_events_stats {
    uint64_t waiting;
    uint64_t delivered;
    uint64_t dropped; /* too many waited, or the receiver will never take them */
};

/* SETTINGS' texts must live as long. NULL, with one line in `ret_error`, for settings
 * that can't be used. */
struct svc_events *svc_events_new(
    const struct svc_events_settings *settings, char ret_error[256]);

/* Sends what waits, for no longer than one time-out, and ends the thread. Takes a pointer
 * to NULL. */
void svc_events_free(struct svc_events **events);

struct svc_event {
    const char *type; /* message, search, intent ... */
    /* What it is about: a message's id, a lease. An event of the same type about the same
     * is the same event, and told twice counts once. No text: it's like no other. */
    struct svc_slice subject;
    struct svc_slice customer_key; /* no text: none */
    int64_t occurred_ms;           /* since 1970; 0: now */
    struct svc_slice data;         /* a JSON object; no text: {} */
};

/* Adds a copy of EVENT; nothing for EVENTS NULL, so that a service need not ask whether
 * anybody listens. One of more than 8 KB is dropped. For any thread. */
void svc_events_add(struct svc_events *events, const struct svc_event *event);

/* Where events go and by what right, for a service that keeps some of its own until they
 * are taken. Borrowed; for EVENTS NULL, NULL. */
struct svc_events_target {
    const char *url;           /* with /v1/events */
    const char *authorization; /* "Bearer ..."; NULL: none is sent */
    const char *ca_file;       /* NULL: the system's */
};
const struct svc_events_target *svc_events_target(const struct svc_events *events);

/* A snapshot, for metrics. */
void svc_events_stats(struct svc_events *events, struct svc_events_stats *ret_stats);

#endif
