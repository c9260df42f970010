#include "cascade_fixture.h"

static struct cascade_result ask(
    struct cascade *cascade, struct svc_arena *arena, const char *reply_id)
{
    struct intent_question question = {.text = SVC_SLICE("quiero pagar ya")};
    struct cascade_result result;

    cascade_ask(cascade, arena, &question, slice(reply_id), SVC_SLICE("521"), &result);
    return result;
}

static void test_the_order_of_the_means(void **state)
{
    struct cascade *cascade = make(150, 10);
    struct svc_arena arena = {0};

    (void)state;
    struct cascade_result result = ask(cascade, &arena, "add:1");
    assert_int_equal(result.source, SOURCE_BUTTON);
    outside.cached = true;
    outside.local = 0.9;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_CACHE);
    assert_int_equal(result.answer.intent, INTENT_OFFERS);
    outside.cached = false;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_LOCAL);
    assert_int_equal(result.answer.intent, INTENT_SEARCH_PRODUCT);
    assert_int_equal(result.answer.entities.quantity, 7);
    outside.local = 0.79;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_PROVIDER);
    assert_int_equal(result.answer.intent, INTENT_CHECKOUT);
    assert_true(svc_slice_equals(result.provider, "three"));
    assert_true(svc_slice_equals(result.model, "model-1"));
    assert_int_equal(result.attempt_count, 1);
    assert_int_equal(result.attempts[0].usage.input_tokens, 100);
    assert_int_equal(outside.put, 1);
    assert_int_equal(outside.called[2], 1);
    assert_int_equal(outside.called[1], 0);
    cascade_set_keywords_only(cascade, true);
    outside.local = 0.99;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_KEYWORDS);
    assert_int_equal(result.answer.intent, INTENT_HELP);
    assert_true(result.keywords_only);
    assert_int_equal(outside.events, 5);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

static void test_failures_give_way(void **state)
{
    struct cascade *cascade = make(150, 10);
    struct svc_arena arena = {0};

    (void)state;
    outside.behaviours[2].http_status = 500;
    outside.behaviours[1].body = "<html>";
    struct cascade_result result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_PROVIDER);
    assert_true(svc_slice_equals(result.provider, "one"));
    assert_int_equal(result.attempt_count, 3);
    assert_int_equal(outside.outcomes[2][PROVIDER_FAILED], 1);
    assert_int_equal(outside.outcomes[1][PROVIDER_FAILED], 1);
    assert_int_equal(outside.outcomes[0][PROVIDER_ANSWERED], 1);
    outside.behaviours[0].http_status = 401;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_KEYWORDS);
    assert_int_equal(result.answer.intent, INTENT_HELP);
    assert_int_equal(outside.outcomes[0][PROVIDER_REFUSED], 1);
    /* the surer of the two */
    outside.local = 0.6;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_KEYWORDS);
    assert_int_equal(result.answer.intent, INTENT_SEARCH_PRODUCT);
    /* no retry: each was asked once a question */
    assert_int_equal(outside.called[0], 3);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

static void test_closed_ones_are_left_out(void **state)
{
    struct cascade *cascade = make(150, 10);
    struct svc_arena arena = {0};

    (void)state;
    outside.closed[2] = outside.closed[1] = true;
    struct cascade_result result = ask(cascade, &arena, "");
    assert_true(svc_slice_equals(result.provider, "one"));
    assert_int_equal(outside.called[2] + outside.called[1], 0);
    outside.closed[0] = true;
    result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_KEYWORDS);
    assert_int_equal(result.attempt_count, 0);
    assert_int_equal(cascade_running(cascade), 0);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

static void test_a_silent_one_is_hedged(void **state)
{
    struct cascade *cascade = make(80, 10);
    struct svc_arena arena = {0};

    (void)state;
    outside.behaviours[2].after_ms = SILENT;
    outside.behaviours[1].after_ms = 20;
    outside.closed[0] = true;
    struct cascade_result result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_PROVIDER);
    assert_true(svc_slice_equals(result.provider, "two"));
    assert_in_range(result.took_us, 99000, 400000);
    assert_int_equal(result.attempt_count, 2);
    assert_int_equal(cascade_running(cascade), 1);
    assert_int_equal(outside.outcomes[2][PROVIDER_SLOW], 0);
    cascade_free(&cascade); /* waits for the loser, which is noted */
    assert_int_equal(outside.outcomes[2][PROVIDER_SLOW], 1);
    svc_arena_done(&arena);
}

static void test_the_deadline_holds(void **state)
{
    struct cascade *cascade = make(150, 10);
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        outside.behaviours[i].after_ms = SILENT;
    }
    struct cascade_result result = ask(cascade, &arena, "");
    assert_int_equal(result.source, SOURCE_KEYWORDS);
    assert_in_range(result.took_us, 400000, 950000); /* on a busy machine */
    assert_int_equal(result.attempt_count, 3);
    cascade_free(&cascade);
    assert_int_equal(outside.outcomes[2][PROVIDER_SLOW], 1);
    assert_int_equal(outside.outcomes[1][PROVIDER_SLOW], 1);
    /* which had but a moment */
    assert_int_equal(outside.outcomes[0][PROVIDER_SLOW], 0);
    assert_int_equal(outside.outcomes[0][PROVIDER_OUR_FAULT], 1);
    svc_arena_done(&arena);
}

static atomic_int returned;

static void *ask_alone(void *context)
{
    struct svc_arena arena = {0};
    struct cascade_result result = ask(context, &arena, "");

    svc_arena_done(&arena);
    atomic_fetch_add(&returned, 1);
    return (void *)(intptr_t)(result.source == SOURCE_PROVIDER ? 1 : 0);
}

static void wait_for(struct cascade *cascade, int running, int returns)
{
    for (int i = 0; i < 5000 && (cascade_running(cascade) != running ||
                                    atomic_load(&returned) != returns);
         i++) {
        usleep(1000);
    }
    assert_int_equal(cascade_running(cascade), running);
    assert_int_equal(atomic_load(&returned), returns);
}

static void test_calls_have_a_bound(void **state)
{
    outside.deadline_ms = 10000;
    struct cascade *cascade = make(0, 3);
    pthread_t threads[12];
    intptr_t answered = 0;
    void *result = NULL;

    (void)state;
    atomic_store(&returned, 0);
    outside.behaviours[2].after_ms = GATED;
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_create(&threads[i], NULL, ask_alone, cascade);
    }
    /* nine are told at once what the words say */
    wait_for(cascade, 3, 9);
    atomic_store(&outside.gate, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], &result);
        answered += (intptr_t)result;
    }
    assert_int_equal(answered, 3);
    assert_int_equal(outside.called[2], 3);
    cascade_free(&cascade);
}

static void test_providers_change_under_way(void **state)
{
    outside.deadline_ms = 10000;
    struct cascade *cascade = make(0, 100);
    struct provider_config off = make_config("deepseek");
    struct svc_arena arena = {0};
    pthread_t threads[8];
    void *result = NULL;

    (void)state;
    atomic_store(&returned, 0);
    outside.behaviours[2].after_ms = GATED;
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_create(&threads[i], NULL, ask_alone, cascade);
    }
    wait_for(cascade, COUNT_OF(threads), 0);
    off.enabled = false;
    cascade_set_providers(cascade, &off, 1);
    atomic_store(&outside.gate, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], &result);
        assert_int_equal((intptr_t)result, 1);
    }
    assert_int_equal(ask(cascade, &arena, "").source, SOURCE_KEYWORDS);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

static void test_test_asks_one(void **state)
{
    struct cascade *cascade = make(150, 10);
    struct intent_question question = {.text = SVC_SLICE("hola")};
    struct cascade_attempt attempt;
    struct intent_answer answer;
    struct svc_arena arena = {0};

    (void)state;
    outside.closed[0] = true;
    assert_true(
        cascade_test(cascade, &arena, SVC_SLICE("ONE"), &question, &attempt, &answer));
    assert_int_equal(attempt.outcome, PROVIDER_ANSWERED);
    assert_int_equal(answer.intent, INTENT_CHECKOUT);
    assert_true(svc_slice_equals(attempt.provider, "one"));
    outside.behaviours[0].http_status = 401;
    assert_true(
        cascade_test(cascade, &arena, SVC_SLICE("one"), &question, &attempt, &answer));
    assert_int_equal(attempt.outcome, PROVIDER_REFUSED);
    assert_false(
        cascade_test(cascade, &arena, SVC_SLICE("four"), &question, &attempt, &answer));
    assert_int_equal(outside.called[1] + outside.called[2], 0);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

static void test_texts_without_words_stay_here(void **state)
{
    static const char *const texts[] = {"", " ", "?", "123 456", "\x01\x02", "a"};
    struct cascade *cascade = make(150, 10);
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct intent_question question = {.text = slice(texts[i])};
        struct cascade_result result;
        cascade_ask(cascade, &arena, &question, (struct svc_slice){0},
            (struct svc_slice){0}, &result);
        assert_int_equal(result.source, SOURCE_KEYWORDS);
    }
    assert_int_equal(outside.called[2], 0);
    svc_arena_done(&arena);
    cascade_free(&cascade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_order_of_the_means, set_up),
        cmocka_unit_test_setup(test_failures_give_way, set_up),
        cmocka_unit_test_setup(test_closed_ones_are_left_out, set_up),
        cmocka_unit_test_setup(test_a_silent_one_is_hedged, set_up),
        cmocka_unit_test_setup(test_the_deadline_holds, set_up),
        cmocka_unit_test_setup(test_calls_have_a_bound, set_up),
        cmocka_unit_test_setup(test_providers_change_under_way, set_up),
        cmocka_unit_test_setup(test_test_asks_one, set_up),
        cmocka_unit_test_setup(test_texts_without_words_stay_here, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
