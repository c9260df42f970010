#include "customers.h"

#include "record.h"

#include <svc/mem.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARD_COUNT 64
#define BUCKET_COUNT 1024

struct customer {
    struct customer *chain; /* of its bucket */
    struct customer *older, *newer;
    struct svc_slice key; /* its text follows the struct */
    uint64_t hash;
    uint8_t *record;
    size_t record_size, record_room;
    struct windows_request *owed; /* NULL: nothing */
    size_t owed_count;
    int64_t denied_until_ms; /* 0: not */
    int64_t denied_at_ms;    /* monotonic */
    struct limits denied_by;
    int64_t denied_cost;
    enum operation denied_operation;
    struct windows_verdict denial;
    int64_t tier_at_ms; /* 0: not known */
    char tier[TIER_NAME_SIZE];
};

struct shard {
    pthread_mutex_t lock;
    struct customer *buckets[BUCKET_COUNT];
    struct customer *oldest, *newest;
    size_t count;
};

struct customers {
    size_t shard_max;
    struct shard shards[SHARD_COUNT];
};

struct customers *customers_new(size_t customers_max)
{
    struct customers *customers = svc_alloc_zero(1, sizeof *customers);

    customers->shard_max = customers_max / SHARD_COUNT + 1;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        pthread_mutex_init(&customers->shards[i].lock, NULL);
    }
    return customers;
}

static void free_customer(struct customer *customer)
{
    free(customer->record);
    free(customer->owed);
    free(customer);
}

void customers_free(struct customers **customers_pointer)
{
    struct customers *customers = *customers_pointer;

    *customers_pointer = NULL;
    if (customers == NULL) {
        return;
    }
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        struct shard *shard = &customers->shards[i];
        for (struct customer *next; shard->oldest != NULL; shard->oldest = next) {
            next = shard->oldest->newer;
            free_customer(shard->oldest);
        }
        pthread_mutex_destroy(&shard->lock);
    }
    free(customers);
}

/* Its high half in its low one, too, which places are taken by. */
static uint64_t hash_key(struct svc_slice key)
{
    uint64_t hash = svc_text_hash(key);

    return hash ^ hash >> 32;
}

static void unlink_age(struct shard *shard, struct customer *customer)
{
    *(customer->older != NULL ? &customer->older->newer : &shard->oldest) =
        customer->newer;
    *(customer->newer != NULL ? &customer->newer->older : &shard->newest) =
        customer->older;
}

static void link_newest(struct shard *shard, struct customer *customer)
{
    customer->newer = NULL;
    customer->older = shard->newest;
    *(shard->newest != NULL ? &shard->newest->newer : &shard->oldest) = customer;
    shard->newest = customer;
}

static struct customer **bucket_of(struct shard *shard, uint64_t hash)
{
    return &shard->buckets[hash / SHARD_COUNT % BUCKET_COUNT];
}

static void drop_oldest(struct shard *shard)
{
    struct customer *customer = shard->oldest;
    struct customer **link = bucket_of(shard, customer->hash);

    while (*link != customer) {
        link = &(*link)->chain;
    }
    *link = customer->chain;
    unlink_age(shard, customer);
    shard->count--;
    free_customer(customer);
}

static struct customer *add(struct shard *shard, struct svc_slice key, uint64_t hash)
{
    struct customer *customer = svc_alloc_zero(1, sizeof *customer + key.length);
    struct customer **bucket = bucket_of(shard, hash);
    char *text = (char *)(customer + 1);

    memcpy(text, key.text, key.length);
    customer->key = (struct svc_slice){text, key.length};
    customer->hash = hash;
    customer->chain = *bucket;
    *bucket = customer;
    link_newest(shard, customer);
    shard->count++;
    return customer;
}

/* Locks the shard of KEY, to be unlocked by the caller. The customer is the newest then;
 * NULL where they aren't known and MAKE is false. */
static struct customer *find(struct customers *customers, struct svc_slice key, bool make,
    struct shard **ret_shard)
{
    uint64_t hash = hash_key(key);
    struct shard *shard = &customers->shards[hash % SHARD_COUNT];

    *ret_shard = shard;
    pthread_mutex_lock(&shard->lock);
    struct customer *customer = *bucket_of(shard, hash);
    while (customer != NULL &&
           (customer->hash != hash || customer->key.length != key.length ||
               memcmp(customer->key.text, key.text, key.length) != 0)) {
        customer = customer->chain;
    }
    if (customer != NULL) {
        unlink_age(shard, customer);
        link_newest(shard, customer);
        return customer;
    }
    if (!make) {
        return NULL;
    }
    if (shard->count >= customers->shard_max) {
        drop_oldest(shard);
    }
    return add(shard, key, hash);
}

static void keep(struct customer *customer, const void *record, size_t size)
{
    if (size > customer->record_room) {
        customer->record_room = (size + 127) / 128 * 128;
        customer->record = svc_realloc(customer->record, customer->record_room);
    }
    if (size > 0) {
        memcpy(customer->record, record, size);
    }
    customer->record_size = size;
}

size_t customers_record(
    struct customers *customers, struct svc_slice customer, uint8_t *out)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, false, &shard);
    size_t size = found != NULL ? found->record_size : 0;

    if (size > 0) {
        memcpy(out, found->record, size);
    }
    pthread_mutex_unlock(&shard->lock);
    return size;
}

void customers_keep(
    struct customers *customers, struct svc_slice customer, struct svc_slice record)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, true, &shard);

    if (record.length <= RECORD_SIZE_MAX) {
        keep(found, record.text, record.length);
    }
    pthread_mutex_unlock(&shard->lock);
}

void customers_apply(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict)
{
    struct windows windows;
    uint8_t record[RECORD_SIZE_MAX];
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, true, &shard);

    (void)record_decode(
        (struct svc_slice){(const char *)found->record, found->record_size}, &windows);
    windows_apply(&windows, request, ret_verdict);
    keep(found, record, record_encode(&windows, record));
    pthread_mutex_unlock(&shard->lock);
}

void customers_owe(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, true, &shard);

    if (found->owed == NULL) {
        found->owed = svc_alloc(OWED_MAX * sizeof *found->owed);
    }
    if (request->operation == OPERATION_RESET) {
        found->owed_count = 0;
    }
    if (found->owed_count == OWED_MAX) {
        found->owed_count--;
        memmove(found->owed, found->owed + 1, found->owed_count * sizeof *found->owed);
    }
    found->owed[found->owed_count++] = *request;
    pthread_mutex_unlock(&shard->lock);
}

size_t customers_take_owed(struct customers *customers, struct svc_slice customer,
    struct windows_request ret_owed[OWED_MAX])
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, false, &shard);
    size_t count = found != NULL ? found->owed_count : 0;

    if (count > 0) {
        memcpy(ret_owed, found->owed, count * sizeof *ret_owed);
        found->owed_count = 0;
        free(found->owed);
        found->owed = NULL;
    }
    pthread_mutex_unlock(&shard->lock);
    return count;
}

void customers_deny(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, const struct windows_verdict *verdict,
    const struct denial_time *time)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, true, &shard);

    found->denial = *verdict;
    found->denied_by = request->limits;
    found->denied_cost = request->cost;
    found->denied_operation = request->operation;
    found->denied_at_ms = time->at_ms;
    found->denied_until_ms = time->until_ms;
    pthread_mutex_unlock(&shard->lock);
}

/* The hashes of what was told, and of what was counted, stand in the record. */
static bool is_answered(const struct customer *customer, const uint8_t *message)
{
    struct windows windows;

    if (!record_decode(
            (struct svc_slice){(const char *)customer->record, customer->record_size},
            &windows)) {
        return false;
    }
    if (memcmp(windows.told_message, message, MESSAGE_HASH_SIZE) == 0) {
        return true;
    }
    for (size_t i = 0; i < windows.message_count; i++) {
        if (memcmp(windows.messages[i].hash, message, MESSAGE_HASH_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_limits(const struct limits *left, const struct limits *right)
{
    return left->minute == right->minute && left->hour == right->hour &&
           left->day == right->day && left->burst == right->burst;
}

static bool stands(const struct customer *customer, const struct windows_request *request,
    int64_t monotonic_ms)
{
    return customer != NULL && customer->denied_until_ms > monotonic_ms &&
           request->cost >= customer->denied_cost &&
           request->operation == customer->denied_operation &&
           same_limits(&customer->denied_by, &request->limits) &&
           !(request->has_message && is_answered(customer, request->message));
}

bool customers_is_denied(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, int64_t monotonic_ms,
    struct windows_verdict *ret_verdict)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, false, &shard);
    bool denied = stands(found, request, monotonic_ms);

    if (denied) {
        *ret_verdict = found->denial;
        int64_t passed_ms = monotonic_ms - found->denied_at_ms;
        ret_verdict->retry_after_ms -= passed_ms;
        ret_verdict->now_ms += passed_ms;
        ret_verdict->notify = false;
    }
    pthread_mutex_unlock(&shard->lock);
    return denied;
}

void customers_forget_denial(struct customers *customers, struct svc_slice customer)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, false, &shard);

    if (found != NULL) {
        found->denied_until_ms = 0;
    }
    pthread_mutex_unlock(&shard->lock);
}

bool customers_tier(struct customers *customers, struct svc_slice customer,
    int64_t not_before_ms, char ret_tier[TIER_NAME_SIZE])
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, false, &shard);
    bool known =
        found != NULL && found->tier_at_ms > 0 && found->tier_at_ms >= not_before_ms;

    if (known) {
        memcpy(ret_tier, found->tier, TIER_NAME_SIZE);
    }
    pthread_mutex_unlock(&shard->lock);
    return known;
}

void customers_set_tier(struct customers *customers, struct svc_slice customer,
    struct svc_slice tier, int64_t monotonic_ms)
{
    struct shard *shard = NULL;
    struct customer *found = find(customers, customer, true, &shard);
    size_t length = tier.length < TIER_NAME_SIZE ? tier.length : 0;

    if (length > 0) {
        memcpy(found->tier, tier.text, length);
    }
    found->tier[length] = '\0';
    found->tier_at_ms = monotonic_ms;
    pthread_mutex_unlock(&shard->lock);
}
