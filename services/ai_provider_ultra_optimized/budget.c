#include "budget.h"

#define DAY_MS 86400000

int64_t budget_day(int64_t unix_ms)
{
    return unix_ms / DAY_MS;
}

void budget_turn(struct budget *budget, int64_t day)
{
    if (budget->day != day) {
        *budget = (struct budget){.day = day};
    }
}

void budget_add(struct budget *budget, int64_t day, double cost_usd)
{
    budget_turn(budget, day);
    if (cost_usd > 0) {
        budget->owed_usd += cost_usd;
    }
}

bool budget_allows(
    struct budget *budget, const struct provider_config *config, int64_t day)
{
    bool is_free =
        config->input_usd_per_million <= 0 && config->output_usd_per_million <= 0;

    budget_turn(budget, day);
    if (is_free || config->daily_budget_usd < 0) {
        return true;
    }
    return budget->known_usd + budget->owed_usd < config->daily_budget_usd;
}
