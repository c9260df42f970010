#include "ttl.h"

#include <stdio.h>
#include <string.h>

static bool complain(char ret_error[256], const char *rule, size_t length)
{
    snprintf(ret_error, 256,
        "%.*s: must be state:<name>=<seconds> or tier:<name>=<seconds>, from %d to %d",
        (int)(length < 80 ? length : 80), rule, TTL_S_MIN, TTL_S_MAX);
    return false;
}

static bool read_rule(const char *text, size_t length, struct ttl_rule *ret_rule)
{
    static const size_t state_length = sizeof "state:" - 1;
    static const size_t tier_length = sizeof "tier:" - 1;
    const char *equals = memchr(text, '=', length);
    size_t prefix = 0;

    if (strncmp(text, "state:", state_length) == 0) {
        prefix = state_length;
    } else if (strncmp(text, "tier:", tier_length) == 0) {
        prefix = tier_length;
    }
    if (prefix == 0 || equals == NULL || equals <= text + prefix) {
        return false;
    }
    ret_rule->by_state = prefix == state_length;
    ret_rule->name = (struct svc_slice){text + prefix, (size_t)(equals - text) - prefix};
    return svc_text_to_int64(
               (struct svc_slice){equals + 1, length - (size_t)(equals + 1 - text)},
               &ret_rule->ttl_s) &&
           ret_rule->ttl_s >= TTL_S_MIN && ret_rule->ttl_s <= TTL_S_MAX;
}

bool ttl_rules_read(const char *text, struct ttl_rules *rules, char ret_error[256])
{
    rules->count = 0;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        if (rules->count == TTL_RULES_MAX) {
            snprintf(ret_error, 256, "there are more than %d rules", TTL_RULES_MAX);
            return false;
        }
        if (!read_rule(text, length, &rules->rules[rules->count++])) {
            return complain(ret_error, text, length);
        }
        text += length + (text[length] == ',');
    }
    return true;
}

static int64_t find(const struct ttl_rules *rules, bool by_state, struct svc_slice name)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct ttl_rule *rule = &rules->rules[i];
        if (rule->by_state == by_state && name.text != NULL &&
            rule->name.length == name.length &&
            memcmp(rule->name.text, name.text, name.length) == 0) {
            return rule->ttl_s;
        }
    }
    return 0;
}

int64_t ttl_choose_s(const struct ttl_rules *rules, int64_t asked_s, int64_t standard_s,
    struct svc_slice state, struct svc_slice tier)
{
    if (asked_s > 0) {
        return asked_s;
    }
    int64_t by_state_s = find(rules, true, state);
    if (by_state_s > 0) {
        return by_state_s;
    }
    int64_t by_tier_s = find(rules, false, tier);
    return by_tier_s > 0 ? by_tier_s : standard_s;
}

int64_t ttl_left_ms(
    const struct ttl_rules *rules, int64_t ttl_s, int64_t created_ms, int64_t now_ms)
{
    int64_t end_ms = (created_ms > 0 ? created_ms : now_ms) + rules->longest_s * 1000;
    int64_t left_ms = ttl_s * 1000;

    if (left_ms > end_ms - now_ms) {
        left_ms = end_ms - now_ms;
    }
    return left_ms > 1000 ? left_ms : 1000;
}
