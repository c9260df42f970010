#include "redis_private.h"

#include "clock.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_SIZE ((size_t)32 * 1024)
#define KEEPALIVE_S 15
#define HANDSHAKE_MAX 3

struct svc_redis_connection {
    int fd;
    redisReader *reader;
};

enum svc_status svc_redis_fail(
    struct svc_redis_error *ret_error, enum svc_status status, const char *message)
{
    ret_error->status = status;
    snprintf(ret_error->message, sizeof ret_error->message, "%s", message);
    return status;
}

/* False when the time is over. */
static bool wait_for(int fd, short events, int64_t deadline_ns)
{
    struct pollfd waiting = {.fd = fd, .events = events};

    for (;;) {
        int64_t left_ns = deadline_ns - svc_clock_monotonic_ns();
        if (left_ns <= 0) {
            return false;
        }
        struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};
        if (ppoll(&waiting, 1, &left, NULL) > 0) {
            return true;
        }
    }
}

/* 0 or an errno. */
static int finish_connect(int fd, int64_t deadline_ns)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (!wait_for(fd, POLLOUT, deadline_ns)) {
        return ETIMEDOUT;
    }
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static int connect_to(const struct addrinfo *address, int64_t deadline_ns, int *ret_error)
{
    const int on = 1;
    const int keepalive_s = KEEPALIVE_S;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        *ret_error = errno;
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_s, sizeof keepalive_s);
    *ret_error = 0;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        *ret_error = errno == EINPROGRESS ? finish_connect(fd, deadline_ns) : errno;
    }
    if (*ret_error != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A name is looked up each time: after a failover it may stand for another server. */
static int connect_host(const struct svc_redis_host *host, int64_t deadline_ns,
    struct svc_redis_error *ret_error)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char port[8];
    int error = 0;
    int fd = -1;

    snprintf(port, sizeof port, "%d", host->port);
    int found = getaddrinfo(host->name, port, &hints, &addresses);
    if (found != 0) {
        snprintf(ret_error->message, sizeof ret_error->message, "%.80s: %s", host->name,
            gai_strerror(found));
        return -1;
    }
    for (struct addrinfo *address = addresses; address != NULL && fd < 0;
         address = address->ai_next) {
        fd = connect_to(address, deadline_ns, &error);
    }
    freeaddrinfo(addresses);
    if (fd < 0) {
        snprintf(ret_error->message, sizeof ret_error->message, "%.80s:%d: %s",
            host->name, host->port, strerrordesc_np(error));
    }
    return fd;
}

/* AUTH, SELECT and, in any case, PING: a server that still loads its data, or has too
 * many clients, says so there and not to the first call. */
static size_t write_handshake(
    const struct svc_redis_options *options, struct svc_buf *bytes)
{
    struct svc_slice arguments[3] = {SVC_SLICE("AUTH")};
    char number[24];
    size_t commands = 1;
    size_t count = 1;

    if (options->password != NULL) {
        if (options->user != NULL) {
            arguments[count++] = (struct svc_slice){options->user, strlen(options->user)};
        }
        arguments[count++] =
            (struct svc_slice){options->password, strlen(options->password)};
        svc_redis_wire_add(bytes, count, arguments);
        commands++;
    }
    if (options->database != 0) {
        arguments[0] = SVC_SLICE("SELECT");
        arguments[1] =
            (struct svc_slice){number, svc_text_put_int64(number, options->database)};
        svc_redis_wire_add(bytes, 2, arguments);
        commands++;
    }
    arguments[0] = SVC_SLICE("PING");
    svc_redis_wire_add(bytes, 1, arguments);
    return commands;
}

static bool shake_hands(struct svc_redis_connection *connection,
    const struct svc_redis_options *options, int64_t deadline_ns,
    struct svc_redis_error *ret_error)
{
    struct svc_redis_reply *replies[HANDSHAKE_MAX] = {NULL};
    struct svc_buf bytes;

    svc_buf_init(&bytes, SIZE_MAX / 2);
    size_t count = write_handshake(options, &bytes);
    bool fine = svc_redis_connection_call(
        connection, &bytes, count, replies, deadline_ns, ret_error);
    for (size_t i = 0; fine && i < count; i++) {
        /* A user who may not PING is welcome all the same. */
        if (svc_redis_reply_is_error(replies[i]) &&
            !svc_redis_reply_is_error_of(replies[i], "NOPERM")) {
            snprintf(ret_error->message, sizeof ret_error->message,
                "Redis refused the connection: %.100s",
                svc_redis_reply_text(replies[i]).text);
            fine = false;
        }
    }
    for (size_t i = 0; i < HANDSHAKE_MAX; i++) {
        svc_redis_reply_free(&replies[i]);
    }
    svc_buf_done(&bytes);
    return fine;
}

struct svc_redis_connection *svc_redis_connection_open(
    const struct svc_redis_options *options, const struct svc_redis_host *host,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    ret_error->status = SVC_UNAVAILABLE;
    int fd = connect_host(host, deadline_ns, ret_error);
    if (fd < 0) {
        return NULL;
    }
    struct svc_redis_connection *connection = svc_alloc_zero(1, sizeof *connection);
    connection->fd = fd;
    connection->reader = redisReaderCreate();
    if (connection->reader == NULL) {
        abort();
    }
    if (!shake_hands(connection, options, deadline_ns, ret_error)) {
        svc_redis_connection_close(&connection);
    }
    return connection;
}

void svc_redis_connection_close(struct svc_redis_connection **connection_pointer)
{
    struct svc_redis_connection *connection = *connection_pointer;

    *connection_pointer = NULL;
    if (connection == NULL) {
        return;
    }
    close(connection->fd);
    redisReaderFree(connection->reader);
    free(connection);
}

int svc_redis_connection_fd(const struct svc_redis_connection *connection)
{
    return connection->fd;
}

bool svc_redis_connection_is_idle(const struct svc_redis_connection *connection)
{
    struct pollfd waiting = {.fd = connection->fd, .events = POLLIN};

    return poll(&waiting, 1, 0) == 0;
}

ptrdiff_t svc_redis_connection_send(
    struct svc_redis_connection *connection, const char *bytes, size_t length)
{
    ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL);

    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    return sent;
}

int svc_redis_connection_receive(
    struct svc_redis_connection *connection, struct svc_redis_error *ret_error)
{
    char bytes[RECEIVE_SIZE];
    ssize_t received = recv(connection->fd, bytes, sizeof bytes, 0);

    if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (received <= 0) {
        svc_redis_fail(ret_error, SVC_UNAVAILABLE,
            received == 0 ? "Redis closed the connection" : strerrordesc_np(errno));
        return -1;
    }
    if (redisReaderFeed(connection->reader, bytes, (size_t)received) != REDIS_OK) {
        svc_redis_fail(ret_error, SVC_UNAVAILABLE, connection->reader->errstr);
        return -1;
    }
    return 1;
}

int svc_redis_connection_next(
    struct svc_redis_connection *connection, struct svc_redis_reply **ret_reply)
{
    void *reply = NULL;

    if (redisReaderGetReply(connection->reader, &reply) != REDIS_OK) {
        return -1;
    }
    if (reply == NULL) {
        return 0;
    }
    *ret_reply = reply;
    return 1;
}

static bool send_all(struct svc_redis_connection *connection, const struct svc_buf *bytes,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    size_t sent = 0;

    while (sent < bytes->length) {
        ptrdiff_t now = svc_redis_connection_send(
            connection, bytes->bytes + sent, bytes->length - sent);
        if (now < 0) {
            svc_redis_fail(ret_error, SVC_UNAVAILABLE, "the connection broke");
            return false;
        }
        sent += (size_t)now;
        if (now == 0 && !wait_for(connection->fd, POLLOUT, deadline_ns)) {
            svc_redis_fail(ret_error, SVC_TIMEOUT, "Redis did not take it in time");
            return false;
        }
    }
    return true;
}

bool svc_redis_connection_call(struct svc_redis_connection *connection,
    const struct svc_buf *bytes, size_t count, struct svc_redis_reply **ret_replies,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    if (!send_all(connection, bytes, deadline_ns, ret_error)) {
        return false;
    }
    for (size_t i = 0; i < count;) {
        int got = svc_redis_connection_next(connection, &ret_replies[i]);
        if (got < 0) {
            svc_redis_fail(ret_error, SVC_UNAVAILABLE, "Redis sent what isn't RESP");
            return false;
        }
        i += (size_t)got;
        if (got == 0 && !wait_for(connection->fd, POLLIN, deadline_ns)) {
            svc_redis_fail(ret_error, SVC_TIMEOUT, "Redis did not answer in time");
            return false;
        }
        if (got == 0 && svc_redis_connection_receive(connection, ret_error) < 0) {
            return false;
        }
    }
    return true;
}
