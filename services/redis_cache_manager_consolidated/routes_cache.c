#include "routes.h"

#include <svc/clock.h>
#include <svc/random.h>

#include <time.h>

#define LOOK_AGAIN_MS 20
#define TAG_TEXT_MAX ((size_t)8192)

static struct cache_place place_of(const struct svc_request *request)
{
    return (struct cache_place){
        svc_json_text(svc_request_parameter(request, "namespace")),
        svc_json_text(svc_request_parameter(request, "key")),
    };
}

static int64_t parameter_int(
    const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t number = 0;

    return svc_json_to_int64(svc_request_parameter(request, name), &number) ? number
                                                                            : fallback;
}

static void rest(void)
{
    static const struct timespec step = {.tv_nsec = LOOK_AGAIN_MS * 1000000};

    nanosleep(&step, NULL);
}

/* What isn't there and is being made by somebody is waited for. */
static enum svc_status get_patiently(struct svc_request *request,
    const struct cache_place *place, const char *loader, struct cache_value *value)
{
    struct cache *cache = routes_manager(request)->cache;
    int64_t wait_ms = parameter_int(request, "wait_ms", 2000);
    int64_t deadline_ms = svc_clock_monotonic_ms() + wait_ms;
    enum svc_status status = cache_get(cache, request->arena, place, loader, value);

    while (status == SVC_OK && loader != NULL && !value->found &&
           value->load == CACHE_LOAD_OTHERS && svc_clock_monotonic_ms() < deadline_ms) {
        rest();
        status = cache_get(cache, request->arena, place, loader, value);
    }
    return status;
}

static void write_value(struct svc_json_writer *writer, const struct cache_value *value)
{
    svc_json_write_field_bool(writer, "found", value->found);
    if (value->found) {
        svc_json_write_field_bool(writer, "stale", value->stale);
        svc_json_write_field_int(writer, "ttl_s", (value->fresh_ms + 500) / 1000);
        svc_json_write_key(writer, "value");
        svc_json_write_raw(writer, value->value);
    }
}

static void write_load(
    struct svc_json_writer *writer, const struct cache_value *value, const char *loader)
{
    bool yours = value->load == CACHE_LOAD_YOURS;

    if (loader == NULL) {
        return;
    }
    svc_json_write_field_bool(writer, "load", yours);
    if (yours) {
        svc_json_write_field_text(writer, "loader", loader);
    } else if (!value->found) {
        svc_json_write_field_text(writer, "reason", "loading");
    }
}

/* Without Redis everybody makes it for themselves. */
static enum svc_status answer_without(struct svc_reply *reply, bool asked)
{
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", false);
    if (asked) {
        svc_json_write_field_bool(&reply->json, "load", true);
    }
    svc_json_write_field_bool(&reply->json, "degraded", true);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_cache(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct cache_place place = place_of(request);
    bool asked = parameter_int(request, "load", 0) == 1;
    const char *loader = asked ? routes_write_token(request) : NULL;
    struct cache_value value;
    enum svc_status status = get_patiently(request, &place, loader, &value);

    if (status != SVC_OK) {
        stats_cache(manager->stats, place.space, STATS_MISS);
        return answer_without(reply, asked);
    }
    if (!value.found) {
        stats_cache(manager->stats, place.space, STATS_MISS);
    } else {
        stats_cache(manager->stats, place.space, value.stale ? STATS_STALE : STATS_HIT);
    }
    svc_json_write_object_begin(&reply->json);
    write_value(&reply->json, &value);
    write_load(&reply->json, &value, loader);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* One a line. */
static struct svc_slice read_tags(const struct svc_request *request)
{
    const struct svc_json *tags = svc_json_get(request->body, "tags");
    struct svc_buf out;

    if (!svc_json_is(tags, SVC_JSON_ARRAY)) {
        return (struct svc_slice){0};
    }
    svc_buf_init(&out, TAG_TEXT_MAX);
    for (const struct svc_json *at = tags->first; at != NULL; at = at->next) {
        svc_buf_add(&out, at->text.text, at->text.length);
        svc_buf_add_char(&out, '\n');
    }
    struct svc_slice text = {
        svc_arena_strndup(request->arena, svc_buf_text(&out), out.length), out.length};
    svc_buf_done(&out);
    return text;
}

/* Up to JITTER of it less, so that what was put together doesn't end together. */
static int64_t spread(int64_t time_ms, double jitter)
{
    uint64_t most = (uint64_t)((double)time_ms * jitter);

    return time_ms - (int64_t)svc_random_below(most + 1);
}

enum svc_status put_cache(struct svc_request *request, struct svc_reply *reply)
{
    static const char *const reasons[] = {
        [CACHE_LOADER_LOST] = "loader_lost",
        [CACHE_INVALIDATED] = "invalidated",
    };
    struct cache_place place = place_of(request);
    const struct svc_json *jitter = svc_json_get(request->body, "jitter");
    enum cache_put_outcome outcome = CACHE_PUT;
    struct svc_json_writer writer;
    struct svc_buf value;

    svc_buf_init(&value, (size_t)16 * 1024 * 1024);
    svc_json_write_init(&writer, &value);
    svc_json_write_value(&writer, svc_json_get(request->body, "value"));
    struct cache_entry entry = {
        .value = {value.bytes, value.length},
        .fresh_ms = spread(routes_int(request, "ttl_s", 1800) * 1000,
            jitter != NULL ? svc_json_to_double(jitter) : 0.1),
        .stale_ms = routes_int(request, "stale_s", 0) * 1000,
        .tags = read_tags(request),
        .loader = routes_text(request, "loader"),
    };
    enum svc_status status =
        cache_put(routes_manager(request)->cache, &place, &entry, &outcome);
    svc_buf_done(&value);
    bool saved = status == SVC_OK && outcome == CACHE_PUT;
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "saved", saved);
    if (!saved) {
        svc_json_write_field_text(
            &reply->json, "reason", status == SVC_OK ? reasons[outcome] : "unavailable");
    } else {
        svc_json_write_field_int(&reply->json, "ttl_s", (entry.fresh_ms + 500) / 1000);
    }
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status delete_cache(struct svc_request *request, struct svc_reply *reply)
{
    struct cache_place place = place_of(request);
    bool was_there = false;
    enum svc_status status =
        cache_delete(routes_manager(request)->cache, &place, &was_there);

    if (status != SVC_OK) {
        reply->detail = "Redis is gone, so that nothing could be dropped";
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "deleted", was_there);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status delete_cache_tag(struct svc_request *request, struct svc_reply *reply)
{
    enum svc_status status = cache_delete_tag(routes_manager(request)->cache,
        svc_json_text(svc_request_parameter(request, "namespace")),
        svc_json_text(svc_request_parameter(request, "tag")));

    if (status != SVC_OK) {
        reply->detail = "Redis is gone, so that nothing could be dropped";
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "deleted", true);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
