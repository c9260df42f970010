#include "store_customers.h"

#include <svc/clock.h>
#include <svc/redis.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS 86400000
#define KEY_SIZE 256
/* Past the end of the day on every replica's clock. */
#define KEPT_S "90000"

bool store_customers_count(void *context, struct svc_slice customer_key)
{
    const struct store_customers *customers = context;
    char key[KEY_SIZE];
    struct svc_redis_error error;

    if (customers->redis == NULL || customers->daily_max == 0 ||
        customer_key.length == 0) {
        return true;
    }
    int length = snprintf(key, sizeof key, "ai_provider:calls:{%.*s}:%" PRId64,
        (int)customer_key.length, customer_key.text, svc_clock_unix_ms() / DAY_MS);
    struct svc_slice name = {
        key, (size_t)length < sizeof key ? (size_t)length : KEY_SIZE - 1};
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    svc_redis_batch_add(batch, 2, (struct svc_slice[]){SVC_SLICE("INCR"), name}, 1);
    svc_redis_batch_add(
        batch, 3, (struct svc_slice[]){SVC_SLICE("EXPIRE"), name, SVC_SLICE(KEPT_S)}, 1);
    if (svc_redis_run(customers->redis, batch, &error) != SVC_OK) {
        return true;
    }
    const struct svc_redis_reply *count = svc_redis_batch_reply(batch, 0);
    return svc_redis_reply_is_error(count) ||
           svc_redis_reply_int(count) <= customers->daily_max;
}
