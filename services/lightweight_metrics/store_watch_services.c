#include "store_watch_private.h"

#include <svc/client.h>
#include <svc/json.h>
#include <svc/pg.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ASK_MS 1500
#define BEARER_SIZE 4200

/* How a service is. */
struct finding {
    const char *state; /* "up", "degraded", "down" */
    char detail[200];
    double latency_ms;
    double hit_rate; /* of a cache; NaN: none */
};

static enum svc_status ask(struct watch *watch, const struct watched_service *service,
    const char *path, struct svc_client_reply *reply, struct svc_client_error *error)
{
    char url[SERVICE_URL_SIZE + 32];
    char bearer[BEARER_SIZE];
    struct svc_client_header header = {"Authorization", bearer};
    const char *token = watch->settings.services_token;

    snprintf(url, sizeof url, "%s%s", service->url, path);
    snprintf(bearer, sizeof bearer, "Bearer %s", token != NULL ? token : "");
    const struct svc_client_request request = {
        .method = "GET",
        .url = url,
        .headers = &header,
        .header_count = token != NULL ? 1 : 0,
        .deadline_ms = ASK_MS,
    };
    return svc_client_call(watch->client, &request, reply, error);
}

static const struct svc_json *read_reply(
    struct svc_arena *arena, const struct svc_client_reply *reply)
{
    static const struct svc_json_limits limits = {.depth = 32, .values = 20000};
    struct svc_json_error error;
    size_t replaced = 0;

    return svc_json_read(arena, svc_buf_text(&reply->body), reply->body.length, &limits,
        &replaced, &error);
}

/* The first dependency that isn't up. */
static void describe(const struct svc_json *ready, struct finding *finding)
{
    const struct svc_json *dependencies = svc_json_get(ready, "dependencies");

    for (const struct svc_json *each = dependencies != NULL ? dependencies->first : NULL;
         each != NULL; each = each->next) {
        struct svc_slice error = svc_json_get_text(each, "error");
        if (!svc_slice_equals(svc_json_get_text(each, "state"), "up") &&
            svc_json_is(each, SVC_JSON_OBJECT)) {
            snprintf(finding->detail, sizeof finding->detail, "%.*s: %.*s",
                (int)each->key.length, each->key.text,
                error.text != NULL ? (int)error.length : 8,
                error.text != NULL ? error.text : "not there");
            return;
        }
    }
}

static void ask_ready(
    struct watch *watch, const struct watched_service *service, struct finding *finding)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    struct svc_arena arena = {0};

    if (ask(watch, service, "/readyz", &reply, &error) != SVC_OK) {
        finding->state = "down";
        snprintf(finding->detail, sizeof finding->detail, "%s", error.message);
        return;
    }
    const struct svc_json *ready = read_reply(&arena, &reply);
    bool whole = svc_slice_equals(svc_json_get_text(ready, "status"), "ready");
    finding->latency_ms = (double)reply.elapsed_ms;
    finding->state = reply.http_status == 200 ? (whole ? "up" : "degraded") : "down";
    if (!whole) {
        describe(ready, finding);
    }
    svc_arena_done(&arena);
}

static void ask_cache(
    struct watch *watch, const struct watched_service *service, struct finding *finding)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    struct svc_arena arena = {0};

    if (strcmp(service->name, "redis_cache_manager_consolidated") != 0 ||
        strcmp(finding->state, "down") == 0 ||
        ask(watch, service, "/v1/stats", &reply, &error) != SVC_OK ||
        reply.http_status != 200) {
        return;
    }
    const struct svc_json *all = svc_json_get(read_reply(&arena, &reply), "all");
    finding->hit_rate = svc_json_to_double(svc_json_get(all, "hit_rate"));
    svc_arena_done(&arena);
}

static struct svc_pg_param number_param(double number, char text[32])
{
    if (!isfinite(number)) {
        return svc_pg_null();
    }
    snprintf(text, 32, "%.6f", number);
    return svc_pg_text(text);
}

static void keep(struct watch *watch, const struct watched_service *service,
    const struct finding *finding)
{
    struct svc_pg_error error;
    char latency[32];
    char rate[32];
    bool up = strcmp(finding->state, "down") != 0;

    (void)!svc_pg_query(watch->settings.pg,
        SVC_PG_PREPARED(
            "WITH counted AS (INSERT INTO metrics_uptime AS u (hour_at, service, checks, "
            "up) VALUES (date_trunc('hour', now()), $1::text, 1, $6::int) ON CONFLICT "
            "(hour_at, service) DO UPDATE SET checks = u.checks + 1, up = u.up + "
            "EXCLUDED.up) INSERT INTO metrics_services AS s (service, state, detail, "
            "latency_ms, hit_rate, since, checked_at) VALUES ($1::text, $2::text, "
            "$3::text, $4::float8, $5::float8, now(), now()) ON CONFLICT (service) DO "
            "UPDATE SET since = CASE WHEN s.state = EXCLUDED.state THEN s.since ELSE "
            "now() END, state = EXCLUDED.state, detail = EXCLUDED.detail, latency_ms = "
            "EXCLUDED.latency_ms, hit_rate = EXCLUDED.hit_rate, checked_at = now()",
            svc_pg_text(service->name), svc_pg_text(finding->state),
            finding->detail[0] != '\0' ? svc_pg_text(finding->detail) : svc_pg_null(),
            number_param(finding->latency_ms, latency),
            number_param(finding->hit_rate, rate), svc_pg_int(up)),
        NULL, &error);
}

void watch_ask_services(struct watch *watch)
{
    for (size_t i = 0; i < watch->settings.services.count; i++) {
        const struct watched_service *service = &watch->settings.services.list[i];
        struct finding finding = {.latency_ms = NAN, .hit_rate = NAN};
        ask_ready(watch, service, &finding);
        ask_cache(watch, service, &finding);
        keep(watch, service, &finding);
    }
}
