#include "../../unit.h"

#include "hostile.h"
#include "keywords.h"

static struct svc_arena arena;
static struct entities found;

static int done(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
}

static void read_in(enum intent_state state, enum intent intent, const char *text)
{
    const struct intent_question question = {
        .text = {text, strlen(text)}, .state = state};

    entities_read(&arena, &question, intent, &found);
}

static void read_as(enum intent intent, const char *text)
{
    read_in(STATE_NONE, intent, text);
}

static void assert_text(struct svc_slice slice, const char *text)
{
    if (text == NULL ? slice.text != NULL : !svc_slice_equals(slice, text)) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)slice.length,
            slice.text == NULL ? "" : slice.text, text == NULL ? "(nothing)" : text);
    }
}

static void a_search(void **state)
{
    (void)state;
    read_as(INTENT_SEARCH_PRODUCT, "hola, tienen Zapatillas NIKE rojas talla 42?");
    assert_text(found.product_query, "zapatillas");
    assert_text(found.brand, "nike");
    assert_text(found.color, "rojas");
    assert_text(found.size, "42");
    assert_int_equal(found.quantity, 0);
    assert_true(found.price_max < 0 && found.price_min < 0);
}

static void product_keeps_its_inner_words(void **state)
{
    (void)state;
    read_as(INTENT_SEARCH_PRODUCT, "busco leche de coco sin azúcar porfa");
    assert_text(found.product_query, "leche de coco sin azucar");
    read_as(INTENT_SEARCH_PRODUCT, "buenas, arroz integral");
    assert_text(found.product_query, "arroz integral");
    read_as(INTENT_GREETING, "hola arroz");
    assert_text(found.product_query, NULL);
}

static void prices(void **state)
{
    (void)state;
    read_as(INTENT_SEARCH_PRODUCT, "celulares hasta 300 lucas");
    assert_true(found.price_max == 300000);
    read_as(INTENT_SEARCH_PRODUCT, "sillas de menos de $1,200 pesos");
    assert_true(found.price_max == 1200 && found.price_min < 0);
    read_as(INTENT_SEARCH_PRODUCT, "una laptop entre 8 y 12 mil");
    assert_true(found.price_min == 8000 && found.price_max == 12000);
    read_as(INTENT_SEARCH_PRODUCT, "vinos de mas de 50k");
    assert_true(found.price_min == 50000 && found.price_max < 0);
    read_as(INTENT_SEARCH_PRODUCT, "botas que no cuesten mas de 900");
    assert_true(found.price_max == 900 && found.price_min < 0);
    read_as(INTENT_SEARCH_PRODUCT, "bolsos de 300 pesos para abajo");
    assert_true(found.price_max == 300);
    read_as(INTENT_SEARCH_PRODUCT, "maleta que no pase de 55 cm");
    assert_true(found.price_max < 0);
}

static void quantities(void **state)
{
    static const struct {
        const char *text;
        int32_t quantity;
    } cases[] = {
        {"agregame 3 latas de atun", 3},
        {"dame dos cajas de leche", 2},
        {"ponme media docena de huevos", 6},
        {"quiero un par de medias", 2},
        {"mandame uno", 1},
        {"x2", 2},
        {"me llevo la licuadora", 0},
        {"agrega un termo rosado", 0},
        {"dame una coca de 2 litros", 0},
        {"quiero -5 panes y 999999 mas", 5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_as(INTENT_ADD_TO_CART, cases[i].text);
        if (found.quantity != cases[i].quantity) {
            fail_msg("%s: %d", cases[i].text, (int)found.quantity);
        }
    }
}

/* By what the training says of its words. */
static void products(void **state)
{
    static const struct {
        enum intent intent;
        const char *text;
        const char *product;
    } cases[] = {
        {INTENT_ADD_TO_CART, "ponme 2 licuadoras", "licuadoras"},
        {INTENT_ADD_TO_CART, "quiero comprar una bicicleta", "bicicleta"},
        {INTENT_SEARCH_PRODUCT,
            "buenas noches, disculpe la hora, quisiera saber si de casualidad venden "
            "algo "
            "para regalarle a mi mamá, estaba pensando en una licuadora",
            "licuadora"},
        {INTENT_SEARCH_PRODUCT, "quiero comprar un perfume hoy", "perfume"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        read_as(cases[i].intent, cases[i].text);
        if (!svc_slice_equals(found.product_query, cases[i].product)) {
            fail_msg("%s: %.*s", cases[i].text, (int)found.product_query.length,
                found.product_query.text);
        }
    }
}

static void ordinals(void **state)
{
    (void)state;
    read_in(STATE_RESULTS, INTENT_PRODUCT_DETAILS, "el segundo");
    assert_int_equal(found.ordinal, 2);
    read_in(STATE_RESULTS, INTENT_PRODUCT_DETAILS, "4️⃣");
    assert_int_equal(found.ordinal, 4);
    read_in(STATE_RESULTS, INTENT_PRODUCT_DETAILS, "la última porfa");
    assert_int_equal(found.ordinal, -1);
    read_in(STATE_RESULTS, INTENT_PRODUCT_DETAILS, "ver el 3ro");
    assert_int_equal(found.ordinal, 3);
    read_in(STATE_RESULTS, INTENT_ADD_TO_CART, "añade 2 del tercero");
    assert_int_equal(found.ordinal, 3);
    assert_int_equal(found.quantity, 2);
    read_in(STATE_RESULTS, INTENT_PRODUCT_DETAILS, "el de 350 pesos");
    assert_int_equal(found.ordinal, 0);
}

static void codes_are_in_capitals(void **state)
{
    (void)state;
    read_as(INTENT_APPLY_COUPON, "tengo el cupón Mayo-10 porfa");
    assert_text(found.coupon, "MAYO-10");
    read_in(STATE_COUPON, INTENT_APPLY_COUPON, "verano");
    assert_text(found.coupon, "VERANO");
    read_as(INTENT_APPLY_COUPON, "tengo un codigo de descuento");
    assert_text(found.coupon, NULL);
    read_as(INTENT_ORDER_STATUS, "donde viene el pedido zt-20?");
    assert_text(found.order_number, "ZT-20");
    read_as(INTENT_ORDER_STATUS, "llevo 2 horas esperando");
    assert_text(found.order_number, NULL);
    read_as(INTENT_CANCEL_ORDER, "cancela la orden #10023");
    assert_text(found.order_number, "10023");
}

static void payment_and_address(void **state)
{
    (void)state;
    read_as(INTENT_CHOOSE_PAYMENT, "pago contra entrega");
    assert_text(found.payment_method, "cash");
    read_as(INTENT_CHOOSE_PAYMENT, "te hago un Yape");
    assert_text(found.payment_method, "transfer");
    read_as(INTENT_CHOOSE_PAYMENT, "mandame el link");
    assert_text(found.payment_method, "link");
    read_as(INTENT_PROVIDE_ADDRESS, "mi dirección es Calle 8 # 12-30, Cali porfa");
    assert_text(found.address, "Calle 8 # 12-30, Cali");
    read_as(INTENT_PROVIDE_ADDRESS, "quiero cambiar mi direccion");
    assert_text(found.address, NULL);
}

static void hostile_messages_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < (COUNT_OF(hostile) + 3) * INTENTS; i++) {
        size_t which = i / INTENTS;
        bool is_long = which >= COUNT_OF(hostile);
        char *bytes = is_long ? hostile_long((int)which) : NULL;
        const struct intent_question question = {
            .text = is_long ? (struct svc_slice){bytes, HOSTILE_LONG} : hostile[which],
            .state = (enum intent_state)(i % INTENT_STATES),
        };
        entities_read(&arena, &question, (enum intent)(i % INTENTS), &found);
        assert_true(found.quantity >= 0 && found.quantity <= 9999);
        assert_true(found.ordinal >= -1 && found.ordinal <= 30);
        svc_arena_reset(&arena);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search),
        cmocka_unit_test(product_keeps_its_inner_words),
        cmocka_unit_test(prices),
        cmocka_unit_test(quantities),
        cmocka_unit_test(products),
        cmocka_unit_test(ordinals),
        cmocka_unit_test(codes_are_in_capitals),
        cmocka_unit_test(payment_and_address),
        cmocka_unit_test(hostile_messages_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, done);
}
