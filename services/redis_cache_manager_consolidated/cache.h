/* A cache for whatever costs something to make: values by namespace and key, with a time
 * to live, tags by which many are dropped at once, and one loader at a time for what
 * isn't there. It lives in Redis alone: while that is gone nothing is found and nothing
 * kept. */
#ifndef CACHE_H
#define CACHE_H

#include <svc/json_write.h>

#define CACHE_TAGS_MAX 16
#define CACHE_TOKEN_MAX 33

struct svc_redis;
struct cache;

/* REDIS may be NULL. Free takes a pointer to NULL. */
struct cache *cache_new(struct svc_redis *redis, int64_t loader_ms);
void cache_free(struct cache **cache);

struct cache_place {
    struct svc_slice space;
    struct svc_slice key;
};

enum cache_load {
    CACHE_LOAD_NOT_ASKED,
    CACHE_LOAD_YOURS, /* the caller is to make the value, and to put it */
    CACHE_LOAD_OTHERS,
};

struct cache_value {
    bool found;
    bool stale;             /* past its time, but still good enough to be answered */
    struct svc_slice value; /* JSON; lives in the arena */
    int64_t fresh_ms;       /* left, 0 where it's stale */
    enum cache_load load;
};

/* LOADER (NULL: just reads) becomes the loader of what isn't there or is stale, unless
 * somebody else is. UNAVAILABLE without Redis. */
SVC_MUST_CHECK enum svc_status cache_get(struct cache *cache, struct svc_arena *arena,
    const struct cache_place *place, const char *loader, struct cache_value *ret_value);

struct cache_entry {
    struct svc_slice value;  /* JSON */
    int64_t fresh_ms;        /* how long it's good */
    int64_t stale_ms;        /* and then answered while somebody makes a new one */
    struct svc_slice tags;   /* one a line */
    struct svc_slice loader; /* who makes it; NULL: nobody has asked for it */
};

enum cache_put_outcome {
    CACHE_PUT,
    CACHE_LOADER_LOST, /* it took too long, or the key was put or dropped meanwhile */
    CACHE_INVALIDATED, /* one of its tags was dropped meanwhile: it may be old */
};
SVC_MUST_CHECK enum svc_status cache_put(struct cache *cache,
    const struct cache_place *place, const struct cache_entry *entry,
    enum cache_put_outcome *ret_outcome);

/* Drops a value, and whatever its loader will put. */
SVC_MUST_CHECK enum svc_status cache_delete(
    struct cache *cache, const struct cache_place *place, bool *ret_was_there);

/* Drops all values with TAG at once, however many. */
SVC_MUST_CHECK enum svc_status cache_delete_tag(
    struct cache *cache, struct svc_slice space, struct svc_slice tag);

/* Drops what is tagged customer:<key>, in every namespace that has such a tag. */
void cache_forget_customer(struct cache *cache, struct svc_slice customer_key);

#endif
