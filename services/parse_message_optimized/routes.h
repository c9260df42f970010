/* HTTP only: takes a checked request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "store.h"
#include "webhook.h"

#include <svc/app.h>

enum signature_mode {
    SIGNATURE_MODE_STANDARD, /* what comes by itself is signed; what n8n wrote anew is
                                taken */
    SIGNATURE_MODE_STRICT,   /* everything is signed */
};

struct config {
    const char *app_secrets;
    const char *verify_token;
    int signature_mode;
    const char *phone_number_ids;
    int64_t lease_ms;
    int64_t dedupe_ttl_s;
};

struct parse_state {
    const struct config *config;
    struct store *store;
    struct svc_counter *messages;
    struct svc_counter *duplicates;
    struct svc_counter *statuses;
    struct svc_counter *events;
    struct svc_counter *faulty;
    struct svc_counter *bad_signatures;
    struct svc_counter *local_lookups;
};

svc_handler post_parse;
svc_handler post_messages_end;
svc_handler get_webhook;

/* Tells EVENTS (NULL: nobody) of the messages that are new, and of the statuses. What is
 * told again, a retry by Meta or by n8n, has the same id and counts once. */
void tell_batch(struct svc_events *events, const struct batch *batch);

#endif
