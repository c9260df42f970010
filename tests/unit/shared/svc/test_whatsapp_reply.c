#include "../../unit.h"

#include <svc/whatsapp_reply.h>

static const struct svc_json_limits limits = {.depth = 8, .values = 100};

static struct svc_arena arena;
static struct svc_buf buf;

static int setup(void **state)
{
    (void)state;
    svc_buf_init(&buf, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    svc_buf_done(&buf);
    svc_arena_done(&arena);
    return 0;
}

static const struct svc_json *write_and_read(
    struct svc_slice customer_key, struct svc_slice body)
{
    struct svc_json_writer writer;
    struct svc_json_error error;
    size_t replaced = 0;

    svc_buf_clear(&buf);
    svc_json_write_init(&writer, &buf);
    svc_whatsapp_reply_text(&writer, customer_key, body);
    assert_false(buf.overflow);
    const struct svc_json *read =
        svc_json_read(&arena, svc_buf_text(&buf), buf.length, &limits, &replaced, &error);
    assert_non_null(read);
    assert_int_equal(replaced, 0);
    return read;
}

static void assert_text(const struct svc_json *object, const char *name, const char *text)
{
    struct svc_slice found = svc_json_get_text(object, name);

    assert_non_null(found.text);
    assert_int_equal(found.length, strlen(text));
    assert_memory_equal(found.text, text, found.length);
}

static void test_reply_text_to_a_number(void **state)
{
    (void)state;
    const struct svc_json *reply =
        write_and_read(SVC_SLICE("5215512345678"), SVC_SLICE("\"Hola\"\n🙌"));
    assert_int_equal(reply->count, 5);
    assert_text(reply, "messaging_product", "whatsapp");
    assert_text(reply, "recipient_type", "individual");
    assert_text(reply, "to", "5215512345678");
    assert_text(reply, "type", "text");
    assert_text(svc_json_get(reply, "text"), "body", "\"Hola\"\n🙌");
}

static void test_reply_text_to_whom(void **state)
{
    static const struct {
        struct svc_slice key;
        const char *member;
    } cases[] = {
        {{"MX.12345678901234567890", 23}, "recipient"},
        {{"US.ENT.1349", 11}, "recipient"},
        {{"MX.1", 4}, "recipient"},
        {{"5215512345678", 13}, "to"},
        {{"1", 1}, "to"},
        {{"MX.", 3}, "to"},
        {{"mx.123", 6}, "to"},
        {{"M1.123", 6}, "to"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct svc_json *reply = write_and_read(cases[i].key, SVC_SLICE("x"));
        bool recipient = strcmp(cases[i].member, "recipient") == 0;
        assert_int_equal(svc_json_get(reply, "recipient") != NULL, recipient);
        assert_int_equal(svc_json_get(reply, "to") != NULL, !recipient);
        struct svc_slice key = svc_json_get_text(reply, cases[i].member);
        assert_int_equal(key.length, cases[i].key.length);
        assert_memory_equal(key.text, cases[i].key.text, key.length);
    }
}

/* COUNT of CHARACTER, answered and compared with EXPECTED of them and a tail. */
static void assert_cut(const char *character, size_t count, size_t expected, bool cut)
{
    struct svc_buf body;

    svc_buf_init(&body, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        svc_buf_add_text(&body, character);
    }
    const struct svc_json *reply = write_and_read(
        SVC_SLICE("1"), (struct svc_slice){svc_buf_text(&body), body.length});
    struct svc_slice text = svc_json_get_text(svc_json_get(reply, "text"), "body");
    size_t kept = expected * strlen(character);
    assert_int_equal(text.length, kept + (cut ? strlen("…") : 0));
    assert_memory_equal(text.text, svc_buf_text(&body), kept);
    assert_memory_equal(text.text + kept, "…", cut ? strlen("…") : 0);
    assert_true(svc_text_is_utf8(text.text, text.length, NULL));
    svc_buf_done(&body);
}

static void test_reply_text_is_cut_at_4096_characters(void **state)
{
    static const char *const characters[] = {"a", "ñ", "€", "🙌"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(characters); i++) {
        assert_cut(characters[i], 0, 0, false);
        assert_cut(characters[i], 4095, 4095, false);
        assert_cut(characters[i], 4096, 4096, false);
        assert_cut(characters[i], 4097, 4095, true);
        assert_cut(characters[i], 20000, 4095, true);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reply_text_to_a_number),
        TEST(test_reply_text_to_whom),
        TEST(test_reply_text_is_cut_at_4096_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
