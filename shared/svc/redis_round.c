#include "redis_private.h"

#include "clock.h"

#include <poll.h>
#include <stdlib.h>

/* What one send carries at most, unless a single request is larger. */
#define ROUND_BYTES_MAX ((size_t)256 * 1024)
/* A lane keeps a send buffer of this size. */
#define OUT_KEEP ((size_t)64 * 1024)
/* A leader that has its own replies waits no longer than this for those of others. */
#define STAY_NS INT64_C(1000000)

/* Whether the thread still leads the round trip. */
enum lead { LEAVES, STAYS };

static enum lead finish(struct svc_redis_lane *lane, enum svc_redis_round_end end)
{
    lane->round.under_way = false;
    if (end != SVC_REDIS_ROUND_GOOD) {
        svc_redis_connection_close(&lane->connection);
    }
    if (lane->out.room > OUT_KEEP) {
        svc_buf_done(&lane->out);
    }
    svc_redis_node_pass_on(lane, end);
    return LEAVES;
}

static enum lead break_off(struct svc_redis_lane *lane, const char *message)
{
    struct svc_redis_round *round = &lane->round;

    for (size_t i = round->current; i < round->count; i++) {
        if (round->requests[i] != NULL) {
            svc_redis_request_complete(round->requests[i], SVC_UNAVAILABLE, message);
        }
    }
    return finish(lane, SVC_REDIS_ROUND_BROKEN);
}

static void add_request(struct svc_redis_lane *lane, struct svc_redis_request *request)
{
    struct svc_redis_round *round = &lane->round;

    if (request->deadline_ns <= round->began_ns) {
        svc_redis_request_complete(
            request, SVC_TIMEOUT, "no connection was free in time");
        return;
    }
    request->sent = true;
    svc_buf_add(&lane->out, request->bytes, request->length);
    round->requests[round->count] = request;
    round->expected[round->count++] = request->reply_count;
    if (request->deadline_ns < round->deadline_ns) {
        round->deadline_ns = request->deadline_ns;
    }
}

/* False when the connection is broken. */
static bool send_rest(struct svc_redis_lane *lane)
{
    struct svc_redis_round *round = &lane->round;

    while (round->sent < lane->out.length) {
        ptrdiff_t sent = svc_redis_connection_send(lane->connection,
            lane->out.bytes + round->sent, lane->out.length - round->sent);
        if (sent <= 0) {
            return sent == 0;
        }
        round->sent += (size_t)sent;
    }
    return true;
}

/* A connection that is there and seems to live, or a new one. */
static bool ensure_connection(
    struct svc_redis_lane *lane, int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    if (lane->connection != NULL && svc_redis_connection_is_idle(lane->connection)) {
        return true;
    }
    svc_redis_connection_close(&lane->connection);
    lane->connection = svc_redis_connection_open(
        lane->node->options, &lane->node->host, deadline_ns, ret_error);
    return lane->connection != NULL;
}

bool svc_redis_round_begin(struct svc_redis_request *request)
{
    struct svc_redis_lane *lane = request->lane;
    struct svc_redis_round *round = &lane->round;
    struct svc_redis_error error;

    if (round->under_way) {
        return true;
    }
    round->count = round->current = round->read = round->sent = 0;
    round->leader = request;
    round->leave_ns = request->deadline_ns;
    round->deadline_ns = INT64_MAX;
    round->began_ns = svc_clock_monotonic_ns();
    svc_buf_clear(&lane->out);
    if (request->deadline_ns <= round->began_ns) {
        add_request(lane, request);
        return finish(lane, SVC_REDIS_ROUND_GOOD) == STAYS;
    }
    if (!ensure_connection(lane, request->deadline_ns, &error)) {
        svc_redis_request_complete(request, error.status, error.message);
        return finish(lane, SVC_REDIS_ROUND_FAILED) == STAYS;
    }
    round->under_way = true;
    add_request(lane, request);
    struct svc_redis_request *next =
        svc_redis_node_take(lane, SVC_REDIS_ROUND_MAX - 1, ROUND_BYTES_MAX);
    while ((request = next) != NULL) {
        next = request->next;
        add_request(lane, request);
    }
    return send_rest(lane) || break_off(lane, "the connection broke") == STAYS;
}

/* Goes on to the next request once all replies of one are there; returns that one, or
 * NULL.
 */
static struct svc_redis_request *take_reply(
    struct svc_redis_round *round, struct svc_redis_reply *reply)
{
    struct svc_redis_request *request = round->requests[round->current];

    if (request != NULL) {
        request->replies[round->read] = reply;
    } else {
        svc_redis_reply_free(&reply);
    }
    if (++round->read < round->expected[round->current]) {
        return NULL;
    }
    round->requests[round->current++] = NULL;
    round->read = 0;
    if (request != NULL && request == round->leader) {
        int64_t leave_ns = svc_clock_monotonic_ns() + STAY_NS;
        round->leader = NULL;
        round->leave_ns = leave_ns < round->leave_ns ? leave_ns : round->leave_ns;
    }
    return request;
}

/* Takes what has come; false where it isn't RESP. Those who are answered wake together at
 * the end, or the first of them would take the leader's processor. */
static bool take_replies(struct svc_redis_lane *lane)
{
    struct svc_redis_round *round = &lane->round;
    struct svc_redis_request *answered = NULL;
    struct svc_redis_request **end = &answered;
    struct svc_redis_reply *reply = NULL;
    int got = 1;

    while (round->current < round->count &&
           (got = svc_redis_connection_next(lane->connection, &reply)) > 0) {
        *end = take_reply(round, reply);
        if (*end != NULL) {
            end = &(*end)->next;
            *end = NULL;
        }
    }
    while (answered != NULL) {
        struct svc_redis_request *request = answered;
        answered = request->next;
        svc_redis_request_complete(request, SVC_OK, "");
    }
    return got >= 0;
}

static enum lead read_replies(struct svc_redis_lane *lane)
{
    const struct svc_redis_round *round = &lane->round;
    struct svc_redis_error error;

    if (svc_redis_connection_receive(lane->connection, &error) < 0) {
        return break_off(lane, error.message);
    }
    if (!take_replies(lane)) {
        return break_off(lane, "Redis sent what isn't RESP");
    }
    return round->current < round->count ? STAYS : finish(lane, SVC_REDIS_ROUND_GOOD);
}

/* Gives up those whose time is over; returns the one with the most of it left, or NULL.
 */
static struct svc_redis_request *give_up_late(
    struct svc_redis_round *round, int64_t now_ns)
{
    struct svc_redis_request *last = NULL;

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
        if (request->deadline_ns < round->deadline_ns) {
            round->deadline_ns = request->deadline_ns;
        }
        last = last == NULL || request->deadline_ns > last->deadline_ns ? request : last;
    }
    return last;
}

/* What the time asks for: the leader has its own, too. */
static enum lead look_at_clock(struct svc_redis_lane *lane)
{
    struct svc_redis_round *round = &lane->round;
    int64_t now_ns = svc_clock_monotonic_ns();

    if (now_ns < round->deadline_ns && now_ns < round->leave_ns) {
        return STAYS;
    }
    struct svc_redis_request *last = give_up_late(round, now_ns);
    if (last == NULL) {
        /* One that came late into its own time says nothing about Redis. */
        bool silent = now_ns - round->began_ns >= lane->node->options->timeout_ns / 2;
        return finish(lane, silent ? SVC_REDIS_ROUND_FAILED : SVC_REDIS_ROUND_BROKEN);
    }
    if (now_ns < round->leave_ns) {
        return STAYS;
    }
    round->leader = last;
    round->leave_ns = last->deadline_ns;
    svc_redis_node_hand_over(lane, last);
    return LEAVES;
}

static enum lead go_on(struct svc_redis_lane *lane, short events)
{
    if ((events & POLLOUT) != 0 && !send_rest(lane)) {
        return break_off(lane, "the connection broke");
    }
    if ((events & (POLLIN | POLLERR | POLLHUP)) != 0 && read_replies(lane) == LEAVES) {
        return LEAVES;
    }
    return look_at_clock(lane);
}

/* Fills FDS with what the lanes wait for; returns when the clock asks for something, or
 * INT64_MAX where none is left. */
static int64_t prepare_poll(
    struct svc_redis_lane *const *lanes, size_t count, struct pollfd *fds)
{
    int64_t until_ns = INT64_MAX;

    for (size_t i = 0; i < count; i++) {
        fds[i] = (struct pollfd){.fd = -1};
        if (lanes[i] == NULL) {
            continue;
        }
        const struct svc_redis_round *round = &lanes[i]->round;
        bool unsent = round->sent < lanes[i]->out.length;
        fds[i].fd = svc_redis_connection_fd(lanes[i]->connection);
        fds[i].events = POLLIN;
        if (unsent) {
            fds[i].events = POLLIN | POLLOUT;
        }
        until_ns = round->deadline_ns < until_ns ? round->deadline_ns : until_ns;
        until_ns = round->leave_ns < until_ns ? round->leave_ns : until_ns;
    }
    return until_ns;
}

void svc_redis_rounds_finish(struct svc_redis_lane **lanes, size_t count)
{
    struct pollfd few[4];
    SVC_AUTO_FREE struct pollfd *many =
        count > 4 ? svc_alloc(count * sizeof *many) : NULL;
    struct pollfd *fds = many != NULL ? many : few;
    int64_t until_ns = 0;

    while ((until_ns = prepare_poll(lanes, count, fds)) != INT64_MAX) {
        int64_t left_ns = until_ns - svc_clock_monotonic_ns();
        left_ns = left_ns > 0 ? left_ns : 0;
        struct timespec left = {left_ns / 1000000000, left_ns % 1000000000};
        int ready = ppoll(fds, count, &left, NULL);
        for (size_t i = 0; i < count; i++) {
            if (ready <= 0) {
                fds[i].revents = 0;
            }
            if (lanes[i] != NULL && go_on(lanes[i], fds[i].revents) == LEAVES) {
                lanes[i] = NULL;
            }
        }
    }
}
