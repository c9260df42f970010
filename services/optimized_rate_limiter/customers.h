/* What this process remembers of customers: their windows as of the last check, so that
 * limits hold while Redis is gone; that they are denied for a moment; and their tier.
 *
 * Bounded: the customer who was not seen for the longest makes room. Thread-safe. */
#ifndef CUSTOMERS_H
#define CUSTOMERS_H

#include "windows.h"

#define TIER_NAME_SIZE 51
/* Of a customer_key in bytes: 160 characters. */
#define CUSTOMER_SIZE_MAX ((size_t)4 * 160)

struct customers;

struct customers *customers_new(size_t customers_max);
void customers_free(struct customers **customers);

/* Copies the record kept of CUSTOMER to OUT (RECORD_SIZE_MAX bytes); its size, 0: none.
 */
size_t customers_record(
    struct customers *customers, struct svc_slice customer, uint8_t *out);

/* Keeps a record. */
void customers_keep(
    struct customers *customers, struct svc_slice customer, struct svc_slice record);

/* Judges by what is kept, and keeps the outcome. */
void customers_apply(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, struct windows_verdict *ret_verdict);

/* As many as a record knows the messages of: so that telling Redis what it was told, or
 * was restored with, counts nothing twice. */
#define OWED_MAX WINDOWS_MESSAGES_MAX

/* What was done without Redis, oldest first, to be done there when it is back; the oldest
 * make room. What it takes is owed no more. */
void customers_owe(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request);
size_t customers_take_owed(struct customers *customers, struct svc_slice customer,
    struct windows_request ret_owed[OWED_MAX]);

/* Milliseconds of the monotonic clock. */
struct denial_time {
    int64_t at_ms;
    int64_t until_ms;
};

/* A denial that needs no second look for a while. REQUEST: what was judged; other limits,
 * a lower cost or another operation are another question. */
void customers_deny(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, const struct windows_verdict *verdict,
    const struct denial_time *time);

/* The denial that still stands; its wait is shortened by the time that has passed. False
 * for a message that was told, or was counted: these are answered as they were. */
bool customers_is_denied(struct customers *customers, struct svc_slice customer,
    const struct windows_request *request, int64_t monotonic_ms,
    struct windows_verdict *ret_verdict);
void customers_forget_denial(struct customers *customers, struct svc_slice customer);

/* The tier, if it was set after NOT_BEFORE_MS (monotonic); "" is a customer without one.
 */
bool customers_tier(struct customers *customers, struct svc_slice customer,
    int64_t not_before_ms, char ret_tier[TIER_NAME_SIZE]);
void customers_set_tier(struct customers *customers, struct svc_slice customer,
    struct svc_slice tier, int64_t monotonic_ms);

#endif
