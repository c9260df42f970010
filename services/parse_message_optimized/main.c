/* parse_message_optimized: what it is configured by, and what answers. */
#include "routes.h"

#include <stdio.h>
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
    SVC_SETTING_TEXT_AT(struct config, n8n_url, "N8N_WEBHOOK_URL", NULL,
        "the webhook of n8n that gets what POST /v1/webhook has stored in DATABASE_URL; "
        "without it there is no intake"),
    SVC_SETTING_TEXT_AT(struct config, n8n_ca_file, "N8N_CA_FILE", NULL,
        "the authorities that are trusted for n8n; the system's without it"),
    SVC_SETTING_INT_AT(struct config, executions_max, "EXECUTIONS_MAX", "64", "", 1, 1000,
        "messages of customers this replica has in n8n at the same time, at most; how "
        "many it has is found out"),
    SVC_SETTING_INT_AT(struct config, execution_ms, "EXECUTION_MS", "65000", "ms", 2000,
        3600000,
        "an execution that hasn't ended by then has vanished, and is begun again; longer "
        "than LEASE_MS"),
    SVC_SETTING_INT_AT(struct config, delivery_ms, "DELIVERY_TIMEOUT_MS", "10000", "ms",
        100, 60000, "for n8n to take a message"),
    SVC_SETTING_INT_AT(struct config, attempts_max, "ATTEMPTS_MAX", "5", "", 1, 100,
        "executions of a message that don't end before it is a dead letter"),
    SVC_SETTING_INT_AT(struct config, coalesce_ms, "COALESCE_MS", "0", "ms", 0, 10000,
        "messages that one customer writes within that time reach n8n as one; buttons, "
        "orders and media don't wait"),
    SVC_SETTING_INT_AT(struct config, coalesce_max_ms, "COALESCE_MAX_MS", "5000", "ms", 0,
        60000, "the first of them waits no longer"),
};

static const struct svc_route routes[] = {
    {"postParse", post_parse},
    {"postMessagesEnd", post_messages_end},
    {"getWebhook", get_webhook},
    {"postWebhook", post_webhook},
    {"getIntake", get_intake},
    {"getDeadLetters", get_dead_letters},
    {"postDeadLetters", post_dead_letters},
};

static double gauge_waiting(void *intake)
{
    return (double)intake_totals(intake).waiting;
}

static double gauge_oldest(void *intake)
{
    return (double)intake_totals(intake).oldest_ms / 1000;
}

static double gauge_dead(void *intake)
{
    return (double)intake_totals(intake).dead;
}

static double gauge_limit(void *intake)
{
    return (double)intake_limit(intake);
}

static void show_intake(struct svc_metrics *metrics, struct intake *intake)
{
    svc_metrics_gauge(metrics, "intake_waiting_messages",
        "Messages that are acknowledged and not done.", gauge_waiting, intake);
    svc_metrics_gauge(metrics, "intake_oldest_seconds",
        "How long the oldest of them has waited.", gauge_oldest, intake);
    svc_metrics_gauge(metrics, "intake_dead_letters", "Messages that were given up.",
        gauge_dead, intake);
    svc_metrics_gauge(metrics, "intake_executions_limit",
        "Executions that this replica may have in n8n now.", gauge_limit, intake);
}

static bool start_intake(
    struct svc_runtime *runtime, struct parse_state *state, char ret_error[256])
{
    struct svc_metrics *metrics = runtime->metrics;

    state->stored = svc_metrics_counter(
        metrics, "intake_stored_total", "", "Messages that were stored for n8n.");
    state->known = svc_metrics_counter(
        metrics, "intake_known_total", "", "Messages that had been stored before.");
    const struct intake_settings given = {
        .pg = runtime->pg,
        .url = config.n8n_url,
        .app_secrets = config.app_secrets,
        .user_agent = SVC_NAME "/" SVC_VERSION,
        .ca_file = config.n8n_ca_file,
        .executions_max = config.executions_max,
        .lease_ms = config.execution_ms,
        .deadline_ms = config.delivery_ms,
        .attempts_max = config.attempts_max,
        .keep_s = config.dedupe_ttl_s,
        .delivered = svc_metrics_counter(
            metrics, "intake_delivered_total", "", "Deliveries that n8n took."),
        .refused = svc_metrics_counter(
            metrics, "intake_refused_total", "", "Deliveries that n8n didn't take."),
        .vanished = svc_metrics_counter(
            metrics, "intake_vanished_total", "", "Executions that never ended."),
    };
    if (config.n8n_url == NULL) {
        return true;
    }
    if (runtime->pg == NULL) {
        snprintf(ret_error, 256,
            "N8N_WEBHOOK_URL needs DATABASE_URL, where messages are stored");
        return false;
    }
    if (config.execution_ms <= config.lease_ms) {
        snprintf(ret_error, 256,
            "EXECUTION_MS must be longer than LEASE_MS: a message that is begun again "
            "would be in progress still");
        return false;
    }
    if (!intake_new(&given, &state->intake, ret_error)) {
        return false;
    }
    show_intake(metrics, state->intake);
    return true;
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct parse_state *state = svc_alloc_zero(1, sizeof *state);
    struct lease_times times = {config.lease_ms, config.dedupe_ttl_s * 1000};
    struct svc_metrics *metrics = runtime->metrics;

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
    return start_intake(runtime, state, ret_error);
}

static void stop(struct svc_runtime *runtime)
{
    struct parse_state *state = runtime->state;

    intake_free(&state->intake);
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
        .uses = SVC_USES_REDIS | SVC_MAY_USE_POSTGRES | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
