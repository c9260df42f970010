#include "routes.h"

#include "answer.h"
#include "hash.h"
#include "signature.h"

#include <svc/clock.h>
#include <svc/random.h>

#include <stdio.h>
#include <string.h>

#define TOKEN_BYTES 12

struct parse_state *state_of(const struct svc_request *request)
{
    return request->runtime->state;
}

enum svc_status refuse(
    struct svc_reply *reply, enum svc_status status, const char *detail)
{
    reply->detail = detail;
    return status;
}

/* The signature's state as the answer shows it; NULL, with the reply's detail, where the
 * body must not be taken. */
static const char *check_signature(
    const struct svc_request *request, struct svc_reply *reply)
{
    const struct config *config = state_of(request)->config;
    struct svc_slice header = svc_request_header(request, "X-Hub-Signature-256");

    if (config->app_secrets == NULL) {
        return "not_configured";
    }
    if (request->raw_body.text == NULL) {
        if (config->signature_mode == SIGNATURE_MODE_STRICT) {
            reply->detail = "SIGNATURE_MODE is strict, and what n8n wrote anew can't be "
                            "checked: send the raw body (Webhook node: option Raw Body)";
            return NULL;
        }
        return "unverified";
    }
    switch (signature_check(request->raw_body, header, config->app_secrets)) {
    case SIGNATURE_VERIFIED:
        return "verified";
    case SIGNATURE_MISSING:
        reply->detail = "the header X-Hub-Signature-256 is missing";
        return NULL;
    case SIGNATURE_WRONG:
        reply->detail = "X-Hub-Signature-256 is not the HMAC-SHA-256 of this body by the "
                        "app secret";
        return NULL;
    }
    return NULL;
}

/* Whether LIST ("1065, 1066") names ID; no list names all. */
static bool is_ours(const char *list, struct svc_slice id)
{
    if (list == NULL || id.text == NULL) {
        return true;
    }
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t length = strcspn(list, ", ");
        if (length > 0 && length == id.length && memcmp(list, id.text, length) == 0) {
            return true;
        }
        list += length;
    }
    return false;
}

enum svc_status read_batch(
    const struct svc_request *request, struct svc_reply *reply, struct batch *ret_batch)
{
    const char *ours = state_of(request)->config->phone_number_ids;

    webhook_read(request->arena, request->body, ret_batch);
    if (ret_batch->too_many) {
        return refuse(
            reply, SVC_TOO_LARGE, "it has more than 5000 messages, statuses and events");
    }
    for (struct message *at = ret_batch->messages; at != NULL; at = at->next) {
        if (!is_ours(ours, at->account.phone_number_id)) {
            at->skip = SKIP_OTHER_NUMBER;
        }
    }
    return SVC_OK;
}

/* A caller's key makes the same lease again of the same call; else nobody knows it. */
static const char *make_token(const struct svc_request *request, size_t index)
{
    struct svc_slice key = svc_request_idempotency_key(request);
    uint8_t bytes[SVC_SHA256_SIZE];
    char hex[2 * TOKEN_BYTES + 1];
    char *token = svc_arena_alloc(request->arena, LEASE_TOKEN_MAX);

    if (key.text != NULL && key.length > 0) {
        struct svc_sha256 hash;
        svc_sha256_init(&hash);
        svc_sha256_add(&hash, key.text, key.length);
        svc_sha256_finish(&hash, bytes);
        svc_text_to_hex(bytes, TOKEN_BYTES, hex);
        snprintf(token, LEASE_TOKEN_MAX, "%s.%zu.%zu", hex, request->element, index);
        return token;
    }
    svc_random_fast(bytes, TOKEN_BYTES);
    svc_text_to_hex(bytes, TOKEN_BYTES, hex);
    snprintf(token, LEASE_TOKEN_MAX, "%s", hex);
    return token;
}

static void apply(
    struct message *message, const struct lease_request *lease, int64_t expires_ms)
{
    if (lease->state == LEASE_TAKEN) {
        message->lease_token = lease->token.text;
        message->lease_expires_ms = expires_ms;
        return;
    }
    message->skip = lease->state == LEASE_DONE ? SKIP_DUPLICATE : SKIP_IN_PROGRESS;
}

/* Takes a lease for each message that can be told from others. */
static enum store_backend take_leases(
    const struct svc_request *request, struct batch *batch)
{
    struct parse_state *state = state_of(request);
    struct lease_request *leases =
        svc_arena_alloc(request->arena, batch->message_count * sizeof *leases);
    struct message **holders =
        svc_arena_alloc(request->arena, batch->message_count * sizeof *holders);
    int64_t expires_ms = svc_clock_unix_ms() + state->config->lease_ms;
    size_t count = 0;

    for (struct message *at = batch->messages; at != NULL; at = at->next) {
        if (at->skip == SKIP_INVALID || at->skip == SKIP_OTHER_NUMBER) {
            continue;
        }
        const char *token = make_token(request, at->batch_index);
        leases[count].key = at->dedupe_key;
        leases[count].token = (struct svc_slice){token, strlen(token)};
        holders[count++] = at;
    }
    enum store_backend backend = store_take(state->store, leases, count);
    for (size_t i = 0; i < count; i++) {
        apply(holders[i], &leases[i], expires_ms);
    }
    return backend;
}

void count_batch(struct parse_state *state, const struct batch *batch)
{
    uint64_t duplicates = 0;
    uint64_t faulty = batch->faults.problems != NULL;

    for (const struct message *at = batch->messages; at != NULL; at = at->next) {
        duplicates += at->skip == SKIP_DUPLICATE || at->skip == SKIP_IN_PROGRESS;
        faulty += at->faults.problems != NULL;
    }
    for (const struct status *at = batch->statuses; at != NULL; at = at->next) {
        faulty += at->faults.problems != NULL;
    }
    svc_counter_add(state->messages, batch->message_count);
    svc_counter_add(state->statuses, batch->status_count);
    svc_counter_add(state->events, batch->event_count);
    if (duplicates > 0) {
        svc_counter_add(state->duplicates, duplicates);
    }
    if (faulty > 0) {
        svc_counter_add(state->faulty, faulty);
    }
}

static void note_replaced(const struct svc_request *request, struct batch *batch)
{
    if (request->escapes_replaced > 0) {
        fault_add(&batch->faults, NULL, NULL,
            "%zu escapes that name no character were replaced by U+FFFD",
            request->escapes_replaced);
    }
}

/* What was handled before its end could be told to the intake won't be ended again. */
static void end_known(const struct svc_request *request, const struct batch *batch)
{
    int64_t took_ms = -1;

    if (state_of(request)->intake == NULL) {
        return;
    }
    for (const struct message *at = batch->messages; at != NULL; at = at->next) {
        if (at->skip == SKIP_DUPLICATE) {
            (void)!intake_store_end(
                request->runtime->pg, at->dedupe_key, false, &took_ms);
        }
    }
}

static void end_in_intake(const struct svc_request *request, const char *key, bool failed)
{
    struct intake *intake = state_of(request)->intake;
    int64_t took_ms = -1;

    if (intake != NULL &&
        intake_store_end(request->runtime->pg, key, failed, &took_ms) == SVC_OK &&
        took_ms >= 0) {
        intake_note_end(intake, took_ms);
    }
}

enum svc_status post_parse(struct svc_request *request, struct svc_reply *reply)
{
    struct parse_state *state = state_of(request);
    struct batch batch;
    const char *signature = check_signature(request, reply);

    if (signature == NULL) {
        svc_counter_add(state->bad_signatures, 1);
        return SVC_UNAUTHORIZED;
    }
    enum svc_status status = read_batch(request, reply, &batch);
    if (status != SVC_OK) {
        return status;
    }
    note_replaced(request, &batch);
    enum store_backend backend = take_leases(request, &batch);
    if (backend == STORE_LOCAL) {
        svc_counter_add(state->local_lookups, batch.message_count);
    }
    count_batch(state, &batch);
    tell_batch(request->runtime->events, &batch);
    end_known(request, &batch);
    answer_write(
        &reply->json, &batch, signature, backend == STORE_REDIS ? "redis" : "local");
    return SVC_OK;
}

enum svc_status post_messages_end(struct svc_request *request, struct svc_reply *reply)
{
    static const char *const names[] = {
        [LEASE_END_DONE] = "done",
        [LEASE_END_RELEASED] = "released",
        [LEASE_END_TAKEN_OVER] = "taken_over",
    };
    char key[SVC_SHA256_HEX_SIZE];
    enum lease_end end = LEASE_END_DONE;
    bool failed = svc_slice_equals(svc_json_get_text(request->body, "outcome"), "failed");

    hash_dedupe_key(svc_json_get_text(request->body, "phone_number_id"),
        svc_json_get_text(request->body, "message_id"), key);
    store_end(state_of(request)->store, key, svc_json_get_text(request->body, "lease"),
        failed ? LEASE_OUTCOME_FAILED : LEASE_OUTCOME_DONE, &end);
    if (end != LEASE_END_TAKEN_OVER) {
        end_in_intake(request, key, failed);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "ended", end != LEASE_END_TAKEN_OVER);
    svc_json_write_field_text(&reply->json, "state", names[end]);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

static struct svc_slice parameter_text(
    const struct svc_request *request, const char *name)
{
    return svc_json_text(svc_request_parameter(request, name));
}

enum svc_status get_webhook(struct svc_request *request, struct svc_reply *reply)
{
    const char *expected = state_of(request)->config->verify_token;
    struct svc_slice token = parameter_text(request, "hub.verify_token");
    struct svc_slice challenge = parameter_text(request, "hub.challenge");

    if (expected == NULL) {
        return refuse(reply, SVC_FORBIDDEN, "WHATSAPP_VERIFY_TOKEN is not set");
    }
    if (!svc_slice_equals(parameter_text(request, "hub.mode"), "subscribe")) {
        return refuse(reply, SVC_FORBIDDEN, "hub.mode must be subscribe");
    }
    if (token.length != strlen(expected) ||
        !svc_text_equals_secret(token.text, expected, token.length)) {
        return refuse(reply, SVC_FORBIDDEN, "hub.verify_token is not the service's");
    }
    reply->content_type = "text/plain; charset=utf-8";
    svc_buf_add(reply->json.buf, challenge.text, challenge.length);
    return SVC_OK;
}
