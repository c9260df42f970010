/* One model's API: how a question becomes a request, and an answer an intent or a
 * failure. Pure: no I/O, clock or environment. DeepSeek, Gemini, OpenAI, and whatever
 * speaks OpenAI's (protocols of 2026-11: design facts 4.8). */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "intent.h"

#include <svc/json.h>
#include <svc/mem.h>

enum { PROVIDER_HEADERS_MAX = 4, PROVIDERS_MAX = 8, PROVIDER_NAME_MAX = 50 };

/* A row of ai_provider_config and its key. */
struct provider_config {
    struct svc_slice name;     /* "DeepSeek": in `source` it is lower case */
    struct svc_slice protocol; /* deepseek, gemini, openai */
    struct svc_slice base_url;
    struct svc_slice model;
    struct svc_slice key; /* from the environment: <NAME>_API_KEY; empty: none */
    bool enabled;
    int32_t priority; /* lower first */
    int32_t max_tokens;
    double temperature; /* below 0: not sent */
    int32_t timeout_ms;
    int32_t breaker_threshold; /* failures in a row that open */
    int32_t breaker_open_s;
    double input_usd_per_million;
    double output_usd_per_million;
    double cached_usd_per_million; /* of input; 0: as all input */
    double daily_budget_usd;
};

struct provider_header {
    const char *name;
    const char *value;
};

/* All texts end with NUL. */
struct provider_request {
    struct svc_slice url;
    struct provider_header headers[PROVIDER_HEADERS_MAX];
    size_t header_count;
    struct svc_slice body;
};

/* False, with one line in `ret_error`: the protocol isn't known, or base_url, model or
 * key can't stand in a request. No key in the line. */
bool provider_check(const struct provider_config *config, char ret_error[256]);

/* CONFIG passed its check. QUESTION's text and history go masked and shortened. The
 * customer's text is data in a JSON string of the user's turn, and the answer is bound to
 * the list of intents by the API's own schema where it has one. */
void provider_compose(struct svc_arena *arena, const struct provider_config *config,
    const struct intent_question *question, struct provider_request *ret_request);

enum provider_outcome {
    PROVIDER_ANSWERED,
    PROVIDER_SLOW,      /* no whole answer in its time: counts against it */
    PROVIDER_FAILED,    /* 5xx, broken, 2xx without a valid answer: counts against it */
    PROVIDER_BUSY,      /* 429: counts; `retry_after_ms` */
    PROVIDER_REFUSED,   /* key, money, model: opens at once, and for long */
    PROVIDER_OUR_FAULT, /* 400 for what we sent: doesn't count, but is logged */
};

struct provider_usage {
    int64_t input_tokens;
    int64_t output_tokens;
    int64_t cached_tokens;
    double cost_usd;
};

struct provider_answer {
    enum provider_outcome outcome;
    struct intent_answer answer; /* of ANSWERED: on the list, 0 <= confidence <= 1 */
    struct provider_usage usage; /* whatever the outcome, where the answer says it */
    int64_t retry_after_ms;      /* 0: not said */
    const char *reason;          /* of what isn't ANSWERED: a short fixed text, no key */
};

/* Reads a whole HTTP answer: blank lines before the body, JSON in a ```json fence, a
 * confidence in quotes, an intent that isn't on the list, thoughts, cut-off texts ... */
void provider_read(struct svc_arena *arena, const struct provider_config *config,
    int http_status, struct svc_slice retry_after, struct svc_slice body,
    struct provider_answer *ret_answer);

/* The request that asks whether the model is there: GET, without a body. The answer's
 * status says it: 200, or 404 (not there). False: this API has no such request. */
bool provider_compose_check(struct svc_arena *arena, const struct provider_config *config,
    struct provider_request *ret_request);

/* Whether the model is on the list that came as an answer to it; TRUE where that can't be
 * said. `ret_shutdown_date` (may be NULL): when it will be withdrawn, where that is said.
 */
bool provider_read_check(struct svc_arena *arena, const struct provider_config *config,
    int http_status, struct svc_slice body, struct svc_slice *ret_shutdown_date);

/* What a call costs at least whose answer never came whole: its question, at four bytes a
 * token. */
void provider_estimate(const struct provider_config *config,
    const struct provider_request *request, struct provider_usage *ret_usage);

/* Phone numbers, e-mail addresses, cards and long identity numbers become "[tel]",
 * "[mail]", "[num]"; prices, sizes and order numbers stay. */
struct svc_slice mask_text(struct svc_arena *arena, struct svc_slice text);

#endif
