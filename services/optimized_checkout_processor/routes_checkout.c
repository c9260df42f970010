#include "answer.h"
#include "chat.h"
#include "reply.h"
#include "routes.h"

static enum svc_status answer_with(struct svc_reply *reply, const struct talk *talk,
    const struct checkout_request *wanted)
{
    const struct reply say = {talk, &reply->json, {NULL, 0}};
    struct checkout_result result;
    enum svc_status status = checkout_run(talk, wanted, &result);

    if (status != SVC_OK) {
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    answer_checkout(talk, &result, &reply->json);
    svc_json_write_key(&reply->json, "reply");
    reply_checkout(&say, &result);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

enum svc_status get_checkout(struct svc_request *request, struct svc_reply *reply)
{
    VISIT_AUTO_END struct visit visit = {0};
    const struct checkout_request wanted = {.action = CHECKOUT_SHOW};
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK) {
        status = answer_with(reply, &visit.talk, &wanted);
    }
    return routes_fail(reply, status);
}

static enum checkout_action read_action(struct svc_slice name)
{
    static const char *const names[] = {
        [CHECKOUT_START] = "start",
        [CHECKOUT_SET_ADDRESS] = "set_address",
        [CHECKOUT_SET_SHIPPING] = "set_shipping",
        [CHECKOUT_SET_PAYMENT] = "set_payment",
        [CHECKOUT_CONFIRM] = "confirm",
        [CHECKOUT_BACK] = "back",
        [CHECKOUT_SHOW] = "show",
        [CHECKOUT_CANCEL] = "cancel",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(name, names[i])) {
            return (enum checkout_action)i;
        }
    }
    return CHECKOUT_SHOW;
}

static enum svc_status act(
    struct svc_request *request, struct svc_reply *reply, const struct talk *talk)
{
    const struct svc_json *address = svc_json_get(request->body, "address");
    const struct svc_json *location = svc_json_get(request->body, "location");
    const struct checkout_request wanted = {
        .action = read_action(routes_text(request, "action")),
        .text = routes_text(request, "text"),
        .address = svc_json_is(address, SVC_JSON_OBJECT) ? address : NULL,
        .location = svc_json_is(location, SVC_JSON_OBJECT) ? location : NULL,
        .shipping_rate_id = routes_int(request, "shipping_rate_id", 0),
        .payment_method = routes_text(request, "payment_method"),
        .token = routes_text(request, "token"),
    };

    return answer_with(reply, talk, &wanted);
}

enum svc_status post_checkout(struct svc_request *request, struct svc_reply *reply)
{
    return routes_answer_once(request, reply, "checkout", act);
}

static const struct svc_json *object_of(
    const struct svc_request *request, const char *name)
{
    const struct svc_json *value = svc_json_get(request->body, name);

    return svc_json_is(value, SVC_JSON_OBJECT) ? value : NULL;
}

/* Where the customer is and what they may be written, without a change of the cart. */
static enum svc_status note_customer(
    const struct talk *talk, const struct cart_context *context)
{
    const struct cart_change change = {.action = "touch", .context = context};
    struct cart_outcome outcome;
    struct cart cart;

    if (context->service_window_s == 0 && context->phone_number_id.length == 0) {
        return SVC_OK;
    }
    return store_cart_change(&talk->store, &change, &cart, &outcome);
}

static enum svc_status chat(
    struct svc_request *request, struct svc_reply *reply, const struct talk *talk)
{
    const struct chat_message message = {
        .intent = routes_text(request, "intent"),
        .entities = object_of(request, "entities"),
        .action_id = routes_text(request, "action_id"),
        .text = routes_text(request, "text"),
        .location = object_of(request, "location"),
        .order = object_of(request, "order"),
        .product_id = routes_int(request, "product_id", 0),
        .message_id = routes_text(request, "message_id"),
        .context = routes_context(request),
    };
    enum svc_status status = note_customer(talk, &message.context);

    if (status != SVC_OK) {
        return status;
    }
    svc_json_write_object_begin(&reply->json);
    status = chat_answer(talk, &message, &reply->json);
    svc_json_write_object_end(&reply->json);
    return status;
}

enum svc_status post_chat(struct svc_request *request, struct svc_reply *reply)
{
    return routes_answer_once(request, reply, "chat", chat);
}
