#include "../../unit.h"

#include "classifier_model.h"
#include "hostile.h"
#include "model.h"

#include <svc/clock.h>

static enum intent read_in(
    enum intent_state state, const char *text, double *ret_confidence)
{
    const struct intent_question question = {
        .text = {text, strlen(text)}, .state = state};
    enum intent intent = INTENT_OTHER;

    *ret_confidence = classifier_predict(classifier_built_in(), &question, &intent, NULL);
    return intent;
}

static void plain_messages(void **state)
{
    static const struct {
        enum intent_state state;
        const char *text;
        enum intent intent;
    } cases[] = {
        {STATE_NONE, "hola buenas tardes", INTENT_GREETING},
        {STATE_NONE, "ando buscando una licuadora roja", INTENT_SEARCH_PRODUCT},
        {STATE_NONE, "muestrame las categorias", INTENT_BROWSE_CATEGORIES},
        {STATE_NONE, "que ofertas tienen hoy", INTENT_OFFERS},
        {STATE_NONE, "cuanto cuesta el taladro bosch?", INTENT_PRODUCT_DETAILS},
        {STATE_NONE, "agregame dos bolsas de arroz", INTENT_ADD_TO_CART},
        {STATE_NONE, "quita el arroz del carrito", INTENT_REMOVE_FROM_CART},
        {STATE_NONE, "que llevo en el carrito?", INTENT_VIEW_CART},
        {STATE_NONE, "tengo un cupon: MAYO10", INTENT_APPLY_COUPON},
        {STATE_NONE, "listo, quiero finalizar mi compra", INTENT_CHECKOUT},
        {STATE_NONE, "donde esta mi pedido 4431", INTENT_ORDER_STATUS},
        {STATE_NONE, "cancelen mi pedido", INTENT_CANCEL_ORDER},
        {STATE_NONE, "quiero hablar con una persona", INTENT_HUMAN_AGENT},
        {STATE_NONE, "a que hora abren?", INTENT_HELP},
        {STATE_NONE, "muchas gracias", INTENT_THANKS},
        {STATE_NONE, "chau, hasta luego", INTENT_GOODBYE},
        {STATE_ADDRESS, "calle 45 # 12-30 apto 201", INTENT_PROVIDE_ADDRESS},
        {STATE_PAYMENT, "con tarjeta de credito", INTENT_CHOOSE_PAYMENT},
        {STATE_CONFIRM, "si", INTENT_AFFIRM},
        {STATE_CONFIRM, "no", INTENT_DENY},
        {STATE_RESULTS, "el segundo", INTENT_PRODUCT_DETAILS},
    };
    double confidence = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum intent intent = read_in(cases[i].state, cases[i].text, &confidence);
        if (intent != cases[i].intent) {
            fail_msg("%s: %s", cases[i].text, intent_name(intent));
        }
        assert_true(confidence > 0.5 && confidence <= 1);
    }
}

static void state_decides_what_a_word_means(void **state)
{
    double confidence = 0;

    (void)state;
    assert_int_equal(read_in(STATE_RESULTS, "2", &confidence), INTENT_PRODUCT_DETAILS);
    assert_int_equal(read_in(STATE_PRODUCT, "2", &confidence), INTENT_ADD_TO_CART);
    assert_int_equal(read_in(STATE_CART, "listo", &confidence), INTENT_CHECKOUT);
    assert_int_equal(read_in(STATE_CONFIRM, "listo", &confidence), INTENT_AFFIRM);
}

static void what_says_nothing_is_not_sure(void **state)
{
    double confidence = 1;

    (void)state;
    read_in(STATE_NONE, "", &confidence);
    assert_true(confidence == 0);
    read_in(STATE_NONE, "moqlin trefa", &confidence);
    assert_true(confidence < 0.6);
}

static void other_languages_are_never_sure(void **state)
{
    const struct intent_question question = {
        .text = SVC_SLICE("muchas gracias"), .locale = SVC_SLICE("pt_BR")};
    enum intent intent = INTENT_OTHER;

    (void)state;
    assert_true(
        classifier_predict(classifier_built_in(), &question, &intent, NULL) <= 0.5);
}

static void second_is_another_one(void **state)
{
    const struct intent_question question = {.text = SVC_SLICE("gracias, chau")};
    enum intent first = INTENT_OTHER;
    enum intent second = INTENT_OTHER;

    (void)state;
    classifier_predict(classifier_built_in(), &question, &first, &second);
    assert_int_not_equal(first, second);
}

static void hostile_messages_get_an_intent_of_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile) + 3; i++) {
        bool is_long = i >= COUNT_OF(hostile);
        char *bytes = is_long ? hostile_long((int)i) : NULL;
        struct svc_slice text =
            is_long ? (struct svc_slice){bytes, HOSTILE_LONG} : hostile[i];
        enum intent intent = INTENTS;
        enum intent second = INTENTS;
        double confidence = classifier_predict(classifier_built_in(),
            &(struct intent_question){.text = text, .state = STATE_CONFIRM}, &intent,
            &second);
        assert_true((int)intent >= 0 && intent < INTENTS && second < INTENTS);
        assert_true(confidence >= 0 && confidence <= 1);
        free(bytes);
    }
}

static void no_other_file_is_a_model(void **state)
{
    struct model_header *header = aligned_alloc(64, 4096);

    (void)state;
    assert_null(classifier_open(NULL, 0));
    memset(header, 0, 4096);
    assert_null(classifier_open(header, 4096));
    memcpy(header, classifier_built_in(), sizeof *header);
    /* The header of a model that is larger than what is there. */
    assert_null(classifier_open(header, 4096));
    assert_null(classifier_open(header, sizeof *header - 1));
    header->buckets = 3;
    assert_null(classifier_open(header, 4096));
    free(header);
}

static void confidence_rises_with_the_models_own(void **state)
{
    const struct model_header *header = (const void *)classifier_built_in();

    (void)state;
    assert_true(header->knots >= 2);
    for (uint32_t i = 1; i < header->knots; i++) {
        assert_true(header->knot_from[i] >= header->knot_from[i - 1]);
        assert_true(header->knot_to[i] >= header->knot_to[i - 1]);
        assert_true(header->knot_to[i] <= 1);
    }
}

/* 50 microseconds, with room for sanitizers and a machine that does other things. */
static void a_message_takes_microseconds(void **state)
{
    double confidence = 0;
    int64_t start = svc_clock_monotonic_ns();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        read_in(
            STATE_NONE, "hola buenas, tienen zapatillas negras talla 42?", &confidence);
    }
    assert_true((svc_clock_monotonic_ns() - start) / 1000 < 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_messages),
        cmocka_unit_test(state_decides_what_a_word_means),
        cmocka_unit_test(what_says_nothing_is_not_sure),
        cmocka_unit_test(other_languages_are_never_sure),
        cmocka_unit_test(second_is_another_one),
        cmocka_unit_test(hostile_messages_get_an_intent_of_the_list),
        cmocka_unit_test(no_other_file_is_a_model),
        cmocka_unit_test(confidence_rises_with_the_models_own),
        cmocka_unit_test(a_message_takes_microseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
