#include "http.h"

#include "http_accept.h"
#include "http_listen.h"
#include "http_watch.h"
#include "mem.h"

#include <ulfius.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of a stream: the longest part, and how much of it goes out at once. */
#define STREAM_PART_MAX ((size_t)8 * 1024 * 1024)
#define STREAM_BLOCK ((size_t)16 * 1024)
/* Room for a request's line and headers; more is answered with 431. */
#define HEADER_ROOM ((size_t)16 * 1024)

struct svc_http {
    struct _u_instance instance;
    struct svc_http_watch *watch;
    struct svc_http_accept *accept;
    svc_http_handler *handler;
    void *context;
    size_t body_limit;
    int listener;
    int64_t connections_max;
    atomic_int_fast64_t connections;
    atomic_bool closing; /* streams end */
    bool has_instance;
    bool thread_a_connection;
};

/* The connection whose request this thread reads; means something only where no other
 * connection's request can come between, in the mode of a thread a connection. */
static _Thread_local int reading = -1;
static _Thread_local struct svc_http_connection *reading_known = NULL;

struct svc_slice svc_http_header(
    const struct svc_http_exchange *exchange, const char *name)
{
    const struct _u_request *request = exchange->native;
    const char *value = u_map_get_case(request->map_header, name);

    return (struct svc_slice){value, value != NULL ? strlen(value) : 0};
}

bool svc_http_is_abandoned(const struct svc_http_exchange *exchange)
{
    char byte;

    if (exchange->connection < 0) {
        return false;
    }
    ssize_t got = recv(exchange->connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

/* An answer that is made while it is sent. */
struct running_stream {
    struct svc_http *http;
    struct svc_http_connection *known; /* NULL: the watch doesn't have it */
    struct svc_stream stream;
    struct svc_buf part;
    size_t sent; /* of the part */
};

/* A stream isn't bound to the time of a request, nor waited for at the end: for the watch
 * its connection is an idle one that has just been used. */
static ssize_t send_part(void *context, uint64_t offset, char *out, size_t room)
{
    struct running_stream *running = context;
    (void)offset;

    if (running->known != NULL) {
        svc_http_watch_end(running->http->watch, running->known);
    }
    if (running->sent == running->part.length) {
        svc_buf_clear(&running->part);
        running->sent = 0;
        if (atomic_load(&running->http->closing) ||
            !running->stream.next(running->stream.context, &running->part) ||
            running->part.length == 0) {
            return U_STREAM_END;
        }
    }
    size_t left = running->part.length - running->sent;
    size_t length = left < room ? left : room;
    memcpy(out, running->part.bytes + running->sent, length);
    running->sent += length;
    return (ssize_t)length;
}

static void end_stream(void *context)
{
    struct running_stream *running = context;

    if (running->stream.end != NULL) {
        running->stream.end(running->stream.context);
    }
    svc_buf_done(&running->part);
    free(running);
}

static void start_stream(struct svc_http *http, struct svc_http_connection *known,
    struct svc_http_exchange *exchange, struct _u_response *response)
{
    struct running_stream *running = svc_alloc_zero(1, sizeof *running);

    running->http = http;
    running->known = known;
    running->stream = exchange->stream;
    svc_buf_init(&running->part, STREAM_PART_MAX);
    svc_buf_add(&running->part, svc_buf_text(&exchange->answer), exchange->answer.length);
    svc_buf_clear(&exchange->answer);
    if (ulfius_set_stream_response(response, (unsigned int)exchange->status, send_part,
            end_stream, U_STREAM_SIZE_UNKNOWN, STREAM_BLOCK, running) != U_OK) {
        end_stream(running);
        response->status = 500;
    }
}

/* ulfius frees what it's given, so the answer's bytes are handed over, not copied. */
static void fill_response(
    struct svc_http_exchange *exchange, struct _u_response *response)
{
    size_t length = 0;

    response->status = exchange->status;
    if (exchange->answer.length > 0) {
        response->binary_body = svc_buf_take(&exchange->answer, &length);
        response->binary_body_length = length;
    }
    if (exchange->content_type != NULL) {
        u_map_put(response->map_header, "Content-Type", exchange->content_type);
    }
    for (size_t i = 0; i < exchange->field_count; i++) {
        u_map_put(
            response->map_header, exchange->fields[i].name, exchange->fields[i].value);
    }
    if (exchange->allow != NULL) {
        u_map_put(response->map_header, "Allow", exchange->allow);
    }
    if (exchange->authenticate) {
        u_map_put(response->map_header, "WWW-Authenticate", "Bearer");
    }
    if (exchange->trace_parent != NULL) {
        u_map_put(response->map_header, "traceparent", exchange->trace_parent);
    }
    if (exchange->close) {
        u_map_put(response->map_header, "Connection", "close");
    }
}

static int on_request(
    const struct _u_request *request, struct _u_response *response, void *user_data)
{
    struct svc_http *http = user_data;
    struct svc_http_exchange exchange = {
        .native = request,
        .connection = http->thread_a_connection ? reading : -1,
        .method = request->http_verb,
        .target = request->http_url,
        .body = {request->binary_body, request->binary_body_length},
        .body_too_large = request->binary_body_length > http->body_limit,
    };

    http->handler(http->context, &exchange);
    if (exchange.stream.next != NULL && http->thread_a_connection) {
        start_stream(http, reading_known, &exchange, response);
    }
    fill_response(&exchange, response);
    svc_buf_done(&exchange.answer);
    return U_CALLBACK_COMPLETE;
}

static struct svc_http_connection *watched(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct svc_http *http = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = svc_http_watch_add(http->watch, info->connect_fd);
        return;
    }
    if (*socket_context != NULL) {
        svc_http_watch_remove(http->watch, *socket_context);
        *socket_context = NULL;
        atomic_fetch_sub(&http->connections, 1);
    }
}

static void *on_request_line(
    void *context, const char *uri, struct MHD_Connection *connection)
{
    struct svc_http *http = context;
    struct svc_http_connection *known = watched(connection);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    reading = info != NULL ? info->connect_fd : -1;
    reading_known = known;
    if (known != NULL) {
        svc_http_watch_begin(http->watch, known);
    }
    /* Comes before the request's own, so that ulfius never reads a body as a form: it
     * would close the connection at one that it can't read. */
    MHD_set_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE,
        "application/octet-stream");
    return ulfius_uri_logger(NULL, uri);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
    enum MHD_RequestTerminationCode code)
{
    struct svc_http *http = context;
    struct svc_http_connection *known = watched(connection);

    if (known != NULL) {
        svc_http_watch_end(http->watch, known);
    }
    mhd_request_completed(NULL, connection, request, code);
}

static bool set_up_instance(
    struct svc_http *http, const struct svc_http_settings *settings)
{
    if (ulfius_init_instance(&http->instance, (unsigned int)settings->port, NULL, NULL) !=
        U_OK) {
        return false;
    }
    http->has_instance = true;
    http->instance.max_post_body_size = (size_t)settings->body_limit + 1;
    http->instance.check_utf8 = 0; /* bodies and queries are checked by the runtime */
    return ulfius_add_endpoint_by_val(
               &http->instance, "*", NULL, "*", 0, on_request, http) == U_OK;
}

static bool start_daemon(struct svc_http *http, const struct svc_http_settings *settings)
{
    bool pool = settings->threads > 0;
    unsigned int flags = pool ? MHD_USE_EPOLL_INTERNAL_THREAD
                              : MHD_USE_THREAD_PER_CONNECTION |
                                    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    /* A thread of the pool that is handed a connection above its share of the limit waits
     * for a lock that it holds itself (libmicrohttpd 0.9.75): connections are counted
     * before they come so far. */
    intptr_t never_reached =
        (intptr_t)(settings->connections_max + 1) * (pool ? settings->threads : 1);
    intptr_t idle_s = (intptr_t)(settings->idle_timeout_ms / 1000) + 1;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, http},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http},
        {MHD_OPTION_CONNECTION_LIMIT, never_reached, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, idle_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)HEADER_ROOM, NULL},
        {pool ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)settings->threads,
            NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    flags |= MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET;
    return ulfius_start_framework_with_mhd_options(&http->instance, flags, options) ==
           U_OK;
}

static void on_accepted(
    void *context, int connection, const struct sockaddr *from, socklen_t length)
{
    struct svc_http *http = context;

    if (atomic_fetch_add(&http->connections, 1) >= http->connections_max) {
        atomic_fetch_sub(&http->connections, 1);
        close(connection);
        return;
    }
    if (MHD_add_connection(http->instance.mhd_daemon, connection, from, length) !=
        MHD_YES) {
        atomic_fetch_sub(&http->connections, 1);
    }
}

static bool start_accepting(struct svc_http *http)
{
    http->accept = svc_http_accept_new(http->listener, on_accepted, http);
    return http->accept != NULL;
}

struct svc_http *svc_http_start(const struct svc_http_settings *settings,
    svc_http_handler *handler, void *context, char ret_error[256])
{
    struct svc_http *http = svc_alloc_zero(1, sizeof *http);

    http->handler = handler;
    http->context = context;
    http->thread_a_connection = settings->threads == 0;
    http->body_limit = (size_t)settings->body_limit;
    http->connections_max = settings->connections_max;
    http->listener = svc_http_listen(settings->address, settings->port, ret_error);
    if (http->listener < 0) {
        free(http);
        return NULL;
    }
    http->watch =
        svc_http_watch_new(settings->idle_timeout_ms, settings->request_timeout_ms);
    if (http->watch == NULL || !set_up_instance(http, settings) ||
        !start_daemon(http, settings) || !start_accepting(http)) {
        snprintf(ret_error, 256, "the HTTP server did not start");
        svc_http_stop(&http);
        return NULL;
    }
    return http;
}

void svc_http_stop_accepting(struct svc_http *http)
{
    atomic_store(&http->closing, true);
    svc_http_accept_free(&http->accept);
    /* Shut, it refuses connections at once. */
    shutdown(http->listener, SHUT_RDWR);
}

int64_t svc_http_in_flight(const struct svc_http *http)
{
    return svc_http_watch_in_flight(http->watch);
}

void svc_http_stop(struct svc_http **http_pointer)
{
    struct svc_http *http = *http_pointer;

    *http_pointer = NULL;
    if (http == NULL) {
        return;
    }
    atomic_store(&http->closing, true);
    svc_http_accept_free(&http->accept);
    if (http->has_instance) {
        ulfius_stop_framework(&http->instance);
        ulfius_clean_instance(&http->instance);
    }
    svc_http_watch_free(&http->watch);
    close(http->listener);
    free(http);
}
