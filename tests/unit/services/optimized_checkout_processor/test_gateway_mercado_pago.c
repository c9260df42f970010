#include "gateway_fixture.h"

#define NUMBER_HEX "965dc905f10654d792629f4706bf1697243412604df7863abc3533ea30d269ef"
#define ORDER_HEX "d96ee82101aac68cedf7cb2ad59035fa06250ba12aca6e9829139dc4cdc35706"
#define REQUEST_ID "bb56a2f1-6aae-46ac-982e-9dcd3581d08e"

static const struct gateway_config config = {
    .base_url = SVC_SLICE("https://api.mercadopago.com/"),
    .key = SVC_SLICE("TEST-1"),
    .webhook_secret = SVC_SLICE("mp_test_secret"),
    .now_s = 1742505650,
};

struct sent {
    const char *signature; /* NULL: not signed */
    const char *request_id;
    const char *data_id;
    const char *topic;
    const char *body;
};

static enum gateway_verdict verify(const struct sent *sent, int64_t now_s)
{
    const char *headers[5] = {0};
    const char *queries[5] = {0};
    size_t at = 0;
    struct svc_arena arena = {0};

    if (sent->signature != NULL) {
        headers[at++] = "x-signature";
        headers[at++] = sent->signature;
    }
    if (sent->request_id != NULL) {
        headers[at++] = "x-request-id";
        headers[at++] = sent->request_id;
    }
    at = 0;
    if (sent->data_id != NULL) {
        queries[at++] = "data.id";
        queries[at++] = sent->data_id;
    }
    if (sent->topic != NULL) {
        queries[at++] = "topic";
        queries[at++] = sent->topic;
    }
    const struct pairs pairs = {headers, queries};
    struct gateway_delivery delivery =
        make_delivery(&arena, sent->body != NULL ? sent->body : "", &pairs, now_s);
    enum gateway_verdict verdict = gateway_mercado_pago.verify(&config, &delivery);
    svc_arena_done(&arena);
    return verdict;
}

/* A signature of ours over MANIFEST, as the header writes it. */
static const char *sign(const char *manifest, const char *time, char header[200])
{
    uint8_t digest[SVC_SHA256_SIZE];
    char hex[2 * SVC_SHA256_SIZE + 1];

    svc_hmac_sha256(config.webhook_secret, slice(manifest), digest);
    svc_text_to_hex(digest, sizeof digest, hex);
    snprintf(header, 200, "ts=%s,v1=%s", time, hex);
    return header;
}

static void test_verify_vectors(void **state)
{
    struct sent sent = {
        "ts=1742505638683,v1=" NUMBER_HEX, REQUEST_ID, "123456789", NULL, NULL};

    (void)state;
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_GENUINE);
    sent.data_id = "123456780";
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_FORGED);
    sent.data_id = "123456789";
    sent.request_id = NULL;
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_FORGED);
    /* Without x-request-id its pair isn't in the manifest; ts in seconds. */
    sent = (struct sent){"ts=1742505638,v1=" ORDER_HEX, NULL, "ORDTST01ABC", NULL, NULL};
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_GENUINE);
    sent.signature = "v1=" ORDER_HEX ", ts=1742505638";
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_GENUINE);
}

/* Some of theirs are still signed over the id in lower case. */
static void test_verify_lower_case(void **state)
{
    char header[200];
    struct sent sent = {sign("id:ordtst01abc;ts:1742505638;", "1742505638", header), NULL,
        "ORDTST01ABC", NULL, NULL};

    (void)state;
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_GENUINE);
    sent.signature = sign("id:ORDTST01ABD;ts:1742505638;", "1742505638", header);
    assert_int_equal(verify(&sent, 1742505640), GATEWAY_FORGED);
}

static void test_verify_time(void **state)
{
    const struct sent in_ms = {
        "ts=1742505638683,v1=" NUMBER_HEX, REQUEST_ID, "123456789", NULL, NULL};
    const struct sent in_s = {
        "ts=1742505638,v1=" ORDER_HEX, NULL, "ORDTST01ABC", NULL, NULL};
    const int64_t end_s = 1742505638 + 5 * 86400;

    (void)state;
    assert_int_equal(verify(&in_ms, end_s), GATEWAY_GENUINE);
    assert_int_equal(verify(&in_ms, end_s + 1), GATEWAY_STALE);
    assert_int_equal(verify(&in_s, end_s), GATEWAY_GENUINE);
    assert_int_equal(verify(&in_s, end_s + 1), GATEWAY_STALE);
}

static void test_verify_unsigned(void **state)
{
    const struct sent ipn = {NULL, NULL, NULL, "payment", NULL};
    const struct sent order = {NULL, NULL, NULL, NULL,
        "{\"topic\":\"merchant_order\",\"resource\":\"https://x/1\"}"};
    const struct sent bare = {NULL, REQUEST_ID, "123456789", NULL,
        "{\"type\":\"payment\",\"data\":{\"id\":\"123456789\"}}"};
    const struct sent empty = {"", REQUEST_ID, "123456789", NULL, NULL};

    (void)state;
    assert_int_equal(verify(&ipn, 1742505640), GATEWAY_UNSIGNED);
    assert_int_equal(verify(&order, 1742505640), GATEWAY_UNSIGNED);
    assert_int_equal(verify(&bare, 1742505640), GATEWAY_FORGED);
    assert_int_equal(verify(&empty, 1742505640), GATEWAY_FORGED);
}

static void test_link(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency;
        const char *part;
    } cases[] = {
        {14990, "MXN", "\"unit_price\":149.90,\"currency_id\":\"MXN\""},
        {12990, "CLP", "\"unit_price\":12990,\"currency_id\":\"CLP\""},
        {1, "ARS", "\"unit_price\":0.01,"},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct gateway_order order = make_order(cases[i].minor, cases[i].currency);
        struct gateway_request request;
        gateway_mercado_pago.write_link(&arena, &config, &order, &request);
        assert_string_equal(
            request.url, "https://api.mercadopago.com/checkout/preferences");
        assert_string_equal(header_of(&request, "X-Idempotency-Key"), PAYMENT_ID);
        assert_non_null(fixture_json(&arena, request.body));
        assert_has(request.body, cases[i].part);
        assert_has(request.body, "\"external_reference\":\"" PAYMENT_ID "\"");
        assert_has(
            request.body, "\"expiration_date_to\":\"2027-01-15T10:00:00.000+00:00\"");
        assert_has(
            request.body, "\"success\":\"https://wa.me/5215500000000?text=a&b=c\"");
    }
    svc_arena_done(&arena);
}

#define PAYMENT(id, status, amount, more)                                                \
    "{\"id\":" id ",\"status\":\"" status "\",\"status_detail\":\"d\","                  \
    "\"transaction_amount\":" amount ",\"currency_id\":\"MXN\",\"live_mode\":true,"      \
    "\"external_reference\":\"p1\"" more "}"

static void test_read_ask(void **state)
{
    static const struct {
        const char *body;
        enum payment_truth_status status;
        int64_t amount;
        int64_t refunded;
    } cases[] = {
        {PAYMENT("1", "approved", "149.9", ""), PAYMENT_TRUTH_PAID, 14990, 0},
        {PAYMENT("1", "approved", "\"149.90\"", ""), PAYMENT_TRUTH_PAID, 14990, 0},
        {PAYMENT("1", "approved", "149.9", ",\"transaction_amount_refunded\":50"),
            PAYMENT_TRUTH_PARTIALLY_REFUNDED, 14990, 5000},
        {PAYMENT("1", "refunded", "149.9", ""), PAYMENT_TRUTH_REFUNDED, 14990, 14990},
        {PAYMENT("1", "rejected", "149.9", ""), PAYMENT_TRUTH_FAILED, 14990, 0},
        {PAYMENT("1", "cancelled", "149.9", ""), PAYMENT_TRUTH_FAILED, 14990, 0},
        {PAYMENT("1", "pending", "149.9", ""), PAYMENT_TRUTH_PENDING, 14990, 0},
        {PAYMENT("1", "authorized", "149.9", ""), PAYMENT_TRUTH_PENDING, 14990, 0},
        {PAYMENT("1", "in_process", "149.9", ""), PAYMENT_TRUTH_PENDING, 14990, 0},
        {PAYMENT("1", "charged_back", "149.9", ""), PAYMENT_TRUTH_DISPUTED, 14990, 0},
        {PAYMENT("1", "new_word", "149.9", ""), PAYMENT_TRUTH_PENDING, 14990, 0},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct payment_truth truth;
        assert_int_equal(gateway_mercado_pago.read_ask(
                             &arena, &config, 200, slice(cases[i].body), &truth),
            SVC_OK);
        assert_int_equal(truth.status, cases[i].status);
        assert_int_equal(truth.amount_minor, cases[i].amount);
        assert_int_equal(truth.refunded_minor, cases[i].refunded);
        assert_slice(truth.capture_id, "1");
        assert_slice(truth.reference, "p1");
        assert_true(truth.live);
    }
    svc_arena_done(&arena);
}

static void test_read_ask_refuses(void **state)
{
    static const char *const bodies[] = {"", "{}",
        PAYMENT("1", "approved", "149.901", ""),
        PAYMENT("1", "approved", "149.90000000000001", ""),
        PAYMENT("1", "approved", "null", ""), PAYMENT("1", "approved", "-1", ""),
        PAYMENT("1", "approved", "1.499e2", ""), PAYMENT("1.5", "approved", "149.9", ""),
        PAYMENT("1", "approved", "149.9", ",\"transaction_amount_refunded\":\"x\"")};
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct payment_truth truth;
        assert_int_equal(
            gateway_mercado_pago.read_ask(&arena, &config, 200, slice(bodies[i]), &truth),
            SVC_BAD_GATEWAY);
    }
    svc_arena_done(&arena);
}

/* Several tries by one link: the one that moved money, and others that did. */
static void test_read_ask_search(void **state)
{
    struct svc_arena arena = {0};
    struct payment_truth truth;

    (void)state;
    assert_int_equal(
        gateway_mercado_pago.read_ask(&arena, &config, 200,
            slice("{\"results\":[" PAYMENT("3", "rejected", "149.9", "") "," PAYMENT("2",
                "approved", "149.9", "") "," PAYMENT("1", "approved", "149.9", "") "]}"),
            &truth),
        SVC_OK);
    assert_int_equal(truth.status, PAYMENT_TRUTH_PAID);
    assert_slice(truth.capture_id, "2");
    assert_int_equal(truth.other_count, 1);
    assert_slice(truth.others[0], "1");
    assert_int_equal(gateway_mercado_pago.read_ask(
                         &arena, &config, 200, slice("{\"results\":[]}"), &truth),
        SVC_NOT_FOUND);
    svc_arena_done(&arena);
}

static void test_notice(void **state)
{
    static const struct {
        const char *queries[7];
        const char *body;
        const char *event;
        const char *subject;
    } cases[] = {
        {{"data.id", "123", "type", "payment", NULL},
            "{\"id\":77,\"type\":\"payment\",\"action\":\"payment.updated\","
            "\"data\":{\"id\":\"123\"}}",
            "77:payment.updated", "123"},
        {{NULL}, "{\"id\":78,\"type\":\"payment\",\"data\":{\"id\":124}}", "78:", "124"},
        {{"topic", "payment", "id", "125", NULL}, "", "payment:125:1700000000", "125"},
        {{"topic", "merchant_order", "id", "9", NULL}, "{}",
            "merchant_order:9:1700000000", NULL},
        {{"data.id", "1/../2", "type", "payment", NULL}, "{\"id\":79}", "79:", NULL},
        {{NULL}, "{\"id\":80}", NULL, NULL},
        {{NULL}, "", NULL, NULL},
    };
    struct svc_arena arena = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct pairs pairs = {NULL, cases[i].queries};
        struct gateway_delivery delivery =
            make_delivery(&arena, cases[i].body, &pairs, 1700000000);
        struct gateway_notice notice;
        enum svc_status status =
            gateway_mercado_pago.read_notice(&arena, &delivery, &notice);
        assert_int_equal(status, cases[i].event != NULL ? SVC_OK : SVC_INVALID);
        if (cases[i].event != NULL) {
            assert_slice(notice.event_id, cases[i].event);
            assert_int_equal(notice.refers_to_payment, cases[i].subject != NULL);
        }
        if (cases[i].subject != NULL) {
            assert_slice(notice.subject_id, cases[i].subject);
        }
    }
    svc_arena_done(&arena);
}

static void test_refund(void **state)
{
    const struct payment_truth payment = {
        .capture_id = SVC_SLICE("123"), .currency = SVC_SLICE("MXN")};
    struct gateway_request request;
    struct svc_arena arena = {0};
    struct svc_slice id;
    char error[256];

    (void)state;
    gateway_mercado_pago.write_refund(
        &arena, &config, &payment, 5050, slice("key-1"), &request);
    assert_string_equal(
        request.url, "https://api.mercadopago.com/v1/payments/123/refunds");
    assert_string_equal(header_of(&request, "X-Idempotency-Key"), "key-1");
    assert_slice(request.body, "{\"amount\":50.50}");
    assert_int_equal(gateway_mercado_pago.read_refund(&arena, &config, 201,
                         slice("{\"id\":5,\"status\":\"approved\"}"), &id, error),
        SVC_OK);
    assert_slice(id, "5");
    assert_int_equal(gateway_mercado_pago.read_refund(
                         &arena, &config, 400, slice("{\"message\":\"no\"}"), &id, error),
        SVC_INVALID);
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_vectors),
        cmocka_unit_test(test_verify_lower_case),
        cmocka_unit_test(test_verify_time),
        cmocka_unit_test(test_verify_unsigned),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_read_ask),
        cmocka_unit_test(test_read_ask_refuses),
        cmocka_unit_test(test_read_ask_search),
        cmocka_unit_test(test_notice),
        cmocka_unit_test(test_refund),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
