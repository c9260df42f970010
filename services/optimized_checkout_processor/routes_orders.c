#include "answer.h"
#include "reply.h"
#include "routes.h"

#define ORDERS_MAX 50

static enum svc_status write_order(struct svc_request *request, struct svc_reply *reply,
    const struct talk *talk, const char *status_name)
{
    const struct reply say = {talk, &reply->json, {NULL, 0}};
    struct order_row order;
    enum svc_status status =
        store_order_read(&talk->store, routes_path(request, "id"), &order);

    if (status != SVC_OK) {
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", order.id > 0);
    svc_json_write_field_text(
        &reply->json, "status", order.id > 0 ? status_name : "not_found");
    svc_json_write_key(&reply->json, "order");
    if (order.id > 0) {
        answer_order(&order, &reply->json);
    } else {
        svc_json_write_null(&reply->json);
    }
    svc_json_write_key(&reply->json, "reply");
    reply_order(&say, &order);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_order(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    enum svc_status status = visit_begin(request, (struct svc_slice){NULL, 0}, &visit);

    if (status == SVC_OK) {
        status = write_order(request, reply, &visit.talk, "ok");
    }
    return routes_fail(reply, status);
}

enum svc_status get_orders(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct order_row orders[ORDERS_MAX];
    size_t count = 0;
    int64_t limit = routes_path_int(request, "limit", 10);
    int64_t before = routes_path_int(request, "cursor", 0);
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK) {
        status = store_orders_read(&visit.talk.store, before, limit, orders, &count);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    const struct reply say = {&visit.talk, &reply->json, {NULL, 0}};
    svc_json_write_object_begin(&reply->json);
    svc_json_write_key(&reply->json, "orders");
    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < count; i++) {
        answer_order(&orders[i], &reply->json);
    }
    svc_json_write_array_end(&reply->json);
    svc_json_write_key(&reply->json, "next_cursor");
    if (count > 0 && count == (size_t)limit) {
        svc_json_write_int(&reply->json, orders[count - 1].id);
    } else {
        svc_json_write_null(&reply->json);
    }
    svc_json_write_key(&reply->json, "reply");
    reply_orders(&say, orders, count);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* An event of the shop's or the customer's, and the order as it is then. */
static enum svc_status apply(struct svc_request *request, struct svc_reply *reply,
    enum order_event event, enum order_status wanted)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct order_row order = {0};
    struct order_step step = {.next = ORDER_AWAITING_PAYMENT};
    enum svc_status status = visit_begin(request, (struct svc_slice){NULL, 0}, &visit);

    if (status == SVC_OK) {
        status = store_order_read(&visit.talk.store, routes_path(request, "id"), &order);
    }
    if (status == SVC_OK && order.id > 0) {
        status = checkout_order_event(visit.talk.service, order.id, event, &step);
        /* An order that the shop wrote by hand: nothing of ours to change. */
        status = status == SVC_NOT_FOUND ? SVC_OK : status;
    }
    if (status == SVC_OK) {
        bool is_so = step.changed || step.next == wanted;
        status = write_order(request, reply, &visit.talk,
            is_so ? order_status_name(wanted) : "not_possible");
    }
    return routes_fail(reply, status);
}

enum svc_status post_order_cancel(struct svc_request *request, struct svc_reply *reply)
{
    bool by_shop = svc_slice_equals(routes_text(request, "by"), "shop");

    return apply(request, reply,
        by_shop ? ORDER_CANCEL_BY_SHOP : ORDER_CANCEL_BY_CUSTOMER, ORDER_CANCELLED);
}

enum svc_status post_order_status(struct svc_request *request, struct svc_reply *reply)
{
    bool delivered = svc_slice_equals(routes_text(request, "status"), "delivered");

    return apply(request, reply, delivered ? ORDER_DELIVER : ORDER_SHIP,
        delivered ? ORDER_DELIVERED : ORDER_SHIPPED);
}
