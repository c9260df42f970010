#include "store_events.h"

#include <svc/client.h>
#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/mem.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 200
#define BATCH_MAX 500
#define BATCH_BYTES_MAX ((size_t)512 * 1024)
#define PAUSE_MS_MAX 10000
#define URL_SIZE 4160
#define BEARER_SIZE 4160

struct store_events {
    struct events *events;
    struct svc_client *client;
    int64_t timeout_ms;
    char url[URL_SIZE];
    char bearer[BEARER_SIZE];
    struct svc_client_header headers[2];
    size_t header_count;
    bool was_down; /* of the thread */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* `stopping` */
    pthread_cond_t stop;
    bool stopping;
};

static void log_down(struct store_events *store, const char *error, int http_status)
{
    if (!store->was_down) {
        svc_log(SVC_LOG_WARN, "lightweight_metrics takes no events; they wait",
            SVC_TEXT("error", error), SVC_INT("http_status", http_status));
    }
    store->was_down = true;
}

/* What the receiver will never take isn't worth keeping; what it can't take now is. */
static enum events_end read_status(struct store_events *store, int http_status)
{
    if (http_status >= 200 && http_status < 300) {
        store->was_down = false;
        return EVENTS_DELIVERED;
    }
    if (http_status == 400 || http_status == 413 || http_status == 422) {
        svc_log(SVC_LOG_WARN, "lightweight_metrics refuses events; they are dropped",
            SVC_INT("http_status", http_status));
        return EVENTS_REFUSED;
    }
    log_down(store, "no success", http_status);
    return EVENTS_KEPT;
}

static enum events_end send_batch(struct store_events *store, const struct svc_buf *batch)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    const struct svc_client_request request = {
        .method = "POST",
        .url = store->url,
        .headers = store->headers,
        .header_count = store->header_count,
        .body = {svc_buf_text(batch), batch->length},
        .deadline_ms = store->timeout_ms,
    };

    if (svc_client_call(store->client, &request, &reply, &error) != SVC_OK) {
        log_down(store, error.message, 0);
        return EVENTS_KEPT;
    }
    return read_status(store, reply.http_status);
}

/* Until nothing waits (true) or a batch isn't taken. */
static bool send_all(struct store_events *store, int64_t until_ms)
{
    enum events_end end = EVENTS_DELIVERED;
    struct svc_buf batch;
    size_t count = 0;

    svc_buf_init(&batch, BATCH_BYTES_MAX);
    do {
        svc_buf_clear(&batch);
        count = events_begin(store->events, BATCH_MAX, &batch);
        end = count > 0 ? send_batch(store, &batch) : EVENTS_DELIVERED;
        events_end(store->events, end);
    } while (count > 0 && end != EVENTS_KEPT && svc_clock_monotonic_ms() < until_ms);
    svc_buf_done(&batch);
    return end != EVENTS_KEPT;
}

static bool wait_for(struct store_events *store, int64_t wait_ms)
{
    int64_t until_ns = svc_condition_until_ns(wait_ms);

    pthread_mutex_lock(&store->lock);
    while (!store->stopping && svc_condition_wait(&store->stop, &store->lock, until_ns)) {
    }
    bool stopping = store->stopping;
    pthread_mutex_unlock(&store->lock);
    return !stopping;
}

static void *run(void *argument)
{
    struct store_events *store = argument;
    int64_t wait_ms = TICK_MS;

    while (wait_for(store, wait_ms)) {
        bool fine = send_all(store, INT64_MAX);
        int64_t longer_ms = wait_ms * 2 < PAUSE_MS_MAX ? wait_ms * 2 : PAUSE_MS_MAX;
        wait_ms = fine ? TICK_MS : longer_ms;
    }
    (void)send_all(store, svc_clock_monotonic_ms() + store->timeout_ms);
    return NULL;
}

static void set_headers(struct store_events *store, const char *token)
{
    store->headers[0] = (struct svc_client_header){"Content-Type", "application/json"};
    store->header_count = 1;
    if (token != NULL) {
        snprintf(store->bearer, sizeof store->bearer, "Bearer %s", token);
        store->headers[1] = (struct svc_client_header){"Authorization", store->bearer};
        store->header_count = 2;
    }
}

static bool set_url(struct store_events *store, const char *url, char ret_error[256])
{
    size_t length = strlen(url);

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        snprintf(ret_error, 256, "METRICS_URL=%.60s: must be an http or https URL", url);
        return false;
    }
    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    snprintf(store->url, sizeof store->url, "%.*s/v1/events", (int)length, url);
    return true;
}

struct store_events *store_events_new(struct events *events,
    const struct store_events_settings *settings, char ret_error[256])
{
    struct store_events *store = svc_alloc_zero(1, sizeof *store);
    const struct svc_client_settings client = {
        .size = 1,
        .connect_timeout_ms = settings->timeout_ms,
        .user_agent = "ai_provider_ultra_optimized",
        .ca_file = settings->ca_file,
    };
    struct svc_client_error error;

    if (!set_url(store, settings->url, ret_error)) {
        free(store);
        return NULL;
    }
    if (svc_client_new(&client, &store->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "METRICS_URL: %.200s", error.message);
        free(store);
        return NULL;
    }
    store->events = events;
    store->timeout_ms = settings->timeout_ms;
    set_headers(store, settings->token);
    pthread_mutex_init(&store->lock, NULL);
    svc_condition_init(&store->stop);
    store->has_thread = pthread_create(&store->thread, NULL, run, store) == 0;
    return store;
}

void store_events_free(struct store_events **store_pointer)
{
    struct store_events *store = *store_pointer;

    *store_pointer = NULL;
    if (store == NULL) {
        return;
    }
    if (store->has_thread) {
        pthread_mutex_lock(&store->lock);
        store->stopping = true;
        pthread_cond_signal(&store->stop);
        pthread_mutex_unlock(&store->lock);
        pthread_join(store->thread, NULL);
    }
    pthread_cond_destroy(&store->stop);
    pthread_mutex_destroy(&store->lock);
    svc_client_free(&store->client);
    free(store);
}
