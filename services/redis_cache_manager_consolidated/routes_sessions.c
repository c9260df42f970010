#include "routes.h"

static struct svc_slice customer_key(const struct svc_request *request)
{
    return svc_json_text(svc_request_parameter(request, "customer_phone"));
}

static void count_source(
    struct manager *manager, const struct store_record *record, bool created)
{
    static const enum stats_source sources[] = {
        [STORE_MEMORY] = STATS_MEMORY,
        [STORE_REDIS] = STATS_REDIS,
        [STORE_POSTGRES] = STATS_POSTGRES,
    };
    enum stats_source source = sources[record->source];

    if (record->head.form != SESSION_LIVE) {
        source = STATS_NOT_FOUND;
    } else if (created) {
        source = STATS_CREATED;
    }
    stats_session(manager->stats, source);
}

enum svc_status post_session_load(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct session_outcome outcome;
    struct session_call call = {
        .key = customer_key(request),
        .ttl_s = routes_int(request, "ttl_s", 0),
        .profile = routes_profile(request, svc_json_get(request->body, "customer")),
    };
    enum svc_status status =
        sessions_load(&manager->sessions, request->arena, &call, &outcome);

    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    count_source(manager, &outcome.record, outcome.created);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", !outcome.created);
    svc_json_write_field_bool(&reply->json, "created", outcome.created);
    svc_json_write_field_slice(&reply->json, "customer_key", outcome.record.key);
    routes_write_session(&reply->json, &outcome.record, outcome.created);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_session(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct store_record record;
    enum svc_status status =
        sessions_get(&manager->sessions, request->arena, customer_key(request), &record);

    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    count_source(manager, &record, false);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", record.head.form == SESSION_LIVE);
    svc_json_write_field_slice(&reply->json, "customer_key", record.key);
    routes_write_session(&reply->json, &record, false);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

static void write_outcome(struct svc_json_writer *writer, const char *verb,
    const struct session_outcome *outcome)
{
    bool done = outcome->refusal == SESSION_TAKEN_AS_IS;

    svc_json_write_object_begin(writer);
    svc_json_write_field_bool(writer, verb, done);
    if (!done) {
        svc_json_write_field_text(writer, "reason", routes_reason(outcome->refusal));
    }
    if (outcome->repeated) {
        svc_json_write_field_bool(writer, "repeated", true);
        svc_json_write_field_int(writer, "saved_version", outcome->version_then);
    }
    svc_json_write_field_slice(writer, "customer_key", outcome->record.key);
    routes_write_session(writer, &outcome->record, outcome->created && done);
    svc_json_write_object_end(writer);
}

static enum svc_status write_session(
    struct svc_request *request, struct svc_reply *reply, enum session_change change)
{
    struct manager *manager = routes_manager(request);
    struct session_outcome outcome;
    struct session_call call = {
        .key = customer_key(request),
        .ttl_s = routes_int(request, "ttl_s", 0),
        .lease = routes_text(request, "lease"),
        .write_token = routes_write_token(request),
    };

    if (!routes_if_version(request, reply, &call.if_version)) {
        return SVC_MALFORMED;
    }
    enum svc_status status = sessions_write(
        &manager->sessions, request->arena, &call, change, request->body, &outcome);
    if (status == SVC_OK && outcome.refusal == SESSION_TOO_LARGE) {
        status = SVC_TOO_LARGE;
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    write_outcome(&reply->json, "saved", &outcome);
    return SVC_OK;
}

enum svc_status put_session(struct svc_request *request, struct svc_reply *reply)
{
    return write_session(request, reply, SESSION_SET);
}

enum svc_status patch_session(struct svc_request *request, struct svc_reply *reply)
{
    return write_session(request, reply, SESSION_PATCH);
}

enum svc_status delete_session(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct session_outcome outcome;
    struct session_call call = {.key = customer_key(request)};

    if (!routes_if_version(request, reply, &call.if_version)) {
        return SVC_MALFORMED;
    }
    enum svc_status status =
        sessions_delete(&manager->sessions, request->arena, &call, &outcome);
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    write_outcome(&reply->json, "deleted", &outcome);
    return SVC_OK;
}

enum svc_status post_session_touch(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct session_outcome outcome;
    struct session_call call = {
        .key = customer_key(request),
        .ttl_s = routes_int(request, "ttl_s", 0),
    };
    enum svc_status status =
        sessions_touch(&manager->sessions, request->arena, &call, &outcome);

    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    write_outcome(&reply->json, "touched", &outcome);
    return SVC_OK;
}
