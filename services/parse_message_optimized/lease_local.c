#include "lease_local.h"

#include <svc/mem.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* 64 Ki messages, in sets of eight of which the one that ends first makes room. */
#define SET_COUNT ((size_t)8192)
#define SET_SIZE ((size_t)8)

/* Holds a lease whose token isn't known here. */
#define SOMEBODY_ELSE ((uint64_t)1)

struct entry {
    uint8_t key[16];    /* of the SHA-256: enough to tell messages apart */
    uint64_t token;     /* a hash of it; 0: done */
    int64_t expires_ms; /* 0: empty */
};

struct lease_local {
    pthread_mutex_t lock;
    struct lease_times times;
    int64_t (*now_ms)(void);
    struct entry *entries; /* touched page by page as they're used */
};

struct lease_local *lease_local_new(
    const struct lease_times *times, int64_t (*now_ms)(void))
{
    struct lease_local *local = svc_alloc_zero(1, sizeof *local);

    pthread_mutex_init(&local->lock, NULL);
    local->times = *times;
    local->now_ms = now_ms;
    local->entries = svc_alloc_zero(SET_COUNT * SET_SIZE, sizeof *local->entries);
    return local;
}

void lease_local_free(struct lease_local **local_pointer)
{
    struct lease_local *local = *local_pointer;

    *local_pointer = NULL;
    if (local == NULL) {
        return;
    }
    pthread_mutex_destroy(&local->lock);
    free(local->entries);
    free(local);
}

/* FNV-1a, 64 bits; never 0 or 1, which mean something else. */
static uint64_t token_hash(struct svc_slice token)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < token.length; i++) {
        hash = (hash ^ (uint8_t)token.text[i]) * 0x100000001b3u;
    }
    return hash > SOMEBODY_ELSE ? hash : 2;
}

/* The entry of KEY, or the one of its set that makes room. */
static struct entry *find(
    struct lease_local *local, const char *key, int64_t now_ms, bool *ret_known)
{
    uint8_t bytes[16];
    uint32_t set = 0;

    if (!svc_text_from_hex(
            (struct svc_slice){key, 2 * sizeof bytes}, bytes, sizeof bytes)) {
        memset(bytes, 0, sizeof bytes);
    }
    memcpy(&set, bytes, sizeof set);
    struct entry *entries = &local->entries[set % SET_COUNT * SET_SIZE];
    struct entry *oldest = entries;
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (entries[i].expires_ms > now_ms &&
            memcmp(entries[i].key, bytes, sizeof bytes) == 0) {
            *ret_known = true;
            return &entries[i];
        }
        oldest = entries[i].expires_ms < oldest->expires_ms ? &entries[i] : oldest;
    }
    *ret_known = false;
    memcpy(oldest->key, bytes, sizeof bytes);
    oldest->expires_ms = 0;
    return oldest;
}

static enum lease_state take_one(
    struct lease_local *local, const struct lease_request *request, int64_t now_ms)
{
    bool known = false;
    uint64_t token = token_hash(request->token);
    struct entry *entry = find(local, request->key, now_ms, &known);

    if (known && entry->token == 0) {
        return LEASE_DONE;
    }
    if (known && entry->token != token) {
        return LEASE_IN_PROGRESS;
    }
    entry->token = token;
    entry->expires_ms = now_ms + local->times.lease_ms;
    return LEASE_TAKEN;
}

static enum svc_status take(void *context, struct lease_request *requests, size_t count)
{
    struct lease_local *local = context;
    int64_t now_ms = local->now_ms();

    pthread_mutex_lock(&local->lock);
    for (size_t i = 0; i < count; i++) {
        requests[i].state = take_one(local, &requests[i], now_ms);
    }
    pthread_mutex_unlock(&local->lock);
    return SVC_OK;
}

static enum lease_end end_one(struct lease_local *local, const char *key, uint64_t token,
    enum lease_outcome outcome)
{
    bool known = false;
    int64_t now_ms = local->now_ms();
    struct entry *entry = find(local, key, now_ms, &known);

    if (known && entry->token == 0) {
        return LEASE_END_DONE;
    }
    if (known && entry->token != token) {
        return LEASE_END_TAKEN_OVER;
    }
    if (outcome == LEASE_OUTCOME_FAILED) {
        entry->expires_ms = 0;
        return LEASE_END_RELEASED;
    }
    entry->token = 0;
    entry->expires_ms = now_ms + local->times.done_ms;
    return LEASE_END_DONE;
}

static enum svc_status end(void *context, const char *key, struct svc_slice token,
    enum lease_outcome outcome, enum lease_end *ret_end)
{
    struct lease_local *local = context;

    pthread_mutex_lock(&local->lock);
    *ret_end = end_one(local, key, token_hash(token), outcome);
    pthread_mutex_unlock(&local->lock);
    return SVC_OK;
}

struct lease_store lease_local_store(struct lease_local *local)
{
    return (struct lease_store){.context = local, .take = take, .end = end};
}

void lease_local_note(struct lease_local *local, const struct lease_request *request)
{
    bool known = false;

    pthread_mutex_lock(&local->lock);
    int64_t now_ms = local->now_ms();
    struct entry *entry = find(local, request->key, now_ms, &known);
    bool done = request->state == LEASE_DONE;
    entry->token = done ? 0 : token_hash(request->token);
    if (request->state == LEASE_IN_PROGRESS) {
        entry->token = SOMEBODY_ELSE;
    }
    entry->expires_ms = now_ms + (done ? local->times.done_ms : local->times.lease_ms);
    pthread_mutex_unlock(&local->lock);
}
