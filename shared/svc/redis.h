/* The one way to Redis: a bounded pool of connections, commands sent in batches of one
 * round trip each, scripts by their hash. Every command names its key, so that this file
 * is the only one to change where Redis is a cluster.
 *
 * A Redis that is gone costs a caller no more than the time-out once; until the next try
 * (100 ms to 2 s later, with jitter) all calls fail at once with UNAVAILABLE. */
#ifndef SVC_REDIS_H
#define SVC_REDIS_H

#include "text.h"

struct svc_redis;
struct svc_redis_reply;

struct svc_redis_settings {
    const char *url;    /* redis://[[user]:password@]host[:port][/db] */
    int64_t timeout_ms; /* for connecting, and for each batch */
    int64_t pool_size;  /* connections at most */
};

struct svc_redis_error {
    enum svc_status status; /* UNAVAILABLE, TIMEOUT, BAD_GATEWAY (Redis refused) */
    char message[160];
};

/* Reads the URL; connects when first used. INVALID, with the reason, for a URL that
 * is none. */
SVC_MUST_CHECK enum svc_status svc_redis_open(const struct svc_redis_settings *settings,
    struct svc_redis **ret_redis, struct svc_redis_error *ret_error);
void svc_redis_close(struct svc_redis **redis);

#define SVC_REDIS_BATCH_MAX 2048
#define SVC_REDIS_ARGUMENTS_MAX 16

/* Commands that go in one round trip, and their replies, in the same order. */
struct svc_redis_batch;

/* Free takes a pointer to NULL; the scoped one is for SVC_AUTO_REDIS_BATCH. */
struct svc_redis_batch *svc_redis_batch_new(void);
void svc_redis_batch_free(struct svc_redis_batch **batch);
void svc_redis_batch_free_scoped(struct svc_redis_batch **batch);
#define SVC_AUTO_REDIS_BATCH __attribute__((cleanup(svc_redis_batch_free_scoped)))

/* Adds a command with COUNT arguments, the name first; KEY_INDEX is the argument that is
 * its key. Arguments are copied. */
void svc_redis_batch_add(struct svc_redis_batch *batch, size_t count,
    const struct svc_slice *arguments, size_t key_index);

struct svc_redis_script {
    const char *source;
};

/* Adds a call of SCRIPT with KEY_COUNT keys and then values. Where Redis has lost the
 * script (a restart, SCRIPT FLUSH) it's loaded again, unseen. */
void svc_redis_batch_add_script(struct svc_redis_batch *batch,
    const struct svc_redis_script *script, size_t key_count, size_t count,
    const struct svc_slice *arguments);

/* Sends the batch and reads its replies. OK when every reply was read; a single command
 * may have been refused all the same: see svc_redis_reply_is_error. */
SVC_MUST_CHECK enum svc_status svc_redis_run(struct svc_redis *redis,
    struct svc_redis_batch *batch, struct svc_redis_error *ret_error);

/* Borrowed from the batch. */
const struct svc_redis_reply *svc_redis_batch_reply(
    const struct svc_redis_batch *batch, size_t index);

/* A reply that is not there, as past the end of an array, is nil. */
bool svc_redis_reply_is_nil(const struct svc_redis_reply *reply);
bool svc_redis_reply_is_error(const struct svc_redis_reply *reply);
/* Of a string or status (or error); {NULL, 0} else. */
struct svc_slice svc_redis_reply_text(const struct svc_redis_reply *reply);
/* Of an integer; 0 else. */
int64_t svc_redis_reply_int(const struct svc_redis_reply *reply);
size_t svc_redis_reply_count(const struct svc_redis_reply *reply);
const struct svc_redis_reply *svc_redis_reply_at(
    const struct svc_redis_reply *reply, size_t index);

/* PING; the latency in microseconds. */
SVC_MUST_CHECK enum svc_status svc_redis_ping(
    struct svc_redis *redis, int64_t *ret_latency_us, struct svc_redis_error *ret_error);

#endif
