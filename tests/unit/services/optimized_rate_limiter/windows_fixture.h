/* A customer's windows under a clock of the test's own. */
#ifndef WINDOWS_FIXTURE_H
#define WINDOWS_FIXTURE_H

#include "../../unit.h"

#include <windows.h>

/* A time that is no multiple of any window, beyond 32 bits of milliseconds. */
#define START_MS INT64_C(1790000123457)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

struct customer_fixture {
    struct windows windows;
    struct limits limits;
    int64_t now_ms;
};

static inline void fixture_init(struct customer_fixture *fixture, int64_t minute,
    int64_t hour, int64_t day, int64_t burst)
{
    windows_clear(&fixture->windows);
    fixture->limits = (struct limits){minute, hour, day, burst};
    fixture->now_ms = START_MS;
}

/* The message NUMBER; 0 is one without an id. */
static inline struct windows_request fixture_request(
    const struct customer_fixture *fixture, enum operation operation, uint32_t number)
{
    struct windows_request request = {
        .operation = operation,
        .limits = fixture->limits,
        .cost = 1,
        .has_message = number != 0,
        .now_ms = fixture->now_ms,
    };

    memcpy(request.message, &number, sizeof number);
    return request;
}

static inline struct windows_verdict fixture_apply(
    struct customer_fixture *fixture, enum operation operation, uint32_t number)
{
    struct windows_request request = fixture_request(fixture, operation, number);
    struct windows_verdict verdict;

    windows_apply(&fixture->windows, &request, &verdict);
    return verdict;
}

static inline struct windows_verdict fixture_check(struct customer_fixture *fixture)
{
    return fixture_apply(fixture, OPERATION_CHECK, 0);
}

static inline struct windows_verdict fixture_check_cost(
    struct customer_fixture *fixture, int64_t cost)
{
    struct windows_request request = fixture_request(fixture, OPERATION_CHECK, 0);
    struct windows_verdict verdict;

    request.cost = cost;
    windows_apply(&fixture->windows, &request, &verdict);
    return verdict;
}

static inline void fixture_pass(struct customer_fixture *fixture, int times)
{
    for (int i = 0; i < times; i++) {
        assert_true(fixture_check(fixture).allowed);
    }
}

static inline void fixture_deny(
    struct customer_fixture *fixture, enum window window, int64_t wait_ms)
{
    struct windows_verdict verdict = fixture_check(fixture);

    assert_false(verdict.allowed);
    assert_int_equal(verdict.exceeded, window);
    assert_int_equal(verdict.retry_after_ms, wait_ms);
}

/* Milliseconds from now until TIME rounded up to a whole UNIT has left a window. */
static inline int64_t fixture_wait_ms(const struct customer_fixture *fixture,
    int64_t time_ms, int64_t unit_ms, int64_t window_ms)
{
    return (time_ms / unit_ms + 1) * unit_ms + window_ms - fixture->now_ms;
}

#endif
