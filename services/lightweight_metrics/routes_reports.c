#include "event_time.h"
#include "routes.h"
#include "store_reports.h"

#include <stdio.h>
#include <string.h>

/* A day that the calendar has; the contract knows its form only. */
static bool read_day(struct svc_request *request, struct svc_reply *reply,
    const char *name, const char **ret_day)
{
    struct svc_slice text = svc_json_text(svc_request_parameter(request, name));
    int64_t days;

    *ret_day = text.text;
    if (text.text == NULL || event_time_read_date(text, &days)) {
        return true;
    }
    reply->detail = "from and to are days as 2026-11-24";
    return false;
}

static void name_file(struct svc_request *request, const struct report_query *query)
{
    char *value = svc_arena_alloc(request->arena, 120);

    snprintf(value, 120, "attachment; filename=\"%s%s%s.csv\"", query->report->name,
        query->from != NULL ? "-" : "", query->from != NULL ? query->from : "");
    svc_reply_header(request, "Content-Disposition", value);
}

enum svc_status get_report(struct svc_request *request, struct svc_reply *reply)
{
    struct service *service = request->runtime->state;
    char error[256];
    struct report_query query = {
        .report = report_find(svc_json_text(svc_request_parameter(request, "report"))),
        .prices = svc_buf_text(&service->prices),
        .csv = svc_slice_equals(
            svc_json_text(svc_request_parameter(request, "format")), "csv"),
    };

    if (query.report == NULL) {
        reply->detail = "there is no such report";
        return SVC_NOT_FOUND;
    }
    if (!read_day(request, reply, "from", &query.from) ||
        !read_day(request, reply, "to", &query.to)) {
        return SVC_MALFORMED;
    }
    if (query.csv) {
        reply->content_type = "text/csv; charset=utf-8";
        name_file(request, &query);
    }
    enum svc_status status =
        store_report_write(request->runtime->pg, &query, reply->json.buf, error);
    if (status != SVC_OK) {
        reply->detail = svc_arena_strndup(request->arena, error, strlen(error));
    }
    return status;
}
