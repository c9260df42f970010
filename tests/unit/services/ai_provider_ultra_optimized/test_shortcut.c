#include "../../unit.h"

#include "hostile.h"
#include "keywords.h"

static struct intent_answer answer;

static bool press(const char *id)
{
    const struct intent_question question = {.text = SVC_SLICE("Ver")};

    return shortcut_read((struct svc_slice){id, strlen(id)}, &question, &answer);
}

static bool say(enum intent_state state, const char *text)
{
    const struct intent_question question = {
        .text = {text, strlen(text)}, .state = state};

    return shortcut_read((struct svc_slice){0}, &question, &answer);
}

static void buttons(void **state)
{
    static const struct {
        const char *id;
        enum intent intent;
    } cases[] = {
        {"prod:7a1c", INTENT_PRODUCT_DETAILS},
        {"cat:12", INTENT_BROWSE_CATEGORIES},
        {"add:7a1c", INTENT_ADD_TO_CART},
        {"more:abc", INTENT_SEARCH_PRODUCT},
        {"menu:", INTENT_HELP},
        {"menu:offers", INTENT_OFFERS},
        {"menu:view_cart", INTENT_VIEW_CART},
        {"confirm:1", INTENT_AFFIRM},
        {"cancel:1", INTENT_DENY},
        {"cancel:order", INTENT_CANCEL_ORDER},
        {"pay:card", INTENT_CHOOSE_PAYMENT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(press(cases[i].id));
        assert_int_equal(answer.intent, cases[i].intent);
        assert_true(answer.confidence == 1);
        assert_true(answer.entities.price_min < 0 && answer.entities.price_max < 0);
    }
    assert_true(svc_slice_equals(answer.entities.payment_method, "card"));
    assert_false(press("nothing:1"));
    assert_false(press("prod"));
    assert_false(press(":"));
}

static void numbers_of_a_menu(void **state)
{
    (void)state;
    assert_true(say(STATE_RESULTS, " 2 "));
    assert_int_equal(answer.intent, INTENT_PRODUCT_DETAILS);
    assert_int_equal(answer.entities.ordinal, 2);
    assert_true(say(STATE_PRODUCT, "12"));
    assert_int_equal(answer.entities.quantity, 12);
    assert_true(say(STATE_PAYMENT, "3️⃣"));
    assert_int_equal(answer.intent, INTENT_CHOOSE_PAYMENT);
    assert_false(say(STATE_NONE, "2"));
    assert_false(say(STATE_ORDER, "12"));
    assert_false(say(STATE_RESULTS, "0"));
    assert_false(say(STATE_RESULTS, "2 3"));
    assert_false(say(STATE_RESULTS, "1.5"));
    assert_false(say(STATE_RESULTS, "2?"));
    assert_false(say(STATE_RESULTS, "4587"));
}

static void yes_and_no_only_where_they_were_asked_for(void **state)
{
    (void)state;
    assert_true(say(STATE_CONFIRM, "Sí, claro!"));
    assert_int_equal(answer.intent, INTENT_AFFIRM);
    assert_true(say(STATE_CONFIRM, "noooo gracias"));
    assert_int_equal(answer.intent, INTENT_DENY);
    assert_true(say(STATE_CONFIRM, "👍"));
    assert_int_equal(answer.intent, INTENT_AFFIRM);
    assert_false(say(STATE_CONFIRM, "si pero no"));
    assert_false(say(STATE_CONFIRM, "si no"));
    assert_false(say(STATE_CONFIRM, "gracias"));
    assert_false(say(STATE_CONFIRM, "si?"));
    assert_false(say(STATE_NONE, "si"));
}

static void hostile_messages_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile); i++) {
        const struct intent_question question = {
            .text = hostile[i], .state = STATE_CONFIRM};
        assert_false(shortcut_read(hostile[i], &question, &answer));
    }
}

static void names(void **state)
{
    enum intent intent = INTENT_OTHER;

    (void)state;
    for (int i = 0; i < INTENTS; i++) {
        const char *name = intent_name((enum intent)i);
        assert_true(intent_find((struct svc_slice){name, strlen(name)}, &intent));
        assert_int_equal(intent, i);
    }
    assert_false(intent_find(SVC_SLICE("checkout2"), &intent));
    assert_false(intent_find((struct svc_slice){0}, &intent));
    assert_string_equal(intent_name((enum intent)99), "other");
    assert_int_equal(intent_state_find(SVC_SLICE("confirm")), STATE_CONFIRM);
    assert_int_equal(intent_state_find(SVC_SLICE("elsewhere")), STATE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buttons),
        cmocka_unit_test(numbers_of_a_menu),
        cmocka_unit_test(yes_and_no_only_where_they_were_asked_for),
        cmocka_unit_test(hostile_messages_are_none),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
