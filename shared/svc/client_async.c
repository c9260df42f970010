#include "client_async.h"

#include "client_private.h"
#include "clock.h"
#include "mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define STACK_SIZE (256 * 1024)

struct flight {
    struct svc_client_exchange exchange;
    svc_client_ended *ended;
    void *context;
    struct flight *next;  /* in `started` */
    struct flight **link; /* in `flying` */
    struct flight *after;
};

struct svc_client_async {
    struct svc_client *client; /* its handles, its settings */
    CURLM *multi;
    int epoll;
    int wake; /* an eventfd */
    pthread_t thread;
    int64_t timer_ms; /* when libcurl wants to be called; -1: not */
    struct flight *flying;
    pthread_mutex_t mutex;
    /* under the mutex: */
    struct flight *started; /* newest first */
    bool stopping;
};

static int watch_socket(
    CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct svc_client_async *client = context;
    struct epoll_event event = {.data.fd = fd};

    (void)easy;
    (void)socket_context;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(client->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events |= (what & CURL_POLL_IN) != 0 ? (uint32_t)EPOLLIN : 0;
    event.events |= (what & CURL_POLL_OUT) != 0 ? (uint32_t)EPOLLOUT : 0;
    if (epoll_ctl(client->epoll, EPOLL_CTL_MOD, fd, &event) != 0 &&
        epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return -1;
    }
    return 0;
}

static int watch_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct svc_client_async *client = context;

    (void)multi;
    client->timer_ms = timeout_ms < 0 ? -1 : svc_clock_monotonic_ms() + timeout_ms;
    return 0;
}

static void end_flight(
    struct flight *flight, enum svc_status status, const struct svc_client_error *error)
{
    if (flight->link != NULL) {
        *flight->link = flight->after;
        if (flight->after != NULL) {
            flight->after->link = flight->link;
        }
    }
    flight->ended(flight->context, status, &flight->exchange.reply, error);
    svc_client_reply_done(&flight->exchange.reply);
    free(flight);
}

static void finish(struct svc_client_async *client, struct flight *flight, CURLcode code)
{
    struct svc_client_error error = {0};
    enum svc_status status =
        svc_client_exchange_end(&flight->exchange, client->client, (int)code, &error);

    end_flight(flight, status, &error);
}

static void finish_all_done(struct svc_client_async *client)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        char *flight = NULL;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &flight);
        curl_multi_remove_handle(client->multi, easy);
        finish(client, (struct flight *)(void *)flight, code);
    }
}

/* False: there is nothing more to do. */
static bool take_started(struct svc_client_async *client)
{
    pthread_mutex_lock(&client->mutex);
    struct flight *flight = client->started;
    bool stopping = client->stopping;
    client->started = NULL;
    pthread_mutex_unlock(&client->mutex);
    while (flight != NULL) {
        struct flight *next = flight->next;
        flight->link = &client->flying;
        flight->after = client->flying;
        if (flight->after != NULL) {
            flight->after->link = &flight->after;
        }
        client->flying = flight;
        if (flight->exchange.unset ||
            curl_multi_add_handle(client->multi, flight->exchange.easy) != CURLM_OK) {
            finish(client, flight, CURLE_OUT_OF_MEMORY);
        }
        flight = next;
    }
    return !stopping;
}

static void act(struct svc_client_async *client, const struct epoll_event *event)
{
    uint64_t count;
    int running;
    int flags = 0;

    if (event->data.fd == client->wake) {
        (void)!read(client->wake, &count, sizeof count);
        return;
    }
    flags |= (event->events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (event->events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
    flags |= (event->events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
    curl_multi_socket_action(client->multi, event->data.fd, flags, &running);
}

static void keep_time(struct svc_client_async *client)
{
    int running;

    if (client->timer_ms >= 0 && client->timer_ms <= svc_clock_monotonic_ms()) {
        client->timer_ms = -1;
        curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

static int wait_ms(const struct svc_client_async *client)
{
    if (client->timer_ms < 0) {
        return -1;
    }
    int64_t left_ms = client->timer_ms - svc_clock_monotonic_ms();
    return left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

static void end_all(struct svc_client_async *client)
{
    struct svc_client_error error = {0};

    while (client->flying != NULL) {
        struct flight *flight = client->flying;
        curl_multi_remove_handle(client->multi, flight->exchange.easy);
        (void)!svc_client_exchange_end(
            &flight->exchange, client->client, CURLE_ABORTED_BY_CALLBACK, &error);
        svc_client_fail(&error, SVC_UNAVAILABLE, "the client is being closed");
        end_flight(flight, SVC_UNAVAILABLE, &error);
    }
}

static void *carry(void *context)
{
    struct svc_client_async *client = context;
    struct epoll_event events[EVENTS_MAX];

    while (take_started(client)) {
        keep_time(client);
        finish_all_done(client);
        int count = epoll_wait(client->epoll, events, EVENTS_MAX, wait_ms(client));
        for (int i = 0; i < count; i++) {
            act(client, &events[i]);
        }
        finish_all_done(client);
    }
    end_all(client);
    return NULL;
}

static void set_up_multi(struct svc_client_async *client, int64_t size)
{
    client->multi = curl_multi_init();
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = client->wake};
    if (client->multi == NULL || client->epoll < 0 || client->wake < 0 ||
        epoll_ctl(client->epoll, EPOLL_CTL_ADD, client->wake, &event) != 0) {
        abort(); /* out of memory, or of file descriptors at the start */
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)size);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

enum svc_status svc_client_async_new(const struct svc_client_settings *settings,
    struct svc_client_async **ret_client, struct svc_client_error *ret_error)
{
    struct svc_client *handles = NULL;
    enum svc_status status = svc_client_new(settings, &handles, ret_error);
    pthread_attr_t attributes;

    if (status != SVC_OK) {
        return status;
    }
    struct svc_client_async *client = svc_alloc_zero(1, sizeof *client);
    client->client = handles;
    client->timer_ms = -1;
    svc_client_easy_free(svc_client_easy_new()); /* which sets libcurl up */
    set_up_multi(client, settings->size);
    pthread_mutex_init(&client->mutex, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (pthread_create(&client->thread, &attributes, carry, client) != 0) {
        abort();
    }
    pthread_attr_destroy(&attributes);
    *ret_client = client;
    return SVC_OK;
}

static void wake(struct svc_client_async *client)
{
    uint64_t one = 1;

    (void)!write(client->wake, &one, sizeof one);
}

void svc_client_async_free(struct svc_client_async **client)
{
    struct svc_client_async *old = *client;

    if (old == NULL) {
        return;
    }
    pthread_mutex_lock(&old->mutex);
    old->stopping = true;
    pthread_mutex_unlock(&old->mutex);
    wake(old);
    pthread_join(old->thread, NULL);
    curl_multi_cleanup(old->multi);
    close(old->epoll);
    close(old->wake);
    svc_client_free(&old->client);
    pthread_mutex_destroy(&old->mutex);
    free(old);
    *client = NULL;
}

enum svc_status svc_client_async_start(struct svc_client_async *client,
    const struct svc_client_request *request, svc_client_ended *ended, void *context,
    struct svc_client_error *ret_error)
{
    int64_t start_ms = svc_clock_monotonic_ms();
    enum svc_status status = svc_client_request_check(request, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    struct svc_client_handle *handle = svc_client_acquire(
        client->client, svc_client_origin(request->url), start_ms, ret_error);
    if (handle == NULL) {
        return ret_error->status;
    }
    struct flight *flight = svc_alloc_zero(1, sizeof *flight);
    flight->ended = ended;
    flight->context = context;
    svc_client_exchange_begin(
        &flight->exchange, client->client, request, handle, start_ms);
    curl_easy_setopt(flight->exchange.easy, CURLOPT_PRIVATE, flight);
    pthread_mutex_lock(&client->mutex);
    bool first = client->started == NULL;
    flight->next = client->started;
    client->started = flight;
    pthread_mutex_unlock(&client->mutex);
    if (first) {
        wake(client);
    }
    return SVC_OK;
}
