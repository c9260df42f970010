/* The keys of providers in Redis. */
#include "store_providers_private.h"

#include <svc/clock.h>
#include <svc/redis.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE (STORE_NAME_SIZE + 48)
#define TTL_S 3600 /* the guide's; from the end of the time that it's open */
#define SPEND_TTL_TEXT "259200"
#define DAY_S 86400

/* Made from breaker.lua by the build. */
extern const char breaker_lua[];

static const struct svc_redis_script script = {.source = breaker_lua};

static struct svc_slice key_of(
    struct svc_redis *redis, const char *name, const char *what, char key[KEY_SIZE])
{
    bool tag = svc_redis_is_cluster(redis);

    snprintf(key, KEY_SIZE, "ai_provider:%s%s%s:%s", tag ? "{" : "", name, tag ? "}" : "",
        what);
    return (struct svc_slice){key, strlen(key)};
}

static struct svc_slice spend_key(
    struct svc_redis *redis, const char *name, int64_t day, char key[KEY_SIZE])
{
    char date[SVC_CLOCK_TEXT_SIZE];
    char what[48];

    svc_clock_format_s(day * DAY_S, date);
    snprintf(what, sizeof what, "spend:%.10s", date);
    return key_of(redis, name, what, key);
}

static void write_breaker(const struct breaker *breaker, char text[STORE_RECORD_SIZE])
{
    snprintf(text, STORE_RECORD_SIZE,
        "%d %" PRId32 " %" PRId32 " %" PRId32 " %" PRId64 " %" PRId64 " %" PRId64,
        (int)breaker->state, breaker->failures, breaker->calls, breaker->bad_calls,
        breaker->minute_ms, breaker->open_until_ms, breaker->probe_until_ms);
}

/* What isn't ours is a closed one. */
static struct breaker read_breaker(const char *text)
{
    long long numbers[7];
    char *end = NULL;

    for (size_t i = 0; i < 7; i++) {
        numbers[i] = strtoll(text, &end, 10);
        if (end == text) {
            return (struct breaker){0};
        }
        text = end;
    }
    if (numbers[0] < BREAKER_CLOSED || numbers[0] > BREAKER_HALF_OPEN) {
        return (struct breaker){0};
    }
    return (struct breaker){
        .state = (enum breaker_state)numbers[0],
        .failures = (int32_t)numbers[1],
        .calls = (int32_t)numbers[2],
        .bad_calls = (int32_t)numbers[3],
        .minute_ms = numbers[4],
        .open_until_ms = numbers[5],
        .probe_until_ms = numbers[6],
    };
}

static bool read_reply(
    const struct svc_redis_reply *reply, struct store_record *ret_record, bool *ret_done)
{
    struct svc_slice text = svc_redis_reply_text(svc_redis_reply_at(reply, 1));

    if (svc_redis_reply_count(reply) != 3 || text.text == NULL) {
        return false;
    }
    size_t length =
        text.length < STORE_RECORD_SIZE - 1 ? text.length : STORE_RECORD_SIZE - 1;
    memcpy(ret_record->text, text.text, length);
    ret_record->text[length] = '\0';
    ret_record->breaker = read_breaker(ret_record->text);
    ret_record->now_ms = svc_redis_reply_int(svc_redis_reply_at(reply, 2));
    *ret_done = svc_redis_reply_int(svc_redis_reply_at(reply, 0)) == 1;
    return true;
}

/* The number in a reply's text; 0 where there is none. */
static double read_usd(const struct svc_redis_reply *reply)
{
    struct svc_slice text = svc_redis_reply_text(reply);
    char number[64];

    if (text.text == NULL || svc_redis_reply_is_error(reply) ||
        text.length >= sizeof number) {
        return 0;
    }
    memcpy(number, text.text, text.length);
    number[text.length] = '\0';
    double usd = strtod(number, NULL);
    return usd > 0 ? usd : 0;
}

bool store_record_look(struct svc_redis *redis, const char *name, int64_t day,
    struct store_record *ret_record, double *ret_spent_usd)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char keys[4][KEY_SIZE];
    struct svc_redis_error error;
    bool done = false;
    const struct svc_slice look[] = {
        key_of(redis, name, "breaker", keys[0]),
        key_of(redis, name, "status", keys[1]),
        key_of(redis, name, "failures", keys[2]),
    };
    const struct svc_slice spend[] = {
        SVC_SLICE("GET"), spend_key(redis, name, day, keys[3])};

    svc_redis_batch_add_script(batch, &script, 3, 3, look);
    svc_redis_batch_add(batch, 2, spend, 1);
    svc_redis_batch_mark_repeatable(batch);
    if (svc_redis_run(redis, batch, &error) != SVC_OK ||
        !read_reply(svc_redis_batch_reply(batch, 0), ret_record, &done)) {
        return false;
    }
    *ret_spent_usd = read_usd(svc_redis_batch_reply(batch, 1));
    return true;
}

static int64_t ttl_s(const struct breaker *breaker, int64_t now_ms)
{
    int64_t open_ms = breaker->open_until_ms - now_ms;

    return TTL_S + (open_ms > 0 ? open_ms / 1000 : 0);
}

bool store_record_swap(struct svc_redis *redis, const char *name,
    const struct breaker *breaker, struct store_record *record, bool *ret_done)
{
    static const char *const states[] = {[BREAKER_CLOSED] = "ok",
        [BREAKER_OPEN] = "open",
        [BREAKER_HALF_OPEN] = "half_open"};
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char keys[3][KEY_SIZE];
    char next[STORE_RECORD_SIZE];
    char failures[24];
    char ttl[24];
    struct svc_redis_error error;

    write_breaker(breaker, next);
    const struct svc_slice arguments[] = {
        key_of(redis, name, "breaker", keys[0]),
        key_of(redis, name, "status", keys[1]),
        key_of(redis, name, "failures", keys[2]),
        {record->text, strlen(record->text)},
        {next, strlen(next)},
        {states[breaker->state], strlen(states[breaker->state])},
        {failures, svc_text_put_int64(failures, breaker->failures)},
        {ttl, svc_text_put_int64(ttl, ttl_s(breaker, record->now_ms))},
    };
    svc_redis_batch_add_script(
        batch, &script, 3, sizeof arguments / sizeof arguments[0], arguments);
    return svc_redis_run(redis, batch, &error) == SVC_OK &&
           read_reply(svc_redis_batch_reply(batch, 0), record, ret_done);
}

bool store_record_reset(struct svc_redis *redis, const char *name)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char keys[3][KEY_SIZE];
    struct svc_redis_error error;
    const struct svc_slice status[] = {SVC_SLICE("SET"),
        key_of(redis, name, "status", keys[1]), SVC_SLICE("ok"), SVC_SLICE("EX"),
        SVC_SLICE("3600")};
    const struct svc_slice breaker[] = {
        SVC_SLICE("DEL"), key_of(redis, name, "breaker", keys[0])};
    const struct svc_slice failures[] = {
        SVC_SLICE("DEL"), key_of(redis, name, "failures", keys[2])};

    svc_redis_batch_add(batch, 2, breaker, 1);
    svc_redis_batch_add(batch, 5, status, 1);
    svc_redis_batch_add(batch, 2, failures, 1);
    svc_redis_batch_mark_repeatable(batch);
    return svc_redis_run(redis, batch, &error) == SVC_OK;
}

bool store_spend_add(struct svc_redis *redis, const char *name, int64_t day, double usd,
    double *ret_spent_usd)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char key[KEY_SIZE];
    char amount[48];
    struct svc_redis_error error;

    snprintf(amount, sizeof amount, "%.12f", usd);
    struct svc_slice spend = spend_key(redis, name, day, key);
    const struct svc_slice add[] = {
        SVC_SLICE("INCRBYFLOAT"), spend, {amount, strlen(amount)}};
    const struct svc_slice expire[] = {
        SVC_SLICE("EXPIRE"), spend, SVC_SLICE(SPEND_TTL_TEXT)};
    svc_redis_batch_add(batch, 3, add, 1);
    svc_redis_batch_add(batch, 3, expire, 1);
    if (svc_redis_run(redis, batch, &error) != SVC_OK) {
        return false;
    }
    *ret_spent_usd = read_usd(svc_redis_batch_reply(batch, 0));
    return true;
}
