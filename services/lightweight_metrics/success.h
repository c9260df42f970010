/* The migration guide's success metrics: what is wanted, what is critical, and what an
 * outcome means. */
#ifndef SUCCESS_H
#define SUCCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum success_metric {
    SUCCESS_UPTIME,
    SUCCESS_LATENCY_P95,
    SUCCESS_ERROR_RATE,
    SUCCESS_AI_ACCURACY,
    SUCCESS_CACHE_HIT_RATE,
    SUCCESS_SATISFACTION,
    SUCCESS_COUNT,
};

struct success_rule {
    const char *name;
    const char *unit; /* "share" (0 to 1), "ms", "score" (1 to 5) */
    bool more_is_better;
    double target;
    double critical;
};

enum success_state {
    SUCCESS_NONE, /* nothing is known */
    SUCCESS_GOOD, /* meets its target */
    SUCCESS_WARN,
    SUCCESS_BAD, /* over its critical value */
};

/* What it is now. */
struct success_value {
    bool known;
    double now;
    const char *source; /* a fixed text: what it was made from */
};

struct success_settings {
    double accuracy; /* of the intents, as it was measured; below 0: it wasn't */
};

const struct success_rule *success_rule(enum success_metric metric);
enum success_state success_judge(
    enum success_metric metric, const struct success_value *value);
/* "good", "warn", "bad", "none". */
const char *success_state_name(enum success_state state);

#endif
