#include "store.h"

#include "lease_local.h"

#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/redis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one key of this service: "parse:message:{<dedupe_key>}", whose value is "D" (done)
 * or "L" and the token of the lease. The braces keep it in one slot of a cluster. */
#define KEY_SIZE 96

struct store {
    struct svc_redis *redis;
    struct lease_times times;
    struct lease_local *local;
};

/* ARGV: token, "done" or "failed", milliseconds that a done message is remembered. */
static const struct svc_redis_script end_script = {
    .source = "local value = redis.call('GET', KEYS[1])\n"
              "if value == 'D' then return 'done' end\n"
              "if value and value ~= 'L' .. ARGV[1] then return 'taken_over' end\n"
              "if ARGV[2] == 'failed' then\n"
              "  redis.call('DEL', KEYS[1])\n"
              "  return 'released'\n"
              "end\n"
              "redis.call('SET', KEYS[1], 'D', 'PX', ARGV[3])\n"
              "return 'done'\n",
};

/* ARGV: token, milliseconds that a lease lasts from now. */
static const struct svc_redis_script renew_script = {
    .source = "if redis.call('GET', KEYS[1]) ~= 'L' .. ARGV[1] then return 0 end\n"
              "return redis.call('PEXPIRE', KEYS[1], ARGV[2])\n",
};

struct store *store_new(struct svc_redis *redis, const struct lease_times *times)
{
    struct store *store = svc_alloc_zero(1, sizeof *store);

    store->redis = redis;
    store->times = *times;
    store->local = lease_local_new(times, svc_clock_monotonic_ms);
    return store;
}

void store_free(struct store **store_pointer)
{
    struct store *store = *store_pointer;

    *store_pointer = NULL;
    if (store == NULL) {
        return;
    }
    lease_local_free(&store->local);
    free(store);
}

static struct svc_slice format_key(const char *key, char text[KEY_SIZE])
{
    int length = snprintf(text, KEY_SIZE, "parse:message:{%.64s}", key);

    return (struct svc_slice){text, (size_t)length};
}

static struct svc_slice format_number(int64_t number, char text[24])
{
    int length = snprintf(text, 24, "%lld", (long long)number);

    return (struct svc_slice){text, (size_t)length};
}

/* SET ... NX says whether it's new, GET whose it is: both in one round trip, on any Redis
 * since 2.6.12. */
static void add_take(struct svc_redis_batch *batch, const struct store *store,
    const struct lease_request *request)
{
    char key_text[KEY_SIZE];
    char lease_text[24];
    char value[LEASE_TOKEN_MAX + 1];
    struct svc_slice key = format_key(request->key, key_text);
    size_t length =
        request->token.length < LEASE_TOKEN_MAX ? request->token.length : LEASE_TOKEN_MAX;

    value[0] = 'L';
    memcpy(value + 1, request->token.text, length);
    const struct svc_slice set[] = {SVC_SLICE("SET"), key, {value, length + 1},
        SVC_SLICE("NX"), SVC_SLICE("PX"),
        format_number(store->times.lease_ms, lease_text)};
    const struct svc_slice get[] = {SVC_SLICE("GET"), key};
    svc_redis_batch_add(batch, 6, set, 1);
    svc_redis_batch_add(batch, 2, get, 1);
}

static void add_renewal(struct svc_redis_batch *batch, const struct store *store,
    const struct lease_request *request)
{
    char key_text[KEY_SIZE];
    char lease_text[24];
    const struct svc_slice arguments[] = {format_key(request->key, key_text),
        request->token, format_number(store->times.lease_ms, lease_text)};

    svc_redis_batch_add_script(batch, &renew_script, 1, 3, arguments);
}

/* False where Redis answered neither. `ret_again`: the caller had the lease already. */
static bool read_take(const struct svc_redis_batch *batch, size_t index,
    struct lease_request *request, bool *ret_again)
{
    const struct svc_redis_reply *set = svc_redis_batch_reply(batch, 2 * index);
    const struct svc_redis_reply *get = svc_redis_batch_reply(batch, 2 * index + 1);
    struct svc_slice value = svc_redis_reply_text(get);

    if (svc_redis_reply_is_error(set) || svc_redis_reply_is_error(get)) {
        return false;
    }
    bool mine = value.length == request->token.length + 1 && value.text[0] == 'L' &&
                memcmp(value.text + 1, request->token.text, request->token.length) == 0;
    *ret_again = mine && svc_redis_reply_is_nil(set);
    if (!svc_redis_reply_is_nil(set) || mine) {
        request->state = LEASE_TAKEN;
    } else {
        request->state = svc_slice_equals(value, "D") ? LEASE_DONE : LEASE_IN_PROGRESS;
    }
    return true;
}

static bool take_in_redis(
    struct store *store, struct lease_request *requests, size_t count)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *renewals = NULL;
    struct svc_redis_error error;

    for (size_t i = 0; i < count; i++) {
        add_take(batch, store, &requests[i]);
    }
    if (svc_redis_run(store->redis, batch, &error) != SVC_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        if (!read_take(batch, i, &requests[i], &again)) {
            return false;
        }
        if (again) {
            renewals = renewals != NULL ? renewals : svc_redis_batch_new();
            add_renewal(renewals, store, &requests[i]);
        }
    }
    return renewals == NULL || svc_redis_run(store->redis, renewals, &error) == SVC_OK;
}

static bool end_in_redis(struct store *store, const char *key, struct svc_slice token,
    enum lease_outcome outcome, enum lease_end *ret_end)
{
    static const char *const names[] = {"done", "released", "taken_over"};
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_redis_error error;
    char key_text[KEY_SIZE];
    char done_text[24];
    struct svc_slice said =
        outcome == LEASE_OUTCOME_DONE ? SVC_SLICE("done") : SVC_SLICE("failed");
    const struct svc_slice arguments[] = {format_key(key, key_text), token, said,
        format_number(store->times.done_ms, done_text)};

    svc_redis_batch_add_script(batch, &end_script, 1, 4, arguments);
    if (svc_redis_run(store->redis, batch, &error) != SVC_OK) {
        return false;
    }
    struct svc_slice state = svc_redis_reply_text(svc_redis_batch_reply(batch, 0));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(state, names[i])) {
            *ret_end = (enum lease_end)i;
            return true;
        }
    }
    return false;
}

/* What this process knows better than Redis, Redis is told. */
static void note(struct store *store, struct lease_request *request)
{
    enum lease_state said = request->state;
    enum lease_end end = LEASE_END_DONE;

    lease_local_note(store->local, request);
    if (said == LEASE_TAKEN && request->state != LEASE_TAKEN) {
        (void)end_in_redis(store, request->key, request->token,
            request->state == LEASE_DONE ? LEASE_OUTCOME_DONE : LEASE_OUTCOME_FAILED,
            &end);
    }
}

enum store_backend store_take(
    struct store *store, struct lease_request *requests, size_t count)
{
    struct lease_store local = lease_local_store(store->local);

    if (store->redis == NULL || (count > 0 && !take_in_redis(store, requests, count))) {
        (void)local.take(local.context, requests, count);
        return STORE_LOCAL;
    }
    for (size_t i = 0; i < count; i++) {
        note(store, &requests[i]);
    }
    return STORE_REDIS;
}

enum store_backend store_end(struct store *store, const char *key, struct svc_slice token,
    enum lease_outcome outcome, enum lease_end *ret_end)
{
    struct lease_store local = lease_local_store(store->local);

    if (store->redis == NULL || !end_in_redis(store, key, token, outcome, ret_end)) {
        (void)local.end(local.context, key, token, outcome, ret_end);
        return STORE_LOCAL;
    }
    lease_local_note_end(store->local, key, *ret_end);
    return STORE_REDIS;
}
