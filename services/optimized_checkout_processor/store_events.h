/* What lightweight_metrics is told of carts and checkouts on their way. What becomes of
 * an order is told by its outbox, which loses nothing. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include <svc/text.h>

struct svc_events;

/* EVENTS may be NULL. PRODUCT_ID 0: of the whole cart. */
void store_tell_cart(struct svc_events *events, struct svc_slice customer,
    const char *action, int64_t product_id, int64_t quantity);
void store_tell_checkout(
    struct svc_events *events, struct svc_slice customer, const char *state);

#endif
