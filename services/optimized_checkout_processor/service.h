/* What the parts of this service share, and what one call for a customer works with. */
#ifndef SERVICE_H
#define SERVICE_H

#include "payments.h"
#include "shop.h"
#include "store.h"

#include <svc/texts.h>

struct stock_api;
struct svc_events;
struct background;

struct config {
    const char *texts_dir;
    const char *secret;
    int64_t hold_s;
    int64_t transfer_hold_s;
    int64_t shop_cache_ms;
    int64_t abandoned_idle_s;
    int64_t sweep_ms;
    const char *public_url;
    const char *return_url;
    bool payments_live;
    int64_t gateway_timeout_ms;
    int64_t ask_every_s;
    struct payments_keys keys;
    const char *notify_url;
    const char *notify_token;
    const char *template_name;
    const char *stock_api_url;
    const char *stock_api_token;
    const char *stock_api_when_down;
    int64_t stock_api_timeout_ms;
};

struct service {
    const struct config *config;
    struct svc_pg *pg;
    struct svc_events *events; /* NULL: nobody listens */
    struct svc_texts *texts;
    struct shop_cache *shops;
    struct payments *payments;
    struct stock_api *stock; /* NULL: stock is in PostgreSQL */
    struct background *background;
    struct svc_slice secret;
    struct svc_counter *carts_changed;
    struct svc_counter *orders_placed;
    struct svc_counter *orders_refused;
};

/* One call for one customer; its memory ends with the request. */
struct talk {
    struct service *service;
    struct svc_arena *arena;
    struct svc_slice customer;
    struct svc_slice locale; /* of the customer, else the shop's */
    const struct shop *shop;
    int64_t now_s;
    struct store_call store;
};

/* Text put together in the arena: "%" as printf's. */
struct svc_slice talk_format(const struct talk *talk, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct svc_slice talk_keep(const struct talk *talk, struct svc_slice text);

#endif
