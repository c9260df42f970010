#include "cascade_private.h"

#include <svc/clock.h>
#include <svc/condition.h>

#include <stdlib.h>

/* Who got less than this part of the whole time isn't called slow. */
#define FAIR_PART 3

struct asking *asking_new(struct cascade *cascade, struct provider_set *set)
{
    struct asking *asking = svc_alloc_zero(1, sizeof *asking);

    asking->cascade = cascade;
    asking->set = set;
    asking->users = 1;
    pthread_mutex_init(&asking->mutex, NULL);
    svc_condition_init(&asking->ended);
    return asking;
}

void asking_leave(struct asking *asking)
{
    pthread_mutex_lock(&asking->mutex);
    bool last = --asking->users == 0;
    pthread_mutex_unlock(&asking->mutex);
    if (!last) {
        return;
    }
    for (size_t i = 0; i < PROVIDERS_MAX; i++) {
        if (asking->calls[i] != NULL) {
            svc_arena_done(&asking->calls[i]->arena);
            free(asking->calls[i]);
        }
    }
    cascade_set_leave(asking->set);
    pthread_cond_destroy(&asking->ended);
    pthread_mutex_destroy(&asking->mutex);
    free(asking);
}

void asking_begin(struct asking *asking, size_t index,
    const struct intent_question *question, int64_t deadline_ms)
{
    const struct provider_config *config = &asking->set->configs[index];
    const struct cascade_ports *ports = &asking->cascade->ports;
    struct cascade_call *call = svc_alloc_zero(1, sizeof *call);
    int64_t own_ms = config->timeout_ms;

    call->asking = asking;
    call->config = config;
    call->in_a_hurry = deadline_ms < own_ms &&
                       deadline_ms < asking->cascade->settings.deadline_ms / FAIR_PART;
    call->began_us = cascade_now_us(asking->cascade);
    provider_compose(&call->arena, config, question, &call->request);
    pthread_mutex_lock(&asking->mutex);
    asking->calls[index] = call;
    asking->users++;
    pthread_mutex_unlock(&asking->mutex);
    ports->call(ports->context, &call->request,
        own_ms < deadline_ms ? own_ms : deadline_ms, call);
}

static void read_ending(struct cascade_call *call, const struct cascade_ending *ending)
{
    struct provider_answer answer = {
        .outcome = ending->outcome, .reason = ending->reason};

    if (ending->outcome == PROVIDER_ANSWERED) {
        provider_read(&call->arena, call->config, ending->http_status,
            ending->retry_after, ending->body, &answer);
    } else if (ending->outcome == PROVIDER_SLOW) {
        provider_estimate(call->config, &call->request, &answer.usage);
        if (call->in_a_hurry) {
            answer.outcome = PROVIDER_OUR_FAULT;
            answer.reason = "too little time was left";
        }
    }
    call->answer = answer;
}

void cascade_call_end(struct cascade_call *call, const struct cascade_ending *ending)
{
    struct asking *asking = call->asking;
    struct cascade *cascade = asking->cascade;
    int64_t now_us = cascade_now_us(cascade);

    read_ending(call, ending);
    cascade->ports.note(cascade->ports.context, call->config, &call->answer);
    cascade_leave(cascade); /* which may be gone from here on */
    pthread_mutex_lock(&asking->mutex);
    call->ended_us = now_us > 0 ? now_us : 1;
    pthread_cond_signal(&asking->ended);
    pthread_mutex_unlock(&asking->mutex);
    asking_leave(asking);
}

/* Under the mutex. Whether one has ended of whom the race doesn't know it. */
static bool take_ended(struct asking *asking, struct race *race)
{
    bool found = false;

    for (size_t i = 0; i < race->count; i++) {
        struct cascade_call *call = asking->calls[i];
        if (race->racers[i] != RACER_RUNS || call == NULL || call->ended_us == 0) {
            continue;
        }
        found = true;
        if (call->answer.outcome == PROVIDER_ANSWERED) {
            race_note_answered(race, i);
        } else {
            race_note_out(race, i);
        }
    }
    return found;
}

void asking_wait(struct asking *asking, struct race *race, int64_t until_us)
{
    int64_t left_us = until_us - cascade_now_us(asking->cascade);
    int64_t until_ns = svc_clock_monotonic_ns() + (left_us > 0 ? left_us : 0) * 1000;
    bool in_time = true;

    pthread_mutex_lock(&asking->mutex);
    while (!take_ended(asking, race) && in_time) {
        in_time = svc_condition_wait(&asking->ended, &asking->mutex, until_ns);
    }
    pthread_mutex_unlock(&asking->mutex);
}

void asking_describe(struct asking *asking, struct svc_arena *arena, size_t index,
    int64_t now_us, struct cascade_attempt *ret_attempt)
{
    struct cascade_attempt attempt = {
        .outcome = PROVIDER_SLOW, .reason = "not waited for any longer"};

    pthread_mutex_lock(&asking->mutex);
    const struct cascade_call *call = asking->calls[index];
    attempt.provider = svc_slice_keep(arena, call->config->name);
    if (call->ended_us != 0) {
        attempt.outcome = call->answer.outcome;
        attempt.reason = call->answer.reason;
        attempt.usage = call->answer.usage;
        now_us = call->ended_us;
    }
    attempt.took_ms = (now_us - call->began_us) / 1000;
    pthread_mutex_unlock(&asking->mutex);
    *ret_attempt = attempt;
}
