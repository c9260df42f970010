/* Bounds the whole time of a request. libmicrohttpd's time-out starts anew with every
 * byte, so that a client that sends one a second could hold its connection for ever. */
#ifndef SVC_HTTP_WATCH_H
#define SVC_HTTP_WATCH_H

#include <stdint.h>

struct svc_http_watch;
struct svc_http_connection; /* as the watch knows it */

/* Starts a thread that shuts the sockets that are over time. */
struct svc_http_watch *svc_http_watch_new(int64_t idle_ms, int64_t request_ms);
void svc_http_watch_free(struct svc_http_watch **watch);

/* Thread-safe. `remove` must be called before the socket is closed. */
struct svc_http_connection *svc_http_watch_add(struct svc_http_watch *watch, int socket);
void svc_http_watch_remove(
    struct svc_http_watch *watch, struct svc_http_connection *connection);

/* A request's first line was read; its answer was sent. */
void svc_http_watch_begin(
    struct svc_http_watch *watch, struct svc_http_connection *connection);
void svc_http_watch_end(
    struct svc_http_watch *watch, struct svc_http_connection *connection);

/* Requests that were begun and not ended. */
int64_t svc_http_watch_in_flight(const struct svc_http_watch *watch);

#endif
