/* What redis.c and redis_batch.c share. */
#ifndef SVC_REDIS_PRIVATE_H
#define SVC_REDIS_PRIVATE_H

#include "mem.h"
#include "redis.h"

struct svc_redis_command {
    size_t count;
    const char **arguments;
    size_t *lengths;
    size_t key_index;
    const struct svc_redis_script *script; /* NULL: a plain command */
    struct svc_redis_reply *reply;         /* owned */
};

struct svc_redis_batch {
    struct svc_arena arena;
    struct svc_redis_command *commands;
    size_t count;
    size_t room;
};

/* Frees the replies, so that the batch can be run again. */
void svc_redis_batch_drop_replies(struct svc_redis_batch *batch);

struct svc_redis_address {
    char *host;
    int port;
    char *user;     /* NULL: none */
    char *password; /* NULL: none */
    int database;
};

/* NULL, with the reason, for a URL that is none. The caller frees with
 * svc_redis_address_free. */
struct svc_redis_address *svc_redis_address_new(const char *url, const char **ret_reason);
void svc_redis_address_free(struct svc_redis_address *address);

#endif
