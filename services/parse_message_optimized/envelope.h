/* JSON of the intake: what is stored of a webhook, and the webhook that n8n gets of it.
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "store_intake.h"
#include "webhook.h"

#include <svc/buf.h>

/* Adds the messages of BATCH that somebody has to answer to OUT, an array as intake_put
 * takes it; returns how many. */
size_t envelope_write_stored(const struct batch *batch, struct svc_buf *out);

/* Adds a webhook body of Meta's form with COUNT messages of one customer to OUT. */
void envelope_write_webhook(
    const struct intake_message *messages, size_t count, struct svc_buf *out);

#endif
