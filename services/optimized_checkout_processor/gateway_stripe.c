/* Stripe: checkout sessions, form-encoded; signed events. */
#include "gateway_stripe.h"

#include <svc/crypto.h>

#include <stdio.h>
#include <string.h>

enum {
    TOLERANCE_S = 300,
    /* What Stripe allows from the making of a session, and room for tries to make it. */
    EXPIRES_LEAST_S = 45 * 60,
    EXPIRES_MOST_S = 23 * 3600,
    EXPIRES_STRIPE_LEAST_S = 30 * 60 + 30,
};

static bool check(const struct gateway_config *config, char ret_error[256])
{
    bool tests = gateway_starts_with(config->key, "sk_test_") ||
                 gateway_starts_with(config->key, "rk_test_");
    bool lives = gateway_starts_with(config->key, "sk_live_") ||
                 gateway_starts_with(config->key, "rk_live_");

    if ((tests && config->live) || (lives && !config->live)) {
        snprintf(ret_error, 256,
            "STRIPE_API_KEY is of %s account and PAYMENTS_LIVE is %s",
            tests ? "a test" : "the live", config->live ? "true" : "false");
        return false;
    }
    return gateway_check_set(config->key, "STRIPE_API_KEY", ret_error) &&
           gateway_check_set(config->webhook_secret, "STRIPE_WEBHOOK_SECRET", ret_error);
}

static bool takes(const struct gateway_config *config, struct svc_slice currency)
{
    (void)config;
    return currency.length == 3;
}

static void add_field(struct svc_buf *form, const char *name, struct svc_slice value)
{
    if (form->length > 0) {
        svc_buf_add_char(form, '&');
    }
    gateway_escape(form, (struct svc_slice){name, strlen(name)});
    svc_buf_add_char(form, '=');
    gateway_escape(form, value);
}

static void add_number(struct svc_buf *form, const char *name, int64_t value)
{
    char digits[24];
    size_t length = svc_text_put_int64(digits, value);

    add_field(form, name, (struct svc_slice){digits, length});
}

static void add_key(
    struct svc_arena *arena, struct gateway_request *request, struct svc_slice key)
{
    gateway_header_add(request, "Idempotency-Key", svc_slice_keep(arena, key).text);
}

static void begin_post(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice path, struct gateway_request *ret_request)
{
    gateway_request_init(arena, config, "POST", path, ret_request);
    gateway_bearer_add(arena, ret_request, config->key);
}

static void end_post(
    struct svc_arena *arena, struct gateway_request *request, struct svc_buf *form)
{
    gateway_body_set(arena, request, "application/x-www-form-urlencoded", form);
}

/* The same in each try, since the key is; 0: too late a try for that, so that Stripe's
 * own day holds. */
static int64_t expiry_of(const struct gateway_order *order, int64_t now_s)
{
    int64_t least_s = order->created_at_s + EXPIRES_LEAST_S;
    int64_t most_s = order->created_at_s + EXPIRES_MOST_S;
    int64_t at_s = order->expires_at_s > least_s ? order->expires_at_s : least_s;

    at_s = at_s < most_s ? at_s : most_s;
    return at_s - now_s > EXPIRES_STRIPE_LEAST_S ? at_s : 0;
}

static void add_order(struct svc_buf *form, const struct gateway_order *order)
{
    int64_t amount = 0;

    /* What doesn't come out whole is refused by Stripe, which is better than a guess. */
    if (!gateway_whole_of(order->amount_minor, order->currency,
            stripe_per_unit(order->currency), &amount)) {
        amount = -1;
    }
    add_field(form, "mode", SVC_SLICE("payment"));
    add_field(form, "client_reference_id", order->payment_id);
    add_field(form, "metadata[payment_id]", order->payment_id);
    add_field(form, "metadata[order_number]", order->order_number);
    add_field(form, "payment_intent_data[metadata][payment_id]", order->payment_id);
    add_field(form, "payment_intent_data[metadata][order_number]", order->order_number);
    add_field(form, "line_items[0][quantity]", SVC_SLICE("1"));
    add_field(form, "line_items[0][price_data][currency]", order->currency);
    add_number(form, "line_items[0][price_data][unit_amount]", amount);
    add_field(form, "line_items[0][price_data][product_data][name]", order->title);
    add_field(form, "success_url", order->return_url);
    add_field(form, "cancel_url", order->return_url);
}

static void write_link(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_order *order, struct gateway_request *ret_request)
{
    int64_t expires_at_s = expiry_of(order, config->now_s);
    struct svc_slice key = gateway_printf(arena, "%.*s%s", GATEWAY_ARG(order->payment_id),
        expires_at_s > 0 ? "" : "-late"); /* another request than those before */
    struct svc_buf form;

    svc_buf_init(&form, GATEWAY_BODY_MAX);
    begin_post(arena, config, SVC_SLICE("/v1/checkout/sessions"), ret_request);
    add_key(arena, ret_request, key);
    add_order(&form, order);
    if (expires_at_s > 0) {
        add_number(&form, "expires_at", expires_at_s);
    }
    end_post(arena, ret_request, &form);
}

static void write_ask(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice subject, const struct gateway_link *link, struct svc_slice reference,
    struct gateway_request *ret_request)
{
    struct svc_slice id = subject.text != NULL ? subject : link->external_id;
    bool is_session = gateway_starts_with(id, "cs_");

    (void)reference; /* can't be searched for at once: the link is made again instead */
    *ret_request = (struct gateway_request){0};
    if (!gateway_is_id(id) || (!is_session && !gateway_starts_with(id, "pi_"))) {
        return;
    }
    struct svc_slice path = gateway_printf(arena, "/v1/%s/%.*s?expand%%5B%%5D=%s",
        is_session ? "checkout/sessions" : "payment_intents", GATEWAY_ARG(id),
        is_session ? "payment_intent.latest_charge" : "latest_charge");
    gateway_request_init(arena, config, "GET", path, ret_request);
    gateway_bearer_add(arena, ret_request, config->key);
}

static void write_refund(struct svc_arena *arena, const struct gateway_config *config,
    const struct payment_truth *payment, int64_t amount_minor, struct svc_slice key,
    struct gateway_request *ret_request)
{
    int64_t amount = 0;
    struct svc_buf form;

    svc_buf_init(&form, GATEWAY_BODY_MAX);
    begin_post(arena, config, SVC_SLICE("/v1/refunds"), ret_request);
    add_key(arena, ret_request, key);
    add_field(&form, "payment_intent", payment->capture_id);
    if (!gateway_whole_of(amount_minor, payment->currency,
            stripe_per_unit(payment->currency), &amount)) {
        amount = -1;
    }
    add_number(&form, "amount", amount);
    end_post(arena, ret_request, &form);
}

static void write_close(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_link *link, struct gateway_request *ret_request)
{
    struct svc_buf form;

    if (!gateway_is_id(link->external_id)) {
        *ret_request = (struct gateway_request){0};
        return;
    }
    svc_buf_init(&form, GATEWAY_BODY_MAX);
    begin_post(arena, config,
        gateway_printf(
            arena, "/v1/checkout/sessions/%.*s/expire", GATEWAY_ARG(link->external_id)),
        ret_request);
    end_post(arena, ret_request, &form);
}

/* One element of "t=1,v1=ab,v0=cd". */
static bool next_pair(
    struct svc_slice *rest, struct svc_slice *name, struct svc_slice *value)
{
    if (rest->length == 0) {
        return false;
    }
    const char *comma = memchr(rest->text, ',', rest->length);
    size_t length = comma != NULL ? (size_t)(comma - rest->text) : rest->length;
    const char *equals = memchr(rest->text, '=', length);
    size_t before = equals != NULL ? (size_t)(equals - rest->text) : length;

    *name = (struct svc_slice){rest->text, before};
    *value = equals != NULL ? (struct svc_slice){equals + 1, length - before - 1}
                            : (struct svc_slice){NULL, 0};
    rest->text += length;
    rest->length -= length;
    if (comma != NULL) {
        rest->text++;
        rest->length--;
    }
    return true;
}

static bool any_matches(const struct gateway_config *config, struct svc_slice header,
    struct svc_slice signed_)
{
    struct svc_slice name;
    struct svc_slice value;

    while (next_pair(&header, &name, &value)) {
        if (svc_slice_equals(name, "v1") && /* v0 is anybody's */
            gateway_hmac_matches(config->webhook_secret, signed_, value)) {
            return true;
        }
    }
    return false;
}

static bool read_time(struct svc_slice header, struct svc_slice *ret_text, int64_t *ret_s)
{
    struct svc_slice name;
    struct svc_slice value;

    while (next_pair(&header, &name, &value)) {
        if (svc_slice_equals(name, "t")) {
            *ret_text = value;
            return value.text != NULL && svc_text_to_int64(value, ret_s);
        }
    }
    return false;
}

static enum gateway_verdict verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery)
{
    struct svc_slice header = delivery->header(delivery->context, "Stripe-Signature");
    struct svc_slice time = {0};
    struct svc_buf text;
    int64_t at_s = 0;

    if (header.text == NULL || config->webhook_secret.length == 0 ||
        !read_time(header, &time, &at_s)) {
        return GATEWAY_FORGED;
    }
    svc_buf_init(&text, delivery->raw.length + 64);
    svc_buf_add(&text, time.text, time.length);
    svc_buf_add_char(&text, '.');
    svc_buf_add(&text, delivery->raw.text, delivery->raw.length);
    bool genuine =
        !text.overflow &&
        any_matches(config, header, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    if (!genuine) {
        return GATEWAY_FORGED;
    }
    return delivery->now_s - at_s > TOLERANCE_S ? GATEWAY_STALE : GATEWAY_GENUINE;
}

const struct gateway gateway_stripe = {
    .name = "stripe",
    .display_name = "Stripe",
    .check = check,
    .takes = takes,
    .write_link = write_link,
    .read_link = stripe_read_link,
    .write_ask = write_ask,
    .read_ask = stripe_read_ask,
    .write_refund = write_refund,
    .read_refund = stripe_read_refund,
    .write_close = write_close,
    .verify = verify,
    .read_notice = stripe_read_notice,
};
