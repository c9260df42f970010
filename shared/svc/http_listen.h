/* A listening TCP socket. */
#ifndef SVC_HTTP_LISTEN_H
#define SVC_HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

/* A socket that listens at ADDRESS (an IP address, or a name of this machine) and PORT;
 * -1, with one line in `ret_error`, on failure. The caller closes it. */
int svc_http_listen(const char *address, int64_t port, char ret_error[256]);

/* Whether nobody but this machine can reach ADDRESS. */
bool svc_http_is_loopback(const char *address);

#endif
