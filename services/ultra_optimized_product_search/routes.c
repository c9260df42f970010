#include "routes.h"

#include <svc/clock.h>
#include <svc/log.h>

#include <string.h>

struct search_state *state_of(const struct svc_request *request)
{
    return request->runtime->state;
}

struct svc_slice parameter_text(const struct svc_request *request, const char *name)
{
    return svc_json_text(svc_request_parameter(request, name));
}

int64_t parameter_int(
    const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t value = fallback;

    return svc_json_to_int64(svc_request_parameter(request, name), &value) ? value
                                                                           : fallback;
}

bool parameter_bool(const struct svc_request *request, const char *name)
{
    return svc_json_is(svc_request_parameter(request, name), SVC_JSON_TRUE);
}

enum svc_status no_answer(struct svc_reply *reply, const char *detail, const char *error)
{
    svc_log(SVC_LOG_WARN, "PostgreSQL can't answer", SVC_TEXT("error", error));
    reply->detail = detail;
    return SVC_UNAVAILABLE;
}

void start_reply(struct reply *ret_reply, const struct svc_request *request,
    struct svc_json_writer *writer, const struct shop *shop, struct svc_slice language,
    struct svc_slice customer)
{
    struct search_state *state = state_of(request);
    const char *standard =
        shop->locale[0] != '\0' ? shop->locale : state->config->language;

    *ret_reply = (struct reply){
        .writer = writer,
        .arena = request->arena,
        .texts = state->texts,
        .locale = language,
        .customer = customer.length > 0 ? customer : (struct svc_slice){NULL, 0},
        .shop = *shop,
        .now_s = svc_clock_unix_ms() / 1000,
    };
    if (language.length == 0) {
        ret_reply->locale.text =
            svc_arena_strndup(request->arena, standard, strlen(standard));
        ret_reply->locale.length = strlen(standard);
    }
}

void need_categories(const struct svc_request *request)
{
    struct search_state *state = state_of(request);
    struct category_list list = {0};
    struct svc_arena arena = {0};
    char error[256];

    if (categories_are_set(state->categories)) {
        return;
    }
    if (store_read_categories(state->store, feed_shop(state->feed).minor_per_unit, &arena,
            &list, error) == SVC_OK) {
        categories_set(state->categories, &arena, &list);
    }
    svc_arena_done(&arena);
}

void find_categories(
    const struct svc_request *request, struct category_list *ret_categories)
{
    *ret_categories = (struct category_list){0};
    need_categories(request);
    (void)categories_get(state_of(request)->categories, request->arena, ret_categories);
}

enum svc_status get_suggest(struct svc_request *request, struct svc_reply *reply)
{
    struct search_state *state = state_of(request);
    struct svc_slice prefix = parameter_text(request, "q");
    size_t limit = (size_t)parameter_int(request, "limit", SEARCH_LIMIT_DEFAULT);
    bool ready = feed_is_ready(state->feed);
    struct store_suggestions found = {0};
    char error[256];

    if (ready) {
        found.list = svc_arena_alloc(request->arena, limit * sizeof *found.list);
        found.count =
            index_suggest(state->index, prefix, limit, request->arena, found.list);
    } else if (prefix.length > 0 && store_suggest(state->store, prefix, limit,
                                        request->arena, &found, error) != SVC_OK) {
        return no_answer(
            reply, "the index isn't built yet, and PostgreSQL can't answer", error);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_key(&reply->json, "suggestions");
    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < found.count; i++) {
        svc_json_write_object_begin(&reply->json);
        svc_json_write_field_slice(&reply->json, "text", found.list[i].text);
        svc_json_write_field_int(&reply->json, "count", (int64_t)found.list[i].count);
        svc_json_write_object_end(&reply->json);
    }
    svc_json_write_array_end(&reply->json);
    svc_json_write_field_text(&reply->json, "source", ready ? "index" : "postgresql");
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* An enormous checksum as text, since JSON's numbers are doubles to many readers. */
static void write_checksum(struct svc_json_writer *writer, uint64_t checksum)
{
    char hex[17];
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(checksum >> (56 - 8 * i));
    }
    svc_text_to_hex(bytes, sizeof bytes, hex);
    svc_json_write_field_text(writer, "checksum", hex);
}

enum svc_status get_index(struct svc_request *request, struct svc_reply *reply)
{
    struct search_state *state = state_of(request);
    struct svc_json_writer *writer = &reply->json;
    struct index_stats stats = {0};
    struct feed_state feed;
    char time[SVC_CLOCK_TEXT_SIZE];

    feed_state(state->feed, &feed);
    index_stats(state->index, &stats);
    svc_json_write_object_begin(writer);
    svc_json_write_field_bool(writer, "ready", feed.ready);
    svc_json_write_field_int(writer, "products", (int64_t)stats.products);
    svc_json_write_field_int(writer, "segments", (int64_t)stats.segments);
    svc_json_write_field_int(writer, "terms", (int64_t)stats.terms);
    svc_json_write_field_int(writer, "bytes", (int64_t)stats.bytes);
    svc_json_write_field_int(writer, "built_ms", stats.built_ms);
    write_checksum(writer, stats.checksum);
    svc_json_write_key(writer, "current_as_of");
    if (feed.seen_ms > 0) {
        svc_json_write_text(writer, svc_clock_format_ms(feed.seen_ms, time));
    } else {
        svc_json_write_null(writer);
    }
    svc_json_write_field_bool(writer, "from_snapshot", feed.loaded);
    svc_json_write_field_int(writer, "builds", feed.builds);
    svc_json_write_field_int(writer, "rows_read", feed.rows_read);
    svc_json_write_field_int(writer, "changes", feed.changes);
    svc_json_write_field_int(writer, "learned", upkeep_learned(state->upkeep));
    svc_json_write_field_bool(writer, "database_up", feed.database_up);
    svc_json_write_object_end(writer);
    return SVC_OK;
}
