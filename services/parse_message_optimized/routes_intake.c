/* Durable intake over HTTP. */
#include "envelope.h"
#include "routes.h"
#include "signature.h"

#include <svc/pg.h>

#include <stdio.h>

/* An element of the stored JSON has some hundred bytes beside the message's own. */
#define STORED_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define IDS_BYTES_MAX ((size_t)32 * 1024)

static enum svc_status need_intake(
    const struct svc_request *request, struct svc_reply *reply)
{
    if (state_of(request)->intake == NULL) {
        return refuse(reply, SVC_UNAVAILABLE,
            "there is no intake: N8N_WEBHOOK_URL and DATABASE_URL are to be set");
    }
    return SVC_OK;
}

/* Nobody but Meta may fill the store: what comes here is signed. */
static enum svc_status check_sender(
    const struct svc_request *request, struct svc_reply *reply)
{
    const char *secrets = state_of(request)->config->app_secrets;
    struct svc_slice header = svc_request_header(request, "X-Hub-Signature-256");

    if (secrets == NULL) {
        return refuse(reply, SVC_FORBIDDEN, "WHATSAPP_APP_SECRET is not set");
    }
    if (request->raw_body.text != NULL &&
        signature_check(request->raw_body, header, secrets) == SIGNATURE_VERIFIED) {
        return SVC_OK;
    }
    svc_counter_add(state_of(request)->bad_signatures, 1);
    return refuse(reply, SVC_UNAUTHORIZED,
        "X-Hub-Signature-256 is not the HMAC-SHA-256 of this body by the app secret");
}

static enum svc_status store_batch(const struct svc_request *request,
    const struct batch *batch, size_t *ret_count, int64_t *ret_new)
{
    const struct config *config = state_of(request)->config;
    enum svc_status status = SVC_OK;
    struct svc_buf stored;

    svc_buf_init(&stored, STORED_BYTES_MAX);
    *ret_count = envelope_write_stored(batch, &stored);
    *ret_new = 0;
    if (stored.overflow) {
        status = SVC_TOO_LARGE;
    } else if (*ret_count > 0) {
        status = intake_store_put(request->runtime->pg,
            (struct svc_slice){svc_buf_text(&stored), stored.length}, config->coalesce_ms,
            config->coalesce_max_ms, ret_new);
    }
    svc_buf_done(&stored);
    return status;
}

enum svc_status post_webhook(struct svc_request *request, struct svc_reply *reply)
{
    struct parse_state *state = state_of(request);
    struct svc_json_writer *writer = &reply->json;
    struct batch batch;
    size_t count = 0;
    int64_t new_count = 0;
    enum svc_status status = need_intake(request, reply);

    status = status == SVC_OK ? check_sender(request, reply) : status;
    if (status != SVC_OK) {
        return status;
    }
    status = read_batch(request, reply, &batch);
    if (status != SVC_OK) {
        return status;
    }
    status = store_batch(request, &batch, &count, &new_count);
    if (status != SVC_OK) {
        return refuse(reply, status, "it couldn't be stored: send it again");
    }
    count_batch(state, &batch);
    svc_counter_add(state->stored, (uint64_t)new_count);
    svc_counter_add(state->known, count - (uint64_t)new_count);
    tell_batch(request->runtime->events, &batch);
    if (new_count > 0) {
        intake_wake(state->intake);
    }
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "stored", new_count);
    svc_json_write_field_int(writer, "known", (int64_t)count - new_count);
    svc_json_write_field_int(writer, "statuses", (int64_t)batch.status_count);
    svc_json_write_object_end(writer);
    return SVC_OK;
}

enum svc_status get_intake(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_json_writer *writer = &reply->json;
    struct intake_totals totals;
    enum svc_status status = need_intake(request, reply);

    if (status != SVC_OK) {
        return status;
    }
    if (intake_store_totals(request->runtime->pg, &totals) != SVC_OK) {
        return refuse(reply, SVC_UNAVAILABLE, "PostgreSQL can't answer");
    }
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "waiting", totals.waiting);
    svc_json_write_field_int(writer, "in_flight", totals.in_flight);
    svc_json_write_field_int(writer, "dead", totals.dead);
    svc_json_write_field_int(writer, "oldest_ms", totals.oldest_ms);
    svc_json_write_field_int(writer, "limit", intake_limit(state_of(request)->intake));
    svc_json_write_object_end(writer);
    return SVC_OK;
}

static void write_dead(struct svc_json_writer *writer, const struct intake_dead *dead)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "id", dead->id);
    svc_json_write_field_slice(writer, "message_id", dead->message_id);
    svc_json_write_field_slice(writer, "phone_number_id", dead->phone_number_id);
    svc_json_write_field_slice(writer, "customer_key", dead->customer_key);
    svc_json_write_field_slice(writer, "received_at", dead->received_at);
    svc_json_write_field_slice(writer, "died_at", dead->died_at);
    svc_json_write_field_int(writer, "attempts", dead->attempts);
    svc_json_write_field_slice(writer, "error", dead->error);
    if (dead->body.length > 0) {
        svc_json_write_key(writer, "message");
        svc_json_write_raw(writer, dead->body);
    }
    svc_json_write_object_end(writer);
}

static int64_t parameter_int(
    const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t number = fallback;

    return svc_json_to_int64(svc_request_parameter(request, name), &number) ? number
                                                                            : fallback;
}

enum svc_status get_dead_letters(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_json_writer *writer = &reply->json;
    int64_t limit = parameter_int(request, "limit", 50);
    struct intake_dead *list = NULL;
    size_t count = 0;
    enum svc_status status = need_intake(request, reply);

    if (status != SVC_OK) {
        return status;
    }
    if (intake_store_dead(request->runtime->pg, parameter_int(request, "after", 0), limit,
            request->arena, &list, &count) != SVC_OK) {
        return refuse(reply, SVC_UNAVAILABLE, "PostgreSQL can't answer");
    }
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "dead_letters");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        write_dead(writer, &list[i]);
    }
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "next");
    if ((int64_t)count == limit) {
        svc_json_write_int(writer, list[count - 1].id);
    } else {
        svc_json_write_null(writer);
    }
    svc_json_write_object_end(writer);
    return SVC_OK;
}

enum svc_status post_dead_letters(struct svc_request *request, struct svc_reply *reply)
{
    const struct svc_json *ids = svc_json_get(request->body, "ids");
    bool replay = svc_slice_equals(svc_json_get_text(request->body, "action"), "replay");
    struct svc_buf list;
    int64_t count = 0;
    enum svc_status status = need_intake(request, reply);

    if (status != SVC_OK) {
        return status;
    }
    svc_buf_init(&list, IDS_BYTES_MAX);
    svc_buf_printf(&list, "{");
    for (const struct svc_json *at = ids != NULL ? ids->first : NULL; at != NULL;
         at = at->next) {
        int64_t id = 0;
        (void)!svc_json_to_int64(at, &id);
        svc_buf_printf(&list, "%s%lld", at == ids->first ? "" : ",", (long long)id);
    }
    svc_buf_printf(&list, "}");
    status = intake_store_revive(
        request->runtime->pg, ids != NULL ? svc_buf_text(&list) : NULL, replay, &count);
    svc_buf_done(&list);
    if (status != SVC_OK) {
        return refuse(reply, SVC_UNAVAILABLE, "PostgreSQL can't answer");
    }
    if (replay && count > 0) {
        intake_wake(state_of(request)->intake);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_int(&reply->json, "count", count);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
