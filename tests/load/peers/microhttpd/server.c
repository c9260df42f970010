/*
 * Bare libmicrohttpd, the ceiling for a service on it: an epoll pool of two threads that
 * reads the body, looks at none of it, and answers a constant: ANSWER, where that is
 * given. With DELAY_MS it plays a model that takes so long, with a thread for each
 * connection.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 2u
#define CONNECTIONS_MAX 2000u

static int request_seen;
static struct timespec delay;

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *body,
    size_t *body_size, void **state)
{
    (void)url, (void)method, (void)version, (void)body;
    if (*state == NULL) {
        *state = &request_seen; /* the headers only; the body comes with the next calls */
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }
    if (delay.tv_sec > 0 || delay.tv_nsec > 0) {
        nanosleep(&delay, NULL);
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, cls);
}

/* NULL where the port can't be had. */
static struct MHD_Daemon *start(
    struct sockaddr_in *address, struct MHD_Response *response)
{
    const char *text = getenv("DELAY_MS");
    long delay_ms = text != NULL ? strtol(text, NULL, 10) : 0;

    if (delay_ms <= 0) {
        return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, &answer,
            response, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
            MHD_OPTION_END);
    }
    delay = (struct timespec){delay_ms / 1000, delay_ms % 1000 * 1000000};
    return MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
        &answer, response, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_END);
}

int main(void)
{
    const char *port = getenv("PORT");
    const char *text = getenv("ANSWER");
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)(port != NULL ? strtoul(port, NULL, 10) : 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    text = text != NULL ? text : "{\"status\":\"ok\"}";
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(size_t)text, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    struct MHD_Daemon *daemon = start(&address, response);
    if (daemon == NULL) {
        fprintf(
            stderr, "can't listen on 127.0.0.1:%s\n", port != NULL ? port : "(no PORT)");
        return 1;
    }
    int received;
    sigwait(&stop, &received);
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
