/* The reports: their names, columns and statements. */
#ifndef REPORTS_H
#define REPORTS_H

#include <svc/text.h>

#define REPORT_COLUMNS_MAX 8

struct report_column {
    const char *name;
    bool number;
};

struct report {
    const char *name;
    struct report_column columns[REPORT_COLUMNS_MAX + 1]; /* to one without a name */
    /* $1, $2: first and last day; $3: the prices of WhatsApp's messages, as JSON. */
    const char *sql;
};

/* NULL: there is no such report. */
const struct report *report_find(struct svc_slice name);

#endif
