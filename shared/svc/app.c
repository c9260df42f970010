#include "app_private.h"

#include "clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXIT_NOT_STARTED 1
#define EXIT_BAD_USE 2

static int complain(const struct svc_app *app, const char *line, int exit_status)
{
    fprintf(stderr, "%s: %s\n", app->name, line);
    return exit_status;
}

static void print_help(const struct svc_app *app, const struct svc_setting_table *common)
{
    printf("%s %s: %s\n\n", app->name, app->version, app->summary);
    printf("Usage: %s [--check | --help | --version]\n\n", app->name);
    printf("  --check    tests settings and dependencies, and exits\n\n");
    printf("Settings, from the environment; NAME_FILE reads NAME from a file:\n\n");
    svc_config_print(&app->settings);
    svc_config_print(common);
}

static bool read_settings(struct svc_app_state *state,
    const struct svc_setting_table *common, struct svc_config_error *ret_error)
{
    struct svc_common_settings *settings = &state->settings;

    if (!svc_config_read(common, getenv, ret_error) ||
        !svc_config_read(&state->app->settings, getenv, ret_error)) {
        return false;
    }
    if (settings->bind_address == NULL) {
        settings->bind_address =
            svc_strdup(settings->service_token != NULL ? "0.0.0.0" : "127.0.0.1");
    }
    if (settings->service_token == NULL &&
        !svc_http_is_loopback(settings->bind_address)) {
        snprintf(ret_error->message, sizeof ret_error->message,
            "SERVICE_TOKEN is not set, and BIND_ADDRESS=%.100s is open to other machines",
            settings->bind_address);
        return false;
    }
    return true;
}

static svc_handler *find_handler(const struct svc_app *app, const char *operation_id)
{
    for (size_t i = 0; i < app->route_count; i++) {
        if (strcmp(app->routes[i].operation_id, operation_id) == 0) {
            return app->routes[i].handler;
        }
    }
    for (size_t i = 0; i < svc_builtin_route_count; i++) {
        if (strcmp(svc_builtin_routes[i].operation_id, operation_id) == 0) {
            return svc_builtin_routes[i].handler;
        }
    }
    return NULL;
}

/* A handler without a promise is as wrong as a promise without a handler. */
static bool find_orphan(const struct svc_app_state *state, char ret_error[256])
{
    for (size_t i = 0; i < state->app->route_count; i++) {
        const char *id = state->app->routes[i].operation_id;
        size_t at = 0;
        while (at < state->api.operation_count &&
               strcmp(state->api.operations[at].id, id) != 0) {
            at++;
        }
        if (at == state->api.operation_count) {
            snprintf(ret_error, 256, "the contract has no operation %.100s", id);
            return true;
        }
    }
    return false;
}

static bool load_contract(struct svc_app_state *state, char ret_error[256])
{
    struct svc_slice document = {svc_openapi_document, svc_openapi_document_size};

    if (!svc_openapi_load(&state->api, document, ret_error) ||
        find_orphan(state, ret_error)) {
        return false;
    }
    state->handlers = svc_alloc_zero(state->api.operation_count, sizeof(svc_handler *));
    for (size_t i = 0; i < state->api.operation_count; i++) {
        const char *id = state->api.operations[i].id;
        state->handlers[i] = find_handler(state->app, id);
        if (state->handlers[i] == NULL) {
            snprintf(
                ret_error, 256, "nothing handles the contract's operation %.100s", id);
            return false;
        }
    }
    return true;
}

static bool open_state(struct svc_app_state *state, char ret_error[256])
{
    if (!load_contract(state, ret_error)) {
        return false;
    }
    state->runtime.metrics = svc_metrics_new(&state->api);
    state->runtime.service_token = state->settings.service_token;
    if (!svc_dependencies_open(state, ret_error)) {
        return false;
    }
    return state->app->start == NULL || state->app->start(&state->runtime, ret_error);
}

static void close_state(struct svc_app_state *state)
{
    if (state->app->stop != NULL && state->runtime.state != NULL) {
        state->app->stop(&state->runtime);
    }
    svc_dependencies_close(state);
    svc_metrics_free(&state->runtime.metrics);
    free((void *)state->handlers);
    svc_openapi_done(&state->api);
}

/* --check: 0 when everything that is needed answers. */
static int check(struct svc_app_state *state)
{
    struct svc_buf text;
    struct svc_json_writer writer;

    svc_buf_init(&text, 4096);
    svc_json_write_init(&writer, &text);
    bool ready = svc_dependencies_check(state, &writer);
    puts(svc_buf_text(&text));
    svc_buf_done(&text);
    return ready ? 0 : EXIT_NOT_STARTED;
}

static void wait_for_end(const sigset_t *signals)
{
    int signal_number = 0;

    while (sigwait(signals, &signal_number) != 0) {
    }
    svc_log(SVC_LOG_INFO, "stopping", SVC_TEXT("signal", strsignal(signal_number)));
}

/* Answers what was begun, up to the grace period. Each answer closes its connection from
 * here on, so that clients go elsewhere. */
static void drain(struct svc_app_state *state, struct svc_http *http)
{
    static const struct timespec step = {.tv_nsec = 10 * 1000000};
    int64_t deadline_ms = svc_clock_monotonic_ms() + state->settings.shutdown_grace_ms;

    atomic_store(&state->stopping, true);
    svc_http_stop_accepting(http);
    do {
        nanosleep(&step, NULL);
    } while (svc_http_in_flight(http) > 0 && svc_clock_monotonic_ms() < deadline_ms);
    svc_log(SVC_LOG_INFO, "stopped", SVC_INT("cut_off", svc_http_in_flight(http)));
}

static int serve(struct svc_app_state *state, const sigset_t *signals)
{
    const struct svc_common_settings *settings = &state->settings;
    struct svc_http_settings http_settings = {
        .address = settings->bind_address,
        .port = settings->port,
        .threads = settings->http_threads,
        .connections_max = settings->connections_max,
        .idle_timeout_ms = settings->idle_timeout_ms,
        .request_timeout_ms = settings->request_timeout_ms,
        .body_limit = settings->body_limit,
    };
    char error[256];
    struct svc_http *http = svc_http_start(&http_settings, svc_dispatch, state, error);

    if (http == NULL) {
        return complain(state->app, error, EXIT_NOT_STARTED);
    }
    svc_log(SVC_LOG_INFO, "listening", SVC_TEXT("address", settings->bind_address),
        SVC_INT("port", settings->port), SVC_TEXT("version", state->app->version));
    wait_for_end(signals);
    drain(state, http);
    svc_http_stop(&http);
    return 0;
}

static int run(struct svc_app_state *state, bool only_check)
{
    char error[256];
    sigset_t signals;

    /* Blocked before any thread starts, so that only sigwait takes them. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    int exit_status = EXIT_NOT_STARTED;
    if (!open_state(state, error)) {
        complain(state->app, error, exit_status);
    } else {
        exit_status = only_check ? check(state) : serve(state, &signals);
    }
    close_state(state);
    return exit_status;
}

int svc_app_run(const struct svc_app *app, int argc, char **argv)
{
    struct svc_app_state state = {.app = app, .started_ms = svc_clock_monotonic_ms()};
    struct svc_setting_table common;
    struct svc_config_error error;
    const char *argument = argc > 1 ? argv[1] : "";

    svc_common_settings_table(app, &state.settings, &common);
    SVC_AUTO_FREE void *common_settings = (void *)common.settings;
    (void)common_settings;
    if (strcmp(argument, "--help") == 0) {
        print_help(app, &common);
        return 0;
    }
    if (strcmp(argument, "--version") == 0) {
        printf("%s %s\n", app->name, app->version);
        return 0;
    }
    bool only_check = strcmp(argument, "--check") == 0;
    if (argc > 2 || (argc == 2 && !only_check)) {
        return complain(
            app, "unknown argument; --help lists what there is", EXIT_BAD_USE);
    }
    int exit_status = EXIT_BAD_USE;
    if (!read_settings(&state, &common, &error)) {
        complain(app, error.message, exit_status);
    } else {
        svc_log_setup(app->name, (enum svc_log_level)state.settings.log_level,
            state.settings.log_private);
        exit_status = run(&state, only_check);
    }
    svc_config_done(&app->settings);
    svc_config_done(&common);
    return exit_status;
}
