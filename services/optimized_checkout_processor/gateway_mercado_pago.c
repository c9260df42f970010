/* Mercado Pago: preferences as links; what is asked for is a payment, or a search by our
 * reference, of which there may be several. */
#include "gateway_mercado_pago.h"

#include <svc/clock.h>
#include <svc/money.h>

#include <stdio.h>

static bool check(const struct gateway_config *config, char ret_error[256])
{
    if (config->live && gateway_starts_with(config->key, "TEST-")) {
        snprintf(ret_error, 256,
            "MERCADO_PAGO_ACCESS_TOKEN is of a test account and PAYMENTS_LIVE is true");
        return false;
    }
    return gateway_check_set(config->key, "MERCADO_PAGO_ACCESS_TOKEN", ret_error) &&
           gateway_check_set(
               config->webhook_secret, "MERCADO_PAGO_WEBHOOK_SECRET", ret_error);
}

static bool takes(const struct gateway_config *config, struct svc_slice currency)
{
    static const char *const taken[] = {
        "ARS", "BRL", "CLP", "COP", "MXN", "PEN", "UYU", "USD"};

    (void)config;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (svc_slice_equals(currency, taken[i])) {
            return true;
        }
    }
    return false;
}

/* With an offset, without which it isn't taken. */
static struct svc_slice write_time(struct svc_arena *arena, int64_t seconds)
{
    char text[SVC_CLOCK_TEXT_SIZE];

    svc_clock_format_s(seconds, text);
    return gateway_printf(arena, "%.19s.000+00:00", text);
}

static void write_amount(
    struct svc_json_writer *writer, int64_t minor, struct svc_slice currency)
{
    struct svc_buf digits;

    svc_buf_init(&digits, 64);
    svc_money_write_units(minor, svc_money_minor_per_unit(currency), &digits);
    svc_json_write_raw(writer, (struct svc_slice){svc_buf_text(&digits), digits.length});
    svc_buf_done(&digits);
}

static void write_item(struct svc_json_writer *writer, const struct gateway_order *order)
{
    svc_json_write_key(writer, "items");
    svc_json_write_array_begin(writer);
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "title", order->title);
    svc_json_write_field_int(writer, "quantity", 1);
    svc_json_write_key(writer, "unit_price");
    write_amount(writer, order->amount_minor, order->currency);
    svc_json_write_field_slice(writer, "currency_id", order->currency);
    svc_json_write_object_end(writer);
    svc_json_write_array_end(writer);
}

static void write_back_urls(struct svc_json_writer *writer, struct svc_slice url)
{
    svc_json_write_key(writer, "back_urls");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "success", url);
    svc_json_write_field_slice(writer, "pending", url);
    svc_json_write_field_slice(writer, "failure", url);
    svc_json_write_object_end(writer);
}

static void begin_request(struct svc_arena *arena, const struct gateway_config *config,
    const char *method, struct svc_slice path, struct gateway_request *ret_request)
{
    gateway_request_init(arena, config, method, path, ret_request);
    gateway_bearer_add(arena, ret_request, config->key);
}

static void write_link(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_order *order, struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    write_item(&writer, order);
    svc_json_write_field_slice(&writer, "external_reference", order->payment_id);
    svc_json_write_optional_slice(&writer, "notification_url", order->webhook_url);
    if (order->expires_at_s > 0) {
        svc_json_write_field_bool(&writer, "expires", true);
        svc_json_write_field_slice(
            &writer, "expiration_date_to", write_time(arena, order->expires_at_s));
    }
    if (order->return_url.length > 0) {
        write_back_urls(&writer, order->return_url);
    }
    svc_json_write_key(&writer, "metadata");
    svc_json_write_object_begin(&writer);
    svc_json_write_field_slice(&writer, "order_number", order->order_number);
    svc_json_write_object_end(&writer);
    svc_json_write_object_end(&writer);
    begin_request(arena, config, "POST", SVC_SLICE("/checkout/preferences"), ret_request);
    gateway_header_add(
        ret_request, "X-Idempotency-Key", svc_slice_keep(arena, order->payment_id).text);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

static void write_ask(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice subject, const struct gateway_link *link, struct svc_slice reference,
    struct gateway_request *ret_request)
{
    struct svc_slice path = {0};

    (void)link;
    if (subject.text != NULL && gateway_is_id(subject)) {
        path = gateway_printf(arena, "/v1/payments/%.*s", GATEWAY_ARG(subject));
    } else if (subject.text == NULL && gateway_is_id(reference)) {
        path = gateway_printf(arena,
            "/v1/payments/search?external_reference=%.*s&sort=date_created&criteria=desc",
            GATEWAY_ARG(reference));
    }
    *ret_request = (struct gateway_request){0};
    if (path.text != NULL) {
        begin_request(arena, config, "GET", path, ret_request);
    }
}

static void write_refund(struct svc_arena *arena, const struct gateway_config *config,
    const struct payment_truth *payment, int64_t amount_minor, struct svc_slice key,
    struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    svc_json_write_key(&writer, "amount");
    write_amount(&writer, amount_minor, payment->currency);
    svc_json_write_object_end(&writer);
    begin_request(arena, config, "POST",
        gateway_printf(
            arena, "/v1/payments/%.*s/refunds", GATEWAY_ARG(payment->capture_id)),
        ret_request);
    gateway_header_add(ret_request, "X-Idempotency-Key", svc_slice_keep(arena, key).text);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

/* A preference can't be deleted; it can have ended. */
static void write_close(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_link *link, struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    *ret_request = (struct gateway_request){0};
    if (!gateway_is_id(link->external_id)) {
        return;
    }
    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_bool(&writer, "expires", true);
    svc_json_write_field_slice(
        &writer, "expiration_date_to", write_time(arena, config->now_s - 1));
    svc_json_write_object_end(&writer);
    begin_request(arena, config, "PUT",
        gateway_printf(
            arena, "/checkout/preferences/%.*s", GATEWAY_ARG(link->external_id)),
        ret_request);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

const struct gateway gateway_mercado_pago = {
    .name = "mercado_pago",
    .display_name = "Mercado Pago",
    .check = check,
    .takes = takes,
    .write_link = write_link,
    .read_link = mercado_pago_read_link,
    .write_ask = write_ask,
    .read_ask = mercado_pago_read_ask,
    .write_refund = write_refund,
    .read_refund = mercado_pago_read_refund,
    .write_close = write_close,
    .verify = mercado_pago_verify,
    .read_notice = mercado_pago_read_notice,
};
