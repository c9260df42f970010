/* libmicrohttpd's pool lets whichever thread wakes first accept all that wait: of 16
 * connections that come together, one thread often gets all, and the other CPU idles. A
 * connection that is handed in goes to the thread its descriptor's number names, so that
 * neighbours go to different ones. */
#include "http_accept.h"

#include "mem.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Until it's tried again, when there are no descriptors or no memory left. */
#define SHORTAGE_MS 50

struct svc_http_accept {
    svc_http_accepted *accepted;
    void *context;
    pthread_t thread;
    int listener;
    int stop; /* an eventfd: readable from the end's beginning on */
};

static bool is_shortage(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

static bool is_stopped(const struct svc_http_accept *accept, int timeout_ms)
{
    struct pollfd stop = {.fd = accept->stop, .events = POLLIN};

    return poll(&stop, 1, timeout_ms) == 1;
}

/* Takes all that wait. */
static void take(const struct svc_http_accept *accept)
{
    while (!is_stopped(accept, 0)) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        int connection = accept4(accept->listener, (struct sockaddr *)&from, &length,
            SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection >= 0) {
            accept->accepted(
                accept->context, connection, (struct sockaddr *)&from, length);
            continue;
        }
        if (is_shortage(errno)) {
            (void)is_stopped(accept, SHORTAGE_MS);
        }
        if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void *run(void *argument)
{
    struct svc_http_accept *accept = argument;
    struct pollfd awaited[] = {
        {.fd = accept->listener, .events = POLLIN},
        {.fd = accept->stop, .events = POLLIN},
    };

    for (;;) {
        if (poll(awaited, 2, -1) < 0 && errno != EINTR) {
            return NULL;
        }
        if (awaited[1].revents != 0) {
            return NULL;
        }
        take(accept);
    }
}

struct svc_http_accept *svc_http_accept_new(
    int listener, svc_http_accepted *accepted, void *context)
{
    struct svc_http_accept *accept = svc_alloc_zero(1, sizeof *accept);

    accept->listener = listener;
    accept->accepted = accepted;
    accept->context = context;
    accept->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (accept->stop < 0) {
        free(accept);
        return NULL;
    }
    if (pthread_create(&accept->thread, NULL, run, accept) != 0) {
        close(accept->stop);
        free(accept);
        return NULL;
    }
    return accept;
}

void svc_http_accept_free(struct svc_http_accept **accept_pointer)
{
    struct svc_http_accept *accept = *accept_pointer;

    *accept_pointer = NULL;
    if (accept == NULL) {
        return;
    }
    (void)eventfd_write(accept->stop, 1);
    pthread_join(accept->thread, NULL);
    close(accept->stop);
    free(accept);
}
