/* ai_provider_ultra_optimized: what it is configured by, and what answers. */
#include "classifier_model.h"
#include "keys.h"
#include "routes.h"

#include <svc/log.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_TIMEOUT_MS 2000
#define SPARE_CALLS 8 /* beside the cascade's: tests of providers */

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_TEXT_AT(struct config, threshold, "CLASSIFIER_THRESHOLD", "0.80",
        "the confidence, 0 to 1, from which the local classifier answers alone; above 1: "
        "never"),
    SVC_SETTING_INT_AT(struct config, deadline_ms, "DEADLINE_MS", "450", "ms", 10, 60000,
        "an intent is answered within this, whatever the providers do"),
    SVC_SETTING_INT_AT(struct config, hedge_ms, "HEDGE_MS", "220", "ms", 0, 60000,
        "when the next provider is asked beside one that is silent; 0: never"),
    SVC_SETTING_INT_AT(struct config, calls_max, "CALLS_MAX", "256", NULL, 0, 990,
        "calls of providers at once; beyond them keywords answer"),
    SVC_SETTING_INT_AT(struct config, text_max, "TEXT_MAX", "500", "characters", 20,
        100000, "of a text; what follows is passed over"),
    SVC_SETTING_INT_AT(struct config, cache_ttl_s, "CACHE_TTL_S", "86400", "s", 0,
        2592000, "how long a provider's answer serves the same text; 0: not at all"),
    SVC_SETTING_INT_AT(struct config, customer_daily_max, "CUSTOMER_DAILY_MAX", "100",
        NULL, 0, 1000000,
        "messages of one customer that may go to providers on a day (UTC); 0: any "
        "number"),
    SVC_SETTING_TEXT_AT(struct config, keywords_dir, "KEYWORDS_DIR", NULL,
        "a folder with es.txt, en.txt, pt.txt: the shop's own keywords in the place of "
        "those built in"),
    SVC_SETTING_TEXT_AT(struct config, texts_dir, "TEXTS_DIR", NULL,
        "a folder with es.json, en.json, pt.json: what the shop says instead of the "
        "texts that are built in"),
    SVC_SETTING_TEXT_AT(struct config, locale, "DEFAULT_LOCALE", "es",
        "the language of a customer whose own isn't said"),
    SVC_SETTING_TEXT_AT(struct config, ca_file, "AI_CA_FILE", NULL,
        "the authorities trusted for https, in PEM; without it the system's"),
    SVC_SETTING_TEXT_AT(struct config, metrics_url, "METRICS_URL", NULL,
        "lightweight_metrics, which gets the intent events; without it none are kept"),
    SVC_SETTING_SECRET_AT(struct config, metrics_token, "METRICS_TOKEN",
        "its bearer token; without it SERVICE_TOKEN"),
    SVC_SETTING_INT_AT(struct config, events_max, "EVENTS_MAX", "10000", NULL, 1, 1000000,
        "intent events that wait while lightweight_metrics doesn't answer; then the "
        "oldest are dropped"),
    SVC_SETTING_SECRET_AT(struct config, deepseek_key, "DEEPSEEK_API_KEY",
        "of the provider DeepSeek in ai_provider_config"),
    SVC_SETTING_SECRET_AT(struct config, gemini_key, "GEMINI_API_KEY", "of Gemini"),
    SVC_SETTING_SECRET_AT(struct config, openai_key, "OPENAI_API_KEY", "of OpenAI"),
    SVC_SETTING_SECRET_AT(struct config, other_key, "AI_API_KEY_<NAME>",
        "of a provider of any other name, in capitals, with _ for what isn't a letter "
        "or a digit"),
};

static const struct svc_route routes[] = {
    {"postIntent", post_intent},
    {"getIntents", get_intents},
    {"getProviders", get_providers},
    {"postProviderTest", post_provider_test},
    {"postProviderReset", post_provider_reset},
};

static void stop(struct svc_runtime *runtime)
{
    struct service *state = runtime->state;

    store_config_free(&state->store_config);
    store_models_free(&state->models);
    cascade_free(&state->cascade);
    store_calls_free(&state->calls);
    store_providers_free(&state->providers);
    store_events_free(&state->store_events);
    events_free(&state->events);
    call_stats_free(&state->stats);
    keywords_free(&state->keywords);
    svc_texts_close(&state->texts);
    free(state);
    runtime->state = NULL;
}

static bool read_threshold(double *ret_threshold, char ret_error[256])
{
    char *end = NULL;
    double value = strtod(config.threshold, &end);

    if (end == config.threshold || *end != '\0' || !isfinite(value) || value < 0) {
        snprintf(ret_error, 256, "CLASSIFIER_THRESHOLD=%.60s: must be a number from 0",
            config.threshold);
        return false;
    }
    *ret_threshold = value;
    return true;
}

/* Rows in the cascade's form: those that can't be called are off there. */
static void change_providers(void *context, struct provider_list *list)
{
    struct service *state = context;
    struct provider_config configs[PROVIDERS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].reason == NULL) {
            configs[count++] = list->rows[i].config;
        }
    }
    cascade_set_providers(state->cascade, configs, count);
    cascade_set_keywords_only(state->cascade, !list->use_ai_providers);
    store_models_check(state->models, list);
}

static bool find_in_cache(void *context, const struct intent_question *question,
    enum intent *ret_intent, double *ret_confidence)
{
    struct service *state = context;

    return store_cache_get(&state->cache, question, ret_intent, ret_confidence);
}

static void keep_in_cache(void *context, const struct intent_question *question,
    enum intent intent, double confidence)
{
    struct service *state = context;

    store_cache_put(&state->cache, question, intent, confidence);
}

static bool count(void *context, struct svc_slice customer_key)
{
    struct service *state = context;

    return store_customers_count(&state->customers, customer_key);
}

static bool admit(
    void *context, const struct provider_config *provider, const char **ret_reason)
{
    struct service *state = context;

    return store_providers_admit(state->providers, provider, ret_reason);
}

static void note(void *context, const struct provider_config *provider,
    const struct provider_answer *answer)
{
    struct service *state = context;

    store_providers_note(state->providers, provider, answer);
}

static void call(void *context, const struct provider_request *request,
    int64_t deadline_ms, struct cascade_call *call)
{
    struct service *state = context;

    store_calls_begin(state->calls, request, deadline_ms, call);
}

static bool open_cascade(
    struct service *state, struct svc_runtime *runtime, char ret_error[256])
{
    struct cascade_settings cascade = {
        .deadline_ms = config.deadline_ms,
        .hedge_ms = config.hedge_ms,
        .calls_max = config.calls_max,
    };
    struct cascade_ports ports = {
        .context = state,
        .cache_get = find_in_cache,
        .cache_put = keep_in_cache,
        .count = count,
        .admit = admit,
        .note = note,
        .call = call,
    };

    if (!read_threshold(&cascade.threshold, ret_error)) {
        return false;
    }
    state->keywords = keywords_load(config.keywords_dir, ret_error);
    if (state->keywords == NULL) {
        return false;
    }
    state->calls = store_calls_new(config.calls_max + SPARE_CALLS,
        SVC_NAME "/" SVC_VERSION, config.ca_file, ret_error);
    if (state->calls == NULL) {
        return false;
    }
    state->models = store_models_new(config.ca_file, ret_error);
    if (state->models == NULL) {
        return false;
    }
    state->providers = store_providers_new(runtime->redis);
    state->cache = (struct store_cache){runtime->redis, config.cache_ttl_s};
    state->customers =
        (struct store_customers){runtime->redis, config.customer_daily_max};
    state->cascade =
        cascade_new(&ports, &cascade, classifier_built_in(), state->keywords);
    return true;
}

static double read_waiting(void *context)
{
    struct events_stats stats;

    events_stats(context, &stats);
    return (double)stats.waiting;
}

static double read_dropped(void *context)
{
    struct events_stats stats;

    events_stats(context, &stats);
    return (double)stats.dropped;
}

static bool open_events(
    struct service *state, struct svc_metrics *metrics, char ret_error[256])
{
    SVC_AUTO_FREE char *own = NULL;
    struct store_events_settings events = {
        .url = config.metrics_url,
        .token = config.metrics_token,
        .ca_file = config.ca_file,
        .timeout_ms = METRICS_TIMEOUT_MS,
    };

    if (config.metrics_url == NULL) {
        return true;
    }
    if (events.token == NULL) {
        own = keys_read("SERVICE_TOKEN", ret_error);
        events.token = own;
    }
    state->events = events_new((size_t)config.events_max);
    svc_metrics_gauge(metrics, "ai_events_waiting",
        "Intent events that lightweight_metrics doesn't have yet.", read_waiting,
        state->events);
    svc_metrics_gauge(metrics, "ai_events_dropped",
        "Intent events that it won't get, since the start.", read_dropped, state->events);
    state->store_events = store_events_new(state->events, &events, ret_error);
    return state->store_events != NULL;
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct service *state = svc_alloc_zero(1, sizeof *state);

    runtime->state = state;
    state->config = &config;
    state->stats = call_stats_new();
    routes_metrics(state, runtime->metrics);
    if (!svc_texts_open(config.texts_dir, &state->texts, ret_error) ||
        !open_cascade(state, runtime, ret_error) ||
        !open_events(state, runtime->metrics, ret_error)) {
        stop(runtime);
        return false;
    }
    state->store_config = store_config_new(runtime->pg, change_providers, state);
    return true;
}

/* A row that is wrong costs a provider, and nothing else. */
static void ask_providers(const struct svc_runtime *runtime, struct svc_part *ret_part)
{
    const struct service *state = runtime->state;
    struct provider_list *list = store_config_take(state->store_config);

    ret_part->name = "providers";
    ret_part->up = true;
    for (size_t i = 0; i < list->count && ret_part->up; i++) {
        const struct provider_row *row = &list->rows[i];
        ret_part->up = !row->faulty;
        if (row->faulty) {
            snprintf(ret_part->error, sizeof ret_part->error, "%.50s is left out: %.180s",
                row->config.name.text, row->reason);
        }
    }
    provider_list_release(&list);
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "says what a customer wants",
        .port = "8104",
        .threads = "0",
        .body_limit = "1048576",
        .uses = SVC_USES_REDIS | SVC_USES_POSTGRES,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
        .ask_part = ask_providers,
    };

    return svc_app_run(&app, argc, argv);
}
