/* What the files of the runtime share. */
#ifndef SVC_APP_PRIVATE_H
#define SVC_APP_PRIVATE_H

#include "app.h"
#include "http.h"
#include "http_listen.h"

#include <stdatomic.h>

/* The settings that every service has, and those of what it uses. */
struct svc_common_settings {
    int64_t port;
    const char *bind_address;
    const char *service_token;
    int log_level;
    bool log_private;
    int64_t http_threads;
    int64_t connections_max;
    int64_t idle_timeout_ms;
    int64_t request_timeout_ms;
    int64_t shutdown_grace_ms;
    int64_t body_limit;
    int64_t json_depth_max;
    int64_t json_values_max;
    const char *redis_url;
    int64_t redis_pool_size;
    int64_t redis_timeout_ms;
    const char *database_url;
    int64_t pg_pool_size;
    int64_t pg_connect_timeout_ms;
    int64_t pg_timeout_ms;
    const char *metrics_url;
    const char *metrics_token;
    const char *metrics_ca_file;
    int64_t events_max;
};

struct svc_app_state {
    const struct svc_app *app;
    struct svc_common_settings settings;
    struct svc_openapi api;
    svc_handler **handlers; /* as api.operations */
    struct svc_runtime runtime;
    atomic_bool stopping;
    int64_t started_ms;
};

/* Fills a table of those settings that APP has; the caller frees table->settings. */
void svc_common_settings_table(const struct svc_app *app,
    struct svc_common_settings *target, struct svc_setting_table *ret_table);

/* The dependencies that APP uses, made from the settings; false with one line. */
SVC_MUST_CHECK bool svc_dependencies_open(
    struct svc_app_state *state, char ret_error[256]);
void svc_dependencies_close(struct svc_app_state *state);

/* Writes {"status", "dependencies"}; false when a needed one is down. */
bool svc_dependencies_check(struct svc_app_state *state, struct svc_json_writer *writer);

/* The handlers of the operations that every contract has. */
extern const struct svc_route svc_builtin_routes[];
extern const size_t svc_builtin_route_count;

/* The state behind a request's runtime. */
struct svc_app_state *svc_app_state_of(const struct svc_request *request);

/* One request, from the bytes to the answer; a svc_http_handler. */
void svc_dispatch(void *state, struct svc_http_exchange *exchange);

/* A body's elements: one, or those of an array that n8n sends. */
struct svc_body {
    const struct svc_json *value; /* as the operation takes it */
    const struct svc_json *item;  /* the n8n item around it; NULL: none */
    struct svc_place place;       /* of `value` in the whole body */
    struct svc_place outer;
};

struct svc_bodies {
    struct svc_body *list;
    size_t count;
    bool array; /* answers go in an array, too */
};

/* Takes the whole body apart into what the operation wants. */
void svc_bodies_unwrap(struct svc_arena *arena, const struct svc_operation *operation,
    const struct svc_json *whole, struct svc_bodies *ret_bodies);

#endif
