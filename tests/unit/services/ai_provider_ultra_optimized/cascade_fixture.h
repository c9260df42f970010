/* All that the cascade knows of the outside, played. */
#ifndef CASCADE_FIXTURE_H
#define CASCADE_FIXTURE_H

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
    atomic_int put;
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
    atomic_fetch_add(&outside.put, intent == INTENT_CHECKOUT && confidence == 0.9);
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

#endif
