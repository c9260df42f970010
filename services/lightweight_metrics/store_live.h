/* The numbers of the dashboard, as one JSON object; read from the projections at most
 * once in so many milliseconds, however many look. */
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include "success.h"

#include <svc/buf.h>
#include <svc/status.h>

struct svc_pg;
struct live;

struct live_settings {
    struct svc_pg *pg;
    int64_t cache_ms;
    const char *prices; /* of WhatsApp's messages: {"category": USD, ...} */
    const struct success_settings *success;
};

struct live *live_new(const struct live_settings *settings);
/* Takes a pointer to NULL. */
void live_free(struct live **live);

/* Adds the object to OUT. */
SVC_MUST_CHECK enum svc_status live_write(
    struct live *live, struct svc_buf *out, char ret_error[256]);

/* Adds one part of it: a JSON value. KEY "migration", "services" ... */
SVC_MUST_CHECK enum svc_status live_write_part(
    struct live *live, const char *key, struct svc_buf *out, char ret_error[256]);

#endif
