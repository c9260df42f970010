/* What models answered before, in Redis for all replicas: the cascade's cache ports. The
 * keys are those of cache_key.h. Without Redis nothing is found and nothing kept. */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include "intent.h"

struct svc_redis;

struct store_cache {
    struct svc_redis *redis; /* NULL: none */
    int64_t ttl_s;           /* 0: nothing is kept */
};

/* CONTEXT: a struct store_cache. One round trip, by Redis's time-out. */
bool store_cache_get(void *context, const struct intent_question *question,
    enum intent *ret_intent, double *ret_confidence);
void store_cache_put(void *context, const struct intent_question *question,
    enum intent intent, double confidence);

#endif
