#include "../../unit.h"

#include <token.h>

static const struct svc_slice secret = {"a secret", 8};
static const struct svc_slice checkout = {"33a6ee2c-7844-4faa-8e0f-552739f4bdd6", 36};
static const struct svc_slice digest = {
    "585328597d90f4bd8a6cbfc30f6687e2f79cb49feb9924b1b847406aa6b9a2b6", 64};

static struct svc_slice slice_of(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static void test_token_matches_what_it_was_written_for(void **state)
{
    char token[TOKEN_SIZE];

    (void)state;
    token_write(secret, checkout, digest, token);
    assert_int_equal(strlen(token), TOKEN_SIZE - 1);
    assert_true(token_matches(secret, checkout, digest, slice_of(token)));
}

static void test_token_fits_a_button_and_an_url(void **state)
{
    char token[TOKEN_SIZE];

    (void)state;
    token_write(secret, checkout, digest, token);
    assert_true(strlen("confirm:") + strlen(token) <= 256);
    assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
        strlen(token));
}

static void test_token_matches_nothing_else(void **state)
{
    char token[TOKEN_SIZE];
    char other_digest[65];
    struct svc_slice other = {other_digest, 64};

    (void)state;
    token_write(secret, checkout, digest, token);
    /* Each digit of the digest counts, those that aren't in the token as well. */
    for (size_t i = 0; i < 64; i++) {
        memcpy(other_digest, digest.text, 64);
        other_digest[i] = digest.text[i] == '0' ? '1' : '0';
        assert_false(token_matches(secret, checkout, other, slice_of(token)));
    }
    assert_false(token_matches(slice_of("another"), checkout, digest, slice_of(token)));
    assert_false(token_matches(secret, slice_of("33a6"), digest, slice_of(token)));
    assert_false(token_matches(secret, checkout, digest, slice_of("")));
    assert_false(token_matches(secret, checkout, digest, (struct svc_slice){token, 10}));
    for (size_t i = 0; i < strlen(token); i++) {
        token[i] ^= 1;
        assert_false(token_matches(secret, checkout, digest, slice_of(token)));
        token[i] ^= 1;
    }
}

static void test_token_of_nothing_matches_nothing(void **state)
{
    char token[TOKEN_SIZE];
    struct svc_slice nothing = {NULL, 0};

    (void)state;
    token_write(secret, checkout, nothing, token);
    assert_false(token_matches(secret, checkout, nothing, slice_of(token)));
    token_write(secret, nothing, digest, token);
    assert_false(token_matches(secret, nothing, digest, slice_of(token)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_matches_what_it_was_written_for),
        cmocka_unit_test(test_token_fits_a_button_and_an_url),
        cmocka_unit_test(test_token_matches_nothing_else),
        cmocka_unit_test(test_token_of_nothing_matches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
