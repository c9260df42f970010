#include "gateway_fixture.h"

#define BODY "{\"id\":\"evt_test\",\"object\":\"event\"}"
#define SIGNED "8042376f6ca064adbe037642a718227dfd59047137eb49497a54c49eb0cfb724"
#define FALSE_ONE "0042376f6ca064adbe037642a718227dfd59047137eb49497a54c49eb0cfb724"

static const struct gateway_config config = {
    .base_url = SVC_SLICE("https://api.stripe.com"),
    .key = SVC_SLICE("sk_test_1"),
    .webhook_secret = SVC_SLICE("whsec_test_secret"),
    .now_s = 1800000010,
};

static enum gateway_verdict verify(const char *header, const char *body, int64_t now_s)
{
    const char *const headers[] = {
        header != NULL ? "Stripe-Signature" : NULL, header, NULL};
    const struct pairs pairs = {headers, NULL};
    struct svc_arena arena = {0};
    struct gateway_delivery delivery = make_delivery(&arena, body, &pairs, now_s);
    enum gateway_verdict verdict = gateway_stripe.verify(&config, &delivery);

    svc_arena_done(&arena);
    return verdict;
}

static void test_verify_vector(void **state)
{
    (void)state;
    assert_int_equal(
        verify("t=1700000000,v1=" SIGNED, BODY, 1700000010), GATEWAY_GENUINE);
    assert_int_equal(
        verify("t=1700000000,v1=" FALSE_ONE, BODY, 1700000010), GATEWAY_FORGED);
    assert_int_equal(verify("t=1700000001,v1=" SIGNED, BODY, 1700000010), GATEWAY_FORGED);
    assert_int_equal(
        verify("t=1700000000,v1=" SIGNED, BODY " ", 1700000010), GATEWAY_FORGED);
}

static void test_verify_schemes(void **state)
{
    (void)state;
    /* Two v1 while a secret is rolled, in either order; v0 counts for nothing. */
    assert_int_equal(verify("t=1700000000,v1=" FALSE_ONE ",v1=" SIGNED, BODY, 1700000010),
        GATEWAY_GENUINE);
    assert_int_equal(verify("t=1700000000,v1=" SIGNED ",v1=" FALSE_ONE, BODY, 1700000010),
        GATEWAY_GENUINE);
    assert_int_equal(verify("t=1700000000,v1=" SIGNED ",v0=" FALSE_ONE, BODY, 1700000010),
        GATEWAY_GENUINE);
    assert_int_equal(verify("t=1700000000,v0=" SIGNED, BODY, 1700000010), GATEWAY_FORGED);
}

static void test_verify_time(void **state)
{
    (void)state;
    assert_int_equal(
        verify("t=1700000000,v1=" SIGNED, BODY, 1700000300), GATEWAY_GENUINE);
    assert_int_equal(verify("t=1700000000,v1=" SIGNED, BODY, 1700000301), GATEWAY_STALE);
    /* A clock that is ahead is no fault of the event's. */
    assert_int_equal(
        verify("t=1700000000,v1=" SIGNED, BODY, 1600000000), GATEWAY_GENUINE);
}

static void test_verify_hostile(void **state)
{
    static const char *const headers[] = {NULL, "", "t", "t=", "t=,v1=", "t=1700000000",
        "v1=" SIGNED, "t=x,v1=" SIGNED, ",,,,", "=,=", "t=1700000000,v1",
        "t=1700000000,v1=" SIGNED "00", "t=1700000000,v1=zz", "t=1700000000;v1=" SIGNED};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        assert_int_equal(verify(headers[i], BODY, 1700000010), GATEWAY_FORGED);
    }
}

static void test_link(void **state)
{
    const struct gateway_order order = make_order(14990, "MXN");
    struct gateway_request request;
    struct svc_arena arena = {0};

    (void)state;
    gateway_stripe.write_link(&arena, &config, &order, &request);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url, "https://api.stripe.com/v1/checkout/sessions");
    assert_string_equal(header_of(&request, "Authorization"), "Bearer sk_test_1");
    assert_string_equal(header_of(&request, "Idempotency-Key"), PAYMENT_ID);
    assert_string_equal(
        header_of(&request, "Content-Type"), "application/x-www-form-urlencoded");
    assert_has(request.body, "mode=payment&client_reference_id=" PAYMENT_ID);
    assert_has(
        request.body, "payment_intent_data%5Bmetadata%5D%5Bpayment_id%5D=" PAYMENT_ID);
    assert_has(request.body, "%5Bunit_amount%5D=14990");
    assert_has(request.body, "%5Bname%5D=Tienda%20%22%C3%91%22%3A%20P-1001");
    assert_has(request.body, "&expires_at=1800007200");
    svc_arena_done(&arena);
}

static void test_link_amounts(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency;
        const char *part;
    } cases[] = {
        {12990, "CLP", "unit_amount%5D=12990&"}, /* no decimals */
        {12990, "PYG", "unit_amount%5D=12990&"},
        {12990, "EUR", "unit_amount%5D=12990&"}, /* cents */
        {1299000, "COP", "unit_amount%5D=1299000&"},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct gateway_order order = make_order(cases[i].minor, cases[i].currency);
        struct gateway_request request;
        gateway_stripe.write_link(&arena, &config, &order, &request);
        assert_has(request.body, cases[i].part);
    }
    svc_arena_done(&arena);
}

/* The same request in each try, as the key is the same; one too late has a key of its
 * own. */
static void test_link_again(void **state)
{
    struct gateway_order order = make_order(14990, "MXN");
    struct gateway_config later = config;
    struct gateway_request first;
    struct gateway_request second;
    struct svc_arena arena = {0};

    (void)state;
    order.expires_at_s = order.created_at_s + 600; /* sooner than Stripe takes */
    gateway_stripe.write_link(&arena, &config, &order, &first);
    assert_has(first.body, "&expires_at=1800002700");
    later.now_s += 600;
    gateway_stripe.write_link(&arena, &later, &order, &second);
    assert_string_equal(first.body.text, second.body.text);
    assert_string_equal(
        header_of(&first, "Idempotency-Key"), header_of(&second, "Idempotency-Key"));
    later.now_s += 3600;
    gateway_stripe.write_link(&arena, &later, &order, &second);
    assert_null(strstr(second.body.text, "expires_at"));
    assert_string_equal(header_of(&second, "Idempotency-Key"), PAYMENT_ID "-late");
    svc_arena_done(&arena);
}

static void test_read_link(void **state)
{
    struct svc_arena arena = {0};
    struct gateway_link link;
    char error[256] = "";

    (void)state;
    assert_int_equal(
        gateway_stripe.read_link(&arena, &config, 200,
            slice("{\"id\":\"cs_1\",\"url\":\"https://checkout.stripe.com/c\"}"), &link,
            error),
        SVC_OK);
    assert_slice(link.external_id, "cs_1");
    assert_int_equal(
        gateway_stripe.read_link(&arena, &config, 400,
            slice("{\"error\":{\"message\":\"Amount too small\"}}"), &link, error),
        SVC_INVALID);
    assert_string_equal(error, "400: Amount too small");
    assert_int_equal(
        gateway_stripe.read_link(&arena, &config, 500, slice("<html>"), &link, error),
        SVC_UNAVAILABLE);
    assert_int_equal(
        gateway_stripe.read_link(&arena, &config, 429, slice(""), &link, error),
        SVC_UNAVAILABLE);
    assert_int_equal(
        gateway_stripe.read_link(&arena, &config, 200, slice("{}"), &link, error),
        SVC_BAD_GATEWAY);
    svc_arena_done(&arena);
}

static enum svc_status ask(
    struct svc_arena *arena, const char *body, struct payment_truth *ret_truth)
{
    return gateway_stripe.read_ask(arena, &config, 200, slice(body), ret_truth);
}

#define SESSION                                                                          \
    "{\"object\":\"checkout.session\",\"id\":\"cs_1\",\"client_reference_id\":\"p1\","   \
    "\"currency\":\"mxn\",\"amount_total\":14990,\"livemode\":false,"

static void test_read_ask_session(void **state)
{
    struct svc_arena arena = {0};
    struct payment_truth truth;

    (void)state;
    assert_int_equal(ask(&arena,
                         SESSION "\"status\":\"open\",\"payment_status\":\"unpaid\","
                                 "\"payment_intent\":null}",
                         &truth),
        SVC_OK);
    assert_int_equal(truth.status, PAYMENT_TRUTH_PENDING);
    /* Completed isn't paid: a voucher. */
    assert_int_equal(
        ask(&arena,
            SESSION "\"status\":\"complete\",\"payment_status\":\"unpaid\","
                    "\"payment_intent\":{\"id\":\"pi_1\",\"status\":\"requires_action\","
                    "\"amount\":14990,\"currency\":\"mxn\",\"livemode\":false}}",
            &truth),
        SVC_OK);
    assert_int_equal(truth.status, PAYMENT_TRUTH_PENDING);
    assert_int_equal(
        ask(&arena,
            SESSION "\"status\":\"complete\",\"payment_status\":\"paid\","
                    "\"payment_intent\":{\"id\":\"pi_1\",\"status\":\"succeeded\","
                    "\"amount\":14990,\"amount_received\":14989,\"currency\":\"mxn\","
                    "\"livemode\":true,\"latest_charge\":{\"amount_refunded\":0}}}",
            &truth),
        SVC_OK);
    assert_int_equal(truth.status, PAYMENT_TRUTH_PAID);
    assert_int_equal(truth.amount_minor, 14989); /* what was received */
    assert_slice(truth.currency, "MXN");
    assert_slice(truth.reference, "p1");
    assert_slice(truth.capture_id, "pi_1");
    assert_true(truth.live);
    assert_int_equal(ask(&arena, SESSION "\"status\":\"expired\"}", &truth), SVC_OK);
    assert_int_equal(truth.status, PAYMENT_TRUTH_EXPIRED);
    svc_arena_done(&arena);
}

#define INTENT(more)                                                                     \
    "{\"object\":\"payment_intent\",\"id\":\"pi_1\",\"status\":\"succeeded\","           \
    "\"amount_received\":12990,\"currency\":\"clp\",\"livemode\":false,"                 \
    "\"metadata\":{\"payment_id\":\"p1\"},\"latest_charge\":{" more "}}"

static void test_read_ask_intent(void **state)
{
    static const struct {
        const char *body;
        enum payment_truth_status status;
        int64_t refunded;
    } cases[] = {
        {INTENT("\"amount_refunded\":0"), PAYMENT_TRUTH_PAID, 0},
        {INTENT("\"amount_refunded\":990"), PAYMENT_TRUTH_PARTIALLY_REFUNDED, 990},
        {INTENT("\"amount_refunded\":12990"), PAYMENT_TRUTH_REFUNDED, 12990},
        {INTENT("\"amount_refunded\":0,\"disputed\":true"), PAYMENT_TRUTH_DISPUTED, 0},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct payment_truth truth;
        assert_int_equal(ask(&arena, cases[i].body, &truth), SVC_OK);
        assert_int_equal(truth.status, cases[i].status);
        assert_int_equal(truth.amount_minor, 12990); /* CLP has no hundredths */
        assert_int_equal(truth.refunded_minor, cases[i].refunded);
        assert_slice(truth.reference, "p1");
    }
    svc_arena_done(&arena);
}

static void test_read_ask_broken(void **state)
{
    static const char *const bodies[] = {"", "[]", "{}", "<html>",
        "{\"object\":\"payment_intent\",\"status\":\"succeeded\",\"amount_received\":1."
        "5}",
        "{\"object\":\"payment_intent\",\"status\":\"succeeded\"}",
        "{\"object\":\"payment_intent\",\"status\":\"succeeded\",\"amount_received\":-5}",
        INTENT("\"amount_refunded\":\"x\"")};
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct payment_truth truth;
        assert_int_equal(ask(&arena, bodies[i], &truth), SVC_BAD_GATEWAY);
    }
    svc_arena_done(&arena);
}

static void test_notice(void **state)
{
    static const struct {
        const char *body;
        enum svc_status status;
        const char *subject;
    } cases[] = {
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"checkout.session.completed\","
         "\"data\":{\"object\":{\"object\":\"checkout.session\",\"id\":\"cs_1\"}}}",
            SVC_OK, "cs_1"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"payment_intent.succeeded\","
         "\"data\":{\"object\":{\"object\":\"payment_intent\",\"id\":\"pi_1\"}}}",
            SVC_OK, "pi_1"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"charge.dispute.created\","
         "\"data\":{\"object\":{\"object\":\"dispute\",\"payment_intent\":\"pi_2\"}}}",
            SVC_OK, "pi_2"},
        {"{\"object\":\"event\",\"id\":\"evt_1\",\"type\":\"customer.created\","
         "\"data\":{\"object\":{\"object\":\"customer\",\"id\":\"cus_1\"}}}",
            SVC_OK, NULL},
        {"{\"object\":\"v2.core.event\",\"id\":\"evt_1\",\"type\":\"v1.x\"}", SVC_INVALID,
            NULL},
        {"{\"object\":\"event\",\"id\":\"../x\",\"type\":\"charge.refunded\"}",
            SVC_INVALID, NULL},
        {"{}", SVC_INVALID, NULL},
        {"not json", SVC_INVALID, NULL},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct pairs pairs = {0};
        struct gateway_delivery delivery =
            make_delivery(&arena, cases[i].body, &pairs, 1700000000);
        struct gateway_notice notice;
        enum svc_status status = gateway_stripe.read_notice(&arena, &delivery, &notice);
        assert_int_equal(status, cases[i].status);
        if (status == SVC_OK) {
            assert_int_equal(notice.refers_to_payment, cases[i].subject != NULL);
        }
        if (cases[i].subject != NULL) {
            assert_slice(notice.subject_id, cases[i].subject);
        }
    }
    svc_arena_done(&arena);
}

static void test_ask_address(void **state)
{
    const struct gateway_link link = {.external_id = SVC_SLICE("cs_9")};
    const struct gateway_link none = {0};
    struct gateway_request request;
    struct svc_arena arena = {0};

    (void)state;
    gateway_stripe.write_ask(
        &arena, &config, (struct svc_slice){0}, &link, slice(PAYMENT_ID), &request);
    assert_string_equal(request.url, "https://api.stripe.com/v1/checkout/sessions/cs_9"
                                     "?expand%5B%5D=payment_intent.latest_charge");
    gateway_stripe.write_ask(
        &arena, &config, (struct svc_slice){0}, &none, slice(PAYMENT_ID), &request);
    assert_null(request.method);
    gateway_stripe.write_ask(
        &arena, &config, slice("pi_1/../x"), NULL, (struct svc_slice){0}, &request);
    assert_null(request.method);
    svc_arena_done(&arena);
}

static void test_check_mode(void **state)
{
    struct gateway_config other = config;
    char error[256];

    (void)state;
    assert_true(gateway_stripe.check(&other, error));
    other.live = true;
    assert_false(gateway_stripe.check(&other, error));
    other.key = slice("sk_live_1");
    assert_true(gateway_stripe.check(&other, error));
    other.live = false;
    assert_false(gateway_stripe.check(&other, error));
    other.key = slice("sk_test_1");
    other.webhook_secret = (struct svc_slice){0};
    assert_false(gateway_stripe.check(&other, error));
    assert_string_equal(error, "STRIPE_WEBHOOK_SECRET must be set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_vector),
        cmocka_unit_test(test_verify_schemes),
        cmocka_unit_test(test_verify_time),
        cmocka_unit_test(test_verify_hostile),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_link_amounts),
        cmocka_unit_test(test_link_again),
        cmocka_unit_test(test_read_link),
        cmocka_unit_test(test_read_ask_session),
        cmocka_unit_test(test_read_ask_intent),
        cmocka_unit_test(test_read_ask_broken),
        cmocka_unit_test(test_notice),
        cmocka_unit_test(test_ask_address),
        cmocka_unit_test(test_check_mode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
