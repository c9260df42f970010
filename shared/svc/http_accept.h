/* Takes connections in, and spreads them over the threads that serve them. */
#ifndef SVC_HTTP_ACCEPT_H
#define SVC_HTTP_ACCEPT_H

#include "status.h"

#include <sys/socket.h>

struct svc_http_accept;

/* Takes a connection over, which it closes where it has no room. */
typedef void svc_http_accepted(
    void *context, int connection, const struct sockaddr *from, socklen_t length);

/* Begins to accept at LISTENER, which stays the caller's and is non-blocking. NULL when
 * no thread or descriptor is to be had. */
SVC_MUST_CHECK struct svc_http_accept *svc_http_accept_new(
    int listener, svc_http_accepted *accepted, void *context);

/* Accepts no more, and waits for that; what was accepted is with `accepted`. Sets *accept
 * to NULL; does nothing where it is NULL. To be called before what `accepted` uses ends.
 */
void svc_http_accept_free(struct svc_http_accept **accept);

#endif
