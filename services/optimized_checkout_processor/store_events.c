#include "store_events.h"

#include <svc/events.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell(struct svc_events *events, const char *type, struct svc_slice customer,
    const char *data)
{
    const struct svc_event event = {
        .type = type,
        .customer_key = customer,
        .data = {data, strlen(data)},
    };

    svc_events_add(events, &event);
}

void store_tell_cart(struct svc_events *events, struct svc_slice customer,
    const char *action, int64_t product_id, int64_t quantity)
{
    char data[200];

    snprintf(data, sizeof data,
        "{\"action\":\"%.20s\",\"product_id\":%" PRId64 ",\"quantity\":%" PRId64 "}",
        action, product_id, quantity);
    tell(events, "cart", customer, data);
}

void store_tell_checkout(
    struct svc_events *events, struct svc_slice customer, const char *state)
{
    char data[100];

    snprintf(data, sizeof data, "{\"state\":\"%.30s\"}", state);
    tell(events, "checkout", customer, data);
}
