#include "answer.h"
#include "routes.h"

#include <svc/clock.h>

#include <string.h>

static struct svc_slice provider_name(const struct svc_request *request)
{
    return svc_json_text(svc_request_parameter(request, "name"));
}

static void write_double(struct svc_json_writer *writer, const char *name, double value)
{
    svc_json_write_key(writer, name);
    svc_json_write_double(writer, value);
}

static void write_breaker(
    struct svc_json_writer *writer, const struct provider_standing *standing)
{
    static const char *const names[] = {
        [BREAKER_CLOSED] = "closed",
        [BREAKER_OPEN] = "open",
        [BREAKER_HALF_OPEN] = "half_open",
    };
    const struct breaker *breaker = &standing->breaker;
    char time[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_key(writer, "breaker");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "state", names[breaker->state]);
    svc_json_write_field_int(writer, "failures", breaker->failures);
    svc_json_write_key(writer, "open_until");
    if (breaker->state == BREAKER_OPEN) {
        svc_json_write_text(writer, svc_clock_format_ms(breaker->open_until_ms, time));
    } else {
        svc_json_write_null(writer);
    }
    svc_json_write_field_text(writer, "backend", standing->shared ? "redis" : "local");
    svc_json_write_object_end(writer);
}

static void write_calls(
    struct svc_json_writer *writer, struct call_stats *stats, struct svc_slice name)
{
    struct call_summary summary;
    char time[SVC_CLOCK_TEXT_SIZE];

    call_stats_get(stats, name, &summary);
    svc_json_write_field_int(writer, "calls", (int64_t)summary.calls);
    svc_json_write_field_int(writer, "answered", (int64_t)summary.answered);
    if (summary.p50_ms >= 0) {
        svc_json_write_field_int(writer, "p50_ms", summary.p50_ms);
        svc_json_write_field_int(writer, "p95_ms", summary.p95_ms);
    }
    if (summary.last_error[0] != '\0') {
        svc_json_write_field_text(writer, "last_error", summary.last_error);
        svc_json_write_field_text(
            writer, "last_error_at", svc_clock_format_ms(summary.last_error_ms, time));
    }
}

static void write_model(struct svc_json_writer *writer, struct store_models *models,
    const struct provider_config *config)
{
    static const char *const names[] = {
        [MODEL_UNKNOWN] = "unknown",
        [MODEL_THERE] = "there",
        [MODEL_MISSING] = "missing",
    };
    struct model_standing standing;

    store_models_get(models, config, &standing);
    svc_json_write_field_slice(writer, "model", config->model);
    svc_json_write_field_text(writer, "model_state", names[standing.state]);
    if (standing.shutdown_date[0] != '\0') {
        svc_json_write_field_text(writer, "model_shutdown_date", standing.shutdown_date);
    }
}

static void write_row(
    struct svc_json_writer *writer, struct service *state, const struct provider_row *row)
{
    const struct provider_config *config = &row->config;
    struct svc_slice origin = provider_origin(config->base_url);
    struct provider_standing standing = {0};

    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "name", config->name);
    svc_json_write_field_slice(writer, "protocol", config->protocol);
    write_model(writer, state->models, config);
    svc_json_write_optional_slice(writer, "origin", origin);
    svc_json_write_field_bool(writer, "enabled", config->enabled);
    svc_json_write_field_bool(writer, "usable", row->reason == NULL);
    if (row->reason != NULL) {
        svc_json_write_field_text(writer, "reason", row->reason);
    }
    svc_json_write_field_int(writer, "priority", config->priority);
    svc_json_write_field_bool(writer, "has_key", config->key.length > 0);
    svc_json_write_field_int(writer, "timeout_ms", config->timeout_ms);
    write_double(writer, "daily_budget_usd", config->daily_budget_usd);
    store_providers_look(state->providers, config, &standing);
    write_double(writer, "spent_today_usd", standing.spent_usd);
    write_breaker(writer, &standing);
    write_calls(writer, state->stats, config->name);
    svc_json_write_object_end(writer);
}

enum svc_status get_providers(struct svc_request *request, struct svc_reply *reply)
{
    struct service *state = state_of(request);
    struct provider_list *list = store_config_take(state->store_config);

    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "use_ai_providers", list->use_ai_providers);
    svc_json_write_key(&reply->json, "providers");
    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < list->count; i++) {
        write_row(&reply->json, state, &list->rows[i]);
    }
    svc_json_write_array_end(&reply->json);
    svc_json_write_object_end(&reply->json);
    provider_list_release(&list);
    return SVC_OK;
}

static void write_tested(struct svc_json_writer *writer,
    const struct cascade_attempt *attempt, const struct intent_answer *answer)
{
    bool ok = attempt->outcome == PROVIDER_ANSWERED;

    svc_json_write_field_bool(writer, "ok", ok);
    svc_json_write_field_text(writer, "outcome", outcome_name(attempt->outcome));
    if (ok) {
        svc_json_write_field_text(writer, "intent", intent_name(answer->intent));
        write_double(writer, "confidence", answer->confidence);
    }
    if (attempt->reason != NULL) {
        svc_json_write_field_text(writer, "reason", attempt->reason);
    }
    svc_json_write_field_int(writer, "latency_ms", attempt->took_ms);
    usage_write(writer, &attempt->usage);
}

/* One real question to the provider of ROW. */
static void test_row(const struct svc_request *request, struct svc_json_writer *writer,
    const struct provider_row *row)
{
    struct service *state = state_of(request);
    const char *locale = state->config->locale;
    const struct intent_question question = {
        .text = SVC_SLICE("hola, ¿tienen zapatillas rojas?"),
        .locale = {locale, strlen(locale)},
    };
    struct cascade_attempt attempt = {0};
    struct intent_answer answer = {0};

    svc_json_write_field_slice(writer, "provider", row->config.name);
    svc_json_write_field_slice(writer, "model", row->config.model);
    if (row->reason == NULL && cascade_test(state->cascade, request->arena,
                                   row->config.name, &question, &attempt, &answer)) {
        note_attempt(state, &attempt);
        write_tested(writer, &attempt, &answer);
        return;
    }
    svc_json_write_field_bool(writer, "ok", false);
    svc_json_write_field_text(writer, "outcome", "not_usable");
    svc_json_write_field_text(
        writer, "reason", row->reason != NULL ? row->reason : "it changed just now");
}

enum svc_status post_provider_test(struct svc_request *request, struct svc_reply *reply)
{
    struct provider_list *list = store_config_take(state_of(request)->store_config);
    const struct provider_row *row = provider_list_find(list, provider_name(request));

    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", row != NULL);
    if (row != NULL) {
        test_row(request, &reply->json, row);
    }
    svc_json_write_object_end(&reply->json);
    provider_list_release(&list);
    return SVC_OK;
}

enum svc_status post_provider_reset(struct svc_request *request, struct svc_reply *reply)
{
    struct service *state = state_of(request);
    struct provider_list *list = store_config_take(state->store_config);
    const struct provider_row *row = provider_list_find(list, provider_name(request));

    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", row != NULL);
    svc_json_write_field_bool(&reply->json, "reset", row != NULL);
    if (row != NULL) {
        bool shared = store_providers_reset(state->providers, &row->config);
        svc_json_write_field_slice(&reply->json, "provider", row->config.name);
        svc_json_write_field_text(&reply->json, "backend", shared ? "redis" : "local");
    }
    svc_json_write_object_end(&reply->json);
    provider_list_release(&list);
    return SVC_OK;
}
