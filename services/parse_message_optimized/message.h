/* One message of a webhook, and one status. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "webhook.h"

/* Reads the element SOURCE at PLACE into MESSAGE, whose `account` and `faults.arena` are
 * set already. CONTACTS: of the same change; may be NULL. Never fails: what is wrong is
 * marked. */
void message_read(struct message *message, const struct svc_json *source,
    const struct svc_place *place, const struct svc_json *contacts);

void status_read(struct status *status, const struct svc_json *source,
    const struct svc_place *place, const struct svc_json *contacts);

/* The order in which statuses come about: sent 1, delivered 2, read 3, played 4, failed
 * 5; 0 for others. */
int status_rank(struct svc_slice status);

#endif
