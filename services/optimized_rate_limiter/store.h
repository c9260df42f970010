/* Where windows are kept: in Redis, for all replicas, with this process as the memory for
 * the time without it. All keys of the service:
 *
 *     rate_limit:<customer_key>:windows   the record (record.h), gone when it's empty
 *
 * One key a customer, so that one script in one round trip sees all windows, in a
 * cluster, too. The migration guide's keys (rate_limit:<phone>:minute) are lists of
 * another type and are left alone. */
#ifndef STORE_H
#define STORE_H

#include "customers.h"

struct store;
struct svc_redis;

enum store_backend {
    STORE_REDIS,
    STORE_LOCAL,
};

/* REDIS may be NULL. It and CUSTOMERS are borrowed. REPLICAS: how many processes share
 * the customers while Redis is gone; each then allows its part. */
struct store *store_new(
    struct svc_redis *redis, struct customers *customers, int64_t replicas);
void store_free(struct store **store);

/* Never fails. `request->now_ms` is for the time without Redis; else Redis's clock
 * counts. */
enum store_backend store_apply(struct store *store, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict);

#endif
