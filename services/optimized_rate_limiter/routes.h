/* HTTP only: takes a checked request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "store.h"
#include "store_config.h"

#include <svc/app.h>
#include <svc/texts.h>

struct config {
    const char *texts_dir;
    const char *locale;
    int64_t replicas;
    int64_t customers_max;
};

struct limiter_state {
    const struct config *config;
    struct customers *customers;
    struct store *store;
    struct store_config *store_config;
    struct svc_texts *texts;
    struct svc_counter *allowed;
    struct svc_counter *denied;
    struct svc_counter *shadowed;
    struct svc_counter *repeated;
    struct svc_counter *local;
};

svc_handler post_check;
svc_handler post_refund;
svc_handler post_block;
svc_handler get_limits;
svc_handler delete_limits;
svc_handler get_tier;
svc_handler put_tier;

#endif
