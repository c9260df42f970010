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

static struct svc_slice number(int64_t value, char text[24])
{
    return (struct svc_slice){text, svc_text_put_int64(text, value)};
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

/* By Redis's clock where NOW is empty. */
static void add_call(struct svc_redis_batch *batch, struct svc_slice customer,
    const struct windows_request *request, struct svc_slice seed, struct svc_slice now)
{
    static const char *const names[] = {
        [OPERATION_CHECK] = "check",
        [OPERATION_SHADOW] = "shadow",
        [OPERATION_PEEK] = "peek",
        [OPERATION_REFUND] = "refund",
        [OPERATION_BLOCK] = "block",
        [OPERATION_RESET] = "reset",
    };
    char key[KEY_SIZE];
    char texts[6][24];
    const char *name = names[request->operation];
    struct svc_slice message = {(const char *)request->message, MESSAGE_HASH_SIZE};
    const struct svc_slice arguments[] = {
        key_of(customer, key),
        {name, strlen(name)},
        number(request->limits.minute, texts[0]),
        number(request->limits.hour, texts[1]),
        number(request->limits.day, texts[2]),
        number(request->limits.burst, texts[3]),
        number(request->cost, texts[4]),
        request->has_message ? message : SVC_SLICE(""),
        number(request->block_for_ms, texts[5]),
        seed,
        now,
    };

    svc_redis_batch_add_script(
        batch, &script, 1, sizeof arguments / sizeof arguments[0], arguments);
}

static int64_t reply_int(const struct svc_redis_reply *reply, size_t index)
{
    return svc_redis_reply_int(svc_redis_reply_at(reply, index));
}

static bool read_reply(const struct svc_redis_reply *reply,
    struct windows_verdict *ret_verdict, struct svc_slice *ret_record)
{
    if (svc_redis_reply_count(reply) != 10) {
        return false;
    }
    *ret_verdict = (struct windows_verdict){
        .allowed = reply_int(reply, 0) == 1,
        .known = reply_int(reply, 1) == 1,
        .exceeded = (enum window)reply_int(reply, 2),
        .retry_after_ms = reply_int(reply, 3),
        .notify = reply_int(reply, 4) == 1,
        .used_minute = reply_int(reply, 5),
        .used_hour = reply_int(reply, 6),
        .used_day = reply_int(reply, 7),
        .now_ms = reply_int(reply, 8),
    };
    *ret_record = svc_redis_reply_text(svc_redis_reply_at(reply, 9));
    return true;
}

/* What passed without Redis has passed, whatever the limits were. */
static void add_owed(struct svc_redis_batch *batch, struct svc_slice customer,
    const struct windows_request *request, struct svc_slice seed)
{
    struct windows_request owed = *request;
    char text[24];

    owed.limits =
        (struct limits){LIMIT_MINUTE_MAX, LIMIT_HOUR_MAX, LIMIT_DAY_MAX, .burst = 0};
    add_call(batch, customer, &owed, seed, number(request->now_ms, text));
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
    add_call(batch, customer, request, seed, SVC_SLICE(""));
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
