#include "keywords.h"

#include "normalise.h"

#include <string.h>

/* The ids of buttons and rows: what stands before the colon. */
struct id_meaning {
    const char *prefix;
    enum intent intent;
};

static const struct id_meaning ids[] = {
    {"prod", INTENT_PRODUCT_DETAILS},
    {"cat", INTENT_BROWSE_CATEGORIES},
    {"add", INTENT_ADD_TO_CART},
    {"more", INTENT_SEARCH_PRODUCT},
    {"menu", INTENT_HELP},
    {"confirm", INTENT_AFFIRM},
    {"cancel", INTENT_DENY},
    {"pay", INTENT_CHOOSE_PAYMENT},
    {"remove", INTENT_REMOVE_FROM_CART},
    {"cart", INTENT_VIEW_CART},
    {"checkout", INTENT_CHECKOUT},
    {"coupon", INTENT_APPLY_COUPON},
    {"offers", INTENT_OFFERS},
    {"order", INTENT_ORDER_STATUS},
    {"addr", INTENT_PROVIDE_ADDRESS},
    {"agent", INTENT_HUMAN_AGENT},
    {"help", INTENT_HELP},
};

/* What stands behind "menu:" in the place of an intent's own name. */
static const struct id_meaning menu[] = {
    {"search", INTENT_SEARCH_PRODUCT},
    {"categories", INTENT_BROWSE_CATEGORIES},
    {"catalog", INTENT_BROWSE_CATEGORIES},
    {"offers", INTENT_OFFERS},
    {"cart", INTENT_VIEW_CART},
    {"orders", INTENT_ORDER_STATUS},
    {"order", INTENT_ORDER_STATUS},
    {"agent", INTENT_HUMAN_AGENT},
};

static bool find(const struct id_meaning *list, size_t count, struct svc_slice name,
    enum intent *ret_intent)
{
    for (size_t i = 0; i < count; i++) {
        if (svc_slice_equals(name, list[i].prefix)) {
            *ret_intent = list[i].intent;
            return true;
        }
    }
    return false;
}

static bool read_id(struct svc_slice id, struct intent_answer *answer)
{
    const char *colon = id.length == 0 ? NULL : memchr(id.text, ':', id.length);

    if (colon == NULL) {
        return false;
    }
    struct svc_slice prefix = {id.text, (size_t)(colon - id.text)};
    struct svc_slice rest = {colon + 1, id.length - prefix.length - 1};
    if (!find(ids, sizeof ids / sizeof ids[0], prefix, &answer->intent)) {
        return false;
    }
    if (svc_slice_equals(prefix, "menu") && !intent_find(rest, &answer->intent)) {
        find(menu, sizeof menu / sizeof menu[0], rest, &answer->intent);
    }
    if (svc_slice_equals(prefix, "cancel") && svc_slice_equals(rest, "order")) {
        answer->intent = INTENT_CANCEL_ORDER;
    }
    if (svc_slice_equals(prefix, "pay") && rest.length > 0) {
        answer->entities.payment_method = rest;
    }
    return true;
}

/* A number from 1 to 99 and nothing else but marks; 0: it's something else. */
static int32_t only_number(const struct normal_text *text)
{
    int32_t number = 0;

    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        if (token->kind == NORMAL_MARK && token->word.text[0] != '?') {
            continue;
        }
        if (token->kind != NORMAL_NUMBER || number != 0 || token->word.length > 2 ||
            memchr(token->word.text, '.', token->word.length) != NULL) {
            return 0;
        }
        for (size_t k = 0; k < token->word.length; k++) {
            number = number * 10 + (token->word.text[k] - '0');
        }
    }
    return number;
}

static bool read_number(
    int32_t number, enum intent_state state, struct intent_answer *answer)
{
    switch (state) {
    case STATE_RESULTS:
        answer->intent = INTENT_PRODUCT_DETAILS;
        answer->entities.ordinal = number;
        return true;
    case STATE_GREETING:
    case STATE_BROWSING:
        answer->intent = INTENT_BROWSE_CATEGORIES;
        answer->entities.ordinal = number;
        return true;
    case STATE_PRODUCT:
        answer->intent = INTENT_ADD_TO_CART;
        answer->entities.quantity = number;
        return true;
    case STATE_PAYMENT:
        answer->intent = INTENT_CHOOSE_PAYMENT;
        answer->entities.ordinal = number;
        return true;
    case STATE_CONFIRM:
        answer->intent = number == 1 ? INTENT_AFFIRM : INTENT_DENY;
        return number <= 2;
    default:
        return false;
    }
}

static bool is_one_of(struct svc_slice word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (svc_slice_equals(word, *words)) {
            return true;
        }
    }
    return false;
}

/* All words say the same, so that "si si claro" is a yes and "si pero no" is none. */
static bool read_yes_or_no(const struct normal_text *text, struct intent_answer *answer)
{
    static const char *const yes[] = {"si", "sip", "claro", "ok", "dale", "confirmo",
        "yes", "sim", "sure", "okay", "yep", "correcto", "👍", "✅", NULL};
    static const char *const no[] = {
        "no", "nop", "nope", "nao", "nunca", "nel", "👎", "❌", NULL};
    static const char *const polite[] = {
        "gracias", "porfavor", "thanks", "obrigado", "obrigada", "please", NULL};
    size_t count[2] = {0};

    for (size_t i = 0; i < text->count; i++) {
        struct svc_slice word = text->tokens[i].word;
        bool is_yes = is_one_of(word, yes);
        bool is_no = is_one_of(word, no);
        bool is_mark = svc_slice_equals(word, "!") || svc_slice_equals(word, "\n");
        if (!is_yes && !is_no && !is_mark && !is_one_of(word, polite)) {
            return false;
        }
        count[is_no] += is_yes || is_no;
    }
    answer->intent = count[0] > 0 ? INTENT_AFFIRM : INTENT_DENY;
    return (count[0] > 0) != (count[1] > 0);
}

bool shortcut_read(struct svc_slice reply_id, const struct intent_question *question,
    struct intent_answer *ret_answer)
{
    struct normal_text text;

    *ret_answer = (struct intent_answer){
        .confidence = 1,
        .entities = {.price_min = -1, .price_max = -1},
    };
    if (read_id(reply_id, ret_answer)) {
        return true;
    }
    /* Longer ones are no number and no yes: no need to look at them. */
    if (question->text.length == 0 || question->text.length > 40) {
        return false;
    }
    normalise(question->text, &text);
    int32_t number = only_number(&text);
    if (number > 0) {
        return read_number(number, question->state, ret_answer);
    }
    return question->state == STATE_CONFIRM && read_yes_or_no(&text, ret_answer);
}
