/* What every service answers: how it is, what it counted, what it promises. */
#include "app_private.h"

#include "clock.h"

static enum svc_status get_health(struct svc_request *request, struct svc_reply *reply)
{
    const struct svc_app_state *state = svc_app_state_of(request);

    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_text(&reply->json, "status", "ok");
    svc_json_write_field_text(&reply->json, "service", state->app->name);
    svc_json_write_field_text(&reply->json, "version", state->app->version);
    svc_json_write_field_int(
        &reply->json, "uptime_s", (svc_clock_monotonic_ms() - state->started_ms) / 1000);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* 503 with the same body where the service can't do its job: probes read the status,
 * people the body. */
static enum svc_status get_ready(struct svc_request *request, struct svc_reply *reply)
{
    bool ready = svc_dependencies_check(svc_app_state_of(request), &reply->json);

    reply->own_body = true;
    return ready ? SVC_OK : SVC_UNAVAILABLE;
}

static enum svc_status get_metrics(struct svc_request *request, struct svc_reply *reply)
{
    svc_metrics_write(request->runtime->metrics, reply->json.buf);
    reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return SVC_OK;
}

static enum svc_status get_openapi(struct svc_request *request, struct svc_reply *reply)
{
    (void)request;
    svc_json_write_raw(&reply->json,
        (struct svc_slice){svc_openapi_document, svc_openapi_document_size});
    return SVC_OK;
}

const struct svc_route svc_builtin_routes[] = {
    {"getHealth", get_health},
    {"getReady", get_ready},
    {"getMetrics", get_metrics},
    {"getOpenapi", get_openapi},
};

const size_t svc_builtin_route_count =
    sizeof svc_builtin_routes / sizeof svc_builtin_routes[0];
