/* PayPal: an order is the link; the payer agrees to it, and we take the money. */
#include "gateway_paypal.h"

#include <svc/money.h>

#include <stdio.h>

static bool check(const struct gateway_config *config, char ret_error[256])
{
    return gateway_check_set(config->key, "PAYPAL_CLIENT_SECRET", ret_error) &&
           gateway_check_set(config->public_key, "PAYPAL_CLIENT_ID", ret_error) &&
           gateway_check_set(config->webhook_secret, "PAYPAL_WEBHOOK_ID", ret_error);
}

static bool takes(const struct gateway_config *config, struct svc_slice currency)
{
    static const char *const taken[] = {"AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR",
        "GBP", "HKD", "ILS", "JPY", "MXN", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD",
        "THB", "USD"};

    (void)config;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (svc_slice_equals(currency, taken[i])) {
            return true;
        }
    }
    return false;
}

static struct svc_slice base64(struct svc_arena *arena, struct svc_slice text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = (text.length + 2) / 3 * 4;
    char *out = svc_arena_alloc(arena, length + 1);

    for (size_t in = 0, at = 0; in < text.length; in += 3, at += 4) {
        size_t left = text.length - in;
        uint32_t bits = (uint32_t)(unsigned char)text.text[in] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)text.text[in + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)text.text[in + 2] : 0;
        out[at] = letters[bits >> 18];
        out[at + 1] = letters[bits >> 12 & 63];
        out[at + 2] = left > 1 ? letters[bits >> 6 & 63] : '=';
        out[at + 3] = left > 2 ? letters[bits & 63] : '=';
    }
    return (struct svc_slice){out, length};
}

static void write_token(struct svc_arena *arena, const struct gateway_config *config,
    struct gateway_request *ret_request)
{
    struct svc_slice pair = gateway_printf(
        arena, "%.*s:%.*s", GATEWAY_ARG(config->public_key), GATEWAY_ARG(config->key));
    struct svc_buf body;

    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_buf_add_text(&body, "grant_type=client_credentials");
    gateway_request_init(
        arena, config, "POST", SVC_SLICE("/v1/oauth2/token"), ret_request);
    gateway_header_add(ret_request, "Authorization",
        gateway_printf(arena, "Basic %.*s", GATEWAY_ARG(base64(arena, pair))).text);
    gateway_body_set(arena, ret_request, "application/x-www-form-urlencoded", &body);
}

static enum svc_status read_token(struct svc_arena *arena, int http_status,
    struct svc_slice body, struct svc_slice *ret_token, int64_t *ret_seconds)
{
    const struct svc_json *root = gateway_read_json(arena, body);
    struct svc_slice token = svc_json_get_text(root, "access_token");
    enum svc_status status = gateway_status(http_status);
    int64_t seconds = 0;

    if (status != SVC_OK) {
        return status;
    }
    if (token.length == 0 || token.length > 4000 ||
        !svc_json_to_int64(svc_json_get(root, "expires_in"), &seconds)) {
        return SVC_BAD_GATEWAY;
    }
    *ret_token = token;
    *ret_seconds = seconds;
    return SVC_OK;
}

static void begin_request(struct svc_arena *arena, const struct gateway_config *config,
    const char *method, struct svc_slice path, struct gateway_request *ret_request)
{
    gateway_request_init(arena, config, method, path, ret_request);
    gateway_bearer_add(arena, ret_request, config->token);
}

static void add_key(
    struct svc_arena *arena, struct gateway_request *request, struct svc_slice key)
{
    gateway_header_add(request, "PayPal-Request-Id", svc_slice_keep(arena, key).text);
    gateway_header_add(request, "Prefer", "return=representation");
}

/* A text, which PayPal wants. */
static void write_amount(
    struct svc_json_writer *writer, int64_t minor, struct svc_slice currency)
{
    struct svc_buf digits;

    svc_buf_init(&digits, 64);
    svc_money_write_units(minor, svc_money_minor_per_unit(currency), &digits);
    svc_json_write_key(writer, "amount");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "currency_code", currency);
    svc_json_write_field_text(writer, "value", svc_buf_text(&digits));
    svc_json_write_object_end(writer);
    svc_buf_done(&digits);
}

static struct svc_slice shorten(struct svc_slice text, size_t most)
{
    if (text.length > most) {
        text.length = most;
        while (
            text.length > 0 && ((unsigned char)text.text[text.length] & 0xC0) == 0x80) {
            text.length--; /* whole characters */
        }
    }
    return text;
}

static void write_context(
    struct svc_json_writer *writer, const struct gateway_order *order)
{
    svc_json_write_key(writer, "payment_source");
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "paypal");
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "experience_context");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "return_url", order->return_url);
    svc_json_write_field_slice(writer, "cancel_url", order->return_url);
    svc_json_write_field_text(writer, "user_action", "PAY_NOW");
    svc_json_write_field_text(writer, "shipping_preference", "NO_SHIPPING");
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

static void write_link(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_order *order, struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "intent", "CAPTURE");
    svc_json_write_key(&writer, "purchase_units");
    svc_json_write_array_begin(&writer);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "custom_id", order->payment_id);
    svc_json_write_field_slice(&writer, "description", shorten(order->title, 120));
    write_amount(&writer, order->amount_minor, order->currency);
    svc_json_write_object_end(&writer);
    svc_json_write_array_end(&writer);
    write_context(&writer, order);
    svc_json_write_object_end(&writer);
    begin_request(arena, config, "POST", SVC_SLICE("/v2/checkout/orders"), ret_request);
    add_key(arena, ret_request, order->payment_id);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

static struct svc_slice after(struct svc_slice text, const char *prefix, size_t length)
{
    struct svc_slice rest = {text.text + length, text.length - length};

    return gateway_starts_with(text, prefix) && gateway_is_id(rest)
               ? rest
               : (struct svc_slice){0};
}

static void write_ask(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice subject, const struct gateway_link *link, struct svc_slice reference,
    struct gateway_request *ret_request)
{
    struct svc_slice order = {0};
    struct svc_slice capture = {0};

    (void)reference; /* can't be searched for */
    if (subject.text == NULL) {
        order = link->external_id;
    } else if (gateway_starts_with(subject, "order:")) {
        order = after(subject, "order:", 6);
    } else if (gateway_starts_with(subject, "capture:")) {
        capture = after(subject, "capture:", 8);
    } else {
        capture = subject; /* as a payment's row has it */
    }
    *ret_request = (struct gateway_request){0};
    if (gateway_is_id(order)) {
        begin_request(arena, config, "GET",
            gateway_printf(arena, "/v2/checkout/orders/%.*s", GATEWAY_ARG(order)),
            ret_request);
    } else if (gateway_is_id(capture)) {
        begin_request(arena, config, "GET",
            gateway_printf(arena, "/v2/payments/captures/%.*s", GATEWAY_ARG(capture)),
            ret_request);
    }
}

static void write_capture(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice external_id, struct svc_slice key,
    struct gateway_request *ret_request)
{
    struct svc_buf body;

    *ret_request = (struct gateway_request){0};
    if (!gateway_is_id(external_id)) {
        return;
    }
    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_buf_add_text(&body, "{}");
    begin_request(arena, config, "POST",
        gateway_printf(
            arena, "/v2/checkout/orders/%.*s/capture", GATEWAY_ARG(external_id)),
        ret_request);
    add_key(arena, ret_request, key);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

static void write_refund(struct svc_arena *arena, const struct gateway_config *config,
    const struct payment_truth *payment, int64_t amount_minor, struct svc_slice key,
    struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    *ret_request = (struct gateway_request){0};
    if (!gateway_is_id(payment->capture_id)) {
        return;
    }
    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    write_amount(&writer, amount_minor, payment->currency);
    svc_json_write_object_end(&writer);
    begin_request(arena, config, "POST",
        gateway_printf(
            arena, "/v2/payments/captures/%.*s/refund", GATEWAY_ARG(payment->capture_id)),
        ret_request);
    add_key(arena, ret_request, key);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

const struct gateway gateway_paypal = {
    .name = "paypal",
    .display_name = "PayPal",
    .check = check,
    .takes = takes,
    .write_link = write_link,
    .read_link = paypal_read_link,
    .write_ask = write_ask,
    .read_ask = paypal_read_ask,
    .write_refund = write_refund,
    .read_refund = paypal_read_refund,
    .write_capture = write_capture,
    .write_token = write_token,
    .read_token = read_token,
    .verify = paypal_verify,
    .write_verify = paypal_write_verify,
    .read_verify = paypal_read_verify,
    .read_notice = paypal_read_notice,
};
