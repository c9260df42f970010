#include "../../unit.h"

#include <signature.h>

#define BODY SVC_SLICE("{\"object\":\"whatsapp_business_account\",\"entry\":[]}")
#define HEX "c236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba46"
#define HEX_UPPER "C236C758C9B2BD40B388A550EECA09EACA72384DD0AA5E7C31D19CDDAC5BBA46"

static const struct {
    const char *header; /* NULL: none */
    const char *secrets;
    enum signature_state state;
} cases[] = {
    {"sha256=" HEX, "app_secret", SIGNATURE_VERIFIED},
    {"sha256=" HEX_UPPER, "app_secret", SIGNATURE_VERIFIED},
    {"sha256=" HEX, "other,app_secret", SIGNATURE_VERIFIED},
    {"sha256=" HEX, "app_secret, other", SIGNATURE_VERIFIED},
    {"sha256=" HEX, ",, app_secret ,", SIGNATURE_VERIFIED},
    {"sha256=" HEX, "app_secre", SIGNATURE_WRONG},
    {"sha256=" HEX, "app_secret1", SIGNATURE_WRONG},
    {"sha256=" HEX, "", SIGNATURE_WRONG},
    {"sha256=" HEX, ",", SIGNATURE_WRONG},
    {NULL, "app_secret", SIGNATURE_MISSING},
    {"", "app_secret", SIGNATURE_MISSING},
    {"sha256=", "app_secret", SIGNATURE_WRONG},
    {"sha256", "app_secret", SIGNATURE_WRONG},
    {HEX, "app_secret", SIGNATURE_WRONG},
    {"sha1=" HEX, "app_secret", SIGNATURE_WRONG},
    {"sha256=" HEX "0", "app_secret", SIGNATURE_WRONG},
    {"sha256=" HEX "00", "app_secret", SIGNATURE_WRONG},
    {"sha256=x236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba46",
        "app_secret", SIGNATURE_WRONG},
    {"sha256=c236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba47",
        "app_secret", SIGNATURE_WRONG},
};

/* What is written is what Meta would have sent, and is taken again. */
static void test_signature_write(void **state)
{
    static const char *const secrets[] = {
        "app_secret", "app_secret, other", ",, app_secret"};
    char header[SIGNATURE_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        signature_write(BODY, secrets[i], header);
        assert_string_equal(header, "sha256=" HEX);
    }
}

static void test_signature_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_slice header = {0};
        if (cases[i].header != NULL) {
            header = (struct svc_slice){cases[i].header, strlen(cases[i].header)};
        }
        if (signature_check(BODY, header, cases[i].secrets) != cases[i].state) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_signature_check_is_of_every_byte(void **state)
{
    (void)state;
    assert_int_equal(
        signature_check(SVC_SLICE(""), SVC_SLICE("sha256=" HEX), "app_secret"),
        SIGNATURE_WRONG);
    assert_int_equal(
        signature_check(
            SVC_SLICE("{\"object\":\"whatsapp_business_account\",\"entry\":[]}\n"),
            SVC_SLICE("sha256=" HEX), "app_secret"),
        SIGNATURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_write),
        cmocka_unit_test(test_signature_check),
        cmocka_unit_test(test_signature_check_is_of_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
