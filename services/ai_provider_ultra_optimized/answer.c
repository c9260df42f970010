#include "answer.h"

#include <svc/clock.h>
#include <svc/crypto.h>
#include <svc/random.h>

#include <string.h>

const char *outcome_name(enum provider_outcome outcome)
{
    static const char *const names[] = {
        [PROVIDER_ANSWERED] = "answered",
        [PROVIDER_SLOW] = "slow",
        [PROVIDER_FAILED] = "failed",
        [PROVIDER_BUSY] = "busy",
        [PROVIDER_REFUSED] = "refused",
        [PROVIDER_OUR_FAULT] = "our_fault",
    };
    return names[outcome];
}

void answer_sum_usage(
    const struct cascade_result *result, struct provider_usage *ret_usage)
{
    *ret_usage = (struct provider_usage){0};
    for (size_t i = 0; i < result->attempt_count; i++) {
        const struct provider_usage *usage = &result->attempts[i].usage;
        ret_usage->input_tokens += usage->input_tokens;
        ret_usage->output_tokens += usage->output_tokens;
        ret_usage->cached_tokens += usage->cached_tokens;
        ret_usage->cost_usd += usage->cost_usd;
    }
}

struct svc_slice answer_source(
    struct svc_arena *arena, const struct cascade_result *result)
{
    static const char *const names[] = {
        [SOURCE_BUTTON] = "button",
        [SOURCE_CACHE] = "cache",
        [SOURCE_LOCAL] = "local",
        [SOURCE_KEYWORDS] = "keywords",
    };

    if (result->source != SOURCE_PROVIDER) {
        const char *name = names[result->source];
        return (struct svc_slice){name, strlen(name)};
    }
    char *name = svc_arena_strndup(arena, result->provider.text, result->provider.length);
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    }
    return (struct svc_slice){name, strlen(name)};
}

static void write_text(
    struct svc_json_writer *writer, const char *name, struct svc_slice text)
{
    if (text.length > 0) {
        svc_json_write_field_slice(writer, name, text);
    }
}

static void write_int(struct svc_json_writer *writer, const char *name, int64_t value)
{
    if (value != 0) {
        svc_json_write_field_int(writer, name, value);
    }
}

static void write_double(struct svc_json_writer *writer, const char *name, double value)
{
    svc_json_write_key(writer, name);
    svc_json_write_double(writer, value);
}

static void write_entities(
    struct svc_json_writer *writer, const struct entities *entities)
{
    svc_json_write_key(writer, "entities");
    svc_json_write_object_begin(writer);
    write_text(writer, "product_query", entities->product_query);
    write_text(writer, "category", entities->category);
    write_text(writer, "brand", entities->brand);
    write_text(writer, "size", entities->size);
    write_text(writer, "color", entities->color);
    write_int(writer, "quantity", entities->quantity);
    write_int(writer, "ordinal", entities->ordinal);
    if (entities->price_min >= 0) {
        write_double(writer, "price_min", entities->price_min);
    }
    if (entities->price_max >= 0) {
        write_double(writer, "price_max", entities->price_max);
    }
    write_text(writer, "coupon", entities->coupon);
    write_text(writer, "order_id", entities->order_number);
    write_text(writer, "address", entities->address);
    write_text(writer, "payment_method", entities->payment_method);
    svc_json_write_object_end(writer);
}

void usage_write(struct svc_json_writer *writer, const struct provider_usage *usage)
{
    svc_json_write_key(writer, "usage");
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "input_tokens", usage->input_tokens);
    svc_json_write_field_int(writer, "output_tokens", usage->output_tokens);
    svc_json_write_field_int(writer, "cached_tokens", usage->cached_tokens);
    svc_json_write_object_end(writer);
    write_double(writer, "cost_usd", usage->cost_usd);
}

static void write_attempts(
    struct svc_json_writer *writer, const struct cascade_result *result)
{
    svc_json_write_key(writer, "attempts");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->attempt_count; i++) {
        const struct cascade_attempt *attempt = &result->attempts[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "provider", attempt->provider);
        svc_json_write_field_text(writer, "outcome", outcome_name(attempt->outcome));
        svc_json_write_field_int(writer, "took_ms", attempt->took_ms);
        write_double(writer, "cost_usd", attempt->usage.cost_usd);
        if (attempt->reason != NULL) {
            svc_json_write_field_text(writer, "reason", attempt->reason);
        }
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

void answer_write(struct svc_json_writer *writer, struct svc_arena *arena,
    const struct cascade_result *result, bool explain)
{
    struct provider_usage usage;

    answer_sum_usage(result, &usage);
    svc_json_write_field_text(writer, "intent", intent_name(result->answer.intent));
    write_double(writer, "confidence", result->answer.confidence);
    write_entities(writer, &result->answer.entities);
    svc_json_write_field_slice(writer, "source", answer_source(arena, result));
    if (result->source == SOURCE_PROVIDER) {
        svc_json_write_field_slice(writer, "provider", result->provider);
        write_text(writer, "model", result->model);
    }
    write_double(writer, "latency_ms", (double)result->took_us / 1000.0);
    if (result->attempt_count > 0) {
        usage_write(writer, &usage);
    } else {
        write_double(writer, "cost_usd", 0);
    }
    if (explain) {
        write_attempts(writer, result);
    }
    svc_json_write_field_bool(writer, "keywords_only", result->keywords_only);
    if (result->capped) {
        svc_json_write_field_bool(writer, "capped", true);
    }
}

/* Of a message's id, since that may be long, and is another event's than a message's. */
static void write_event_id(struct svc_json_writer *writer, struct svc_slice message_id)
{
    char hex[2 * SVC_SHA256_SIZE + 1];
    uint8_t digest[SVC_SHA256_SIZE];
    struct svc_sha256 hash;

    if (message_id.length == 0) {
        svc_random_fast(digest, 16);
    } else {
        svc_sha256_init(&hash);
        svc_sha256_add(&hash, "intent:", 7);
        svc_sha256_add(&hash, message_id.text, message_id.length);
        svc_sha256_finish(&hash, digest);
    }
    svc_text_to_hex(digest, 16, hex);
    svc_json_write_field_text(writer, "event_id", hex);
}

void event_write(struct svc_json_writer *writer, struct svc_arena *arena,
    const struct asked *asked, const struct cascade_result *result)
{
    char time[SVC_CLOCK_TEXT_SIZE];
    struct provider_usage usage;

    answer_sum_usage(result, &usage);
    svc_json_write_object_begin(writer);
    write_event_id(writer, asked->message_id);
    svc_json_write_field_text(writer, "type", "intent");
    svc_json_write_field_text(
        writer, "occurred_at", svc_clock_format_ms(asked->now_ms, time));
    write_text(writer, "customer_key", asked->customer_key);
    write_text(writer, "message_id", asked->message_id);
    svc_json_write_field_text(writer, "intent", intent_name(result->answer.intent));
    write_double(writer, "confidence", result->answer.confidence);
    svc_json_write_field_slice(writer, "source", answer_source(arena, result));
    if (result->source == SOURCE_PROVIDER) {
        write_text(writer, "provider", result->provider);
        write_text(writer, "model", result->model);
    }
    svc_json_write_field_text(
        writer, "session_state", intent_state_name(asked->question->state));
    write_text(writer, "locale", asked->question->locale);
    write_double(writer, "latency_ms", (double)result->took_us / 1000.0);
    svc_json_write_field_int(writer, "attempts", (int64_t)result->attempt_count);
    if (result->attempt_count > 0) {
        usage_write(writer, &usage);
    } else {
        write_double(writer, "cost_usd", 0);
    }
    svc_json_write_object_end(writer);
}
