/* Reports from the projections, as JSON or as CSV (RFC 4180). */
#ifndef STORE_REPORTS_H
#define STORE_REPORTS_H

#include "reports.h"

#include <svc/buf.h>
#include <svc/status.h>

struct svc_pg;

struct report_query {
    const struct report *report;
    const char *from;   /* "2026-11-24"; NULL: six days before `to` */
    const char *to;     /* NULL: today, by the shop's calendar */
    const char *prices; /* of WhatsApp's messages, as JSON */
    bool csv;
};

/* Adds {"report", "from", "to", "rows": [...]}, or the lines of the CSV, to OUT. */
SVC_MUST_CHECK enum svc_status store_report_write(struct svc_pg *pg,
    const struct report_query *query, struct svc_buf *out, char ret_error[256]);

#endif
