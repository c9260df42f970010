#include "store_reports.h"

#include <svc/json_write.h>
#include <svc/pg.h>

#include <stdio.h>

/* A text that a spreadsheet would take for a formula is kept from being one. */
static void add_csv_text(struct svc_buf *out, struct svc_slice text)
{
    if (text.length == 0) {
        return;
    }
    svc_buf_add_char(out, '"');
    if (text.text[0] == '=' || text.text[0] == '+' || text.text[0] == '-' ||
        text.text[0] == '@') {
        svc_buf_add_char(out, '\'');
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] == '"') {
            svc_buf_add_char(out, '"');
        }
        svc_buf_add_char(out, text.text[i]);
    }
    svc_buf_add_char(out, '"');
}

static void write_csv(
    const struct report *report, const struct svc_pg_result *rows, struct svc_buf *out)
{
    for (size_t i = 0; report->columns[i].name != NULL; i++) {
        svc_buf_add_text(out, i > 0 ? "," : "");
        svc_buf_add_text(out, report->columns[i].name);
    }
    svc_buf_add_text(out, "\r\n");
    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        for (size_t i = 0; report->columns[i].name != NULL; i++) {
            struct svc_slice value = svc_pg_get(rows, row, i);
            svc_buf_add_text(out, i > 0 ? "," : "");
            if (report->columns[i].number) {
                svc_buf_add(out, value.length > 0 ? value.text : "", value.length);
            } else {
                add_csv_text(out, value);
            }
        }
        svc_buf_add_text(out, "\r\n");
    }
}

static void write_value(struct svc_json_writer *writer,
    const struct report_column *column, struct svc_slice value)
{
    svc_json_write_key(writer, column->name);
    if (column->number && value.text != NULL) {
        svc_json_write_raw(writer, value);
    } else {
        svc_json_write_slice(writer, value);
    }
}

static void write_json(const struct report *report, const struct svc_pg_result *span,
    const struct svc_pg_result *rows, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "report", report->name);
    svc_json_write_field_slice(&writer, "from", svc_pg_get(span, 0, 0));
    svc_json_write_field_slice(&writer, "to", svc_pg_get(span, 0, 1));
    svc_json_write_key(&writer, "rows");
    svc_json_write_array_begin(&writer);
    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        svc_json_write_object_begin(&writer);
        for (size_t i = 0; report->columns[i].name != NULL; i++) {
            write_value(&writer, &report->columns[i], svc_pg_get(rows, row, i));
        }
        svc_json_write_object_end(&writer);
    }
    svc_json_write_array_end(&writer);
    svc_json_write_object_end(&writer);
}

enum svc_status store_report_write(struct svc_pg *pg, const struct report_query *query,
    struct svc_buf *out, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *days = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(pg,
        SVC_PG_PREPARED("SELECT coalesce($1::date, coalesce($2::date, metrics_today()) - "
                        "6), coalesce($2::date, metrics_today())",
            svc_pg_text(query->from), svc_pg_text(query->to)),
        &days, &error);

    if (status == SVC_OK) {
        status = svc_pg_query(pg,
            SVC_PG_PREPARED(query->report->sql, svc_pg_slice(svc_pg_get(days, 0, 0)),
                svc_pg_slice(svc_pg_get(days, 0, 1)), svc_pg_text(query->prices)),
            &rows, &error);
    }
    if (status != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        return status == SVC_INTERNAL ? status : SVC_UNAVAILABLE;
    }
    if (query->csv) {
        write_csv(query->report, rows, out);
    } else {
        write_json(query->report, days, rows, out);
    }
    return SVC_OK;
}
