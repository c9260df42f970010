#include "answer.h"
#include "reply.h"
#include "routes.h"

#define CLAIMS_MAX 200

static void write_cart(struct svc_reply *reply, const struct talk *talk,
    const struct cart_view *view, struct svc_slice before)
{
    const struct reply say = {talk, &reply->json, before};

    svc_json_write_key(&reply->json, "cart");
    answer_cart(talk, view, &reply->json);
    svc_json_write_key(&reply->json, "reply");
    reply_cart(&say, view);
}

static enum svc_status change_cart(
    struct svc_request *request, struct svc_reply *reply, struct cart_change change)
{
    VISIT_AUTO_END struct visit visit = {0};
    const struct cart_context context = routes_context(request);
    struct cart_view view;
    struct cart_outcome outcome;
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    change.context = &context;
    change.key = routes_key(request, "cart");
    change.hash = change.key.length > 0 ? routes_hash(request) : change.key;
    if (status == SVC_OK) {
        status = carts_change(&visit.talk, &change, &view, &outcome);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_slice(&reply->json, "status", outcome.name);
    if (change.product_id > 0) {
        svc_json_write_field_int(&reply->json, "product_id", change.product_id);
        svc_json_write_field_int(&reply->json, "quantity", outcome.quantity);
    }
    svc_json_write_field_bool(&reply->json, "repeated", outcome.repeated);
    write_cart(reply, &visit.talk, &view,
        reply_outcome(&visit.talk, &view, &outcome, change.product_id));
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_cart(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct cart_view view;
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK) {
        status = carts_read(&visit.talk, &view);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_text(
        &reply->json, "status", view.cart.line_count > 0 ? "ok" : "empty");
    write_cart(reply, &visit.talk, &view, (struct svc_slice){NULL, 0});
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status delete_cart(struct svc_request *request, struct svc_reply *reply)
{
    return change_cart(request, reply, (struct cart_change){.action = "clear"});
}

enum svc_status post_item(struct svc_request *request, struct svc_reply *reply)
{
    return change_cart(request, reply,
        (struct cart_change){
            .action = "add",
            .product_id = routes_int(request, "product_id", 0),
            .quantity = routes_int(request, "quantity", 1),
        });
}

enum svc_status patch_item(struct svc_request *request, struct svc_reply *reply)
{
    int64_t quantity = routes_int(request, "quantity", 0);

    return change_cart(request, reply,
        (struct cart_change){
            .action = quantity > 0 ? "set" : "remove",
            .product_id = routes_path_int(request, "product_id", 0),
            .quantity = quantity,
        });
}

enum svc_status delete_item(struct svc_request *request, struct svc_reply *reply)
{
    return change_cart(request, reply,
        (struct cart_change){
            .action = "remove",
            .product_id = routes_path_int(request, "product_id", 0),
        });
}

enum svc_status post_coupon(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct cart_view view;
    struct quote_coupon coupon;
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK) {
        status =
            carts_apply_coupon(&visit.talk, routes_text(request, "code"), &view, &coupon);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_text(
        &reply->json, "status", carts_coupon_fault_name(coupon.fault));
    svc_json_write_field_bool(&reply->json, "applied", coupon.fault == COUPON_GOOD);
    svc_json_write_field_int(&reply->json, "missing_minor", coupon.missing_minor);
    write_cart(reply, &visit.talk, &view, reply_coupon(&visit.talk, &coupon));
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status delete_coupon(struct svc_request *request, struct svc_reply *reply)
{
    return change_cart(request, reply,
        (struct cart_change){
            .action = "coupon_remove",
            .coupon = routes_path(request, "code"),
        });
}

enum svc_status post_cart_order(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    const struct cart_context context = routes_context(request);
    struct cart_change change = {.context = &context, .key = routes_key(request, "cart")};
    struct cart_view view;
    struct cart_outcome outcome;
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    change.hash = change.key.length > 0 ? routes_hash(request) : change.key;
    if (status == SVC_OK) {
        status = carts_import(&visit.talk, svc_json_get(request->body, "product_items"),
            &change, &view, &outcome);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_slice(&reply->json, "status", outcome.name);
    svc_json_write_field_bool(&reply->json, "repeated", outcome.repeated);
    svc_json_write_key(&reply->json, "differences");
    if (outcome.notes != NULL) {
        svc_json_write_value(&reply->json, outcome.notes);
    } else {
        svc_json_write_raw(&reply->json, SVC_SLICE("[]"));
    }
    write_cart(reply, &visit.talk, &view, reply_outcome(&visit.talk, &view, &outcome, 0));
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* --- What it would cost. --- */

static size_t find_choices(const struct svc_request *request, const struct talk *talk,
    const struct cart_view *view, struct shipping_choice *choices,
    enum svc_status *ret_status)
{
    const struct svc_json *said = svc_json_get(request->body, "address");
    struct svc_slice country = {talk->shop->country, 2};
    struct address address = {0};

    *ret_status = SVC_OK;
    if (said != NULL) {
        *ret_status = address_read_json(talk->arena, said, country, &address);
    }
    if (address.country.length == 0) {
        address.country = country;
    }
    return shipping_choices(&talk->shop->shipping, said != NULL ? &address : NULL,
        view->quote.weight_g, view->quote.subtotal_minor - view->quote.discount_minor,
        choices, CHECKOUT_CHOICES_MAX);
}

static void write_choices(struct svc_reply *reply, const struct shipping_choice *choices,
    size_t count, const struct shipping_rate *rate)
{
    svc_json_write_key(&reply->json, "shipping_options");
    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < count; i++) {
        const struct shipping_rate *each = choices[i].rate;
        svc_json_write_object_begin(&reply->json);
        svc_json_write_field_int(&reply->json, "rate_id", each->id);
        svc_json_write_field_slice(&reply->json, "name", each->name);
        svc_json_write_field_int(&reply->json, "cost_minor", choices[i].cost_minor);
        svc_json_write_field_bool(&reply->json, "is_pickup", each->is_pickup);
        svc_json_write_field_int(&reply->json, "days_min", each->days_min);
        svc_json_write_field_int(&reply->json, "days_max", each->days_max);
        svc_json_write_field_bool(&reply->json, "chosen", each == rate);
        svc_json_write_object_end(&reply->json);
    }
    svc_json_write_array_end(&reply->json);
}

enum svc_status post_quote(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct shipping_choice choices[CHECKOUT_CHOICES_MAX];
    const struct shipping_rate *rate = NULL;
    struct cart_view view;
    size_t count = 0;
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK) {
        status = carts_read(&visit.talk, &view);
    }
    if (status == SVC_OK) {
        count = find_choices(request, &visit.talk, &view, choices, &status);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    for (size_t i = 0; i < count; i++) {
        if (choices[i].rate->id == routes_int(request, "shipping_rate_id", 0)) {
            rate = choices[i].rate;
        }
    }
    if (rate != NULL) {
        carts_reckon_again(&visit.talk, rate, &view);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_text(
        &reply->json, "status", view.cart.line_count > 0 ? "ok" : "empty");
    write_choices(reply, choices, count, rate);
    write_cart(reply, &visit.talk, &view, (struct svc_slice){NULL, 0});
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

/* --- Carts that were left. --- */

static enum svc_status write_claimed(
    struct svc_reply *reply, const struct talk *talk, struct svc_slice customer)
{
    struct talk own = *talk;
    struct cart_view view;

    own.customer = customer;
    own.store.customer = customer;
    enum svc_status status = carts_read(&own, &view);
    if (status != SVC_OK || view.cart.line_count == 0) {
        return status;
    }
    own.locale = view.cart.locale.length > 0 ? view.cart.locale : talk->locale;
    const struct reply say = {&own, &reply->json, {NULL, 0}};
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_slice(&reply->json, "customer_phone", customer);
    svc_json_write_field_slice(
        &reply->json, "phone_number_id", view.cart.phone_number_id);
    svc_json_write_key(&reply->json, "cart");
    answer_cart(&own, &view, &reply->json);
    svc_json_write_key(&reply->json, "reply");
    reply_abandoned(&say, &view);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status post_abandoned_claim(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    struct svc_slice customers[CLAIMS_MAX];
    size_t count = 0;
    enum svc_status status = visit_begin(request, (struct svc_slice){NULL, 0}, &visit);

    if (status == SVC_OK) {
        status = store_carts_claim(&visit.talk.store,
            routes_int(request, "idle_s", visit.talk.service->config->abandoned_idle_s),
            routes_int(request, "limit", 50), customers, &count);
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_key(&reply->json, "carts");
    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < count && status == SVC_OK; i++) {
        status = write_claimed(reply, &visit.talk, customers[i]);
    }
    svc_json_write_array_end(&reply->json);
    svc_json_write_object_end(&reply->json);
    return routes_fail(reply, status);
}
