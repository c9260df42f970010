#include "redis_private.h"

#include "clock.h"
#include "random.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 2000
/* A round trip that carries more than this is worth waiting for: who doesn't join it but
 * takes another connection costs Redis, and us, a system call more for each. Measured by
 * tests/load/redis_bench.c, as is the number of lanes. */
#define LANE_LOAD_LOW 2

/* Flat combining: of the threads that want a node at the same time one leads. It sends
 * what all of them have to say, reads all replies, and wakes each; then who came in the
 * meantime gets the lead. D. Hendler, I. Incze, N. Shavit, M. Tzafrir, "Flat Combining
 * and the Synchronization-Parallelism Tradeoff", SPAA 2010. */

struct svc_redis_node *svc_redis_node_new(
    const struct svc_redis_options *options, const char *host, int port)
{
    struct svc_redis_node *node = svc_alloc_zero(1, sizeof *node);

    node->options = options;
    node->host = (struct svc_redis_host){svc_strdup(host), port};
    pthread_mutex_init(&node->mutex, NULL);
    for (size_t i = 0; i < SVC_REDIS_LANES_MAX; i++) {
        node->lanes[i].node = node;
        svc_buf_init(&node->lanes[i].out, SIZE_MAX / 2);
    }
    return node;
}

void svc_redis_node_free(struct svc_redis_node **node_pointer)
{
    struct svc_redis_node *node = *node_pointer;

    *node_pointer = NULL;
    if (node == NULL) {
        return;
    }
    for (size_t i = 0; i < SVC_REDIS_LANES_MAX; i++) {
        svc_redis_connection_close(&node->lanes[i].connection);
        svc_buf_done(&node->lanes[i].out);
    }
    pthread_mutex_destroy(&node->mutex);
    free(node->host.name);
    free(node);
}

/* With the mutex held. After a failure, and its pause, one call tries; the others go on
 * failing at once until it's known. */
static bool refuses(const struct svc_redis_node *node)
{
    return node->backoff_ms > 0 &&
           (node->trying || svc_clock_monotonic_ms() < node->refuse_until_ms);
}

bool svc_redis_node_is_refusing(struct svc_redis_node *node)
{
    pthread_mutex_lock(&node->mutex);
    bool refusing = refuses(node);
    pthread_mutex_unlock(&node->mutex);
    return refusing;
}

/* With the mutex held. Ever longer up to a limit, and with jitter, so that replicas don't
 * come back together. */
static void note_failure(struct svc_redis_node *node)
{
    int64_t now_ms = svc_clock_monotonic_ms();

    if (now_ms < node->refuse_until_ms) {
        return;
    }
    node->backoff_ms = node->backoff_ms > 0 ? node->backoff_ms * 2 : BACKOFF_FIRST_MS;
    if (node->backoff_ms > BACKOFF_MAX_MS) {
        node->backoff_ms = BACKOFF_MAX_MS;
    }
    node->refuse_until_ms = now_ms + node->backoff_ms / 2 +
                            (int64_t)svc_random_below((uint64_t)node->backoff_ms / 2 + 1);
}

/* With the mutex held. */
static struct svc_redis_request *pop(struct svc_redis_node *node)
{
    struct svc_redis_request *request = node->first;

    if (request == NULL) {
        return NULL;
    }
    node->first = request->next;
    if (node->first == NULL) {
        node->last = NULL;
    }
    request->next = NULL;
    request->taken = true;
    return request;
}

struct svc_redis_request *svc_redis_node_take(
    struct svc_redis_lane *lane, size_t count, size_t bytes)
{
    struct svc_redis_node *node = lane->node;
    struct svc_redis_request *list = NULL;
    struct svc_redis_request **end = &list;

    pthread_mutex_lock(&node->mutex);
    lane->load = 1;
    while (lane->load <= count && node->first != NULL && node->first->length <= bytes) {
        bytes -= node->first->length;
        *end = pop(node);
        end = &(*end)->next;
        lane->load++;
    }
    pthread_mutex_unlock(&node->mutex);
    return list;
}

/* With the mutex held. */
static void push(struct svc_redis_node *node, struct svc_redis_request *request)
{
    if (node->last != NULL) {
        node->last->next = request;
    } else {
        node->first = request;
    }
    node->last = request;
}

/* With the mutex held. */
static void withdraw(struct svc_redis_node *node, struct svc_redis_request *request)
{
    struct svc_redis_request **place = &node->first;
    struct svc_redis_request *before = NULL;

    while (*place != request) {
        before = *place;
        place = &before->next;
    }
    *place = request->next;
    if (node->last == request) {
        node->last = before;
    }
}

static void notify(struct svc_redis_request *request, int state)
{
    _Atomic int *futex = &request->state;

    if (atomic_exchange(futex, state) == SVC_REDIS_SLEEPING) {
        /* The request may be gone by now; then nobody sleeps at its address, or somebody
         * wakes for nothing, which every futex allows for. */
        syscall(SYS_futex, futex, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

void svc_redis_request_complete(
    struct svc_redis_request *request, enum svc_status status, const char *message)
{
    request->status = status;
    if (status != SVC_OK) {
        snprintf(request->message, sizeof request->message, "%s", message);
    }
    notify(request, SVC_REDIS_DONE);
}

void svc_redis_node_hand_over(
    struct svc_redis_lane *lane, struct svc_redis_request *request)
{
    request->lane = lane;
    notify(request, SVC_REDIS_LEADING);
}

void svc_redis_node_pass_on(struct svc_redis_lane *lane, enum svc_redis_round_end end)
{
    struct svc_redis_node *node = lane->node;
    struct svc_redis_request *refused = NULL;
    struct svc_redis_request *next = NULL;

    pthread_mutex_lock(&node->mutex);
    node->trying = false;
    if (end == SVC_REDIS_ROUND_FAILED) {
        note_failure(node);
        refused = node->first;
        for (struct svc_redis_request *all = refused; all != NULL; all = all->next) {
            all->taken = true;
        }
        node->first = node->last = NULL;
    } else {
        node->backoff_ms = end == SVC_REDIS_ROUND_GOOD ? 0 : node->backoff_ms;
        next = pop(node);
    }
    lane->busy = next != NULL;
    if (next != NULL) {
        next->lane = lane;
        lane->load = 1;
    }
    pthread_mutex_unlock(&node->mutex);
    if (next != NULL) {
        notify(next, SVC_REDIS_LEADING);
    }
    while (refused != NULL) {
        struct svc_redis_request *request = refused;
        refused = request->next;
        svc_redis_request_complete(request, SVC_UNAVAILABLE, "Redis failed a moment ago");
    }
}

/* With the mutex held: a lane that nobody leads, the warmest first; NULL where it's
 * better to wait, with the others, for the end of a round trip. */
static struct svc_redis_lane *find_lane(struct svc_redis_node *node)
{
    struct svc_redis_lane *lane = NULL;

    for (size_t i = node->options->lane_count; i-- > 0;) {
        if (!node->lanes[i].busy) {
            lane = &node->lanes[i];
        } else if (node->lanes[i].load > LANE_LOAD_LOW) {
            return NULL;
        }
    }
    return node->first == NULL ? lane : NULL;
}

/* Joins the node: as a leader, or in the queue unless ONLY_LEAD, or is refused. */
static void enter(struct svc_redis_request *request, bool only_lead)
{
    struct svc_redis_node *node = request->node;
    struct svc_redis_lane *lane = NULL;

    pthread_mutex_lock(&node->mutex);
    bool refused = refuses(node);
    if (!refused && (lane = find_lane(node)) != NULL &&
        !(only_lead && lane->connection == NULL)) {
        node->trying = node->backoff_ms > 0;
        lane->busy = true;
        lane->load = 1;
        request->taken = true;
        request->lane = lane;
        atomic_store_explicit(&request->state, SVC_REDIS_LEADING, memory_order_relaxed);
    } else if (!refused && !only_lead) {
        push(node, request);
    }
    pthread_mutex_unlock(&node->mutex);
    if (refused) {
        svc_redis_request_complete(request, SVC_UNAVAILABLE, "Redis failed a moment ago");
    }
}

/* Until the request is done or leads, or its time is over while it's still in the queue.
 */
static void sleep_on(struct svc_redis_request *request)
{
    struct timespec until = {
        request->deadline_ns / 1000000000, request->deadline_ns % 1000000000};
    struct timespec *limit = &until;
    int waiting = SVC_REDIS_WAITING;

    atomic_compare_exchange_strong(&request->state, &waiting, SVC_REDIS_SLEEPING);
    while (atomic_load(&request->state) == SVC_REDIS_SLEEPING) {
        long woken = syscall(SYS_futex, &request->state, FUTEX_WAIT_BITSET_PRIVATE,
            SVC_REDIS_SLEEPING, limit, NULL, FUTEX_BITSET_MATCH_ANY);
        if (woken == 0 || errno != ETIMEDOUT || limit == NULL) {
            continue;
        }
        limit = NULL;
        pthread_mutex_lock(&request->node->mutex);
        bool mine = !request->taken;
        if (mine) {
            withdraw(request->node, request);
        }
        pthread_mutex_unlock(&request->node->mutex);
        if (mine) {
            svc_redis_request_complete(
                request, SVC_TIMEOUT, "no connection was free in time");
        }
    }
}

static void run_one(struct svc_redis_request *request)
{
    enter(request, false);
    if (atomic_load(&request->state) == SVC_REDIS_WAITING) {
        sleep_on(request);
    }
    if (atomic_load(&request->state) == SVC_REDIS_LEADING) {
        struct svc_redis_lane *lane = request->lane;
        if (svc_redis_round_begin(request)) {
            svc_redis_rounds_finish(&lane, 1);
        }
    }
}

void svc_redis_requests_run(struct svc_redis_request *requests, size_t count)
{
    struct svc_redis_lane **lanes = count > 1 ? svc_alloc(count * sizeof *lanes) : NULL;
    size_t begun = 0;

    /* First what can go out at once, together. A thread that led one node while it waits
     * in the queue of another would let those behind it wait for both. */
    for (size_t i = 0; count > 1 && i < count; i++) {
        enter(&requests[i], true);
        if (atomic_load(&requests[i].state) == SVC_REDIS_LEADING) {
            lanes[begun] = requests[i].lane;
            begun += svc_redis_round_begin(&requests[i]);
        }
    }
    svc_redis_rounds_finish(lanes, begun);
    for (size_t i = 0; i < count; i++) {
        if (atomic_load(&requests[i].state) == SVC_REDIS_WAITING) {
            run_one(&requests[i]);
        }
    }
    free((void *)lanes);
}
