/* What is decided, as JSON: the answer to a caller, and the event for the metrics. */
#ifndef ANSWER_H
#define ANSWER_H

#include "cascade.h"

#include <svc/json_write.h>

/* "slow" ... */
const char *outcome_name(enum provider_outcome outcome);

/* The sum over all attempts. */
void answer_sum_usage(
    const struct cascade_result *result, struct provider_usage *ret_usage);

/* The fields of an answer, inside of an object that the caller began. EXPLAIN: with its
 * attempts. */
void answer_write(struct svc_json_writer *writer, struct svc_arena *arena,
    const struct cascade_result *result, bool explain);

/* {"input_tokens" ...} as `usage`, and `cost_usd`. */
void usage_write(struct svc_json_writer *writer, const struct provider_usage *usage);

/* "button", "cache", "local", "keywords", or the provider's name in lower case, in
 * ARENA. */
struct svc_slice answer_source(
    struct svc_arena *arena, const struct cascade_result *result);

/* Who asked, for the event. */
struct asked {
    const struct intent_question *question;
    struct svc_slice message_id; /* empty: not said */
};

/* The data of an intent event, a JSON object, without the text. */
void event_write(struct svc_json_writer *writer, struct svc_arena *arena,
    const struct asked *asked, const struct cascade_result *result);

#endif
