/* The skeleton that every service stands on: a service is a table of settings, a table of
 * handlers, and one call of svc_app_run.
 *
 * The runtime starts and stops, answers --help, --check and --version, serves /healthz,
 * /readyz, /metrics and /openapi.json, authenticates, checks each request against the
 * contract, takes the forms in which n8n sends a body, and turns faults into problems. */
#ifndef SVC_APP_H
#define SVC_APP_H

#include "config.h"
#include "events.h"
#include "json_write.h"
#include "log.h"
#include "metrics.h"
#include "openapi.h"
#include "pg.h"
#include "redis.h"
#include "stream.h"
#include "trace.h"

struct svc_http_exchange;

/* What a service is given to work with; what it doesn't use, or what isn't configured, is
 * NULL. */
struct svc_runtime {
    struct svc_redis *redis;
    struct svc_pg *pg;
    struct svc_metrics *metrics;
    struct svc_events *events; /* to lightweight_metrics, where METRICS_URL is set */
    const char *database_url;  /* for a pool of the service's own, with other time-outs */
    const char *service_token; /* SERVICE_TOKEN, which other services share; NULL: none */
    void *state;               /* the service's own, made by `start` */
};

/* What else a service stands on, for /readyz. */
struct svc_part {
    const char *name;
    bool up;
    bool needed; /* not ready without it, now */
    char error[256];
};

struct svc_request {
    const struct svc_operation *operation;
    const struct svc_json *body; /* checked; NULL where the operation takes none */
    /* The bytes as they came, where `body` is all of them: for signatures over them. */
    struct svc_slice raw_body;
    const struct svc_json *item;        /* the n8n item that `body` was in; NULL: none */
    size_t element;                     /* of an array of bodies; 0 where it is none */
    const struct svc_json **parameters; /* as operation->parameters */
    size_t escapes_replaced;            /* in the JSON: see svc_json_read */
    struct svc_arena *arena;            /* ends with the request */
    const struct svc_trace *trace;
    const struct svc_runtime *runtime;
    const struct svc_http_exchange *exchange;
};

struct svc_reply {
    struct svc_json_writer json; /* the answer; other text goes straight to json.buf */
    const char *detail;          /* for a status that isn't OK */
    struct svc_problems *problems;
    const char *content_type; /* JSON unless changed */
    bool own_body;            /* what was written is the answer, whatever the status */
    int http_status;          /* instead of the status' own; 0: that */
    struct svc_stream stream; /* what is sent after the answer that was written */
};

/* Answers one request. OK: what it wrote to `reply` is the answer. Else a problem is
 * answered, with reply->detail and what was added to reply->problems. */
typedef enum svc_status svc_handler(struct svc_request *request, struct svc_reply *reply);

struct svc_route {
    const char *operation_id;
    svc_handler *handler;
};

enum svc_uses {
    SVC_USES_REDIS = 1,
    SVC_USES_POSTGRES = 2,
    SVC_NEEDS_REDIS = 4 | SVC_USES_REDIS, /* not ready without it */
    SVC_NEEDS_POSTGRES = 8 | SVC_USES_POSTGRES,
    SVC_TELLS_EVENTS = 16, /* what happens goes to lightweight_metrics */
    SVC_MAY_USE_POSTGRES =
        32 | SVC_USES_POSTGRES, /* whole without it, where none is set */
};

struct svc_app {
    const char *name;
    const char *version;
    const char *summary;    /* one line for --help */
    const char *port;       /* default of PORT */
    const char *threads;    /* default of HTTP_THREADS: see svc_http_settings */
    const char *body_limit; /* default of BODY_LIMIT_BYTES */
    unsigned uses;
    struct svc_setting_table settings;
    const struct svc_route *routes;
    size_t route_count;
    /* Makes `runtime->state`; on failure false with one line in `ret_error`. May be NULL.
     */
    bool (*start)(struct svc_runtime *runtime, char ret_error[256]);
    void (*stop)(struct svc_runtime *runtime);
    /* Says how the service's own part is. May be NULL. */
    void (*ask_part)(const struct svc_runtime *runtime, struct svc_part *ret_part);
};

/* Runs the service until SIGTERM or SIGINT. Returns the exit status of the process: 0, or
 * 1 when it could not start (one line on standard error says why), 2 for a bad setting or
 * argument. */
int svc_app_run(const struct svc_app *app, int argc, char **argv);

/* A header of the request; {NULL, 0} where it isn't there. */
struct svc_slice svc_request_header(const struct svc_request *request, const char *name);

/* Whether the caller has hung up (see svc_http_is_abandoned). */
bool svc_request_is_abandoned(const struct svc_request *request);

/* A parameter that the contract names; NULL where it isn't given. */
const struct svc_json *svc_request_parameter(
    const struct svc_request *request, const char *name);

/* A further header of the answer; both texts live until it is sent. Beyond 8 they are
 * left out. */
void svc_reply_header(
    const struct svc_request *request, const char *name, const char *value);

/* What makes a repeated call the same call: the header Idempotency-Key; {NULL, 0}
 * without. */
struct svc_slice svc_request_idempotency_key(const struct svc_request *request);

#endif
