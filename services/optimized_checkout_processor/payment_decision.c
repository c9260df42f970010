#include "payment_decision.h"

#include "gateway_private.h"

#include <string.h>

const char *payment_decision_name(enum payment_decision decision)
{
    static const char *const names[] = {
        [PAYMENT_NOTHING] = "known",
        [PAYMENT_MISMATCH] = "mismatch",
        [PAYMENT_PAID] = "paid",
        [PAYMENT_SURPLUS] = "surplus",
        [PAYMENT_SURPLUS_NEW] = "surplus",
        [PAYMENT_REFUNDED] = "refunded",
        [PAYMENT_DISPUTED] = "disputed",
        [PAYMENT_PENDING] = "pending",
        [PAYMENT_FAILED] = "failed",
        [PAYMENT_EXPIRED] = "expired",
    };

    return names[decision];
}

static bool has_moved(enum payment_truth_status status)
{
    return status == PAYMENT_TRUTH_PAID || status == PAYMENT_TRUTH_REFUNDED ||
           status == PAYMENT_TRUTH_PARTIALLY_REFUNDED || status == PAYMENT_TRUTH_DISPUTED;
}

static bool is_settled(struct svc_slice status)
{
    return svc_slice_equals(status, "paid") || svc_slice_equals(status, "surplus") ||
           svc_slice_equals(status, "partially_refunded") ||
           svc_slice_equals(status, "refunded");
}

static bool is_open(struct svc_slice status)
{
    return svc_slice_equals(status, "created") || svc_slice_equals(status, "pending");
}

struct svc_slice payment_told(struct svc_arena *arena, enum payment_decision decision,
    const struct payment_truth *truth, const char *mismatch)
{
    return gateway_printf(arena, "%s:%s%s%.*s", payment_decision_name(decision),
        mismatch != NULL ? mismatch : "", mismatch != NULL ? ":" : "",
        GATEWAY_ARG(truth->capture_id));
}

/* Unless the same was told before. */
static enum payment_decision once(const struct payment_known *known,
    const struct payment_truth *truth, const char *mismatch,
    enum payment_decision decision)
{
    struct svc_arena arena = {0};
    struct svc_slice told = payment_told(&arena, decision, truth, mismatch);
    bool is_known = gateway_same(told, known->told);

    svc_arena_done(&arena);
    return is_known ? PAYMENT_NOTHING : decision;
}

/* Of one that was paid. */
static enum payment_decision decide_settled(const struct payment_known *known,
    const struct payment_truth *truth, const char *mismatch)
{
    if (!gateway_same(truth->capture_id, known->capture_id)) {
        bool is_ours = mismatch == NULL || strcmp(mismatch, "amount") == 0;
        return is_ours ? PAYMENT_SURPLUS_NEW
                       : once(known, truth, mismatch, PAYMENT_MISMATCH);
    }
    if (truth->refunded_minor > known->refunded_minor) {
        return PAYMENT_REFUNDED;
    }
    return truth->status == PAYMENT_TRUTH_DISPUTED
               ? once(known, truth, NULL, PAYMENT_DISPUTED)
               : PAYMENT_NOTHING;
}

enum payment_decision payment_decide(const struct payment_known *known,
    const struct payment_truth *truth, const char *mismatch)
{
    bool moved = has_moved(truth->status);

    if (is_settled(known->status)) {
        return moved ? decide_settled(known, truth, mismatch) : PAYMENT_NOTHING;
    }
    if (moved && mismatch != NULL) {
        return once(known, truth, mismatch, PAYMENT_MISMATCH);
    }
    if (moved) {
        return known->order_paid_minor > 0 ? PAYMENT_SURPLUS : PAYMENT_PAID;
    }
    if (!is_open(known->status)) {
        return PAYMENT_NOTHING;
    }
    switch (truth->status) {
    case PAYMENT_TRUTH_FAILED:
        return once(known, truth, NULL, PAYMENT_FAILED);
    case PAYMENT_TRUTH_EXPIRED:
        return PAYMENT_EXPIRED;
    default: /* one that nobody has begun to pay has no capture */
        return truth->capture_id.text != NULL ? once(known, truth, NULL, PAYMENT_PENDING)
                                              : PAYMENT_NOTHING;
    }
}
