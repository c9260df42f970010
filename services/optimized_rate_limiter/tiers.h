/* What each tier of customers may do. */
#ifndef TIERS_H
#define TIERS_H

#include "customers.h"

#define TIERS_MAX 64

enum tier_mode {
    TIER_ENFORCE,
    TIER_SHADOW, /* count, and let through */
    TIER_OFF,
};

struct tier {
    char name[TIER_NAME_SIZE];
    struct limits limits;
    enum tier_mode mode;
};

struct tiers {
    size_t count;
    struct tier list[TIERS_MAX];
    bool burst; /* system_config.rate_limit_burst */
};

/* Of a customer whose tier nobody knows: 5 a minute, 100 an hour, 500 a day. */
extern const struct tier tier_default;

/* The tiers of the migration guide: new, regular, vip. */
void tiers_set_standard(struct tiers *tiers);

/* The tier called NAME, or NULL. */
const struct tier *tiers_find(const struct tiers *tiers, struct svc_slice name);

/* Cuts LIMITS to what the windows can hold. */
void limits_clamp(struct limits *limits);

const char *tier_mode_name(enum tier_mode mode);
/* False for a mode that there isn't. */
bool tier_mode_find(struct svc_slice name, enum tier_mode *ret_mode);

#endif
