/* Who is asked when: providers in their order, the next one where one failed, or beside
 * one that is silent; until one has answered, all have failed, or the time is over. Pure:
 * the caller has clock and calls. */
#ifndef RACE_H
#define RACE_H

#include "provider.h"

/* With less time left nobody is asked any more. */
enum { RACE_LEAST_US = 20000 };

enum race_step {
    RACE_ASK,  /* this one, now */
    RACE_WAIT, /* for an answer, at most until then */
    RACE_WON,  /* by this one */
    RACE_LOST, /* nobody will answer in time */
};

enum racer { RACER_READY, RACER_RUNS, RACER_ANSWERED, RACER_OUT };

struct race {
    size_t count;
    enum racer racers[PROVIDERS_MAX];
    int64_t deadline_us;
    int64_t hedge_us;                /* 0: never beside another */
    int64_t began_us[PROVIDERS_MAX]; /* of each that was asked */
};

/* DEADLINE_US: by the same clock as NOW_US later. */
void race_init(struct race *race, size_t count, int64_t deadline_us, int64_t hedge_us);

enum race_step race_next(
    const struct race *race, int64_t now_us, size_t *ret_index, int64_t *ret_until_us);

/* What became of the one that was to be asked, and of who runs. */
void race_note_asked(struct race *race, size_t index, int64_t now_us);
void race_note_answered(struct race *race, size_t index);
/* Also: may not be asked at all. */
void race_note_out(struct race *race, size_t index);

#endif
