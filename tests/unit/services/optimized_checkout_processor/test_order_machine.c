/* The machine alone: every state with every event, and every order of arrival of what can
 * happen to an order, in a world that does what it says. */
#include "../../unit.h"

#include <order_machine.h>

enum { STATUSES = ORDER_REFUNDED + 1, EVENTS = ORDER_DELIVER + 1 };

/* A shop with one order of one unit at 100. */
struct world {
    enum order_status status;
    int on_shelf;
    int held;
    int sold;
    int64_t paid;
    int64_t asked_back;
    int coupon_uses;
    bool someone_else_bought; /* what is free goes to another at once */
    int taken;
};

static struct order_facts facts_of(const struct world *world, enum order_event event)
{
    return (struct order_facts){
        .total_minor = 100,
        .paid_minor = event == ORDER_PAYMENT_APPROVED ? 100 : world->paid,
        .refunded_minor = 0,
        .holds_stock = world->held + world->sold > 0,
        .can_hold_again = world->on_shelf - world->held > 0,
        .payment_is_open = world->paid == 0,
        .was_paid = world->paid > 0,
    };
}

static void happen(struct world *world, enum order_event event)
{
    struct order_facts facts = facts_of(world, event);
    struct order_step step = order_next(world->status, event, &facts);

    if (!step.changed) {
        assert_int_equal(step.next, world->status);
        assert_int_equal(step.effects, 0);
        return;
    }
    if (event == ORDER_PAYMENT_APPROVED) {
        world->paid = 100;
    }
    if (step.effects & ORDER_HOLDS_AGAIN) {
        assert_true(world->on_shelf > 0);
        world->held = 1;
    }
    if (step.effects & ORDER_SELLS_STOCK) {
        assert_int_equal(world->held, 1);
        world->held = 0;
        world->on_shelf--;
        world->sold = 1;
    }
    if (step.effects & ORDER_RELEASES_STOCK) {
        assert_int_equal(world->held, 1);
        world->held = 0;
        if (world->someone_else_bought) {
            world->on_shelf--;
            world->taken++;
        }
    }
    if (step.effects & ORDER_RETURNS_STOCK && world->sold > 0) {
        world->sold = 0;
        world->on_shelf++;
    }
    if (step.effects & ORDER_RETURNS_COUPONS) {
        world->coupon_uses = 0;
    }
    if (step.effects & ORDER_REFUNDS) {
        assert_true(world->paid > world->asked_back);
        world->asked_back = world->paid;
    }
    world->status = step.next;
    /* Nothing is made or lost. */
    assert_int_equal(world->on_shelf + world->sold + world->taken, 1);
    assert_true(world->held <= world->on_shelf);
}

static struct world new_world(bool someone_else_bought)
{
    return (struct world){
        .status = ORDER_AWAITING_PAYMENT,
        .on_shelf = 1,
        .held = 1,
        .coupon_uses = 1,
        .someone_else_bought = someone_else_bought,
    };
}

/* What a shop can explain: an order that is cancelled keeps no money and no stock; one
 * that is paid has both; one that is paid without stock waits for a person. */
static void assert_explained(const struct world *world)
{
    int64_t kept = world->paid - world->asked_back;

    switch (world->status) {
    case ORDER_PAID:
        assert_int_equal(kept, 100);
        assert_int_equal(world->sold, 1);
        break;
    case ORDER_PAID_SHORTFALL:
        assert_int_equal(kept, 100);
        assert_int_equal(world->sold + world->held, 0);
        assert_int_equal(world->taken, 1);
        break;
    case ORDER_CANCELLED:
    case ORDER_EXPIRED:
        assert_int_equal(kept, 0);
        assert_int_equal(world->sold + world->held, 0);
        assert_int_equal(world->coupon_uses, 0);
        break;
    case ORDER_AWAITING_PAYMENT:
        assert_int_equal(kept, 0);
        assert_int_equal(world->held, 1);
        break;
    default:
        fail_msg("%s", order_status_name(world->status));
    }
}

static void arrive(const enum order_event *events, size_t count, bool *used,
    struct world world, size_t depth)
{
    assert_explained(&world);
    if (depth == count) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (used[i]) {
            continue;
        }
        used[i] = true;
        struct world next = world;
        happen(&next, events[i]);
        arrive(events, count, used, next, depth + 1);
        used[i] = false;
    }
}

/* After each step of each of the 5040 orders, not at the end alone. */
static void test_order_next_every_order_of_arrival(void **state)
{
    static const enum order_event events[] = {ORDER_PAYMENT_APPROVED,
        ORDER_PAYMENT_APPROVED, ORDER_CANCEL_BY_CUSTOMER, ORDER_HOLD_ENDED,
        ORDER_PAYMENT_PENDING, ORDER_PAYMENT_FAILED, ORDER_HOLD_ENDED};
    bool used[sizeof events / sizeof events[0]] = {false};

    (void)state;
    arrive(events, sizeof events / sizeof events[0], used, new_world(false), 0);
    arrive(events, sizeof events / sizeof events[0], used, new_world(true), 0);
}

static void test_order_next_ends_as_the_first_that_counts_says(void **state)
{
    static const struct {
        enum order_event events[4];
        bool someone_else_bought;
        enum order_status end;
        int64_t asked_back;
    } cases[] = {
        {{ORDER_PAYMENT_APPROVED, ORDER_PAYMENT_APPROVED, ORDER_HOLD_ENDED,
             ORDER_PAYMENT_PENDING},
            false, ORDER_PAID, 0},
        {{ORDER_HOLD_ENDED, ORDER_PAYMENT_APPROVED, ORDER_PAYMENT_APPROVED,
             ORDER_HOLD_ENDED},
            false, ORDER_PAID, 0},
        {{ORDER_HOLD_ENDED, ORDER_PAYMENT_APPROVED, ORDER_PAYMENT_APPROVED,
             ORDER_HOLD_ENDED},
            true, ORDER_PAID_SHORTFALL, 0},
        {{ORDER_CANCEL_BY_CUSTOMER, ORDER_PAYMENT_APPROVED, ORDER_PAYMENT_APPROVED,
             ORDER_HOLD_ENDED},
            false, ORDER_CANCELLED, 100},
        {{ORDER_HOLD_ENDED, ORDER_CANCEL_BY_CUSTOMER, ORDER_PAYMENT_APPROVED,
             ORDER_PAYMENT_APPROVED},
            false, ORDER_CANCELLED, 100},
        {{ORDER_PAYMENT_APPROVED, ORDER_CANCEL_BY_CUSTOMER, ORDER_HOLD_ENDED,
             ORDER_PAYMENT_APPROVED},
            false, ORDER_CANCELLED, 100},
        {{ORDER_HOLD_ENDED, ORDER_PAYMENT_APPROVED, ORDER_CANCEL_BY_SHOP,
             ORDER_PAYMENT_APPROVED},
            true, ORDER_CANCELLED, 100},
        {{ORDER_CANCEL_BY_CUSTOMER, ORDER_HOLD_ENDED, ORDER_CANCEL_BY_CUSTOMER,
             ORDER_PAYMENT_FAILED},
            false, ORDER_CANCELLED, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world = new_world(cases[i].someone_else_bought);
        for (size_t each = 0; each < 4; each++) {
            happen(&world, cases[i].events[each]);
        }
        assert_string_equal(
            order_status_name(world.status), order_status_name(cases[i].end));
        assert_int_equal(world.asked_back, cases[i].asked_back);
    }
}

/* FACTS from the bits of NUMBER. */
static struct order_facts facts_from(unsigned number)
{
    return (struct order_facts){
        .total_minor = 100,
        .paid_minor = number & 1 ? 100 : 0,
        .refunded_minor = number & 2 ? 100 : (number & 4 ? 40 : 0),
        .holds_stock = number & 8,
        .can_hold_again = number & 16,
        .payment_is_open = number & 32,
        .is_second_payment = number & 64,
        .was_paid = number & 128,
    };
}

static void test_order_next_never_says_what_cannot_be(void **state)
{
    (void)state;
    for (int status = 0; status < STATUSES; status++) {
        for (int event = 0; event < EVENTS; event++) {
            for (unsigned bits = 0; bits < 256; bits++) {
                struct order_facts facts = facts_from(bits);
                struct order_step step = order_next(
                    (enum order_status)status, (enum order_event)event, &facts);
                bool became_paid =
                    step.next != (enum order_status)status &&
                    (step.next == ORDER_PAID || step.next == ORDER_PAID_SHORTFALL);
                assert_true(step.changed ||
                            (step.next == (enum order_status)status && !step.effects));
                assert_false(became_paid && event != ORDER_PAYMENT_APPROVED);
                assert_false(step.effects & ORDER_SELLS_STOCK &&
                             step.effects & ORDER_RELEASES_STOCK);
                assert_false(step.effects & ORDER_HOLDS_AGAIN && !facts.can_hold_again);
                assert_false(
                    step.effects & ORDER_CLOSES_PAYMENT && !facts.payment_is_open);
                assert_false(status == ORDER_REFUNDED &&
                             event != ORDER_PAYMENT_APPROVED &&
                             event != ORDER_PAYMENT_DISPUTED && step.changed);
            }
        }
    }
}

static void test_order_next_second_payment_is_given_back(void **state)
{
    const struct order_facts facts = {.total_minor = 100,
        .paid_minor = 100,
        .is_second_payment = true,
        .was_paid = true};

    (void)state;
    for (int status = 0; status < STATUSES; status++) {
        struct order_step step =
            order_next((enum order_status)status, ORDER_PAYMENT_APPROVED, &facts);
        assert_true(step.changed);
        assert_int_equal(step.next, status);
        assert_true(step.effects & ORDER_REFUNDS);
    }
}

static void test_order_next_refund_after_partial_refund(void **state)
{
    struct order_facts facts = {
        .total_minor = 100, .paid_minor = 100, .refunded_minor = 40, .was_paid = true};

    (void)state;
    struct order_step step = order_next(ORDER_PAID, ORDER_PAYMENT_REFUNDED, &facts);
    assert_int_equal(step.next, ORDER_PARTIALLY_REFUNDED);
    assert_false(step.effects & ORDER_RETURNS_STOCK);
    facts.refunded_minor = 100;
    step = order_next(step.next, ORDER_PAYMENT_REFUNDED, &facts);
    assert_int_equal(step.next, ORDER_REFUNDED);
    step = order_next(step.next, ORDER_PAYMENT_REFUNDED, &facts);
    assert_false(step.changed);
}

static void test_names_are_read_again(void **state)
{
    (void)state;
    for (int i = 0; i < STATUSES; i++) {
        const char *name = order_status_name((enum order_status)i);
        enum order_status read = ORDER_REFUNDED;
        assert_true(order_status_read((struct svc_slice){name, strlen(name)}, &read));
        assert_int_equal(read, i);
    }
    for (int i = 0; i <= CHECKOUT_EXPIRED; i++) {
        const char *name = checkout_state_name((enum checkout_state)i);
        enum checkout_state read = CHECKOUT_CART;
        assert_true(checkout_state_read((struct svc_slice){name, strlen(name)}, &read));
        assert_int_equal(read, i);
    }
    enum order_status other;
    assert_false(order_status_read(SVC_SLICE("pending"), &other));
}

/* --- A checkout. --- */

static struct checkout_facts checkout_facts_from(unsigned number)
{
    return (struct checkout_facts){
        .cart_is_empty = number & 1,
        .all_available = number & 2,
        .has_address = number & 4,
        .has_shipping = number & 8,
        .has_payment = number & 16,
        .needs_payment_first = number & 32,
        .token_matches = number & 64,
    };
}

/* An order is only ever placed by a confirmation of what was shown, with all there; an
 * end is an end; and where there is an order only a cancel moves. */
static void check_placing(
    enum checkout_state from, enum checkout_action action, struct checkout_facts facts)
{
    struct checkout_step step = checkout_next(from, action, &facts);
    bool may = from == CHECKOUT_CONFIRMATION && action == CHECKOUT_CONFIRM &&
               !facts.cart_is_empty && facts.all_available && facts.has_address &&
               facts.has_shipping && facts.has_payment && facts.token_matches;

    assert_int_equal(step.places_order, may);
    if (from > CHECKOUT_AWAITING_PAYMENT) {
        assert_int_equal(step.next, from);
    }
    if (from == CHECKOUT_AWAITING_PAYMENT) {
        assert_int_equal(
            step.next, action == CHECKOUT_CANCEL ? CHECKOUT_CANCELLED : from);
    }
}

static void test_checkout_next_places_only_what_was_confirmed(void **state)
{
    (void)state;
    for (int from = 0; from <= CHECKOUT_EXPIRED; from++) {
        for (unsigned number = 0; number < 128 * (CHECKOUT_CANCEL + 1); number++) {
            check_placing((enum checkout_state)from, (enum checkout_action)(number / 128),
                checkout_facts_from(number % 128));
        }
    }
}

static void test_checkout_next_never_skips_what_is_missing(void **state)
{
    (void)state;
    for (int from = 0; from <= CHECKOUT_CONFIRMATION; from++) {
        for (int action = 0; action <= CHECKOUT_SHOW; action++) {
            for (unsigned bits = 2; bits < 128; bits += 4) {
                struct checkout_facts facts = checkout_facts_from(bits);
                struct checkout_step step = checkout_next(
                    (enum checkout_state)from, (enum checkout_action)action, &facts);
                bool told = action != CHECKOUT_BACK;
                assert_false(told && step.next > CHECKOUT_ADDRESS && !facts.has_address);
                assert_false(
                    told && step.next > CHECKOUT_SHIPPING && !facts.has_shipping);
                assert_false(told && step.next > CHECKOUT_PAYMENT && !facts.has_payment);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_next_every_order_of_arrival),
        cmocka_unit_test(test_order_next_ends_as_the_first_that_counts_says),
        cmocka_unit_test(test_order_next_never_says_what_cannot_be),
        cmocka_unit_test(test_order_next_second_payment_is_given_back),
        cmocka_unit_test(test_order_next_refund_after_partial_refund),
        cmocka_unit_test(test_names_are_read_again),
        cmocka_unit_test(test_checkout_next_places_only_what_was_confirmed),
        cmocka_unit_test(test_checkout_next_never_skips_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
