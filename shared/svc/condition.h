/* Condition variables that wait by the monotonic clock, so that a wall clock that is set
 * neither holds a waiter up nor wakes it early. */
#ifndef SVC_CONDITION_H
#define SVC_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Ends with pthread_cond_destroy. */
void svc_condition_init(pthread_cond_t *condition);

/* With LOCK held, until it's signalled or svc_clock_monotonic_ns() is UNTIL_NS. False:
 * the time is over. It may come back for nothing, so what is waited for is looked at
 * again. */
bool svc_condition_wait(
    pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ns);

/* With LOCK held, until *TOLD, which is set under it, or MILLISECONDS are over. Whether
 * it was told. */
bool svc_condition_wait_told(pthread_cond_t *condition, pthread_mutex_t *lock,
    const bool *told, int64_t milliseconds);

/* The moment that is MILLISECONDS from now. */
int64_t svc_condition_until_ns(int64_t milliseconds);

#endif
