/* optimized_rate_limiter: what it is configured by, and what answers. */
#include "routes.h"

#include <stdlib.h>

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_TEXT_AT(struct config, texts_dir, "TEXTS_DIR", NULL,
        "a folder with es.json, en.json, pt.json: what the shop says instead of the "
        "texts "
        "that are built in"),
    SVC_SETTING_TEXT_AT(struct config, locale, "DEFAULT_LOCALE", "es",
        "the language of a customer whose own isn't said"),
    SVC_SETTING_INT_AT(struct config, replicas, "REPLICAS", "1", NULL, 1, 1000,
        "how many of this service share the customers; while Redis is gone, each allows "
        "its part"),
    SVC_SETTING_INT_AT(struct config, customers_max, "LOCAL_CUSTOMERS_MAX", "20000", NULL,
        64, 10000000, "customers that are remembered here for the time without Redis"),
};

static const struct svc_route routes[] = {
    {"postCheck", post_check},
    {"postRefund", post_refund},
    {"postBlock", post_block},
    {"getLimits", get_limits},
    {"deleteLimits", delete_limits},
    {"getTier", get_tier},
    {"putTier", put_tier},
};

static void stop(struct svc_runtime *runtime)
{
    struct limiter_state *state = runtime->state;

    store_config_free(&state->store_config);
    store_free(&state->store);
    customers_free(&state->customers);
    svc_texts_close(&state->texts);
    free(state);
    runtime->state = NULL;
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct limiter_state *state = svc_alloc_zero(1, sizeof *state);
    struct svc_metrics *metrics = runtime->metrics;

    if (!svc_texts_open(config.texts_dir, &state->texts, ret_error)) {
        free(state);
        return false;
    }
    state->config = &config;
    state->customers = customers_new((size_t)config.customers_max);
    state->store = store_new(runtime->redis, state->customers, config.replicas);
    state->store_config = store_config_new(runtime->pg, state->customers, metrics);
    state->allowed = svc_metrics_counter(metrics, "limiter_checks_total",
        "verdict=\"allowed\"", "Checks, by what came out.");
    state->denied = svc_metrics_counter(metrics, "limiter_checks_total",
        "verdict=\"denied\"", "Checks, by what came out.");
    state->shadowed = svc_metrics_counter(metrics, "limiter_shadow_denied_total", "",
        "Checks that went over a limit in shadow mode.");
    state->repeated = svc_metrics_counter(metrics, "limiter_repeated_total", "",
        "Checks of a message that was counted already.");
    state->local = svc_metrics_counter(
        metrics, "limiter_local_total", "", "Operations without Redis.");
    runtime->state = state;
    return true;
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "limits what a customer may send in a minute, an hour and a day",
        .port = "8102",
        .threads = "16",
        .body_limit = "1048576",
        .uses = SVC_USES_REDIS | SVC_USES_POSTGRES | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
