/* The types of events that are counted by what they carry. */
#ifndef EVENT_TYPES_H
#define EVENT_TYPES_H

#include <svc/json.h>

enum event_type {
    EVENT_MESSAGE,
    EVENT_LIMITED,
    EVENT_INTENT,
    EVENT_SEARCH,
    EVENT_CART,
    EVENT_CHECKOUT,
    EVENT_ORDER,
    EVENT_PAID,
    EVENT_REPLY,
    EVENT_STATUS,
    EVENT_FAILED,
    EVENT_CSAT,
    EVENT_ABANDONED_CART,
    EVENT_INTENT_FEEDBACK,
    EVENT_OTHER, /* counted by its type alone */
};

/* "order.shipped" and the like are EVENT_ORDER. */
enum event_type event_type_of(struct svc_slice type);

/* Whether DATA (NULL: none) is what TYPE carries; else what is wrong, for its sender, in
 * `ret_reason`. Members that aren't known are passed over. */
SVC_MUST_CHECK bool event_type_check(enum event_type type, const struct svc_json *data,
    char *ret_reason, size_t reason_size);

#endif
