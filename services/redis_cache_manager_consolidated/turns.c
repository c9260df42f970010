#include "turns.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/mem.h>
#include <svc/random.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Who waits looks again after so long, in case another replica changed something; what
 * this one changes wakes it at once. */
#define LOOK_AGAIN_MS 100
#define BELLS ((size_t)128)

/* Rung when a turn of one of its customers changes. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t ring;
    uint64_t rung;
};

struct turns {
    struct sessions *sessions;
    struct turn_rules rules;
    struct bell bells[BELLS];
};

struct turns *turns_new(struct sessions *sessions, const struct turn_rules *rules)
{
    struct turns *turns = svc_alloc_zero(1, sizeof *turns);

    turns->sessions = sessions;
    turns->rules = *rules;
    for (size_t i = 0; i < BELLS; i++) {
        pthread_mutex_init(&turns->bells[i].lock, NULL);
        svc_condition_init(&turns->bells[i].ring);
    }
    return turns;
}

void turns_free(struct turns **turns_pointer)
{
    struct turns *turns = *turns_pointer;

    *turns_pointer = NULL;
    if (turns == NULL) {
        return;
    }
    for (size_t i = 0; i < BELLS; i++) {
        pthread_cond_destroy(&turns->bells[i].ring);
        pthread_mutex_destroy(&turns->bells[i].lock);
    }
    free(turns);
}

static struct bell *bell_of(struct turns *turns, struct svc_slice key)
{
    uint64_t hash = svc_text_hash(key);

    return &turns->bells[(hash ^ hash >> 32) % BELLS];
}

static void ring(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->rung++;
    pthread_cond_broadcast(&bell->ring);
    pthread_mutex_unlock(&bell->lock);
}

static uint64_t listen(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    uint64_t rung = bell->rung;
    pthread_mutex_unlock(&bell->lock);
    return rung;
}

/* Until the bell has rung since HEARD, or WAIT_MS are over. */
static void wait_for(struct bell *bell, uint64_t heard, int64_t wait_ms)
{
    int64_t until_ns = svc_condition_until_ns(wait_ms);

    pthread_mutex_lock(&bell->lock);
    while (
        bell->rung == heard && svc_condition_wait(&bell->ring, &bell->lock, until_ns)) {
    }
    pthread_mutex_unlock(&bell->lock);
}

/* Writes the turn as its next version into CHANGE. */
static void compose_turn(struct svc_arena *arena, const struct store_record *record,
    struct turn *turn, struct store_change *change)
{
    struct svc_buf out;

    turn->version = record->turn_known + 1;
    turn->epoch = record->epoch;
    svc_buf_init(&out, TURN_BYTES_MAX * 8);
    turn_write(turn, &out);
    change->turn =
        (struct svc_slice){svc_arena_strndup(arena, out.bytes, out.length), out.length};
    change->turn_version = turn->version;
    svc_buf_done(&out);
}

/* --- begin */

struct beginning {
    struct turns *turns;
    struct svc_arena *arena;
    const struct turn_begin_call *call;
    struct svc_slice token;
    struct turn_rules rules;
    int64_t until_ms; /* monotonic */
    unsigned base;    /* STORE_BASE, or 0 */
    bool saved;       /* by the last look */
    struct turn_answer answer;
    struct turn_outcome *outcome;
};

static struct svc_slice make_token(struct svc_arena *arena)
{
    uint8_t random[16];
    char *text = svc_arena_alloc(arena, 2 * sizeof random + 1);

    svc_random_secure(random, sizeof random);
    svc_text_to_hex(random, sizeof random, text);
    return (struct svc_slice){text, 2 * sizeof random};
}

static struct turn_message *make_message(
    const struct beginning *beginning, int64_t now_ms)
{
    const struct svc_json *content = beginning->call->message;

    if (content == NULL) {
        return NULL;
    }
    struct turn_message *message = svc_arena_alloc(beginning->arena, sizeof *message);
    message->id = svc_json_get_text(content, "message_id");
    message->sent_ms = turn_time_ms(svc_json_get(content, "timestamp"));
    message->arrived_ms = now_ms;
    message->flush = turn_is_flush(&beginning->rules, content);
    message->content = content;
    return message;
}

/* The session that goes with the turn: made where there is none. */
static enum svc_status prepare_session(
    struct beginning *beginning, struct store_change *change)
{
    static const struct store_profile nothing = {0};
    const struct session_call *call = &beginning->call->session;
    struct store_record *record = &beginning->outcome->record;
    struct session session;

    beginning->outcome->created = record->head.form != SESSION_LIVE;
    if (!beginning->outcome->created) {
        return SVC_OK;
    }
    sessions_make(beginning->arena, record, call->profile, &session);
    change->profile = call->profile != NULL ? call->profile : &nothing;
    return sessions_compose(
        beginning->turns->sessions, beginning->arena, record, call, &session, change);
}

static enum svc_status save_turn(struct beginning *beginning)
{
    struct turn_outcome *outcome = beginning->outcome;
    struct store *store = beginning->turns->sessions->store;
    struct store_change change = {0};
    int64_t expires_ms = 0;
    enum svc_status status = SVC_OK;

    if (beginning->answer.step == TURN_TAKEN) {
        status = prepare_session(beginning, &change);
    }
    if (status != SVC_OK) {
        return status;
    }
    compose_turn(beginning->arena, &outcome->record, &outcome->turn, &change);
    status = store_save(store, &outcome->record, &change, &expires_ms);
    if (status == SVC_OK) {
        beginning->saved = true;
        sessions_saved(&outcome->record, &change, expires_ms);
        if (beginning->answer.step != TURN_WAIT) {
            ring(bell_of(beginning->turns, outcome->record.key));
        }
    }
    return status;
}

/* One look at the turn. */
static enum svc_status look(struct beginning *beginning)
{
    struct turn_outcome *outcome = beginning->outcome;
    struct store *store = beginning->turns->sessions->store;
    enum svc_status status =
        store_load(store, beginning->arena, beginning->call->session.key,
            STORE_WITH_TURN | STORE_WITH_CUSTOMER | beginning->base, &outcome->record);

    beginning->saved = false;
    if (status != SVC_OK) {
        return status;
    }
    if (!turn_read(beginning->arena, outcome->record.turn, &outcome->turn)) {
        return SVC_INTERNAL;
    }
    int64_t now_ms = outcome->record.now_ms;
    int64_t left_ms = beginning->until_ms - svc_clock_monotonic_ms();
    struct turn_caller caller = {
        .owner = beginning->call->owner,
        .now_ms = now_ms,
        .until_ms = now_ms + left_ms,
    };
    turn_begin(&outcome->turn, &beginning->rules, &caller,
        make_message(beginning, now_ms), beginning->token, &beginning->answer);
    return beginning->answer.changed ? save_turn(beginning) : SVC_OK;
}

/* Until nobody else's look comes between. What was seen in something perhaps outdated
 * counts only if it was saved. */
static enum svc_status look_patiently(struct beginning *beginning)
{
    enum svc_status status = SVC_CONFLICT;

    for (unsigned i = 0; i < SESSIONS_ATTEMPTS_MAX && status == SVC_CONFLICT; i++) {
        if (i > 1) {
            sessions_step_aside(i);
        }
        *beginning->outcome = (struct turn_outcome){0};
        status = look(beginning);
        if (status == SVC_OK && beginning->outcome->record.base && !beginning->saved) {
            beginning->base = 0;
            status = SVC_CONFLICT;
        }
    }
    /* Who waits looks at what there is. */
    beginning->base = 0;
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}

/* The caller is gone: its message stays, for whoever comes next to collect. */
static enum svc_status leave(struct beginning *beginning)
{
    struct turn_outcome *outcome = beginning->outcome;
    struct store *store = beginning->turns->sessions->store;
    struct store_change change = {0};
    int64_t expires_ms = 0;
    enum svc_status status = store_load(store, beginning->arena,
        beginning->call->session.key, STORE_WITH_TURN, &outcome->record);

    if (status != SVC_OK) {
        return status;
    }
    if (!turn_read(beginning->arena, outcome->record.turn, &outcome->turn)) {
        return SVC_INTERNAL;
    }
    if (!turn_leave(&outcome->turn, beginning->call->owner)) {
        return SVC_OK;
    }
    compose_turn(beginning->arena, &outcome->record, &outcome->turn, &change);
    return store_save(store, &outcome->record, &change, &expires_ms);
}

static enum svc_status leave_patiently(struct beginning *beginning)
{
    enum svc_status status = SVC_CONFLICT;

    for (unsigned i = 0; i < SESSIONS_ATTEMPTS_MAX && status == SVC_CONFLICT; i++) {
        if (i > 1) {
            sessions_step_aside(i);
        }
        *beginning->outcome = (struct turn_outcome){0};
        status = leave(beginning);
    }
    /* Where that failed, the time that it was to wait ends its part. */
    return status == SVC_OK ? SVC_TIMEOUT : status;
}

static void finish(struct beginning *beginning)
{
    struct turn_outcome *outcome = beginning->outcome;
    const struct session_call *call = &beginning->call->session;

    outcome->step = beginning->answer.step;
    if (outcome->step != TURN_TAKEN && outcome->step != TURN_AGAIN) {
        return;
    }
    outcome->messages = outcome->turn.taken;
    turn_list_sort(beginning->arena, &outcome->messages);
    if (!outcome->created && call->profile != NULL && !outcome->record.customer.known) {
        store_profile_put(
            beginning->turns->sessions->store, outcome->record.key, call->profile);
    }
    sessions_join_customer(beginning->arena, &outcome->record);
}

enum svc_status turns_begin(struct turns *turns, struct svc_arena *arena,
    const struct turn_begin_call *call, struct turn_outcome *ret_outcome)
{
    struct beginning beginning = {
        .turns = turns,
        .arena = arena,
        .call = call,
        .token = make_token(arena),
        .rules = turns->rules,
        .until_ms = svc_clock_monotonic_ms() + call->wait_ms,
        .base = STORE_BASE,
        .outcome = ret_outcome,
    };
    enum svc_status status = SVC_OK;

    if (call->lease_ms > 0) {
        beginning.rules.lease_ms = call->lease_ms;
    }
    for (;;) {
        struct bell *bell = bell_of(turns, call->session.key);
        uint64_t heard = listen(bell);
        status = look_patiently(&beginning);
        if (status != SVC_OK || beginning.answer.step != TURN_WAIT) {
            break;
        }
        int64_t wait_ms = beginning.answer.wait_until_ms - ret_outcome->record.now_ms;
        wait_for(bell, heard, wait_ms < LOOK_AGAIN_MS ? wait_ms : LOOK_AGAIN_MS);
        /* A lease for somebody who isn't there would hold the customer up until it ends.
         */
        if (call->is_gone != NULL && call->is_gone(call->caller)) {
            return leave_patiently(&beginning);
        }
    }
    if (status == SVC_OK) {
        finish(&beginning);
    }
    return status;
}

/* --- end */

struct ending {
    struct turns *turns;
    struct svc_arena *arena;
    const struct turn_end_call *call;
    struct turn_end_outcome *outcome;
    unsigned base; /* STORE_BASE, or 0 */
    bool saved;
};

static bool is_short(const struct svc_json *reply)
{
    struct svc_buf out;
    struct svc_json_writer writer;

    svc_buf_init(&out, TURN_REPLY_MAX);
    svc_json_write_init(&writer, &out);
    svc_json_write_value(&writer, reply);
    bool fits = !out.overflow;
    svc_buf_done(&out);
    return fits;
}

/* The session as the turn leaves it. Where the patch can't be applied nothing is ended.
 */
static enum svc_status patch_session(struct ending *ending, struct store_change *change)
{
    static const struct store_profile nothing = {0};
    const struct turn_end_call *call = ending->call;
    struct store_record *record = &ending->outcome->record;
    struct session session;
    bool live = record->head.form == SESSION_LIVE;

    if (call->parts == NULL) {
        return SVC_OK;
    }
    if (record->head.form == SESSION_DELETED) {
        ending->outcome->refusal = SESSION_WAS_DELETED;
        return SVC_OK;
    }
    if (live && call->session.if_version > 0 &&
        call->session.if_version != record->head.version) {
        ending->outcome->refusal = SESSION_VERSION_CONFLICT;
        return SVC_OK;
    }
    if (!live) {
        sessions_make(ending->arena, record, NULL, &session);
        change->profile = &nothing;
    } else if (!session_read(ending->arena, record->session, &session)) {
        return SVC_INTERNAL;
    }
    session_patch(ending->arena, &session, call->parts);
    enum svc_status status = sessions_compose(
        ending->turns->sessions, ending->arena, record, &call->session, &session, change);
    if (status == SVC_TOO_LARGE) {
        ending->outcome->refusal = SESSION_TOO_LARGE;
        return SVC_OK;
    }
    return status;
}

static enum svc_status end_once(struct ending *ending)
{
    struct turn_end_outcome *outcome = ending->outcome;
    const struct turn_end_call *call = ending->call;
    struct store *store = ending->turns->sessions->store;
    struct store_record *record = &outcome->record;
    struct store_change change = {0};
    int64_t expires_ms = 0;
    enum svc_status status = store_load(
        store, ending->arena, call->session.key, STORE_WITH_TURN | ending->base, record);

    if (status != SVC_OK) {
        return status;
    }
    if (!turn_read(ending->arena, record->turn, &outcome->turn)) {
        return SVC_INTERNAL;
    }
    const struct turn_message *first = outcome->turn.taken.first;
    outcome->took_ms = first != NULL ? record->now_ms - first->arrived_ms : -1;
    outcome->step = turn_end(
        ending->arena, &outcome->turn, call->session.lease, call->done, record->now_ms);
    if (outcome->step != TURN_ENDED) {
        return SVC_OK;
    }
    status = patch_session(ending, &change);
    if (status != SVC_OK || outcome->refusal == SESSION_VERSION_CONFLICT ||
        outcome->refusal == SESSION_TOO_LARGE) {
        return status;
    }
    outcome->turn.last_version = change.session_version;
    outcome->turn.last_reply =
        call->reply != NULL && is_short(call->reply) ? call->reply : NULL;
    compose_turn(ending->arena, record, &outcome->turn, &change);
    status = store_save(store, record, &change, &expires_ms);
    if (status == SVC_OK) {
        ending->saved = true;
        sessions_saved(record, &change, expires_ms);
        ring(bell_of(ending->turns, record->key));
    }
    return status;
}

enum svc_status turns_end(struct turns *turns, struct svc_arena *arena,
    const struct turn_end_call *call, struct turn_end_outcome *ret_outcome)
{
    struct ending ending = {turns, arena, call, ret_outcome, STORE_BASE, false};
    enum svc_status status = SVC_CONFLICT;

    for (unsigned i = 0; i < SESSIONS_ATTEMPTS_MAX && status == SVC_CONFLICT; i++) {
        if (i > 1) {
            sessions_step_aside(i);
        }
        *ret_outcome = (struct turn_end_outcome){0};
        status = end_once(&ending);
        if (status == SVC_OK && ret_outcome->record.base && !ending.saved) {
            ending.base = 0;
            status = SVC_CONFLICT;
        }
    }
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}
