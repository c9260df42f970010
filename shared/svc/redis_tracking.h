/* Tells a near cache which keys have changed: Redis's client tracking in broadcast mode
 * (CLIENT TRACKING ... BCAST PREFIX), over connections and a thread of its own, to all
 * masters of a cluster.
 *
 * What a cache has to do: keep an entry only where svc_redis_tracking_is_live() was true
 * before its value was read from Redis, no invalidation of it has come since that read
 * began, and is_live is true when it's served. Then it serves nothing older than what
 * takes an invalidation to arrive; where the network fails without a sign, nothing older
 * than 1 s + the time-out (at least 250 ms). */
#ifndef SVC_REDIS_TRACKING_H
#define SVC_REDIS_TRACKING_H

#include "redis.h"

struct svc_redis_tracking;

/* KEY was changed, deleted or has expired; NULL: any key may have. Called by the thread
 * of the tracking, one call at a time, also for what this process wrote itself. */
typedef void svc_redis_invalidate(void *context, const struct svc_slice *key);

/* Begins to follow all keys with one of these prefixes, none of which may begin with
 * another. Comes live when Redis is there, which may be later. REDIS must outlive it. */
struct svc_redis_tracking *svc_redis_tracking_new(struct svc_redis *redis,
    const char *const *prefixes, size_t count, svc_redis_invalidate *invalidate,
    void *context);
/* No callback runs any more when it returns. */
void svc_redis_tracking_free(struct svc_redis_tracking **tracking);

/* Whether all changes since the last callback with NULL have been called back, or will be
 * in a moment. */
bool svc_redis_tracking_is_live(const struct svc_redis_tracking *tracking);

/* The same, and nothing that has arrived is still to be called back: asked before an
 * entry is served, it makes up for a thread that runs late. Redis sends an invalidation
 * before it answers who made the change; so whoever has that answer, and then asks here,
 * is not served what was before, but for what overtakes on the network. Costs a system
 * call. */
bool svc_redis_tracking_is_caught_up(struct svc_redis_tracking *tracking);

#endif
