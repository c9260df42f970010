#include "store_success.h"

#include "bins.h"

#include <svc/pg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One column for each: a share or an average, NULL where nothing is known. */
static const char values_sql[] =
    "WITH hour AS (SELECT name, dimension, sum(count) AS count FROM metrics_counts WHERE "
    "granularity = 'm' AND bucket_at > now() - INTERVAL '61 minutes' AND path = 'full' "
    "AND name IN ('reply', 'failed') GROUP BY 1, 2), "
    "errors AS (SELECT coalesce(sum(count) FILTER (WHERE name = 'failed' OR dimension = "
    "'failed'), 0) AS failed, sum(count) AS total FROM hour), "
    "month AS (SELECT name, dimension, sum(count) AS count, sum(sum) AS sum FROM "
    "metrics_counts WHERE granularity = 'd' AND bucket_at >= (metrics_today() - 30)"
    "::timestamp AT TIME ZONE 'UTC' AND name IN ('intent_feedback', 'csat') "
    "GROUP BY 1, 2) "
    "SELECT (SELECT (sum(up)::float8 / nullif(sum(checks), 0)) FROM metrics_uptime WHERE "
    "hour_at > now() - INTERVAL '24 hours'), "
    "(SELECT failed::float8 / nullif(total, 0) FROM errors), "
    "(SELECT coalesce(sum(count) FILTER (WHERE dimension = 'correct'), 0)::float8 / "
    "nullif(sum(count), 0) FROM month WHERE name = 'intent_feedback' HAVING sum(count) "
    ">= 20), "
    "(SELECT avg(hit_rate) FROM metrics_services WHERE "
    "checked_at > now() - INTERVAL '10 minutes'), "
    "(SELECT sum(sum)::float8 / nullif(sum(count), 0) FROM month WHERE name = 'csat')";

static void set(struct success_value *value, const struct svc_pg_result *rows,
    size_t column, const char *source)
{
    struct svc_slice text = svc_pg_get(rows, 0, column);

    if (text.text != NULL) {
        *value = (struct success_value){true, strtod(text.text, NULL), source};
    }
}

static enum svc_status read_p95(
    struct svc_pg *pg, struct success_value *value, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct bins bins = {0};
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED("SELECT bin, sum(count)::bigint FROM metrics_histogram WHERE "
                        "granularity = 'm' AND bucket_at > now() - INTERVAL '61 minutes' "
                        "AND name = 'reply' AND path = 'full' GROUP BY bin"),
        &rows, error);

    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        bins_add(
            &bins, (int)svc_pg_get_int(rows, row, 0, 0), svc_pg_get_int(rows, row, 1, 0));
    }
    if (bins.total > 0) {
        *value = (struct success_value){
            true, bins_percentile_us(&bins, 0.95) / 1000, "replies of the last hour"};
    }
    return status;
}

static enum svc_status read_since(
    struct svc_pg *pg, struct success_values *values, struct svc_pg_error *error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED("SELECT metric, to_char(since AT TIME ZONE 'UTC', "
                        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM metrics_alerts"),
        &rows, error);

    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        for (int i = 0; i < SUCCESS_COUNT; i++) {
            if (svc_slice_equals(svc_pg_get(rows, row, 0),
                    success_rule((enum success_metric)i)->name)) {
                snprintf(values->since[i], sizeof values->since[i], "%s",
                    svc_pg_get(rows, row, 1).text);
            }
        }
    }
    return status;
}

enum svc_status store_success_read(struct svc_pg *pg,
    const struct success_settings *settings, struct success_values *ret_values,
    char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct success_values all = {0};
    struct success_value *values = all.values;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(pg, SVC_PG_PREPARED(values_sql), &rows, &error);

    if (status == SVC_OK) {
        status = read_p95(pg, &values[SUCCESS_LATENCY_P95], &error);
    }
    if (status == SVC_OK) {
        status = read_since(pg, &all, &error);
    }
    if (status != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        return status;
    }
    if (settings->accuracy >= 0) {
        values[SUCCESS_AI_ACCURACY] = (struct success_value){
            true, settings->accuracy, "measured on held-out messages (AI_ACCURACY)"};
    }
    set(&values[SUCCESS_UPTIME], rows, 0, "readiness of the services, 24 hours");
    set(&values[SUCCESS_ERROR_RATE], rows, 1, "replies and failures of the last hour");
    set(&values[SUCCESS_AI_ACCURACY], rows, 2, "intent_feedback, 30 days");
    set(&values[SUCCESS_CACHE_HIT_RATE], rows, 3, "redis_cache_manager_consolidated");
    set(&values[SUCCESS_SATISFACTION], rows, 4, "csat, 30 days");
    *ret_values = all;
    return SVC_OK;
}

/* "" and NULL become null. */
static void write_text(struct svc_json_writer *writer, const char *name, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;

    svc_json_write_field_slice(
        writer, name, (struct svc_slice){length > 0 ? text : NULL, length});
}

static void write_one(struct svc_json_writer *writer, enum success_metric metric,
    const struct success_values *values)
{
    const struct success_rule *rule = success_rule(metric);
    const struct success_value *value = &values->values[metric];
    enum success_state state = success_judge(metric, value);

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "name", rule->name);
    svc_json_write_field_text(writer, "unit", rule->unit);
    svc_json_write_field_text(writer, "comparison", rule->more_is_better ? ">" : "<");
    svc_json_write_key(writer, "target");
    svc_json_write_double(writer, rule->target);
    svc_json_write_key(writer, "critical");
    svc_json_write_double(writer, rule->critical);
    svc_json_write_key(writer, "now");
    if (value->known) {
        svc_json_write_double(writer, value->now);
    } else {
        svc_json_write_null(writer);
    }
    svc_json_write_field_text(writer, "state", success_state_name(state));
    svc_json_write_key(writer, "holds");
    if (value->known) {
        svc_json_write_bool(writer, state == SUCCESS_GOOD);
    } else {
        svc_json_write_null(writer);
    }
    write_text(writer, "source", value->source);
    write_text(writer, "since", values->since[metric]);
    svc_json_write_object_end(writer);
}

void success_write(struct svc_json_writer *writer, const struct success_values *values)
{
    svc_json_write_array_begin(writer);
    for (int i = 0; i < SUCCESS_COUNT; i++) {
        write_one(writer, (enum success_metric)i, values);
    }
    svc_json_write_array_end(writer);
}
