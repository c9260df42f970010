/* Payments, refunds and the inbox in PostgreSQL: all SQL of payments.h. Texts live in the
 * arena that is given. A lease is a row's next time, put off: who dies with one gives it
 * up when that time comes. */
#ifndef STORE_PAYMENTS_H
#define STORE_PAYMENTS_H

#include "payment_decision.h"

struct svc_pg;
struct svc_pg_result;
struct svc_pg_statement;
struct svc_pg_tx;
struct order_change;

struct payment_row {
    struct svc_slice id;
    int64_t order_id;
    struct svc_slice gateway;
    struct svc_slice status;
    int64_t amount_minor;
    struct svc_slice currency;
    int64_t refunded_minor;
    struct svc_slice external_id;
    struct svc_slice capture_id;
    struct svc_slice url;
    struct svc_slice told;
    int64_t created_s;
    int64_t expires_s; /* 0: never */
    bool is_closed;
    int64_t attempts;
    struct svc_slice order_number;
    struct svc_slice order_status;
    struct svc_slice customer;
    int64_t order_paid_minor;
    bool is_surplus; /* beside the one that paid the order */
};

struct store_payments {
    struct svc_pg *pg;
    struct svc_arena *arena;
};

/* A statement, alone or within TX; RET_ROWS may be NULL. A fault of ours, which no retry
 * mends, is logged. */
enum svc_status store_ask(const struct store_payments *store,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows);
enum svc_status store_ask_in(struct svc_pg_tx *tx,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows);
/* A copy in ARENA. */
struct svc_slice store_text_at(
    struct svc_arena *arena, const struct svc_pg_result *rows, size_t row, size_t column);

/* CHANGE in a transaction of its own; anything but OK takes it all back. */
typedef enum svc_status store_change(void *context, struct svc_pg_tx *tx);
enum svc_status store_in_transaction(
    const struct store_payments *store, store_change *change, void *context);
/* orders_apply; of an order that the shop wrote by hand it's no fault that it stays. */
enum svc_status store_order_apply(
    struct svc_pg_tx *tx, const struct order_change *change);

/* --- Reading; NOT_FOUND where there is none. --- */

enum svc_status store_payment_by_id(
    const struct store_payments *store, struct svc_slice id, struct payment_row *ret_row);
/* By the capture, else by our reference. */
enum svc_status store_payment_find(const struct store_payments *store,
    const char *gateway, const struct payment_truth *truth, struct payment_row *ret_row);
/* The open one of an order that awaits its payment: of the way of paying that the order
 * says, a new one where the last has failed. CONFLICT: it awaits none. */
enum svc_status store_payment_open(
    const struct store_payments *store, int64_t order_id, struct payment_row *ret_row);

/* --- Links. --- */

/* A try begins: from now on the sweep looks after it. */
enum svc_status store_link_begin(
    const struct store_payments *store, struct svc_slice id, int64_t wait_s);
/* Keeps the link; `ret_taken` false: the payment is another's or over by now, and the
 * sweep closes the link. */
enum svc_status store_link_end(const struct store_payments *store, struct svc_slice id,
    const struct gateway_link *link, int64_t wait_s, bool *ret_taken);
enum svc_status store_link_failed(const struct store_payments *store, struct svc_slice id,
    const char *error, bool for_good);

/* --- The sweep of payments. --- */

enum svc_status store_payments_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct svc_slice *ret_ids, size_t *ret_count);
enum svc_status store_payment_closed(
    const struct store_payments *store, struct svc_slice id);
/* When it's to be asked about next: at intervals that grow with its age, at the end of
 * its order's hold, never again where it's over. ANSWERED: the gateway has said how it
 * is. */
enum svc_status store_payment_schedule(const struct store_payments *store,
    struct svc_slice id, int64_t every_s, bool answered, bool is_final);

/* --- What a payment's truth does; in a transaction, the order locked first. --- */

enum svc_status store_payment_lock(const struct store_payments *store,
    struct svc_pg_tx *tx, struct svc_slice id, struct payment_row *ret_row);
enum svc_status store_payment_paid(struct svc_pg_tx *tx, const struct payment_row *row,
    struct svc_slice capture_id, bool is_surplus);
/* A capture beside the one that paid: a row of its own. */
enum svc_status store_payment_surplus(struct svc_pg_tx *tx, const struct payment_row *row,
    const struct payment_truth *truth);
/* Gives back what SURPLUS rows of the order have, once. */
enum svc_status store_surplus_refund(struct svc_pg_tx *tx, int64_t order_id);
enum svc_status store_payment_refunded(struct svc_pg_tx *tx, struct svc_slice id,
    int64_t refunded_minor, int64_t *ret_refunded_minor);
enum svc_status store_payment_told(struct svc_pg_tx *tx, struct svc_slice id,
    struct svc_slice told, struct svc_slice error);
enum svc_status store_payment_ended(
    struct svc_pg_tx *tx, struct svc_slice id, const char *error);
/* One line in the order's history that changes no status, for the shop to look at. */
enum svc_status store_event_add(struct svc_pg_tx *tx, const struct payment_row *row,
    const char *type, struct svc_slice data);

/* --- The inbox. --- */

struct inbox_row {
    int64_t id;
    struct svc_slice gateway;
    struct svc_slice subject_id;
    bool is_dispute;
    bool is_signed;
    int64_t attempts;
    int64_t age_s;
};

/* Puts it in, once. Of those that nobody signed only so many wait at a time: who sends
 * made-up ones keeps us no longer busy, and the sweep finds what they would have told. */
enum svc_status store_inbox_add(const struct store_payments *store, const char *gateway,
    const struct gateway_notice *notice, struct svc_slice raw, bool *ret_is_new);
enum svc_status store_inbox_lease(const struct store_payments *store, int64_t limit,
    int64_t lease_s, struct inbox_row *ret_rows, size_t *ret_count);
/* WAIT_S: when it's tried again; -1: done with. */
enum svc_status store_inbox_end(
    const struct store_payments *store, int64_t id, const char *outcome, int64_t wait_s);

#endif
