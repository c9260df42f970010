#include "store.h"

#include "record.h"

#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/random.h>
#include <svc/redis.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define KEY_PREFIX "rate_limit:"
#define KEY_SUFFIX ":windows"
#define KEY_SIZE (sizeof KEY_PREFIX + CUSTOMER_SIZE_MAX + sizeof KEY_SUFFIX)
/* Of the script: its request with a message, its answer without the record. */
#define REQUEST_SIZE_MAX (32 + MESSAGE_HASH_SIZE)
#define ANSWER_SIZE 32
/* A customer who is denied is looked at again by then, however long the denial lasts,
 * since another replica may have reset or unblocked them. */
#define DENIAL_MS_MAX 1000

struct store {
    struct svc_redis *redis;
    struct customers *customers;
    int64_t replicas;
    atomic_int_least64_t ahead_ms; /* Redis's clock, of this machine's */
};

/* Made from windows.lua by the build. */
extern const char windows_lua[];

static const struct svc_redis_script script = {.source = windows_lua};

struct store *store_new(
    struct svc_redis *redis, struct customers *customers, int64_t replicas)
{
    struct store *store = svc_alloc_zero(1, sizeof *store);

    store->redis = redis;
    store->customers = customers;
    store->replicas = replicas;
    return store;
}

void store_free(struct store **store)
{
    free(*store);
    *store = NULL;
}

/* Not by printf: a key may have any byte. */
static struct svc_slice key_of(struct svc_slice customer, char key[KEY_SIZE])
{
    size_t length =
        customer.length < CUSTOMER_SIZE_MAX ? customer.length : CUSTOMER_SIZE_MAX;
    char *end = key + sizeof KEY_PREFIX - 1;

    memcpy(key, KEY_PREFIX, sizeof KEY_PREFIX - 1);
    memcpy(end, customer.text, length);
    end += length;
    memcpy(end, KEY_SUFFIX, sizeof KEY_SUFFIX - 1);
    return (struct svc_slice){key, (size_t)(end - key) + sizeof KEY_SUFFIX - 1};
}

static uint8_t *put(uint8_t *out, int64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        out[i] = (uint8_t)number;
        number = (int64_t)((uint64_t)number >> 8);
    }
    return out + size;
}

static int64_t take(const uint8_t **at, int size)
{
    uint64_t number = 0;

    for (int i = 0; i < size; i++) {
        number = number << 8 | (*at)[i];
    }
    *at += size;
    return (int64_t)number;
}

/* As windows.lua has it. */
static size_t write_request(const struct windows_request *request, int64_t now_ms,
    uint8_t bytes[REQUEST_SIZE_MAX])
{
    static const uint8_t operations[] = {
        [OPERATION_CHECK] = 0,
        [OPERATION_SHADOW] = 1,
        [OPERATION_PEEK] = 2,
        [OPERATION_REFUND] = 3,
        [OPERATION_BLOCK] = 4,
        [OPERATION_RESET] = 5,
    };
    uint8_t *at = put(bytes, operations[request->operation], 1);

    at = put(at, request->limits.minute, 2);
    at = put(at, request->limits.hour, 4);
    at = put(at, request->limits.day, 4);
    at = put(at, request->limits.burst, 4);
    at = put(at, request->cost, 1);
    at = put(at, request->block_for_ms, 8);
    at = put(at, now_ms, 8);
    if (request->has_message) {
        memcpy(at, request->message, MESSAGE_HASH_SIZE);
        at += MESSAGE_HASH_SIZE;
    }
    return (size_t)(at - bytes);
}

/* By Redis's clock where NOW_MS is 0. */
static void add_call(struct svc_redis_batch *batch, struct svc_slice customer,
    const struct windows_request *request, struct svc_slice seed, int64_t now_ms)
{
    char key[KEY_SIZE];
    uint8_t bytes[REQUEST_SIZE_MAX];
    size_t length = write_request(request, now_ms, bytes);
    const struct svc_slice arguments[] = {
        key_of(customer, key), {(const char *)bytes, length}, seed};

    svc_redis_batch_add_script(batch, &script, 1, 3, arguments);
}

/* As windows.lua has it. */
static bool read_reply(const struct svc_redis_reply *reply,
    struct windows_verdict *ret_verdict, struct svc_slice *ret_record)
{
    struct svc_slice bytes = svc_redis_reply_text(reply);
    const uint8_t *at = (const uint8_t *)bytes.text;

    if (svc_redis_reply_is_error(reply) || bytes.length < ANSWER_SIZE) {
        return false;
    }
    ret_verdict->allowed = take(&at, 1) == 1;
    ret_verdict->known = take(&at, 1) == 1;
    ret_verdict->exceeded = (enum window)take(&at, 1);
    ret_verdict->notify = take(&at, 1) == 1;
    ret_verdict->retry_after_ms = take(&at, 8);
    ret_verdict->used_minute = take(&at, 4);
    ret_verdict->used_hour = take(&at, 4);
    ret_verdict->used_day = take(&at, 4);
    ret_verdict->now_ms = take(&at, 8);
    *ret_record = (struct svc_slice){(const char *)at, bytes.length - ANSWER_SIZE};
    return true;
}

/* What passed without Redis has passed, whatever the limits were. */
static void add_owed(struct svc_redis_batch *batch, struct svc_slice customer,
    const struct windows_request *request, struct svc_slice seed)
{
    struct windows_request owed = *request;

    owed.limits =
        (struct limits){LIMIT_MINUTE_MAX, LIMIT_HOUR_MAX, LIMIT_DAY_MAX, .burst = 0};
    add_call(batch, customer, &owed, seed, request->now_ms);
}

/* Asks Redis, and keeps what it says for the time without it. */
static bool apply_in_redis(struct store *store, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_redis_error error;
    struct svc_slice record = {0};
    uint8_t bytes[RECORD_SIZE_MAX];
    struct svc_slice seed = {
        (const char *)bytes, customers_record(store->customers, customer, bytes)};
    struct windows_request owed[OWED_MAX];
    size_t owed_count = customers_take_owed(store->customers, customer, owed);

    for (size_t i = 0; i < owed_count; i++) {
        add_owed(batch, customer, &owed[i], seed);
    }
    add_call(batch, customer, request, seed, 0);
    if (svc_redis_run(store->redis, batch, &error) != SVC_OK ||
        !read_reply(svc_redis_batch_reply(batch, owed_count), ret_verdict, &record)) {
        for (size_t i = 0; i < owed_count; i++) {
            customers_owe(store->customers, customer, &owed[i]);
        }
        return false;
    }
    customers_keep(store->customers, customer, record);
    atomic_store(&store->ahead_ms, ret_verdict->now_ms - svc_clock_unix_ms());
    return true;
}

static int64_t part_of(int64_t limit, int64_t replicas)
{
    return limit / replicas > 0 ? limit / replicas : limit > 0;
}

/* Whether the windows are others than before, as Redis has to know. */
static bool is_owed(
    const struct windows_request *request, const struct windows_verdict *verdict)
{
    switch (request->operation) {
    case OPERATION_CHECK:
    case OPERATION_SHADOW:
        return verdict->allowed && !verdict->known;
    case OPERATION_REFUND:
        return verdict->known;
    case OPERATION_BLOCK:
    case OPERATION_RESET:
        return true;
    case OPERATION_PEEK:
        return false;
    }
    return false;
}

static void apply_here(struct store *store, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict)
{
    struct windows_request part = *request;

    part.limits.minute = part_of(request->limits.minute, store->replicas);
    part.limits.hour = part_of(request->limits.hour, store->replicas);
    part.limits.day = part_of(request->limits.day, store->replicas);
    part.limits.burst = part_of(request->limits.burst, store->replicas);
    part.now_ms += atomic_load(&store->ahead_ms);
    if (store->redis != NULL && !part.has_message) {
        /* So that telling Redis of it counts it once. */
        svc_random_fast(part.message, sizeof part.message);
        part.has_message = true;
    }
    customers_apply(store->customers, customer, &part, ret_verdict);
    if (store->redis != NULL && is_owed(&part, ret_verdict)) {
        customers_owe(store->customers, customer, &part);
    }
}

static void note_denial(struct store *store, struct svc_slice customer,
    const struct windows_request *request, const struct windows_verdict *verdict)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    int64_t lasts_ms =
        verdict->retry_after_ms < DENIAL_MS_MAX ? verdict->retry_after_ms : DENIAL_MS_MAX;
    struct denial_time time = {now_ms, now_ms + lasts_ms};

    customers_deny(store->customers, customer, request, verdict, &time);
}

enum store_backend store_apply(struct store *store, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict)
{
    bool check =
        request->operation == OPERATION_CHECK || request->operation == OPERATION_SHADOW;

    if (check && customers_is_denied(store->customers, customer, request,
                     svc_clock_monotonic_ms(), ret_verdict)) {
        return STORE_REDIS;
    }
    if (!check) {
        customers_forget_denial(store->customers, customer);
    }
    if (store->redis == NULL || !apply_in_redis(store, customer, request, ret_verdict)) {
        apply_here(store, customer, request, ret_verdict);
        return STORE_LOCAL;
    }
    if (check && !ret_verdict->allowed) {
        note_denial(store, customer, request, ret_verdict);
    }
    return STORE_REDIS;
}
