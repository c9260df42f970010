#include "store_calls.h"

#include <svc/client_async.h>

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_TIMEOUT_MS 2000
/* Far more than an intent takes; what is longer is broken. */
#define BODY_MAX 65536

struct store_calls {
    struct svc_client_async *client;
};

/* What an exchange borrows while it's under way. */
struct flight {
    struct cascade_call *call;
    struct svc_client_request request;
    struct svc_client_header headers[PROVIDER_HEADERS_MAX];
};

struct store_calls *store_calls_new(
    int64_t size, const char *user_agent, const char *ca_file, char ret_error[256])
{
    struct svc_client_async *client = NULL;
    struct svc_client_error error;
    struct svc_client_settings settings = {.size = size,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .user_agent = user_agent,
        .ca_file = ca_file};

    if (svc_client_async_new(&settings, &client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        return NULL;
    }
    struct store_calls *calls = svc_alloc_zero(1, sizeof *calls);
    calls->client = client;
    return calls;
}

void store_calls_free(struct store_calls **calls)
{
    if (*calls == NULL) {
        return;
    }
    svc_client_async_free(&(*calls)->client);
    free(*calls);
    *calls = NULL;
}

/* Fixed texts: libcurl's own may name an address. */
static struct cascade_ending failure_of(enum svc_status status)
{
    switch (status) {
    case SVC_TIMEOUT:
        return (struct cascade_ending){
            .outcome = PROVIDER_SLOW, .reason = "no whole answer in its time"};
    case SVC_UNAVAILABLE:
        return (struct cascade_ending){
            .outcome = PROVIDER_FAILED, .reason = "no connection"};
    case SVC_TOO_LARGE:
        return (struct cascade_ending){
            .outcome = PROVIDER_FAILED, .reason = "an answer without end"};
    case SVC_INVALID:
    case SVC_INTERNAL:
        return (struct cascade_ending){
            .outcome = PROVIDER_OUR_FAULT, .reason = "the request couldn't be sent"};
    default:
        return (struct cascade_ending){
            .outcome = PROVIDER_FAILED, .reason = "the connection or the answer broke"};
    }
}

static void end_flight(void *context, enum svc_status status,
    const struct svc_client_reply *reply, const struct svc_client_error *error)
{
    struct flight *flight = context;
    struct cascade_ending ending = {.outcome = PROVIDER_ANSWERED};

    (void)error;
    if (status != SVC_OK) {
        ending = failure_of(status);
    } else {
        ending.http_status = reply->http_status;
        ending.retry_after = svc_client_reply_header(reply, "retry-after");
        ending.body = (struct svc_slice){svc_buf_text(&reply->body), reply->body.length};
    }
    cascade_call_end(flight->call, &ending);
    free(flight);
}

void store_calls_begin(void *context, const struct provider_request *request,
    int64_t deadline_ms, struct cascade_call *call)
{
    struct store_calls *calls = context;
    struct flight *flight = svc_alloc_zero(1, sizeof *flight);
    struct svc_client_error error;

    for (size_t i = 0; i < request->header_count; i++) {
        flight->headers[i].name = request->headers[i].name;
        flight->headers[i].value = request->headers[i].value;
    }
    flight->call = call;
    flight->request = (struct svc_client_request){
        .method = request->body.length > 0 ? "POST" : "GET",
        .url = request->url.text,
        .headers = flight->headers,
        .header_count = request->header_count,
        .body = request->body,
        .deadline_ms = deadline_ms > 0 ? deadline_ms : 1,
        .body_max = BODY_MAX,
    };
    enum svc_status status = svc_client_async_start(
        calls->client, &flight->request, end_flight, flight, &error);
    if (status == SVC_OK) {
        return;
    }
    struct cascade_ending ending = failure_of(status);
    if (status == SVC_UNAVAILABLE) {
        ending.outcome = PROVIDER_OUR_FAULT; /* we have too many, not the provider */
    }
    free(flight);
    cascade_call_end(call, &ending);
}
