/* HTTP only: takes a checked request apart, asks the cascade, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "call_stats.h"
#include "events.h"
#include "store_cache.h"
#include "store_calls.h"
#include "store_config.h"
#include "store_customers.h"
#include "store_events.h"
#include "store_models.h"
#include "store_providers.h"

#include <svc/app.h>
#include <svc/texts.h>

struct config {
    const char *threshold;
    int64_t deadline_ms;
    int64_t hedge_ms;
    int64_t calls_max;
    int64_t text_max;
    int64_t cache_ttl_s;
    int64_t customer_daily_max;
    const char *keywords_dir;
    const char *texts_dir;
    const char *locale;
    const char *ca_file;
    const char *metrics_url;
    const char *metrics_token;
    int64_t events_max;
    const char
        *deepseek_key;      /* these are for --help and for a file that can't be read: */
    const char *gemini_key; /* keys.h reads them again, so that they can be changed */
    const char *openai_key;
    const char *other_key;
};

struct service {
    const struct config *config;
    struct svc_texts *texts;
    struct keywords *keywords;
    struct cascade *cascade;
    struct store_calls *calls;
    struct store_providers *providers;
    struct store_models *models;
    struct store_config *store_config;
    struct store_cache cache;
    struct store_customers customers;
    struct events *events; /* NULL: nobody takes them */
    struct store_events *store_events;
    struct call_stats *stats;
    struct svc_counter *intents[SOURCE_KEYWORDS + 1];     /* by source */
    struct svc_counter *outcomes[PROVIDER_OUR_FAULT + 1]; /* of calls */
    struct svc_counter *cost_micro_usd;
    struct svc_histogram *time;
};

/* Registers what is counted. */
void routes_metrics(struct service *state, struct svc_metrics *metrics);
struct service *state_of(const struct svc_request *request);

/* Counts an attempt, for metrics and GET /v1/providers. */
void note_attempt(struct service *state, const struct cascade_attempt *attempt);

svc_handler post_intent;
svc_handler get_intents;
svc_handler get_providers;
svc_handler post_provider_test;
svc_handler post_provider_reset;

#endif
