#include "gateway_fixture.h"

/* The checksum printed in Wompi's documentation isn't that of its own example. */
#define CHECKSUM "5a18ec5e8fdb7df463e9f94774cba8f583ba21bd04a09ceff2ea68a4bc0aefbe"
#define PRINTED "3476DDA50F64CD7CBD160689640082CF6200A28C2A2EA5A84F83CE8A4E5A6F62"
#define CHECKSUM_UPPER "5A18EC5E8FDB7DF463E9F94774CBA8F583BA21BD04A09CEFF2EA68A4BC0AEFBE"

static const struct gateway_config config = {
    .base_url = SVC_SLICE("https://production.wompi.co/v1"),
    .key = SVC_SLICE("prv_prod_1"),
    .public_key = SVC_SLICE("pub_prod_1"),
    .webhook_secret = SVC_SLICE("prod_events_OcHnIzeBl5socpwByQ4hA52Em3USQ93Z"),
    .second_secret = SVC_SLICE("prod_integrity_Z5mMke9x0k8gpErbDqwrJXMqsI6SFli6"),
    .live = true,
};

#define EVENT(amount, properties, checksum)                                              \
    "{\"event\":\"transaction.updated\",\"data\":{\"transaction\":{"                     \
    "\"id\":\"1234-1610641025-49201\",\"amount_in_cents\":" amount ","                   \
    "\"reference\":\"p1\",\"currency\":\"COP\",\"status\":\"APPROVED\"}},"               \
    "\"environment\":\"prod\",\"signature\":{\"properties\":[" properties "],"           \
    "\"checksum\":\"" checksum "\"},\"timestamp\":1530291411}"
#define IN_ORDER                                                                         \
    "\"transaction.id\",\"transaction.status\",\"transaction.amount_in_cents\""

static enum gateway_verdict verify(const char *body, int64_t now_s)
{
    const struct pairs pairs = {0};
    struct svc_arena arena = {0};
    struct gateway_delivery delivery = make_delivery(&arena, body, &pairs, now_s);
    enum gateway_verdict verdict = gateway_wompi.verify(&config, &delivery);

    svc_arena_done(&arena);
    return verdict;
}

static void test_verify_vector(void **state)
{
    const int64_t now_s = 1530291420;

    (void)state;
    assert_int_equal(
        verify(EVENT("4490000", IN_ORDER, CHECKSUM), now_s), GATEWAY_GENUINE);
    assert_int_equal(
        verify(EVENT("4490000", IN_ORDER, CHECKSUM_UPPER), now_s), GATEWAY_GENUINE);
    assert_int_equal(verify(EVENT("4490000", IN_ORDER, PRINTED), now_s), GATEWAY_FORGED);
    assert_int_equal(verify(EVENT("4490001", IN_ORDER, CHECKSUM), now_s), GATEWAY_FORGED);
    assert_int_equal(
        verify(EVENT("4490000", IN_ORDER, CHECKSUM), now_s + 6 * 86400), GATEWAY_STALE);
}

/* The event says in which order its values are hashed. */
static void test_verify_order(void **state)
{
    static const char text[] = "APPROVED1234-1610641025-492011530291411"
                               "prod_events_OcHnIzeBl5socpwByQ4hA52Em3USQ93Z";
    char hex[SVC_SHA256_HEX_SIZE];
    char body[1000];
    struct svc_sha256 hash;

    (void)state;
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, text, sizeof text - 1);
    svc_sha256_finish_hex(&hash, hex);
    snprintf(body, sizeof body,
        EVENT("4490000", "\"transaction.status\",\"transaction.id\"", "%s"), hex);
    assert_int_equal(verify(body, 1530291420), GATEWAY_GENUINE);
    snprintf(body, sizeof body,
        EVENT("4490000", "\"transaction.id\",\"transaction.status\"", "%s"), hex);
    assert_int_equal(verify(body, 1530291420), GATEWAY_FORGED);
}

static void test_verify_hostile(void **state)
{
    static const char *const bodies[] = {"", "{}", "[]", EVENT("4490000", "", CHECKSUM),
        EVENT("4490000", "1", CHECKSUM), EVENT("4490000", "\"transaction\"", CHECKSUM),
        EVENT("4490000", "\"transaction.nothing\"", CHECKSUM),
        EVENT("4490000", "\"\"", CHECKSUM), EVENT("4490000", IN_ORDER, ""),
        EVENT("4490000", IN_ORDER, "zz")};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        assert_int_equal(verify(bodies[i], 1530291420), GATEWAY_FORGED);
    }
}

static void test_link_vector(void **state)
{
    const struct gateway_order order = {
        .payment_id = SVC_SLICE("sk8-438k4-xmxm392-sn2m"),
        .amount_minor = 2490000,
        .currency = SVC_SLICE("COP"),
        .return_url = SVC_SLICE("https://wa.me/57300?a=b"),
    };
    struct gateway_request request;
    struct svc_arena arena = {0};

    (void)state;
    gateway_wompi.write_link(&arena, &config, &order, &request);
    assert_null(request.method);
    assert_string_equal(request.url,
        "https://checkout.wompi.co/p/?public-key=pub_prod_1&currency=COP"
        "&amount-in-cents=2490000&reference=sk8-438k4-xmxm392-sn2m"
        "&redirect-url=https%3A%2F%2Fwa.me%2F57300%3Fa%3Db&signature:integrity="
        "37c8407747e595535433ef8f6a811d853cd943046624a0ec04662b17bbf33bf5");
    svc_arena_done(&arena);
}

#define TRANSACTION(id, status, amount)                                                  \
    "{\"id\":\"" id "\",\"status\":\"" status "\",\"amount_in_cents\":" amount ","       \
    "\"currency\":\"COP\",\"reference\":\"p1\"}"

static enum svc_status ask(
    struct svc_arena *arena, const char *data, struct payment_truth *ret_truth)
{
    char body[2000];

    snprintf(body, sizeof body, "{\"data\":%s}", data);
    return gateway_wompi.read_ask(arena, &config, 200, slice(body), ret_truth);
}

static void test_read_ask(void **state)
{
    static const struct {
        const char *status;
        enum payment_truth_status truth;
    } cases[] = {
        {TRANSACTION("t1", "APPROVED", "4490000"), PAYMENT_TRUTH_PAID},
        {TRANSACTION("t1", "PENDING", "4490000"), PAYMENT_TRUTH_PENDING},
        {TRANSACTION("t1", "DECLINED", "4490000"), PAYMENT_TRUTH_FAILED},
        {TRANSACTION("t1", "ERROR", "4490000"), PAYMENT_TRUTH_FAILED},
        {TRANSACTION("t1", "VOIDED", "4490000"), PAYMENT_TRUTH_REFUNDED},
    };
    struct svc_arena arena = {0};
    struct payment_truth truth;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(ask(&arena, cases[i].status, &truth), SVC_OK);
        assert_int_equal(truth.status, cases[i].truth);
        assert_int_equal(truth.amount_minor, 4490000);
        assert_slice(truth.reference, "p1");
        assert_true(truth.live);
    }
    assert_int_equal(
        ask(&arena, TRANSACTION("t1", "APPROVED", "4490000.5"), &truth), SVC_BAD_GATEWAY);
    assert_int_equal(ask(&arena, "[]", &truth), SVC_NOT_FOUND);
    assert_int_equal(ask(&arena, "null", &truth), SVC_BAD_GATEWAY);
    svc_arena_done(&arena);
}

static void test_read_ask_list(void **state)
{
    struct svc_arena arena = {0};
    struct payment_truth truth;

    (void)state;
    assert_int_equal(ask(&arena,
                         "[" TRANSACTION("t1", "DECLINED", "100") "," TRANSACTION(
                             "t2", "APPROVED", "100") "," TRANSACTION("t3", "PENDING",
                             "100") "," TRANSACTION("t4", "APPROVED", "100") "]",
                         &truth),
        SVC_OK);
    assert_slice(truth.capture_id, "t2");
    assert_int_equal(truth.other_count, 1);
    assert_slice(truth.others[0], "t4");
    svc_arena_done(&arena);
}

static void test_refund_whole_only(void **state)
{
    const struct payment_truth payment = {.capture_id = SVC_SLICE("t1"),
        .amount_minor = 4490000,
        .currency = SVC_SLICE("COP")};
    struct gateway_request request;
    struct svc_arena arena = {0};

    (void)state;
    gateway_wompi.write_refund(&arena, &config, &payment, 4490000, slice("k"), &request);
    assert_string_equal(
        request.url, "https://production.wompi.co/v1/transactions/t1/void");
    gateway_wompi.write_refund(&arena, &config, &payment, 100, slice("k"), &request);
    assert_null(request.method);
    svc_arena_done(&arena);
}

static void test_notice(void **state)
{
    const struct pairs pairs = {0};
    struct svc_arena arena = {0};
    struct gateway_delivery delivery =
        make_delivery(&arena, EVENT("4490000", IN_ORDER, CHECKSUM), &pairs, 1530291420);
    struct gateway_notice notice;

    (void)state;
    assert_int_equal(gateway_wompi.read_notice(&arena, &delivery, &notice), SVC_OK);
    assert_slice(notice.subject_id, "1234-1610641025-49201");
    assert_slice(notice.event_id, CHECKSUM_UPPER);
    assert_true(notice.refers_to_payment);
    delivery = make_delivery(&arena, "{\"event\":\"x\"}", &pairs, 1530291420);
    assert_int_equal(gateway_wompi.read_notice(&arena, &delivery, &notice), SVC_INVALID);
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_vector),
        cmocka_unit_test(test_verify_order),
        cmocka_unit_test(test_verify_hostile),
        cmocka_unit_test(test_link_vector),
        cmocka_unit_test(test_read_ask),
        cmocka_unit_test(test_read_ask_list),
        cmocka_unit_test(test_refund_whole_only),
        cmocka_unit_test(test_notice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
