#include "order_machine.h"

#include <string.h>

/* --- A checkout. --- */

static const char *const state_names[] = {
    [CHECKOUT_CART] = "cart",
    [CHECKOUT_ADDRESS] = "address",
    [CHECKOUT_SHIPPING] = "shipping",
    [CHECKOUT_PAYMENT] = "payment",
    [CHECKOUT_CONFIRMATION] = "confirmation",
    [CHECKOUT_AWAITING_PAYMENT] = "awaiting_payment",
    [CHECKOUT_PLACED] = "placed",
    [CHECKOUT_PAID] = "paid",
    [CHECKOUT_CANCELLED] = "cancelled",
    [CHECKOUT_EXPIRED] = "expired",
};

const char *checkout_state_name(enum checkout_state state)
{
    return state_names[state];
}

bool checkout_state_read(struct svc_slice name, enum checkout_state *ret_state)
{
    for (size_t i = 0; i < sizeof state_names / sizeof state_names[0]; i++) {
        if (svc_slice_equals(name, state_names[i])) {
            *ret_state = (enum checkout_state)i;
            return true;
        }
    }
    return false;
}

/* The first thing that the customer hasn't said. */
static enum checkout_state find_missing(const struct checkout_facts *facts)
{
    if (!facts->has_address) {
        return CHECKOUT_ADDRESS;
    }
    if (!facts->has_shipping) {
        return CHECKOUT_SHIPPING;
    }
    return facts->has_payment ? CHECKOUT_CONFIRMATION : CHECKOUT_PAYMENT;
}

static struct checkout_step step_to(
    enum checkout_state next, enum checkout_refusal refusal)
{
    return (struct checkout_step){.next = next, .refusal = refusal};
}

/* There is an order already, or the checkout is over. */
static struct checkout_step next_after_order(
    enum checkout_state state, enum checkout_action action)
{
    bool has_order = state == CHECKOUT_AWAITING_PAYMENT || state == CHECKOUT_PLACED ||
                     state == CHECKOUT_PAID;

    if (state == CHECKOUT_AWAITING_PAYMENT && action == CHECKOUT_CANCEL) {
        return step_to(CHECKOUT_CANCELLED, CHECKOUT_FINE);
    }
    return step_to(state,
        has_order && action != CHECKOUT_SHOW ? CHECKOUT_REFUSED_ORDER : CHECKOUT_FINE);
}

static struct checkout_step confirm(
    enum checkout_state state, const struct checkout_facts *facts)
{
    enum checkout_state missing = find_missing(facts);

    if (state != CHECKOUT_CONFIRMATION || missing != CHECKOUT_CONFIRMATION) {
        return step_to(missing, CHECKOUT_REFUSED_MISSING);
    }
    if (!facts->token_matches) {
        return step_to(CHECKOUT_CONFIRMATION, CHECKOUT_REFUSED_TOKEN);
    }
    return (struct checkout_step){
        .next = facts->needs_payment_first ? CHECKOUT_AWAITING_PAYMENT : CHECKOUT_PLACED,
        .places_order = true,
    };
}

/* Stays where the customer is, unless something before that is missing by now. */
static enum checkout_state show(
    enum checkout_state state, const struct checkout_facts *facts)
{
    enum checkout_state missing = find_missing(facts);

    return state < missing ? state : missing;
}

static enum checkout_state next_after(
    bool is_said, enum checkout_state asked, const struct checkout_facts *facts)
{
    enum checkout_state missing = find_missing(facts);

    return is_said || missing < asked ? missing : asked;
}

struct checkout_step checkout_next(enum checkout_state state, enum checkout_action action,
    const struct checkout_facts *facts)
{
    enum checkout_state next = state;
    bool is_said = true;

    if (state >= CHECKOUT_AWAITING_PAYMENT) {
        return next_after_order(state, action);
    }
    if (action == CHECKOUT_CANCEL) {
        return step_to(CHECKOUT_CANCELLED, CHECKOUT_FINE);
    }
    if (facts->cart_is_empty) {
        return step_to(CHECKOUT_CART, CHECKOUT_REFUSED_EMPTY);
    }
    if (!facts->all_available) {
        return step_to(CHECKOUT_CART, CHECKOUT_REFUSED_STOCK);
    }
    switch (action) {
    case CHECKOUT_START:
        next = find_missing(facts);
        break;
    case CHECKOUT_SET_ADDRESS:
        is_said = facts->has_address;
        next = next_after(is_said, CHECKOUT_ADDRESS, facts);
        break;
    case CHECKOUT_SET_SHIPPING:
        is_said = facts->has_shipping;
        next = next_after(is_said, CHECKOUT_SHIPPING, facts);
        break;
    case CHECKOUT_SET_PAYMENT:
        is_said = facts->has_payment;
        next = next_after(is_said, CHECKOUT_PAYMENT, facts);
        break;
    case CHECKOUT_CONFIRM:
        return confirm(state, facts);
    case CHECKOUT_BACK:
        next = state == CHECKOUT_CART ? CHECKOUT_CART : (enum checkout_state)(state - 1);
        break;
    case CHECKOUT_SHOW:
    case CHECKOUT_CANCEL:
        next = show(state, facts);
        break;
    }
    return step_to(next, is_said ? CHECKOUT_FINE : CHECKOUT_REFUSED_MISSING);
}

/* --- An order. --- */

static const char *const status_names[] = {
    [ORDER_AWAITING_PAYMENT] = "awaiting_payment",
    [ORDER_PLACED] = "placed",
    [ORDER_PAID] = "paid",
    [ORDER_PAID_SHORTFALL] = "paid_shortfall",
    [ORDER_SHIPPED] = "shipped",
    [ORDER_DELIVERED] = "delivered",
    [ORDER_CANCELLED] = "cancelled",
    [ORDER_EXPIRED] = "expired",
    [ORDER_PARTIALLY_REFUNDED] = "partially_refunded",
    [ORDER_REFUNDED] = "refunded",
};

const char *order_status_name(enum order_status status)
{
    return status_names[status];
}

bool order_status_read(struct svc_slice name, enum order_status *ret_status)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++) {
        if (svc_slice_equals(name, status_names[i])) {
            *ret_status = (enum order_status)i;
            return true;
        }
    }
    return false;
}

const char *order_event_name(enum order_event event)
{
    static const char *const names[] = {
        [ORDER_PAYMENT_APPROVED] = "order.paid",
        [ORDER_PAYMENT_PENDING] = "order.payment_pending",
        [ORDER_PAYMENT_FAILED] = "order.payment_failed",
        [ORDER_PAYMENT_REFUNDED] = "order.refunded",
        [ORDER_PAYMENT_DISPUTED] = "order.disputed",
        [ORDER_CANCEL_BY_CUSTOMER] = "order.cancelled_by_customer",
        [ORDER_CANCEL_BY_SHOP] = "order.cancelled_by_shop",
        [ORDER_HOLD_ENDED] = "order.expired",
        [ORDER_SHIP] = "order.shipped",
        [ORDER_DELIVER] = "order.delivered",
    };

    return names[event];
}

static struct order_step stay(enum order_status status)
{
    return (struct order_step){.next = status};
}

static struct order_step change(enum order_status next, unsigned effects)
{
    return (struct order_step){.next = next, .effects = effects, .changed = true};
}

/* The whole amount came. */
static struct order_step approve(
    enum order_status status, const struct order_facts *facts)
{
    unsigned tells = ORDER_TELLS_CUSTOMER | ORDER_TELLS_SHOP;

    if (facts->is_second_payment) {
        return change(status, ORDER_REFUNDS | tells);
    }
    if (facts->was_paid) {
        return stay(status);
    }
    switch (status) {
    case ORDER_AWAITING_PAYMENT:
    case ORDER_EXPIRED:
        if (facts->holds_stock) {
            return change(ORDER_PAID, ORDER_SELLS_STOCK | tells);
        }
        return facts->can_hold_again
                   ? change(ORDER_PAID, ORDER_HOLDS_AGAIN | ORDER_SELLS_STOCK | tells)
                   : change(ORDER_PAID_SHORTFALL, tells);
    case ORDER_PLACED:
        return change(ORDER_PAID, ORDER_SELLS_STOCK);
    case ORDER_SHIPPED:
    case ORDER_DELIVERED:
        return change(status, 0);
    case ORDER_CANCELLED:
        return change(ORDER_CANCELLED, ORDER_REFUNDS | tells);
    default:
        return stay(status);
    }
}

/* Money went back: all of it ends the order, a part of it only says so. */
static struct order_step refund(enum order_status status, const struct order_facts *facts)
{
    bool is_whole = facts->refunded_minor >= facts->paid_minor;
    bool is_over = status == ORDER_CANCELLED || status == ORDER_EXPIRED ||
                   status == ORDER_PAID_SHORTFALL;
    bool is_on_shelf = status == ORDER_PAID || status == ORDER_PARTIALLY_REFUNDED;

    if (facts->paid_minor <= 0 || facts->refunded_minor <= 0 ||
        status == ORDER_REFUNDED) {
        return stay(status);
    }
    if (!is_whole) {
        return change(is_over ? status : ORDER_PARTIALLY_REFUNDED, ORDER_TELLS_CUSTOMER);
    }
    return change(ORDER_REFUNDED, ORDER_TELLS_CUSTOMER |
                                      (is_on_shelf ? ORDER_RETURNS_STOCK : 0) |
                                      (status == ORDER_PAID ? ORDER_RETURNS_COUPONS : 0));
}

static struct order_step cancel(
    enum order_status status, const struct order_facts *facts, bool by_shop)
{
    unsigned tells = ORDER_TELLS_SHOP | (by_shop ? ORDER_TELLS_CUSTOMER : 0);
    unsigned closes = facts->payment_is_open ? ORDER_CLOSES_PAYMENT : 0;
    unsigned refunds = facts->paid_minor > facts->refunded_minor ? ORDER_REFUNDS : 0;

    switch (status) {
    case ORDER_AWAITING_PAYMENT:
    case ORDER_PLACED:
        return change(ORDER_CANCELLED,
            ORDER_RELEASES_STOCK | ORDER_RETURNS_COUPONS | closes | tells);
    case ORDER_PAID:
    case ORDER_PAID_SHORTFALL:
        return change(ORDER_CANCELLED,
            ORDER_RETURNS_STOCK | ORDER_RETURNS_COUPONS | refunds | tells);
    case ORDER_EXPIRED:
        /* So that a payment that comes later is given back, not taken for the order. */
        return change(ORDER_CANCELLED, 0);
    case ORDER_SHIPPED:
    case ORDER_PARTIALLY_REFUNDED:
        return by_shop ? change(ORDER_CANCELLED, ORDER_RETURNS_STOCK | refunds | tells)
                       : stay(status);
    default:
        return stay(status);
    }
}

static struct order_step ship(enum order_status status, const struct order_facts *facts)
{
    switch (status) {
    case ORDER_PLACED:
        return change(ORDER_SHIPPED, ORDER_SELLS_STOCK | ORDER_TELLS_CUSTOMER);
    case ORDER_PAID_SHORTFALL:
        return change(ORDER_SHIPPED,
            ORDER_TELLS_CUSTOMER |
                (facts->can_hold_again ? ORDER_HOLDS_AGAIN | ORDER_SELLS_STOCK : 0));
    case ORDER_PAID:
    case ORDER_PARTIALLY_REFUNDED:
        return change(ORDER_SHIPPED, ORDER_TELLS_CUSTOMER);
    default:
        return stay(status);
    }
}

static struct order_step end_hold(
    enum order_status status, const struct order_facts *facts)
{
    if (status != ORDER_AWAITING_PAYMENT) {
        return stay(status);
    }
    return change(ORDER_EXPIRED, ORDER_RELEASES_STOCK | ORDER_RETURNS_COUPONS |
                                     ORDER_TELLS_CUSTOMER |
                                     (facts->payment_is_open ? ORDER_CLOSES_PAYMENT : 0));
}

struct order_step order_next(
    enum order_status status, enum order_event event, const struct order_facts *facts)
{
    switch (event) {
    case ORDER_PAYMENT_APPROVED:
        return approve(status, facts);
    case ORDER_PAYMENT_PENDING:
        return stay(status);
    case ORDER_PAYMENT_FAILED:
        return status == ORDER_AWAITING_PAYMENT ? change(status, ORDER_TELLS_CUSTOMER)
                                                : stay(status);
    case ORDER_PAYMENT_REFUNDED:
        return refund(status, facts);
    case ORDER_PAYMENT_DISPUTED:
        return facts->was_paid ? change(status, ORDER_TELLS_SHOP) : stay(status);
    case ORDER_CANCEL_BY_CUSTOMER:
        return cancel(status, facts, false);
    case ORDER_CANCEL_BY_SHOP:
        return cancel(status, facts, true);
    case ORDER_HOLD_ENDED:
        return end_hold(status, facts);
    case ORDER_SHIP:
        return ship(status, facts);
    case ORDER_DELIVER:
        return status == ORDER_SHIPPED ? change(ORDER_DELIVERED, ORDER_TELLS_CUSTOMER)
                                       : stay(status);
    }
    return stay(status);
}
