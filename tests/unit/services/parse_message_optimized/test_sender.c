#include "../../unit.h"

#include <message.h>
#include <sender.h>

static const struct {
    const char *wa_id;
    const char *key; /* NULL: none */
} numbers[] = {
    {"5215512345678", "525512345678"},
    {"525512345678", "5215512345678"},
    {"5491123456789", "541123456789"},
    {"541123456789", "5491123456789"},
    {"5511987654321", "551187654321"},
    {"551187654321", "5511987654321"},
    {"5511887654321", NULL}, /* thirteen digits without the 9 */
    {"5225512345678", NULL}, /* no 1 after 52 */
    {"16505551234", NULL},
    {"52155123456789", NULL},
    {"521551234567", "5211551234567"}, /* twelve digits: what follows 52 is the number */
    {"52155123456x8", NULL},
    {"+525512345678", NULL},
    {"", NULL},
    {"MX.13491208655302741918", NULL},
};

static void test_match_keys_find(void **state)
{
    struct match_keys keys;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        match_keys_find(
            (struct svc_slice){numbers[i].wa_id, strlen(numbers[i].wa_id)}, &keys);
        assert_int_equal(keys.count, numbers[i].key != NULL ? 1 : 0);
        if (numbers[i].key != NULL) {
            assert_string_equal(keys.keys[0], numbers[i].key);
        }
    }
    match_keys_find((struct svc_slice){0}, &keys);
    assert_int_equal(keys.count, 0);
}

static void test_identity_key_prefers_the_number(void **state)
{
    struct identity identity = {.parent_user_id = SVC_SLICE("MX.ENT.1")};

    (void)state;
    assert_true(svc_slice_equals(identity_key(&identity), "MX.ENT.1"));
    identity.user_id = SVC_SLICE("MX.1");
    assert_true(svc_slice_equals(identity_key(&identity), "MX.1"));
    identity.wa_id = SVC_SLICE("5215512345678");
    assert_true(svc_slice_equals(identity_key(&identity), "5215512345678"));
    identity = (struct identity){0};
    assert_null(identity_key(&identity).text);
}

static const struct svc_json *read_json(struct svc_arena *arena, const char *text)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 100};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(arena, text, strlen(text), &limits, &replaced, &error);

    assert_non_null(value);
    return value;
}

/* The contact that any id leads to, wherever it stands; a broken one is passed over. */
static void test_identity_complete_finds_by_any_id(void **state)
{
    struct svc_arena arena = {0};
    const struct svc_json *contacts = read_json(&arena,
        "[7, null, {\"wa_id\": \"\"}, {\"profile\": 5, \"wa_id\": \"1\"},"
        "{\"wa_id\": \"2\", \"user_id\": \"MX.2\", \"parent_user_id\": \"MX.ENT.2\","
        " \"profile\": {\"name\": \"Ana\", \"username\": \"ana\"}}]");
    const struct identity known[] = {
        {.wa_id = SVC_SLICE("2")},
        {.user_id = SVC_SLICE("MX.2")},
        {.parent_user_id = SVC_SLICE("MX.ENT.2")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct identity identity = known[i];
        identity_complete(&identity, contacts);
        assert_true(svc_slice_equals(identity.wa_id, "2"));
        assert_true(svc_slice_equals(identity.user_id, "MX.2"));
        assert_true(svc_slice_equals(identity.parent_user_id, "MX.ENT.2"));
        assert_true(svc_slice_equals(identity.name, "Ana"));
        assert_true(svc_slice_equals(identity.username, "ana"));
    }
    struct identity other = {.wa_id = SVC_SLICE("3")};
    identity_complete(&other, contacts);
    assert_null(other.name.text);
    struct identity nobody = {0};
    identity_complete(&nobody, contacts);
    assert_null(identity_key(&nobody).text);
    identity_complete(&nobody, NULL);
    svc_arena_done(&arena);
}

static void test_status_rank_grows(void **state)
{
    static const char *const names[] = {"sent", "delivered", "read", "played", "failed"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct svc_slice name = {names[i], strlen(names[i])};
        assert_int_equal(status_rank(name), i + 1);
    }
    assert_int_equal(status_rank(SVC_SLICE("Sent")), 0);
    assert_int_equal(status_rank(SVC_SLICE("")), 0);
    assert_int_equal(status_rank((struct svc_slice){0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_keys_find),
        cmocka_unit_test(test_identity_key_prefers_the_number),
        cmocka_unit_test(test_identity_complete_finds_by_any_id),
        cmocka_unit_test(test_status_rank_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
