#include "cascade_private.h"

#include <svc/clock.h>

#include <stdlib.h>
#include <strings.h>

/* Between the end of the last call and that of the whole: to read, note and answer. */
#define MARGIN_US 15000
/* What was less sure than this isn't worth remembering. */
#define CACHE_CONFIDENCE_MIN 0.5
#define LETTERS_MIN 2

int64_t cascade_now_us(const struct cascade *cascade)
{
    if (cascade->ports.now_us != NULL) {
        return cascade->ports.now_us(cascade->ports.context);
    }
    return svc_clock_monotonic_ns() / 1000;
}

struct cascade *cascade_new(const struct cascade_ports *ports,
    const struct cascade_settings *settings, const struct classifier *classifier,
    const struct keywords *keywords)
{
    struct cascade *cascade = svc_alloc_zero(1, sizeof *cascade);

    cascade->ports = *ports;
    cascade->settings = *settings;
    cascade->classifier = classifier;
    cascade->keywords = keywords;
    pthread_mutex_init(&cascade->mutex, NULL);
    pthread_cond_init(&cascade->idle, NULL);
    cascade_set_providers(cascade, NULL, 0);
    return cascade;
}

void cascade_free(struct cascade **cascade)
{
    struct cascade *old = *cascade;

    if (old == NULL) {
        return;
    }
    pthread_mutex_lock(&old->mutex);
    while (old->running > 0) {
        pthread_cond_wait(&old->idle, &old->mutex);
    }
    pthread_mutex_unlock(&old->mutex);
    cascade_set_leave(old->set);
    pthread_cond_destroy(&old->idle);
    pthread_mutex_destroy(&old->mutex);
    free(old);
    *cascade = NULL;
}

void cascade_set_keywords_only(struct cascade *cascade, bool keywords_only)
{
    atomic_store(&cascade->keywords_only, keywords_only);
}

/* A text without words tells a model nothing. */
static bool has_words(struct svc_slice text)
{
    size_t letters = 0;

    for (size_t i = 0; i < text.length && letters < LETTERS_MIN; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        letters += byte >= 0x80 || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
    }
    return letters >= LETTERS_MIN;
}

/* False: it may not be called, or there are too many calls already. */
static bool begin_call(struct asking *asking, struct race *race, size_t index,
    const struct intent_question *question, bool *ret_full)
{
    struct cascade *cascade = asking->cascade;
    const struct provider_config *config = &asking->set->configs[index];
    const char *reason = NULL;

    if (!cascade_enter(cascade, true)) {
        *ret_full = true;
        race_note_out(race, index);
        return false;
    }
    if (!cascade->ports.admit(cascade->ports.context, config, &reason)) {
        cascade_leave(cascade);
        race_note_out(race, index);
        return false;
    }
    int64_t now_us = cascade_now_us(cascade);
    int64_t left_ms = (race->deadline_us - MARGIN_US - now_us) / 1000;
    race_note_asked(race, index, now_us);
    asking_begin(asking, index, question, left_ms > 1 ? left_ms : 1);
    return true;
}

/* Whether somebody won. */
static bool run_race(
    struct asking *asking, struct race *race, const struct intent_question *question)
{
    struct cascade *cascade = asking->cascade;
    bool full = false;
    size_t index = 0;
    int64_t until_us = 0;

    for (;;) {
        switch (race_next(race, cascade_now_us(cascade), &index, &until_us)) {
        case RACE_ASK:
            begin_call(asking, race, index, question, &full);
            /* it may have ended already */
            asking_wait(asking, race, 0);
            break;
        case RACE_WAIT:
            asking_wait(asking, race, until_us);
            break;
        case RACE_WON:
            return true;
        case RACE_LOST:
            return false;
        }
    }
}

static size_t find_winner(const struct race *race)
{
    size_t i = 0;

    while (i < race->count && race->racers[i] != RACER_ANSWERED) {
        i++;
    }
    return i;
}

static void describe(struct asking *asking, struct svc_arena *arena,
    const struct race *race, struct cascade_result *result)
{
    int64_t now_us = cascade_now_us(asking->cascade);

    for (size_t i = 0; i < race->count; i++) {
        if (asking->calls[i] != NULL) {
            asking_describe(
                asking, arena, i, now_us, &result->attempts[result->attempt_count++]);
        }
    }
}

static bool is_capped(const struct cascade *cascade, struct svc_slice customer_key)
{
    const struct cascade_ports *ports = &cascade->ports;

    return ports->count != NULL && !ports->count(ports->context, customer_key);
}

static bool ask_providers(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct svc_slice customer_key,
    int64_t start_us, struct cascade_result *result)
{
    int64_t deadline_us = start_us + cascade->settings.deadline_ms * 1000;
    struct provider_set *set = cascade_set_take(cascade);
    struct race race;

    result->capped = set->count > 0 && is_capped(cascade, customer_key);
    if (set->count == 0 || result->capped) {
        cascade_set_leave(set);
        return false;
    }
    struct asking *asking = asking_new(cascade, set);
    race_init(&race, set->count, deadline_us, cascade->settings.hedge_ms * 1000);
    bool won = run_race(asking, &race, question);
    describe(asking, arena, &race, result);
    if (won) {
        const struct cascade_call *call = asking->calls[find_winner(&race)];
        result->source = SOURCE_PROVIDER;
        result->answer = call->answer.answer;
        result->provider = svc_slice_keep(arena, call->config->name);
        result->model = svc_slice_keep(arena, call->config->model);
    }
    asking_leave(asking);
    return won;
}

/* What the local means say, and whether that is enough. */
static bool ask_classifier(struct cascade *cascade,
    const struct intent_question *question, struct cascade_result *result)
{
    if (cascade->classifier == NULL) {
        return false;
    }
    result->answer.confidence =
        classifier_predict(cascade->classifier, question, &result->answer.intent, NULL);
    result->source = SOURCE_LOCAL;
    return result->answer.confidence >= cascade->settings.threshold;
}

static void ask_keywords(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct cascade_result *result)
{
    enum intent intent = INTENT_OTHER;
    double confidence = keywords_predict(cascade->keywords, arena, question, &intent);
    bool guessed = result->source == SOURCE_LOCAL && !result->keywords_only;

    result->source = SOURCE_KEYWORDS;
    if (!guessed || confidence >= result->answer.confidence) {
        result->answer.intent = intent;
        result->answer.confidence = confidence;
    }
}

static bool ask_cache(struct cascade *cascade, const struct intent_question *question,
    struct cascade_result *result)
{
    const struct cascade_ports *ports = &cascade->ports;

    if (ports->cache_get == NULL || question->history != NULL ||
        !ports->cache_get(ports->context, question, &result->answer.intent,
            &result->answer.confidence)) {
        return false;
    }
    result->source = SOURCE_CACHE;
    return true;
}

/* An answer that earlier turns went into is for them alone. */
static void remember(struct cascade *cascade, const struct intent_question *question,
    const struct cascade_result *result)
{
    const struct cascade_ports *ports = &cascade->ports;

    if (ports->cache_put != NULL && question->history == NULL &&
        result->answer.confidence >= CACHE_CONFIDENCE_MIN) {
        ports->cache_put(
            ports->context, question, result->answer.intent, result->answer.confidence);
    }
}

static void find_intent(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct svc_slice customer_key,
    int64_t start_us, struct cascade_result *result)
{
    if (result->keywords_only) {
        ask_keywords(cascade, arena, question, result);
        return;
    }
    if (ask_cache(cascade, question, result) ||
        ask_classifier(cascade, question, result)) {
        return;
    }
    if (has_words(question->text) &&
        ask_providers(cascade, arena, question, customer_key, start_us, result)) {
        remember(cascade, question, result);
        return;
    }
    ask_keywords(cascade, arena, question, result);
}

void cascade_ask(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct svc_slice reply_id,
    struct svc_slice customer_key, struct cascade_result *ret_result)
{
    int64_t start_us = cascade_now_us(cascade);
    struct cascade_result result = {
        .source = SOURCE_KEYWORDS,
        .keywords_only = atomic_load(&cascade->keywords_only),
    };

    result.answer.entities.price_min = -1;
    result.answer.entities.price_max = -1;
    if (shortcut_read(reply_id, question, &result.answer)) {
        result.source = SOURCE_BUTTON;
    } else {
        find_intent(cascade, arena, question, customer_key, start_us, &result);
        entities_read(arena, question, result.answer.intent, &result.answer.entities);
    }
    result.took_us = cascade_now_us(cascade) - start_us;
    *ret_result = result;
    if (cascade->ports.event != NULL) {
        cascade->ports.event(cascade->ports.context, question, customer_key, ret_result);
    }
}

static size_t find_named(const struct provider_set *set, struct svc_slice name)
{
    size_t i = 0;

    while (i < set->count &&
           (set->configs[i].name.length != name.length ||
               strncasecmp(set->configs[i].name.text, name.text, name.length) != 0)) {
        i++;
    }
    return i;
}

bool cascade_test(struct cascade *cascade, struct svc_arena *arena, struct svc_slice name,
    const struct intent_question *question, struct cascade_attempt *ret_attempt,
    struct intent_answer *ret_answer)
{
    struct provider_set *set = cascade_set_take(cascade);
    size_t index = find_named(set, name);
    struct race race;

    if (index == set->count) {
        cascade_set_leave(set);
        return false;
    }
    int64_t timeout_ms = set->configs[index].timeout_ms;
    int64_t now_us = cascade_now_us(cascade);
    struct asking *asking = asking_new(cascade, set);
    race_init(&race, set->count, now_us + timeout_ms * 1000 + MARGIN_US, 0);
    cascade_enter(cascade, false);
    race_note_asked(&race, index, now_us);
    asking_begin(asking, index, question, timeout_ms);
    asking_wait(asking, &race, race.deadline_us);
    asking_describe(asking, arena, index, cascade_now_us(cascade), ret_attempt);
    if (race.racers[index] == RACER_ANSWERED) {
        *ret_answer = asking->calls[index]->answer.answer;
    }
    asking_leave(asking);
    return true;
}
