/* parse_message_optimized: what it is configured by, and what answers. */
#include "routes.h"

#include <stdlib.h>

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_SECRET_AT(struct config, app_secrets, "WHATSAPP_APP_SECRET",
        "Meta's app secret, or several, separated by commas, while it is changed; "
        "without "
        "it signatures are not checked"),
    SVC_SETTING_SECRET_AT(struct config, verify_token, "WHATSAPP_VERIFY_TOKEN",
        "what Meta sends with its verification handshake"),
    SVC_SETTING_CHOICE_AT(struct config, signature_mode, "SIGNATURE_MODE", "standard",
        "standard|strict", "strict refuses what n8n wrote anew, which can't be checked"),
    SVC_SETTING_TEXT_AT(struct config, phone_number_ids, "WHATSAPP_PHONE_NUMBER_IDS",
        NULL,
        "ids of the numbers that are this shop's, separated by commas; messages to "
        "others "
        "are marked other_number"),
    SVC_SETTING_INT_AT(struct config, lease_ms, "LEASE_MS", "60000", "ms", 1000, 3600000,
        "a message whose handling isn't ended by then is handled again when it comes "
        "again"),
    SVC_SETTING_INT_AT(struct config, dedupe_ttl_s, "DEDUPE_TTL_S", "604800", "s", 60,
        2592000, "how long a handled message is known; Meta repeats for 7 days"),
};

static const struct svc_route routes[] = {
    {"postParse", post_parse},
    {"postMessagesEnd", post_messages_end},
    {"getWebhook", get_webhook},
};

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct parse_state *state = svc_alloc_zero(1, sizeof *state);
    struct lease_times times = {config.lease_ms, config.dedupe_ttl_s * 1000};
    struct svc_metrics *metrics = runtime->metrics;

    (void)ret_error;
    state->config = &config;
    state->store = store_new(runtime->redis, &times);
    state->messages = svc_metrics_counter(
        metrics, "parse_messages_total", "", "Messages that came, duplicates too.");
    state->duplicates = svc_metrics_counter(
        metrics, "parse_duplicates_total", "", "Messages known already.");
    state->statuses =
        svc_metrics_counter(metrics, "parse_statuses_total", "", "Delivery statuses.");
    state->events =
        svc_metrics_counter(metrics, "parse_events_total", "", "Other events.");
    state->faulty = svc_metrics_counter(
        metrics, "parse_faulty_elements_total", "", "Elements with something wrong.");
    state->bad_signatures = svc_metrics_counter(
        metrics, "parse_bad_signatures_total", "", "Bodies refused for their signature.");
    state->local_lookups = svc_metrics_counter(metrics, "parse_local_lookups_total", "",
        "Messages looked up in this process, without Redis.");
    runtime->state = state;
    return true;
}

static void stop(struct svc_runtime *runtime)
{
    struct parse_state *state = runtime->state;

    store_free(&state->store);
    free(state);
    runtime->state = NULL;
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "takes WhatsApp webhooks apart, checks and deduplicates them",
        .port = "8101",
        .threads = "2",
        .body_limit = "4194304",
        .uses = SVC_USES_REDIS | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
