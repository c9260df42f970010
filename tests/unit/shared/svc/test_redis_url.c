#include "../../unit.h"

#include <svc/redis_private.h>

static const struct {
    const char *url;
    const char *host; /* NULL: refused */
    int port;
    const char *user;
    const char *password;
    int database;
} urls[] = {
    {"redis://h", "h", 6379, NULL, NULL, 0},
    {"redis://h/", "h", 6379, NULL, NULL, 0},
    {"redis://h:1234/5", "h", 1234, NULL, NULL, 5},
    {"redis://", "localhost", 6379, NULL, NULL, 0},
    {"redis://:p@h", "h", 6379, NULL, "p", 0},
    {"redis://u:p@h:1/2", "h", 1, "u", "p", 2},
    {"redis://u:p%40s%2Fs%3A@h", "h", 6379, "u", "p@s/s:", 0},
    {"redis://u:a:b@h", "h", 6379, "u", "a:b", 0},
    {"redis://u:p@x@h", "h", 6379, "u", "p@x", 0},
    {"redis://[::1]:7/1", "::1", 7, NULL, NULL, 1},
    {"redis://[::1]", "::1", 6379, NULL, NULL, 0},
    {"redis://h/1?timeout=5", "h", 6379, NULL, NULL, 1},
    {"", NULL, 0, NULL, NULL, 0},
    {"h:6379", NULL, 0, NULL, NULL, 0},
    {"http://h", NULL, 0, NULL, NULL, 0},
    {"rediss://h", NULL, 0, NULL, NULL, 0},
    {"redis://u@h", NULL, 0, NULL, NULL, 0},
    {"redis://:p%4@h", NULL, 0, NULL, NULL, 0},
    {"redis://h:", NULL, 0, NULL, NULL, 0},
    {"redis://h:0", NULL, 0, NULL, NULL, 0},
    {"redis://h:65536", NULL, 0, NULL, NULL, 0},
    {"redis://h:-1", NULL, 0, NULL, NULL, 0},
    {"redis://h/x", NULL, 0, NULL, NULL, 0},
    {"redis://h/-1", NULL, 0, NULL, NULL, 0},
    {"redis://[::1", NULL, 0, NULL, NULL, 0},
    {"redis://[::1]x", NULL, 0, NULL, NULL, 0},
};

static void assert_text(const char *actual, const char *expected)
{
    if (expected == NULL) {
        assert_null(actual);
    } else {
        assert_non_null(actual);
        assert_string_equal(actual, expected);
    }
}

static void test_url_new(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const char *reason = NULL;
        struct svc_redis_url *address = svc_redis_url_new(urls[i].url, &reason);
        if ((address != NULL) != (urls[i].host != NULL)) {
            fail_msg("%s: %s", urls[i].url, reason != NULL ? reason : "taken");
        }
        if (address == NULL) {
            assert_non_null(reason);
            continue;
        }
        assert_text(address->hosts[0].name, urls[i].host);
        assert_text(address->user, urls[i].user);
        assert_text(address->password, urls[i].password);
        assert_int_equal(address->hosts[0].port, urls[i].port);
        assert_int_equal(address->database, urls[i].database);
        svc_redis_url_free(&address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_url_new)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
