#include "background.h"

#include "outbox.h"
#include "stock_orders.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define OUTBOX_MS 500
#define PRUNE_MS 600000
#define SWEEP_LIMIT 200

struct background {
    struct service *service;
    struct outbox *outbox;
    pthread_t threads[2]; /* one sweeps, one sends */
    size_t thread_count;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
};

/* False: it's time to end. */
static bool pause_ms(struct background *background, int64_t milliseconds)
{
    pthread_mutex_lock(&background->lock);
    bool stopping = svc_condition_wait_told(
        &background->stop, &background->lock, &background->stopping, milliseconds);
    pthread_mutex_unlock(&background->lock);
    return !stopping;
}

static void sweep_stock(struct service *service)
{
    struct stock_orders_swept swept = {0};

    if (service->stock == NULL) {
        return;
    }
    stock_orders_sweep(service->stock, service->pg, &swept);
    if (swept.shorts > 0) {
        svc_log(SVC_LOG_ERROR, "sold here, but not there any more: the shop has to look",
            SVC_INT("orders", (int64_t)swept.shorts));
    }
}

static void *run_sweeper(void *context)
{
    struct background *background = context;
    struct service *service = background->service;
    int64_t prune_at_ms = 0;

    do {
        size_t ended = orders_sweep(service->pg, SWEEP_LIMIT);
        size_t asked = payments_sweep(service->payments);
        sweep_stock(service);
        if (ended > 0 || asked > 0) {
            svc_log(SVC_LOG_INFO, "swept", SVC_INT("orders_expired", (int64_t)ended),
                SVC_INT("payments", (int64_t)asked));
        }
        if (svc_clock_monotonic_ms() >= prune_at_ms) {
            outbox_prune(background->outbox);
            prune_at_ms = svc_clock_monotonic_ms() + PRUNE_MS;
        }
    } while (pause_ms(background, service->config->sweep_ms));
    return NULL;
}

static void *run_sender(void *context)
{
    struct background *background = context;
    size_t sent = 0;

    do {
        sent = outbox_send(background->outbox);
    } while (pause_ms(background, sent > 0 ? 1 : OUTBOX_MS));
    return NULL;
}

static bool start_thread(struct background *background, void *(*run)(void *))
{
    pthread_t *thread = &background->threads[background->thread_count];

    if (pthread_create(thread, NULL, run, background) != 0) {
        return false;
    }
    background->thread_count++;
    return true;
}

bool background_start(
    struct service *service, struct background **ret_background, char ret_error[256])
{
    struct background *background = svc_alloc_zero(1, sizeof *background);

    background->service = service;
    if (!outbox_new(service, &background->outbox, ret_error)) {
        free(background);
        return false;
    }
    pthread_mutex_init(&background->lock, NULL);
    svc_condition_init(&background->stop);
    *ret_background = background;
    if (!start_thread(background, run_sweeper) || !start_thread(background, run_sender)) {
        snprintf(ret_error, 256, "no thread could be started");
        return false;
    }
    return true;
}

void background_stop(struct background **background)
{
    struct background *ending = *background;

    if (ending == NULL) {
        return;
    }
    pthread_mutex_lock(&ending->lock);
    ending->stopping = true;
    pthread_cond_broadcast(&ending->stop);
    pthread_mutex_unlock(&ending->lock);
    for (size_t i = 0; i < ending->thread_count; i++) {
        pthread_join(ending->threads[i], NULL);
    }
    pthread_cond_destroy(&ending->stop);
    pthread_mutex_destroy(&ending->lock);
    outbox_free(&ending->outbox);
    free(ending);
    *background = NULL;
}
