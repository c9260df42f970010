#include "provider_fixture.h"

#include <cascade.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define GOOD                                                                             \
    "{\"choices\":[{\"message\":{\"content\":\"{\\\"intent\\\":\\\"checkout\\\","        \
    "\\\"confidence\\\":0.9}\"},\"finish_reason\":\"stop\"}],"                           \
    "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}"

enum { SILENT = -1, GATED = -2 };

/* How the fake provider of that name behaves. */
struct behaviour {
    const char *name;
    /* 0: at once, in the asking thread; SILENT: until its deadline; GATED: when the gate
     * is opened */
    int after_ms;
    int http_status;
    const char *body;
};

struct outside {
    struct behaviour behaviours[4];
    bool closed[4]; /* its breaker is open */
    atomic_int called[4];
    atomic_int outcomes[4][PROVIDER_OUR_FAULT + 1];
    atomic_int events;
    atomic_bool gate;
    int64_t deadline_ms;
    bool cached;
    int put;
    double local;
    double words;
};

static struct outside outside;

/* What others give the cascade. */
double classifier_predict(const struct classifier *classifier,
    const struct intent_question *question, enum intent *ret_intent,
    enum intent *ret_second)
{
    (void)classifier;
    (void)question;
    (void)ret_second;
    *ret_intent = INTENT_SEARCH_PRODUCT;
    return outside.local;
}

double keywords_predict(const struct keywords *keywords, struct svc_arena *arena,
    const struct intent_question *question, enum intent *ret_intent)
{
    (void)keywords;
    (void)arena;
    (void)question;
    *ret_intent = INTENT_HELP;
    return outside.words;
}

void entities_read(struct svc_arena *arena, const struct intent_question *question,
    enum intent intent, struct entities *ret_entities)
{
    (void)arena;
    (void)question;
    (void)intent;
    *ret_entities = (struct entities){.quantity = 7};
}

bool shortcut_read(struct svc_slice reply_id, const struct intent_question *question,
    struct intent_answer *ret_answer)
{
    (void)question;
    if (reply_id.length == 0) {
        return false;
    }
    ret_answer->intent = INTENT_ADD_TO_CART;
    ret_answer->confidence = 1;
    return true;
}

static size_t index_of(const char *name)
{
    size_t i = 0;

    while (strcmp(outside.behaviours[i].name, name) != 0) {
        i++;
    }
    return i;
}

static size_t index_in_url(const char *url)
{
    size_t i = 0;

    while (strstr(url, outside.behaviours[i].name) == NULL) {
        i++;
    }
    return i;
}

static bool admit(
    void *context, const struct provider_config *config, const char **ret_reason)
{
    (void)context;
    *ret_reason = "closed";
    return !outside.closed[index_of(config->name.text)];
}

static void note(void *context, const struct provider_config *config,
    const struct provider_answer *answer)
{
    (void)context;
    atomic_fetch_add(&outside.outcomes[index_of(config->name.text)][answer->outcome], 1);
}

struct delayed {
    struct cascade_call *call;
    const struct behaviour *behaviour;
    int wait_ms;
};

static void *end_later(void *context)
{
    struct delayed *delayed = context;
    const struct behaviour *behaviour = delayed->behaviour;
    struct cascade_ending ending = {.outcome = PROVIDER_SLOW, .reason = "slow"};

    usleep((unsigned)delayed->wait_ms * 1000);
    while (behaviour->after_ms == GATED && !atomic_load(&outside.gate)) {
        usleep(1000);
    }
    if (behaviour->after_ms == delayed->wait_ms || behaviour->after_ms == GATED) {
        ending = (struct cascade_ending){.outcome = PROVIDER_ANSWERED,
            .http_status = behaviour->http_status,
            .body = slice(behaviour->body)};
    }
    cascade_call_end(delayed->call, &ending);
    free(delayed);
    return NULL;
}

static void call(void *context, const struct provider_request *request,
    int64_t deadline_ms, struct cascade_call *cascade_call)
{
    size_t index = index_in_url(request->url.text);
    const struct behaviour *behaviour = &outside.behaviours[index];
    struct delayed *delayed = svc_alloc_zero(1, sizeof *delayed);
    bool late = behaviour->after_ms == SILENT || behaviour->after_ms > deadline_ms;
    pthread_t thread;

    (void)context;
    atomic_fetch_add(&outside.called[index], 1);
    *delayed = (struct delayed){
        cascade_call, behaviour, late ? (int)deadline_ms : behaviour->after_ms};
    delayed->wait_ms = behaviour->after_ms == GATED ? 1 : delayed->wait_ms;
    if (delayed->wait_ms == 0) {
        end_later(delayed);
        return;
    }
    pthread_create(&thread, NULL, end_later, delayed);
    pthread_detach(thread);
}

static bool cache_get(void *context, const struct intent_question *question,
    enum intent *ret_intent, double *ret_confidence)
{
    (void)context;
    (void)question;
    *ret_intent = INTENT_OFFERS;
    *ret_confidence = 0.8;
    return outside.cached;
}

static void cache_put(void *context, const struct intent_question *question,
    enum intent intent, double confidence)
{
    (void)context;
    (void)question;
    outside.put += intent == INTENT_CHECKOUT && confidence == 0.9;
}

static void event(void *context, const struct intent_question *question,
    struct svc_slice customer_key, const struct cascade_result *result)
{
    (void)context;
    (void)question;
    atomic_fetch_add(
        &outside.events, svc_slice_equals(customer_key, "521") && result->took_us >= 0);
}

static struct cascade *make(int64_t hedge_ms, int64_t calls_max)
{
    struct cascade_settings settings = {.threshold = 0.8,

        .deadline_ms = outside.deadline_ms,
        .hedge_ms = hedge_ms,
        .calls_max = calls_max};
    struct cascade_ports ports = {.admit = admit,
        .note = note,
        .call = call,
        .cache_get = cache_get,
        .cache_put = cache_put,
        .event = event};
    static int model;
    struct cascade *cascade =
        cascade_new(&ports, &settings, (const struct classifier *)&model, NULL);
    static const char *const urls[] = {"http://one/", "http://two/", "http://three/"};
    struct provider_config configs[3];

    for (size_t i = 0; i < 3; i++) {
        configs[i] = make_config("deepseek");
        configs[i].name = slice(outside.behaviours[i].name);
        configs[i].base_url = slice(urls[i]);
        configs[i].priority = (int32_t)(10 - i); /* three, two, one */
    }
    cascade_set_providers(cascade, configs, 3);
    return cascade;
}

static int set_up(void **state)
{
    (void)state;
    memset(&outside, 0, sizeof outside);
    outside.behaviours[0] = (struct behaviour){"one", 0, 200, GOOD};
    outside.behaviours[1] = (struct behaviour){"two", 0, 200, GOOD};
    outside.behaviours[2] = (struct behaviour){"three", 0, 200, GOOD};
    outside.words = 0.4;
    outside.deadline_ms = 450;
    return 0;
}

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
