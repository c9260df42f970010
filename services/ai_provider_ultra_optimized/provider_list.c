#include "provider_list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TIMEOUT_MS_MIN 50
#define TIMEOUT_MS_MAX 60000
#define TOKENS_MIN 16
#define TOKENS_MAX 8192

struct provider_list *provider_list_new(void)
{
    struct provider_list *list = svc_alloc_zero(1, sizeof *list);

    atomic_store(&list->holders, 1);
    list->use_ai_providers = true;
    return list;
}

struct provider_list *provider_list_hold(struct provider_list *list)
{
    atomic_fetch_add(&list->holders, 1);
    return list;
}

void provider_list_release(struct provider_list **list_pointer)
{
    struct provider_list *list = *list_pointer;

    *list_pointer = NULL;
    if (list == NULL || atomic_fetch_sub(&list->holders, 1) > 1) {
        return;
    }
    svc_arena_done(&list->arena);
    free(list);
}

const struct provider_row *provider_list_find(
    const struct provider_list *list, struct svc_slice name)
{
    for (size_t i = 0; i < list->count; i++) {
        struct svc_slice own = list->rows[i].config.name;
        if (own.length == name.length &&
            strncasecmp(own.text, name.text, name.length) == 0) {
            return &list->rows[i];
        }
    }
    return NULL;
}

static bool starts_with(struct svc_slice text, const char *start)
{
    size_t length = strlen(start);

    return text.length >= length && strncasecmp(text.text, start, length) == 0;
}

struct svc_slice provider_origin(struct svc_slice url)
{
    size_t scheme = starts_with(url, "https://")  ? 8
                    : starts_with(url, "http://") ? 7
                                                  : 0;
    size_t end = scheme;

    while (end < url.length && strchr("/?#@", url.text[end]) == NULL) {
        end++;
    }
    bool has_password = end < url.length && url.text[end] == '@';
    if (scheme == 0 || end == scheme || has_password) {
        return (struct svc_slice){0};
    }
    return (struct svc_slice){url.text, end};
}

static int32_t within(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void clamp(struct provider_config *config)
{
    config->timeout_ms = within(config->timeout_ms, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);
    config->max_tokens = within(config->max_tokens, TOKENS_MIN, TOKENS_MAX);
    config->breaker_threshold = within(config->breaker_threshold, 1, 1000);
    config->breaker_open_s = within(config->breaker_open_s, 1, 86400);
}

void provider_row_judge(struct svc_arena *arena, struct provider_row *row)
{
    const struct provider_config *config = &row->config;
    char error[256];

    clamp(&row->config);
    row->reason = NULL;
    row->faulty = false;
    if (!config->enabled) {
        row->reason = "is_enabled is false";
    } else if (config->key.length == 0) {
        row->reason = "no API key is set";
    } else if (!provider_check(config, error)) {
        row->reason = svc_arena_strndup(arena, error, strlen(error));
        row->faulty = true;
    }
}

static bool same(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.text, right.text, left.length) == 0);
}

static bool same_numbers(
    const struct provider_config *left, const struct provider_config *right)
{
    return left->enabled == right->enabled && left->priority == right->priority &&
           left->max_tokens == right->max_tokens &&
           left->temperature == right->temperature &&
           left->timeout_ms == right->timeout_ms &&
           left->breaker_threshold == right->breaker_threshold &&
           left->breaker_open_s == right->breaker_open_s &&
           left->input_usd_per_million == right->input_usd_per_million &&
           left->output_usd_per_million == right->output_usd_per_million &&
           left->cached_usd_per_million == right->cached_usd_per_million &&
           left->daily_budget_usd == right->daily_budget_usd;
}

bool provider_list_equals(
    const struct provider_list *left, const struct provider_list *right)
{
    if (left->count != right->count ||
        left->use_ai_providers != right->use_ai_providers) {
        return false;
    }
    for (size_t i = 0; i < left->count; i++) {
        const struct provider_config *one = &left->rows[i].config;
        const struct provider_config *other = &right->rows[i].config;
        if (!same(one->name, other->name) || !same(one->protocol, other->protocol) ||
            !same(one->base_url, other->base_url) || !same(one->model, other->model) ||
            !same(one->key, other->key) || !same_numbers(one, other)) {
            return false;
        }
    }
    return true;
}
