#include "client.h"

#include "client_private.h"
#include "clock.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t global_once = PTHREAD_ONCE_INIT;

static void init_global(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        abort();
    }
}

void *svc_client_easy_new(void)
{
    pthread_once(&global_once, init_global);
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        abort(); /* out of memory */
    }
    return easy;
}

void svc_client_easy_free(void *easy)
{
    curl_easy_cleanup(easy);
}

enum svc_status svc_client_call(struct svc_client *client,
    const struct svc_client_request *request, struct svc_client_reply *ret_reply,
    struct svc_client_error *ret_error)
{
    int64_t start_ms = svc_clock_monotonic_ms();
    enum svc_status status = svc_client_request_check(request, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    struct svc_client_handle *handle = svc_client_acquire(client,
        svc_client_origin(request->url), start_ms + request->deadline_ms, ret_error);
    if (handle == NULL) {
        return ret_error->status;
    }
    struct svc_client_exchange exchange;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (svc_client_exchange_begin(&exchange, client, request, handle, start_ms)) {
        code = curl_easy_perform(exchange.easy);
    }
    status = svc_client_exchange_end(&exchange, client, (int)code, ret_error);
    if (status == SVC_OK) {
        svc_client_reply_done(ret_reply);
        *ret_reply = exchange.reply;
    }
    return status;
}
