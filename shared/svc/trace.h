/* W3C trace context (https://www.w3.org/TR/trace-context/): taken from a request, logged,
 * and passed on to every system called for it. */
#ifndef SVC_TRACE_H
#define SVC_TRACE_H

#include "text.h"

#define SVC_TRACE_PARENT_SIZE 56

struct svc_trace {
    char trace_id[33];
    char span_id[17]; /* ours, the parent of what we call */
    char flags[3];
};

/* Goes on with the trace of a `traceparent` header, or starts a new one where HEADER is
 * missing or malformed. */
void svc_trace_begin(struct svc_trace *trace, struct svc_slice header);

/* The header to pass on: "00-<trace id>-<span id>-<flags>". */
void svc_trace_format(const struct svc_trace *trace, char header[SVC_TRACE_PARENT_SIZE]);

/* The trace of the request that this thread works on, or NULL. */
const struct svc_trace *svc_trace_current(void);
void svc_trace_set_current(const struct svc_trace *trace);

#endif
