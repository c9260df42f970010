/* From a question to an answer, in time whatever happens: shortcut, cache, classifier
 * where it is sure, providers by priority within one deadline (a slow one is hedged by
 * the next), keywords. Knows the outside only through `struct cascade_ports`. */
#ifndef CASCADE_H
#define CASCADE_H

#include "breaker.h"
#include "classifier.h"
#include "keywords.h"

struct cascade_attempt {
    struct svc_slice provider;
    enum provider_outcome outcome;
    int64_t took_ms;
    struct provider_usage usage;
    const char *reason;
};

struct cascade_result {
    struct intent_answer answer;
    enum intent_source source;
    struct svc_slice provider; /* of SOURCE_PROVIDER */
    struct svc_slice model;
    struct cascade_attempt attempts[PROVIDERS_MAX];
    size_t attempt_count;
    int64_t took_us;
    bool keywords_only; /* use_ai_providers is false */
};

struct cascade;

struct cascade_settings {
    double threshold; /* of the classifier's confidence: above it nobody else is asked */
    int64_t deadline_ms; /* 450: of the whole, by the monotonic clock */
    int64_t hedge_ms;  /* when the next provider is asked beside a silent one; 0: never */
    int64_t calls_max; /* provider calls at the same time; beyond: keywords at once */
};

/* Thread-safe. `ret_result` lives in ARENA. */
void cascade_ask(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct svc_slice reply_id,
    struct svc_slice customer_key, struct cascade_result *ret_result);

#endif
