/* One list of outcomes for the whole code base, and one mapping of them to HTTP. */
#ifndef SVC_STATUS_H
#define SVC_STATUS_H

/* code, HTTP status, title (a short text that never changes between occurrences) */
#define SVC_STATUS_MAP(X)                                                                \
    X(OK, 200, "OK")                                                                     \
    X(MALFORMED, 400, "Malformed request")                                               \
    X(UNAUTHORIZED, 401, "Unauthorized")                                                 \
    X(FORBIDDEN, 403, "Forbidden")                                                       \
    X(NOT_FOUND, 404, "Not found")                                                       \
    X(METHOD_NOT_ALLOWED, 405, "Method not allowed")                                     \
    X(CONFLICT, 409, "Conflict")                                                         \
    X(TOO_LARGE, 413, "Request too large")                                               \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported media type")                             \
    X(INVALID, 422, "Request breaks the contract")                                       \
    X(INTERNAL, 500, "Internal error")                                                   \
    X(BAD_GATEWAY, 502, "A system behind this service failed")                           \
    X(UNAVAILABLE, 503, "Service unavailable")                                           \
    X(TIMEOUT, 504, "A system behind this service did not answer in time")

enum svc_status {
#define X(code, http, title) SVC_##code,
    SVC_STATUS_MAP(X)
#undef X
};

/* The HTTP status that stands for STATUS. */
int svc_status_http(enum svc_status status);

/* The fixed, English title of STATUS, as in an RFC 9457 problem. */
const char *svc_status_title(enum svc_status status);

#define SVC_MUST_CHECK __attribute__((warn_unused_result))

#endif
