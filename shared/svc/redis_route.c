#include "redis_private.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So many times a command follows redirections without a pause in between. */
#define TRIES_QUICK 4
#define PAUSE_NS INT64_C(5000000)
/* So long after CLUSTERDOWN lasted for a whole call, others don't wait for its end. */
#define DOWN_MS 250
#define SENT_AGAIN_MAX 1

/* A command on its way. */
struct trip {
    bool pending;
    bool asking; /* ASK: this once, to a node that takes the slot over */
    bool eval;   /* Redis doesn't know the script */
    unsigned sent_again;
    struct svc_redis_node *node; /* where a redirection leads; NULL: ask the topology */
};

/* What goes to one node in one round trip. */
struct leg {
    struct svc_redis_node *node;
    struct svc_buf bytes;
    struct svc_redis_reply **replies; /* one for each command, and for each ASKING */
    size_t *commands;                 /* whose reply it is; SIZE_MAX: ASKING's */
    size_t count;
};

struct route {
    struct svc_redis *redis;
    struct svc_redis_batch *batch;
    int64_t deadline_ns;
    struct trip *trips;
    size_t pending;
    struct leg *legs;
    size_t leg_count;
    bool pause;                        /* before the next try */
    bool refresh;                      /* the topology has changed, it seems */
    bool down;                         /* CLUSTERDOWN was said */
    struct svc_redis_error *error;     /* of the first command that can't be helped */
    char said[SVC_REDIS_MESSAGE_SIZE]; /* why something has to be tried again */
};

bool svc_redis_reply_is_unfinished(const struct svc_redis *redis,
    const struct svc_redis_command *command, const struct svc_redis_reply *reply)
{
    static const char *const prefixes[] = {
        "MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN", "LOADING"};

    if (!svc_redis_reply_is_error(reply)) {
        return false;
    }
    if (command->script != NULL && svc_redis_reply_is_error_of(reply, "NOSCRIPT")) {
        return true;
    }
    for (size_t i = 0; redis->cluster && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (svc_redis_reply_is_error_of(reply, prefixes[i])) {
            return true;
        }
    }
    return false;
}

static void fail(struct route *route, enum svc_status status, const char *message)
{
    if (route->error->status == SVC_OK) {
        svc_redis_fail(route->error, status, message);
    }
}

static void set_pending(struct route *route, size_t index)
{
    struct svc_slice said = svc_redis_reply_text(route->batch->replies[index]);

    if (said.text != NULL) {
        snprintf(route->said, sizeof route->said, "%s", said.text);
    }
    route->trips[index].pending = true;
    route->pending++;
    svc_redis_reply_free(&route->batch->replies[index]);
}

/* "MOVED 3999 127.0.0.1:6381" */
static void follow(struct route *route, size_t index, struct svc_redis_node *from)
{
    struct trip *trip = &route->trips[index];
    const char *text = svc_redis_reply_text(route->batch->replies[index]).text;
    bool is_ask = text[0] == 'A';
    const char *address = strrchr(text, ' ') + 1;
    int slot = (int)strtol(strchr(text, ' ') + 1, NULL, 10);

    trip->node = svc_redis_topology_redirect(route->redis, slot, address, from, is_ask);
    trip->asking = is_ask && trip->node != NULL;
    route->refresh = route->refresh || !is_ask;
    set_pending(route, index);
}

static void review_error(struct route *route, size_t index, struct svc_redis_node *from)
{
    const struct svc_redis_reply *reply = route->batch->replies[index];
    bool down = svc_redis_reply_is_error_of(reply, "CLUSTERDOWN");

    if (svc_redis_reply_is_error_of(reply, "NOSCRIPT")) {
        route->trips[index].eval = true;
        set_pending(route, index);
        return;
    }
    if (svc_redis_reply_is_error_of(reply, "MOVED ") ||
        svc_redis_reply_is_error_of(reply, "ASK ")) {
        follow(route, index, from);
        return;
    }
    route->refresh = route->refresh || down;
    route->down = route->down || down;
    int64_t now_ns = svc_clock_monotonic_ns();
    if (now_ns + PAUSE_NS >= route->deadline_ns ||
        (down && now_ns / 1000000 < atomic_load(&route->redis->down_until_ms))) {
        fail(route, SVC_UNAVAILABLE, svc_redis_reply_text(reply).text);
        return;
    }
    route->pause = true;
    set_pending(route, index);
}

/* A command without reply: its node was out of reach, or was lost. Nothing is sent again
 * that may have been executed, unless its batch allows it. */
static void review_lost(
    struct route *route, size_t index, const struct svc_redis_request *request)
{
    struct trip *trip = &route->trips[index];
    struct svc_redis_error unused;
    struct svc_redis_node *now = NULL;
    bool again = request->sent && route->batch->repeatable &&
                 request->status == SVC_UNAVAILABLE && trip->sent_again < SENT_AGAIN_MAX;

    /* It may have a new master, which is known in a moment. */
    svc_redis_topology_refresh(route->redis, route->deadline_ns);
    if (route->redis->cluster && !request->sent) {
        now = svc_redis_topology_find(route->redis, route->batch->commands[index].slot,
            route->deadline_ns, &unused);
    }
    bool elsewhere = now != NULL && now != request->node;
    if (now != NULL) {
        svc_redis_node_release(route->redis, now);
    }
    if (!again && !elsewhere) {
        fail(route, request->status, request->message);
        return;
    }
    trip->sent_again += request->sent ? 1 : 0;
    set_pending(route, index);
}

static void review(
    struct route *route, size_t index, const struct svc_redis_request *request)
{
    const struct svc_redis_reply *reply = route->batch->replies[index];

    if (reply == NULL) {
        review_lost(route, index, request);
    } else if (svc_redis_reply_is_unfinished(
                   route->redis, &route->batch->commands[index], reply)) {
        review_error(route, index, request->node);
    }
}

/* NODE is the leg's, to be released. */
static struct leg *get_leg(struct route *route, struct svc_redis_node *node)
{
    for (size_t i = 0; i < route->leg_count; i++) {
        if (route->legs[i].node == node) {
            svc_redis_node_release(route->redis, node);
            return &route->legs[i];
        }
    }
    struct leg *leg = &route->legs[route->leg_count++];
    leg->node = node;
    leg->count = 0;
    svc_buf_init(&leg->bytes, SIZE_MAX / 2);
    leg->replies = svc_alloc_zero(2 * route->pending, sizeof *leg->replies);
    leg->commands = svc_alloc_zero(2 * route->pending, sizeof *leg->commands);
    return leg;
}

static bool add_to_leg(struct route *route, size_t index)
{
    static const struct svc_slice asking[] = {{"ASKING", 6}};
    struct trip *trip = &route->trips[index];
    struct svc_redis_node *node = trip->node;

    if (node == NULL) {
        node = svc_redis_topology_find(route->redis, route->batch->commands[index].slot,
            route->deadline_ns, route->error);
    }
    if (node == NULL) {
        return false;
    }
    trip->node = NULL;
    struct leg *leg = get_leg(route, node);
    if (trip->asking) {
        svc_redis_wire_add(&leg->bytes, 1, asking);
        leg->commands[leg->count++] = SIZE_MAX;
    }
    trip->asking = false;
    trip->pending = false;
    svc_redis_batch_copy(route->batch, index, trip->eval, &leg->bytes);
    leg->commands[leg->count++] = index;
    return true;
}

static bool make_legs(struct route *route)
{
    route->legs = svc_alloc_zero(route->pending, sizeof *route->legs);
    route->leg_count = 0;
    for (size_t i = 0; i < route->batch->count; i++) {
        if (route->trips[i].pending && !add_to_leg(route, i)) {
            return false;
        }
    }
    return true;
}

/* Hands the replies over to the batch. */
static void unload_leg(struct route *route, struct leg *leg)
{
    for (size_t i = 0; i < leg->count; i++) {
        if (leg->commands[i] == SIZE_MAX) {
            svc_redis_reply_free(&leg->replies[i]);
            continue;
        }
        route->batch->replies[leg->commands[i]] = leg->replies[i];
        leg->replies[i] = NULL;
    }
}

static void review_leg(
    struct route *route, const struct leg *leg, const struct svc_redis_request *request)
{
    for (size_t i = 0; i < leg->count; i++) {
        if (leg->commands[i] != SIZE_MAX) {
            review(route, leg->commands[i], request);
        }
    }
}

static void free_legs(struct route *route)
{
    for (size_t i = 0; i < route->leg_count; i++) {
        struct leg *leg = &route->legs[i];
        svc_redis_node_release(route->redis, leg->node);
        svc_buf_done(&leg->bytes);
        free((void *)leg->replies);
        free(leg->commands);
    }
    free(route->legs);
    route->legs = NULL;
    route->leg_count = 0;
}

static void run_legs(struct route *route)
{
    SVC_AUTO_FREE struct svc_redis_request *requests =
        svc_alloc_zero(route->leg_count, sizeof *requests);

    for (size_t i = 0; i < route->leg_count; i++) {
        struct leg *leg = &route->legs[i];
        requests[i] = (struct svc_redis_request){
            .node = leg->node,
            .bytes = leg->bytes.bytes,
            .length = leg->bytes.length,
            .replies = leg->replies,
            .reply_count = leg->count,
            .deadline_ns = route->deadline_ns,
        };
    }
    svc_redis_requests_run(requests, route->leg_count);
    route->pending = 0;
    for (size_t i = 0; i < route->leg_count; i++) {
        unload_leg(route, &route->legs[i]);
        review_leg(route, &route->legs[i], &requests[i]);
    }
}

static void pause_between(struct route *route, unsigned tries)
{
    static const struct timespec pause = {0, PAUSE_NS};

    if (route->refresh) {
        svc_redis_topology_refresh(route->redis, route->deadline_ns);
    }
    if (route->pending > 0 && (route->pause || tries > TRIES_QUICK)) {
        nanosleep(&pause, NULL);
    }
    route->refresh = route->pause = false;
}

static void run(struct route *route)
{
    unsigned tries = 0;

    pause_between(route, tries);
    while (route->pending > 0 && route->error->status == SVC_OK) {
        tries++;
        if (svc_clock_monotonic_ns() >= route->deadline_ns) {
            fail(route, SVC_UNAVAILABLE, route->said);
            return;
        }
        if (make_legs(route)) {
            run_legs(route);
        }
        free_legs(route);
        pause_between(route, tries);
    }
}

enum svc_status svc_redis_route_run(struct svc_redis *redis,
    struct svc_redis_batch *batch, const struct svc_redis_request *request,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    struct svc_redis_error error = {.status = SVC_OK};
    struct route route = {
        .redis = redis,
        .batch = batch,
        .deadline_ns = deadline_ns,
        .trips = svc_alloc_zero(batch->count, sizeof *route.trips),
        .error = &error,
    };

    for (size_t i = 0; i < batch->count; i++) {
        if (request != NULL) {
            review(&route, i, request);
        } else {
            set_pending(&route, i);
        }
    }
    run(&route);
    for (size_t i = 0; i < batch->count; i++) {
        if (route.trips[i].node != NULL) {
            svc_redis_node_release(redis, route.trips[i].node);
        }
    }
    free(route.trips);
    if (error.status == SVC_OK) {
        return SVC_OK;
    }
    if (route.down) {
        atomic_store(&redis->down_until_ms, svc_clock_monotonic_ms() + DOWN_MS);
    }
    *ret_error = error;
    return error.status;
}
