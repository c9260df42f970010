/* Sends on what orders wrote into checkout_outbox with their change: events to
 * lightweight_metrics, notices for customers to an n8n workflow. At least once, over any
 * number of replicas; what isn't taken is tried again later. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "service.h"

struct outbox;

/* False, with one line, for settings that can't work. */
SVC_MUST_CHECK bool outbox_new(
    struct service *service, struct outbox **ret_outbox, char ret_error[256]);
void outbox_free(struct outbox **outbox);

/* One round; returns how many rows were taken by their destinations. */
size_t outbox_send(struct outbox *outbox);

/* Removes what nobody ever fetched, after days. */
void outbox_prune(struct outbox *outbox);

#endif
