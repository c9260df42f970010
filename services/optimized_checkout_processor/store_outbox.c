#include "outbox.h"

#include "reply.h"

#include <svc/backoff.h>
#include <svc/client.h>
#include <svc/clock.h>
#include <svc/events.h>
#include <svc/log.h>
#include <svc/pg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_BATCH 200
#define NOTICE_BATCH 20
#define DEADLINE_MS 10000
#define BODY_MAX ((size_t)1024 * 1024)
#define HEADER_MAX 4200
#define RETRY_BASE_MS 1000
#define RETRY_MAX_MS 600000
#define IDS_MAX ((size_t)16 * 1024)

struct outbox {
    struct service *service;
    struct svc_client *client;
    const struct svc_events_target *metrics; /* NULL: nobody listens */
    char notify_authorization[HEADER_MAX];
};

/* A row that is this replica's for the time of its lease, which is longer than a call. */
static const char sql_claim[] =
    "UPDATE checkout_outbox SET attempts = attempts + 1,"
    " next_try_at = NOW() + INTERVAL '60 seconds' WHERE id IN"
    " (SELECT id FROM checkout_outbox WHERE destination = $1 AND next_try_at <= NOW()"
    "  ORDER BY next_try_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
    " RETURNING id, payload, attempts";
static const char sql_taken[] =
    "DELETE FROM checkout_outbox WHERE id = ANY ($1::bigint[])";
static const char sql_later[] =
    "UPDATE checkout_outbox SET next_try_at = NOW() + $2::int * INTERVAL '1 ms',"
    " error = left($3, 300) WHERE id = ANY ($1::bigint[])";
static const char sql_prune[] =
    "DELETE FROM checkout_outbox WHERE id IN (SELECT id FROM checkout_outbox"
    " WHERE destination = $1 AND created_at < NOW() - $2::int * INTERVAL '1 day'"
    " LIMIT 1000)";

bool outbox_new(struct service *service, struct outbox **ret_outbox, char ret_error[256])
{
    const struct svc_events_target *metrics = svc_events_target(service->events);
    const struct svc_client_settings settings = {
        .size = 4,
        .connect_timeout_ms = 2000,
        .user_agent = "optimized_checkout_processor",
        .ca_file = metrics != NULL ? metrics->ca_file : NULL,
    };
    const struct config *config = service->config;
    struct outbox *outbox = svc_alloc_zero(1, sizeof *outbox);
    struct svc_client_error error;

    outbox->service = service;
    if (svc_client_new(&settings, &outbox->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "%.200s", error.message);
        free(outbox);
        return false;
    }
    outbox->metrics = metrics;
    if (config->notify_token != NULL) {
        snprintf(outbox->notify_authorization, sizeof outbox->notify_authorization,
            "Bearer %s", config->notify_token);
    }
    *ret_outbox = outbox;
    return true;
}

void outbox_free(struct outbox **outbox)
{
    if (*outbox == NULL) {
        return;
    }
    svc_client_free(&(*outbox)->client);
    free(*outbox);
    *outbox = NULL;
}

static struct svc_pg_result *claim(
    struct outbox *outbox, const char *destination, int64_t limit)
{
    struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(outbox->service->pg,
        SVC_PG_PREPARED(sql_claim, svc_pg_text(destination), svc_pg_int(limit)), &rows,
        &error);

    return status == SVC_OK ? rows : NULL;
}

/* "{1,2,3}" of COUNT rows from FROM. */
static void write_ids(
    const struct svc_pg_result *rows, size_t from, size_t count, struct svc_buf *out)
{
    svc_buf_add_char(out, '{');
    for (size_t i = from; i < from + count; i++) {
        struct svc_slice id = svc_pg_get(rows, i, 0);
        svc_buf_add_text(out, i > from ? "," : "");
        svc_buf_add(out, id.text, id.length);
    }
    svc_buf_add_char(out, '}');
}

/* ERROR NULL: they were taken. */
static void settle(struct outbox *outbox, const struct svc_pg_result *rows, size_t from,
    size_t count, const char *error_text)
{
    struct svc_pg_error error;
    struct svc_buf ids;
    int64_t attempt = svc_pg_get_int(rows, from, 2, 1);

    svc_buf_init(&ids, IDS_MAX);
    write_ids(rows, from, count, &ids);
    int64_t wait_ms = svc_backoff_limit_ms(
        attempt < 20 ? (unsigned)attempt : 20, RETRY_BASE_MS, RETRY_MAX_MS);
    /* Where this fails the lease runs out, and they are sent once more. */
    enum svc_status status =
        error_text == NULL
            ? svc_pg_query(outbox->service->pg,
                  SVC_PG_PREPARED(sql_taken, svc_pg_text(svc_buf_text(&ids))), NULL,
                  &error)
            : svc_pg_query(outbox->service->pg,
                  SVC_PG_PREPARED(sql_later, svc_pg_text(svc_buf_text(&ids)),
                      svc_pg_int(wait_ms), svc_pg_text(error_text)),
                  NULL, &error);
    (void)status;
    svc_buf_done(&ids);
}

/* NULL: it was taken, or refused for good. */
static const char *post(struct outbox *outbox, const char *url, const char *authorization,
    const struct svc_buf *body)
{
    const struct svc_client_header headers[] = {
        {"Content-Type", "application/json"},
        {"Authorization", authorization},
    };
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_error error;
    enum svc_status status = svc_client_call(outbox->client,
        &(struct svc_client_request){
            .method = "POST",
            .url = url,
            .headers = headers,
            .header_count = authorization != NULL && authorization[0] != '\0' ? 2 : 1,
            .body = {svc_buf_text(body), body->length},
            .deadline_ms = DEADLINE_MS,
        },
        &reply, &error);

    if (status != SVC_OK) {
        return svc_status_title(status);
    }
    if (reply.http_status >= 200 && reply.http_status < 300) {
        return NULL;
    }
    if (reply.http_status == 422) {
        svc_log(SVC_LOG_WARN, "a notice was refused for good",
            SVC_PRIVATE("answer",
                ((struct svc_slice){svc_buf_text(&reply.body), reply.body.length})));
        return NULL;
    }
    return "not taken";
}

static size_t send_metrics(struct outbox *outbox)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows =
        outbox->metrics != NULL ? claim(outbox, "metrics", METRICS_BATCH) : NULL;
    size_t count = svc_pg_rows(rows);
    struct svc_buf body;

    if (count == 0) {
        return 0;
    }
    svc_buf_init(&body, BODY_MAX);
    svc_buf_add_text(&body, "{\"events\":[");
    for (size_t i = 0; i < count; i++) {
        struct svc_slice payload = svc_pg_get(rows, i, 1);
        svc_buf_add_text(&body, i > 0 ? "," : "");
        svc_buf_add(&body, payload.text, payload.length);
    }
    svc_buf_add_text(&body, "]}");
    const char *error =
        post(outbox, outbox->metrics->url, outbox->metrics->authorization, &body);
    svc_buf_done(&body);
    settle(outbox, rows, 0, count, error);
    return error == NULL ? count : 0;
}

/* --- Notices. --- */

/* Outside of the 24 hours only a template may be sent. */
static void write_template(const struct talk *talk, const struct order_row *order,
    struct svc_json_writer *writer)
{
    char key[60];
    enum order_status status = ORDER_PAID;

    (void)!order_status_read(order->status, &status);
    snprintf(key, sizeof key, "order_status_%s", order_status_name(status));
    struct svc_slice values[] = {order->number, reply_say(talk, key, NULL)};

    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "messaging_product", "whatsapp");
    svc_json_write_field_text(writer, "type", "template");
    svc_json_write_key(writer, "template");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "name", talk->service->config->template_name);
    svc_json_write_key(writer, "language");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "code", talk->locale);
    svc_json_write_object_end(writer);
    svc_json_write_key(writer, "components");
    svc_json_write_array_begin(writer);
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", "body");
    svc_json_write_key(writer, "parameters");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_text(writer, "type", "text");
        svc_json_write_field_slice(writer, "text", values[i]);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

/* False: there is nothing to be said. */
static bool write_notice(const struct talk *talk, const struct svc_json *payload,
    const struct order_row *order, struct svc_buf *out)
{
    struct svc_slice type = svc_json_get_text(payload, "type");
    struct svc_json_writer writer;
    struct reply reply = {talk, &writer, {NULL, 0}};

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(
        &writer, "event_id", svc_json_get_text(payload, "event_id"));
    svc_json_write_field_slice(&writer, "type", type);
    svc_json_write_field_int(&writer, "order_id", order->id);
    svc_json_write_field_slice(&writer, "customer_phone", order->customer);
    svc_json_write_field_slice(&writer, "phone_number_id", order->phone_number_id);
    svc_json_write_field_bool(&writer, "in_window", order->in_window);
    svc_json_write_key(&writer, "reply");
    if (order->in_window) {
        if (!reply_notice(&reply, type, order)) {
            return false;
        }
    } else if (talk->service->config->template_name != NULL) {
        write_template(talk, order, &writer);
        svc_json_write_field_text(
            &writer, "template", talk->service->config->template_name);
    } else {
        return false;
    }
    svc_json_write_object_end(&writer);
    return !out->overflow;
}

static const char *send_notice(struct outbox *outbox, const struct shop *shop,
    struct svc_arena *arena, struct svc_slice text)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 200};
    struct service *service = outbox->service;
    struct svc_json_error json_error;
    struct order_row order;
    struct svc_buf body;
    size_t replaced = 0;
    const struct svc_json *payload =
        svc_json_read(arena, text.text, text.length, &limits, &replaced, &json_error);
    const struct store_call store = {service->pg, arena, {NULL, 0}, shop->minor_per_unit};
    struct svc_slice id = {NULL, 0};
    const struct svc_json *number = svc_json_get(payload, "order_id");

    id = number != NULL ? number->text : SVC_SLICE("0");
    if (store_order_read(&store, id, &order) != SVC_OK) {
        return "no order now";
    }
    if (order.id == 0) {
        return NULL;
    }
    struct talk talk = {service, arena, order.customer, order.locale, shop,
        svc_clock_unix_ms() / 1000, store};
    if (talk.locale.length == 0) {
        talk.locale = (struct svc_slice){shop->locale, strlen(shop->locale)};
    }
    const char *error = NULL;
    svc_buf_init(&body, BODY_MAX);
    if (write_notice(&talk, payload, &order, &body)) {
        error = post(
            outbox, service->config->notify_url, outbox->notify_authorization, &body);
    } else {
        svc_log(SVC_LOG_INFO, "a notice can't be sent outside of the 24 hours",
            SVC_INT("order_id", order.id));
    }
    svc_buf_done(&body);
    return error;
}

static size_t send_notices(struct outbox *outbox)
{
    SHOP_AUTO_GIVE_BACK struct shop *shop = NULL;
    struct svc_arena arena = {0};
    size_t sent = 0;

    if (outbox->service->config->notify_url == NULL ||
        shop_take(outbox->service->shops, &shop) != SVC_OK) {
        return 0;
    }
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows =
        claim(outbox, "customer", NOTICE_BATCH);
    for (size_t i = 0; i < svc_pg_rows(rows); i++) {
        const char *error = send_notice(outbox, shop, &arena, svc_pg_get(rows, i, 1));
        settle(outbox, rows, i, 1, error);
        sent += error == NULL;
        svc_arena_reset(&arena);
    }
    svc_arena_done(&arena);
    return sent;
}

size_t outbox_send(struct outbox *outbox)
{
    return send_metrics(outbox) + send_notices(outbox);
}

void outbox_prune(struct outbox *outbox)
{
    const struct config *config = outbox->service->config;
    const struct {
        const char *destination;
        bool is_fetched;
    } kinds[] = {
        {"metrics", outbox->metrics != NULL},
        {"customer", config->notify_url != NULL},
    };
    struct svc_pg_error error;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        enum svc_status status = svc_pg_query(outbox->service->pg,
            SVC_PG_PREPARED(sql_prune, svc_pg_text(kinds[i].destination),
                svc_pg_int(kinds[i].is_fetched ? 30 : 7)),
            NULL, &error);
        (void)status;
    }
}
