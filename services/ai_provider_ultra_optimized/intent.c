#include "intent.h"

#include <string.h>

static const char *const names[INTENTS] = {
    [INTENT_GREETING] = "greeting",
    [INTENT_SEARCH_PRODUCT] = "search_product",
    [INTENT_BROWSE_CATEGORIES] = "browse_categories",
    [INTENT_OFFERS] = "offers",
    [INTENT_PRODUCT_DETAILS] = "product_details",
    [INTENT_ADD_TO_CART] = "add_to_cart",
    [INTENT_REMOVE_FROM_CART] = "remove_from_cart",
    [INTENT_VIEW_CART] = "view_cart",
    [INTENT_APPLY_COUPON] = "apply_coupon",
    [INTENT_CHECKOUT] = "checkout",
    [INTENT_PROVIDE_ADDRESS] = "provide_address",
    [INTENT_CHOOSE_PAYMENT] = "choose_payment",
    [INTENT_ORDER_STATUS] = "order_status",
    [INTENT_CANCEL_ORDER] = "cancel_order",
    [INTENT_HUMAN_AGENT] = "human_agent",
    [INTENT_HELP] = "help",
    [INTENT_THANKS] = "thanks",
    [INTENT_GOODBYE] = "goodbye",
    [INTENT_AFFIRM] = "affirm",
    [INTENT_DENY] = "deny",
    [INTENT_OTHER] = "other",
};

static const char *const states[INTENT_STATES] = {
    [STATE_NONE] = "none",
    [STATE_GREETING] = "greeting",
    [STATE_BROWSING] = "browsing",
    [STATE_RESULTS] = "results",
    [STATE_PRODUCT] = "product",
    [STATE_CART] = "cart",
    [STATE_CONFIRM] = "confirm",
    [STATE_ADDRESS] = "address",
    [STATE_PAYMENT] = "payment",
    [STATE_COUPON] = "coupon",
    [STATE_ORDER] = "order",
};

const char *intent_name(enum intent intent)
{
    return (unsigned)intent < INTENTS ? names[intent] : names[INTENT_OTHER];
}

bool intent_find(struct svc_slice name, enum intent *ret_intent)
{
    for (int i = 0; i < INTENTS; i++) {
        if (svc_slice_equals(name, names[i])) {
            *ret_intent = (enum intent)i;
            return true;
        }
    }
    return false;
}

const char *intent_state_name(enum intent_state state)
{
    return states[state];
}

enum intent_state intent_state_find(struct svc_slice name)
{
    for (int i = 0; i < INTENT_STATES; i++) {
        if (svc_slice_equals(name, states[i])) {
            return (enum intent_state)i;
        }
    }
    return STATE_NONE;
}
