/*
 * Bare libmicrohttpd, the ceiling for a service on it: an epoll pool of two threads that
 * reads the body, looks at none of it, and answers a constant.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 2u

static const char ANSWER[] = "{\"status\":\"ok\"}";
static int request_seen;

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
    return MHD_queue_response(connection, MHD_HTTP_OK, cls);
}

int main(void)
{
    const char *port = getenv("PORT");
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)(port != NULL ? strtoul(port, NULL, 10) : 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);

    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(ANSWER), (void *)ANSWER, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL,
        NULL, &answer, response, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_END);
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
