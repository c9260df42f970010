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
    bool capped;        /* the customer has had all providers' calls of the day */
};

struct cascade;
struct cascade_call;

struct cascade_settings {
    double threshold; /* of the classifier's confidence: above it nobody else is asked */
    int64_t deadline_ms; /* 450: of the whole, by the monotonic clock */
    int64_t hedge_ms;  /* when the next provider is asked beside a silent one; 0: never */
    int64_t calls_max; /* provider calls at the same time; beyond: keywords at once */
};

/* What the cascade knows of the outside. Each is called by any thread, and none waits:
 * but for a look into Redis, which has a short time-out. */
struct cascade_ports {
    void *context;
    /* Microseconds, monotonic. NULL: the machine's. */
    int64_t (*now_us)(void *context);
    /* Answers of providers to the same text in the same state. May both be NULL. */
    bool (*cache_get)(void *context, const struct intent_question *question,
        enum intent *ret_intent, double *ret_confidence);
    void (*cache_put)(void *context, const struct intent_question *question,
        enum intent intent, double confidence);
    /* Counts a message of a customer that is about to go to providers; false: too many
     * went already. May be NULL. store_customers_count is one. */
    bool (*count)(void *context, struct svc_slice customer_key);
    /* Whether breaker and budget let a call pass, which is then made; else why not, a
     * fixed text. store_providers_admit is one. */
    bool (*admit)(
        void *context, const struct provider_config *config, const char **ret_reason);
    /* What came of each call, also of one whose answer nobody waited for.
     * store_providers_note is one. */
    void (*note)(void *context, const struct provider_config *config,
        const struct provider_answer *answer);
    /* Begins the exchange and returns; then, within DEADLINE_MS, exactly one
     * cascade_call_end(CALL, ...), from any thread (also from inside of this). REQUEST
     * lives until then. store_calls_begin is one. */
    void (*call)(void *context, const struct provider_request *request,
        int64_t deadline_ms, struct cascade_call *call);
    /* A decision, in the thread that asked; all is borrowed. May be NULL. */
    void (*event)(void *context, const struct intent_question *question,
        struct svc_slice customer_key, const struct cascade_result *result);
};

/* How an exchange ended. */
struct cascade_ending {
    /* ANSWERED: an answer came, whatever its status; else SLOW, FAILED or OUR_FAULT */
    enum provider_outcome outcome;
    const char *reason; /* a fixed text, where it isn't ANSWERED */
    int http_status;
    struct svc_slice retry_after; /* the header; {NULL, 0} without */
    struct svc_slice body;
};

/* Ends CALL: reads the answer, notes it, wakes who waits, and frees it. */
void cascade_call_end(struct cascade_call *call, const struct cascade_ending *ending);

/* Copies PORTS and SETTINGS; CLASSIFIER (may be NULL: it's never sure) and KEYWORDS are
 * borrowed. Without providers until cascade_set_providers. */
struct cascade *cascade_new(const struct cascade_ports *ports,
    const struct cascade_settings *settings, const struct classifier *classifier,
    const struct keywords *keywords);
/* Waits for calls under way, the deadline at most; nobody may be asking. */
void cascade_free(struct cascade **cascade);

/* Takes effect with the next question; calls under way end with what they began with.
 * CONFIGS is copied with its texts; the first PROVIDERS_MAX count. Those that aren't
 * enabled, have no key or fail provider_check are never asked. */
void cascade_set_providers(
    struct cascade *cascade, const struct provider_config *configs, size_t count);
/* use_ai_providers is false: shortcuts and keywords, nothing else. */
void cascade_set_keywords_only(struct cascade *cascade, bool keywords_only);

/* Thread-safe. `ret_result` lives in ARENA. SOURCE_KEYWORDS is the last resort: what the
 * words say, or the classifier where it's the surer of the two. */
void cascade_ask(struct cascade *cascade, struct svc_arena *arena,
    const struct intent_question *question, struct svc_slice reply_id,
    struct svc_slice customer_key, struct cascade_result *ret_result);

/* Asks one provider, whether or not its breaker would let it, within its own timeout_ms;
 * what came of it is noted. False: no provider of that name, in any case of letters, that
 * could be asked. */
bool cascade_test(struct cascade *cascade, struct svc_arena *arena, struct svc_slice name,
    const struct intent_question *question, struct cascade_attempt *ret_attempt,
    struct intent_answer *ret_answer);

/* Calls under way. */
int64_t cascade_running(struct cascade *cascade);

#endif
