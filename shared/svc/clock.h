/* Time: a monotonic clock for durations, the wall clock for what is stored or shown. */
#ifndef SVC_CLOCK_H
#define SVC_CLOCK_H

#include <stdint.h>

#define SVC_CLOCK_TEXT_SIZE 32

/* Nanoseconds since an arbitrary point; never goes back. */
int64_t svc_clock_monotonic_ns(void);
int64_t svc_clock_monotonic_ms(void);

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t svc_clock_unix_ms(void);

/* RFC 3339 in UTC to the second, "2026-11-24T18:00:00Z". SECONDS: since 1970, in the
 * years 0 to 9999; others come out as the nearest of these. Returns TEXT. */
const char *svc_clock_format_s(int64_t seconds, char text[SVC_CLOCK_TEXT_SIZE]);

/* The same to the millisecond, "2026-11-24T18:00:00.123Z". */
const char *svc_clock_format_ms(int64_t milliseconds, char text[SVC_CLOCK_TEXT_SIZE]);

#endif
