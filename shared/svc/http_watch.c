#include "http_watch.h"

#include "condition.h"
#include "mem.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define SWEEP_MS 250

struct svc_http_connection {
    struct svc_http_connection *previous;
    struct svc_http_connection *next;
    int socket;
    atomic_int_fast64_t since_ms;
    atomic_bool busy;
};

struct svc_http_watch {
    pthread_t thread;
    pthread_mutex_t lock; /* the list, and `stopping` */
    pthread_cond_t stop;
    bool stopping;
    struct svc_http_connection *first;
    int64_t idle_ms;
    int64_t request_ms;
    atomic_int_fast64_t in_flight;
};

/* To the nearest tick, without a system call: this runs twice a request. */
static int64_t coarse_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The client has ended its side between two requests. libmicrohttpd doesn't see an end
 * that comes together with the last bytes. */
static bool is_left(const struct svc_http_connection *connection)
{
    struct pollfd end = {.fd = connection->socket, .events = POLLRDHUP};

    return poll(&end, 1, 0) == 1 && (end.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void sweep(struct svc_http_watch *watch)
{
    int64_t now_ms = coarse_now_ms();

    for (struct svc_http_connection *at = watch->first; at != NULL; at = at->next) {
        bool busy = atomic_load(&at->busy);
        int64_t limit_ms = busy ? watch->request_ms : watch->idle_ms;
        if (now_ms - atomic_load(&at->since_ms) > limit_ms || (!busy && is_left(at))) {
            shutdown(at->socket, SHUT_RDWR);
        }
    }
}

static void *run(void *argument)
{
    struct svc_http_watch *watch = argument;

    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        (void)svc_condition_wait(
            &watch->stop, &watch->lock, svc_condition_until_ns(SWEEP_MS));
        sweep(watch);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct svc_http_watch *svc_http_watch_new(int64_t idle_ms, int64_t request_ms)
{
    struct svc_http_watch *watch = svc_alloc_zero(1, sizeof *watch);

    watch->idle_ms = idle_ms;
    watch->request_ms = request_ms;
    pthread_mutex_init(&watch->lock, NULL);
    svc_condition_init(&watch->stop);
    if (pthread_create(&watch->thread, NULL, run, watch) != 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

void svc_http_watch_free(struct svc_http_watch **watch_pointer)
{
    struct svc_http_watch *watch = *watch_pointer;

    *watch_pointer = NULL;
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_signal(&watch->stop);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    for (struct svc_http_connection *next; watch->first != NULL; watch->first = next) {
        next = watch->first->next;
        free(watch->first);
    }
    pthread_cond_destroy(&watch->stop);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

struct svc_http_connection *svc_http_watch_add(struct svc_http_watch *watch, int socket)
{
    struct svc_http_connection *connection = svc_alloc_zero(1, sizeof *connection);

    connection->socket = socket;
    atomic_store(&connection->since_ms, coarse_now_ms());
    pthread_mutex_lock(&watch->lock);
    connection->next = watch->first;
    if (watch->first != NULL) {
        watch->first->previous = connection;
    }
    watch->first = connection;
    pthread_mutex_unlock(&watch->lock);
    return connection;
}

void svc_http_watch_remove(
    struct svc_http_watch *watch, struct svc_http_connection *connection)
{
    pthread_mutex_lock(&watch->lock);
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        watch->first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    pthread_mutex_unlock(&watch->lock);
    if (atomic_load(&connection->busy)) {
        atomic_fetch_sub(&watch->in_flight, 1);
    }
    free(connection);
}

void svc_http_watch_begin(
    struct svc_http_watch *watch, struct svc_http_connection *connection)
{
    atomic_store(&connection->since_ms, coarse_now_ms());
    if (!atomic_exchange(&connection->busy, true)) {
        atomic_fetch_add(&watch->in_flight, 1);
    }
}

void svc_http_watch_end(
    struct svc_http_watch *watch, struct svc_http_connection *connection)
{
    atomic_store(&connection->since_ms, coarse_now_ms());
    if (atomic_exchange(&connection->busy, false)) {
        atomic_fetch_sub(&watch->in_flight, 1);
    }
}

int64_t svc_http_watch_in_flight(const struct svc_http_watch *watch)
{
    return atomic_load(&watch->in_flight);
}
