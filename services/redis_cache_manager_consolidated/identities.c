#include "identities.h"

#include <string.h>

#define ALIAS_MS ((int64_t)30 * 86400 * 1000)
#define TURN_ROOM (TURN_BYTES_MAX * 16)

struct move {
    struct sessions *sessions;
    struct svc_arena *arena;
    struct store_record from;
    struct store_record to;
    struct identity_outcome *outcome;
};

static struct svc_slice keep(struct svc_arena *arena, struct svc_buf *out)
{
    struct svc_slice text = {
        svc_arena_strndup(arena, out->bytes, out->length), out->length};

    svc_buf_done(out);
    return text;
}

static void write_turn(struct svc_arena *arena, const struct store_record *record,
    struct turn *turn, struct store_change *change)
{
    struct svc_buf out;

    turn->version = record->turn_known + 1;
    turn->epoch = record->epoch;
    svc_buf_init(&out, TURN_ROOM);
    turn_write(turn, &out);
    change->turn = keep(arena, &out);
    change->turn_version = turn->version;
}

/* Both sessions in one, at the new identity. */
static enum svc_status join_sessions(const struct move *move, struct store_change *change)
{
    struct session previous;
    struct session current;
    struct session_call call = {.key = move->to.key};

    if (move->from.head.form != SESSION_LIVE ||
        !session_read(move->arena, move->from.session, &previous)) {
        return SVC_OK;
    }
    if (move->to.head.form != SESSION_LIVE ||
        !session_read(move->arena, move->to.session, &current)) {
        current = previous;
        current.head = (struct session_head){
            .form = SESSION_LIVE, .created_ms = previous.head.created_ms};
        current.customer_phone = move->to.key;
    } else {
        session_join(move->arena, &current, &previous);
    }
    enum svc_status status =
        sessions_compose(move->sessions, move->arena, &move->to, &call, &current, change);
    if (status == SVC_OK && move->from.expires_ms - move->from.now_ms > change->ttl_ms) {
        change->ttl_ms = move->from.expires_ms - move->from.now_ms;
    }
    return status;
}

/* An identity that comes back leads nowhere any more. */
static void end_alias(const struct move *move, struct store_change *change)
{
    struct svc_buf out;
    struct session_head head = {
        .form = SESSION_DELETED,
        .version = move->to.session_known + 1,
        .epoch = move->to.epoch,
        .created_ms = move->to.now_ms,
        .writes = SVC_SLICE(SESSION_DELETED_WRITES),
    };

    svc_buf_init(&out, 1024);
    session_write_remains(&head, &out);
    change->session = keep(move->arena, &out);
    change->session_version = head.version;
    change->ttl_ms = SESSION_TOMBSTONE_MS;
}

static enum svc_status write_current(struct move *move)
{
    struct store_change change = {0};
    struct turn previous;
    struct turn current;
    enum svc_status status = join_sessions(move, &change);

    if (status != SVC_OK) {
        return status;
    }
    move->outcome->session_moved = change.session.text != NULL;
    if (change.session.text == NULL && move->to.head.form == SESSION_MOVED) {
        end_alias(move, &change);
    }
    if (move->from.turn.text != NULL) {
        if (!turn_read(move->arena, move->from.turn, &previous) ||
            !turn_read(move->arena, move->to.turn, &current)) {
            return SVC_INTERNAL;
        }
        turn_join(&current, &previous, move->to.now_ms);
        write_turn(move->arena, &move->to, &current, &change);
        move->outcome->turn_moved = true;
    }
    if (change.session.text == NULL && change.turn.text == NULL) {
        return SVC_OK;
    }
    return store_save(move->sessions->store, &move->to, &change, NULL);
}

static enum svc_status write_alias(struct move *move)
{
    struct store_change change = {.ttl_ms = ALIAS_MS};
    struct turn empty = {0};
    struct svc_buf out;
    struct session_head head = {
        .form = SESSION_MOVED,
        .version = move->from.session_known + 1,
        .epoch = move->from.epoch,
        .created_ms = move->from.now_ms,
        .moved_to = move->to.key,
    };

    svc_buf_init(&out, 1024);
    session_write_remains(&head, &out);
    change.session = keep(move->arena, &out);
    change.session_version = head.version;
    if (move->from.turn.text != NULL) {
        write_turn(move->arena, &move->from, &empty, &change);
    }
    return store_save(move->sessions->store, &move->from, &change, NULL);
}

/* The new identity first: what ends in between is done again, and comes out the same. */
static enum svc_status move_once(
    struct move *move, struct svc_slice from, struct svc_slice to)
{
    struct store *store = move->sessions->store;
    unsigned what = STORE_WITH_TURN | STORE_AS_IT_LIES;
    enum svc_status status = store_load(store, move->arena, from, what, &move->from);

    if (status == SVC_OK) {
        status = store_load(store, move->arena, to, what, &move->to);
    }
    if (status != SVC_OK) {
        return status;
    }
    bool moved = move->from.head.form == SESSION_MOVED &&
                 move->from.head.moved_to.length == to.length &&
                 memcmp(move->from.head.moved_to.text, to.text, to.length) == 0;
    if (moved) {
        return SVC_OK;
    }
    if (move->from.head.form == SESSION_MOVED) {
        move->from.turn = (struct svc_slice){0};
    }
    status = write_current(move);
    return status == SVC_OK ? write_alias(move) : status;
}

static bool is_same(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

enum svc_status identities_change(struct sessions *sessions, struct svc_arena *arena,
    const struct store_identity *previous, const struct store_identity *current,
    struct identity_outcome *ret_outcome)
{
    enum svc_status status = is_same(previous->key, current->key) ? SVC_OK : SVC_CONFLICT;

    *ret_outcome = (struct identity_outcome){0};
    for (unsigned i = 0; i < SESSIONS_ATTEMPTS_MAX && status == SVC_CONFLICT; i++) {
        struct move move = {.sessions = sessions, .arena = arena, .outcome = ret_outcome};
        if (i > 0) {
            sessions_step_aside(i);
        }
        status = move_once(&move, previous->key, current->key);
    }
    if (status == SVC_OK) {
        status =
            store_identity_change(sessions->store, previous, current, &ret_outcome->rows);
    }
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}
