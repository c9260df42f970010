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

#define KEY_SIZE 15 /* bytes of the SHA-256: enough to tell messages apart */

struct entry {
    uint8_t key[KEY_SIZE];
    bool alone;     /* taken while the other store was gone, so that it doesn't know */
    uint64_t token; /* a hash of it; 0: done */
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

/* Never 0 or 1, which mean something else. */
static uint64_t token_hash(struct svc_slice token)
{
    uint64_t hash = svc_text_hash(token);

    return hash > SOMEBODY_ELSE ? hash : 2;
}

/* The entry of a key, or the one of its set that makes room. */
struct found {
    struct entry *entry;
    bool known;
    uint8_t key[KEY_SIZE];
};

static struct found find(struct lease_local *local, const char *key, int64_t now_ms)
{
    struct found found = {0};
    uint32_t set = 0;

    if (!svc_text_from_hex(
            (struct svc_slice){key, 2 * sizeof found.key}, found.key, sizeof found.key)) {
        memset(found.key, 0, sizeof found.key);
    }
    memcpy(&set, found.key, sizeof set);
    struct entry *entries = &local->entries[set % SET_COUNT * SET_SIZE];
    found.entry = entries;
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (entries[i].expires_ms > now_ms &&
            memcmp(entries[i].key, found.key, sizeof found.key) == 0) {
            found.entry = &entries[i];
            found.known = true;
            return found;
        }
        if (entries[i].expires_ms < found.entry->expires_ms) {
            found.entry = &entries[i];
        }
    }
    return found;
}

static void set(const struct found *found, uint64_t token, bool alone, int64_t expires_ms)
{
    memcpy(found->entry->key, found->key, sizeof found->key);
    found->entry->alone = alone;
    found->entry->token = token;
    found->entry->expires_ms = expires_ms;
}

static enum lease_state take_one(
    struct lease_local *local, const struct lease_request *request, int64_t now_ms)
{
    uint64_t token = token_hash(request->token);
    struct found found = find(local, request->key, now_ms);

    if (found.known && found.entry->token == 0) {
        return LEASE_DONE;
    }
    if (found.known && found.entry->token != token) {
        return LEASE_IN_PROGRESS;
    }
    set(&found, token, true, now_ms + local->times.lease_ms);
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

static void set_end(
    struct lease_local *local, const struct found *found, enum lease_end end)
{
    if (end == LEASE_END_DONE) {
        set(found, 0, false, local->now_ms() + local->times.done_ms);
    } else if (end == LEASE_END_RELEASED && found->known) {
        found->entry->expires_ms = 0;
    }
}

/* A token that isn't known here is believed: whose it is can't be asked now. */
static enum lease_end judge(
    const struct found *found, uint64_t token, enum lease_outcome outcome)
{
    if (found->known && found->entry->token == 0) {
        return LEASE_END_DONE;
    }
    if (found->known && found->entry->token != token &&
        found->entry->token != SOMEBODY_ELSE) {
        return LEASE_END_TAKEN_OVER;
    }
    return outcome == LEASE_OUTCOME_DONE ? LEASE_END_DONE : LEASE_END_RELEASED;
}

static enum svc_status end(void *context, const char *key, struct svc_slice token,
    enum lease_outcome outcome, enum lease_end *ret_end)
{
    struct lease_local *local = context;

    pthread_mutex_lock(&local->lock);
    struct found found = find(local, key, local->now_ms());
    *ret_end = judge(&found, token_hash(token), outcome);
    set_end(local, &found, *ret_end);
    pthread_mutex_unlock(&local->lock);
    return SVC_OK;
}

struct lease_store lease_local_store(struct lease_local *local)
{
    return (struct lease_store){.context = local, .take = take, .end = end};
}

static void note_one(
    struct lease_local *local, struct lease_request *request, int64_t now_ms)
{
    uint64_t token = token_hash(request->token);
    struct found found = find(local, request->key, now_ms);
    int64_t lease_ms = now_ms + local->times.lease_ms;

    if (found.known && found.entry->token == 0) {
        request->state = LEASE_DONE;
    } else if (request->state == LEASE_DONE) {
        set(&found, 0, false, now_ms + local->times.done_ms);
    } else if (found.known && found.entry->alone && found.entry->token != token) {
        request->state = LEASE_IN_PROGRESS;
    } else if (request->state == LEASE_TAKEN) {
        set(&found, token, false, lease_ms);
    } else if (!found.known) {
        set(&found, SOMEBODY_ELSE, false, lease_ms);
    }
}

void lease_local_note(struct lease_local *local, struct lease_request *request)
{
    pthread_mutex_lock(&local->lock);
    note_one(local, request, local->now_ms());
    pthread_mutex_unlock(&local->lock);
}

void lease_local_note_end(struct lease_local *local, const char *key, enum lease_end end)
{
    pthread_mutex_lock(&local->lock);
    struct found found = find(local, key, local->now_ms());
    set_end(local, &found, end);
    pthread_mutex_unlock(&local->lock);
}
