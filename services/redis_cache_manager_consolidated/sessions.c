#include "sessions.h"

#include "turn.h"

#include <svc/clock.h>
#include <svc/random.h>

#include <string.h>
#include <time.h>

#define SESSION_TEXT_ROOM ((size_t)4 * 1024 * 1024)

void sessions_step_aside(unsigned attempt)
{
    uint64_t limit_us = attempt < 8 ? (uint64_t)200 << attempt : 51200;
    struct timespec wait = {.tv_nsec = (long)svc_random_below(limit_us) * 1000};

    nanosleep(&wait, NULL);
}

/* One call, as its attempts see it. */
struct attempt {
    struct sessions *sessions;
    struct svc_arena *arena;
    const struct session_call *call;
    struct session_outcome *outcome;
    enum session_change change;   /* of a write */
    const struct svc_json *parts; /* of a write */
    unsigned base;                /* STORE_BASE, or 0 */
};

/* Until somebody else's write doesn't come between. What was made from something perhaps
 * outdated counts only if it was saved. */
static enum svc_status repeat(
    enum svc_status (*once)(const struct attempt *attempt), const struct attempt *attempt)
{
    enum svc_status status = SVC_CONFLICT;
    struct attempt now = *attempt;

    now.base = STORE_BASE;
    for (unsigned i = 0; i < SESSIONS_ATTEMPTS_MAX && status == SVC_CONFLICT; i++) {
        if (i > 1) {
            sessions_step_aside(i);
        }
        *now.outcome = (struct session_outcome){0};
        status = once(&now);
        if (status == SVC_OK && now.outcome->record.base && !now.outcome->saved) {
            now.base = 0;
            status = SVC_CONFLICT;
        }
    }
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}

static struct svc_slice keep(struct svc_arena *arena, struct svc_buf *out)
{
    struct svc_slice text = {
        svc_arena_strndup(arena, out->bytes, out->length), out->length};

    svc_buf_done(out);
    return text;
}

static void set_customer(struct session *session, const struct store_customer *customer)
{
    if (!customer->known) {
        return;
    }
    if (customer->name.text != NULL) {
        session->customer_name = customer->name;
    }
    if (customer->tier.text != NULL) {
        session->customer_tier = customer->tier;
    }
    session->total_orders = customer->total_orders;
}

void sessions_make(struct svc_arena *arena, const struct store_record *record,
    const struct store_profile *profile, struct session *ret_session)
{
    session_init(ret_session, record->key);
    if (profile != NULL && profile->name.text != NULL) {
        ret_session->customer_name = profile->name;
    }
    if (record->new_id.text != NULL) {
        struct svc_json *id = svc_arena_alloc(arena, sizeof *id);
        id->type = SVC_JSON_NUMBER;
        id->text = record->new_id;
        ret_session->id = id;
    }
    ret_session->head.created_ms = record->now_ms;
}

enum svc_status sessions_compose(struct sessions *sessions, struct svc_arena *arena,
    const struct store_record *record, const struct session_call *call,
    struct session *session, struct store_change *ret_change)
{
    char *time_text = svc_arena_alloc(arena, SVC_CLOCK_TEXT_SIZE);
    struct svc_buf out;

    set_customer(session, &record->customer);
    svc_clock_format_ms(record->now_ms, time_text);
    session->last_activity = (struct svc_slice){time_text, strlen(time_text)};
    session->head.form = SESSION_LIVE;
    session->head.version = record->session_known + 1;
    session->head.epoch = record->epoch;
    if (session->head.created_ms == 0) {
        session->head.created_ms = record->now_ms;
    }
    session->head.writes = session_writes_add(arena, session->head.writes,
        call->write_token != NULL ? call->write_token : SESSION_NO_TOKEN,
        session->head.version);
    svc_buf_init(&out, SESSION_TEXT_ROOM);
    session_write(session, &out);
    if (out.overflow || out.length > sessions->bytes_max) {
        svc_buf_done(&out);
        return SVC_TOO_LARGE;
    }
    int64_t ttl_s =
        ttl_choose_s(&sessions->ttl, call->ttl_s, store_standard_ttl_s(sessions->store),
            session->session_state, session->customer_tier);
    ret_change->session = keep(arena, &out);
    ret_change->session_version = session->head.version;
    ret_change->ttl_ms =
        ttl_left_ms(&sessions->ttl, ttl_s, session->head.created_ms, record->now_ms);
    return SVC_OK;
}

void sessions_saved(
    struct store_record *record, const struct store_change *change, int64_t expires_ms)
{
    if (change->session.text == NULL) {
        return;
    }
    record->session = change->session;
    session_head_read(record->session, &record->head);
    record->session_stored = change->session_version;
    record->session_known = change->session_version;
    record->expires_ms = expires_ms;
}

void sessions_join_customer(struct svc_arena *arena, struct store_record *record)
{
    struct session session;
    struct session before;
    struct svc_buf out;

    if (record->head.form != SESSION_LIVE || !record->customer.known ||
        !session_read(arena, record->session, &session)) {
        return;
    }
    before = session;
    set_customer(&session, &record->customer);
    if (before.customer_name.length == session.customer_name.length &&
        before.customer_tier.length == session.customer_tier.length &&
        before.total_orders == session.total_orders &&
        memcmp(before.customer_name.text, session.customer_name.text,
            session.customer_name.length) == 0 &&
        memcmp(before.customer_tier.text, session.customer_tier.text,
            session.customer_tier.length) == 0) {
        return;
    }
    svc_buf_init(&out, SESSION_TEXT_ROOM);
    session_write(&session, &out);
    record->session = keep(arena, &out);
    session_head_read(record->session, &record->head);
}

/* --- load */

/* The same profile that is known already costs PostgreSQL nothing. */
static void note_profile(struct sessions *sessions, const struct session_call *call,
    const struct store_record *record)
{
    if (call->profile == NULL) {
        return;
    }
    bool named = record->customer.name.text != NULL || call->profile->name.text == NULL;
    if (!record->customer.known || !named) {
        store_profile_put(sessions->store, record->key, call->profile);
    }
}

/* Makes it live its full time again, unless it has nine tenths of that left. */
static enum svc_status slide(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, struct store_record *record)
{
    struct session session;

    if (!session_read(arena, record->session, &session)) {
        return SVC_OK;
    }
    int64_t ttl_s =
        ttl_choose_s(&sessions->ttl, call->ttl_s, store_standard_ttl_s(sessions->store),
            session.session_state, session.customer_tier);
    int64_t ttl_ms =
        ttl_left_ms(&sessions->ttl, ttl_s, session.head.created_ms, record->now_ms);
    int64_t left_ms = record->expires_ms - record->now_ms;
    bool shorter = call->ttl_s > 0 && left_ms > ttl_ms;
    if (left_ms >= ttl_ms / 10 * 9 && !shorter) {
        return SVC_OK;
    }
    return store_touch(sessions->store, record, ttl_ms, &record->expires_ms);
}

static enum svc_status create(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, struct store_record *record)
{
    static const struct store_profile nothing = {0};
    struct session session;
    struct store_change change = {
        .profile = call->profile != NULL ? call->profile : &nothing};
    int64_t expires_ms = 0;

    sessions_make(arena, record, call->profile, &session);
    enum svc_status status =
        sessions_compose(sessions, arena, record, call, &session, &change);
    if (status != SVC_OK) {
        return status;
    }
    status = store_save(sessions->store, record, &change, &expires_ms);
    if (status == SVC_OK) {
        sessions_saved(record, &change, expires_ms);
    }
    return status;
}

static enum svc_status load_once(const struct attempt *attempt)
{
    struct sessions *sessions = attempt->sessions;
    struct svc_arena *arena = attempt->arena;
    const struct session_call *call = attempt->call;
    struct session_outcome *outcome = attempt->outcome;
    enum svc_status status = store_load(
        sessions->store, arena, call->key, STORE_WITH_CUSTOMER, &outcome->record);

    if (status != SVC_OK) {
        return status;
    }
    outcome->created = outcome->record.head.form != SESSION_LIVE;
    if (outcome->created) {
        return create(sessions, arena, call, &outcome->record);
    }
    status = slide(sessions, arena, call, &outcome->record);
    if (status == SVC_OK) {
        note_profile(sessions, call, &outcome->record);
        sessions_join_customer(arena, &outcome->record);
    }
    return status;
}

enum svc_status sessions_load(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, struct session_outcome *ret_outcome)
{
    return repeat(load_once,
        &(const struct attempt){
            .sessions = sessions, .arena = arena, .call = call, .outcome = ret_outcome});
}

enum svc_status sessions_get(struct sessions *sessions, struct svc_arena *arena,
    struct svc_slice key, struct store_record *ret_record)
{
    return store_load(sessions->store, arena, key, STORE_FROM_NEAR, ret_record);
}

/* --- write */

/* What stands in the way of a write; also finds one that was done before. */
static enum session_refusal check(struct svc_arena *arena,
    const struct session_call *call, struct session_outcome *outcome)
{
    const struct store_record *record = &outcome->record;
    struct turn turn;

    if (call->write_token != NULL && record->head.form == SESSION_LIVE) {
        outcome->version_then =
            session_writes_find(record->head.writes, call->write_token);
        outcome->repeated = outcome->version_then > 0;
        if (outcome->repeated) {
            return SESSION_TAKEN_AS_IS;
        }
    }
    if (record->head.form == SESSION_DELETED) {
        return SESSION_WAS_DELETED;
    }
    if (call->lease.text != NULL &&
        (!turn_read(arena, record->turn, &turn) || !turn_holds(&turn, call->lease))) {
        return SESSION_LEASE_LOST;
    }
    if (record->head.form != SESSION_LIVE) {
        return call->if_version > 0 ? SESSION_NOT_FOUND : SESSION_TAKEN_AS_IS;
    }
    return call->if_version > 0 && call->if_version != record->head.version
               ? SESSION_VERSION_CONFLICT
               : SESSION_TAKEN_AS_IS;
}

static enum svc_status save(struct sessions *sessions, const struct session_call *call,
    struct store_change *change, struct session_outcome *outcome)
{
    struct store_record *record = &outcome->record;
    int64_t expires_ms = 0;

    if (call->lease.text != NULL) {
        /* Unchanged, as a condition that the lease still holds. */
        change->turn = record->turn;
        change->turn_version = record->turn_stored;
    }
    enum svc_status status = store_save(sessions->store, record, change, &expires_ms);
    if (status == SVC_OK) {
        sessions_saved(record, change, expires_ms);
        outcome->saved = true;
    }
    return status;
}

static enum svc_status write_once(const struct attempt *attempt)
{
    static const struct store_profile nothing = {0};
    struct sessions *sessions = attempt->sessions;
    struct svc_arena *arena = attempt->arena;
    const struct session_call *call = attempt->call;
    struct session_outcome *outcome = attempt->outcome;
    struct store_record *record = &outcome->record;
    struct store_change change = {0};
    struct session session;
    unsigned what = (call->lease.text != NULL ? STORE_WITH_TURN : 0) | attempt->base;
    enum svc_status status = store_load(sessions->store, arena, call->key, what, record);

    if (status != SVC_OK) {
        return status;
    }
    outcome->refusal = check(arena, call, outcome);
    bool live = record->head.form == SESSION_LIVE;
    if (attempt->change == SESSION_PATCH && !live &&
        outcome->refusal == SESSION_TAKEN_AS_IS) {
        outcome->refusal = SESSION_NOT_FOUND;
    }
    if (outcome->refusal != SESSION_TAKEN_AS_IS || outcome->repeated) {
        return SVC_OK;
    }
    outcome->created = !live;
    if (!live) {
        sessions_make(arena, record, NULL, &session);
        change.profile = &nothing;
    } else if (!session_read(arena, record->session, &session)) {
        return SVC_INTERNAL;
    }
    if (attempt->change == SESSION_SET) {
        session_set(&session, attempt->parts);
    } else {
        session_patch(arena, &session, attempt->parts);
    }
    status = sessions_compose(sessions, arena, record, call, &session, &change);
    if (status == SVC_TOO_LARGE) {
        outcome->refusal = SESSION_TOO_LARGE;
        return SVC_OK;
    }
    return save(sessions, call, &change, outcome);
}

enum svc_status sessions_write(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, enum session_change change,
    const struct svc_json *parts, struct session_outcome *ret_outcome)
{
    return repeat(write_once, &(const struct attempt){.sessions = sessions,
                                  .arena = arena,
                                  .call = call,
                                  .outcome = ret_outcome,
                                  .change = change,
                                  .parts = parts});
}

/* --- delete and touch */

static enum svc_status delete_once(const struct attempt *attempt)
{
    struct sessions *sessions = attempt->sessions;
    struct svc_arena *arena = attempt->arena;
    const struct session_call *call = attempt->call;
    struct session_outcome *outcome = attempt->outcome;
    struct store_record *record = &outcome->record;
    struct store_change change = {.ttl_ms = SESSION_TOMBSTONE_MS};
    struct svc_buf out;
    enum svc_status status =
        store_load(sessions->store, arena, call->key, attempt->base, record);

    if (status != SVC_OK) {
        return status;
    }
    if (record->head.form != SESSION_LIVE) {
        outcome->refusal = SESSION_NOT_FOUND;
        return SVC_OK;
    }
    if (call->if_version > 0 && call->if_version != record->head.version) {
        outcome->refusal = SESSION_VERSION_CONFLICT;
        return SVC_OK;
    }
    struct session_head remains = {
        .form = SESSION_DELETED,
        .version = record->session_known + 1,
        .epoch = record->epoch,
        .created_ms = record->now_ms,
        .writes = SVC_SLICE(SESSION_DELETED_WRITES),
    };
    svc_buf_init(&out, 1024);
    session_write_remains(&remains, &out);
    change.session = keep(arena, &out);
    change.session_version = remains.version;
    return save(sessions, call, &change, outcome);
}

enum svc_status sessions_delete(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, struct session_outcome *ret_outcome)
{
    return repeat(delete_once,
        &(const struct attempt){
            .sessions = sessions, .arena = arena, .call = call, .outcome = ret_outcome});
}

static enum svc_status touch_once(const struct attempt *attempt)
{
    struct sessions *sessions = attempt->sessions;
    struct svc_arena *arena = attempt->arena;
    const struct session_call *call = attempt->call;
    struct session_outcome *outcome = attempt->outcome;
    struct store_record *record = &outcome->record;
    struct session session;
    enum svc_status status =
        store_load(sessions->store, arena, call->key, attempt->base, record);

    if (status != SVC_OK) {
        return status;
    }
    if (record->head.form != SESSION_LIVE ||
        !session_read(arena, record->session, &session)) {
        outcome->refusal = SESSION_NOT_FOUND;
        return SVC_OK;
    }
    int64_t ttl_s =
        ttl_choose_s(&sessions->ttl, call->ttl_s, store_standard_ttl_s(sessions->store),
            session.session_state, session.customer_tier);
    int64_t ttl_ms =
        ttl_left_ms(&sessions->ttl, ttl_s, session.head.created_ms, record->now_ms);
    status = store_touch(sessions->store, record, ttl_ms, &record->expires_ms);
    outcome->saved = status == SVC_OK;
    return status;
}

enum svc_status sessions_touch(struct sessions *sessions, struct svc_arena *arena,
    const struct session_call *call, struct session_outcome *ret_outcome)
{
    return repeat(touch_once,
        &(const struct attempt){
            .sessions = sessions, .arena = arena, .call = call, .outcome = ret_outcome});
}
