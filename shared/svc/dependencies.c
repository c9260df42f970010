/* The systems that a service stands on: opened at the start, asked how they are by
 * /readyz. */
#include "app_private.h"

#include <stdio.h>
#include <string.h>

/* For a batch. */
#define EVENTS_TIMEOUT_MS 3000

static bool open_redis(struct svc_app_state *state, char ret_error[256])
{
    const struct svc_common_settings *settings = &state->settings;
    struct svc_redis_settings redis = {
        .url = settings->redis_url,
        .timeout_ms = settings->redis_timeout_ms,
        .pool_size = settings->redis_pool_size,
    };
    struct svc_redis_error error;

    if (settings->redis_url == NULL) {
        return true;
    }
    if (svc_redis_open(&redis, &state->runtime.redis, &error) != SVC_OK) {
        snprintf(ret_error, 256, "REDIS_URL: %.200s", error.message);
        return false;
    }
    return true;
}

static bool open_postgres(struct svc_app_state *state, char ret_error[256])
{
    const struct svc_common_settings *settings = &state->settings;
    struct svc_pg_settings pg = {
        .url = settings->database_url,
        .name = state->app->name,
        .size = settings->pg_pool_size,
        .connect_timeout_ms = settings->pg_connect_timeout_ms,
        .acquire_timeout_ms = settings->pg_timeout_ms,
        .statement_timeout_ms = settings->pg_timeout_ms,
    };
    struct svc_pg_error error;

    state->runtime.database_url = settings->database_url;
    if (settings->database_url == NULL) {
        return true;
    }
    if (svc_pg_open(&pg, &state->runtime.pg, &error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", error.message);
        return false;
    }
    return true;
}

static double read_waiting(void *context)
{
    struct svc_events_stats stats;

    svc_events_stats(context, &stats);
    return (double)stats.waiting;
}

static double read_dropped(void *context)
{
    struct svc_events_stats stats;

    svc_events_stats(context, &stats);
    return (double)stats.dropped;
}

static bool open_events(struct svc_app_state *state, char ret_error[256])
{
    const struct svc_common_settings *settings = &state->settings;
    struct svc_events_settings events = {
        .url = settings->metrics_url,
        .token = settings->metrics_token != NULL ? settings->metrics_token
                                                 : settings->service_token,
        .ca_file = settings->metrics_ca_file,
        .source = state->app->name,
        .timeout_ms = EVENTS_TIMEOUT_MS,
        .waiting_max = settings->events_max,
    };

    if (settings->metrics_url == NULL) {
        return true;
    }
    state->runtime.events = svc_events_new(&events, ret_error);
    if (state->runtime.events == NULL) {
        return false;
    }
    svc_metrics_gauge(state->runtime.metrics, "events_waiting",
        "Events that lightweight_metrics doesn't have yet.", read_waiting,
        state->runtime.events);
    svc_metrics_gauge(state->runtime.metrics, "events_dropped",
        "Events that it won't get, since the start.", read_dropped,
        state->runtime.events);
    return true;
}

bool svc_dependencies_open(struct svc_app_state *state, char ret_error[256])
{
    unsigned uses = state->app->uses;

    if ((uses & SVC_NEEDS_REDIS) == SVC_NEEDS_REDIS &&
        state->settings.redis_url == NULL) {
        snprintf(ret_error, 256, "REDIS_URL is not set; this service needs Redis");
        return false;
    }
    if ((uses & SVC_NEEDS_POSTGRES) == SVC_NEEDS_POSTGRES &&
        state->settings.database_url == NULL) {
        snprintf(
            ret_error, 256, "DATABASE_URL is not set; this service needs PostgreSQL");
        return false;
    }
    return open_redis(state, ret_error) && open_postgres(state, ret_error) &&
           open_events(state, ret_error);
}

void svc_dependencies_close(struct svc_app_state *state)
{
    svc_events_free(&state->runtime.events);
    svc_pg_close(&state->runtime.pg);
    svc_redis_close(&state->runtime.redis);
}

struct dependency {
    const char *name;
    bool used;
    bool needed;
    bool configured;
    bool up;
    int64_t latency_us;
    char error[256];
};

static void ask_redis(struct svc_app_state *state, struct dependency *dependency)
{
    struct svc_redis_error error;

    dependency->up =
        svc_redis_ping(state->runtime.redis, &dependency->latency_us, &error) == SVC_OK;
    if (!dependency->up) {
        snprintf(dependency->error, sizeof dependency->error, "%s", error.message);
    }
}

static void ask_postgres(struct svc_app_state *state, struct dependency *dependency)
{
    struct svc_pg_error error;

    dependency->up =
        svc_pg_ping(state->runtime.pg, &dependency->latency_us, &error) == SVC_OK;
    if (!dependency->up) {
        snprintf(dependency->error, sizeof dependency->error, "%s", error.message);
    }
}

static void write_dependency(
    const struct dependency *dependency, struct svc_json_writer *writer)
{
    const char *state = dependency->up ? "up" : "down";

    svc_json_write_key(writer, dependency->name);
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(
        writer, "state", dependency->configured ? state : "not_configured");
    svc_json_write_field_bool(writer, "needed", dependency->needed);
    if (dependency->up) {
        svc_json_write_key(writer, "latency_ms");
        svc_json_write_double(writer, (double)dependency->latency_us / 1000.0);
    }
    if (dependency->error[0] != '\0') {
        svc_json_write_field_text(writer, "error", dependency->error);
    }
    svc_json_write_object_end(writer);
}

static struct dependency ask_part(const struct svc_app_state *state)
{
    struct svc_part part = {.name = "service"};

    state->app->ask_part(&state->runtime, &part);
    struct dependency dependency = {
        .name = part.name,
        .used = true,
        .needed = part.needed,
        .configured = true,
        .up = part.up,
    };
    snprintf(dependency.error, sizeof dependency.error, "%s", part.error);
    return dependency;
}

bool svc_dependencies_check(struct svc_app_state *state, struct svc_json_writer *writer)
{
    unsigned uses = state->app->uses;
    struct dependency list[] = {
        {.name = "redis",
            .used = (uses & SVC_USES_REDIS) != 0,
            .needed = (uses & SVC_NEEDS_REDIS) == SVC_NEEDS_REDIS,
            .configured = state->runtime.redis != NULL},
        {.name = "postgres",
            .used = (uses & SVC_USES_POSTGRES) != 0 &&
                    ((uses & SVC_MAY_USE_POSTGRES) != SVC_MAY_USE_POSTGRES ||
                        state->runtime.pg != NULL),
            .needed = (uses & SVC_NEEDS_POSTGRES) == SVC_NEEDS_POSTGRES,
            .configured = state->runtime.pg != NULL},
        {0},
    };
    static void (*const ask[])(struct svc_app_state *, struct dependency *) = {
        ask_redis, ask_postgres};
    bool ready = !atomic_load(&state->stopping);
    bool degraded = false;

    if (state->app->ask_part != NULL && state->runtime.state != NULL) {
        list[2] = ask_part(state);
    }
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (i < sizeof ask / sizeof ask[0] && list[i].used && list[i].configured) {
            ask[i](state, &list[i]);
        }
        bool missing = list[i].used && !list[i].up;
        ready = ready && !(missing && list[i].needed);
        degraded = degraded || missing;
    }
    const char *usable = degraded ? "degraded" : "ready";
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "status", ready ? usable : "unavailable");
    svc_json_write_field_bool(writer, "stopping", atomic_load(&state->stopping));
    svc_json_write_key(writer, "dependencies");
    svc_json_write_object_begin(writer);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (list[i].used) {
            write_dependency(&list[i], writer);
        }
    }
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
    return ready;
}
