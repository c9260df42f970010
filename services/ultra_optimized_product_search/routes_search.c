#include "routes.h"

#include <svc/clock.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Units that may be asked for; more fits no catalogue. */
#define UNITS_MAX 1e12
/* Of the same search, a millisecond apart, while the shop changes its currency. */
#define MONEY_TRIES 200
/* Bytes of the words that go into an event. */
#define EVENT_QUERY_MAX ((size_t)200)

static struct svc_slice body_text(const struct svc_request *request, const char *name)
{
    struct svc_slice text = svc_json_get_text(request->body, name);

    return text.text != NULL ? text : SVC_SLICE("");
}

static int64_t body_minor(
    const struct svc_request *request, const char *name, const struct shop *shop)
{
    const struct svc_json *value = svc_json_get(request->body, name);
    double units = svc_json_to_double(value);

    if (!svc_json_is(value, SVC_JSON_NUMBER) || !(units >= 0)) {
        return -1;
    }
    return llround(fmin(units, UNITS_MAX) * (double)shop->minor_per_unit);
}

static bool body_bool(const struct svc_request *request, const char *name, bool fallback)
{
    const struct svc_json *value = svc_json_get(request->body, name);

    if (svc_json_is(value, SVC_JSON_TRUE)) {
        return true;
    }
    return svc_json_is(value, SVC_JSON_FALSE) ? false : fallback;
}

/* A category by its id, or its name. What is no category's name are words to look for:
 * whoever asks may have it from a customer. */
static void read_category(const struct svc_request *request, struct asked *asked)
{
    const struct svc_json *value = svc_json_get(request->body, "category");
    struct svc_slice name = svc_json_text(value);
    struct search *search = &asked->search;
    int64_t id = 0;

    if (svc_json_to_int64(value, &id) || svc_text_to_int64(name, &id)) {
        search->category_id = id;
        return;
    }
    if (name.length == 0) {
        return;
    }
    need_categories(request);
    search->category_id =
        categories_find(state_of(request)->categories, request->arena, name);
    if (search->category_id != 0) {
        return;
    }
    asked->unknown_category = name;
    if (search->text.length == 0) {
        search->text = name;
        return;
    }
    char *both = svc_arena_alloc(request->arena, search->text.length + name.length + 2);
    memcpy(both, search->text.text, search->text.length);
    both[search->text.length] = ' ';
    memcpy(both + search->text.length + 1, name.text, name.length);
    search->text.text = both;
    search->text.length += name.length + 1;
}

static void read_body(const struct svc_request *request, struct asked *asked)
{
    struct search *search = &asked->search;
    struct svc_slice sort = body_text(request, "sort");
    int64_t limit = 0;

    search_init(search);
    search->text = body_text(request, "query");
    asked->shop = feed_shop(state_of(request)->feed);
    search->price_min_minor = body_minor(request, "price_min", &asked->shop);
    search->price_max_minor = body_minor(request, "price_max", &asked->shop);
    search->on_offer = body_bool(request, "on_offer", false);
    search->in_stock = body_bool(request, "in_stock", false);
    search->brand = body_text(request, "brand");
    search->sort = sort.length > 0 ? search_sort_find(sort) : -1;
    search->facets = body_bool(request, "facets", true);
    if (svc_json_to_int64(svc_json_get(request->body, "limit"), &limit)) {
        search->limit = (size_t)limit;
    }
    asked->customer = svc_json_get_text(request->body, "customer_phone");
    asked->language = body_text(request, "language");
    read_category(request, asked);
}

enum svc_status follow_cursor(struct svc_request *request, struct svc_reply *reply,
    struct svc_slice cursor, const char *pointer, struct search *search)
{
    static const char *const faults[] = {
        [CURSOR_BROKEN] = "is no cursor of this service",
        [CURSOR_OTHER] =
            "is the cursor of another search; ask for its first page without",
        [CURSOR_SHORT] = "is the cursor of a long search, which has to be sent along",
    };

    if (cursor.length > 0) {
        enum cursor_outcome outcome = cursor_read(cursor, request->arena, search);
        if (outcome != CURSOR_FINE) {
            svc_problems_add_at(reply->problems, pointer, faults[outcome]);
            return SVC_INVALID;
        }
    }
    if (search->limit == 0) {
        search->limit = SEARCH_LIMIT_DEFAULT;
    }
    if (search->offset + search->limit > INDEX_WINDOW_MAX) {
        search->limit = INDEX_WINDOW_MAX - search->offset;
    }
    return SVC_OK;
}

static enum svc_status find(const struct svc_request *request, const struct asked *asked,
    const struct query *query, struct index_result *ret_result, char ret_error[256])
{
    struct search_state *state = state_of(request);
    const struct search *search = &asked->search;
    const struct index_options options = {
        .limit = search->limit,
        .offset = search->offset,
        .now_s = svc_clock_unix_ms() / 1000,
        .facets = search->facets,
        .partial = true,
    };

    if (feed_is_ready(state->feed)) {
        index_search(state->index, query, &options, request->arena, ret_result);
        svc_counter_add(state->from_index, 1);
        return SVC_OK;
    }
    svc_counter_add(state->from_postgres, 1);
    const struct store_question question = {query, &options, asked->shop.minor_per_unit};
    return store_search(state->store, &question, request->arena, ret_result, ret_error);
}

/* What people look for and don't find. The words are a shop's, not a person's. */
static void tell_search(const struct svc_request *request, const struct asked *asked,
    const struct index_result *result, int64_t took_ns)
{
    struct svc_slice query = asked->search.text;
    struct svc_json_writer writer;
    struct svc_buf data;

    if (request->runtime->events == NULL) {
        return;
    }
    query.length = query.length < EVENT_QUERY_MAX ? query.length : EVENT_QUERY_MAX;
    svc_buf_init(&data, 4096);
    svc_json_write_init(&writer, &data);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "query", query);
    svc_json_write_field_int(&writer, "total", (int64_t)result->total);
    svc_json_write_key(&writer, "latency_ms");
    svc_json_write_double(&writer, (double)(took_ns / 1000) / 1000.0);
    svc_json_write_object_end(&writer);
    const struct svc_event event = {
        .type = "search",
        .customer_key = asked->customer,
        .data = {svc_buf_text(&data), data.length},
    };
    svc_events_add(request->runtime->events, &event);
    svc_buf_done(&data);
}

static void note(const struct svc_request *request, const struct asked *asked,
    const struct index_result *result, int64_t took_ns, bool ready)
{
    struct search_state *state = state_of(request);
    struct search_log_entry entry = {
        .query = asked->search.text,
        .total = result->total,
        .relaxed = result->relaxed,
        .took_us = took_ns / 1000,
        .source = ready ? "index" : "postgresql",
    };

    svc_histogram_observe(state->search_time, took_ns);
    if (result->total == 0) {
        svc_counter_add(state->found_nothing, 1);
    }
    if (asked->search.offset > 0 || asked->search.text.length == 0) {
        return;
    }
    tell_search(request, asked, result, took_ns);
    search_log_hash(asked->customer, entry.customer_hash);
    if (!search_log_note(state->log, &entry)) {
        svc_counter_add(state->log_dropped, 1);
    }
}

static void write_cursor(struct svc_json_writer *writer, const struct search *search,
    const struct index_result *result)
{
    size_t next = search->offset + result->hit_count;
    struct svc_buf cursor;

    svc_json_write_key(writer, "cursor");
    if (result->hit_count == 0 || next >= result->total || next >= INDEX_WINDOW_MAX) {
        svc_json_write_null(writer);
        return;
    }
    svc_buf_init(&cursor, 2 * CURSOR_TEXT_MAX);
    cursor_write(search, next, &cursor);
    svc_json_write_text(writer, svc_buf_text(&cursor));
    svc_buf_done(&cursor);
}

static void write_answer(struct svc_request *request, struct svc_reply *reply,
    const struct asked *asked, const struct query *query,
    const struct index_result *result)
{
    struct svc_json_writer *writer = &reply->json;
    struct category_list categories = {0};
    struct reply message;
    struct answer answer;

    start_reply(
        &message, request, writer, &asked->shop, asked->language, asked->customer);
    answer_init(&answer, writer, &message.shop, message.now_s);
    svc_json_write_key(writer, "products");
    answer_hits(&answer, query, result);
    svc_json_write_field_int(writer, "total", (int64_t)result->total);
    svc_json_write_field_bool(writer, "total_at_least", result->total_at_least);
    answer_facets(&answer, result->facets);
    svc_json_write_field_slice(writer, "did_you_mean",
        result->did_you_mean.length > 0 ? result->did_you_mean
                                        : (struct svc_slice){NULL, 0});
    svc_json_write_field_bool(writer, "relaxed", result->relaxed);
    write_cursor(writer, &asked->search, result);
    answer_filters(&answer, query);
    answer_done(&answer);
    if (asked->unknown_category.length > 0) {
        svc_json_write_field_slice(writer, "unknown_category", asked->unknown_category);
    }
    if (result->hit_count == 0) {
        find_categories(request, &categories);
    }
    const struct reply_search found = {&asked->search, query, result, &categories};
    svc_json_write_key(writer, "reply");
    reply_search(&message, &found);
}

/* What was asked for in another money, in that of the shop as it is now. */
static void take_shop(const struct svc_request *request, struct asked *asked)
{
    struct shop shop = feed_shop(state_of(request)->feed);
    int64_t *amounts[] = {&asked->search.price_min_minor, &asked->search.price_max_minor};

    for (size_t i = 0; i < 2; i++) {
        if (*amounts[i] > 0) {
            *amounts[i] = *amounts[i] * shop.minor_per_unit / asked->shop.minor_per_unit;
        }
    }
    asked->shop = shop;
}

/* Once more where the shop changed its money meanwhile: the amounts of the index are to
 * be those of the shop. */
static enum svc_status search(const struct svc_request *request, struct asked *asked,
    struct query *query, struct index_result *ret_result, char ret_error[256])
{
    struct search_state *state = state_of(request);
    const struct timespec moment = {.tv_nsec = 1000000};
    enum svc_status status = SVC_OK;

    for (int i = 0; i < MONEY_TRIES; i++) {
        unsigned money = feed_money(state->feed);
        if (i > 0) {
            nanosleep(&moment, NULL);
            take_shop(request, asked);
        }
        memset(query, 0, sizeof *query);
        memset(ret_result, 0, sizeof *ret_result);
        query_read(state->words, state->analyser, request->arena, asked->search.text,
            asked->shop.minor_per_unit, query);
        search_filter(&asked->search, state->analyser, request->arena, query);
        status = find(request, asked, query, ret_result, ret_error);
        if (status != SVC_OK || (money % 2 == 0 && money == feed_money(state->feed))) {
            return status;
        }
    }
    snprintf(ret_error, 256, "the currency is changing");
    return SVC_UNAVAILABLE;
}

enum svc_status answer_search(
    struct svc_request *request, struct svc_reply *reply, struct asked *asked)
{
    struct search_state *state = state_of(request);
    struct index_result result = {0};
    struct query query = {0};
    int64_t start_ns = svc_clock_monotonic_ns();
    bool ready = feed_is_ready(state->feed);
    char error[256];

    enum svc_status status = search(request, asked, &query, &result, error);
    if (status != SVC_OK) {
        return no_answer(
            reply, "the index isn't built yet, and PostgreSQL can't answer", error);
    }
    int64_t took_ns = svc_clock_monotonic_ns() - start_ns;
    note(request, asked, &result, took_ns, ready);
    svc_json_write_object_begin(&reply->json);
    write_answer(request, reply, asked, &query, &result);
    svc_json_write_field_text(&reply->json, "source", ready ? "index" : "postgresql");
    svc_json_write_key(&reply->json, "took_ms");
    svc_json_write_double(&reply->json, (double)(took_ns / 1000) / 1000.0);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status post_search(struct svc_request *request, struct svc_reply *reply)
{
    struct asked asked = {0};

    read_body(request, &asked);
    enum svc_status status = follow_cursor(
        request, reply, body_text(request, "cursor"), "/cursor", &asked.search);
    if (status != SVC_OK) {
        return status;
    }
    return answer_search(request, reply, &asked);
}
