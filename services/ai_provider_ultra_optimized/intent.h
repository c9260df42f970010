/* What a customer may want, and what is said about it. */
#ifndef INTENT_H
#define INTENT_H

#include <svc/json.h>
#include <svc/text.h>

#include <stdbool.h>
#include <stdint.h>

enum intent {
    INTENT_GREETING,
    INTENT_SEARCH_PRODUCT,
    INTENT_BROWSE_CATEGORIES,
    INTENT_OFFERS,
    INTENT_PRODUCT_DETAILS,
    INTENT_ADD_TO_CART,
    INTENT_REMOVE_FROM_CART,
    INTENT_VIEW_CART,
    INTENT_APPLY_COUPON,
    INTENT_CHECKOUT,
    INTENT_PROVIDE_ADDRESS,
    INTENT_CHOOSE_PAYMENT,
    INTENT_ORDER_STATUS,
    INTENT_CANCEL_ORDER,
    INTENT_HUMAN_AGENT,
    INTENT_HELP,
    INTENT_THANKS,
    INTENT_GOODBYE,
    INTENT_AFFIRM,
    INTENT_DENY,
    INTENT_OTHER,
    INTENTS,
};

/* Where the conversation is, as far as it changes what a word means. */
enum intent_state {
    STATE_NONE,
    STATE_GREETING,
    STATE_BROWSING,
    STATE_RESULTS, /* a list was shown */
    STATE_PRODUCT, /* one product was shown */
    STATE_CART,
    STATE_CONFIRM, /* the shop asked for a yes or no */
    STATE_ADDRESS,
    STATE_PAYMENT,
    STATE_COUPON,
    STATE_ORDER,
    INTENT_STATES,
};

/* "search_product"; never NULL. */
const char *intent_name(enum intent intent);
/* False: no such intent. */
bool intent_find(struct svc_slice name, enum intent *ret_intent);
/* "results"; "none" of STATE_NONE. */
const char *intent_state_name(enum intent_state state);
/* Session states of the shop's own are STATE_NONE. */
enum intent_state intent_state_find(struct svc_slice name);

/* Each is absent (no text, 0, -1) where the text doesn't say it. Slices are in the arena
 * of the call, lower case and without accents, except coupon and order number (upper
 * case) and address (as written). */
struct entities {
    struct svc_slice product_query;
    struct svc_slice size;
    struct svc_slice color;
    struct svc_slice brand;
    struct svc_slice category;
    struct svc_slice coupon;
    struct svc_slice order_number;
    struct svc_slice address;
    struct svc_slice payment_method; /* cash, card, transfer, link */
    int32_t quantity;                /* 0: not said */
    int32_t ordinal;                 /* 1: the first; -1: the last; 0: not said */
    double price_min;                /* in the shop's currency; below 0: not said */
    double price_max;
};

enum intent_source {
    SOURCE_BUTTON, /* a pressed button or row, by its id */
    SOURCE_CACHE,
    SOURCE_LOCAL,
    SOURCE_PROVIDER,
    SOURCE_KEYWORDS,
};

struct intent_answer {
    enum intent intent;
    double confidence; /* 0 to 1: the share of such answers that are right */
    struct entities entities;
};

/* What is asked. */
struct intent_question {
    struct svc_slice text;
    enum intent_state state;
    struct svc_slice locale; /* es, es_MX, en, pt ...; empty: the shop's */
    /* Earlier turns, oldest first: an array of texts or of {role, text}, or NULL. */
    const struct svc_json *history;
};

#endif
