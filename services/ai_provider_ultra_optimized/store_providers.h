/* What all replicas know of a provider: its breaker and what it cost today, in Redis; in
 * memory while that is gone. Keys, NAME in lower case:
 *
 *     ai_provider:<name>:status     ok, open, half_open; set to ok, the breaker is closed
 *     ai_provider:<name>:failures   in a row
 *     ai_provider:<name>:breaker    the whole of it
 *     ai_provider:<name>:spend:<YYYY-MM-DD>   USD of that day (UTC)
 *
 * In a cluster the name is in braces, so that they share a slot. */
#ifndef STORE_PROVIDERS_H
#define STORE_PROVIDERS_H

#include "breaker.h"

struct svc_redis;
struct store_providers;

/* REDIS may be NULL: in memory alone. It must outlive the store. */
struct store_providers *store_providers_new(struct svc_redis *redis);
/* Writes what is still to be noted. */
void store_providers_free(struct store_providers **store);

/* Whether breaker and budget let one call pass, which must then be made and noted: it may
 * be the single probe of all replicas. One round trip; none where it's known to be open.
 * `ret_reason`: why not, a fixed text. CONTEXT: a struct store_providers. */
bool store_providers_admit(
    void *context, const struct provider_config *config, const char **ret_reason);

/* Returns at once: Redis is told by a thread of the store's. Of this process the next
 * admit knows it. */
void store_providers_note(void *context, const struct provider_config *config,
    const struct provider_answer *answer);

struct provider_standing {
    struct breaker breaker;
    double spent_usd; /* today */
    int64_t now_ms;   /* by the clock that the breaker's times are of */
    bool shared;      /* Redis said so; else this process alone */
};

/* As it's now, without changing anything. */
void store_providers_look(struct store_providers *store,
    const struct provider_config *config, struct provider_standing *ret_standing);

/* Closes the breaker, on all replicas within a quarter of a second. False: Redis is gone,
 * and only this replica's is closed. What was spent stays. */
bool store_providers_reset(
    struct store_providers *store, const struct provider_config *config);

#endif
