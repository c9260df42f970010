#include "redis_private.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>

enum svc_status svc_redis_open(const struct svc_redis_settings *settings,
    struct svc_redis **ret_redis, struct svc_redis_error *ret_error)
{
    const char *reason = NULL;
    struct svc_redis_url *url = svc_redis_url_new(settings->url, &reason);

    if (url == NULL) {
        return svc_redis_fail(ret_error, SVC_INVALID, reason);
    }
    size_t pool_size = settings->pool_size > 0 ? (size_t)settings->pool_size : 1;
    struct svc_redis *redis = svc_alloc_zero(1, sizeof *redis);
    redis->url = url;
    redis->cluster = url->cluster;
    redis->options = (struct svc_redis_options){
        .user = url->user,
        .password = url->password,
        .database = url->database,
        .timeout_ns = settings->timeout_ms * 1000000,
        .lane_count = pool_size < SVC_REDIS_LANES_MAX ? pool_size : SVC_REDIS_LANES_MAX,
    };
    svc_redis_topology_init(redis);
    *ret_redis = redis;
    return SVC_OK;
}

void svc_redis_close(struct svc_redis **redis_pointer)
{
    struct svc_redis *redis = *redis_pointer;

    *redis_pointer = NULL;
    if (redis == NULL) {
        return;
    }
    svc_redis_topology_done(redis);
    svc_redis_url_free(&redis->url);
    free(redis);
}

bool svc_redis_is_cluster(const struct svc_redis *redis)
{
    return redis->cluster;
}

/* Whether all commands go to one node, and its slot. */
static bool is_of_one_slot(
    const struct svc_redis *redis, const struct svc_redis_batch *batch, int *ret_slot)
{
    *ret_slot = batch->commands[0].slot;
    for (size_t i = 1; redis->cluster && i < batch->count; i++) {
        if (batch->commands[i].slot != *ret_slot) {
            return false;
        }
    }
    return true;
}

static bool is_finished(
    const struct svc_redis *redis, const struct svc_redis_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (svc_redis_reply_is_unfinished(
                redis, &batch->commands[i], batch->replies[i])) {
            return false;
        }
    }
    return true;
}

/* The batch as it is, to one node: what nearly all calls are. */
static enum svc_status run_whole(struct svc_redis *redis, struct svc_redis_batch *batch,
    int slot, int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    struct svc_redis_request request = {
        .node = svc_redis_topology_find(redis, slot, deadline_ns, ret_error),
        .bytes = batch->wire.bytes,
        .length = batch->wire.length,
        .replies = batch->replies,
        .reply_count = batch->count,
        .deadline_ns = deadline_ns,
    };

    if (request.node == NULL) {
        return ret_error->status;
    }
    svc_redis_requests_run(&request, 1);
    enum svc_status status = request.status;
    bool over = status == SVC_OK ? is_finished(redis, batch)
                                 : !redis->cluster && !batch->repeatable;
    if (!over) {
        status = svc_redis_route_run(redis, batch, &request, deadline_ns, ret_error);
    } else if (status != SVC_OK) {
        svc_redis_fail(ret_error, status, request.message);
    }
    svc_redis_node_release(redis, request.node);
    return status;
}

enum svc_status svc_redis_run(struct svc_redis *redis, struct svc_redis_batch *batch,
    struct svc_redis_error *ret_error)
{
    int64_t deadline_ns = svc_clock_monotonic_ns() + redis->options.timeout_ns;
    int slot = SVC_REDIS_NO_SLOT;

    svc_redis_batch_drop_replies(batch);
    if (batch->count == 0) {
        return SVC_OK;
    }
    if (batch->wire.overflow) {
        return svc_redis_fail(ret_error, SVC_TOO_LARGE, "the batch is too large");
    }
    if (!is_of_one_slot(redis, batch, &slot)) {
        return svc_redis_route_run(redis, batch, NULL, deadline_ns, ret_error);
    }
    return run_whole(redis, batch, slot, deadline_ns, ret_error);
}

/* Sets the error to the first node's that doesn't answer PING with PONG. */
static void judge_pings(const struct svc_redis_request *requests, size_t count,
    struct svc_redis_error *ret_error)
{
    for (size_t i = 0; i < count; i++) {
        const struct svc_redis_request *request = &requests[i];
        const struct svc_redis_reply *reply = request->replies[0];
        bool refused = svc_redis_reply_is_error(reply);
        if (request->status == SVC_OK && !refused) {
            continue;
        }
        ret_error->status = refused ? SVC_BAD_GATEWAY : request->status;
        snprintf(ret_error->message, sizeof ret_error->message, "%.60s:%d: %.90s",
            request->node->host.name, request->node->host.port,
            refused ? svc_redis_reply_text(reply).text : request->message);
        return;
    }
}

static void ping_all(struct svc_redis_node *const *masters, size_t count,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    SVC_AUTO_FREE struct svc_redis_request *requests =
        svc_alloc_zero(count, sizeof *requests);
    struct svc_redis_reply **replies = svc_alloc_zero(count, sizeof *replies);

    for (size_t i = 0; i < count; i++) {
        requests[i] = (struct svc_redis_request){
            .node = masters[i],
            .bytes = ping,
            .length = sizeof ping - 1,
            .replies = &replies[i],
            .reply_count = 1,
            .deadline_ns = deadline_ns,
        };
    }
    svc_redis_requests_run(requests, count);
    judge_pings(requests, count, ret_error);
    for (size_t i = 0; i < count; i++) {
        svc_redis_reply_free(&replies[i]);
    }
    free((void *)replies);
}

enum svc_status svc_redis_ping(
    struct svc_redis *redis, int64_t *ret_latency_us, struct svc_redis_error *ret_error)
{
    struct svc_redis_error error = {.status = SVC_OK};
    int64_t start_ns = svc_clock_monotonic_ns();
    int64_t deadline_ns = start_ns + redis->options.timeout_ns;
    uint64_t version = 0;
    size_t count = 0;
    struct svc_redis_node **masters =
        svc_redis_topology_masters(redis, deadline_ns, &count, &version, &error);

    if (masters != NULL) {
        ping_all(masters, count, deadline_ns, &error);
        svc_redis_masters_free(redis, &masters, count);
    }
    if (error.status != SVC_OK) {
        svc_redis_topology_refresh(
            redis, svc_clock_monotonic_ns() + redis->options.timeout_ns);
        *ret_error = error;
        return error.status;
    }
    *ret_latency_us = (svc_clock_monotonic_ns() - start_ns) / 1000;
    return SVC_OK;
}
