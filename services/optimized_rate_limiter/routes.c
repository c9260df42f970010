#include "routes.h"

#include "answer.h"

#include <svc/clock.h>
#include <svc/crypto.h>
#include <svc/whatsapp_reply.h>

#include <stdio.h>
#include <string.h>

#define REPLY_SIZE_MAX ((size_t)8192)

static struct limiter_state *state_of(const struct svc_request *request)
{
    return request->runtime->state;
}

static struct svc_slice body_text(const struct svc_request *request, const char *name)
{
    return svc_json_get_text(request->body, name);
}

static int64_t body_int(
    const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t value = fallback;

    return svc_json_to_int64(svc_json_get(request->body, name), &value) ? value
                                                                        : fallback;
}

static struct svc_slice path_text(const struct svc_request *request, const char *name)
{
    return svc_json_text(svc_request_parameter(request, name));
}

/* By the tier that the caller says, else the customer's, else what holds for anybody. */
static void find_tier(const struct svc_request *request, struct svc_slice customer,
    struct svc_slice asked, struct judgement *judgement)
{
    struct store_config *config = state_of(request)->store_config;
    char name[TIER_NAME_SIZE];

    judgement->tier = tier_default;
    if (asked.length > 0) {
        judgement->tier_known = store_config_tier(config, asked, &judgement->tier);
        judgement->asked_for = judgement->tier_known ? NULL : asked.text;
    } else if (store_config_customer_tier(config, customer, name)) {
        struct svc_slice known = {name, strlen(name)};
        judgement->tier_known = store_config_tier(config, known, &judgement->tier);
        judgement->asked_for = judgement->tier_known ? NULL
                                                     : svc_arena_strndup(request->arena,
                                                           known.text, known.length);
    }
    if (!store_config_burst(config)) {
        judgement->tier.limits.burst = 0;
    }
    judgement->burst = judgement->tier.limits.burst > 0;
}

static void set_message(struct windows_request *wanted, struct svc_slice message_id)
{
    struct svc_sha256 hash;
    uint8_t digest[SVC_SHA256_SIZE];

    if (message_id.length == 0) {
        return;
    }
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, message_id.text, message_id.length);
    svc_sha256_finish(&hash, digest);
    wanted->has_message = true;
    memcpy(wanted->message, digest, MESSAGE_HASH_SIZE);
}

/* Judges, and sets what the tier's mode makes of it. */
static void judge(const struct svc_request *request, struct svc_slice customer,
    struct windows_request *wanted, struct judgement *judgement)
{
    struct limiter_state *state = state_of(request);

    wanted->limits = judgement->tier.limits;
    wanted->now_ms = svc_clock_unix_ms();
    if (judgement->tier.mode == TIER_SHADOW && wanted->operation == OPERATION_CHECK) {
        wanted->operation = OPERATION_SHADOW;
    }
    if (judgement->tier.mode == TIER_OFF &&
        (wanted->operation == OPERATION_CHECK || wanted->operation == OPERATION_PEEK)) {
        judgement->verdict = (struct windows_verdict){.allowed = true};
        judgement->allowed = true;
        judgement->backend = "none";
        return;
    }
    enum store_backend backend =
        store_apply(state->store, customer, wanted, &judgement->verdict);
    judgement->backend = backend == STORE_REDIS ? "redis" : "local";
    judgement->allowed =
        judgement->verdict.allowed || judgement->tier.mode == TIER_SHADOW;
    if (backend == STORE_LOCAL) {
        svc_counter_add(state->local, 1);
    }
}

static void count(struct limiter_state *state, const struct judgement *judgement)
{
    bool over = judgement->verdict.exceeded != WINDOW_NONE;

    svc_counter_add(judgement->allowed ? state->allowed : state->denied, 1);
    if (over && judgement->allowed) {
        svc_counter_add(state->shadowed, 1);
    }
    if (judgement->verdict.known) {
        svc_counter_add(state->repeated, 1);
    }
}

/* The one polite message with the time to wait. */
static void write_reply(const struct svc_request *request, struct svc_json_writer *writer,
    struct svc_slice customer, const struct judgement *judgement)
{
    struct limiter_state *state = state_of(request);
    struct svc_slice locale = body_text(request, "locale");
    struct svc_buf wait;
    struct svc_buf text;

    if (locale.text == NULL) {
        locale = (struct svc_slice){state->config->locale, strlen(state->config->locale)};
    }
    svc_buf_init(&wait, 256);
    svc_buf_init(&text, REPLY_SIZE_MAX);
    svc_texts_write_duration(
        state->texts, locale, (judgement->verdict.retry_after_ms + 999) / 1000, &wait);
    const struct svc_texts_value value = {"wait", svc_buf_text(&wait)};
    svc_texts_write(state->texts, locale, "rate_limit_reached", &value, 1, &text);
    svc_json_write_key(writer, "reply");
    svc_whatsapp_reply_text(
        writer, customer, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    svc_buf_done(&wait);
}

/* As many whole characters as there is room for: half of one would make PostgreSQL refuse
 * the batch. */
static void copy(char *out, size_t size, struct svc_slice text)
{
    size_t length = text.length < size ? text.length : size - 1;

    while (length > 0 && length < text.length && (text.text[length] & 0xC0) == 0x80) {
        length--;
    }
    if (length > 0) {
        memcpy(out, text.text, length);
    }
    out[length] = '\0';
}

static void note_limited(const struct svc_request *request, struct svc_slice customer,
    const struct judgement *judgement)
{
    struct limited_message message = {.time_ms = judgement->verdict.now_ms};
    struct svc_slice type = body_text(request, "message_type");

    copy(message.customer, sizeof message.customer, customer);
    copy(message.message_id, sizeof message.message_id, body_text(request, "message_id"));
    copy(message.type, sizeof message.type, type.text != NULL ? type : SVC_SLICE("text"));
    store_config_note_limited(state_of(request)->store_config, &message);
}

/* The same message, asked about again, is one event. */
static void tell_limited(const struct svc_request *request, struct svc_slice customer,
    const struct judgement *judgement)
{
    const char *window = window_name(judgement->verdict.exceeded);
    char data[200];

    int length = snprintf(data, sizeof data, "{\"window\":\"%s\",\"mode\":\"%s\"}",
        window != NULL ? window : "", tier_mode_name(judgement->tier.mode));
    const struct svc_event event = {
        .type = "limited",
        .subject = body_text(request, "message_id"),
        .customer_key = customer,
        .occurred_ms = judgement->verdict.now_ms,
        .data = {data, (size_t)length},
    };
    svc_events_add(request->runtime->events, &event);
}

enum svc_status post_check(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice customer = body_text(request, "customer_phone");
    struct judgement judgement = {0};
    struct windows_request wanted = {
        .operation = OPERATION_CHECK,
        .cost = body_int(request, "cost", 1),
    };

    set_message(&wanted, body_text(request, "message_id"));
    find_tier(request, customer, body_text(request, "customer_tier"), &judgement);
    judge(request, customer, &wanted, &judgement);
    count(state_of(request), &judgement);
    svc_json_write_object_begin(&reply->json);
    judgement_write(&reply->json, &judgement);
    if (!judgement.allowed) {
        note_limited(request, customer, &judgement);
        tell_limited(request, customer, &judgement);
    }
    if (!judgement.allowed && judgement.verdict.notify) {
        write_reply(request, &reply->json, customer, &judgement);
    }
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status post_refund(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice customer = body_text(request, "customer_phone");
    struct judgement judgement = {0};
    struct windows_request wanted = {.operation = OPERATION_REFUND, .cost = 1};

    set_message(&wanted, body_text(request, "message_id"));
    find_tier(request, customer, body_text(request, "customer_tier"), &judgement);
    judge(request, customer, &wanted, &judgement);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "refunded", judgement.verdict.known);
    svc_json_write_field_text(&reply->json, "backend", judgement.backend);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status post_block(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice customer = body_text(request, "customer_phone");
    struct judgement judgement = {0}; /* a block is of no tier */
    char time[SVC_CLOCK_TEXT_SIZE];
    int64_t for_s = body_int(request, "for_s", 0);
    struct windows_request wanted = {
        .operation = OPERATION_BLOCK,
        .block_for_ms = for_s * 1000,
    };

    judge(request, customer, &wanted, &judgement);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "blocked", for_s > 0);
    svc_json_write_key(&reply->json, "until");
    if (for_s > 0) {
        int64_t until_ms = judgement.verdict.now_ms + wanted.block_for_ms;
        svc_json_write_text(&reply->json, svc_clock_format_ms(until_ms, time));
    } else {
        svc_json_write_null(&reply->json);
    }
    svc_json_write_field_text(&reply->json, "backend", judgement.backend);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_limits(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice customer = path_text(request, "customer_phone");
    struct judgement judgement = {0};
    struct windows_request wanted = {.operation = OPERATION_PEEK, .cost = 1};

    find_tier(request, customer, path_text(request, "customer_tier"), &judgement);
    judge(request, customer, &wanted, &judgement);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_slice(&reply->json, "customer_phone", customer);
    judgement_write(&reply->json, &judgement);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status delete_limits(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice customer = path_text(request, "customer_phone");
    struct judgement judgement = {0};
    struct windows_request wanted = {.operation = OPERATION_RESET};

    judge(request, customer, &wanted, &judgement);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "reset", true);
    svc_json_write_field_text(&reply->json, "backend", judgement.backend);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_tier(struct svc_request *request, struct svc_reply *reply)
{
    struct tier tier;
    bool found = store_config_tier(
        state_of(request)->store_config, path_text(request, "tier"), &tier);

    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", found);
    if (found) {
        svc_json_write_key(&reply->json, "tier");
        tier_write(&reply->json, &tier);
    }
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* A limit that a longer window can't reach says something else than it seems to. */
static bool find_absurd(const struct limits *limits, struct svc_problems *problems)
{
    if (limits->hour < limits->minute) {
        svc_problems_add_at(
            problems, "/max_per_hour", "must not be less than max_per_minute");
    }
    if (limits->day < limits->hour) {
        svc_problems_add_at(
            problems, "/max_per_day", "must not be less than max_per_hour");
    }
    return problems->count > 0;
}

enum svc_status put_tier(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice name = path_text(request, "tier");
    struct svc_slice mode = body_text(request, "mode");
    struct tier tier = {
        .limits =
            {
                .minute = body_int(request, "max_per_minute", 0),
                .hour = body_int(request, "max_per_hour", 0),
                .day = body_int(request, "max_per_day", 0),
                .burst = body_int(request, "burst_size", 0),
            },
        .mode = TIER_ENFORCE,
    };

    copy(tier.name, sizeof tier.name, name);
    if (mode.text != NULL && !tier_mode_find(mode, &tier.mode)) {
        return SVC_INVALID;
    }
    if (find_absurd(&tier.limits, reply->problems)) {
        reply->detail = "the limits contradict each other";
        return SVC_INVALID;
    }
    enum svc_status status =
        store_config_set_tier(state_of(request)->store_config, &tier);
    if (status != SVC_OK) {
        reply->detail = "the tier could not be written to PostgreSQL";
        return SVC_UNAVAILABLE;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "saved", true);
    svc_json_write_key(&reply->json, "tier");
    tier_write(&reply->json, &tier);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
