/* The one way to Redis, a single server or a cluster: commands sent in batches of one
 * round trip each, scripts by their hash. Every command names its key, so that it finds
 * its node. Threads that call at the same time share a connection and a round trip.
 *
 * A Redis that is gone costs one caller no more than the time-out once; until the next
 * try (100 ms to 2 s later, with jitter) all calls fail at once with UNAVAILABLE. In a
 * cluster that holds for each node; a promoted replica is found within about 100 ms.
 *
 * Nothing that Redis may have executed is sent twice, unless its batch is marked as
 * repeatable. The time-out is for a call as a whole, by the clock. */
#ifndef SVC_REDIS_H
#define SVC_REDIS_H

#include "text.h"

struct svc_redis;
struct svc_redis_reply;

struct svc_redis_settings {
    /* redis://[[user]:password@]host[:port][/db], or for a cluster, of which any nodes
     * are named, redis+cluster://[[user]:password@]host[:port],host[:port]... */
    const char *url;
    int64_t timeout_ms; /* for each batch, connecting included */
    int64_t pool_size;  /* connections at most, to each node */
};

#define SVC_REDIS_MESSAGE_SIZE 160

struct svc_redis_error {
    enum svc_status status; /* UNAVAILABLE, TIMEOUT, BAD_GATEWAY (Redis refused) */
    char message[SVC_REDIS_MESSAGE_SIZE];
};

/* Reads the URL; connects when first used. INVALID, with the reason, for a URL that
 * is none. */
SVC_MUST_CHECK enum svc_status svc_redis_open(const struct svc_redis_settings *settings,
    struct svc_redis **ret_redis, struct svc_redis_error *ret_error);
void svc_redis_close(struct svc_redis **redis);

/* In a cluster, keys that a script or a transaction uses together need a common hash tag.
 */
bool svc_redis_is_cluster(const struct svc_redis *redis);

#define SVC_REDIS_SLOTS 16384

/* The slot of a key: of its hash tag {...} where it has one. */
unsigned svc_redis_slot(struct svc_slice key);

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
 * its key, 0 where it has none (any node may answer). Arguments are copied. */
void svc_redis_batch_add(struct svc_redis_batch *batch, size_t count,
    const struct svc_slice *arguments, size_t key_index);

/* SOURCE lives as long as the process and never changes. */
struct svc_redis_script {
    const char *source;
};

/* Adds a call of SCRIPT with KEY_COUNT keys, all of one slot, and then values; COUNT is
 * both. Where Redis has lost the script (a restart, SCRIPT FLUSH) it's loaded again,
 * unseen; it then runs after the other commands of the batch. */
void svc_redis_batch_add_script(struct svc_redis_batch *batch,
    const struct svc_redis_script *script, size_t key_count, size_t count,
    const struct svc_slice *arguments);

/* Says that every command of the batch may be executed twice: it's sent again where the
 * connection is lost. */
void svc_redis_batch_mark_repeatable(struct svc_redis_batch *batch);

/* Sends the batch and reads its replies. OK when every reply was read; a single command
 * may have been refused all the same: see svc_redis_reply_is_error. Otherwise some may
 * have been executed, and the replies that are there are true. Commands of one slot are
 * executed in their order; those of others, of a cluster, at the same time. */
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

/* Is shown some keys, borrowed; false ends the scan. */
typedef bool svc_redis_scan_visit(
    void *context, const struct svc_slice *keys, size_t count);

/* Shows VISIT all keys of all nodes that match the pattern (as of SCAN: "session:*").
 * Each that is there from the start to the end is shown at least once, some more than
 * once; one whose slot is moved meanwhile may be missed. The time-out is for each piece,
 * not for the whole. VISIT may call Redis. */
SVC_MUST_CHECK enum svc_status svc_redis_scan(struct svc_redis *redis, const char *match,
    svc_redis_scan_visit *visit, void *context, struct svc_redis_error *ret_error);

/* PING to the server, or to all masters of the cluster; the latency in microseconds. */
SVC_MUST_CHECK enum svc_status svc_redis_ping(
    struct svc_redis *redis, int64_t *ret_latency_us, struct svc_redis_error *ret_error);

#endif
