/* Who gets a turn, with which messages, and until when. */
#include "../../unit.h"

#include "turn.h"

static const struct turn_rules rules = {
    .quiet_ms = 1000,
    .longest_ms = 3000,
    .lease_ms = 60000,
    .flush_words = "sí,ok,não",
};

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static const struct svc_json *read_text(struct svc_arena *arena, const char *text)
{
    const struct svc_json_limits limits = {.depth = 64, .values = 100000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(arena, text, strlen(text), &limits, &replaced, &error);

    assert_non_null(value);
    return value;
}

static struct turn_message *make_message(
    struct svc_arena *arena, const char *id, int64_t sent_ms)
{
    struct turn_message *message = svc_arena_alloc(arena, sizeof *message);
    char text[100];

    snprintf(text, sizeof text, "{\"message_id\":\"%s\",\"text\":\"%s\"}", id, id);
    message->content = read_text(arena, text);
    message->id = svc_json_get_text(message->content, "message_id");
    message->sent_ms = sent_ms;
    return message;
}

/* The turn as it is after being stored and read again, as every change is. */
static struct turn store(struct svc_arena *arena, const struct turn *turn)
{
    struct svc_buf out;
    struct turn again;

    svc_buf_init(&out, 1000000);
    turn_write(turn, &out);
    assert_true(
        turn_read(arena, (struct svc_slice){svc_buf_text(&out), out.length}, &again));
    svc_buf_done(&out);
    return again;
}

static enum turn_step begin(struct svc_arena *arena, struct turn *turn, const char *owner,
    const char *id, int64_t now_ms)
{
    struct turn_caller caller = {slice(owner), now_ms, now_ms + 8000};
    struct turn_answer answer;
    char *token = svc_arena_alloc(arena, 32);

    snprintf(token, 32, "token %s", owner);
    turn_begin(turn, &rules, &caller, id != NULL ? make_message(arena, id, 0) : NULL,
        slice(token), &answer);
    *turn = store(arena, turn);
    return answer.step;
}

static void test_collects_until_quiet(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};

    (void)state;
    assert_int_equal(begin(&arena, &turn, "a", "m1", 1000), TURN_WAIT);
    assert_int_equal(begin(&arena, &turn, "b", "m2", 1500), TURN_MERGED);
    assert_int_equal(turn.due_ms, 2500);
    assert_int_equal(begin(&arena, &turn, "a", "m1", 2000), TURN_WAIT);
    assert_int_equal(begin(&arena, &turn, "a", "m1", 2500), TURN_TAKEN);
    assert_int_equal(turn.taken.count, 2);
    assert_int_equal(turn.pending.count, 0);
    assert_int_equal(turn.lease_expires_ms, 62500);
    assert_int_equal(begin(&arena, &turn, "a", "m1", 2600), TURN_AGAIN);
    assert_int_equal(begin(&arena, &turn, "b", "m2", 2600), TURN_MERGED);
    svc_arena_done(&arena);
}

static void test_waits_no_longer_than_the_longest(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};
    char id[16];

    (void)state;
    assert_int_equal(begin(&arena, &turn, "a", "m0", 1000), TURN_WAIT);
    for (int i = 1; i <= 10; i++) {
        snprintf(id, sizeof id, "m%d", i);
        assert_int_equal(begin(&arena, &turn, "b", id, 1000 + i * 500), TURN_MERGED);
    }
    assert_int_equal(turn.due_ms, 4000);
    svc_arena_done(&arena);
}

static void test_lease_runs_out(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};

    (void)state;
    begin(&arena, &turn, "a", "m1", 1000);
    assert_int_equal(begin(&arena, &turn, "a", "m1", 2000), TURN_TAKEN);
    int64_t fence = turn.fence;
    assert_int_equal(begin(&arena, &turn, "b", "m2", 3000), TURN_WAIT);
    assert_int_equal(begin(&arena, &turn, "b", "m2", 62000), TURN_TAKEN);
    assert_true(turn.fence > fence);
    assert_int_equal(turn.taken.count, 2);
    assert_true(turn.taken.first->again);
    assert_false(turn.taken.first->next->again);
    assert_false(turn_holds(&turn, slice("token a")));
    assert_int_equal(
        turn_end(&arena, &turn, slice("token a"), true, 62001), TURN_LEASE_LOST);
    assert_int_equal(turn_end(&arena, &turn, slice("token b"), true, 62001), TURN_ENDED);
    assert_int_equal(
        turn_end(&arena, &turn, slice("token b"), true, 62002), TURN_ENDED_BEFORE);
    assert_int_equal(begin(&arena, &turn, "c", "m1", 62003), TURN_DONE);
    assert_int_equal(begin(&arena, &turn, "c", NULL, 62003), TURN_EMPTY);
    svc_arena_done(&arena);
}

static void test_busy_leaves_the_message(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};
    struct turn_answer answer;
    struct turn_caller caller = {slice("b"), 3000, 3000};

    (void)state;
    begin(&arena, &turn, "a", "m1", 1000);
    begin(&arena, &turn, "a", "m1", 2000);
    turn_begin(
        &turn, &rules, &caller, make_message(&arena, "m2", 0), slice("t"), &answer);
    assert_int_equal(answer.step, TURN_BUSY);
    assert_true(answer.changed);
    assert_int_equal(turn.pending.count, 1);
    assert_null(turn.collector.text);
    /* One that asks while it has the turn itself isn't made to wait for itself. */
    assert_int_equal(begin(&arena, &turn, "a", "m3", 3000), TURN_BUSY);
    assert_int_equal(turn_end(&arena, &turn, slice("token a"), false, 3500), TURN_ENDED);
    assert_int_equal(turn.pending.count, 3);
    assert_true(turn.pending.first->again);
    svc_arena_done(&arena);
}

static void test_dead_collector_is_followed(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};

    (void)state;
    begin(&arena, &turn, "a", "m1", 1000);
    assert_int_equal(begin(&arena, &turn, "b", "m2", 5000), TURN_MERGED);
    assert_int_equal(begin(&arena, &turn, "b", "m3", 10001), TURN_TAKEN);
    assert_int_equal(turn.taken.count, 3);
    svc_arena_done(&arena);
}

static void test_full(void **state)
{
    struct svc_arena arena = {0};
    struct turn turn = {0};
    char id[16];

    (void)state;
    begin(&arena, &turn, "a", "m", 1000);
    for (int i = 1; i < TURN_MESSAGES_MAX; i++) {
        snprintf(id, sizeof id, "m%d", i);
        assert_int_equal(begin(&arena, &turn, "b", id, 1001), TURN_MERGED);
    }
    assert_int_equal(begin(&arena, &turn, "b", "one more", 1002), TURN_FULL);
    assert_int_equal(turn.pending.count, TURN_MESSAGES_MAX);
    svc_arena_done(&arena);
}

static void test_order_and_text(void **state)
{
    static const struct {
        const char *id;
        int64_t sent_ms;
        int64_t arrived_ms;
    } sent[] = {
        {"d", 4000, 1}, {"b", 2000, 2}, {"c", 0, 3000}, {"a", 1000, 4}, {"b2", 2000, 5}};
    struct svc_arena arena = {0};
    struct turn_list list = {0};
    struct turn_message **end = &list.first;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sent); i++) {
        struct turn_message *message = make_message(&arena, sent[i].id, sent[i].sent_ms);
        message->arrived_ms = sent[i].arrived_ms;
        message->number = (int64_t)i;
        *end = message;
        end = &message->next;
        list.count++;
    }
    turn_list_sort(&arena, &list);
    assert_true(svc_slice_equals(turn_list_text(&arena, &list), "a\nb\nb2\nc\nd"));
    svc_arena_done(&arena);
}

static void test_flush(void **state)
{
    static const struct {
        const char *message;
        bool flush;
    } cases[] = {
        {"{\"text\":\"ok\"}", true},
        {"{\"text\":\" OK!! \"}", true},
        {"{\"text\":\"SÍ\"}", true},
        {"{\"text\":\"NÃO.\"}", true},
        {"{\"text\":\"ok quiero dos\"}", false},
        {"{\"text\":\"o\"}", false},
        {"{\"text\":\"\"}", false},
        {"{}", false},
        {"{\"text\":\"hola\",\"action_id\":\"a\"}", true},
        {"{\"text\":\"hola\",\"action_id\":\"\"}", false},
        {"{\"type\":\"order\"}", true},
        {"{\"type\":\"location\"}", true},
        {"{\"type\":\"image\"}", false},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(
            turn_is_flush(&rules, read_text(&arena, cases[i].message)), cases[i].flush);
    }
    svc_arena_done(&arena);
}

static void test_time(void **state)
{
    static const struct {
        const char *json;
        int64_t ms;
    } cases[] = {
        {"\"1970-01-01T00:00:01Z\"", 1000},
        {"\"2026-11-24T18:00:00Z\"", 1795543200000},
        {"\"2026-11-24T18:00:00.123456Z\"", 1795543200123},
        {"\"2026-11-24T12:00:00-06:00\"", 1795543200000},
        {"\"2024-02-29T00:00:00Z\"", 1709164800000},
        {"1795543200", 1795543200000},
        {"\"1795543200\"", 1795543200000},
        {"\"2026-11-24\"", 0},
        {"\"2026-13-24T18:00:00Z\"", 0},
        {"\"2026-11-24T18:00:00\"", 0},
        {"\"2026-11-24T18:00:00Zx\"", 0},
        {"\"\"", 0},
        {"-5", 0},
        {"1e300", 0},
        {"null", 0},
        {"[]", 0},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(turn_time_ms(read_text(&arena, cases[i].json)), cases[i].ms);
    }
    svc_arena_done(&arena);
}

static void test_join(void **state)
{
    struct svc_arena arena = {0};
    struct turn previous = {0};
    struct turn current = {0};

    (void)state;
    begin(&arena, &previous, "a", "m1", 1000);
    begin(&arena, &previous, "a", "m1", 2000);
    begin(&arena, &previous, "b", "m2", 2500);
    begin(&arena, &current, "c", "m3", 2600);
    turn_join(&current, &previous, 3000);
    assert_true(turn_holds(&current, slice("token a")));
    assert_int_equal(current.taken.count, 1);
    assert_int_equal(current.pending.count, 2);
    assert_true(current.fence >= previous.fence);
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_collects_until_quiet),
        cmocka_unit_test(test_waits_no_longer_than_the_longest),
        cmocka_unit_test(test_lease_runs_out),
        cmocka_unit_test(test_busy_leaves_the_message),
        cmocka_unit_test(test_dead_collector_is_followed),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_order_and_text),
        cmocka_unit_test(test_flush),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_join),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
