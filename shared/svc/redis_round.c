#include "redis_private.h"

#include "clock.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

/* What one send carries at most, unless a single request is larger. */
#define ROUND_BYTES_MAX ((size_t)256 * 1024)
/* A lane keeps a send buffer of this size. */
#define OUT_KEEP ((size_t)64 * 1024)

static void fail_all(
    struct svc_redis_round *round, enum svc_status status, const char *message)
{
    for (size_t i = round->current; i < round->count; i++) {
        if (round->requests[i] != NULL) {
            svc_redis_request_complete(round->requests[i], status, message);
        }
    }
    round->current = round->count;
}

static void finish(struct svc_redis_round *round, enum svc_redis_round_end end)
{
    round->finished = true;
    if (end != SVC_REDIS_ROUND_GOOD) {
        svc_redis_connection_close(&round->lane->connection);
    }
    if (round->lane->out.room > OUT_KEEP) {
        svc_buf_done(&round->lane->out);
    }
    svc_redis_node_pass_on(round->node, round->lane, end);
}

static void break_off(
    struct svc_redis_round *round, enum svc_redis_round_end end, const char *message)
{
    fail_all(round, SVC_UNAVAILABLE, message);
    finish(round, end);
}

static bool add_request(struct svc_redis_round *round, struct svc_redis_request *request)
{
    if (request->deadline_ns <= round->began_ns) {
        svc_redis_request_complete(
            request, SVC_TIMEOUT, "no connection was free in time");
        return false;
    }
    request->sent = true;
    svc_buf_add(&round->lane->out, request->bytes, request->length);
    round->requests[round->count] = request;
    round->expected[round->count++] = request->reply_count;
    if (request->deadline_ns < round->deadline_ns) {
        round->deadline_ns = request->deadline_ns;
    }
    return true;
}

/* False when the connection is broken. */
static bool send_rest(struct svc_redis_round *round)
{
    const struct svc_buf *out = &round->lane->out;

    while (round->sent < out->length) {
        ptrdiff_t sent = svc_redis_connection_send(
            round->lane->connection, out->bytes + round->sent, out->length - round->sent);
        if (sent <= 0) {
            return sent == 0;
        }
        round->sent += (size_t)sent;
    }
    return true;
}

/* A connection that is there and seems to live, or a new one. */
static bool ensure_connection(struct svc_redis_round *round,
    const struct svc_redis_request *request, struct svc_redis_error *ret_error)
{
    struct svc_redis_lane *lane = round->lane;

    if (lane->connection != NULL && svc_redis_connection_is_idle(lane->connection)) {
        return true;
    }
    svc_redis_connection_close(&lane->connection);
    lane->connection = svc_redis_connection_open(
        round->node->options, &round->node->host, request->deadline_ns, ret_error);
    return lane->connection != NULL;
}

void svc_redis_round_begin(
    struct svc_redis_round *round, struct svc_redis_request *request)
{
    struct svc_redis_error error;

    round->node = request->node;
    round->lane = request->lane;
    round->count = round->current = round->read = round->sent = 0;
    round->finished = false;
    round->deadline_ns = INT64_MAX;
    round->began_ns = svc_clock_monotonic_ns();
    svc_buf_clear(&round->lane->out);
    if (request->deadline_ns <= round->began_ns) {
        (void)add_request(round, request);
        finish(round, SVC_REDIS_ROUND_GOOD);
        return;
    }
    if (!ensure_connection(round, request, &error)) {
        svc_redis_request_complete(request, error.status, error.message);
        finish(round, SVC_REDIS_ROUND_FAILED);
        return;
    }
    (void)add_request(round, request);
    struct svc_redis_request *next = svc_redis_node_take(
        round->node, round->lane, SVC_REDIS_ROUND_MAX - 1, ROUND_BYTES_MAX);
    while ((request = next) != NULL) {
        next = request->next;
        (void)add_request(round, request);
    }
    if (!send_rest(round)) {
        break_off(round, SVC_REDIS_ROUND_BROKEN, "the connection broke");
    }
}

/* Goes on to the next request once all replies of one are there. */
static void take_reply(struct svc_redis_round *round, struct svc_redis_reply *reply)
{
    struct svc_redis_request *request = round->requests[round->current];

    if (request != NULL) {
        request->replies[round->read] = reply;
    } else {
        svc_redis_reply_free(&reply);
    }
    if (++round->read < round->expected[round->current]) {
        return;
    }
    round->requests[round->current++] = NULL;
    round->read = 0;
    if (request != NULL) {
        svc_redis_request_complete(request, SVC_OK, "");
    }
}

static void read_replies(struct svc_redis_round *round)
{
    struct svc_redis_connection *connection = round->lane->connection;
    struct svc_redis_error error;

    if (svc_redis_connection_receive(connection, &error) < 0) {
        break_off(round, SVC_REDIS_ROUND_BROKEN, error.message);
        return;
    }
    while (round->current < round->count) {
        struct svc_redis_reply *reply = NULL;
        int got = svc_redis_connection_next(connection, &reply);
        if (got < 0) {
            break_off(round, SVC_REDIS_ROUND_BROKEN, "Redis sent what isn't RESP");
            return;
        }
        if (got == 0) {
            return;
        }
        take_reply(round, reply);
    }
    finish(round, SVC_REDIS_ROUND_GOOD);
}

/* Gives up those whose time is over; the connection too where they are all. */
static void give_up_late(struct svc_redis_round *round, int64_t now_ns)
{
    bool somebody = false;

    round->deadline_ns = INT64_MAX;
    for (size_t i = round->current; i < round->count; i++) {
        struct svc_redis_request *request = round->requests[i];
        if (request == NULL) {
            continue;
        }
        if (request->deadline_ns <= now_ns) {
            round->requests[i] = NULL;
            svc_redis_request_complete(
                request, SVC_TIMEOUT, "Redis did not answer in time");
            continue;
        }
        somebody = true;
        if (request->deadline_ns < round->deadline_ns) {
            round->deadline_ns = request->deadline_ns;
        }
    }
    if (!somebody) {
        /* One that came late into its own time says nothing about Redis. */
        bool long_enough =
            now_ns - round->began_ns >= round->node->options->timeout_ns / 2;
        finish(round, long_enough ? SVC_REDIS_ROUND_FAILED : SVC_REDIS_ROUND_BROKEN);
    }
}

static void go_on(struct svc_redis_round *round, short events)
{
    if ((events & POLLOUT) != 0 && !send_rest(round)) {
        break_off(round, SVC_REDIS_ROUND_BROKEN, "the connection broke");
        return;
    }
    if ((events & (POLLIN | POLLERR | POLLHUP)) != 0) {
        read_replies(round);
    }
    if (round->finished || round->deadline_ns == INT64_MAX) {
        return;
    }
    int64_t now_ns = svc_clock_monotonic_ns();
    if (now_ns >= round->deadline_ns) {
        give_up_late(round, now_ns);
    }
}

/* Fills FDS with what the rounds wait for; returns when the first is late, or INT64_MAX
 * where all are finished. */
static int64_t prepare_poll(
    const struct svc_redis_round *rounds, size_t count, struct pollfd *fds)
{
    int64_t deadline_ns = INT64_MAX;

    for (size_t i = 0; i < count; i++) {
        const struct svc_redis_round *round = &rounds[i];
        fds[i] = (struct pollfd){.fd = -1};
        if (round->finished) {
            continue;
        }
        bool unsent = round->sent < round->lane->out.length;
        fds[i].fd = svc_redis_connection_fd(round->lane->connection);
        fds[i].events = (short)(POLLIN | (unsent ? POLLOUT : 0));
        deadline_ns = round->deadline_ns < deadline_ns ? round->deadline_ns : deadline_ns;
    }
    return deadline_ns;
}

void svc_redis_rounds_finish(struct svc_redis_round *rounds, size_t count)
{
    struct pollfd few[4];
    SVC_AUTO_FREE struct pollfd *many =
        count > 4 ? svc_alloc(count * sizeof *many) : NULL;
    struct pollfd *fds = many != NULL ? many : few;
    int64_t deadline_ns = 0;

    while ((deadline_ns = prepare_poll(rounds, count, fds)) != INT64_MAX) {
        int64_t left_ns = deadline_ns - svc_clock_monotonic_ns();
        left_ns = left_ns > 0 ? left_ns : 0;
        struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};
        int ready = ppoll(fds, count, &left, NULL);
        for (size_t i = 0; i < count; i++) {
            if (fds[i].fd >= 0) {
                go_on(&rounds[i], ready > 0 ? fds[i].revents : 0);
            }
        }
    }
}
