#include "routes.h"

#include <svc/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What makes one execution the same one when it asks again. */
static struct svc_slice make_owner(const struct svc_request *request)
{
    return (struct svc_slice){routes_write_token(request), SESSION_WRITE_SIZE - 1};
}

static void write_lease(struct svc_json_writer *writer, const struct turn *turn)
{
    char expires[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_key(writer, "lease");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "token", turn->lease);
    svc_json_write_field_int(writer, "fence", turn->fence);
    svc_json_write_field_text(
        writer, "expires_at", svc_clock_format_ms(turn->lease_expires_ms, expires));
    svc_json_write_object_end(writer);
}

static void write_messages(
    struct svc_arena *arena, struct svc_json_writer *writer, const struct turn_list *list)
{
    int64_t again = 0;

    svc_json_write_key(writer, "messages");
    svc_json_write_array_begin(writer);
    for (const struct turn_message *at = list->first; at != NULL; at = at->next) {
        svc_json_write_value(writer, at->content);
        again += at->again;
    }
    svc_json_write_array_end(writer);
    svc_json_write_field_slice(writer, "text", turn_list_text(arena, list));
    svc_json_write_field_int(writer, "redelivered", again);
}

static const char *reason_of(enum turn_step step)
{
    static const char *const names[] = {
        [TURN_MERGED] = "merged",
        [TURN_DONE] = "done",
        [TURN_BUSY] = "busy",
        [TURN_EMPTY] = "empty",
        [TURN_FULL] = "full",
    };

    return names[step];
}

/* The last answer, for whoever asks again about one of its messages. */
static const struct svc_json *find_reply(
    const struct turn *turn, const struct svc_json *message)
{
    struct svc_slice id = svc_json_get_text(message, "message_id");
    const struct svc_json *at = turn->last_ids != NULL ? turn->last_ids->first : NULL;

    while (at != NULL && (id.text == NULL || !svc_slice_equals(at->text, id.text))) {
        at = at->next;
    }
    return at != NULL ? turn->last_reply : NULL;
}

static void write_begun(struct svc_arena *arena, struct svc_json_writer *writer,
    const struct turn_outcome *outcome, const struct svc_json *message)
{
    bool has_turn = outcome->step == TURN_TAKEN || outcome->step == TURN_AGAIN;

    svc_json_write_object_begin(writer);
    svc_json_write_field_bool(writer, "turn", has_turn);
    svc_json_write_field_slice(writer, "customer_key", outcome->record.key);
    svc_json_write_field_int(writer, "pending", (int64_t)outcome->turn.pending.count);
    if (!has_turn) {
        svc_json_write_field_text(writer, "reason", reason_of(outcome->step));
        if (outcome->step == TURN_DONE) {
            svc_json_write_optional_value(
                writer, "reply", find_reply(&outcome->turn, message));
        }
        svc_json_write_object_end(writer);
        return;
    }
    if (outcome->step == TURN_AGAIN) {
        svc_json_write_field_bool(writer, "repeated", true);
    }
    write_lease(writer, &outcome->turn);
    write_messages(arena, writer, &outcome->messages);
    routes_write_session(writer, &outcome->record, outcome->created);
    svc_json_write_object_end(writer);
}

static bool has_hung_up(const void *request)
{
    return svc_request_is_abandoned(request);
}

enum svc_status post_turn_begin(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    const struct svc_json *message = svc_json_get(request->body, "message");
    struct turn_outcome outcome;
    struct turn_begin_call call = {
        .session = {.key = routes_text(request, "customer_phone"),
            .ttl_s = routes_int(request, "ttl_s", 0),
            .profile = routes_profile(request, svc_json_get(message, "from"))},
        .message = svc_json_is(message, SVC_JSON_OBJECT) ? message : NULL,
        .owner = make_owner(request),
        .wait_ms = routes_int(request, "wait_ms", manager->config->turn_wait_ms),
        .lease_ms = routes_int(request, "lease_ms", 0),
        .is_gone = has_hung_up,
        .caller = request,
    };
    enum svc_status status = turns_begin(manager->turns, request->arena, &call, &outcome);

    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    write_begun(request->arena, &reply->json, &outcome, call.message);
    return SVC_OK;
}

static void write_ended(
    struct svc_json_writer *writer, const struct turn_end_outcome *outcome, bool patched)
{
    bool lost = outcome->step == TURN_LEASE_LOST;
    bool before = outcome->step == TURN_ENDED_BEFORE;
    bool refused = outcome->refusal == SESSION_VERSION_CONFLICT;
    bool saved = before ? outcome->turn.last_version > 0
                        : !lost && patched && outcome->refusal == SESSION_TAKEN_AS_IS;

    svc_json_write_object_begin(writer);
    svc_json_write_field_bool(writer, "ended", !lost && !refused);
    svc_json_write_field_bool(writer, "saved", saved);
    if (lost) {
        svc_json_write_field_text(writer, "reason", routes_reason(SESSION_LEASE_LOST));
    } else if (outcome->refusal != SESSION_TAKEN_AS_IS) {
        svc_json_write_field_text(writer, "reason", routes_reason(outcome->refusal));
    }
    if (before) {
        svc_json_write_field_bool(writer, "repeated", true);
    }
    svc_json_write_field_slice(writer, "customer_key", outcome->record.key);
    svc_json_write_field_int(writer, "pending", (int64_t)outcome->turn.pending.count);
    routes_write_session(writer, &outcome->record, false);
    svc_json_write_object_end(writer);
}

/* Once a turn, which its lease stands for. */
static void tell_reply(const struct svc_request *request,
    const struct turn_end_call *call, const struct turn_end_outcome *outcome)
{
    char data[80];

    if (outcome->step != TURN_ENDED || outcome->took_ms < 0) {
        return;
    }
    snprintf(data, sizeof data, "{\"latency_ms\":%" PRId64 ",\"ok\":%s}",
        outcome->took_ms, call->done ? "true" : "false");
    const struct svc_event event = {
        .type = "reply",
        .subject = call->session.lease,
        .customer_key = call->session.key,
        .data = {data, strlen(data)},
    };
    svc_events_add(request->runtime->events, &event);
}

enum svc_status post_turn_end(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    const struct svc_json *parts = svc_json_get(request->body, "session");
    struct turn_end_outcome outcome;
    struct turn_end_call call = {
        .session = {.key = routes_text(request, "customer_phone"),
            .ttl_s = routes_int(request, "ttl_s", 0),
            .lease = routes_text(request, "lease"),
            .write_token = routes_write_token(request)},
        .done = !svc_slice_equals(routes_text(request, "outcome"), "failed"),
        .parts = svc_json_is(parts, SVC_JSON_OBJECT) ? parts : NULL,
        .reply = svc_json_get(request->body, "reply"),
    };

    if (!routes_if_version(request, reply, &call.session.if_version)) {
        return SVC_MALFORMED;
    }
    enum svc_status status = turns_end(manager->turns, request->arena, &call, &outcome);
    if (status == SVC_OK && outcome.refusal == SESSION_TOO_LARGE) {
        status = SVC_TOO_LARGE;
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    tell_reply(request, &call, &outcome);
    write_ended(&reply->json, &outcome, call.parts != NULL);
    return SVC_OK;
}
