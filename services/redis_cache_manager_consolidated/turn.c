#include "turn.h"

#include <stdlib.h>
#include <string.h>

static bool same(struct svc_slice left, struct svc_slice right)
{
    return left.text != NULL && right.text != NULL && left.length == right.length &&
           memcmp(left.text, right.text, left.length) == 0;
}

static bool holds_id(const struct turn_list *list, struct svc_slice id)
{
    for (const struct turn_message *at = list->first; at != NULL; at = at->next) {
        if (same(at->id, id)) {
            return true;
        }
    }
    return false;
}

static bool names_id(const struct svc_json *ids, struct svc_slice id)
{
    for (const struct svc_json *at = ids != NULL ? ids->first : NULL; at != NULL;
         at = at->next) {
        if (same(at->text, id)) {
            return true;
        }
    }
    return false;
}

static void append(struct turn_list *list, struct turn_message *message)
{
    struct turn_message **end = &list->first;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    message->next = NULL;
    *end = message;
    list->count++;
}

/* Puts FRONT before what is in LIST already. */
static void prepend(struct turn_list *list, struct turn_list *front)
{
    struct turn_message **end = &front->first;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = list->first;
    list->first = front->first;
    list->count += front->count;
    *front = (struct turn_list){0};
}

/* --- begin */

/* A collector that went away without a word is no collector. */
static bool expire(struct turn *turn, int64_t now_ms)
{
    bool changed = false;

    if (turn->collector.text != NULL && now_ms > turn->collector_expires_ms) {
        turn->collector = (struct svc_slice){0};
        changed = true;
    }
    return changed;
}

static bool is_leased(const struct turn *turn, int64_t now_ms)
{
    return turn->lease.text != NULL && now_ms < turn->lease_expires_ms;
}

static void take_back(struct turn *turn)
{
    for (struct turn_message *at = turn->taken.first; at != NULL; at = at->next) {
        at->again = true;
    }
    prepend(&turn->pending, &turn->taken);
}

static size_t list_bytes(const struct turn_list *list)
{
    size_t bytes = 0;

    for (const struct turn_message *at = list->first; at != NULL; at = at->next) {
        struct svc_buf out;
        struct svc_json_writer writer;
        svc_buf_init(&out, TURN_BYTES_MAX * 2);
        svc_json_write_init(&writer, &out);
        svc_json_write_value(&writer, at->content);
        bytes += out.length + (out.overflow ? TURN_BYTES_MAX : 0);
        svc_buf_done(&out);
    }
    return bytes;
}

static bool is_full(const struct turn *turn, struct turn_message *message)
{
    struct turn_list one = {message, 1};

    if (turn->pending.count + turn->taken.count >= TURN_MESSAGES_MAX) {
        return true;
    }
    return list_bytes(&turn->pending) + list_bytes(&turn->taken) + list_bytes(&one) >
           TURN_BYTES_MAX;
}

/* The message joins those that wait, which then wait for the next one. */
static void add_message(struct turn *turn, const struct turn_rules *rules,
    struct turn_message *message, int64_t now_ms)
{
    if (turn->pending.count == 0) {
        turn->latest_ms = now_ms + rules->longest_ms;
    }
    message->number = ++turn->number;
    append(&turn->pending, message);
    turn->due_ms = message->flush ? now_ms : now_ms + rules->quiet_ms;
    if (turn->due_ms > turn->latest_ms) {
        turn->due_ms = turn->latest_ms;
    }
}

static void take(struct turn *turn, const struct turn_rules *rules,
    const struct turn_caller *caller, struct svc_slice token)
{
    take_back(turn); /* of one that didn't end */
    turn->taken = turn->pending;
    turn->pending = (struct turn_list){0};
    turn->fence = turn->fence + 1 > caller->now_ms ? turn->fence + 1 : caller->now_ms;
    turn->lease = token;
    turn->lease_owner = caller->owner;
    turn->lease_expires_ms = caller->now_ms + rules->lease_ms;
    turn->collector = (struct svc_slice){0};
    turn->due_ms = 0;
    turn->latest_ms = 0;
}

/* The caller collects: it takes, waits, or gives up. */
static void collect(struct turn *turn, const struct turn_rules *rules,
    const struct turn_caller *caller, struct svc_slice token, struct turn_answer *answer)
{
    bool leased = is_leased(turn, caller->now_ms);
    int64_t ready_ms = leased ? turn->lease_expires_ms : turn->due_ms;

    if (!leased &&
        (caller->now_ms >= turn->due_ms || caller->now_ms >= caller->until_ms)) {
        take(turn, rules, caller, token);
        answer->step = TURN_TAKEN;
        answer->changed = true;
        return;
    }
    /* One that holds the turn itself would wait for itself. */
    if (caller->now_ms >= caller->until_ms || same(turn->lease_owner, caller->owner)) {
        turn->collector = (struct svc_slice){0};
        answer->step = TURN_BUSY;
        answer->changed = true;
        return;
    }
    answer->step = TURN_WAIT;
    answer->wait_until_ms = ready_ms < caller->until_ms ? ready_ms : caller->until_ms;
}

/* A message that is known already; true where that is the answer. */
static bool find_known(struct turn *turn, const struct turn_caller *caller,
    const struct turn_message *message, struct turn_answer *answer)
{
    bool leased = is_leased(turn, caller->now_ms);
    bool owns = leased && same(turn->lease_owner, caller->owner);

    if (owns && (message == NULL || holds_id(&turn->taken, message->id))) {
        answer->step = TURN_AGAIN;
        return true;
    }
    if (message == NULL) {
        return false;
    }
    if (names_id(turn->done, message->id)) {
        answer->step = TURN_DONE;
        return true;
    }
    if (leased && holds_id(&turn->taken, message->id)) {
        answer->step = TURN_MERGED;
        return true;
    }
    return false;
}

void turn_begin(struct turn *turn, const struct turn_rules *rules,
    const struct turn_caller *caller, struct turn_message *message,
    struct svc_slice token, struct turn_answer *ret_answer)
{
    *ret_answer = (struct turn_answer){.changed = expire(turn, caller->now_ms)};
    if (find_known(turn, caller, message, ret_answer)) {
        return;
    }
    if (message != NULL && !holds_id(&turn->pending, message->id) &&
        !holds_id(&turn->taken, message->id)) {
        if (is_full(turn, message)) {
            ret_answer->step = TURN_FULL;
            return;
        }
        add_message(turn, rules, message, caller->now_ms);
        ret_answer->changed = true;
    }
    bool left = turn->taken.count > 0 && !is_leased(turn, caller->now_ms);
    if (turn->pending.count == 0 && !left) {
        ret_answer->step = TURN_EMPTY;
        return;
    }
    if (turn->collector.text != NULL && !same(turn->collector, caller->owner)) {
        ret_answer->step = TURN_MERGED;
        return;
    }
    if (turn->collector.text == NULL) {
        turn->collector = caller->owner;
        turn->collector_expires_ms = caller->until_ms + 1000;
        ret_answer->changed = true;
    }
    collect(turn, rules, caller, token, ret_answer);
}

bool turn_leave(struct turn *turn, struct svc_slice owner)
{
    if (turn->collector.text == NULL || !same(turn->collector, owner)) {
        return false;
    }
    turn->collector = (struct svc_slice){0};
    turn->collector_expires_ms = 0;
    return true;
}

/* --- end */

static struct svc_json *make_text(struct svc_arena *arena, struct svc_slice text)
{
    struct svc_json *value = svc_arena_alloc(arena, sizeof *value);

    value->type = SVC_JSON_STRING;
    value->text = text;
    return value;
}

/* The ids of LIST, and behind them those of OTHERS, MAX at most. */
static const struct svc_json *list_ids(struct svc_arena *arena,
    const struct turn_list *list, const struct svc_json *others, size_t max)
{
    struct svc_json *ids = svc_arena_alloc(arena, sizeof *ids);
    const struct svc_json **end = &ids->first;
    const struct turn_message *message = list->first;
    const struct svc_json *other = others != NULL ? others->first : NULL;

    ids->type = SVC_JSON_ARRAY;
    while (ids->count < max && (message != NULL || other != NULL)) {
        struct svc_json *id =
            make_text(arena, message != NULL ? message->id : other->text);
        if (message != NULL) {
            message = message->next;
        } else {
            other = other->next;
        }
        *end = id;
        end = &id->next;
        ids->count++;
    }
    return ids;
}

bool turn_holds(const struct turn *turn, struct svc_slice lease)
{
    return same(turn->lease, lease);
}

enum turn_end_step turn_end(struct svc_arena *arena, struct turn *turn,
    struct svc_slice lease, bool done, int64_t now_ms)
{
    if (same(turn->last, lease)) {
        return TURN_ENDED_BEFORE;
    }
    if (!turn_holds(turn, lease)) {
        return TURN_LEASE_LOST;
    }
    turn->last = turn->lease;
    turn->last_ids = list_ids(arena, &turn->taken, NULL, TURN_MESSAGES_MAX);
    turn->last_reply = NULL;
    turn->last_version = 0;
    turn->lease = (struct svc_slice){0};
    turn->lease_owner = (struct svc_slice){0};
    turn->lease_expires_ms = 0;
    if (done) {
        turn->done = list_ids(arena, &turn->taken, turn->done, TURN_DONE_MAX);
        turn->taken = (struct turn_list){0};
    } else {
        if (turn->pending.count == 0) {
            turn->due_ms = now_ms;
            turn->latest_ms = now_ms;
        }
        take_back(turn);
    }
    return TURN_ENDED;
}

/* --- messages */

static int compare_messages(const void *left_pointer, const void *right_pointer)
{
    const struct turn_message *left = *(struct turn_message *const *)left_pointer;
    const struct turn_message *right = *(struct turn_message *const *)right_pointer;
    int64_t left_ms = left->sent_ms > 0 ? left->sent_ms : left->arrived_ms;
    int64_t right_ms = right->sent_ms > 0 ? right->sent_ms : right->arrived_ms;

    if (left_ms != right_ms) {
        return left_ms < right_ms ? -1 : 1;
    }
    return left->number < right->number ? -1 : left->number > right->number;
}

void turn_list_sort(struct svc_arena *arena, struct turn_list *list)
{
    struct turn_message **sorted =
        svc_arena_alloc(arena, (list->count + 1) * sizeof(struct turn_message *));
    size_t count = 0;

    for (struct turn_message *at = list->first; at != NULL; at = at->next) {
        sorted[count++] = at;
    }
    qsort((void *)sorted, count, sizeof(struct turn_message *), compare_messages);
    for (size_t i = 0; i < count; i++) {
        sorted[i]->next = sorted[i + 1];
    }
    list->first = sorted[0];
}

struct svc_slice turn_list_text(struct svc_arena *arena, const struct turn_list *list)
{
    struct svc_buf out;

    svc_buf_init(&out, TURN_BYTES_MAX);
    for (const struct turn_message *at = list->first; at != NULL; at = at->next) {
        struct svc_slice text = svc_json_get_text(at->content, "text");
        if (text.length > 0) {
            svc_buf_add(&out, "\n", out.length > 0 ? 1 : 0);
            svc_buf_add(&out, text.text, text.length);
        }
    }
    struct svc_slice whole = {
        svc_arena_strndup(arena, svc_buf_text(&out), out.length), out.length};
    svc_buf_done(&out);
    return whole;
}

void turn_join(struct turn *current, const struct turn *previous, int64_t now_ms)
{
    struct turn_list pending = previous->pending;
    struct turn_list taken = previous->taken;

    if (previous->fence > current->fence) {
        current->fence = previous->fence;
    }
    if (previous->lease.text != NULL && current->lease.text == NULL) {
        current->lease = previous->lease;
        current->lease_owner = previous->lease_owner;
        current->lease_expires_ms = previous->lease_expires_ms;
        prepend(&current->taken, &taken);
    } else {
        prepend(&current->pending, &taken);
    }
    prepend(&current->pending, &pending);
    if (previous->number > current->number) {
        current->number = previous->number;
    }
    if (current->pending.count > 0 && current->due_ms == 0) {
        current->due_ms = now_ms;
        current->latest_ms = now_ms;
    }
    if (current->done == NULL || current->done->count == 0) {
        current->done = previous->done;
    }
    if (current->last.text == NULL) {
        current->last = previous->last;
        current->last_ids = previous->last_ids;
        current->last_reply = previous->last_reply;
    }
}
