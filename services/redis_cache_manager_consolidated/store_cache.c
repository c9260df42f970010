/* The cache's keys and scripts.
 *
 *     cache:{<namespace>}:<key>      a hash: v value, f fresh until, g generation, t tags
 *     cache_load:{<namespace>}:<key> whose turn it is to make it: "<loader>:<generation>"
 *     cache_tag:{<namespace>}:<tag>  the generation in which the tag was last dropped
 *     cache_generation:{<namespace>} grows with each tag that is dropped
 *     cache_customer_namespaces      those with tags of customers
 *
 * An entry is good while none of its tags was dropped after its own generation: so a tag
 * is dropped in one step, however many entries have it. */
#include "cache.h"

#include <svc/redis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 1100
#define CUSTOMER_SPACES "cache_customer_namespaces"
/* Longer than any entry lives. */
#define TAG_TTL_MS "5270400000"

#define NOW                                                                              \
    "local t = redis.call('TIME')\n"                                                     \
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

/* KEYS: the entry, its loader, the generation. ARGV: what a tag's key begins with, the
 * loader or nothing, its milliseconds. */
static const struct svc_redis_script get_script = {
    .source =
        NOW "local e = redis.call('HMGET', KEYS[1], 'v', 'f', 'g', 't')\n"
            "local value = e[1]\n"
            "for tag in string.gmatch(e[4] or '', '[^\\n]+') do\n"
            "  local dropped = redis.call('GET', ARGV[1] .. tag)\n"
            "  if dropped and tonumber(dropped) > tonumber(e[3]) then value = false end\n"
            "end\n"
            "if e[1] and not value then redis.call('UNLINK', KEYS[1]) end\n"
            "local left = value and e[2] - now or 0\n"
            "local load = 0\n"
            "if left <= 0 and ARGV[2] ~= '' then\n"
            "  local mine = ARGV[2] .. ':' .. (redis.call('GET', KEYS[3]) or '0')\n"
            "  if redis.call('SET', KEYS[2], mine, 'NX', 'PX', ARGV[3]) then\n"
            "    load = 1\n"
            "  else\n"
            "    local holder = redis.call('GET', KEYS[2]) or ''\n"
            "    load = string.match(holder, '^(.*):%d+$') == ARGV[2] and 1 or 2\n"
            "  end\n"
            "end\n"
            "return {value, left, load}\n",
};

/* KEYS: the entry, its loader, the generation. ARGV: what a tag's key begins with, the
 * value, milliseconds fresh, milliseconds in all, tags, the loader or nothing. */
static const struct svc_redis_script put_script = {
    .source = NOW "local generation = redis.call('GET', KEYS[3]) or '0'\n"
                  "if ARGV[6] ~= '' then\n"
                  "  local holder = redis.call('GET', KEYS[2]) or ''\n"
                  "  local loader, began = string.match(holder, '^(.*):(%d+)$')\n"
                  "  if loader ~= ARGV[6] then return 'lost' end\n"
                  "  generation = began\n"
                  "end\n"
                  "redis.call('DEL', KEYS[2])\n"
                  "for tag in string.gmatch(ARGV[5], '[^\\n]+') do\n"
                  "  local dropped = redis.call('GET', ARGV[1] .. tag)\n"
                  "  if dropped and tonumber(dropped) > tonumber(generation) then\n"
                  "    return 'invalidated'\n"
                  "  end\n"
                  "end\n"
                  "redis.call('DEL', KEYS[1])\n"
                  "redis.call('HSET', KEYS[1], 'v', ARGV[2], 'f', now + ARGV[3],\n"
                  "  'g', generation, 't', ARGV[5])\n"
                  "redis.call('PEXPIRE', KEYS[1], ARGV[4])\n"
                  "return 'ok'\n",
};

/* KEYS: the generation, the tag. */
static const struct svc_redis_script drop_tag_script = {
    .source = "local generation = redis.call('INCR', KEYS[1])\n"
              "redis.call('SET', KEYS[2], generation, 'PX', " TAG_TTL_MS ")\n"
              "return generation\n",
};

struct cache {
    struct svc_redis *redis;
    int64_t loader_ms;
};

struct keys {
    char entry[KEY_SIZE];
    char loader[KEY_SIZE];
    char generation[KEY_SIZE];
    char tag[KEY_SIZE]; /* what a tag's key begins with */
};

static void make_keys(const struct cache_place *place, struct keys *keys)
{
    int space = (int)place->space.length;
    int key = (int)place->key.length;

    snprintf(keys->entry, KEY_SIZE, "cache:{%.*s}:%.*s", space, place->space.text, key,
        place->key.text);
    snprintf(keys->loader, KEY_SIZE, "cache_load:{%.*s}:%.*s", space, place->space.text,
        key, place->key.text);
    snprintf(
        keys->generation, KEY_SIZE, "cache_generation:{%.*s}", space, place->space.text);
    snprintf(keys->tag, KEY_SIZE, "cache_tag:{%.*s}:", space, place->space.text);
}

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static struct svc_slice number(int64_t value, char text[24])
{
    return (struct svc_slice){text, svc_text_put_int64(text, value)};
}

static struct svc_slice or_empty(struct svc_slice text)
{
    return text.text != NULL ? text : SVC_SLICE("");
}

struct cache *cache_new(struct svc_redis *redis, int64_t loader_ms)
{
    struct cache *cache = svc_alloc_zero(1, sizeof *cache);

    cache->redis = redis;
    cache->loader_ms = loader_ms;
    return cache;
}

void cache_free(struct cache **cache)
{
    free(*cache);
    *cache = NULL;
}

/* The last reply of the batch; NULL where Redis is gone or refuses. */
static const struct svc_redis_reply *run(
    struct cache *cache, struct svc_redis_batch *batch, size_t last)
{
    struct svc_redis_error error;

    if (cache->redis == NULL || svc_redis_run(cache->redis, batch, &error) != SVC_OK) {
        return NULL;
    }
    const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, last);
    return svc_redis_reply_is_error(reply) ? NULL : reply;
}

enum svc_status cache_get(struct cache *cache, struct svc_arena *arena,
    const struct cache_place *place, const char *loader, struct cache_value *ret_value)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char time_text[24];
    struct keys keys;

    make_keys(place, &keys);
    const struct svc_slice arguments[] = {slice(keys.entry), slice(keys.loader),
        slice(keys.generation), slice(keys.tag), slice(loader != NULL ? loader : ""),
        number(cache->loader_ms, time_text)};
    svc_redis_batch_add_script(
        batch, &get_script, 3, sizeof arguments / sizeof arguments[0], arguments);
    const struct svc_redis_reply *reply = run(cache, batch, 0);
    if (reply == NULL) {
        return SVC_UNAVAILABLE;
    }
    struct svc_slice value = svc_redis_reply_text(svc_redis_reply_at(reply, 0));
    int64_t left_ms = svc_redis_reply_int(svc_redis_reply_at(reply, 1));
    *ret_value = (struct cache_value){
        .found = value.text != NULL,
        .stale = value.text != NULL && left_ms <= 0,
        .fresh_ms = left_ms > 0 ? left_ms : 0,
        .load = (enum cache_load)svc_redis_reply_int(svc_redis_reply_at(reply, 2)),
    };
    if (value.text != NULL) {
        ret_value->value = (struct svc_slice){
            svc_arena_strndup(arena, value.text, value.length), value.length};
    }
    return SVC_OK;
}

static bool names_customer(struct svc_slice tags)
{
    static const char prefix[] = "customer:";

    return tags.text != NULL &&
           memmem(tags.text, tags.length, prefix, sizeof prefix - 1) != NULL;
}

enum svc_status cache_put(struct cache *cache, const struct cache_place *place,
    const struct cache_entry *entry, enum cache_put_outcome *ret_outcome)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char texts[2][24];
    size_t last = 0;
    struct keys keys;

    make_keys(place, &keys);
    const struct svc_slice arguments[] = {slice(keys.entry), slice(keys.loader),
        slice(keys.generation), slice(keys.tag), entry->value,
        number(entry->fresh_ms, texts[0]),
        number(entry->fresh_ms + entry->stale_ms, texts[1]), or_empty(entry->tags),
        or_empty(entry->loader)};
    if (names_customer(entry->tags)) {
        const struct svc_slice command[] = {
            SVC_SLICE("SADD"), SVC_SLICE(CUSTOMER_SPACES), place->space};
        svc_redis_batch_add(batch, 3, command, 1);
        last = 1;
    }
    svc_redis_batch_add_script(
        batch, &put_script, 3, sizeof arguments / sizeof arguments[0], arguments);
    struct svc_slice word = svc_redis_reply_text(run(cache, batch, last));
    if (word.text == NULL) {
        return SVC_UNAVAILABLE;
    }
    *ret_outcome = CACHE_PUT;
    if (svc_slice_equals(word, "lost")) {
        *ret_outcome = CACHE_LOADER_LOST;
    } else if (svc_slice_equals(word, "invalidated")) {
        *ret_outcome = CACHE_INVALIDATED;
    }
    return SVC_OK;
}

enum svc_status cache_delete(
    struct cache *cache, const struct cache_place *place, bool *ret_was_there)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct keys keys;

    make_keys(place, &keys);
    const struct svc_slice loader[] = {SVC_SLICE("DEL"), slice(keys.loader)};
    const struct svc_slice entry[] = {SVC_SLICE("UNLINK"), slice(keys.entry)};
    svc_redis_batch_add(batch, 2, loader, 1);
    svc_redis_batch_add(batch, 2, entry, 1);
    const struct svc_redis_reply *reply = run(cache, batch, 1);
    if (reply == NULL) {
        return SVC_UNAVAILABLE;
    }
    *ret_was_there = svc_redis_reply_int(reply) > 0;
    return SVC_OK;
}

static void add_drop(
    struct svc_redis_batch *batch, struct svc_slice space, struct svc_slice tag)
{
    struct cache_place place = {space, SVC_SLICE("")};
    struct keys keys;
    char text[KEY_SIZE];

    make_keys(&place, &keys);
    snprintf(text, KEY_SIZE, "%.700s%.*s", keys.tag, (int)tag.length, tag.text);
    const struct svc_slice arguments[] = {slice(keys.generation), slice(text)};
    svc_redis_batch_add_script(batch, &drop_tag_script, 2, 2, arguments);
}

enum svc_status cache_delete_tag(
    struct cache *cache, struct svc_slice space, struct svc_slice tag)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();

    add_drop(batch, space, tag);
    return run(cache, batch, 0) != NULL ? SVC_OK : SVC_UNAVAILABLE;
}

void cache_forget_customer(struct cache *cache, struct svc_slice customer_key)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *drops = svc_redis_batch_new();
    const struct svc_slice command[] = {
        SVC_SLICE("SMEMBERS"), SVC_SLICE(CUSTOMER_SPACES)};
    char tag[256];
    int length = snprintf(
        tag, sizeof tag, "customer:%.*s", (int)customer_key.length, customer_key.text);

    svc_redis_batch_add(batch, 2, command, 1);
    const struct svc_redis_reply *spaces = run(cache, batch, 0);
    size_t count = svc_redis_reply_count(spaces);
    for (size_t i = 0; i < count && i < SVC_REDIS_BATCH_MAX; i++) {
        add_drop(drops, svc_redis_reply_text(svc_redis_reply_at(spaces, i)),
            (struct svc_slice){tag, (size_t)length});
    }
    if (count > 0) {
        (void)run(cache, drops, 0);
    }
}
