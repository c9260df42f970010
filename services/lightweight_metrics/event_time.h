/* Moments as callers write them. */
#ifndef EVENT_TIME_H
#define EVENT_TIME_H

#include <svc/json.h>

/* RFC 3339 ("2026-11-24T18:00:00.5-06:00"), or a number, as text too: seconds since 1970,
 * from 100,000,000,000 on milliseconds. False for anything else. */
SVC_MUST_CHECK bool event_time_read(const struct svc_json *value, int64_t *ret_ms);

/* "2026-11-24" as days since 1970. False for what is no date. */
SVC_MUST_CHECK bool event_time_read_date(struct svc_slice text, int64_t *ret_days);

#endif
