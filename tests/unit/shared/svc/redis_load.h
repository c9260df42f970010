/* Threads that call Redis until they are told to stop, each checking that every reply is
 * the one to its own call. */
#ifndef REDIS_LOAD_H
#define REDIS_LOAD_H

#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/redis.h>

#include <pthread.h>
#include <stdatomic.h>

struct redis_load;

struct redis_load_counts {
    int64_t ok;
    int64_t unavailable;
    int64_t timeout;
    int64_t refused; /* OK, with a command that Redis refused */
    int64_t other;
    int64_t wrong; /* a reply that belongs to somebody else */
    int64_t longest_us;
    char sample[SVC_REDIS_MESSAGE_SIZE]; /* why some call failed */
};

/* Answers its keys and values. */
extern const struct svc_redis_script redis_load_script;

struct redis_load *redis_load_start(struct svc_redis *redis, size_t threads);
/* Adds to the counts. */
void redis_load_stop(struct redis_load **load, struct redis_load_counts *counts);

#endif
