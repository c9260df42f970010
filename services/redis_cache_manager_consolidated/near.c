#include "near.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SET_SIZE ((size_t)8)
#define LOCKS ((size_t)64)

struct entry {
    uint64_t hash;
    char *bytes; /* the key, then the text; NULL: empty */
    size_t key_length;
    size_t text_length;
    int64_t expires_ms;
    uint64_t used; /* by the set's clock */
};

struct set {
    struct entry entries[SET_SIZE];
    uint64_t clock;
    uint64_t changes; /* grows with each invalidation */
};

struct near {
    struct set *sets;
    size_t set_count;
    size_t text_max;
    pthread_mutex_t locks[LOCKS]; /* of the sets, in turn */
    _Atomic uint64_t flushes;
    bool follows;
    bool (*is_live)(void *context); /* NULL: always */
    void *context;
    atomic_size_t count;
};

struct near *near_new(size_t count_max, size_t text_max)
{
    struct near *near = svc_alloc_zero(1, sizeof *near);

    near->set_count = count_max / SET_SIZE + 1;
    near->text_max = text_max;
    near->sets = svc_alloc_zero(near->set_count, sizeof *near->sets);
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_init(&near->locks[i], NULL);
    }
    return near;
}

void near_free(struct near **near_pointer)
{
    struct near *near = *near_pointer;

    *near_pointer = NULL;
    if (near == NULL) {
        return;
    }
    near_flush(near);
    for (size_t i = 0; i < LOCKS; i++) {
        pthread_mutex_destroy(&near->locks[i]);
    }
    free(near->sets);
    free(near);
}

bool near_is_live(const struct near *near)
{
    return near->follows && (near->is_live == NULL || near->is_live(near->context));
}

void near_follow(struct near *near, bool (*is_live)(void *context), void *context)
{
    near->is_live = is_live;
    near->context = context;
    near->follows = true;
}

/* Its high half in its low one, too, which places are taken by. */
static uint64_t hash_key(struct svc_slice key)
{
    uint64_t hash = svc_text_hash(key);

    return hash ^ hash >> 32;
}

struct locked {
    struct set *set;
    pthread_mutex_t *lock;
    uint64_t hash;
};

static struct locked lock_set(struct near *near, struct svc_slice key)
{
    struct locked locked = {.hash = hash_key(key)};
    size_t index = locked.hash % near->set_count;

    locked.set = &near->sets[index];
    locked.lock = &near->locks[index % LOCKS];
    pthread_mutex_lock(locked.lock);
    return locked;
}

static struct entry *find(const struct locked *locked, struct svc_slice key)
{
    for (size_t i = 0; i < SET_SIZE; i++) {
        struct entry *entry = &locked->set->entries[i];
        if (entry->bytes != NULL && entry->hash == locked->hash &&
            entry->key_length == key.length &&
            memcmp(entry->bytes, key.text, key.length) == 0) {
            return entry;
        }
    }
    return NULL;
}

static void drop(struct near *near, struct entry *entry)
{
    if (entry->bytes != NULL) {
        free(entry->bytes);
        entry->bytes = NULL;
        atomic_fetch_sub(&near->count, 1);
    }
}

bool near_get(struct near *near, struct svc_arena *arena, struct svc_slice key,
    int64_t now_ms, struct near_text *ret_text)
{
    bool found = false;

    if (!near_is_live(near)) {
        return false;
    }
    struct locked locked = lock_set(near, key);
    struct entry *entry = find(&locked, key);
    if (entry != NULL && entry->expires_ms <= now_ms) {
        drop(near, entry);
    } else if (entry != NULL) {
        entry->used = ++locked.set->clock;
        ret_text->text.length = entry->text_length;
        ret_text->text.text = svc_arena_strndup(
            arena, entry->bytes + entry->key_length, entry->text_length);
        ret_text->expires_ms = entry->expires_ms;
        found = true;
    }
    pthread_mutex_unlock(locked.lock);
    return found;
}

uint64_t near_ticket(struct near *near, struct svc_slice key)
{
    if (!near_is_live(near)) {
        return 0;
    }
    uint64_t flushes = atomic_load(&near->flushes);
    struct locked locked = lock_set(near, key);
    uint64_t ticket = locked.set->changes + flushes + 1;

    pthread_mutex_unlock(locked.lock);
    return ticket;
}

/* An empty one, or the one used longest ago. */
static struct entry *make_room(struct set *set)
{
    struct entry *oldest = &set->entries[0];

    for (size_t i = 0; i < SET_SIZE; i++) {
        struct entry *entry = &set->entries[i];
        if (entry->bytes == NULL) {
            return entry;
        }
        if (entry->used < oldest->used) {
            oldest = entry;
        }
    }
    return oldest;
}

void near_put(struct near *near, uint64_t ticket, struct svc_slice key,
    struct svc_slice text, int64_t expires_ms)
{
    if (!near_is_live(near) || text.length > near->text_max) {
        return;
    }
    struct locked locked = lock_set(near, key);
    if (locked.set->changes + atomic_load(&near->flushes) + 1 == ticket) {
        struct entry *entry = find(&locked, key);
        if (entry == NULL) {
            entry = make_room(locked.set);
        }
        char *bytes = svc_alloc(key.length + text.length + 1);
        memcpy(bytes, key.text, key.length);
        memcpy(bytes + key.length, text.text, text.length);
        drop(near, entry);
        *entry = (struct entry){
            .hash = locked.hash,
            .bytes = bytes,
            .key_length = key.length,
            .text_length = text.length,
            .expires_ms = expires_ms,
            .used = ++locked.set->clock,
        };
        atomic_fetch_add(&near->count, 1);
    }
    pthread_mutex_unlock(locked.lock);
}

void near_invalidate(struct near *near, struct svc_slice key)
{
    struct locked locked = lock_set(near, key);
    struct entry *entry = find(&locked, key);

    locked.set->changes++;
    if (entry != NULL) {
        drop(near, entry);
    }
    pthread_mutex_unlock(locked.lock);
}

void near_flush(struct near *near)
{
    atomic_fetch_add(&near->flushes, 1);
    for (size_t i = 0; i < near->set_count; i++) {
        pthread_mutex_t *lock = &near->locks[i % LOCKS];
        pthread_mutex_lock(lock);
        for (size_t at = 0; at < SET_SIZE; at++) {
            drop(near, &near->sets[i].entries[at]);
        }
        pthread_mutex_unlock(lock);
    }
}

size_t near_count(const struct near *near)
{
    return atomic_load(&near->count);
}
