/* The gateways, asked: one deadline for each call, the token where one is needed. */
#include "payments_private.h"

#include <svc/pg.h>

#include "gateway_private.h"

#include <svc/client.h>
#include <svc/clock.h>
#include <svc/log.h>

#include <stdio.h>
#include <string.h>

enum { TOKEN_EARLY_S = 60, CLIENT_SIZE = 16, CONNECT_TIMEOUT_MS = 3000 };

bool payments_client_open(struct payments *payments, char ret_error[256])
{
    const struct svc_client_settings settings = {
        .size = CLIENT_SIZE,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .user_agent = "optimized_checkout_processor",
        .ca_file = payments->settings.ca_file,
    };
    struct svc_client_error error;

    if (svc_client_new(&settings, &payments->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "gateways: %.200s", error.message);
        return false;
    }
    return true;
}

void payments_client_close(struct payments *payments)
{
    svc_client_free(&payments->client);
}

static enum svc_status call(struct work *work, const struct gateway_request *request,
    struct exchange *ret_exchange)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_header headers[GATEWAY_HEADERS_MAX];
    struct svc_client_error error;
    const struct svc_client_request sent = {
        .method = request->method,
        .url = request->url,
        .headers = headers,
        .header_count = request->header_count,
        .body = request->body,
        .deadline_ms = work->payments->settings.call_timeout_ms,
    };

    for (size_t i = 0; i < request->header_count; i++) {
        headers[i] = (struct svc_client_header){
            request->headers[i].name, request->headers[i].value};
    }
    if (svc_client_call(work->payments->client, &sent, &reply, &error) != SVC_OK) {
        svc_log(SVC_LOG_WARN, "a payment gateway doesn't answer",
            SVC_TEXT("error", error.message), SVC_TEXT("method", request->method));
        return SVC_UNAVAILABLE;
    }
    struct svc_slice body = {svc_buf_text(&reply.body), reply.body.length};
    ret_exchange->http_status = reply.http_status;
    ret_exchange->body = svc_slice_keep(work->arena, body);
    return SVC_OK;
}

/* One asks for a new token, the others wait for it: it's a call of its own. */
static enum svc_status renew_token(struct work *work, struct payments_gateway *gateway,
    const struct gateway_config *config)
{
    struct gateway_request request;
    struct exchange exchange;
    struct svc_slice token = {0};
    int64_t seconds = 0;

    gateway->gateway->write_token(work->arena, config, &request);
    enum svc_status status = call(work, &request, &exchange);
    if (status == SVC_OK) {
        status = gateway->gateway->read_token(
            work->arena, exchange.http_status, exchange.body, &token, &seconds);
    }
    if (status != SVC_OK || token.length >= sizeof gateway->token) {
        return SVC_UNAVAILABLE;
    }
    memcpy(gateway->token, token.text, token.length);
    gateway->token[token.length] = '\0';
    gateway->token_until_ms = svc_clock_monotonic_ms() + (seconds - TOKEN_EARLY_S) * 1000;
    return SVC_OK;
}

enum svc_status payments_config(struct work *work, struct payments_gateway *gateway,
    struct gateway_config *ret_config)
{
    struct gateway_config config = gateway->config;
    enum svc_status status = SVC_OK;

    config.now_s = svc_clock_unix_ms() / 1000;
    if (gateway->gateway->write_token == NULL) {
        *ret_config = config;
        return SVC_OK;
    }
    pthread_mutex_lock(&gateway->lock);
    if (svc_clock_monotonic_ms() >= gateway->token_until_ms) {
        status = renew_token(work, gateway, &config);
    }
    if (status == SVC_OK) {
        config.token = svc_slice_keep(
            work->arena, (struct svc_slice){gateway->token, strlen(gateway->token)});
        *ret_config = config;
    }
    pthread_mutex_unlock(&gateway->lock);
    return status;
}

enum svc_status payments_exchange(struct work *work, struct payments_gateway *gateway,
    const struct gateway_request *request, struct exchange *ret_exchange)
{
    enum svc_status status = call(work, request, ret_exchange);

    if (status == SVC_OK && ret_exchange->http_status == 401 &&
        gateway->gateway->write_token != NULL) {
        pthread_mutex_lock(&gateway->lock);
        gateway->token_until_ms = 0; /* the next call has a new one */
        pthread_mutex_unlock(&gateway->lock);
    }
    return status;
}

enum svc_status payments_ask(struct work *work, struct payments_gateway *gateway,
    struct svc_slice subject, const struct payment_row *row,
    struct payment_truth *ret_truth)
{
    struct gateway_link link = {0};
    struct gateway_config config;
    struct gateway_request request;
    struct exchange exchange;
    enum svc_status status = payments_config(work, gateway, &config);

    if (status != SVC_OK) {
        return status;
    }
    if (row != NULL) {
        link = (struct gateway_link){row->url, row->external_id};
    }
    gateway->gateway->write_ask(work->arena, &config, subject, &link,
        row != NULL ? row->id : (struct svc_slice){0}, &request);
    if (request.method == NULL) {
        return SVC_NOT_FOUND;
    }
    status = payments_exchange(work, gateway, &request, &exchange);
    if (status != SVC_OK) {
        return status;
    }
    return gateway->gateway->read_ask(
        work->arena, &config, exchange.http_status, exchange.body, ret_truth);
}

void payments_order_of(
    const struct work *work, const struct payment_row *row, struct gateway_order *order)
{
    const struct payments_settings *settings = &work->payments->settings;
    const char *shop = settings->shop_name != NULL ? settings->shop_name : "Pedido";
    struct svc_slice webhook = gateway_printf(work->arena, "%s/v1/payments/%.*s/webhook",
        settings->public_url != NULL ? settings->public_url : "",
        GATEWAY_ARG(row->gateway));
    const char *back =
        settings->return_url != NULL ? settings->return_url : settings->public_url;

    *order = (struct gateway_order){
        .payment_id = row->id,
        .order_number = row->order_number,
        .title =
            gateway_printf(work->arena, "%s %.*s", shop, GATEWAY_ARG(row->order_number)),
        .amount_minor = row->amount_minor,
        .currency = row->currency,
        .created_at_s = row->created_s,
        .expires_at_s = row->expires_s,
        .webhook_url = webhook,
        .return_url = {back, back != NULL ? strlen(back) : 0},
    };
}
