/* Leases for all replicas, in Redis; with the memory of this process in its stead where
 * Redis isn't configured or is gone. */
#ifndef STORE_H
#define STORE_H

#include "lease.h"

struct svc_redis;
struct store;

/* REDIS may be NULL. It's borrowed. */
struct store *store_new(struct svc_redis *redis, const struct lease_times *times);
void store_free(struct store **store);

enum store_backend {
    STORE_REDIS,
    STORE_LOCAL,
};

/* Never fails: what Redis can't answer, this process does. */
enum store_backend store_take(
    struct store *store, struct lease_request *requests, size_t count);
enum store_backend store_end(struct store *store, const char *key, struct svc_slice token,
    enum lease_outcome outcome, enum lease_end *ret_end);

#endif
