/* Which messages are being handled, and which were: the memory of duplicates.
 *
 * A message is taken with a lease. Whoever handles it ends the lease (done: whatever
 * comes again is dropped for DEDUPE_TTL_S; failed: the next delivery is handled) or dies,
 * and the lease runs out by itself, so that the next delivery is handled. */
#ifndef LEASE_H
#define LEASE_H

#include <svc/crypto.h>

#define LEASE_TOKEN_MAX ((size_t)128)

enum lease_state {
    LEASE_TAKEN,       /* the message is the caller's */
    LEASE_IN_PROGRESS, /* somebody else's, not over yet */
    LEASE_DONE,        /* was handled */
};

struct lease_request {
    const char *key; /* the message's dedupe_key */
    struct svc_slice token;
    enum lease_state state; /* the answer */
};

enum lease_outcome {
    LEASE_OUTCOME_DONE,
    LEASE_OUTCOME_FAILED,
};

enum lease_end {
    LEASE_END_DONE,
    LEASE_END_RELEASED,
    LEASE_END_TAKEN_OVER, /* it had run out, and somebody else has the message */
};

struct lease_times {
    int64_t lease_ms;
    int64_t done_ms;
};

/* Where leases are kept: for all replicas in Redis, or in this process. */
struct lease_store {
    void *context;
    /* Answers COUNT requests, in order, in one round trip. A token that has the lease
     * already gets it again. */
    enum svc_status (*take)(void *context, struct lease_request *requests, size_t count);
    enum svc_status (*end)(void *context, const char *key, struct svc_slice token,
        enum lease_outcome outcome, enum lease_end *ret_end);
};

#endif
