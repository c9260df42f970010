#include "redis_private.h"

#include <hiredis/hiredis.h>

#include <string.h>

void svc_redis_reply_free(struct svc_redis_reply **reply)
{
    freeReplyObject(*reply);
    *reply = NULL;
}

static const redisReply *native(const struct svc_redis_reply *reply)
{
    return (const redisReply *)(const void *)reply;
}

bool svc_redis_reply_is_nil(const struct svc_redis_reply *reply)
{
    return reply == NULL || native(reply)->type == REDIS_REPLY_NIL;
}

bool svc_redis_reply_is_error(const struct svc_redis_reply *reply)
{
    return reply != NULL && native(reply)->type == REDIS_REPLY_ERROR;
}

struct svc_slice svc_redis_reply_text(const struct svc_redis_reply *reply)
{
    if (reply == NULL || native(reply)->str == NULL) {
        return (struct svc_slice){0};
    }
    return (struct svc_slice){native(reply)->str, native(reply)->len};
}

int64_t svc_redis_reply_int(const struct svc_redis_reply *reply)
{
    bool integer = reply != NULL && native(reply)->type == REDIS_REPLY_INTEGER;

    return integer ? native(reply)->integer : 0;
}

size_t svc_redis_reply_count(const struct svc_redis_reply *reply)
{
    bool array = reply != NULL && native(reply)->type == REDIS_REPLY_ARRAY;

    return array ? native(reply)->elements : 0;
}

const struct svc_redis_reply *svc_redis_reply_at(
    const struct svc_redis_reply *reply, size_t index)
{
    if (index >= svc_redis_reply_count(reply)) {
        return NULL;
    }
    return (const struct svc_redis_reply *)(const void *)native(reply)->element[index];
}

bool svc_redis_reply_is_error_of(const struct svc_redis_reply *reply, const char *prefix)
{
    struct svc_slice text = svc_redis_reply_text(reply);
    size_t length = strlen(prefix);

    return svc_redis_reply_is_error(reply) && text.text != NULL &&
           text.length >= length && memcmp(text.text, prefix, length) == 0;
}
