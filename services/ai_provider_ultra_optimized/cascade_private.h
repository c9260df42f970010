/* What the files of cascade share among themselves. */
#ifndef CASCADE_PRIVATE_H
#define CASCADE_PRIVATE_H

#include "cascade.h"
#include "race.h"

#include <pthread.h>
#include <stdatomic.h>

/* Those that can be asked, by priority; never changed, counted by who uses it. */
struct provider_set {
    atomic_int users;
    size_t count;
    struct provider_config configs[PROVIDERS_MAX];
    struct svc_arena arena;
};

struct cascade {
    struct cascade_ports ports;
    struct cascade_settings settings;
    const struct classifier *classifier;
    const struct keywords *keywords;
    atomic_bool keywords_only;

    pthread_mutex_t mutex;
    pthread_cond_t idle;
    /* under the mutex: */
    struct provider_set *set;
    int64_t running; /* calls */
};

/* One question to providers: the thread that asked and its calls share it, and whoever
 * leaves last frees it. */
struct asking {
    struct cascade *cascade;
    struct provider_set *set;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    /* under the mutex: */
    int users;
    struct cascade_call *calls[PROVIDERS_MAX]; /* by the index in the set; NULL: none */
};

struct cascade_call {
    struct asking *asking;
    const struct provider_config *config;
    struct svc_arena arena; /* of the call until it has ended, then of who asked */
    struct provider_request request;
    struct provider_answer answer;
    bool in_a_hurry; /* it had too little time for its silence to say something */
    int64_t began_us;
    int64_t ended_us; /* 0: not yet; under the asking's mutex */
};

int64_t cascade_now_us(const struct cascade *cascade);

struct provider_set *cascade_set_take(struct cascade *cascade);
void cascade_set_leave(struct provider_set *set);

/* Lets one more call run; false: there are as many as may be. */
bool cascade_enter(struct cascade *cascade, bool limited);
void cascade_leave(struct cascade *cascade);

/* Takes over SET, with the caller as its user. */
struct asking *asking_new(struct cascade *cascade, struct provider_set *set);
/* What is still under way goes on without the caller. */
void asking_leave(struct asking *asking);
/* Begins the call of INDEX, for which cascade_enter let it. */
void asking_begin(struct asking *asking, size_t index,
    const struct intent_question *question, int64_t deadline_ms);
/* Until a call ends that RACE holds for running, or UNTIL_US; then notes in RACE who
 * has ended. */
void asking_wait(struct asking *asking, struct race *race, int64_t until_us);
void asking_describe(struct asking *asking, struct svc_arena *arena, size_t index,
    int64_t now_us, struct cascade_attempt *ret_attempt);

#endif
