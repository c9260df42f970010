#include "payments_private.h"

#include <svc/backoff.h>
#include <svc/clock.h>
#include <svc/condition.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_BASE_MS = 5000 };

static struct svc_slice slice_of(const char *text)
{
    return (struct svc_slice){text, text != NULL ? strlen(text) : 0};
}

static const char *either(const char *text, const char *standard)
{
    return text != NULL ? text : standard;
}

static struct gateway_config config_of(
    const struct payments_settings *settings, const struct gateway *gateway)
{
    const struct payments_keys *keys = &settings->keys;
    struct gateway_config config = {.live = settings->live};

    if (gateway == &gateway_stripe) {
        config.base_url =
            slice_of(either(keys->stripe_base_url, "https://api.stripe.com"));
        config.key = slice_of(keys->stripe_api_key);
        config.webhook_secret = slice_of(keys->stripe_webhook_secret);
    } else if (gateway == &gateway_mercado_pago) {
        config.base_url =
            slice_of(either(keys->mercado_pago_base_url, "https://api.mercadopago.com"));
        config.key = slice_of(keys->mercado_pago_access_token);
        config.webhook_secret = slice_of(keys->mercado_pago_webhook_secret);
    } else if (gateway == &gateway_wompi) {
        config.base_url = slice_of(
            either(keys->wompi_base_url, settings->live ? "https://production.wompi.co/v1"
                                                        : "https://sandbox.wompi.co/v1"));
        config.key = slice_of(keys->wompi_private_key);
        config.public_key = slice_of(keys->wompi_public_key);
        config.webhook_secret = slice_of(keys->wompi_events_secret);
        config.second_secret = slice_of(keys->wompi_integrity_secret);
    } else {
        config.base_url = slice_of(either(
            keys->paypal_base_url, settings->live ? "https://api-m.paypal.com"
                                                  : "https://api-m.sandbox.paypal.com"));
        config.key = slice_of(keys->paypal_client_secret);
        config.public_key = slice_of(keys->paypal_client_id);
        config.webhook_secret = slice_of(keys->paypal_webhook_id);
    }
    return config;
}

static void add_method(
    struct payments *payments, const char *name, bool pays_first, bool is_gateway)
{
    static const char *const texts[][2] = {
        {"stripe", "payment_method_stripe"},
        {"mercado_pago", "payment_method_mercado_pago"},
        {"wompi", "payment_method_wompi"},
        {"paypal", "payment_method_paypal"},
        {"bank_transfer", "payment_method_bank_transfer"},
        {"cash_on_delivery", "payment_method_cash_on_delivery"},
    };
    const char *text = name;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        text = strcmp(texts[i][0], name) == 0 ? texts[i][1] : text;
    }
    payments->methods[payments->method_count++] = (struct payment_method){
        .name = name,
        .display_name = text,
        .pays_first = pays_first,
        .is_gateway = is_gateway,
    };
}

static bool add_gateways(struct payments *payments, char ret_error[256])
{
    static const struct gateway *const all[] = {
        &gateway_mercado_pago, &gateway_stripe, &gateway_wompi, &gateway_paypal};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct gateway_config config = config_of(&payments->settings, all[i]);
        if (config.key.length == 0) {
            continue;
        }
        if (!all[i]->check(&config, ret_error)) {
            return false;
        }
        if (payments->settings.public_url == NULL) {
            snprintf(ret_error, 256, "PUBLIC_URL must be set: %s notifies us there",
                all[i]->display_name);
            return false;
        }
        struct payments_gateway *added = &payments->gateways[payments->gateway_count++];
        added->gateway = all[i];
        added->config = config;
        pthread_mutex_init(&added->lock, NULL);
        add_method(payments, all[i]->name, true, true);
    }
    return true;
}

static void *run_worker(void *argument)
{
    struct payments *payments = argument;
    bool stopping = false;
    uint64_t seen = 0;

    while (!stopping) {
        pthread_mutex_lock(&payments->lock);
        while (payments->news == seen && !payments->stopping) {
            pthread_cond_wait(&payments->wake, &payments->lock);
        }
        seen = payments->news;
        stopping = payments->stopping;
        pthread_mutex_unlock(&payments->lock);
        if (!stopping) {
            struct svc_arena arena = {0};
            struct work work = payments_work(payments, &arena);
            payments_inbox_round(&work);
            payments_refunds_round(&work);
            svc_arena_done(&arena);
        }
    }
    return NULL;
}

/* Without them the sweep does it all, later. */
static void start_workers(struct payments *payments)
{
    while (payments->worker_count < PAYMENTS_WORKERS &&
           pthread_create(&payments->workers[payments->worker_count], NULL, run_worker,
               payments) == 0) {
        payments->worker_count++;
    }
}

static void stop_workers(struct payments *payments)
{
    pthread_mutex_lock(&payments->lock);
    payments->stopping = true;
    pthread_cond_broadcast(&payments->wake);
    pthread_mutex_unlock(&payments->lock);
    while (payments->worker_count > 0) {
        pthread_join(payments->workers[--payments->worker_count], NULL);
    }
}

bool payments_new(const struct payments_settings *settings,
    struct payments **ret_payments, char ret_error[256])
{
    struct payments *payments = svc_alloc_zero(1, sizeof *payments);

    payments->settings = *settings;
    pthread_mutex_init(&payments->lock, NULL);
    pthread_cond_init(&payments->wake, NULL);
    if (!add_gateways(payments, ret_error) ||
        !payments_client_open(payments, ret_error)) {
        payments_free(&payments);
        return false;
    }
    if (settings->keys.transfer_details != NULL) {
        add_method(payments, "bank_transfer", true, false);
    }
    if (settings->keys.cash_on_delivery) {
        add_method(payments, "cash_on_delivery", false, false);
    }
    start_workers(payments);
    *ret_payments = payments;
    return true;
}

void payments_free(struct payments **payments_pointer)
{
    struct payments *payments = *payments_pointer;

    *payments_pointer = NULL;
    if (payments == NULL) {
        return;
    }
    stop_workers(payments);
    payments_client_close(payments);
    for (size_t i = 0; i < payments->gateway_count; i++) {
        pthread_mutex_destroy(&payments->gateways[i].lock);
    }
    pthread_cond_destroy(&payments->wake);
    pthread_mutex_destroy(&payments->lock);
    free(payments);
}

struct work payments_work(struct payments *payments, struct svc_arena *arena)
{
    return (struct work){
        .payments = payments,
        .arena = arena,
        .store = {payments->settings.pg, arena},
        .until_ms = svc_clock_monotonic_ms() + PAYMENTS_ROUND_MS,
    };
}

bool payments_is_late(const struct work *work)
{
    return svc_clock_monotonic_ms() >= work->until_ms;
}

void payments_wake(struct payments *payments)
{
    pthread_mutex_lock(&payments->lock);
    payments->news++;
    pthread_cond_broadcast(&payments->wake);
    pthread_mutex_unlock(&payments->lock);
}

struct payments_gateway *payments_gateway_find(
    struct payments *payments, struct svc_slice name)
{
    for (size_t i = 0; i < payments->gateway_count; i++) {
        if (svc_slice_equals(name, payments->gateways[i].gateway->name)) {
            return &payments->gateways[i];
        }
    }
    return NULL;
}

static bool takes(struct payments *payments, const char *name, struct svc_slice currency)
{
    struct payments_gateway *gateway = payments_gateway_find(payments, slice_of(name));

    return gateway == NULL || gateway->gateway->takes(&gateway->config, currency);
}

size_t payments_methods(const struct payments *payments, struct svc_slice currency,
    const struct payment_method **ret_methods, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < payments->method_count && count < room; i++) {
        if (takes((struct payments *)payments, payments->methods[i].name, currency)) {
            ret_methods[count++] = &payments->methods[i];
        }
    }
    return count;
}

int64_t payments_wait_s(int64_t attempts)
{
    unsigned before = attempts > 1 ? (unsigned)(attempts < 40 ? attempts - 1 : 40) : 0;

    return svc_backoff_limit_ms(before, WAIT_BASE_MS, PAYMENTS_WAIT_MAX_MS) / 1000;
}
