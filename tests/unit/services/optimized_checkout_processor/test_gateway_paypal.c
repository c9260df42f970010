#include "gateway_fixture.h"

static const struct gateway_config config = {
    .base_url = SVC_SLICE("https://api-m.paypal.com"),
    .key = SVC_SLICE("secret"),
    .public_key = SVC_SLICE("client"),
    .webhook_secret = SVC_SLICE("WH-ID"),
    .token = SVC_SLICE("A21"),
    .live = true,
};

static const char *const good_headers[] = {"PAYPAL-AUTH-ALGO", "SHA256withRSA",
    "PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-1",
    "PAYPAL-TRANSMISSION-ID", "t-1", "PAYPAL-TRANSMISSION-SIG", "c2ln",
    "PAYPAL-TRANSMISSION-TIME", "2026-11-25T00:00:00Z", NULL};

static enum gateway_verdict verify_with(const char *name, const char *value)
{
    const char *headers[COUNT_OF(good_headers)];
    struct svc_arena arena = {0};

    memcpy(headers, good_headers, sizeof headers);
    for (size_t i = 0; headers[i] != NULL; i += 2) {
        if (name != NULL && strcmp(headers[i], name) == 0) {
            headers[i + 1] = value;
        }
    }
    const struct pairs pairs = {headers, NULL};
    struct gateway_delivery delivery =
        make_delivery(&arena, "{\"id\":\"WH-1\"}", &pairs, 1800000000);
    enum gateway_verdict verdict = gateway_paypal.verify(&config, &delivery);
    svc_arena_done(&arena);
    return verdict;
}

static void test_verify(void **state)
{
    static const char *const urls[] = {"", "http://api.paypal.com/c",
        "https://paypal.com.x.io/", "https://evilpaypal.com/",
        "https://x.io/?.paypal.com", "https://x.io#.paypal.com/",
        "https://api.paypal.com@x.io/", "https://x.io:80/.paypal.com",
        "https://x.io\\.paypal.com/"};

    (void)state;
    assert_int_equal(verify_with(NULL, NULL), GATEWAY_UNDECIDED);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        if (verify_with("PAYPAL-CERT-URL", urls[i]) != GATEWAY_FORGED) {
            fail_msg("%s is taken", urls[i]);
        }
    }
    assert_int_equal(verify_with("PAYPAL-TRANSMISSION-SIG", ""), GATEWAY_FORGED);
    assert_int_equal(verify_with("PAYPAL-AUTH-ALGO", "none"), GATEWAY_FORGED);
}

/* What is sent for checking holds the event byte for byte. */
static void test_verify_call(void **state)
{
    const char *const *headers = good_headers;
    const struct pairs pairs = {headers, NULL};
    enum gateway_verdict verdict = GATEWAY_STALE;
    struct gateway_request request;
    struct svc_arena arena = {0};
    struct gateway_delivery delivery =
        make_delivery(&arena, "{ \"id\" : \"WH-1\", \"n\": 1.50 }", &pairs, 1800000000);

    (void)state;
    gateway_paypal.write_verify(&arena, &config, &delivery, &request);
    assert_string_equal(request.url,
        "https://api-m.paypal.com/v1/notifications/verify-webhook-signature");
    assert_has(request.body, "\"webhook_event\":{ \"id\" : \"WH-1\", \"n\": 1.50 }}");
    assert_has(request.body, "\"webhook_id\":\"WH-ID\"");
    assert_has(request.body, "\"transmission_sig\":\"c2ln\"");
    assert_int_equal(gateway_paypal.read_verify(&arena, 200,
                         slice("{\"verification_status\":\"SUCCESS\"}"), &verdict),
        SVC_OK);
    assert_int_equal(verdict, GATEWAY_GENUINE);
    assert_int_equal(gateway_paypal.read_verify(&arena, 200,
                         slice("{\"verification_status\":\"FAILURE\"}"), &verdict),
        SVC_OK);
    assert_int_equal(verdict, GATEWAY_FORGED);
    assert_int_equal(
        gateway_paypal.read_verify(&arena, 503, slice(""), &verdict), SVC_UNAVAILABLE);
    assert_int_equal(
        gateway_paypal.read_verify(&arena, 200, slice("{}"), &verdict), SVC_BAD_GATEWAY);
    svc_arena_done(&arena);
}

static void test_token(void **state)
{
    struct gateway_request request;
    struct svc_arena arena = {0};
    struct svc_slice token;
    int64_t seconds = 0;

    (void)state;
    gateway_paypal.write_token(&arena, &config, &request);
    assert_string_equal(
        header_of(&request, "Authorization"), "Basic Y2xpZW50OnNlY3JldA==");
    assert_slice(request.body, "grant_type=client_credentials");
    assert_int_equal(
        gateway_paypal.read_token(&arena, 200,
            slice("{\"access_token\":\"A\",\"expires_in\":32400}"), &token, &seconds),
        SVC_OK);
    assert_slice(token, "A");
    assert_int_equal(seconds, 32400);
    svc_arena_done(&arena);
}

static void test_link(void **state)
{
    const struct gateway_order order = make_order(14990, "MXN");
    const struct gateway_order yen = make_order(1500, "JPY");
    struct gateway_request request;
    struct gateway_link link;
    struct svc_arena arena = {0};
    char error[256];

    (void)state;
    gateway_paypal.write_link(&arena, &config, &order, &request);
    assert_string_equal(header_of(&request, "PayPal-Request-Id"), PAYMENT_ID);
    assert_has(
        request.body, "\"amount\":{\"currency_code\":\"MXN\",\"value\":\"149.90\"}");
    gateway_paypal.write_link(&arena, &config, &yen, &request);
    assert_has(request.body, "\"value\":\"1500\"");
    assert_int_equal(
        gateway_paypal.read_link(&arena, &config, 200,
            slice("{\"id\":\"O1\",\"links\":[{\"rel\":\"self\",\"href\":\"x\"},"
                  "{\"rel\":\"payer-action\",\"href\":\"https://p/O1\"}]}"),
            &link, error),
        SVC_OK);
    assert_slice(link.url, "https://p/O1");
    svc_arena_done(&arena);
}

#define CAPTURE(id, status)                                                              \
    "{\"id\":\"" id "\",\"status\":\"" status "\",\"custom_id\":\"p1\","                 \
    "\"amount\":{\"currency_code\":\"MXN\",\"value\":\"149.90\"}}"
#define ORDER(status, captures)                                                          \
    "{\"id\":\"O1\",\"status\":\"" status                                                \
    "\",\"purchase_units\":[{\"custom_id\":\"p1\","                                      \
    "\"amount\":{\"currency_code\":\"MXN\",\"value\":\"149.90\"}," captures "}]}"

static void test_read_ask(void **state)
{
    static const struct {
        const char *body;
        enum payment_truth_status status;
        int64_t refunded;
        bool needs_capture;
    } cases[] = {
        {ORDER("CREATED", "\"x\":1"), PAYMENT_TRUTH_PENDING, 0, false},
        {ORDER("APPROVED", "\"x\":1"), PAYMENT_TRUTH_PENDING, 0, true},
        {ORDER("VOIDED", "\"x\":1"), PAYMENT_TRUTH_EXPIRED, 0, false},
        {ORDER(
             "COMPLETED", "\"payments\":{\"captures\":[" CAPTURE("C1", "COMPLETED") "]}"),
            PAYMENT_TRUTH_PAID, 0, false},
        {CAPTURE("C1", "COMPLETED"), PAYMENT_TRUTH_PAID, 0, false},
        {CAPTURE("C1", "PENDING"), PAYMENT_TRUTH_PENDING, 0, false},
        {CAPTURE("C1", "PARTIALLY_REFUNDED"), PAYMENT_TRUTH_PARTIALLY_REFUNDED, -1,
            false},
        {CAPTURE("C1", "REFUNDED"), PAYMENT_TRUTH_REFUNDED, 14990, false},
        {CAPTURE("C1", "DECLINED"), PAYMENT_TRUTH_FAILED, 0, false},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct payment_truth truth;
        assert_int_equal(
            gateway_paypal.read_ask(&arena, &config, 200, slice(cases[i].body), &truth),
            SVC_OK);
        assert_int_equal(truth.status, cases[i].status);
        assert_int_equal(truth.amount_minor, 14990);
        assert_int_equal(truth.refunded_minor, cases[i].refunded);
        assert_int_equal(truth.needs_capture, cases[i].needs_capture);
        assert_slice(truth.reference, "p1");
    }
    svc_arena_done(&arena);
}

static void test_notice(void **state)
{
    static const struct {
        const char *body;
        const char *subject;
    } cases[] = {
        {"{\"id\":\"WH-1\",\"event_type\":\"CHECKOUT.ORDER.APPROVED\","
         "\"resource\":{\"id\":\"O1\"}}",
            "order:O1"},
        {"{\"id\":\"WH-1\",\"event_type\":\"PAYMENT.CAPTURE.COMPLETED\","
         "\"resource\":{\"id\":\"C1\"}}",
            "capture:C1"},
        {"{\"id\":\"WH-1\",\"event_type\":\"PAYMENT.CAPTURE.REFUNDED\",\"resource\":"
         "{\"id\":\"R1\",\"links\":[{\"rel\":\"self\",\"href\":\"https://a/refund/R1\"},"
         "{\"rel\":\"up\",\"href\":\"https://a/v2/payments/captures/C2\"}]}}",
            "capture:C2"},
        {"{\"id\":\"WH-1\",\"event_type\":\"CUSTOMER.DISPUTE.CREATED\",\"resource\":"
         "{\"disputed_transactions\":[{\"seller_transaction_id\":\"C3\"}]}}",
            "capture:C3"},
        {"{\"id\":\"WH-1\",\"event_type\":\"BILLING.PLAN.CREATED\",\"resource\":"
         "{\"id\":\"P1\"}}",
            NULL},
        {"{\"id\":\"WH-1\",\"event_type\":\"PAYMENT.CAPTURE.COMPLETED\","
         "\"resource\":{\"id\":\"../x\"}}",
            NULL},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct pairs pairs = {0};
        struct gateway_delivery delivery =
            make_delivery(&arena, cases[i].body, &pairs, 1800000000);
        struct gateway_notice notice;
        assert_int_equal(gateway_paypal.read_notice(&arena, &delivery, &notice), SVC_OK);
        assert_int_equal(notice.refers_to_payment, cases[i].subject != NULL);
        if (cases[i].subject != NULL) {
            assert_slice(notice.subject_id, cases[i].subject);
        }
    }
    svc_arena_done(&arena);
}

static void test_ask_address(void **state)
{
    static const char *const cases[][2] = {
        {"order:O1", "https://api-m.paypal.com/v2/checkout/orders/O1"},
        {"capture:C1", "https://api-m.paypal.com/v2/payments/captures/C1"},
        {"C1", "https://api-m.paypal.com/v2/payments/captures/C1"},
        {"order:../x", NULL},
        {"capture:", NULL},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct gateway_request request;
        gateway_paypal.write_ask(
            &arena, &config, slice(cases[i][0]), NULL, (struct svc_slice){0}, &request);
        if (cases[i][1] == NULL) {
            assert_null(request.method);
        } else {
            assert_string_equal(request.url, cases[i][1]);
        }
    }
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_verify_call),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_read_ask),
        cmocka_unit_test(test_notice),
        cmocka_unit_test(test_ask_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
