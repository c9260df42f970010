#include "store_dispatch.h"

#include "envelope.h"
#include "pacing.h"
#include "signature.h"

#include <svc/backoff.h>
#include <svc/client_async.h>
#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/metrics.h>
#include <svc/random.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 250
#define START_LIMIT 8
#define MESSAGES_MAX 20
#define BODY_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define CONNECT_TIMEOUT_MS 2000
#define PAUSE_BASE_MS 500
#define PAUSE_MAX_MS 15000
#define TIDY_MS 60000
#define LOOK_MS 2000
#define END_MS 8000

/* What is being sent; its messages live in its arena. */
struct delivery {
    struct intake *intake;
    struct delivery *next; /* of those that ended */
    struct svc_arena arena;
    struct intake_message *first;
    struct svc_client_request request;
    struct svc_client_header headers[2];
    char signature[SIGNATURE_SIZE];
    struct svc_buf body;
    enum svc_status status;
    bool sent;
    int http_status;
};

struct intake {
    struct intake_settings settings;
    struct svc_client_async *client;
    char owner[33];
    pthread_t thread;
    unsigned failures; /* in a row, the thread's own */
    int64_t tidy_at_ms;
    int64_t look_at_ms;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t told;
    struct pacing pacing;
    struct delivery *ended;
    struct intake_totals totals;
    size_t under_way;
    bool woken;
    bool stopping;
};

/* --- One delivery --- */

static void free_delivery(struct delivery *delivery)
{
    svc_buf_done(&delivery->body);
    svc_arena_done(&delivery->arena);
    free(delivery);
}

static void end_delivery(void *context, enum svc_status status,
    const struct svc_client_reply *reply, const struct svc_client_error *error)
{
    struct delivery *delivery = context;
    struct intake *intake = delivery->intake;

    delivery->status = status;
    delivery->http_status = status == SVC_OK ? reply->http_status : 0;
    delivery->sent = status != SVC_OK && error != NULL && error->sent;
    pthread_mutex_lock(&intake->lock);
    delivery->next = intake->ended;
    intake->ended = delivery;
    intake->under_way--;
    pthread_cond_signal(&intake->told);
    pthread_mutex_unlock(&intake->lock);
}

/* As Meta signs: the workflow can't tell the difference. */
static void sign(struct delivery *delivery, const char *secrets)
{
    signature_write(delivery->request.body, secrets, delivery->signature);
    delivery->headers[1] =
        (struct svc_client_header){"X-Hub-Signature-256", delivery->signature};
    delivery->request.header_count = 2;
}

static void deliver(
    struct intake *intake, const struct intake_message *messages, size_t count)
{
    struct delivery *delivery = svc_alloc_zero(1, sizeof *delivery);
    struct svc_client_error error;

    delivery->intake = intake;
    delivery->first = svc_arena_alloc(&delivery->arena, sizeof *delivery->first);
    delivery->first->lease = svc_slice_keep(&delivery->arena, messages->lease);
    delivery->first->phone_number_id =
        svc_slice_keep(&delivery->arena, messages->phone_number_id);
    delivery->first->customer_key =
        svc_slice_keep(&delivery->arena, messages->customer_key);
    svc_buf_init(&delivery->body, BODY_BYTES_MAX);
    envelope_write_webhook(messages, count, &delivery->body);
    delivery->headers[0] = (struct svc_client_header){"Content-Type", "application/json"};
    delivery->request = (struct svc_client_request){
        .method = "POST",
        .url = intake->settings.url,
        .headers = delivery->headers,
        .header_count = 1,
        .body = {svc_buf_text(&delivery->body), delivery->body.length},
        .deadline_ms = intake->settings.deadline_ms,
    };
    if (intake->settings.app_secrets != NULL) {
        sign(delivery, intake->settings.app_secrets);
    }
    pthread_mutex_lock(&intake->lock);
    intake->under_way++;
    pthread_mutex_unlock(&intake->lock);
    enum svc_status status = svc_client_async_start(
        intake->client, &delivery->request, end_delivery, delivery, &error);
    if (status != SVC_OK) {
        end_delivery(delivery, status, NULL, &error);
    }
}

/* --- What became of it --- */

static void note_failure(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    pacing_note_failure(&intake->pacing, svc_clock_monotonic_ms());
    pthread_mutex_unlock(&intake->lock);
}

/* n8n's word against the body itself; what it says while it is away, starts or is full
 * isn't. */
static bool is_fault(int http_status)
{
    return http_status == 400 || http_status == 413 || http_status == 422;
}

static void settle(struct intake *intake, struct delivery *delivery)
{
    char fault[64];

    if (delivery->http_status >= 200 && delivery->http_status < 300) {
        intake->failures = 0;
        svc_counter_add(intake->settings.delivered, 1);
        return;
    }
    note_failure(intake);
    svc_counter_add(intake->settings.refused, 1);
    if (intake->failures == 0) {
        svc_log(SVC_LOG_WARN, "n8n doesn't take what waits for it",
            SVC_TEXT("why", delivery->status == SVC_OK
                                ? "its answer"
                                : svc_status_title(delivery->status)),
            SVC_INT("http_status", delivery->http_status));
    }
    int64_t pause_ms = svc_backoff_ms(intake->failures++, PAUSE_BASE_MS, PAUSE_MAX_MS);
    if (delivery->status == SVC_TIMEOUT && delivery->sent) {
        return; /* it may be running: until its lease is over, it's n8n's */
    }
    snprintf(fault, sizeof fault, "n8n answered %d", delivery->http_status);
    (void)!intake_store_refused(intake->settings.pg, delivery->first, pause_ms,
        is_fault(delivery->http_status) ? fault : NULL);
}

static void settle_ended(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    struct delivery *delivery = intake->ended;
    intake->ended = NULL;
    pthread_mutex_unlock(&intake->lock);
    while (delivery != NULL) {
        struct delivery *next = delivery->next;
        settle(intake, delivery);
        free_delivery(delivery);
        delivery = next;
    }
}

/* --- Looking for work --- */

static size_t lane_length(const struct intake_message *messages, size_t count)
{
    size_t length = 1;

    while (length < count &&
           svc_slice_equals(messages[length].lease, messages[0].lease.text)) {
        length++;
    }
    return length;
}

static void note_vanished(struct intake *intake, int64_t count)
{
    if (count == 0) {
        return;
    }
    svc_counter_add(intake->settings.vanished, (uint64_t)count);
    svc_log(SVC_LOG_WARN, "executions that never ended are begun again",
        SVC_INT("count", count));
    note_failure(intake);
}

static void take(struct intake *intake)
{
    struct svc_arena arena = {0};
    struct intake_taken taken;
    const struct intake_taking taking = {
        .owner = intake->owner,
        .room = intake->failures > 0 ? 1 : intake_limit(intake),
        .lease_ms = intake->settings.lease_ms,
        .attempts_max = intake->settings.attempts_max,
        .messages_max = MESSAGES_MAX,
    };

    if (intake_store_take(intake->settings.pg, &taking, &arena, &taken) == SVC_OK) {
        note_vanished(intake, taken.count > 0 ? taken.ran_out : 0);
        for (size_t at = 0; at < taken.count;) {
            size_t length = lane_length(taken.messages + at, taken.count - at);
            deliver(intake, taken.messages + at, length);
            at += length;
        }
    }
    svc_arena_done(&arena);
}

static void tidy(struct intake *intake)
{
    int64_t pruned = 0;

    if (svc_clock_monotonic_ms() < intake->tidy_at_ms) {
        return;
    }
    (void)!intake_store_tidy(intake->settings.pg, intake->settings.keep_s, &pruned);
    intake->tidy_at_ms = svc_clock_monotonic_ms() + (pruned > 0 ? 0 : TIDY_MS);
}

/* For /metrics, which mustn't wait for PostgreSQL. */
static void look(struct intake *intake)
{
    struct intake_totals totals;

    if (svc_clock_monotonic_ms() < intake->look_at_ms ||
        intake_store_totals(intake->settings.pg, &totals) != SVC_OK) {
        return;
    }
    intake->look_at_ms = svc_clock_monotonic_ms() + LOOK_MS;
    pthread_mutex_lock(&intake->lock);
    intake->totals = totals;
    pthread_mutex_unlock(&intake->lock);
}

/* Until there may be work; false: it's time to end. */
static bool wait_for_work(struct intake *intake)
{
    int64_t until_ns = svc_condition_until_ns(POLL_MS);
    bool in_time = true;

    pthread_mutex_lock(&intake->lock);
    while (!intake->woken && intake->ended == NULL && !intake->stopping && in_time) {
        in_time = svc_condition_wait(&intake->told, &intake->lock, until_ns);
    }
    intake->woken = false;
    bool stopping = intake->stopping;
    pthread_mutex_unlock(&intake->lock);
    return !stopping;
}

static void *run(void *context)
{
    struct intake *intake = context;

    do {
        settle_ended(intake);
        take(intake);
        tidy(intake);
        look(intake);
    } while (wait_for_work(intake));
    return NULL;
}

/* --- From outside --- */

bool intake_new(const struct intake_settings *settings, struct intake **ret_intake,
    char ret_error[256])
{
    struct intake *intake = svc_alloc_zero(1, sizeof *intake);
    struct svc_client_error error;
    uint8_t bytes[16];
    const struct svc_client_settings client = {
        .size = settings->executions_max,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .user_agent = settings->user_agent,
        .ca_file = settings->ca_file,
    };

    intake->settings = *settings;
    if (svc_client_async_new(&client, &intake->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        free(intake);
        return false;
    }
    svc_random_fast(bytes, sizeof bytes);
    svc_text_to_hex(bytes, sizeof bytes, intake->owner);
    pacing_init(&intake->pacing, START_LIMIT, settings->executions_max);
    pthread_mutex_init(&intake->lock, NULL);
    svc_condition_init(&intake->told);
    if (pthread_create(&intake->thread, NULL, run, intake) != 0) {
        abort();
    }
    *ret_intake = intake;
    return true;
}

static void wait_for_deliveries(struct intake *intake)
{
    int64_t until_ns = svc_condition_until_ns(END_MS);
    bool in_time = true;

    pthread_mutex_lock(&intake->lock);
    while (intake->under_way > 0 && in_time) {
        in_time = svc_condition_wait(&intake->told, &intake->lock, until_ns);
    }
    pthread_mutex_unlock(&intake->lock);
}

void intake_free(struct intake **intake_pointer)
{
    struct intake *intake = *intake_pointer;

    *intake_pointer = NULL;
    if (intake == NULL) {
        return;
    }
    pthread_mutex_lock(&intake->lock);
    intake->stopping = true;
    pthread_cond_broadcast(&intake->told);
    pthread_mutex_unlock(&intake->lock);
    pthread_join(intake->thread, NULL);
    wait_for_deliveries(intake);
    svc_client_async_free(&intake->client);
    settle_ended(intake);
    pthread_cond_destroy(&intake->told);
    pthread_mutex_destroy(&intake->lock);
    free(intake);
}

void intake_wake(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    intake->woken = true;
    pthread_cond_signal(&intake->told);
    pthread_mutex_unlock(&intake->lock);
}

void intake_note_end(struct intake *intake, int64_t took_ms)
{
    pthread_mutex_lock(&intake->lock);
    pacing_note_end(&intake->pacing, took_ms, svc_clock_monotonic_ms());
    intake->woken = true;
    pthread_cond_signal(&intake->told);
    pthread_mutex_unlock(&intake->lock);
}

int64_t intake_limit(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    int64_t limit = pacing_limit(&intake->pacing);
    pthread_mutex_unlock(&intake->lock);
    return limit;
}

struct intake_totals intake_totals(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    struct intake_totals totals = intake->totals;
    pthread_mutex_unlock(&intake->lock);
    return totals;
}
