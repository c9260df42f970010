/* What the files of store_providers share among themselves. */
#ifndef STORE_PROVIDERS_PRIVATE_H
#define STORE_PROVIDERS_PRIVATE_H

#include "budget.h"
#include "store_providers.h"

enum { STORE_RECORD_SIZE = 160, STORE_NAME_SIZE = PROVIDER_NAME_MAX + 1 };

/* A breaker as it is in Redis. */
struct store_record {
    char text[STORE_RECORD_SIZE]; /* empty: none */
    struct breaker breaker;
    int64_t now_ms; /* by Redis's clock */
};

/* Both false where Redis is gone. NAME: in lower case. */
SVC_MUST_CHECK bool store_record_look(struct svc_redis *redis, const char *name,
    int64_t day, struct store_record *ret_record, double *ret_spent_usd);
/* Writes BREAKER where RECORD is still what is there (`ret_done`); RECORD is then what is
 * there now. */
SVC_MUST_CHECK bool store_record_swap(struct svc_redis *redis, const char *name,
    const struct breaker *breaker, struct store_record *record, bool *ret_done);
SVC_MUST_CHECK bool store_record_reset(struct svc_redis *redis, const char *name);
/* `ret_spent_usd`: of all replicas, with this. */
SVC_MUST_CHECK bool store_spend_add(struct svc_redis *redis, const char *name,
    int64_t day, double usd, double *ret_spent_usd);

#endif
