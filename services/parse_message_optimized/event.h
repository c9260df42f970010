/* What a webhook tells that is neither a message nor a status. */
#ifndef EVENT_H
#define EVENT_H

#include "webhook.h"

/* A customer who changes their number says so by a message of the type `system`. */
void event_of_system_message(
    struct batch *batch, const struct message *message, struct svc_slice field);

/* An element of `user_id_update`: ids that were replaced by others. */
void event_of_id_update(struct batch *batch, const struct reading *from,
    const struct account *account, struct svc_slice field);

#endif
