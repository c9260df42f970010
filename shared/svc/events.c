#include "events.h"

#include "client.h"
#include "clock.h"
#include "condition.h"
#include "crypto.h"
#include "event_queue.h"
#include "json_write.h"
#include "log.h"
#include "mem.h"
#include "random.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 200
#define BATCH_MAX 500
#define BATCH_BYTES_MAX ((size_t)512 * 1024)
#define PAUSE_MS_MAX 10000
#define EVENT_SIZE_MAX ((size_t)8 * 1024)
#define EVENT_ID_SIZE 33
#define URL_SIZE 4160
#define BEARER_SIZE 4160

struct svc_events {
    struct svc_event_queue *queue;
    const char *source;
    struct svc_client *client;
    int64_t timeout_ms;
    char url[URL_SIZE];
    char bearer[BEARER_SIZE];
    struct svc_events_target target;
    struct svc_client_header headers[2];
    size_t header_count;
    bool was_down; /* of the thread */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* `stopping` */
    pthread_cond_t stop;
    bool stopping;
};

static void log_down(struct svc_events *events, const char *error, int http_status)
{
    if (!events->was_down) {
        svc_log(SVC_LOG_WARN, "lightweight_metrics takes no events; they wait",
            SVC_TEXT("error", error), SVC_INT("http_status", http_status));
    }
    events->was_down = true;
}

/* What the receiver will never take isn't worth keeping; what it can't take now is. */
static enum svc_event_queue_end read_status(struct svc_events *events, int http_status)
{
    if (http_status >= 200 && http_status < 300) {
        events->was_down = false;
        return SVC_EVENTS_DELIVERED;
    }
    if (http_status == 400 || http_status == 413 || http_status == 422) {
        svc_log(SVC_LOG_WARN, "lightweight_metrics refuses events; they are dropped",
            SVC_INT("http_status", http_status));
        return SVC_EVENTS_REFUSED;
    }
    log_down(events, "no success", http_status);
    return SVC_EVENTS_KEPT;
}

static enum svc_event_queue_end send_batch(
    struct svc_events *events, const struct svc_buf *batch)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    const struct svc_client_request request = {
        .method = "POST",
        .url = events->url,
        .headers = events->headers,
        .header_count = events->header_count,
        .body = {svc_buf_text(batch), batch->length},
        .deadline_ms = events->timeout_ms,
    };

    if (svc_client_call(events->client, &request, &reply, &error) != SVC_OK) {
        log_down(events, error.message, 0);
        return SVC_EVENTS_KEPT;
    }
    return read_status(events, reply.http_status);
}

/* Until nothing waits (true) or a batch isn't taken. */
static bool send_all(struct svc_events *events, int64_t until_ms)
{
    enum svc_event_queue_end end = SVC_EVENTS_DELIVERED;
    struct svc_buf batch;
    size_t count = 0;

    svc_buf_init(&batch, BATCH_BYTES_MAX);
    do {
        svc_buf_clear(&batch);
        svc_buf_add(&batch, "{\"events\":", 10);
        count = svc_event_queue_begin(events->queue, BATCH_MAX, &batch);
        svc_buf_add_char(&batch, '}');
        end = count > 0 ? send_batch(events, &batch) : SVC_EVENTS_DELIVERED;
        svc_event_queue_end(events->queue, end);
    } while (count > 0 && end != SVC_EVENTS_KEPT && svc_clock_monotonic_ms() < until_ms);
    svc_buf_done(&batch);
    return end != SVC_EVENTS_KEPT;
}

static bool wait_for(struct svc_events *events, int64_t wait_ms)
{
    pthread_mutex_lock(&events->lock);
    bool stopping =
        svc_condition_wait_told(&events->stop, &events->lock, &events->stopping, wait_ms);
    pthread_mutex_unlock(&events->lock);
    return !stopping;
}

static void *run(void *argument)
{
    struct svc_events *events = argument;
    int64_t wait_ms = TICK_MS;

    while (wait_for(events, wait_ms)) {
        bool fine = send_all(events, INT64_MAX);
        int64_t longer_ms = wait_ms * 2 < PAUSE_MS_MAX ? wait_ms * 2 : PAUSE_MS_MAX;
        wait_ms = fine ? TICK_MS : longer_ms;
    }
    (void)send_all(events, svc_clock_monotonic_ms() + events->timeout_ms);
    return NULL;
}

static void set_headers(struct svc_events *events, const char *token)
{
    events->headers[0] = (struct svc_client_header){"Content-Type", "application/json"};
    events->header_count = 1;
    if (token != NULL) {
        snprintf(events->bearer, sizeof events->bearer, "Bearer %s", token);
        events->headers[1] = (struct svc_client_header){"Authorization", events->bearer};
        events->header_count = 2;
    }
}

static bool set_url(struct svc_events *events, const char *url, char ret_error[256])
{
    size_t length = strlen(url);

    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        snprintf(ret_error, 256, "METRICS_URL=%.60s: must be an http or https URL", url);
        return false;
    }
    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    snprintf(events->url, sizeof events->url, "%.*s/v1/events", (int)length, url);
    return true;
}

struct svc_events *svc_events_new(
    const struct svc_events_settings *settings, char ret_error[256])
{
    struct svc_events *events = svc_alloc_zero(1, sizeof *events);
    const struct svc_client_settings client = {
        .size = 1,
        .connect_timeout_ms = settings->timeout_ms,
        .user_agent = settings->source,
        .ca_file = settings->ca_file,
    };
    struct svc_client_error error;

    if (!set_url(events, settings->url, ret_error)) {
        free(events);
        return NULL;
    }
    if (svc_client_new(&client, &events->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "METRICS_URL: %.200s", error.message);
        free(events);
        return NULL;
    }
    events->queue = svc_event_queue_new((size_t)settings->waiting_max);
    events->source = settings->source;
    events->timeout_ms = settings->timeout_ms;
    set_headers(events, settings->token);
    events->target = (struct svc_events_target){
        .url = events->url,
        .authorization = settings->token != NULL ? events->bearer : NULL,
        .ca_file = settings->ca_file,
    };
    pthread_mutex_init(&events->lock, NULL);
    svc_condition_init(&events->stop);
    events->has_thread = pthread_create(&events->thread, NULL, run, events) == 0;
    return events;
}

void svc_events_free(struct svc_events **events_pointer)
{
    struct svc_events *events = *events_pointer;

    *events_pointer = NULL;
    if (events == NULL) {
        return;
    }
    if (events->has_thread) {
        pthread_mutex_lock(&events->lock);
        events->stopping = true;
        pthread_cond_signal(&events->stop);
        pthread_mutex_unlock(&events->lock);
        pthread_join(events->thread, NULL);
    }
    pthread_cond_destroy(&events->stop);
    pthread_mutex_destroy(&events->lock);
    svc_client_free(&events->client);
    svc_event_queue_free(&events->queue);
    free(events);
}

static void make_id(const struct svc_event *event, char ret_id[EVENT_ID_SIZE])
{
    uint8_t bytes[SVC_SHA256_SIZE];
    struct svc_sha256 hash;

    if (event->subject.length == 0) {
        svc_random_fast(bytes, (EVENT_ID_SIZE - 1) / 2);
    } else {
        svc_sha256_init(&hash);
        svc_sha256_add(&hash, event->type, strlen(event->type));
        svc_sha256_add(&hash, ":", 1);
        svc_sha256_add(&hash, event->subject.text, event->subject.length);
        svc_sha256_finish(&hash, bytes);
    }
    svc_text_to_hex(bytes, (EVENT_ID_SIZE - 1) / 2, ret_id);
}

static void write_event(struct svc_events *events, const struct svc_event *event,
    struct svc_json_writer *writer)
{
    char time[SVC_CLOCK_TEXT_SIZE];
    char id[EVENT_ID_SIZE];
    int64_t occurred_ms =
        event->occurred_ms != 0 ? event->occurred_ms : svc_clock_unix_ms();

    make_id(event, id);
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "event_id", id);
    svc_json_write_field_text(writer, "type", event->type);
    svc_json_write_field_text(
        writer, "occurred_at", svc_clock_format_ms(occurred_ms, time));
    svc_json_write_field_text(writer, "source", events->source);
    if (event->customer_key.length > 0) {
        svc_json_write_field_slice(writer, "customer_key", event->customer_key);
    }
    if (event->data.length > 0) {
        svc_json_write_key(writer, "data");
        svc_json_write_raw(writer, event->data);
    }
    svc_json_write_object_end(writer);
}

void svc_events_add(struct svc_events *events, const struct svc_event *event)
{
    struct svc_json_writer writer;
    struct svc_buf text;

    if (events == NULL) {
        return;
    }
    svc_buf_init(&text, EVENT_SIZE_MAX);
    svc_json_write_init(&writer, &text);
    write_event(events, event, &writer);
    if (!text.overflow) {
        svc_event_queue_add(
            events->queue, (struct svc_slice){svc_buf_text(&text), text.length});
    }
    svc_buf_done(&text);
}

const struct svc_events_target *svc_events_target(const struct svc_events *events)
{
    return events != NULL ? &events->target : NULL;
}

void svc_events_stats(struct svc_events *events, struct svc_events_stats *ret_stats)
{
    svc_event_queue_stats(events->queue, ret_stats);
}
