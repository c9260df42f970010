#include "routes.h"

#include "answer.h"

#include <svc/clock.h>
#include <svc/whatsapp_reply.h>

#include <string.h>

#define EVENT_SIZE_MAX ((size_t)4096)
#define REPLY_SIZE_MAX ((size_t)4096)
#define HISTORY_MAX 6

struct service *state_of(const struct svc_request *request)
{
    return request->runtime->state;
}

void routes_metrics(struct service *state, struct svc_metrics *metrics)
{
    static const char *const sources[] = {
        [SOURCE_BUTTON] = "source=\"button\"",
        [SOURCE_CACHE] = "source=\"cache\"",
        [SOURCE_LOCAL] = "source=\"local\"",
        [SOURCE_PROVIDER] = "source=\"provider\"",
        [SOURCE_KEYWORDS] = "source=\"keywords\"",
    };
    static const char *const outcomes[] = {
        [PROVIDER_ANSWERED] = "outcome=\"answered\"",
        [PROVIDER_SLOW] = "outcome=\"slow\"",
        [PROVIDER_FAILED] = "outcome=\"failed\"",
        [PROVIDER_BUSY] = "outcome=\"busy\"",
        [PROVIDER_REFUSED] = "outcome=\"refused\"",
        [PROVIDER_OUR_FAULT] = "outcome=\"our_fault\"",
    };

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        state->intents[i] = svc_metrics_counter(
            metrics, "ai_intents_total", sources[i], "Intents, by what answered.");
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        state->outcomes[i] = svc_metrics_counter(metrics, "ai_provider_calls_total",
            outcomes[i], "Calls of providers, by what came of them.");
    }
    state->cost_micro_usd = svc_metrics_counter(metrics, "ai_cost_micro_usd_total", "",
        "What the providers' answers cost, in millionths of a dollar.");
    state->time = svc_metrics_histogram(
        metrics, "ai_intent_seconds", "", "From the question to the intent.");
}

void note_attempt(struct service *state, const struct cascade_attempt *attempt)
{
    svc_counter_add(state->outcomes[attempt->outcome], 1);
    svc_counter_add(
        state->cost_micro_usd, (uint64_t)(attempt->usage.cost_usd * 1000000.0 + 0.5));
    call_stats_note(state->stats, attempt, svc_clock_unix_ms());
}

static struct svc_slice body_text(const struct svc_request *request, const char *name)
{
    return svc_json_get_text(request->body, name);
}

/* At most COUNT characters of TEXT. */
static struct svc_slice cut(struct svc_slice text, int64_t count)
{
    size_t end = 0;

    while (end < text.length && count > 0) {
        end++;
        while (end < text.length && (text.text[end] & 0xC0) == 0x80) {
            end++;
        }
        count--;
    }
    text.length = end;
    return text;
}

/* The newest turns alone: an answer is to cost no more for a long talk. */
static const struct svc_json *read_history(
    const struct svc_request *request, struct svc_json *ret_history)
{
    const struct svc_json *whole = svc_json_get(request->body, "history");

    if (!svc_json_is(whole, SVC_JSON_ARRAY) || whole->count == 0) {
        return NULL;
    }
    *ret_history = *whole;
    while (ret_history->count > HISTORY_MAX) {
        ret_history->first = ret_history->first->next;
        ret_history->count--;
    }
    return ret_history;
}

static void read_question(const struct svc_request *request, struct svc_json *history,
    struct intent_question *ret_question)
{
    const struct service *state = state_of(request);
    struct svc_slice locale = body_text(request, "locale");
    struct svc_slice text = body_text(request, "text");

    if (locale.length == 0) {
        locale = (struct svc_slice){state->config->locale, strlen(state->config->locale)};
    }
    if (text.text == NULL) {
        text = SVC_SLICE("");
    }
    *ret_question = (struct intent_question){
        .text = cut(text, state->config->text_max),
        .state = intent_state_find(body_text(request, "session_state")),
        .locale = locale,
        .history = read_history(request, history),
    };
}

static void tell_event(const struct svc_request *request,
    const struct intent_question *question, const struct cascade_result *result)
{
    struct svc_slice message_id = body_text(request, "message_id");
    struct svc_json_writer writer;
    struct svc_buf data;
    const struct asked asked = {.question = question, .message_id = message_id};

    if (request->runtime->events == NULL) {
        return;
    }
    svc_buf_init(&data, EVENT_SIZE_MAX);
    svc_json_write_init(&writer, &data);
    event_write(&writer, request->arena, &asked, result);
    const struct svc_event event = {
        .type = "intent",
        .subject = message_id,
        .customer_key = body_text(request, "customer_phone"),
        .data = {svc_buf_text(&data), data.length},
    };
    if (!data.overflow) {
        svc_events_add(request->runtime->events, &event);
    }
    svc_buf_done(&data);
}

static void count(struct service *state, const struct cascade_result *result)
{
    svc_counter_add(state->intents[result->source], 1);
    svc_histogram_observe(state->time, result->took_us * 1000);
    for (size_t i = 0; i < result->attempt_count; i++) {
        note_attempt(state, &result->attempts[i]);
    }
}

/* NULL: what is said depends on more than the words. */
static const char *reply_text(enum intent intent)
{
    switch (intent) {
    case INTENT_GREETING:
        return "intent_greeting";
    case INTENT_HELP:
        return "intent_help";
    case INTENT_THANKS:
        return "intent_thanks";
    case INTENT_GOODBYE:
        return "intent_goodbye";
    case INTENT_OTHER:
        return "intent_other";
    default:
        return NULL;
    }
}

static void write_reply(const struct svc_request *request, struct svc_json_writer *writer,
    struct svc_slice locale, enum intent intent)
{
    const char *key = reply_text(intent);
    struct svc_buf text;

    if (key == NULL) {
        return;
    }
    svc_buf_init(&text, REPLY_SIZE_MAX);
    svc_texts_write(state_of(request)->texts, locale, key, NULL, 0, &text);
    svc_json_write_key(writer, "reply");
    svc_whatsapp_reply_text(writer, body_text(request, "customer_phone"),
        (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
}

enum svc_status post_intent(struct svc_request *request, struct svc_reply *reply)
{
    struct service *state = state_of(request);
    struct cascade_result result = {0};
    struct intent_question question;
    struct svc_json history;
    bool explain = svc_json_is(svc_json_get(request->body, "explain"), SVC_JSON_TRUE);

    read_question(request, &history, &question);
    cascade_ask(state->cascade, request->arena, &question, body_text(request, "reply_id"),
        body_text(request, "customer_phone"), &result);
    count(state, &result);
    tell_event(request, &question, &result);
    svc_json_write_object_begin(&reply->json);
    answer_write(&reply->json, request->arena, &result, explain);
    write_reply(request, &reply->json, question.locale, result.answer.intent);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_intents(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_json_writer *writer = &reply->json;

    (void)request;
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "intents");
    svc_json_write_array_begin(writer);
    for (int intent = 0; intent < INTENTS; intent++) {
        svc_json_write_text(writer, intent_name((enum intent)intent));
    }
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "session_states");
    svc_json_write_array_begin(writer);
    for (int state = STATE_NONE + 1; state < INTENT_STATES; state++) {
        svc_json_write_text(writer, intent_state_name((enum intent_state)state));
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
    return SVC_OK;
}
