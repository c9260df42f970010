#include "routes.h"

#include <svc/clock.h>

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define FUTURE_MS INT64_C(3600000)
/* Of one request; more go in several. */
#define EVENTS_OF_A_REQUEST ((size_t)5000)

struct rejected {
    size_t index;
    const char *reason;
};

/* One request's events on their way. */
struct intake {
    struct svc_arena *arena;
    struct event_rules rules;
    size_t room;
    struct event *events;
    struct store_event *sent;
    size_t *indexes; /* where each of `events` stood */
    size_t count;
    struct rejected *rejected;
    size_t rejected_count;
};

/* The event in an item of n8n's Webhook node. */
static const struct svc_json *unwrap(const struct svc_json *value)
{
    const struct svc_json *body = svc_json_get(value, "body");

    return body != NULL && svc_json_get(value, "headers") != NULL ? body : value;
}

/* The list in what was sent, or NULL where that is one event. */
static const struct svc_json *list_of(const struct svc_json *body)
{
    const struct svc_json *events = svc_json_get(body, "events");

    if (svc_json_is(body, SVC_JSON_ARRAY)) {
        return body;
    }
    return svc_json_is(events, SVC_JSON_ARRAY) ? events : NULL;
}

static void reject(struct intake *intake, size_t index, const char *reason)
{
    intake->rejected[intake->rejected_count++] = (struct rejected){
        index, svc_arena_strndup(intake->arena, reason, strlen(reason))};
}

static void read_one(struct intake *intake, const struct svc_json *value, size_t index)
{
    char reason[EVENT_REASON_SIZE];
    struct event *event = &intake->events[intake->count];

    if (!event_read(intake->arena, unwrap(value), &intake->rules, event, reason)) {
        reject(intake, index, reason);
        return;
    }
    intake->sent[intake->count].event = event;
    intake->indexes[intake->count] = index;
    intake->count++;
}

static void init_intake(
    struct intake *intake, struct svc_request *request, size_t room, bool intents)
{
    const struct service *service = request->runtime->state;
    int64_t now_ms = svc_clock_unix_ms();

    intake->arena = request->arena;
    intake->rules = (struct event_rules){
        .now_ms = now_ms,
        .earliest_ms = now_ms - service->config->events_days * DAY_MS,
        .latest_ms = now_ms + FUTURE_MS,
        .intents = intents,
    };
    intake->events = svc_arena_alloc(request->arena, room * sizeof intake->events[0]);
    intake->sent = svc_arena_alloc(request->arena, room * sizeof intake->sent[0]);
    intake->indexes = svc_arena_alloc(request->arena, room * sizeof intake->indexes[0]);
    intake->rejected = svc_arena_alloc(request->arena, room * sizeof intake->rejected[0]);
}

static void write_answer(struct svc_json_writer *writer, const struct intake *intake,
    size_t accepted, size_t duplicate, bool spooled)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "accepted", (int64_t)accepted);
    svc_json_write_field_int(writer, "duplicate", (int64_t)duplicate);
    svc_json_write_field_bool(writer, "spooled", spooled);
    svc_json_write_key(writer, "rejected");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < intake->rejected_count; i++) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_int(writer, "index", (int64_t)intake->rejected[i].index);
        svc_json_write_field_text(writer, "reason", intake->rejected[i].reason);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

/* Those that were let go are told apart from those that are there already. */
static size_t count_accepted(struct intake *intake, const struct ingest_batch *batch)
{
    size_t accepted = 0;

    for (size_t i = 0; i < intake->count; i++) {
        accepted += intake->sent[i].accepted;
    }
    for (size_t i = 0; batch->spooled && i < intake->count; i++) {
        if (!intake->sent[i].accepted) {
            reject(intake, intake->indexes[i],
                "there is no room for it while PostgreSQL is away");
        }
    }
    return accepted;
}

static enum svc_status take(
    struct svc_request *request, struct svc_reply *reply, bool intents)
{
    const struct service *service = request->runtime->state;
    const struct svc_json *list = list_of(request->body);
    size_t room = list != NULL ? list->count : 1;
    struct intake intake = {0};
    size_t index = 0;

    if (room > EVENTS_OF_A_REQUEST) {
        reply->detail = "more than 5000 events in one request";
        return SVC_TOO_LARGE;
    }
    init_intake(&intake, request, room, intents);
    for (const struct svc_json *each = list != NULL ? list->first : request->body;
         each != NULL; each = list != NULL ? each->next : NULL) {
        read_one(&intake, each, index++);
    }
    struct ingest_batch batch = {.events = intake.sent, .count = intake.count};
    if (intake.count > 0) {
        enum svc_status status = ingest_put(service->ingest, &batch);
        if (status != SVC_OK) {
            reply->detail =
                svc_arena_strndup(request->arena, batch.error, strlen(batch.error));
            return status;
        }
    }
    size_t accepted = count_accepted(&intake, &batch);
    size_t duplicate = batch.spooled ? 0 : intake.count - accepted;
    write_answer(&reply->json, &intake, accepted, duplicate, batch.spooled);
    return SVC_OK;
}

enum svc_status post_events(struct svc_request *request, struct svc_reply *reply)
{
    return take(request, reply, false);
}

enum svc_status post_intent_events(struct svc_request *request, struct svc_reply *reply)
{
    return take(request, reply, true);
}

enum svc_status post_rebuild(struct svc_request *request, struct svc_reply *reply)
{
    const struct service *service = request->runtime->state;
    char error[256];
    enum svc_status status = projector_rebuild(service->projector, error);

    if (status != SVC_OK) {
        reply->detail = svc_arena_strndup(request->arena, error, strlen(error));
        return status == SVC_INTERNAL ? status : SVC_UNAVAILABLE;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "started", true);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
