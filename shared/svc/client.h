/* HTTP calls to other systems: kept connections, one deadline for the whole exchange, and
 * a limit on what comes back. Nothing is tried twice: callers know what may be repeated,
 * and backoff.h how long to wait.
 *
 *     SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
 *     struct svc_client_error error;
 *     enum svc_status status = svc_client_call(client,
 *         &(struct svc_client_request){
 *             .method = "POST",
 *             .url = url,
 *             .headers = headers,
 *             .header_count = 2,
 *             .body = body,
 *             .deadline_ms = 450,
 *         },
 *         &reply, &error);
 *
 * SVC_OK means that an answer came, whatever its HTTP status. */
#ifndef SVC_CLIENT_H
#define SVC_CLIENT_H

#include "buf.h"
#include "text.h"

#define SVC_CLIENT_HEADERS_MAX 64
#define SVC_CLIENT_HEADER_BYTES_MAX 16384
#define SVC_CLIENT_BODY_MAX_DEFAULT 1048576

struct svc_client;

struct svc_client_settings {
    int64_t size; /* exchanges at the same time, 1 to 1000 */
    int64_t connect_timeout_ms;
    const char *user_agent;
    const char *ca_file; /* the authorities trusted for https; NULL: the system's */
};

/* What a status means here:
 * - INVALID: the request can't be sent: method, URL, headers
 * - UNAVAILABLE: no connection (refused, no such name), or all exchanges are taken
 * - TIMEOUT: the deadline passed
 * - BAD_GATEWAY: the answer is broken: cut off, no HTTP, wrong certificate
 * - TOO_LARGE: the answer goes past its limit
 * - INTERNAL: a fault of ours
 * or what `receive` returned. */
struct svc_client_error {
    enum svc_status status;
    bool sent; /* the server may have seen the request */
    char message[160];
};

struct svc_client_header {
    const char *name;
    const char *value;
};

struct svc_client_header_span {
    uint16_t name;
    uint16_t name_length;
    uint16_t value;
    uint16_t value_length;
};

/* All zero before its first use. */
struct svc_client_reply {
    int http_status;
    struct svc_buf body;    /* empty where `receive` took it */
    int64_t first_byte_ms;  /* from the call to the answer's first byte */
    int64_t elapsed_ms;     /* from the call to its end */
    size_t header_count;    /* those that were kept */
    struct svc_buf headers; /* their text, which the spans point into */
    struct svc_client_header_span spans[SVC_CLIENT_HEADERS_MAX];
};

/* One part of a body, in the caller's thread; REPLY has status and headers already.
 * Anything but SVC_OK ends the exchange and is what the call returns. */
typedef enum svc_status svc_client_receive(
    void *context, const struct svc_client_reply *reply, struct svc_slice part);

struct svc_client_request {
    const char *method; /* "GET", "POST" ... */
    const char *url;    /* http or https */
    const struct svc_client_header *headers;
    size_t header_count;
    struct svc_slice body; /* {NULL, 0}: none */
    int64_t deadline_ms;   /* from the call to the last byte, by the clock; from 1 */
    int64_t body_max; /* bytes of the answer's body; 0: SVC_CLIENT_BODY_MAX_DEFAULT */
    svc_client_receive *receive; /* NULL: the body is collected in the reply */
    void *context;
    int redirects_max; /* followed for GET and HEAD; from https to https only */
    bool at_most_once; /* on a new connection: on a kept one that the server has just
                          closed libcurl sends a request again, be it a POST */
};

/* INVALID for settings out of range. */
SVC_MUST_CHECK enum svc_status svc_client_new(const struct svc_client_settings *settings,
    struct svc_client **ret_client, struct svc_client_error *ret_error);

/* No call may be running. Takes a pointer to NULL, nulls the caller's pointer. */
void svc_client_free(struct svc_client **client);

/* Passes on the `traceparent` of this thread's trace. For any number of threads. On
 * failure the reply stays as it was; on success its old content is freed. */
SVC_MUST_CHECK enum svc_status svc_client_call(struct svc_client *client,
    const struct svc_client_request *request, struct svc_client_reply *ret_reply,
    struct svc_client_error *ret_error);

/* The first header of that name, in any case; {NULL, 0} where it isn't there. Of very
 * many or very long headers only the first 64, in 16 KiB, are kept. */
struct svc_slice svc_client_reply_header(
    const struct svc_client_reply *reply, const char *name);

/* Frees what the reply holds; it is all zero then. */
void svc_client_reply_done(struct svc_client_reply *reply);
#define SVC_CLIENT_AUTO_REPLY __attribute__((cleanup(svc_client_reply_done)))

#endif
