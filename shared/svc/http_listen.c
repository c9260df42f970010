#include "http_listen.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

static int open_socket(const struct addrinfo *found)
{
    int on = 1;
    int off = 0;
    int listener =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (listener < 0) {
        return -1;
    }
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (found->ai_family == AF_INET6) {
        /* "::" takes IPv4, too. */
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(listener, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(listener, BACKLOG) != 0) {
        int reason = errno;
        close(listener);
        errno = reason;
        return -1;
    }
    return listener;
}

static struct addrinfo *look_up(const char *address, const char *port, int *ret_code)
{
    struct addrinfo *found = NULL;
    struct addrinfo hints = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };

    *ret_code = getaddrinfo(address, port, &hints, &found);
    return *ret_code == 0 ? found : NULL;
}

int svc_http_listen(const char *address, int64_t port, char ret_error[256])
{
    char port_text[24];
    int code = 0;

    snprintf(port_text, sizeof port_text, "%" PRId64, port);
    struct addrinfo *found = look_up(address, port_text, &code);
    if (found == NULL) {
        snprintf(ret_error, 256, "BIND_ADDRESS=%.100s: %s", address, gai_strerror(code));
        return -1;
    }
    int listener = open_socket(found);
    int reason = errno;
    freeaddrinfo(found);
    if (listener < 0) {
        snprintf(ret_error, 256, "PORT=%" PRId64 ": can't listen on %.100s: %s", port,
            address,
            reason == EADDRINUSE ? "the port is in use by another process"
                                 : strerror(reason));
    }
    return listener;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four =
            (const struct sockaddr_in *)(const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six =
            (const struct sockaddr_in6 *)(const void *)address;
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    }
    return false;
}

bool svc_http_is_loopback(const char *address)
{
    int code = 0;
    struct addrinfo *found = look_up(address, "0", &code);

    if (found == NULL) {
        return false;
    }
    bool loopback = true;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        loopback = loopback && is_loopback(at->ai_addr);
    }
    freeaddrinfo(found);
    return loopback;
}
