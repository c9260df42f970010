/* optimized_checkout_processor: what it is configured by, and what answers. */
#include "background.h"
#include "routes.h"
#include "stock_api.h"

#include <svc/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_TEXT_AT(struct config, texts_dir, "TEXTS_DIR", NULL,
        "a folder with es.json, en.json, pt.json: what the shop says instead of the "
        "texts that are built in"),
    SVC_SETTING_SECRET_AT(struct config, secret, "CHECKOUT_SECRET",
        "signs the button that confirms; the same for all replicas; without it, derived "
        "from DATABASE_URL"),
    SVC_SETTING_INT_AT(struct config, hold_s, "HOLD_S", "1800", "s", 5, 604800,
        "how long an order holds its stock while a payment link may be paid"),
    SVC_SETTING_INT_AT(struct config, transfer_hold_s, "TRANSFER_HOLD_S", "86400", "s", 5,
        2592000, "the same for a bank transfer"),
    SVC_SETTING_INT_AT(struct config, shop_cache_ms, "SHOP_CACHE_MS", "2000", "ms", 0,
        600000, "how old what is known of shipping, taxes and currency may be"),
    SVC_SETTING_INT_AT(struct config, abandoned_idle_s, "ABANDONED_IDLE_S", "3600", "s",
        1, 86400, "a cart that is left alone for this long is an abandoned one"),
    SVC_SETTING_INT_AT(struct config, sweep_ms, "SWEEP_MS", "2000", "ms", 50, 600000,
        "how often overdue orders and open payments are looked at"),
    SVC_SETTING_TEXT_AT(struct config, public_url, "PUBLIC_URL", "http://127.0.0.1:8106",
        "where payment gateways reach this service"),
    SVC_SETTING_TEXT_AT(struct config, return_url, "RETURN_URL", "https://wa.me/",
        "where a customer goes after paying"),
    SVC_SETTING_BOOL_AT(struct config, payments_live, "PAYMENTS_LIVE", "false",
        "real money; test payments count only without it"),
    SVC_SETTING_INT_AT(struct config, gateway_timeout_ms, "GATEWAY_TIMEOUT_MS", "5000",
        "ms", 100, 60000, "what a call to a payment gateway may take"),
    SVC_SETTING_INT_AT(struct config, ask_every_s, "PAYMENT_ASK_S", "60", "s", 1, 86400,
        "how long after its start an open payment is asked about at its gateway, if no "
        "notification came; growing"),
    PAYMENTS_SETTINGS(struct config, keys),
    SVC_SETTING_TEXT_AT(struct config, notify_url, "N8N_NOTIFY_URL", NULL,
        "the n8n webhook that sends notices to customers"),
    SVC_SETTING_SECRET_AT(struct config, notify_token, "N8N_NOTIFY_TOKEN",
        "sent to it as Authorization: Bearer"),
    SVC_SETTING_TEXT_AT(struct config, template_name, "PAID_TEMPLATE", NULL,
        "the WhatsApp template, with two texts, the order and its state, for notices "
        "after the 24 hours; without it these aren't sent"),
    SVC_SETTING_TEXT_AT(struct config, stock_api_url, "STOCK_API_URL", NULL,
        "the shop's own Stock Management API; without it stock is in PostgreSQL"),
    SVC_SETTING_SECRET_AT(struct config, stock_api_token, "STOCK_API_TOKEN",
        "sent to it as Authorization: Bearer"),
    SVC_SETTING_TEXT_AT(struct config, stock_api_when_down, "STOCK_API_WHEN_DOWN",
        "refuse", "refuse: no order while it is down; trust: by PostgreSQL's numbers"),
    SVC_SETTING_INT_AT(struct config, stock_api_timeout_ms, "STOCK_API_TIMEOUT_MS", "800",
        "ms", 50, 30000, "what a call to it may take"),
};

static const struct svc_route routes[] = {
    {"getCart", get_cart},
    {"deleteCart", delete_cart},
    {"postItem", post_item},
    {"patchItem", patch_item},
    {"deleteItem", delete_item},
    {"postCoupon", post_coupon},
    {"deleteCoupon", delete_coupon},
    {"postQuote", post_quote},
    {"postCartOrder", post_cart_order},
    {"postAbandonedClaim", post_abandoned_claim},
    {"getCheckout", get_checkout},
    {"postCheckout", post_checkout},
    {"postChat", post_chat},
    {"getOrder", get_order},
    {"getOrders", get_orders},
    {"postOrderCancel", post_order_cancel},
    {"postOrderStatus", post_order_status},
    {"postPaymentWebhook", post_payment_webhook},
    {"postOrderRefund", post_order_refund},
    {"postPaymentReceived", post_payment_received},
};

static void stop(struct svc_runtime *runtime)
{
    struct service *service = runtime->state;

    background_stop(&service->background);
    payments_free(&service->payments);
    stock_api_free(&service->stock);
    shop_cache_free(&service->shops);
    svc_texts_close(&service->texts);
    free(service);
    runtime->state = NULL;
}

/* Replicas share their database, so they share what is derived from its address. */
static void set_secret(struct service *service, const char *database_url)
{
    static char derived[SVC_SHA256_HEX_SIZE];
    struct svc_sha256 hash;

    if (config.secret == NULL) {
        svc_sha256_init(&hash);
        svc_sha256_add(&hash, "checkout|", 9);
        svc_sha256_add(&hash, database_url, strlen(database_url));
        svc_sha256_finish_hex(&hash, derived);
    }
    const char *secret = config.secret != NULL ? config.secret : derived;
    service->secret = (struct svc_slice){secret, strlen(secret)};
}

static void count(struct service *service, struct svc_metrics *metrics)
{
    service->carts_changed = svc_metrics_counter(
        metrics, "checkout_cart_changes_total", "", "Changes of carts.");
    service->orders_placed = svc_metrics_counter(metrics, "checkout_orders_total",
        "outcome=\"placed\"", "Confirmations, by what came of them.");
    service->orders_refused = svc_metrics_counter(metrics, "checkout_orders_total",
        "outcome=\"refused\"", "Confirmations, by what came of them.");
}

static bool open_stock(struct service *service, char ret_error[256])
{
    struct stock_api_settings stock = {
        .url = config.stock_api_url,
        .token = config.stock_api_token,
        .timeout_ms = config.stock_api_timeout_ms,
        .connections = 16,
    };

    if (config.stock_api_url == NULL) {
        return true;
    }
    if (!stock_api_when_down_read(config.stock_api_when_down, &stock.when_down)) {
        snprintf(ret_error, 256, "STOCK_API_WHEN_DOWN=%.40s: must be refuse or trust",
            config.stock_api_when_down);
        return false;
    }
    return stock_api_new(&stock, &service->stock, ret_error);
}

static bool start_parts(struct service *service, char ret_error[256])
{
    const struct payments_settings payments = {
        .pg = service->pg,
        .public_url = config.public_url,
        .return_url = config.return_url,
        .live = config.payments_live,
        .call_timeout_ms = config.gateway_timeout_ms,
        .ask_every_s = config.ask_every_s,
        .keys = config.keys,
    };

    return svc_texts_open(config.texts_dir, &service->texts, ret_error) &&
           payments_new(&payments, &service->payments, ret_error) &&
           open_stock(service, ret_error) &&
           background_start(service, &service->background, ret_error);
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct service *service = svc_alloc_zero(1, sizeof *service);

    runtime->state = service;
    service->config = &config;
    service->pg = runtime->pg;
    service->events = runtime->events;
    if (runtime->pg == NULL) {
        snprintf(ret_error, 256, "DATABASE_URL is not set; carts and orders are there");
        stop(runtime);
        return false;
    }
    set_secret(service, runtime->database_url);
    service->shops = shop_cache_new(runtime->pg, config.shop_cache_ms);
    count(service, runtime->metrics);
    if (!start_parts(service, ret_error)) {
        stop(runtime);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "carts, checkout, payments and orders",
        .port = "8106",
        .threads = "0",
        .body_limit = "1048576",
        .uses = SVC_NEEDS_POSTGRES | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
