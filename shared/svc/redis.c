#include "redis_private.h"

#include "clock.h"
#include "random.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 2000

struct svc_redis {
    struct svc_redis_address *address;
    struct timeval timeout;
    int64_t timeout_ms;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    redisContext **idle; /* a stack: the warmest first */
    size_t idle_count;
    size_t open_count;
    size_t open_max;
    int64_t refuse_until_ms; /* monotonic; until then every call fails at once */
    int64_t backoff_ms;
};

static bool fail(
    struct svc_redis_error *ret_error, enum svc_status status, const char *message)
{
    ret_error->status = status;
    snprintf(ret_error->message, sizeof ret_error->message, "%s", message);
    return false;
}

enum svc_status svc_redis_open(const struct svc_redis_settings *settings,
    struct svc_redis **ret_redis, struct svc_redis_error *ret_error)
{
    const char *reason = NULL;
    struct svc_redis_address *address = svc_redis_address_new(settings->url, &reason);
    pthread_condattr_t attributes;

    if (address == NULL) {
        fail(ret_error, SVC_INVALID, reason);
        return SVC_INVALID;
    }
    struct svc_redis *redis = svc_alloc_zero(1, sizeof *redis);
    redis->address = address;
    redis->timeout_ms = settings->timeout_ms;
    redis->timeout.tv_sec = settings->timeout_ms / 1000;
    redis->timeout.tv_usec = settings->timeout_ms % 1000 * 1000;
    redis->open_max = (size_t)settings->pool_size;
    redis->idle = svc_alloc_zero(redis->open_max, sizeof(redisContext *));
    pthread_mutex_init(&redis->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&redis->freed, &attributes);
    pthread_condattr_destroy(&attributes);
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
    for (size_t i = 0; i < redis->idle_count; i++) {
        redisFree(redis->idle[i]);
    }
    pthread_cond_destroy(&redis->freed);
    pthread_mutex_destroy(&redis->lock);
    svc_redis_address_free(redis->address);
    free((void *)redis->idle);
    free(redis);
}

/* After a failure everybody fails at once for a while, ever longer up to a limit, and
 * with jitter, so that replicas don't come back together. */
static void note_failure(struct svc_redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    redis->backoff_ms = redis->backoff_ms > 0 ? redis->backoff_ms * 2 : BACKOFF_FIRST_MS;
    if (redis->backoff_ms > BACKOFF_MAX_MS) {
        redis->backoff_ms = BACKOFF_MAX_MS;
    }
    int64_t wait_ms = redis->backoff_ms / 2 +
                      (int64_t)svc_random_below((uint64_t)redis->backoff_ms / 2 + 1);
    redis->refuse_until_ms = svc_clock_monotonic_ms() + wait_ms;
    pthread_mutex_unlock(&redis->lock);
}

static bool run_simple(redisContext *context, int count, const char **arguments)
{
    redisReply *reply = redisCommandArgv(context, count, arguments, NULL);
    bool fine = reply != NULL && reply->type != REDIS_REPLY_ERROR;

    freeReplyObject(reply);
    return fine;
}

static bool log_in(redisContext *context, const struct svc_redis_address *address)
{
    if (address->password == NULL) {
        return true;
    }
    if (address->user == NULL) {
        const char *plain[] = {"AUTH", address->password};
        return run_simple(context, 2, plain);
    }
    const char *named[] = {"AUTH", address->user, address->password};
    return run_simple(context, 3, named);
}

static bool select_database(
    redisContext *context, const struct svc_redis_address *address)
{
    char number[12];
    const char *arguments[] = {"SELECT", number};

    if (address->database == 0) {
        return true;
    }
    snprintf(number, sizeof number, "%d", address->database);
    return run_simple(context, 2, arguments);
}

static redisContext *open_context(
    struct svc_redis *redis, struct svc_redis_error *ret_error)
{
    redisContext *context = redisConnectWithTimeout(
        redis->address->host, redis->address->port, redis->timeout);

    if (context == NULL) {
        fail(ret_error, SVC_UNAVAILABLE, "no memory for a connection");
        return NULL;
    }
    if (context->err != 0) {
        fail(ret_error, SVC_UNAVAILABLE, context->errstr);
        redisFree(context);
        return NULL;
    }
    redisSetTimeout(context, redis->timeout);
    redisEnableKeepAlive(context);
    if (!log_in(context, redis->address) || !select_database(context, redis->address)) {
        fail(ret_error, SVC_UNAVAILABLE, "Redis refused the login or the database");
        redisFree(context);
        return NULL;
    }
    return context;
}

/* With the lock held: an idle connection, or the right to open one (NULL), or neither. */
static bool wait_for_turn(struct svc_redis *redis, redisContext **ret_context)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += redis->timeout_ms / 1000;
    until.tv_nsec += redis->timeout_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (redis->idle_count == 0 && redis->open_count == redis->open_max) {
        if (pthread_cond_timedwait(&redis->freed, &redis->lock, &until) == ETIMEDOUT) {
            return false;
        }
    }
    if (redis->idle_count > 0) {
        *ret_context = redis->idle[--redis->idle_count];
        return true;
    }
    redis->open_count++;
    *ret_context = NULL;
    return true;
}

static void give_back(struct svc_redis *redis, redisContext *context)
{
    pthread_mutex_lock(&redis->lock);
    if (context != NULL) {
        redis->idle[redis->idle_count++] = context;
        redis->backoff_ms = 0;
    } else {
        redis->open_count--;
    }
    pthread_cond_signal(&redis->freed);
    pthread_mutex_unlock(&redis->lock);
}

/* Nothing may wait on an idle connection but the end of it: so a Redis that was restarted
 * costs no call. */
static bool is_alive(const redisContext *context)
{
    struct pollfd waiting = {.fd = context->fd, .events = POLLIN};

    return poll(&waiting, 1, 0) == 0;
}

static redisContext *acquire(struct svc_redis *redis, struct svc_redis_error *ret_error)
{
    redisContext *context = NULL;

    pthread_mutex_lock(&redis->lock);
    if (svc_clock_monotonic_ms() < redis->refuse_until_ms) {
        pthread_mutex_unlock(&redis->lock);
        fail(ret_error, SVC_UNAVAILABLE, "Redis failed a moment ago");
        return NULL;
    }
    bool turn = wait_for_turn(redis, &context);
    pthread_mutex_unlock(&redis->lock);
    if (!turn) {
        fail(ret_error, SVC_UNAVAILABLE, "all connections are in use");
        return NULL;
    }
    if (context != NULL && is_alive(context)) {
        return context;
    }
    if (context != NULL) {
        redisFree(context);
    }
    context = open_context(redis, ret_error);
    if (context == NULL) {
        give_back(redis, NULL);
        note_failure(redis);
    }
    return context;
}

static bool context_failed(const redisContext *context, struct svc_redis_error *ret_error)
{
    bool timed_out =
        context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);

    return fail(ret_error, timed_out ? SVC_TIMEOUT : SVC_UNAVAILABLE,
        timed_out ? "Redis did not answer in time" : context->errstr);
}

static bool append(redisContext *context, const struct svc_redis_command *command,
    struct svc_redis_error *ret_error)
{
    if (redisAppendCommandArgv(context, (int)command->count, command->arguments,
            command->lengths) != REDIS_OK) {
        return context_failed(context, ret_error);
    }
    return true;
}

static bool read_reply(redisContext *context, struct svc_redis_command *command,
    struct svc_redis_error *ret_error)
{
    void *reply = NULL;

    if (redisGetReply(context, &reply) != REDIS_OK) {
        return context_failed(context, ret_error);
    }
    freeReplyObject(command->reply);
    command->reply = reply;
    return true;
}

static bool is_unknown_script(const struct svc_redis_command *command)
{
    static const char prefix[] = "NOSCRIPT";
    struct svc_slice text = svc_redis_reply_text(command->reply);

    return command->script != NULL && svc_redis_reply_is_error(command->reply) &&
           text.length >= sizeof prefix - 1 &&
           memcmp(text.text, prefix, sizeof prefix - 1) == 0;
}

static bool run_round(redisContext *context, struct svc_redis_batch *batch,
    struct svc_redis_error *ret_error)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!append(context, &batch->commands[i], ret_error)) {
            return false;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (!read_reply(context, &batch->commands[i], ret_error)) {
            return false;
        }
    }
    return true;
}

/* EVAL instead of EVALSHA for the scripts that Redis doesn't know (any more). */
static bool run_unknown_scripts(redisContext *context, struct svc_redis_batch *batch,
    struct svc_redis_error *ret_error)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct svc_redis_command *command = &batch->commands[i];
        if (!is_unknown_script(command)) {
            continue;
        }
        command->arguments[0] = "EVAL";
        command->lengths[0] = 4;
        command->arguments[1] = command->script->source;
        command->lengths[1] = strlen(command->script->source);
        if (!append(context, command, ret_error) ||
            !read_reply(context, command, ret_error)) {
            return false;
        }
    }
    return true;
}

enum svc_status svc_redis_run(struct svc_redis *redis, struct svc_redis_batch *batch,
    struct svc_redis_error *ret_error)
{
    redisContext *context = acquire(redis, ret_error);

    if (context == NULL) {
        return ret_error->status;
    }
    svc_redis_batch_drop_replies(batch);
    if (!run_round(context, batch, ret_error) ||
        !run_unknown_scripts(context, batch, ret_error)) {
        redisFree(context);
        give_back(redis, NULL);
        note_failure(redis);
        return ret_error->status;
    }
    give_back(redis, context);
    return SVC_OK;
}

enum svc_status svc_redis_ping(
    struct svc_redis *redis, int64_t *ret_latency_us, struct svc_redis_error *ret_error)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice command[] = {SVC_SLICE("PING")};
    int64_t start_ns = svc_clock_monotonic_ns();

    svc_redis_batch_add(batch, 1, command, 0);
    enum svc_status status = svc_redis_run(redis, batch, ret_error);
    if (status != SVC_OK) {
        return status;
    }
    const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, 0);
    if (svc_redis_reply_is_error(reply)) {
        fail(ret_error, SVC_BAD_GATEWAY, svc_redis_reply_text(reply).text);
        return SVC_BAD_GATEWAY;
    }
    *ret_latency_us = (svc_clock_monotonic_ns() - start_ns) / 1000;
    return SVC_OK;
}
