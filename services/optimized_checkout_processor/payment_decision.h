/* What the truth about a payment means for what is known of it. Pure. */
#ifndef PAYMENT_DECISION_H
#define PAYMENT_DECISION_H

#include "gateway.h"

enum payment_decision {
    PAYMENT_NOTHING,
    PAYMENT_MISMATCH,    /* money moved, but not what was asked for: a person looks */
    PAYMENT_PAID,        /* the order's */
    PAYMENT_SURPLUS,     /* the order was paid by another: this one is given back */
    PAYMENT_SURPLUS_NEW, /* paid once more by the same link: so is that */
    PAYMENT_REFUNDED,    /* more than was known */
    PAYMENT_DISPUTED,
    PAYMENT_PENDING,
    PAYMENT_FAILED,
    PAYMENT_EXPIRED,
};

struct payment_known {
    struct svc_slice status; /* of its row */
    struct svc_slice capture_id;
    struct svc_slice told;
    int64_t refunded_minor;
    int64_t order_paid_minor;
};

/* MISMATCH: of payment_mismatch. What is refunded or disputed and wasn't known as paid is
 * first PAID; ask again then. */
enum payment_decision payment_decide(const struct payment_known *known,
    const struct payment_truth *truth, const char *mismatch);

/* What is kept so that the same isn't told twice: "failed:ID"; in ARENA. */
struct svc_slice payment_told(struct svc_arena *arena, enum payment_decision decision,
    const struct payment_truth *truth, const char *mismatch);

const char *payment_decision_name(enum payment_decision decision);

#endif
