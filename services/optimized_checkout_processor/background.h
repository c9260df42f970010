/* What goes on without a request: a thread that ends what is overdue and reconciles
 * payments, and one that sends the outbox on. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "service.h"

/* False, with one line, for settings that can't work. */
SVC_MUST_CHECK bool background_start(
    struct service *service, struct background **ret_background, char ret_error[256]);
/* Waits for what runs; bounded by the time-outs of its calls. */
void background_stop(struct background **background);

#endif
