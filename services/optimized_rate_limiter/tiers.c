#include "tiers.h"

static const char *const mode_names[] = {
    [TIER_ENFORCE] = "enforce",
    [TIER_SHADOW] = "shadow",
    [TIER_OFF] = "off",
};

const struct tier tier_default = {"default", {5, 100, 500, 10}, TIER_ENFORCE};

void tiers_set_standard(struct tiers *tiers)
{
    static const struct tier standard[] = {
        {"new", {5, 60, 500, 10}, TIER_ENFORCE},
        {"regular", {10, 120, 1000, 20}, TIER_ENFORCE},
        {"vip", {20, 300, 2000, 50}, TIER_ENFORCE},
    };

    tiers->count = sizeof standard / sizeof standard[0];
    tiers->burst = false;
    for (size_t i = 0; i < tiers->count; i++) {
        tiers->list[i] = standard[i];
    }
}

const struct tier *tiers_find(const struct tiers *tiers, struct svc_slice name)
{
    for (size_t i = 0; i < tiers->count; i++) {
        if (svc_slice_equals(name, tiers->list[i].name)) {
            return &tiers->list[i];
        }
    }
    return NULL;
}

static int64_t clamp(int64_t value, int64_t max)
{
    value = value > 0 ? value : 0;
    return value < max ? value : max;
}

void limits_clamp(struct limits *limits)
{
    limits->minute = clamp(limits->minute, LIMIT_MINUTE_MAX);
    limits->hour = clamp(limits->hour, LIMIT_HOUR_MAX);
    limits->day = clamp(limits->day, LIMIT_DAY_MAX);
    limits->burst = clamp(limits->burst, LIMIT_BURST_MAX);
}

const char *tier_mode_name(enum tier_mode mode)
{
    return mode_names[mode];
}

bool tier_mode_find(struct svc_slice name, enum tier_mode *ret_mode)
{
    for (size_t i = 0; i < sizeof mode_names / sizeof mode_names[0]; i++) {
        if (svc_slice_equals(name, mode_names[i])) {
            *ret_mode = (enum tier_mode)i;
            return true;
        }
    }
    return false;
}
