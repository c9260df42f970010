/* Writes what a webhook came apart into, as the contract shows it. */
#ifndef ANSWER_H
#define ANSWER_H

#include "webhook.h"

#include <svc/json_write.h>

/* SIGNATURE: "verified" ...; BACKEND: "redis" or "local". */
void answer_write(struct svc_json_writer *writer, const struct batch *batch,
    const char *signature, const char *backend);

/* `pricing` and `errors`, where STATUS has them, into the object that is open. */
void status_write_costs(struct svc_json_writer *writer, const struct status *status);

#endif
