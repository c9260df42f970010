#include "success.h"

static const struct success_rule rules[SUCCESS_COUNT] = {
    [SUCCESS_UPTIME] = {"uptime", "share", true, 0.999, 0.99},
    [SUCCESS_LATENCY_P95] = {"latency_p95", "ms", false, 500, 1000},
    [SUCCESS_ERROR_RATE] = {"error_rate", "share", false, 0.001, 0.01},
    [SUCCESS_AI_ACCURACY] = {"ai_accuracy", "share", true, 0.90, 0.80},
    [SUCCESS_CACHE_HIT_RATE] = {"cache_hit_rate", "share", true, 0.80, 0.60},
    [SUCCESS_SATISFACTION] = {"satisfaction", "score", true, 4.5, 4.0},
};

const struct success_rule *success_rule(enum success_metric metric)
{
    return &rules[metric];
}

/* The guide's bounds are open ones: "> 90%", "< 80%". */
enum success_state success_judge(
    enum success_metric metric, const struct success_value *value)
{
    const struct success_rule *rule = &rules[metric];
    double sign = rule->more_is_better ? 1 : -1;

    if (!value->known) {
        return SUCCESS_NONE;
    }
    if (value->now * sign > rule->target * sign) {
        return SUCCESS_GOOD;
    }
    return value->now * sign < rule->critical * sign ? SUCCESS_BAD : SUCCESS_WARN;
}

const char *success_state_name(enum success_state state)
{
    static const char *const names[] = {
        [SUCCESS_NONE] = "none",
        [SUCCESS_GOOD] = "good",
        [SUCCESS_WARN] = "warn",
        [SUCCESS_BAD] = "bad",
    };

    return names[state];
}
