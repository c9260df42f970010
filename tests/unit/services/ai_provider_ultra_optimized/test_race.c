#include "provider_fixture.h"

#include <race.h>

/* In milliseconds: what the race wants then (and of whom, or until when), and what
 * becomes of it before the next line. */
struct step {
    int64_t at;
    enum race_step step;
    int64_t number;
    char became; /* a: answered, o: out, -: nothing; of INDEX */
    size_t index;
};

static void run(size_t count, int64_t hedge_ms, const struct step *steps, size_t length)
{
    struct race race;

    race_init(&race, count, 450000, hedge_ms * 1000);
    for (size_t i = 0; i < length; i++) {
        size_t index = 0;
        int64_t until_us = 0;
        enum race_step step = race_next(&race, steps[i].at * 1000, &index, &until_us);
        int64_t number = step == RACE_WAIT   ? until_us / 1000
                         : step == RACE_LOST ? 0
                                             : (int64_t)index;
        if (step != steps[i].step || number != steps[i].number) {
            fail_msg("step %zu: %d of %ld", i, step, (long)number);
        }
        if (step == RACE_ASK) {
            race_note_asked(&race, index, steps[i].at * 1000);
        }
        if (steps[i].became == 'a') {
            race_note_answered(&race, steps[i].index);
        } else if (steps[i].became == 'o') {
            race_note_out(&race, steps[i].index);
        }
    }
}
#define RUN(count, hedge_ms, ...)                                                        \
    do {                                                                                 \
        static const struct step steps[] = {__VA_ARGS__};                                \
        run(count, hedge_ms, steps, COUNT_OF(steps));                                    \
    } while (0)

static void test_first_answers(void **state)
{
    (void)state;
    RUN(2, 150, {0, RACE_ASK, 0, '-', 0}, {1, RACE_WAIT, 150, 'a', 0},
        {90, RACE_WON, 0, '-', 0});
}

static void test_silent_one_is_hedged(void **state)
{
    (void)state;
    RUN(3, 150, {0, RACE_ASK, 0, '-', 0}, {149, RACE_WAIT, 150, '-', 0},
        {150, RACE_ASK, 1, '-', 0}, {151, RACE_WAIT, 300, '-', 0},
        {300, RACE_ASK, 2, '-', 0}, {301, RACE_WAIT, 450, 'a', 1},
        {400, RACE_WON, 1, '-', 0});
    /* the first may still win */
    RUN(2, 150, {0, RACE_ASK, 0, '-', 0}, {150, RACE_ASK, 1, '-', 0},
        {160, RACE_WAIT, 450, 'a', 0}, {200, RACE_WON, 0, '-', 0});
}

/* The first is silent, the second failed: the third isn't kept waiting for either. */
static void test_failed_hedge_buys_no_time(void **state)
{
    (void)state;
    RUN(3, 150, {0, RACE_ASK, 0, '-', 0}, {150, RACE_ASK, 1, 'o', 1},
        {155, RACE_ASK, 2, '-', 0}, {156, RACE_WAIT, 450, 'a', 2},
        {200, RACE_WON, 2, '-', 0});
}

static void test_failed_one_gives_way_at_once(void **state)
{
    (void)state;
    RUN(2, 150, {0, RACE_ASK, 0, 'o', 0}, {5, RACE_ASK, 1, '-', 0},
        {6, RACE_WAIT, 450, 'o', 1}, {7, RACE_LOST, 0, '-', 0});
    /* beside a hedge it changes nothing */
    RUN(2, 150, {0, RACE_ASK, 0, '-', 0}, {150, RACE_ASK, 1, 'o', 0},
        {160, RACE_WAIT, 450, 'a', 1}, {170, RACE_WON, 1, '-', 0});
}

static void test_time_is_over(void **state)
{
    (void)state;
    RUN(2, 0, {0, RACE_ASK, 0, '-', 0}, {200, RACE_WAIT, 450, '-', 0},
        {449, RACE_WAIT, 450, '-', 0}, {450, RACE_LOST, 0, '-', 0});
    RUN(2, 150, {0, RACE_ASK, 0, 'o', 0}, {431, RACE_LOST, 0, '-', 0});
    RUN(0, 150, {0, RACE_LOST, 0, '-', 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_answers),
        cmocka_unit_test(test_silent_one_is_hedged),
        cmocka_unit_test(test_failed_hedge_buys_no_time),
        cmocka_unit_test(test_failed_one_gives_way_at_once),
        cmocka_unit_test(test_time_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
