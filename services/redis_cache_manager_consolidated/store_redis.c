/* Redis's part of the store: the keys, and one script that loads, saves and touches. */
#include "store_private.h"

#include <svc/clock.h>
#include <svc/crypto.h>
#include <svc/redis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* session:<customer> is the guide's name. The other key of the customer carries that
 * whole name in braces, so that both lie in one slot of a cluster. */
#define KEY_SIZE (SESSION_KEY_MAX + 32)
#define EPOCH_KEY "session_epoch"
#define TURN_TTL_MS "86400000"

/* KEYS: session, turn, those not yet in PostgreSQL, the epoch; in a cluster, where the
 * last two lie elsewhere, only the first two.
 * ARGV: the operation, the epoch, then
 *   save: expected version, text and milliseconds of the session; expected version and
 *     text of the turn; the customer where the write is to be marked. An empty expected
 *     version leaves that document alone.
 *   touch: expected version, milliseconds, the customer;
 *   open: the run_id that this Redis must have; empty: any.
 * Answers the time in milliseconds, what became of it, and the documents on a load and
 * where a save was refused.
 *
 * A save whose text is there already is one that was repeated because its answer was
 * lost. */
static const char script_body[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local op = ARGV[1]\n"
    "if op == 'open' then\n"
    "  if ARGV[3] ~= '' and KEYS[4] and not string.find(\n"
    "      redis.call('INFO', 'server'), 'run_id:' .. ARGV[3], 1, true) then\n"
    "    return {now, 'cold'}\n"
    "  end\n"
    "  if KEYS[4] then redis.call('SET', KEYS[4], ARGV[2]) end\n"
    "  return {now, 'ok'}\n"
    "end\n"
    "if KEYS[4] and redis.call('GET', KEYS[4]) ~= ARGV[2] then\n"
    "  return {now, 'cold'}\n"
    "end\n"
    "if op == 'close' then\n"
    "  if KEYS[4] then redis.call('SET', KEYS[4], 'closed') end\n"
    "  return {now, 'ok'}\n"
    "end\n"
    "local function mark(who)\n"
    "  if who ~= '' and KEYS[3] then redis.call('ZADD', KEYS[3], now, who) end\n"
    "end\n"
    "local function version(text, name)\n"
    "  if not text then return '0' end\n"
    "  return string.match(text, '^{\"' .. name .. '\":(%d+),') or '1'\n"
    "end\n"
    "local session = redis.call('GET', KEYS[1])\n"
    "if op == 'touch' then\n"
    "  if version(session, 'session_version') ~= ARGV[3] then\n"
    "    return {now, 'conflict'}\n"
    "  end\n"
    "  redis.call('PEXPIRE', KEYS[1], ARGV[4])\n"
    "  mark(ARGV[5])\n"
    "  return {now, 'ok'}\n"
    "end\n"
    "if op == 'load' then\n"
    "  return {now, 'ok', session, redis.call('PTTL', KEYS[1])}\n"
    "end\n"
    "local turn = (op == 'load_turn' or (ARGV[6] or '') ~= '') and redis.call('GET', "
    "KEYS[2])\n"
    "if op == 'load_turn' then\n"
    "  return {now, 'ok', session, redis.call('PTTL', KEYS[1]), turn}\n"
    "end\n"
    /* An unchanged text is a condition, too: that it is still there. */
    "local put_session = ARGV[3] ~= '' and session ~= ARGV[4]\n"
    "local put_turn = ARGV[6] ~= '' and turn ~= ARGV[7]\n"
    "if (put_session and version(session, 'session_version') ~= ARGV[3]) or\n"
    "    (put_turn and version(turn, 'turn_version') ~= ARGV[6]) then\n"
    "  return {now, 'conflict', session, redis.call('PTTL', KEYS[1]), turn}\n"
    "end\n"
    "if put_session then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) end\n"
    "if put_turn then redis.call('SET', KEYS[2], ARGV[7], 'PX', " TURN_TTL_MS ") end\n"
    "mark(ARGV[8])\n"
    "return {now, 'ok'}\n";

struct keys {
    char session[KEY_SIZE];
    char turn[KEY_SIZE];
};

/* The one place where keys of a customer are named. */
static void make_keys(struct svc_slice customer, struct keys *keys)
{
    snprintf(
        keys->session, KEY_SIZE, "session:%.*s", (int)customer.length, customer.text);
    snprintf(
        keys->turn, KEY_SIZE, "turn:{session:%.*s}", (int)customer.length, customer.text);
}

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static struct svc_slice number(int64_t value, char text[24])
{
    return (struct svc_slice){text, svc_text_put_int64(text, value)};
}

struct store_script *store_redis_script_new(int64_t epoch)
{
    struct store_script *script = svc_alloc_zero(1, sizeof *script);
    size_t room = sizeof script_body + 64;

    script->epoch = epoch;
    script->source = svc_alloc(room);
    snprintf(script->source, room, "-- epoch %lld\n%s", (long long)epoch, script_body);
    svc_sha1_hex(slice(script->source), script->sha);
    return script;
}

void store_redis_script_free(struct store_script **script)
{
    if (*script != NULL) {
        free((*script)->source);
        free(*script);
        *script = NULL;
    }
}

static bool is_unknown_script(const struct svc_redis_reply *reply)
{
    struct svc_slice text = svc_redis_reply_text(reply);

    return svc_redis_reply_is_error(reply) && text.length >= 8 &&
           memcmp(text.text, "NOSCRIPT", 8) == 0;
}

enum { SCRIPT_VALUES_MAX = 7 };

struct call {
    struct store *store;
    const struct store_script *script;
    struct keys keys;
    const char *operation;
    struct svc_slice marked; /* the customer whose write is to be marked; empty: none */
    int64_t mark_ms;         /* where the mark was set apart from the script */
    struct svc_slice values[SCRIPT_VALUES_MAX];
    size_t value_count;
    struct svc_redis_batch *batch;
    const struct svc_redis_reply *reply;
};

/* In a cluster the mark lies on another node than the customer: it's set first, since one
 * too many costs nothing. */
static void add_mark(struct call *call)
{
    char text[24];

    call->mark_ms = svc_clock_unix_ms();
    const struct svc_slice command[] = {SVC_SLICE("ZADD"), SVC_SLICE(STORE_DIRTY_KEY),
        number(call->mark_ms, text), call->marked};

    svc_redis_batch_add(call->batch, sizeof command / sizeof command[0], command, 1);
}

/* As a plain command, so that a script that Redis doesn't know is no longer loaded
 * unseen: that Redis has lost it says that it may have lost the rest. */
static bool send(struct call *call, bool whole)
{
    bool cluster = svc_redis_is_cluster(call->store->redis);
    char epoch[24];
    struct svc_redis_error error;
    struct svc_slice arguments[16] = {
        whole ? SVC_SLICE("EVAL") : SVC_SLICE("EVALSHA"),
        slice(whole ? call->script->source : call->script->sha),
        cluster ? SVC_SLICE("2") : SVC_SLICE("4"),
        slice(call->keys.session),
        slice(call->keys.turn),
    };
    size_t count = 5;

    if (!cluster) {
        arguments[count++] = SVC_SLICE(STORE_DIRTY_KEY);
        arguments[count++] = SVC_SLICE(EPOCH_KEY);
    }
    arguments[count++] = slice(call->operation);
    arguments[count++] = number(call->script->epoch, epoch);
    for (size_t i = 0; i < call->value_count; i++) {
        arguments[count++] = call->values[i];
    }
    svc_redis_batch_free(&call->batch);
    call->batch = svc_redis_batch_new();
    if (cluster && call->marked.length > 0) {
        add_mark(call);
    }
    svc_redis_batch_add(call->batch, count, arguments, 3);
    if (svc_redis_run(call->store->redis, call->batch, &error) != SVC_OK) {
        return false;
    }
    call->reply = svc_redis_batch_reply(call->batch, call->mark_ms > 0 ? 1 : 0);
    return true;
}

static enum store_redis_outcome run(struct call *call, bool rearm)
{
    /* A node of a cluster may be new, and not know any script yet. */
    rearm = rearm || svc_redis_is_cluster(call->store->redis);

    if (!send(call, false)) {
        return STORE_REDIS_GONE;
    }
    if (is_unknown_script(call->reply)) {
        if (!rearm) {
            return STORE_REDIS_COLD;
        }
        if (!send(call, true)) {
            return STORE_REDIS_GONE;
        }
    }
    struct svc_slice word = svc_redis_reply_text(svc_redis_reply_at(call->reply, 1));
    if (svc_slice_equals(word, "ok")) {
        return STORE_REDIS_OK;
    }
    if (svc_slice_equals(word, "conflict")) {
        return STORE_REDIS_CONFLICT;
    }
    /* A Redis that refuses (out of memory, read-only after a failover) is as good as
     * gone. */
    return svc_slice_equals(word, "cold") ? STORE_REDIS_COLD : STORE_REDIS_GONE;
}

static void begin(struct call *call, struct store *store,
    const struct store_script *script, struct svc_slice customer, const char *operation)
{
    *call = (struct call){.store = store, .script = script, .operation = operation};
    make_keys(customer, &call->keys);
}

static void add(struct call *call, struct svc_slice value)
{
    /* Not there and empty are the same to the script. */
    call->values[call->value_count++] = value.text != NULL ? value : SVC_SLICE("");
}

static void read_stamp(const struct call *call, struct store_stamp *ret_stamp)
{
    ret_stamp->now_ms = svc_redis_reply_int(svc_redis_reply_at(call->reply, 0));
    ret_stamp->mark_ms = call->mark_ms > 0 ? call->mark_ms : ret_stamp->now_ms;
    store_clock_set(call->store, ret_stamp->now_ms);
}

int64_t store_turn_version(struct svc_slice text)
{
    static const char head[] = "{\"turn_version\":";
    int64_t version = 0;
    size_t length = 0;

    if (text.text == NULL || text.length < sizeof head ||
        memcmp(text.text, head, sizeof head - 1) != 0) {
        return text.text == NULL ? 0 : 1;
    }
    text.text += sizeof head - 1;
    text.length -= sizeof head - 1;
    while (length < text.length && text.text[length] >= '0' && text.text[length] <= '9') {
        length++;
    }
    return svc_text_to_int64((struct svc_slice){text.text, length}, &version) ? version
                                                                              : 1;
}

enum store_redis_outcome store_redis_load(struct store *store,
    const struct store_mode *mode, struct svc_arena *arena, struct store_record *record)
{
    struct call call;
    bool with_turn = record->turn_stored < 0;

    begin(&call, store, mode->script, record->key, with_turn ? "load_turn" : "load");
    enum store_redis_outcome outcome = run(&call, mode->rearm);
    if (outcome == STORE_REDIS_OK) {
        int64_t left_ms = svc_redis_reply_int(svc_redis_reply_at(call.reply, 3));
        record->now_ms = svc_redis_reply_int(svc_redis_reply_at(call.reply, 0));
        store_clock_set(store, record->now_ms);
        record->session = svc_slice_keep(
            arena, svc_redis_reply_text(svc_redis_reply_at(call.reply, 2)));
        session_head_read(record->session, &record->head);
        record->session_stored = record->head.version;
        /* Somebody stored it without a time to live. */
        record->expires_ms =
            record->now_ms +
            (left_ms >= 0 ? left_ms : store_standard_ttl_s(store) * 1000);
        record->turn = svc_slice_keep(
            arena, svc_redis_reply_text(svc_redis_reply_at(call.reply, 4)));
        record->turn_stored = store_turn_version(record->turn);
    }
    svc_redis_batch_free(&call.batch);
    return outcome;
}

/* What a save was refused for is what the next one is made from. */
static void keep_bases(struct store *store, const struct call *call,
    const struct store_write *write, int64_t now_ms)
{
    struct svc_slice key = write->record->key;
    int64_t left_ms = svc_redis_reply_int(svc_redis_reply_at(call->reply, 3));

    store_base_put_session(store, key,
        svc_redis_reply_text(svc_redis_reply_at(call->reply, 2)), now_ms + left_ms);
    if (write->turn.text != NULL) {
        store_base_put_turn(
            store, key, svc_redis_reply_text(svc_redis_reply_at(call->reply, 4)));
    }
}

enum store_redis_outcome store_redis_save(struct store *store,
    const struct store_mode *mode, const struct store_write *write,
    struct store_stamp *ret_stamp)
{
    const struct store_record *record = write->record;
    char texts[3][24];
    struct call call;

    begin(&call, store, mode->script, record->key, "save");
    add(&call, write->session.text != NULL ? number(record->session_stored, texts[0])
                                           : SVC_SLICE(""));
    add(&call, write->session);
    add(&call, number(write->ttl_ms, texts[1]));
    add(&call,
        write->turn.text != NULL ? number(record->turn_stored, texts[2]) : SVC_SLICE(""));
    add(&call, write->turn);
    call.marked = write->clean || store->pg == NULL ? SVC_SLICE("") : record->key;
    add(&call, call.marked);
    enum store_redis_outcome outcome = run(&call, mode->rearm);
    read_stamp(&call, ret_stamp);
    if (outcome == STORE_REDIS_CONFLICT) {
        keep_bases(store, &call, write, ret_stamp->now_ms);
    }
    svc_redis_batch_free(&call.batch);
    return outcome;
}

enum store_redis_outcome store_redis_touch(struct store *store,
    const struct store_mode *mode, const struct store_record *record, int64_t ttl_ms,
    struct store_stamp *ret_stamp)
{
    char texts[2][24];
    struct call call;

    begin(&call, store, mode->script, record->key, "touch");
    add(&call, number(record->session_stored, texts[0]));
    add(&call, number(ttl_ms, texts[1]));
    call.marked = store->pg == NULL ? SVC_SLICE("") : record->key;
    add(&call, call.marked);
    enum store_redis_outcome outcome = run(&call, mode->rearm);
    read_stamp(&call, ret_stamp);
    svc_redis_batch_free(&call.batch);
    return outcome;
}

/* One plain command; the reply is the batch's. */
static const struct svc_redis_reply *ask(struct store *store,
    struct svc_redis_batch *batch, size_t count, const struct svc_slice *arguments,
    size_t key_index)
{
    struct svc_redis_error error;

    svc_redis_batch_add(batch, count, arguments, key_index);
    if (svc_redis_run(store->redis, batch, &error) != SVC_OK) {
        return NULL;
    }
    const struct svc_redis_reply *reply = svc_redis_batch_reply(batch, 0);
    return svc_redis_reply_is_error(reply) ? NULL : reply;
}

static void note_epoch(struct store *store, int64_t epoch)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    char text[24];
    const struct svc_slice command[] = {
        SVC_SLICE("SET"), SVC_SLICE(EPOCH_KEY), number(epoch, text)};

    (void)ask(store, batch, 3, command, 1);
}

enum store_redis_outcome store_redis_open_epoch(
    struct store *store, const struct store_script *script, const char *run_id)
{
    struct call call;

    begin(&call, store, script, SVC_SLICE("-"), "open");
    add(&call, slice(run_id));
    enum store_redis_outcome outcome = run(&call, true);
    svc_redis_batch_free(&call.batch);
    if (outcome == STORE_REDIS_OK && svc_redis_is_cluster(store->redis)) {
        note_epoch(store, script->epoch);
    }
    return outcome;
}

void store_redis_close_epoch(struct store *store, const struct store_script *script)
{
    struct call call;

    begin(&call, store, script, SVC_SLICE("-"), "close");
    enum store_redis_outcome outcome = run(&call, true);
    (void)outcome;
    svc_redis_batch_free(&call.batch);
}

int64_t store_redis_epoch(struct store *store)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice command[] = {SVC_SLICE("GET"), SVC_SLICE(EPOCH_KEY)};
    int64_t epoch = 0;

    return svc_text_to_int64(
               svc_redis_reply_text(ask(store, batch, 2, command, 1)), &epoch)
               ? epoch
               : 0;
}

bool store_redis_run_id(struct store *store, char ret_run_id[64])
{
    static const char name[] = "run_id:";
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice command[] = {SVC_SLICE("INFO"), SVC_SLICE("server")};
    struct svc_redis_error error;
    int64_t latency_us = 0;

    if (svc_redis_is_cluster(store->redis)) {
        snprintf(ret_run_id, 64, "cluster");
        return svc_redis_ping(store->redis, &latency_us, &error) == SVC_OK;
    }
    struct svc_slice info = svc_redis_reply_text(ask(store, batch, 2, command, 0));
    const char *at =
        info.text != NULL ? memmem(info.text, info.length, name, sizeof name - 1) : NULL;
    if (at == NULL) {
        return false;
    }
    at += sizeof name - 1;
    snprintf(ret_run_id, 64, "%.*s", (int)strcspn(at, "\r\n"), at);
    return true;
}
