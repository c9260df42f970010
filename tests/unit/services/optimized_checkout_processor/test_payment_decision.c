#include "gateway_fixture.h"

#include <payment_decision.h>

#define OPEN "pending"

struct decision_case {
    const char *status;  /* of the row */
    const char *capture; /* that it knows */
    const char *told;
    int64_t refunded; /* that it knows */
    int64_t order_paid;
    enum payment_truth_status truth;
    const char *truth_capture;
    int64_t truth_refunded;
    const char *mismatch;
    enum payment_decision decision;
};

static const struct decision_case cases[] = {
    /* Nobody has begun to pay; a voucher; a card refused; the link over. */
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_PENDING, NULL, 0, NULL, PAYMENT_NOTHING},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_PENDING, "c", 0, NULL, PAYMENT_PENDING},
    {OPEN, NULL, "pending:c", 0, 0, PAYMENT_TRUTH_PENDING, "c", 0, NULL, PAYMENT_NOTHING},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_FAILED, "c", 0, NULL, PAYMENT_FAILED},
    {OPEN, NULL, "failed:c", 0, 0, PAYMENT_TRUTH_FAILED, "c", 0, NULL, PAYMENT_NOTHING},
    {OPEN, NULL, "failed:c", 0, 0, PAYMENT_TRUTH_FAILED, "d", 0, NULL, PAYMENT_FAILED},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_EXPIRED, NULL, 0, NULL, PAYMENT_EXPIRED},
    {"cancelled", NULL, NULL, 0, 0, PAYMENT_TRUTH_EXPIRED, NULL, 0, NULL,
        PAYMENT_NOTHING},
    {"cancelled", NULL, NULL, 0, 0, PAYMENT_TRUTH_FAILED, "c", 0, NULL, PAYMENT_NOTHING},
    /* Paid: in time, late, by an old link, without our having known of it. */
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_PAID, "c", 0, NULL, PAYMENT_PAID},
    {"created", NULL, NULL, 0, 0, PAYMENT_TRUTH_PAID, "c", 0, NULL, PAYMENT_PAID},
    {"cancelled", NULL, NULL, 0, 0, PAYMENT_TRUTH_PAID, "c", 0, NULL, PAYMENT_PAID},
    {"failed", NULL, NULL, 0, 0, PAYMENT_TRUTH_PAID, "c", 0, NULL, PAYMENT_PAID},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_REFUNDED, "c", 5, NULL, PAYMENT_PAID},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_DISPUTED, "c", 0, NULL, PAYMENT_PAID},
    /* Never what isn't what was asked for. */
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_PAID, "c", 0, "amount", PAYMENT_MISMATCH},
    {OPEN, NULL, "mismatch:amount:c", 0, 0, PAYMENT_TRUTH_PAID, "c", 0, "amount",
        PAYMENT_NOTHING},
    {OPEN, NULL, NULL, 0, 9, PAYMENT_TRUTH_PAID, "c", 0, "mode", PAYMENT_MISMATCH},
    {OPEN, NULL, NULL, 0, 0, PAYMENT_TRUTH_PENDING, NULL, 0, "amount", PAYMENT_NOTHING},
    /* Once more. */
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PAID, "c", 0, NULL, PAYMENT_NOTHING},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PENDING, "c", 0, NULL, PAYMENT_NOTHING},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_FAILED, "d", 0, NULL, PAYMENT_NOTHING},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PAID, "d", 0, NULL, PAYMENT_SURPLUS_NEW},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PAID, "d", 0, "amount", PAYMENT_SURPLUS_NEW},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PAID, "d", 0, "mode", PAYMENT_MISMATCH},
    {"cancelled", NULL, NULL, 0, 9, PAYMENT_TRUTH_PAID, "d", 0, NULL, PAYMENT_SURPLUS},
    {"surplus", "d", NULL, 0, 9, PAYMENT_TRUTH_PAID, "d", 0, "reference",
        PAYMENT_NOTHING},
    {"surplus", "d", NULL, 0, 9, PAYMENT_TRUTH_REFUNDED, "d", 9, "reference",
        PAYMENT_REFUNDED},
    /* Given back: more than was known, never less. */
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PARTIALLY_REFUNDED, "c", 4, NULL,
        PAYMENT_REFUNDED},
    {"partially_refunded", "c", NULL, 4, 9, PAYMENT_TRUTH_PARTIALLY_REFUNDED, "c", 4,
        NULL, PAYMENT_NOTHING},
    {"partially_refunded", "c", NULL, 4, 9, PAYMENT_TRUTH_PAID, "c", 0, NULL,
        PAYMENT_NOTHING},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_PARTIALLY_REFUNDED, "c", -1, NULL,
        PAYMENT_NOTHING},
    {"refunded", "c", NULL, 9, 9, PAYMENT_TRUTH_REFUNDED, "c", 9, NULL, PAYMENT_NOTHING},
    {"paid", "c", NULL, 0, 9, PAYMENT_TRUTH_DISPUTED, "c", 0, NULL, PAYMENT_DISPUTED},
    {"paid", "c", "disputed:c", 0, 9, PAYMENT_TRUTH_DISPUTED, "c", 0, NULL,
        PAYMENT_NOTHING},
};

static void test_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct decision_case *at = &cases[i];
        const struct payment_known known = {
            .status = slice(at->status),
            .capture_id = slice(at->capture),
            .told = slice(at->told),
            .refunded_minor = at->refunded,
            .order_paid_minor = at->order_paid,
        };
        const struct payment_truth truth = {
            .status = at->truth,
            .capture_id = slice(at->truth_capture),
            .refunded_minor = at->truth_refunded,
        };
        enum payment_decision found = payment_decide(&known, &truth, at->mismatch);
        if (found != at->decision) {
            fail_msg("case %zu: %s, not %s", i, payment_decision_name(found),
                payment_decision_name(at->decision));
        }
    }
}

/* What is told once is known by what payment_told makes of it. */
static void test_told_is_known(void **state)
{
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct decision_case *at = &cases[i];
        bool is_told = at->decision == PAYMENT_MISMATCH ||
                       at->decision == PAYMENT_PENDING ||
                       at->decision == PAYMENT_FAILED || at->decision == PAYMENT_DISPUTED;
        if (!is_told) {
            continue;
        }
        const struct payment_truth truth = {
            .status = at->truth, .capture_id = slice(at->truth_capture)};
        const struct payment_known known = {
            .status = slice(at->status),
            .capture_id = slice(at->capture),
            .told = payment_told(&arena, at->decision, &truth, at->mismatch),
            .order_paid_minor = at->order_paid,
        };
        assert_int_equal(payment_decide(&known, &truth, at->mismatch), PAYMENT_NOTHING);
    }
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide),
        cmocka_unit_test(test_told_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
