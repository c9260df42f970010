#include "../../unit.h"

#include <svc/crypto.h>

/* FIPS 180-4 examples, and RFC 4231 for the HMAC. */
static void sha256_of(const char *text, size_t length, char hex[SVC_SHA256_HEX_SIZE])
{
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    svc_sha256_add(&hash, text, length);
    svc_sha256_finish_hex(&hash, hex);
}

static void test_sha256(void **state)
{
    char hex[SVC_SHA256_HEX_SIZE];

    (void)state;
    sha256_of("", 0, hex);
    assert_string_equal(
        hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of("abc", 3, hex);
    assert_string_equal(
        hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    assert_string_equal(
        hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha256_in_pieces(void **state)
{
    char whole[SVC_SHA256_HEX_SIZE];
    char pieces[SVC_SHA256_HEX_SIZE];
    char text[300];

    (void)state;
    memset(text, 'x', sizeof text);
    sha256_of(text, sizeof text, whole);
    for (size_t first = 0; first <= sizeof text; first += 7) {
        struct svc_sha256 hash;
        svc_sha256_init(&hash);
        svc_sha256_add(&hash, text, first);
        svc_sha256_add(&hash, text + first, sizeof text - first);
        svc_sha256_finish_hex(&hash, pieces);
        assert_string_equal(pieces, whole);
    }
}

static void assert_hmac(struct svc_slice key, struct svc_slice text, const char *expected)
{
    uint8_t digest[SVC_SHA256_SIZE];
    char hex[SVC_SHA256_HEX_SIZE];

    svc_hmac_sha256(key, text, digest);
    svc_text_to_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, expected);
}

static void test_hmac_sha256(void **state)
{
    char long_key[131];

    (void)state;
    memset(long_key, 0xaa, sizeof long_key);
    assert_hmac(SVC_SLICE("Jefe"), SVC_SLICE("what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hmac((struct svc_slice){long_key, sizeof long_key},
        SVC_SLICE("Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_hmac(SVC_SLICE("app_secret"),
        SVC_SLICE("{\"object\":\"whatsapp_business_account\",\"entry\":[]}"),
        "c236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba46");
}

static void test_sha1_hex(void **state)
{
    char hex[41];

    (void)state;
    svc_sha1_hex(SVC_SLICE("abc"), hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_sha256_in_pieces),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_sha1_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
