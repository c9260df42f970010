/* What the files of payments share among themselves. */
#ifndef PAYMENTS_PRIVATE_H
#define PAYMENTS_PRIVATE_H

#include "payments.h"
#include "store_payments.h"

#include <pthread.h>

enum {
    PAYMENTS_TOKEN_MAX = 4096,
    PAYMENTS_BATCH = 20,
    PAYMENTS_WORKERS = 4,
    PAYMENTS_ROUND_MS = 10000,
    /* A gateway's answer is waited for less than that, so that no two work at one row. */
    PAYMENTS_LEASE_S = 90,
    PAYMENTS_GIVE_UP_S = 3 * 86400,
    PAYMENTS_GIVE_UP_UNSIGNED_S = 600,
    PAYMENTS_WAIT_MAX_MS = 6 * 3600 * 1000,
    PAYMENTS_METHODS_MAX = GATEWAYS_MAX + 2,
};

struct svc_client;

/* A gateway that is configured. */
struct payments_gateway {
    const struct gateway *gateway;
    struct gateway_config config;

    pthread_mutex_t lock; /* the next two */
    char token[PAYMENTS_TOKEN_MAX];
    int64_t token_until_ms;
};

struct payments {
    struct payments_settings settings;
    struct svc_client *client;
    struct payments_gateway gateways[GATEWAYS_MAX];
    size_t gateway_count;
    struct payment_method methods[PAYMENTS_METHODS_MAX];
    size_t method_count;

    /* Threads that take up what has just come: one waits for its gateway, others go on.
     */
    pthread_t workers[PAYMENTS_WORKERS];
    size_t worker_count;
    pthread_mutex_t lock; /* the next two */
    pthread_cond_t wake;
    uint64_t news; /* how often something came */
    bool stopping;
};

/* One piece of work: its memory ends with it. */
struct work {
    struct payments *payments;
    struct svc_arena *arena;
    struct store_payments store;
    int64_t until_ms; /* monotonic: no further row is taken up after that */
};

struct work payments_work(struct payments *payments, struct svc_arena *arena);

/* NULL: not configured. */
struct payments_gateway *payments_gateway_find(
    struct payments *payments, struct svc_slice name);

bool payments_is_late(const struct work *work);

void payments_wake(struct payments *payments);

/* --- store_gateways.c: the gateways, asked. No transaction is open, no row locked. ---
 */

bool payments_client_open(struct payments *payments, char ret_error[256]);
void payments_client_close(struct payments *payments);

struct exchange {
    int http_status;
    struct svc_slice body; /* in the arena */
};

/* The configuration with time and token. Anything but OK: no token to be had. */
enum svc_status payments_config(struct work *work, struct payments_gateway *gateway,
    struct gateway_config *ret_config);
/* UNAVAILABLE where no answer comes. */
enum svc_status payments_exchange(struct work *work, struct payments_gateway *gateway,
    const struct gateway_request *request, struct exchange *ret_exchange);
/* By SUBJECT, or by ROW's link. NOT_FOUND: no such payment, or none can be asked for. */
enum svc_status payments_ask(struct work *work, struct payments_gateway *gateway,
    struct svc_slice subject, const struct payment_row *row,
    struct payment_truth *ret_truth);
void payments_order_of(
    const struct work *work, const struct payment_row *row, struct gateway_order *order);

/* --- payments_apply.c --- */

/* Applies TRUTH to the payment that it is of; captures first where that is needed.
 * NOT_FOUND: it's of none of ours. `ret_outcome`: a fixed text. */
enum svc_status payments_settle(struct work *work, struct payments_gateway *gateway,
    struct payment_truth *truth, bool is_dispute, const char **ret_outcome);
/* The same, and what else was paid by the same reference. */
enum svc_status payments_settle_all(struct work *work, struct payments_gateway *gateway,
    struct payment_truth *truth, bool is_dispute, const char **ret_outcome);

/* --- payments_link.c --- */
enum svc_status payments_make_link(struct work *work, struct payments_gateway *gateway,
    const struct payment_row *row, struct svc_slice *ret_url);

/* --- payments_refund.c, payments_notify.c --- */
size_t payments_refunds_round(struct work *work);
size_t payments_inbox_round(struct work *work);

/* How long to wait before try ATTEMPTS (from 1) is repeated. */
int64_t payments_wait_s(int64_t attempts);

#endif
