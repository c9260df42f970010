#include "store_cache.h"

#include "cache_key.h"

#include <svc/redis.h>

#include <string.h>

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

bool store_cache_get(void *context, const struct intent_question *question,
    enum intent *ret_intent, double *ret_confidence)
{
    const struct store_cache *cache = context;
    char key[CACHE_KEY_SIZE];
    struct svc_redis_error error;

    if (cache->redis == NULL || cache->ttl_s == 0 || !cache_key_make(question, key)) {
        return false;
    }
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice arguments[] = {SVC_SLICE("GET"), slice(key)};
    svc_redis_batch_add(batch, 2, arguments, 1);
    svc_redis_batch_mark_repeatable(batch);
    if (svc_redis_run(cache->redis, batch, &error) != SVC_OK) {
        return false;
    }
    const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, 0);
    return !svc_redis_reply_is_error(reply) &&
           cache_value_read(svc_redis_reply_text(reply), ret_intent, ret_confidence);
}

void store_cache_put(void *context, const struct intent_question *question,
    enum intent intent, double confidence)
{
    const struct store_cache *cache = context;
    char key[CACHE_KEY_SIZE];
    char value[CACHE_VALUE_SIZE];
    char ttl[24];
    struct svc_redis_error error;

    if (cache->redis == NULL || cache->ttl_s == 0 || !cache_key_make(question, key)) {
        return;
    }
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice arguments[] = {
        SVC_SLICE("SET"),
        slice(key),
        {value, cache_value_write(intent, confidence, value)},
        SVC_SLICE("EX"),
        {ttl, svc_text_put_int64(ttl, cache->ttl_s)},
    };
    svc_redis_batch_add(batch, 5, arguments, 1);
    svc_redis_batch_mark_repeatable(batch);
    if (svc_redis_run(cache->redis, batch, &error) != SVC_OK) {
        return; /* what isn't kept is asked again */
    }
}
