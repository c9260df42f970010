#include "condition.h"

#include "clock.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

void svc_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool svc_condition_wait(
    pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ns)
{
    const struct timespec until = {
        .tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};

    return pthread_cond_timedwait(condition, lock, &until) == 0;
}

bool svc_condition_wait_told(pthread_cond_t *condition, pthread_mutex_t *lock,
    const bool *told, int64_t milliseconds)
{
    int64_t until_ns = svc_condition_until_ns(milliseconds);

    while (!*told && svc_condition_wait(condition, lock, until_ns)) {
    }
    return *told;
}

int64_t svc_condition_until_ns(int64_t milliseconds)
{
    return svc_clock_monotonic_ns() + milliseconds * NS_PER_MS;
}
