/* What needs no server: slots, URLs, commands as bytes. */
#include "../../unit.h"

#include <svc/redis_private.h>

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

/* Answers of Redis 7.0's CLUSTER KEYSLOT; the first is the vector of the specification,
 * CRC16("123456789") = 0x31C3. */
static void test_slot_of_known_keys(void **state)
{
    static const struct {
        const char *key;
        unsigned slot;
    } cases[] = {
        {"123456789", 0x31C3},
        {"", 0},
        {"foo", 12182},
        {"bar", 5061},
        {"somekey", 11058},
        {"{user1000}.following", 3443},
        {"{user1000}.followers", 3443},
        {"user1000", 3443},
        {"foo{hash_tag}", 2515},
        {"hash_tag", 2515},
        {"foo{}{bar}", 8363},
        {"foo{{bar}}zap", 4015},
        {"{bar", 4015},
        {"foo{bar}{zap}", 5061},
        {"foo{bar", 15278},
        {"foo}bar{", 11073},
        {"\xF0\x9F\x98\x80", 2959},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (svc_redis_slot(slice(cases[i].key)) != cases[i].slot) {
            fail_msg("%s: %u", cases[i].key, svc_redis_slot(slice(cases[i].key)));
        }
    }
    assert_int_equal(svc_redis_slot((struct svc_slice){"a\0b", 3}), 8383);
}

static struct svc_redis_url *read_url(const char *text)
{
    const char *reason = NULL;
    struct svc_redis_url *url = svc_redis_url_new(text, &reason);

    if (url == NULL) {
        fail_msg("%s: %s", text, reason);
    }
    assert_null(reason);
    return url;
}

static void test_url_of_a_server(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        int port;
        const char *user;
        const char *password;
        int database;
    } cases[] = {
        {"redis://", "localhost", 6379, NULL, NULL, 0},
        {"redis://cache", "cache", 6379, NULL, NULL, 0},
        {"redis://cache:1/7?x=y", "cache", 1, NULL, NULL, 7},
        {"redis://:secret@[::1]:6380/1", "::1", 6380, NULL, "secret", 1},
        {"redis://[fe80::1]", "fe80::1", 6379, NULL, NULL, 0},
        {"redis://shop:p%40ss%2F,w@h:65535", "h", 65535, "shop", "p@ss/,w", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_redis_url *url = read_url(cases[i].text);
        assert_false(url->cluster);
        assert_int_equal(url->host_count, 1);
        assert_string_equal(url->hosts[0].name, cases[i].host);
        assert_int_equal(url->hosts[0].port, cases[i].port);
        assert_int_equal(url->database, cases[i].database);
        assert_true((url->user == NULL) == (cases[i].user == NULL));
        assert_true((url->password == NULL) == (cases[i].password == NULL));
        if (url->user != NULL) {
            assert_string_equal(url->user, cases[i].user);
        }
        if (url->password != NULL) {
            assert_string_equal(url->password, cases[i].password);
        }
        svc_redis_url_free(&url);
        assert_null(url);
    }
}

static void test_url_of_a_cluster(void **state)
{
    struct svc_redis_url *url =
        read_url("redis+cluster://shop:a%2Cb@n1:7001,[::1]:7002,n3/0");

    (void)state;
    assert_true(url->cluster);
    assert_int_equal(url->host_count, 3);
    assert_string_equal(url->hosts[0].name, "n1");
    assert_int_equal(url->hosts[0].port, 7001);
    assert_string_equal(url->hosts[1].name, "::1");
    assert_int_equal(url->hosts[1].port, 7002);
    assert_string_equal(url->hosts[2].name, "n3");
    assert_int_equal(url->hosts[2].port, 6379);
    assert_string_equal(url->user, "shop");
    assert_string_equal(url->password, "a,b");
    svc_redis_url_free(&url);
}

static void test_url_that_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "localhost:6379",
        "http://h",
        "rediss://h",
        "rediss+cluster://h",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:x",
        "redis://h:1,i:2",
        "redis://[::1",
        "redis://[::1]x",
        "redis://h/x",
        "redis://h/-1",
        "redis://secret@h",
        "redis://u:%zz@h",
        "redis+cluster://",
        "redis+cluster://a,",
        "redis+cluster://,a",
        "redis+cluster://a,,b",
        "redis+cluster://a:1/1",
        "redis+cluster://a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *reason = NULL;
        struct svc_redis_url *url = svc_redis_url_new(texts[i], &reason);
        if (url != NULL) {
            fail_msg("%s was taken", texts[i]);
        }
        assert_non_null(reason);
    }
}

static void test_split_address(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: none */
        int port;
    } cases[] = {
        {"127.0.0.1:6381", "127.0.0.1", 6381},
        {"::1:6381", "::1", 6381},
        {":6381", "", 6381},
        {"h:0", NULL, 0},
        {"h:", NULL, 0},
        {"h", NULL, 0},
        {"", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[32];
        const char *host = NULL;
        int port = 0;
        snprintf(text, sizeof text, "%s", cases[i].text);
        bool fine = svc_redis_split_address(text, &host, &port);
        assert_int_equal(fine, cases[i].host != NULL);
        if (fine) {
            assert_string_equal(host, cases[i].host);
            assert_int_equal(port, cases[i].port);
        }
    }
}

static void test_batch_frames_commands(void **state)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice set[] = {
        SVC_SLICE("SET"), SVC_SLICE("foo"), {"a\r\n\0b", 5}, {"", 0}};
    const struct svc_slice ping[] = {SVC_SLICE("PING")};
    static const char expected[] = "*4\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$5\r\na\r\n\0b\r\n$"
                                   "0\r\n\r\n*1\r\n$4\r\nPING\r\n";

    (void)state;
    svc_redis_batch_add(batch, 4, set, 1);
    svc_redis_batch_add(batch, 1, ping, 0);
    assert_int_equal(batch->wire.length, sizeof expected - 1);
    assert_memory_equal(batch->wire.bytes, expected, sizeof expected - 1);
    assert_int_equal(batch->commands[0].slot, 12182);
    assert_int_equal(batch->commands[1].slot, SVC_REDIS_NO_SLOT);
    assert_true(svc_redis_reply_is_nil(svc_redis_batch_reply(batch, 0)));
    assert_true(svc_redis_reply_is_nil(svc_redis_batch_reply(batch, 2)));
}

static void test_batch_frames_scripts(void **state)
{
    static const struct svc_redis_script script = {.source = "return 1"};
    static const char by_hash[] =
        "*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n"
        "$1\r\n1\r\n$3\r\nbar\r\n$1\r\nv\r\n";
    static const char by_source[] = "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n"
                                    "$1\r\n1\r\n$3\r\nbar\r\n$1\r\nv\r\n";
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice arguments[] = {SVC_SLICE("bar"), SVC_SLICE("v")};
    const struct svc_slice ping[] = {SVC_SLICE("PING")};
    struct svc_buf wire;

    (void)state;
    svc_buf_init(&wire, 1024);
    svc_redis_batch_add(batch, 1, ping, 0);
    svc_redis_batch_add_script(batch, &script, 1, 2, arguments);
    svc_redis_batch_add(batch, 1, ping, 0);
    svc_redis_batch_copy(batch, 1, false, &wire);
    assert_int_equal(wire.length, sizeof by_hash - 1);
    assert_memory_equal(wire.bytes, by_hash, sizeof by_hash - 1);
    svc_buf_clear(&wire);
    svc_redis_batch_copy(batch, 1, true, &wire);
    assert_int_equal(wire.length, sizeof by_source - 1);
    assert_memory_equal(wire.bytes, by_source, sizeof by_source - 1);
    assert_int_equal(batch->commands[1].slot, 5061);
    svc_buf_done(&wire);
}

/* Keys past nine used to be cut to one digit. */
static void test_batch_counts_many_keys(void **state)
{
    static const struct svc_redis_script script = {.source = "return 1"};
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    struct svc_slice keys[12];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        keys[i] = SVC_SLICE("{k}");
    }
    svc_redis_batch_add_script(batch, &script, COUNT_OF(keys), COUNT_OF(keys), keys);
    assert_non_null(strstr(batch->wire.bytes, "\r\n$2\r\n12\r\n$3\r\n{k}\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slot_of_known_keys),
        cmocka_unit_test(test_url_of_a_server),
        cmocka_unit_test(test_url_of_a_cluster),
        cmocka_unit_test(test_url_that_is_none),
        cmocka_unit_test(test_split_address),
        cmocka_unit_test(test_batch_frames_commands),
        cmocka_unit_test(test_batch_frames_scripts),
        cmocka_unit_test(test_batch_counts_many_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
