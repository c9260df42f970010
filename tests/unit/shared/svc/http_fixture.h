/* A small HTTP server of plain sockets, in threads of the test, that also answers the way
 * a server shouldn't: the path says how. */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include "../../unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_SIZE 65536

static int server_fd;
static int server_port;
static pthread_t server_thread;
static atomic_bool server_stopping;
static atomic_int server_threads;
static atomic_int server_connections; /* accepted so far */
static atomic_int server_requests;    /* read so far */

struct peer {
    int fd;
    int served;    /* requests on this connection before this one */
    size_t length; /* of the request, with its body */
    char request[REQUEST_SIZE];
};

/* False when the other side is gone. */
static inline bool put(struct peer *peer, const void *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(peer->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes = (const char *)bytes + sent;
        length -= (size_t)sent;
    }
    return true;
}

static inline bool put_text(struct peer *peer, const char *text)
{
    return put(peer, text, strlen(text));
}

static inline bool put_answer(
    struct peer *peer, const char *status, const char *headers, const char *body)
{
    char head[4096];

    snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status,
        headers, strlen(body));
    return put_text(peer, head) && put_text(peer, body);
}

/* Waits; false when the other side hangs up meanwhile or the test ends. */
static inline bool rest(struct peer *peer, int rest_ms)
{
    for (int waited_ms = 0; waited_ms < rest_ms; waited_ms += 10) {
        char byte;
        struct pollfd fd = {.fd = peer->fd, .events = POLLIN};
        if (atomic_load(&server_stopping) ||
            (poll(&fd, 1, 10) > 0 && recv(peer->fd, &byte, 1, MSG_PEEK) <= 0)) {
            return false;
        }
    }
    return true;
}

/* Each answers one request; false closes the connection. */
static inline bool answer_echo(struct peer *peer)
{
    return put_answer(
        peer, "200 OK", "Content-Type: text/plain\r\nX-Empty:\r\n", peer->request);
}

static inline bool answer_no_body(struct peer *peer)
{
    return put_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
}

static inline bool answer_not_found(struct peer *peer)
{
    return put_answer(peer, "404 Not Found", "Retry-After: 7\r\n", "gone");
}

static inline bool answer_chunked(struct peer *peer)
{
    return put_text(peer,
        "HTTP/1.1 103 Early Hints\r\nLink: </early>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        "6\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 11\r\n\r\n");
}

static inline bool answer_slow_headers(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\n");
    while (rest(peer, 100) && put_text(peer, "X-Slow: yes\r\n")) {
    }
    return false;
}

static inline bool answer_trickle(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (rest(peer, 100) && put_text(peer, ".")) {
    }
    return false;
}

static inline bool answer_never(struct peer *peer)
{
    rest(peer, 10000);
    return false;
}

static inline bool answer_endless_headers(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\n");
    while (put_text(peer, "X-Again: and again and again and again\r\n")) {
    }
    return false;
}

static inline bool answer_endless_chunks(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (put_text(peer, "10\r\n0123456789abcdef\r\n")) {
    }
    return false;
}

static inline bool answer_reset(struct peer *peer)
{
    struct linger now = {.l_onoff = 1};

    put_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    rest(peer, 50);
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

static inline bool answer_cut_off(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    return false;
}

static inline bool answer_nothing(struct peer *peer)
{
    (void)peer;
    return false;
}

static inline bool answer_garbage(struct peer *peer)
{
    put_text(peer, "SSH-2.0-OpenSSH_9.2\r\n\r\n");
    return false;
}

static inline bool answer_redirect(struct peer *peer)
{
    return put_answer(peer, "302 Found", "Location: /echo?redirected\r\n", "moved");
}

static inline bool answer_redirect_for_ever(struct peer *peer)
{
    return put_answer(peer, "302 Found", "Location: /redirect-for-ever\r\n", "");
}

static inline bool answer_redirect_to_file(struct peer *peer)
{
    return put_answer(peer, "302 Found", "Location: file:///etc/passwd\r\n", "");
}

static inline bool answer_many_headers(struct peer *peer)
{
    put_text(peer, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 100; i++) {
        char line[64];
        snprintf(line, sizeof line, "X-Header-%d: value %d\r\n", i, i);
        put_text(peer, line);
    }
    return put_text(peer, "Content-Length: 0\r\n\r\n");
}

static inline bool answer_long_headers(struct peer *peer)
{
    static char line[12000];

    snprintf(line, sizeof line, "X-Long: %0*d\r\n", 10000, 1);
    return put_text(peer, "HTTP/1.1 200 OK\r\n") && put_text(peer, line) &&
           put_text(peer, line) &&
           put_text(peer, "X-Short: 1\r\nContent-Length: 0\r\n\r\n");
}

/* Answers the first request of a connection, hangs up on the second. */
static inline bool answer_once(struct peer *peer)
{
    return peer->served == 0 && put_answer(peer, "200 OK", "", "once");
}

struct answer {
    const char *path;
    bool (*put)(struct peer *peer);
};

static const struct answer answers[] = {
    {"/echo", answer_echo},
    {"/no-body", answer_no_body},
    {"/not-found", answer_not_found},
    {"/chunked", answer_chunked},
    {"/slow-headers", answer_slow_headers},
    {"/trickle", answer_trickle},
    {"/never", answer_never},
    {"/endless-headers", answer_endless_headers},
    {"/endless-chunks", answer_endless_chunks},
    {"/reset", answer_reset},
    {"/cut-off", answer_cut_off},
    {"/nothing", answer_nothing},
    {"/garbage", answer_garbage},
    {"/redirect", answer_redirect},
    {"/redirect-for-ever", answer_redirect_for_ever},
    {"/redirect-to-file", answer_redirect_to_file},
    {"/many-headers", answer_many_headers},
    {"/long-headers", answer_long_headers},
    {"/once", answer_once},
};

/* One request, its body by Content-Length, ended with NUL. */
static inline bool read_request(struct peer *peer)
{
    size_t needed = 0;

    for (peer->length = 0; needed == 0 || peer->length < needed;) {
        struct pollfd fd = {.fd = peer->fd, .events = POLLIN};
        if (atomic_load(&server_stopping)) {
            return false;
        }
        if (poll(&fd, 1, 20) == 0) {
            continue;
        }
        ssize_t got = recv(
            peer->fd, peer->request + peer->length, REQUEST_SIZE - 1 - peer->length, 0);
        if (got <= 0) {
            return false;
        }
        peer->length += (size_t)got;
        peer->request[peer->length] = '\0';
        const char *end = strstr(peer->request, "\r\n\r\n");
        const char *length = strstr(peer->request, "Content-Length: ");
        if (end != NULL) {
            needed =
                (size_t)(end + 4 - peer->request) +
                (length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
    return true;
}

static inline bool answer_request(struct peer *peer)
{
    const char *path = strchr(peer->request, ' ') + 1;
    size_t length = strcspn(path, " ?");

    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        if (strlen(answers[i].path) == length &&
            memcmp(answers[i].path, path, length) == 0) {
            return answers[i].put(peer);
        }
    }
    return put_answer(peer, "500 No such path", "", "");
}

static inline void *serve_peer(void *argument)
{
    struct peer *peer = argument;

    while (read_request(peer)) {
        atomic_fetch_add(&server_requests, 1);
        if (!answer_request(peer)) {
            break;
        }
        peer->served++;
    }
    close(peer->fd);
    free(peer);
    atomic_fetch_sub(&server_threads, 1);
    return NULL;
}

static inline void *accept_peers(void *argument)
{
    (void)argument;
    for (;;) {
        int fd = accept(server_fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        struct peer *peer = calloc(1, sizeof *peer);
        pthread_t thread;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        peer->fd = fd;
        atomic_fetch_add(&server_connections, 1);
        atomic_fetch_add(&server_threads, 1);
        pthread_create(&thread, NULL, serve_peer, peer);
        pthread_detach(thread);
    }
}

/* A socket on a free port of the loopback. */
static inline int listen_on_free_port(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        abort();
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static inline int start_server(void **state)
{
    (void)state;
    server_fd = listen_on_free_port(&server_port);
    return pthread_create(&server_thread, NULL, accept_peers, NULL);
}

static inline int stop_server(void **state)
{
    (void)state;
    atomic_store(&server_stopping, true);
    shutdown(server_fd, SHUT_RDWR);
    pthread_join(server_thread, NULL);
    close(server_fd);
    while (atomic_load(&server_threads) > 0) {
        usleep(1000);
    }
    return 0;
}

#endif
