#ifndef PROVIDER_FIXTURE_H
#define PROVIDER_FIXTURE_H

#include "../../unit.h"

#include <provider.h>

static inline struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

/* PROTOCOL also "compatible": OpenAI's, by somebody else. */
static inline struct provider_config make_config(const char *protocol)
{
    bool compatible = strcmp(protocol, "compatible") == 0;
    bool openai = strcmp(protocol, "openai") == 0;

    return (struct provider_config){
        .name = slice(compatible ? "Local"
                      : openai   ? "OpenAI"
                                 : "Some"),
        .protocol = slice(compatible ? "openai" : protocol),
        .base_url = SVC_SLICE("https://example.test/v1"),
        .model = SVC_SLICE("model-1"),
        .key = SVC_SLICE("sk-secret"),
        .enabled = true,
        .priority = 100,
        .max_tokens = 150,
        .temperature = -1,
        .timeout_ms = 3000,
        .breaker_threshold = 5,
        .breaker_open_s = 300,
        .input_usd_per_million = 1,
        .output_usd_per_million = 2,
        .daily_budget_usd = 5,
    };
}

#endif
