/* HTTP/1.1 as the runtime needs it: this is the border to ulfius and libmicrohttpd. */
#ifndef SVC_HTTP_H
#define SVC_HTTP_H

#include "stream.h"
#include "text.h"

struct svc_http;

struct svc_http_settings {
    const char *address;        /* to bind, "127.0.0.1", "0.0.0.0", "::" */
    int64_t port;               /* 1 to 65535 */
    int64_t threads;            /* of the epoll pool; 0: a thread a connection */
    int64_t connections_max;    /* further ones are closed at once */
    int64_t idle_timeout_ms;    /* a connection without a request */
    int64_t request_timeout_ms; /* from a request's first line to the end of its answer */
    int64_t body_limit;         /* bytes kept; a longer body is cut there and marked */
};

#define SVC_HTTP_HEADERS_MAX 8

struct svc_http_field {
    const char *name;
    const char *value;
};

/* One request and its answer. Texts are borrowed for the time of the call. */
struct svc_http_exchange {
    const void *native;
    int connection; /* its socket, or -1 */
    const char *method;
    const char *target; /* path and query as sent */
    struct svc_slice body;
    bool body_too_large;

    int status;
    const char *content_type;
    struct svc_buf answer;
    const char *allow;        /* an Allow header; NULL: none */
    bool authenticate;        /* adds WWW-Authenticate: Bearer */
    bool close;               /* the connection is to end after this answer */
    const char *trace_parent; /* a traceparent header; NULL: none */
    struct svc_http_field fields[SVC_HTTP_HEADERS_MAX]; /* further headers */
    size_t field_count;
    struct svc_stream stream; /* where it has a `next`: what is sent after `answer` */
};

/* A header's value, name in any case; {NULL, 0} where it isn't there. */
struct svc_slice svc_http_header(
    const struct svc_http_exchange *exchange, const char *name);

/* Whether the caller has closed the connection meanwhile: for a handler that waits before
 * it does something for that caller. Known only where a connection has a thread of its
 * own (threads = 0); false in the pool. A half-closed connection counts as closed. */
bool svc_http_is_abandoned(const struct svc_http_exchange *exchange);

/* Called from many threads at once; fills in the answer. */
typedef void svc_http_handler(void *context, struct svc_http_exchange *exchange);

/* Starts to serve. NULL on failure, with one line in `ret_error`. */
SVC_MUST_CHECK struct svc_http *svc_http_start(const struct svc_http_settings *settings,
    svc_http_handler *handler, void *context, char ret_error[256]);

/* No new connections from here on; those that are open go on. */
void svc_http_stop_accepting(struct svc_http *http);

/* Requests that were begun and whose answer isn't sent yet. */
int64_t svc_http_in_flight(const struct svc_http *http);

/* Closes every connection and ends all threads. */
void svc_http_stop(struct svc_http **http);

#endif
