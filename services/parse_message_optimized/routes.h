/* HTTP only: takes a checked request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "store.h"
#include "store_dispatch.h"
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
    const char *n8n_url;
    const char *n8n_ca_file;
    int64_t executions_max;
    int64_t execution_ms;
    int64_t delivery_ms;
    int64_t attempts_max;
    int64_t coalesce_ms;
    int64_t coalesce_max_ms;
};

struct parse_state {
    const struct config *config;
    struct store *store;
    struct intake *intake; /* NULL: no N8N_WEBHOOK_URL */
    struct svc_counter *stored;
    struct svc_counter *known;
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
svc_handler post_webhook;
svc_handler get_intake;
svc_handler get_dead_letters;
svc_handler post_dead_letters;

/* --- What the handlers share (routes.c). --- */

struct parse_state *state_of(const struct svc_request *request);

/* Says DETAIL to the caller; returns STATUS. */
enum svc_status refuse(
    struct svc_reply *reply, enum svc_status status, const char *detail);

/* Takes the request's webhook apart, and marks messages to numbers that aren't the
 * shop's. TOO_LARGE, with the reply's detail. */
enum svc_status read_batch(
    const struct svc_request *request, struct svc_reply *reply, struct batch *ret_batch);
void count_batch(struct parse_state *state, const struct batch *batch);

/* Tells EVENTS (NULL: nobody) of the messages that are new, and of the statuses. What is
 * told again, a retry by Meta or by n8n, has the same id and counts once. */
void tell_batch(struct svc_events *events, const struct batch *batch);

#endif
