/* What a provider cost on one day (UTC), as far as this process knows. Pure. */
#ifndef BUDGET_H
#define BUDGET_H

#include "provider.h"

struct budget {
    int64_t day;      /* since 1970 */
    double known_usd; /* of all replicas, when last heard */
    double owed_usd;  /* of this one, not told to the others yet */
};

/* Days since 1970, UTC. */
int64_t budget_day(int64_t unix_ms);

/* Moves to DAY; with a new one nothing is spent. */
void budget_turn(struct budget *budget, int64_t day);

void budget_add(struct budget *budget, int64_t day, double cost_usd);

/* Whether the day's limit leaves room. A limit of 0: nothing may be spent; below: no
 * limit. Calls that cost nothing always may. */
bool budget_allows(
    struct budget *budget, const struct provider_config *config, int64_t day);

#endif
