#include "race.h"

void race_init(struct race *race, size_t count, int64_t deadline_us, int64_t hedge_us)
{
    *race = (struct race){
        .count = count < PROVIDERS_MAX ? count : PROVIDERS_MAX,
        .deadline_us = deadline_us,
        .hedge_us = hedge_us,
    };
}

/* The first in that state; `count` where there is none. */
static size_t find(const struct race *race, enum racer state)
{
    size_t i = 0;

    while (i < race->count && race->racers[i] != state) {
        i++;
    }
    return i;
}

/* When the one asked last of those that run has been silent for long enough. One that has
 * failed meanwhile buys the silent ones before it no time. */
static int64_t find_hedge_us(const struct race *race)
{
    int64_t latest_us = 0;

    for (size_t i = 0; i < race->count; i++) {
        if (race->racers[i] == RACER_RUNS && race->began_us[i] > latest_us) {
            latest_us = race->began_us[i];
        }
    }
    return latest_us + race->hedge_us;
}

enum race_step race_next(
    const struct race *race, int64_t now_us, size_t *ret_index, int64_t *ret_until_us)
{
    size_t winner = find(race, RACER_ANSWERED);
    size_t ready = find(race, RACER_READY);
    bool runs = find(race, RACER_RUNS) < race->count;
    int64_t hedge_at_us = find_hedge_us(race);

    if (winner < race->count) {
        *ret_index = winner;
        return RACE_WON;
    }
    if (now_us >= race->deadline_us) {
        return RACE_LOST;
    }
    bool may_ask = ready < race->count && now_us + RACE_LEAST_US <= race->deadline_us;
    bool may_hedge = may_ask && race->hedge_us > 0;
    if (may_ask && (!runs || (may_hedge && now_us >= hedge_at_us))) {
        *ret_index = ready;
        return RACE_ASK;
    }
    if (!runs) {
        return RACE_LOST;
    }
    *ret_until_us =
        may_hedge && hedge_at_us < race->deadline_us ? hedge_at_us : race->deadline_us;
    return RACE_WAIT;
}

void race_note_asked(struct race *race, size_t index, int64_t now_us)
{
    race->racers[index] = RACER_RUNS;
    race->began_us[index] = now_us;
}

void race_note_answered(struct race *race, size_t index)
{
    race->racers[index] = RACER_ANSWERED;
}

void race_note_out(struct race *race, size_t index)
{
    race->racers[index] = RACER_OUT;
}
