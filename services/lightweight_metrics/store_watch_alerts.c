#include "store_watch_private.h"

#include "store_success.h"

#include <svc/client.h>
#include <svc/json_write.h>
#include <svc/log.h>
#include <svc/pg.h>

#include <stdio.h>
#include <string.h>

#define TELL_MS 5000
#define BEARER_SIZE 4200
#define BODY_MAX ((size_t)4096)

static bool fail(const struct svc_pg_error *error, char ret_error[256])
{
    snprintf(ret_error, 256, "%s", error->message);
    return false;
}

/* What isn't known stays what it was. */
static bool keep_state(struct watch *watch, enum success_metric metric,
    const struct success_value *value, char ret_error[256])
{
    enum success_state state = success_judge(metric, value);
    struct svc_pg_error error;
    char number[32];

    snprintf(number, sizeof number, "%.6f", value->now);
    enum svc_status status = svc_pg_query(watch->settings.pg,
        SVC_PG_PREPARED(
            "INSERT INTO metrics_alerts AS a (metric, state, since, value) VALUES ($1, "
            "$2, now(), $3::float8) ON CONFLICT (metric) DO UPDATE SET since = CASE WHEN "
            "a.state = EXCLUDED.state THEN a.since ELSE now() END, state = "
            "EXCLUDED.state, value = EXCLUDED.value",
            svc_pg_text(success_rule(metric)->name),
            svc_pg_text(state == SUCCESS_BAD ? "critical" : "fine"), svc_pg_text(number)),
        NULL, &error);
    return status == SVC_OK || fail(&error, ret_error);
}

static const struct success_rule *rule_of(struct svc_slice name)
{
    for (int i = 0; i < SUCCESS_COUNT; i++) {
        if (svc_slice_equals(name, success_rule((enum success_metric)i)->name)) {
            return success_rule((enum success_metric)i);
        }
    }
    return NULL;
}

/* `alert_id` is the same when it comes again. */
static void write_alert(struct svc_buf *out, const struct svc_pg_result *rows, size_t row)
{
    const struct success_rule *rule = rule_of(svc_pg_get(rows, row, 0));
    bool critical = svc_slice_equals(svc_pg_get(rows, row, 1), "critical");
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "alert_id", svc_pg_get(rows, row, 4));
    svc_json_write_field_slice(&writer, "metric", svc_pg_get(rows, row, 0));
    svc_json_write_field_text(&writer, "state", critical ? "critical" : "recovered");
    svc_json_write_key(&writer, "value");
    svc_json_write_raw(&writer, svc_pg_get(rows, row, 2));
    svc_json_write_field_slice(&writer, "since", svc_pg_get(rows, row, 3));
    if (rule != NULL) {
        svc_json_write_field_text(&writer, "unit", rule->unit);
        svc_json_write_key(&writer, "target");
        svc_json_write_double(&writer, rule->target);
        svc_json_write_key(&writer, "critical");
        svc_json_write_double(&writer, rule->critical);
    }
    svc_json_write_object_end(&writer);
}

static bool tell(struct watch *watch, const struct svc_buf *body)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    char bearer[BEARER_SIZE];
    const char *token = watch->settings.alert_token;
    const struct svc_client_header headers[] = {
        {"Content-Type", "application/json"},
        {"Authorization", bearer},
    };

    snprintf(bearer, sizeof bearer, "Bearer %s", token != NULL ? token : "");
    const struct svc_client_request request = {
        .method = "POST",
        .url = watch->settings.alert_url,
        .headers = headers,
        .header_count = token != NULL ? 2 : 1,
        .body = {svc_buf_text(body), body->length},
        .deadline_ms = TELL_MS,
        .at_most_once = true,
    };
    enum svc_status status = svc_client_call(watch->client, &request, &reply, &error);
    bool told = status == SVC_OK && reply.http_status >= 200 && reply.http_status < 300;
    if (!told) {
        svc_log(SVC_LOG_WARN, "an alert was not taken; it is sent again",
            SVC_TEXT("error", status == SVC_OK ? "no success" : error.message),
            SVC_INT("http_status", reply.http_status));
    }
    return told;
}

static bool tell_one(struct watch *watch, const struct svc_pg_result *rows, size_t row,
    char ret_error[256])
{
    struct svc_pg_error error;
    struct svc_buf body;

    svc_buf_init(&body, BODY_MAX);
    write_alert(&body, rows, row);
    bool told = tell(watch, &body);
    svc_buf_done(&body);
    if (!told) {
        return true;
    }
    enum svc_status status = svc_pg_query(watch->settings.pg,
        SVC_PG_PREPARED(
            "UPDATE metrics_alerts SET told_state = $2, told_at = now() WHERE "
            "metric = $1",
            svc_pg_slice(svc_pg_get(rows, row, 0)),
            svc_pg_slice(svc_pg_get(rows, row, 1))),
        NULL, &error);
    return status == SVC_OK || fail(&error, ret_error);
}

static bool tell_changes(struct watch *watch, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(watch->settings.pg,
        SVC_PG_PREPARED(
            "SELECT metric, state, coalesce(value::text, 'null'), to_char(since AT TIME "
            "ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), metric || ':' || extract("
            "epoch FROM since)::bigint FROM metrics_alerts WHERE state <> told_state AND "
            "since <= now() - make_interval(secs => $1::int)",
            svc_pg_int(watch->settings.alert_after_s)),
        &rows, &error);
    bool fine = true;

    if (status != SVC_OK) {
        return fail(&error, ret_error);
    }
    for (size_t row = 0; fine && row < svc_pg_rows(rows); row++) {
        fine = tell_one(watch, rows, row, ret_error);
    }
    return fine;
}

bool watch_alerts(struct watch *watch, char ret_error[256])
{
    struct success_values values;
    bool fine = store_success_read(watch->settings.pg, watch->settings.success, &values,
                    ret_error) == SVC_OK;

    for (int i = 0; fine && i < SUCCESS_COUNT; i++) {
        if (values.values[i].known) {
            fine =
                keep_state(watch, (enum success_metric)i, &values.values[i], ret_error);
        }
    }
    return fine && (watch->settings.alert_url == NULL || tell_changes(watch, ret_error));
}
