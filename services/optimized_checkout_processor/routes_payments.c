/* Notifications of gateways, and what the shop does with money. */
#include "answer.h"
#include "routes.h"

#include <svc/buf.h>
#include <svc/clock.h>

#include <string.h>
#include <strings.h>

enum { DETAIL_SIZE = 256 };

/* A name in any case: n8n writes headers in lower case. */
static struct svc_slice find_name(const struct svc_json *object, const char *name)
{
    const struct svc_json *at =
        svc_json_is(object, SVC_JSON_OBJECT) ? object->first : NULL;

    for (; at != NULL; at = at->next) {
        if (at->key.length == strlen(name) &&
            strncasecmp(at->key.text, name, at->key.length) == 0) {
            return svc_json_text(at);
        }
    }
    return (struct svc_slice){NULL, 0};
}

static struct svc_slice find_header(const void *context, const char *name)
{
    const struct svc_request *request = context;

    return request->item != NULL ? find_name(svc_json_get(request->item, "headers"), name)
                                 : svc_request_header(request, name);
}

static struct svc_slice find_query(const void *context, const char *name)
{
    const struct svc_request *request = context;

    return request->item != NULL ? find_name(svc_json_get(request->item, "query"), name)
                                 : svc_json_text(svc_request_parameter(request, name));
}

/* The bytes as they came; of what n8n wrote anew its own, so that a signature over the
 * body fails while one over values still holds. */
static struct svc_slice raw_of(const struct svc_request *request)
{
    struct svc_json_writer writer;
    struct svc_buf text;

    if (request->raw_body.text != NULL || request->body == NULL) {
        return request->raw_body;
    }
    svc_buf_init(&text, (size_t)4 * 1024 * 1024);
    svc_json_write_init(&writer, &text);
    svc_json_write_value(&writer, request->body);
    struct svc_slice raw = {
        svc_arena_strndup(request->arena, svc_buf_text(&text), text.length), text.length};
    svc_buf_done(&text);
    return raw;
}

enum svc_status post_payment_webhook(struct svc_request *request, struct svc_reply *reply)
{
    struct service *service = request->runtime->state;
    char *detail = svc_arena_alloc(request->arena, DETAIL_SIZE);
    const struct gateway_delivery delivery = {
        .raw = raw_of(request),
        .body = request->body,
        .header = find_header,
        .query = find_query,
        .context = request,
        .now_s = svc_clock_unix_ms() / 1000,
    };
    enum svc_status status = payments_notify(
        service->payments, routes_path(request, "gateway"), &delivery, detail);

    if (status != SVC_OK) {
        reply->detail = detail;
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "received", true);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

static void write_refund(
    struct svc_json_writer *writer, const struct payments_refund_state *refund)
{
    svc_json_write_key(writer, "refund");
    if (refund->id.text == NULL) {
        svc_json_write_null(writer);
        return;
    }
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "id", refund->id);
    svc_json_write_field_slice(writer, "status", refund->status);
    svc_json_write_field_int(writer, "amount_minor", refund->amount_minor);
    svc_json_write_field_slice(writer, "currency", refund->currency);
    svc_json_write_object_end(writer);
}

struct outcome {
    const char *status;
    const char *detail; /* of what isn't possible; NULL: nothing to be said */
    struct payments_refund_state refund;
    bool is_refund;
};

static void write_outcome(
    struct svc_reply *reply, const struct order_row *order, const struct outcome *outcome)
{
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", order->id > 0);
    svc_json_write_field_text(&reply->json, "status", outcome->status);
    svc_json_write_key(&reply->json, "detail");
    if (outcome->detail != NULL && outcome->detail[0] != '\0') {
        svc_json_write_text(&reply->json, outcome->detail);
    } else {
        svc_json_write_null(&reply->json);
    }
    if (outcome->is_refund) {
        write_refund(&reply->json, &outcome->refund);
    }
    svc_json_write_key(&reply->json, "order");
    if (order->id > 0) {
        answer_order(order, &reply->json);
    } else {
        svc_json_write_null(&reply->json);
    }
    svc_json_write_object_end(&reply->json);
}

/* What a person can do something about is an answer; the rest is a failure. */
static bool is_business(enum svc_status status)
{
    return status == SVC_OK || status == SVC_INVALID || status == SVC_NOT_FOUND;
}

static enum svc_status fail(
    struct svc_reply *reply, enum svc_status status, const char *detail)
{
    enum svc_status result = routes_fail(reply, status);

    if (detail[0] != '\0') {
        reply->detail = detail;
    }
    return result;
}

enum svc_status post_order_refund(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct svc_slice key = routes_key(request, "refund");
    struct outcome outcome = {.status = "refund_asked", .is_refund = true};
    struct order_row order = {0};
    char *detail = svc_arena_alloc(request->arena, DETAIL_SIZE);

    if (key.length == 0) {
        reply->detail = "the header Idempotency-Key is missing: money is given back once";
        return SVC_INVALID;
    }
    enum svc_status status = visit_begin(request, (struct svc_slice){NULL, 0}, &visit);
    if (status == SVC_OK) {
        status = store_order_read(&visit.talk.store, routes_path(request, "id"), &order);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    struct payments *payments = visit.talk.service->payments;
    const struct payments_refund_request asked = {
        .order_id = order.id,
        .amount_minor = routes_int(request, "amount_minor", 0),
        .key = key,
        .reason = routes_text(request, "reason"),
        .by_hand = svc_json_is(svc_json_get(request->body, "by_hand"), SVC_JSON_TRUE),
    };
    status = order.id > 0 ? payments_refund(payments, &asked, detail) : SVC_NOT_FOUND;
    if (!is_business(status)) {
        return fail(reply, status, detail);
    }
    if (status == SVC_OK) {
        status = payments_refund_read(
            payments, request->arena, order.id, key, &outcome.refund);
        if (status != SVC_OK) {
            return routes_fail(reply, status);
        }
    } else {
        outcome.status = order.id > 0 ? "not_possible" : "not_found";
        outcome.detail = detail;
    }
    if (svc_slice_equals(outcome.refund.status, "done")) {
        outcome.status = "refunded";
        status = store_order_read(&visit.talk.store, routes_path(request, "id"), &order);
    }
    write_outcome(reply, &order, &outcome);
    return SVC_OK;
}

enum svc_status post_payment_received(
    struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct outcome outcome = {.status = "paid"};
    struct order_row order = {0};
    char *detail = svc_arena_alloc(request->arena, DETAIL_SIZE);
    enum svc_status status = visit_begin(request, (struct svc_slice){NULL, 0}, &visit);

    if (status == SVC_OK) {
        status = store_order_read(&visit.talk.store, routes_path(request, "id"), &order);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    status = order.id > 0 ? payments_received(visit.talk.service->payments, order.id,
                                routes_int(request, "amount_minor", 0),
                                routes_key(request, "received"), detail)
                          : SVC_NOT_FOUND;
    if (!is_business(status)) {
        return fail(reply, status, detail);
    }
    if (status == SVC_OK) {
        status = store_order_read(&visit.talk.store, routes_path(request, "id"), &order);
        if (status != SVC_OK) {
            return routes_fail(reply, status);
        }
    } else {
        outcome.status = order.id > 0 ? "not_possible" : "not_found";
        outcome.detail = detail;
    }
    write_outcome(reply, &order, &outcome);
    return SVC_OK;
}
