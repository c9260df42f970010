/* How many messages of each customer went to providers today (UTC), in Redis for all
 * replicas: a cascade port. */
#ifndef STORE_CUSTOMERS_H
#define STORE_CUSTOMERS_H

#include <svc/text.h>

#include <stdbool.h>
#include <stdint.h>

struct svc_redis;

struct store_customers {
    struct svc_redis *redis; /* NULL: none, and nobody is counted */
    int64_t daily_max;       /* 0: any number */
};

/* CONTEXT: a struct store_customers. Counts one message more; false: that is one too
 * many. One round trip, by Redis's time-out; where Redis is gone, and for an empty key:
 * true. */
bool store_customers_count(void *context, struct svc_slice customer_key);

#endif
