#include "checkout_private.h"
#include "store_events.h"

#include <string.h>

#define TRIES_MAX 4

const struct svc_json *checkout_read_json(const struct talk *talk, struct svc_slice text)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 2000};
    struct svc_json_error error;
    size_t replaced = 0;

    return text.length == 0 ? NULL
                            : svc_json_read(talk->arena, text.text, text.length, &limits,
                                  &replaced, &error);
}

static struct svc_slice country_of(const struct talk *talk)
{
    return (struct svc_slice){talk->shop->country, strlen(talk->shop->country)};
}

static bool is_over(const struct checkout_row *row)
{
    return row->id.length == 0 || row->state > CHECKOUT_AWAITING_PAYMENT;
}

/* --- What is known. --- */

static enum svc_status read_address(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *result)
{
    const struct svc_json *known = checkout_read_json(talk, result->row.address);
    struct svc_slice country = country_of(talk);
    enum svc_status status = SVC_OK;

    result->address = (struct address){0};
    result->has_address = known != NULL;
    if (known != NULL) {
        status = address_read_json(talk->arena, known, country, &result->address);
    }
    if (request->action == CHECKOUT_SET_ADDRESS) {
        const struct svc_json *pin = request->location;
        result->has_address = true;
        if (request->text.length > 0) {
            address_read_text(talk->arena, request->text, country, &result->address);
        }
        if (request->address != NULL) {
            status = address_read_json(
                talk->arena, request->address, country, &result->address);
        }
        if (pin != NULL) {
            struct svc_slice text = svc_json_get_text(pin, "address");
            (void)!address_read_location(talk->arena,
                svc_json_to_double(svc_json_get(pin, "latitude")),
                svc_json_to_double(svc_json_get(pin, "longitude")),
                text.length > 0 ? text : svc_json_get_text(pin, "name"),
                &result->address);
        }
    }
    if (result->address.country.length == 0) {
        result->address.country = country;
    }
    address_check(&result->address, &result->check);
    return status;
}

/* The rate that was chosen, where it's still offered; what each costs. */
static void find_shipping(const struct talk *talk, const struct checkout_request *request,
    struct checkout_result *result)
{
    const struct quote *quote = &result->view.quote;
    bool reachable = result->has_address && result->check.count == 0;
    int64_t wanted = request->action == CHECKOUT_SET_SHIPPING
                         ? request->shipping_rate_id
                         : result->row.shipping_rate_id;

    result->choice_count =
        shipping_choices(&talk->shop->shipping, reachable ? &result->address : NULL,
            quote->weight_g, quote->subtotal_minor - quote->discount_minor,
            result->choices, CHECKOUT_CHOICES_MAX);
    if (!reachable) {
        /* Only to fetch it: what is sent everywhere needs an address, too. */
        size_t kept = 0;
        for (size_t i = 0; i < result->choice_count; i++) {
            if (result->choices[i].rate->is_pickup) {
                result->choices[kept++] = result->choices[i];
            }
        }
        result->choice_count = kept;
    }
    result->rate = NULL;
    for (size_t i = 0; i < result->choice_count; i++) {
        if (result->choices[i].rate->id == wanted) {
            result->rate = result->choices[i].rate;
        }
    }
}

static void find_method(const struct talk *talk, const struct checkout_request *request,
    struct checkout_result *result)
{
    struct svc_slice wanted = request->action == CHECKOUT_SET_PAYMENT
                                  ? request->payment_method
                                  : result->row.payment_method;

    result->method_count = payments_methods(talk->service->payments,
        (struct svc_slice){talk->shop->currency, strlen(talk->shop->currency)},
        result->methods, CHECKOUT_CHOICES_MAX);
    result->method = NULL;
    for (size_t i = 0; i < result->method_count; i++) {
        if (svc_slice_equals(wanted, result->methods[i]->name)) {
            result->method = result->methods[i];
        }
    }
}

/* What the customer would agree to now. */
static void digest_of(const struct checkout_result *result, char ret_digest[65])
{
    const struct quote_agreement agreement = {
        .input = &result->view.input,
        .quote = &result->view.quote,
        .address = &result->address,
        .payment_method = {result->method != NULL ? result->method->name : "",
            result->method != NULL ? strlen(result->method->name) : 0},
    };

    quote_digest(&agreement, ret_digest);
}

static enum svc_status look(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *result)
{
    enum svc_status status = carts_reckon(talk, NULL, &result->view);

    if (status == SVC_OK) {
        status = read_address(talk, request, result);
    }
    if (status != SVC_OK) {
        return status;
    }
    find_shipping(talk, request, result);
    find_method(talk, request, result);
    if (result->rate != NULL) {
        carts_reckon_again(talk, result->rate, &result->view);
    }
    return SVC_OK;
}

static struct checkout_facts facts_of(const struct talk *talk,
    const struct checkout_request *request, const struct checkout_result *result,
    const char *digest)
{
    bool is_pickup = result->rate != NULL && result->rate->is_pickup;

    return (struct checkout_facts){
        .cart_is_empty = result->view.cart.line_count == 0,
        .all_available = carts_all_available(&result->view.cart),
        .has_address = is_pickup || (result->has_address && result->check.count == 0),
        .has_shipping = result->rate != NULL,
        .has_payment = result->method != NULL,
        .needs_payment_first = result->method != NULL && result->method->pays_first,
        .token_matches = token_matches(talk->service->secret, result->row.id,
            (struct svc_slice){digest, strlen(digest)}, request->token),
    };
}

/* --- What becomes of it. --- */

static const char *status_of(
    const struct checkout_request *request, const struct checkout_step *step)
{
    switch (step->refusal) {
    case CHECKOUT_REFUSED_EMPTY:
        return "empty";
    case CHECKOUT_REFUSED_STOCK:
        return "out_of_stock";
    case CHECKOUT_REFUSED_TOKEN:
        return "changed";
    case CHECKOUT_REFUSED_ORDER:
        return "order_exists";
    case CHECKOUT_REFUSED_MISSING:
        return request->action == CHECKOUT_SET_SHIPPING ||
                       request->action == CHECKOUT_SET_PAYMENT
                   ? "not_offered"
                   : "missing";
    case CHECKOUT_FINE:
        break;
    }
    return step->next == CHECKOUT_CANCELLED ? "cancelled" : "ok";
}

static void write_row(
    const struct talk *talk, const char *digest, struct checkout_result *result)
{
    struct checkout_row *row = &result->row;

    if (result->has_address) {
        struct svc_json_writer writer;
        struct svc_buf text;
        svc_buf_init(&text, (size_t)8 * ADDRESS_TEXT_MAX);
        svc_json_write_init(&writer, &text);
        address_write_json(&result->address, &writer);
        row->address =
            talk_keep(talk, (struct svc_slice){svc_buf_text(&text), text.length});
        svc_buf_done(&text);
    }
    row->shipping_rate_id = result->rate != NULL ? result->rate->id : 0;
    row->payment_method =
        result->method != NULL
            ? (struct svc_slice){result->method->name, strlen(result->method->name)}
            : (struct svc_slice){NULL, 0};
    row->state = result->state;
    if (result->state == CHECKOUT_CONFIRMATION) {
        row->shown = checkout_shown_write(talk, result);
        row->shown_digest = talk_keep(talk, (struct svc_slice){digest, strlen(digest)});
    }
}

static enum svc_status cancel_order(
    const struct talk *talk, struct checkout_result *result)
{
    struct order_step step = {0};
    enum svc_status status = checkout_order_event(
        talk->service, result->row.order_id, ORDER_CANCEL_BY_CUSTOMER, &step);

    if (status == SVC_OK && !step.changed) {
        result->status = "order_exists";
        result->state = result->row.state;
        return SVC_CONFLICT; /* paid meanwhile, say: look again */
    }
    return status;
}

/* One try. CONFLICT: something changed meanwhile. */
static enum svc_status run_once(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *result)
{
    char digest[65];
    enum svc_status status = look(talk, request, result);

    if (status != SVC_OK) {
        return status;
    }
    digest_of(result, digest);
    struct checkout_facts facts = facts_of(talk, request, result, digest);
    struct checkout_step step = checkout_next(result->row.state, request->action, &facts);
    result->status = status_of(request, &step);
    result->state = step.next;
    if (step.next == CHECKOUT_CONFIRMATION || step.next == CHECKOUT_CART) {
        checkout_shown_compare(talk, result->row.shown, result);
    }
    if (step.places_order) {
        struct placed placed;
        status = checkout_place(talk, result, &placed);
        return status == SVC_OK && placed.status > PLACE_EXISTS ? SVC_CONFLICT : status;
    }
    if (result->row.state == CHECKOUT_AWAITING_PAYMENT &&
        step.next == CHECKOUT_CANCELLED) {
        return cancel_order(talk, result);
    }
    if (result->row.state >= CHECKOUT_AWAITING_PAYMENT) {
        checkout_find_link(talk, result);
        return SVC_OK;
    }
    if (step.next == CHECKOUT_CONFIRMATION) {
        token_write(talk->service->secret, result->row.id,
            (struct svc_slice){digest, strlen(digest)}, result->token);
    }
    write_row(talk, digest, result);
    store_tell_checkout(
        talk->service->events, talk->customer, checkout_state_name(result->state));
    return store_checkout_save(&talk->store, &result->row);
}

/* A new checkout knows the address of the last order. */
static enum svc_status begin(const struct talk *talk, struct checkout_result *result)
{
    struct svc_slice address = {NULL, 0};
    enum svc_status status = store_address_last(&talk->store, &address);

    if (status == SVC_OK) {
        status = store_checkout_begin(&talk->store, &result->row);
        result->row.address = address;
    }
    return status;
}

/* The button of an order that was made with it: the answer is that order. */
static bool is_old_confirmation(const struct talk *talk,
    const struct checkout_request *request, const struct checkout_row *row)
{
    return request->action == CHECKOUT_CONFIRM && row->order_id > 0 &&
           token_matches(
               talk->service->secret, row->id, row->shown_digest, request->token);
}

/* Who cancels again, because the first answer was lost, hears what the first would have.
 */
static const char *status_without(enum checkout_action action, enum checkout_state state)
{
    if (action == CHECKOUT_CONFIRM) {
        return "order_exists";
    }
    if (action != CHECKOUT_CANCEL) {
        return "ok";
    }
    return state == CHECKOUT_CANCELLED ? "cancelled" : "nothing_to_cancel";
}

static enum svc_status answer_without(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *result)
{
    bool has_order = result->row.order_id > 0;
    enum svc_status status = carts_reckon(talk, NULL, &result->view);

    result->state = has_order ? result->row.state : CHECKOUT_CART;
    result->status = status_without(request->action, result->state);
    if (status == SVC_OK && has_order) {
        find_method(talk, request, result);
        checkout_find_link(talk, result);
    }
    return status;
}

static enum svc_status run(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *result)
{
    memset(result, 0, sizeof *result);
    result->status = "ok";
    enum svc_status status =
        store_checkout_read(&talk->store, &result->view.cart, &result->row);
    if (status != SVC_OK) {
        return status;
    }
    if (is_over(&result->row)) {
        if (request->action == CHECKOUT_SHOW || request->action == CHECKOUT_CANCEL ||
            is_old_confirmation(talk, request, &result->row)) {
            return answer_without(talk, request, result);
        }
        status = begin(talk, result);
    }
    return status == SVC_OK ? run_once(talk, request, result) : status;
}

enum svc_status checkout_run(const struct talk *talk,
    const struct checkout_request *request, struct checkout_result *ret_result)
{
    struct checkout_request again = *request;
    enum svc_status status = SVC_CONFLICT;

    for (int i = 0; i < TRIES_MAX && status == SVC_CONFLICT; i++) {
        status = run(talk, &again, ret_result);
    }
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}

enum svc_status checkout_look(
    const struct talk *talk, struct checkout_row *ret_row, struct cart_view *ret_view)
{
    return store_checkout_read(&talk->store, &ret_view->cart, ret_row);
}
