#include "client_private.h"
#include "clock.h"
#include "trace.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_LINE_MAX 65536
#define HEADER_BYTES_READ_MAX 262144

_Static_assert(SVC_CLIENT_MESSAGE_SIZE >= CURL_ERROR_SIZE, "libcurl's message fits");

struct meaning {
    CURLcode code;
    enum svc_status status;
};

/* What isn't here is INTERNAL. */
static const struct meaning meanings[] = {
    {CURLE_OPERATION_TIMEDOUT, SVC_TIMEOUT},
    {CURLE_COULDNT_RESOLVE_HOST, SVC_UNAVAILABLE},
    {CURLE_COULDNT_RESOLVE_PROXY, SVC_UNAVAILABLE},
    {CURLE_COULDNT_CONNECT, SVC_UNAVAILABLE},
    {CURLE_URL_MALFORMAT, SVC_INVALID},
    {CURLE_FILESIZE_EXCEEDED, SVC_TOO_LARGE},
    {CURLE_UNSUPPORTED_PROTOCOL, SVC_BAD_GATEWAY}, /* HTTP/0.9, or a redirect's */
    {CURLE_WEIRD_SERVER_REPLY, SVC_BAD_GATEWAY},
    {CURLE_GOT_NOTHING, SVC_BAD_GATEWAY},
    {CURLE_PARTIAL_FILE, SVC_BAD_GATEWAY},
    {CURLE_SEND_ERROR, SVC_BAD_GATEWAY},
    {CURLE_RECV_ERROR, SVC_BAD_GATEWAY},
    {CURLE_TOO_MANY_REDIRECTS, SVC_BAD_GATEWAY},
    {CURLE_BAD_CONTENT_ENCODING, SVC_BAD_GATEWAY},
    {CURLE_SSL_CONNECT_ERROR, SVC_BAD_GATEWAY},
    {CURLE_PEER_FAILED_VERIFICATION, SVC_BAD_GATEWAY},
};

static size_t stop(
    struct svc_client_exchange *exchange, enum svc_status status, const char *reason)
{
    exchange->stopped = status;
    exchange->reason = reason;
    return CURL_WRITEFUNC_ERROR;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct svc_client_exchange *exchange = context;
    size_t length = size * count;

    exchange->header_bytes += length;
    if (exchange->header_bytes > HEADER_BYTES_READ_MAX) {
        return stop(exchange, SVC_BAD_GATEWAY, "the answer's headers have no end");
    }
    svc_client_reply_add_line(&exchange->reply, (struct svc_slice){bytes, length});
    return length;
}

static void read_http_status(struct svc_client_exchange *exchange)
{
    long code = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &code);
    exchange->reply.http_status = (int)code;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct svc_client_exchange *exchange = context;
    size_t length = size * count;

    if (length > exchange->body_left) {
        return stop(exchange, SVC_TOO_LARGE, "the answer is longer than its limit");
    }
    exchange->body_left -= length;
    if (exchange->request->receive == NULL) {
        svc_buf_add(&exchange->reply.body, bytes, length);
        return length;
    }
    read_http_status(exchange);
    enum svc_status status = exchange->request->receive(
        exchange->request->context, &exchange->reply, (struct svc_slice){bytes, length});
    if (status != SVC_OK) {
        return stop(exchange, status, "the receiver of the answer ended it");
    }
    return length;
}

/* Of a failure, which want of memory alone can cause, the call tells at its end. */
static void set_long(struct svc_client_exchange *exchange, CURLoption option, long value)
{
    exchange->unset |= curl_easy_setopt(exchange->easy, option, value) != CURLE_OK;
}

static void set_pointer(
    struct svc_client_exchange *exchange, CURLoption option, const void *value)
{
    exchange->unset |= curl_easy_setopt(exchange->easy, option, value) != CURLE_OK;
}

static void add_line(struct svc_client_exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);

    if (longer == NULL) {
        exchange->unset = true;
        return;
    }
    exchange->headers = longer;
}

/* libcurl takes "Name: value", "Name;" for an empty value, "Name:" to leave out its own.
 */
static void add_header(
    struct svc_client_exchange *exchange, const char *name, const char *value)
{
    struct svc_buf line;

    svc_buf_init(&line, HEADER_LINE_MAX);
    svc_buf_add_text(&line, name);
    svc_buf_add_text(&line, value[0] != '\0' ? ": " : ";");
    svc_buf_add_text(&line, value);
    if (line.overflow) {
        exchange->unset = true;
    } else {
        add_line(exchange, svc_buf_text(&line));
    }
    svc_buf_done(&line);
}

static void set_headers(struct svc_client_exchange *exchange)
{
    const struct svc_client_request *request = exchange->request;
    const struct svc_trace *trace = svc_trace_current();
    char parent[SVC_TRACE_PARENT_SIZE];

    add_line(exchange, "Expect:"); /* for which some servers let us wait a second */
    if (!svc_client_request_has(request, "Content-Type")) {
        add_line(exchange, "Content-Type:");
    }
    if (trace != NULL && !svc_client_request_has(request, "traceparent")) {
        svc_trace_format(trace, parent);
        add_header(exchange, "traceparent", parent);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        add_header(exchange, request->headers[i].name, request->headers[i].value);
    }
    set_pointer(exchange, CURLOPT_HTTPHEADER, exchange->headers);
}

static bool equals(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

static void set_method(struct svc_client_exchange *exchange)
{
    const struct svc_client_request *request = exchange->request;
    bool bare = request->body.length == 0;

    if (bare && (equals(request->method, "GET") || equals(request->method, "HEAD"))) {
        set_long(exchange, CURLOPT_NOBODY, request->method[0] == 'H');
        set_long(exchange, CURLOPT_FOLLOWLOCATION, request->redirects_max > 0);
        set_long(exchange, CURLOPT_MAXREDIRS, request->redirects_max);
        return;
    }
    if (!bare || !equals(request->method, "DELETE")) {
        curl_off_t length = (curl_off_t)request->body.length;
        exchange->unset |= curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               length) != CURLE_OK;
        set_pointer(exchange, CURLOPT_POSTFIELDS, bare ? "" : request->body.text);
    }
    set_pointer(exchange, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_fixed(struct svc_client_exchange *exchange)
{
    static const struct {
        CURLoption option;
        long value;
    } fixed[] = {
        {CURLOPT_NOSIGNAL, 1}, {CURLOPT_TCP_KEEPALIVE, 1}, {CURLOPT_TCP_KEEPIDLE, 30},
        {CURLOPT_TCP_KEEPINTVL, 10}, {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
        {CURLOPT_QUICK_EXIT, 1}, /* don't wait for the resolver past the deadline */
    };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        set_long(exchange, fixed[i].option, fixed[i].value);
    }
}

static void set_limits(struct svc_client_exchange *exchange,
    const struct svc_client *client, int64_t left_ms)
{
    const struct svc_client_request *request = exchange->request;
    bool https = strncasecmp(request->url, "https:", 6) == 0;

    set_pointer(exchange, CURLOPT_PROTOCOLS_STR, "http,https");
    set_pointer(exchange, CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
    set_long(exchange, CURLOPT_TIMEOUT_MS, (long)left_ms);
    set_long(exchange, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
    set_long(exchange, CURLOPT_FRESH_CONNECT, request->at_most_once);
    if (!equals(request->method, "HEAD")) {
        curl_off_t body_max = (curl_off_t)exchange->body_left;
        exchange->unset |= curl_easy_setopt(exchange->easy, CURLOPT_MAXFILESIZE_LARGE,
                               body_max) != CURLE_OK;
    }
}

static void set_up(struct svc_client_exchange *exchange, const struct svc_client *client,
    int64_t left_ms)
{
    set_fixed(exchange);
    set_limits(exchange, client, left_ms);
    set_method(exchange);
    set_headers(exchange);
    set_pointer(exchange, CURLOPT_URL, exchange->request->url);
    set_pointer(exchange, CURLOPT_USERAGENT, client->user_agent);
    if (client->ca_file != NULL) {
        set_pointer(exchange, CURLOPT_CAINFO, client->ca_file);
    }
    set_pointer(exchange, CURLOPT_ERRORBUFFER, exchange->message);
    set_pointer(exchange, CURLOPT_HEADERDATA, exchange);
    set_pointer(exchange, CURLOPT_WRITEDATA, exchange);
    exchange->unset |=
        curl_easy_setopt(exchange->easy, CURLOPT_HEADERFUNCTION, take_header) != CURLE_OK;
    exchange->unset |=
        curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, take_body) != CURLE_OK;
}

static enum svc_status status_of(CURLcode code)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].code == code) {
            return meanings[i].status;
        }
    }
    return SVC_INTERNAL;
}

static enum svc_status explain(const struct svc_client_exchange *exchange, CURLcode code,
    struct svc_client_error *ret_error)
{
    const char *message =
        exchange->message[0] != '\0' ? exchange->message : curl_easy_strerror(code);
    long request_bytes = 0;

    if (exchange->stopped != SVC_OK) {
        svc_client_fail(ret_error, exchange->stopped, exchange->reason);
    } else {
        svc_client_fail(ret_error, status_of(code), message);
    }
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    ret_error->sent = request_bytes > 0;
    return ret_error->status;
}

static bool was_resolving(const struct svc_client_exchange *exchange, CURLcode code)
{
    curl_off_t lookup_us = 0;

    curl_easy_getinfo(exchange->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup_us);
    return code == CURLE_OPERATION_TIMEDOUT && lookup_us == 0;
}

bool svc_client_exchange_begin(struct svc_client_exchange *exchange,
    const struct svc_client *client, const struct svc_client_request *request,
    struct svc_client_handle *handle, int64_t start_ms)
{
    int64_t waited_ms = svc_clock_monotonic_ms() - start_ms;
    int64_t left_ms = request->deadline_ms - waited_ms;

    *exchange = (struct svc_client_exchange){
        .request = request,
        .easy = handle->easy,
        .handle = handle,
        .start_ms = start_ms,
        .waited_ms = waited_ms,
        .body_left = request->body_max > 0 ? (size_t)request->body_max
                                           : SVC_CLIENT_BODY_MAX_DEFAULT,
    };
    svc_client_reply_init(&exchange->reply, exchange->body_left);
    set_up(exchange, client, left_ms > 0 ? left_ms : 1);
    return !exchange->unset;
}

enum svc_status svc_client_exchange_end(struct svc_client_exchange *exchange,
    struct svc_client *client, int code, struct svc_client_error *ret_error)
{
    enum svc_status status = SVC_OK;
    curl_off_t first_byte_us = 0;

    read_http_status(exchange);
    curl_easy_getinfo(exchange->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
    if (code != CURLE_OK) {
        status = explain(exchange, (CURLcode)code, ret_error);
    }
    bool lost = was_resolving(exchange, (CURLcode)code);
    curl_easy_reset(exchange->easy); /* forgets our memory, keeps the connections */
    curl_slist_free_all(exchange->headers);
    svc_client_release(client, exchange->handle, lost);
    exchange->headers = NULL;
    exchange->handle = NULL;
    if (status != SVC_OK) {
        svc_client_reply_done(&exchange->reply);
        return status;
    }
    exchange->reply.first_byte_ms = first_byte_us / 1000 + exchange->waited_ms;
    exchange->reply.elapsed_ms = svc_clock_monotonic_ms() - exchange->start_ms;
    return SVC_OK;
}
