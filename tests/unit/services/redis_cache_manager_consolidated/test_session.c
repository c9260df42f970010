/* The stored form of a session, its head, and how long it lives. */
#include "../../unit.h"

#include "session.h"
#include "ttl.h"

#define GUIDE                                                                            \
    "{\"id\":7,\"customer_phone\":\"521\",\"customer_name\":\"Ana\","                    \
    "\"session_state\":\"cart\",\"cart_data\":[],\"context_data\":{},"                   \
    "\"total_orders\":3,\"customer_tier\":\"vip\","                                      \
    "\"last_activity\":\"2026-11-24T12:00:00.000Z\","                                    \
    "\"migrated_at\":\"2026-11-24T12:00:01.000Z\",\"version\":\"v2\"}"
#define HEAD "{\"session_version\":5,\"epoch\":3,\"created_ms\":17,\"writes\":\"ab=5\","

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static char *write_session(const struct session *session)
{
    struct svc_buf out;
    size_t length = 0;

    svc_buf_init(&out, 100000);
    session_write(session, &out);
    return svc_buf_take(&out, &length);
}

static void test_head_of_the_guide(void **state)
{
    struct session_head head;

    (void)state;
    session_head_read(slice(GUIDE), &head);
    assert_int_equal(head.form, SESSION_LIVE);
    assert_int_equal(head.version, 1);
    assert_int_equal(head.epoch, 0);
    assert_int_equal(head.body, 0);
}

static void test_head_of_ours(void **state)
{
    struct session_head head;

    (void)state;
    session_head_read(slice(HEAD "\"id\":7}"), &head);
    assert_int_equal(head.form, SESSION_LIVE);
    assert_int_equal(head.version, 5);
    assert_int_equal(head.epoch, 3);
    assert_int_equal(head.created_ms, 17);
    assert_true(svc_slice_equals(head.writes, "ab=5"));
    session_head_read(slice(HEAD "\"deleted\":true}"), &head);
    assert_int_equal(head.form, SESSION_DELETED);
    session_head_read(slice(HEAD "\"moved_to\":\"MX.1\"}"), &head);
    assert_int_equal(head.form, SESSION_MOVED);
    assert_true(svc_slice_equals(head.moved_to, "MX.1"));
    session_head_read((struct svc_slice){NULL, 0}, &head);
    assert_int_equal(head.form, SESSION_NONE);
    assert_int_equal(head.version, 0);
}

/* A text that is cut anywhere is read without a look past its end. */
static void test_head_cut_short(void **state)
{
    static const char text[] = HEAD "\"moved_to\":\"MX.1\"}";

    (void)state;
    for (size_t length = 0; length < sizeof text - 1; length++) {
        struct session_head head;
        char *cut = malloc(length > 0 ? length : 1);
        assert_non_null(cut);
        memcpy(cut, text, length);
        session_head_read((struct svc_slice){cut, length}, &head);
        assert_int_not_equal(head.form, SESSION_NONE);
        free(cut);
    }
}

static void test_write_keeps_the_guide_form(void **state)
{
    struct svc_arena arena = {0};
    struct session session;

    (void)state;
    assert_true(session_read(&arena, slice(GUIDE), &session));
    session.head.version = 5;
    session.head.epoch = 3;
    session.head.created_ms = 17;
    session.head.writes = SVC_SLICE("ab=5");
    char *text = write_session(&session);
    assert_string_equal(text, HEAD "\"id\":7,\"customer_phone\":\"521\","
                                   "\"customer_name\":\"Ana\",\"session_state\":\"cart\","
                                   "\"cart_data\":[],\"context_data\":{},"
                                   "\"total_orders\":3,\"customer_tier\":\"vip\","
                                   "\"last_activity\":\"2026-11-24T12:00:00.000Z\","
                                   "\"migrated_at\":\"2026-11-24T12:00:01.000Z\","
                                   "\"version\":\"v2\"}");
    free(text);
    svc_arena_done(&arena);
}

static void test_read_is_lenient_about_parts(void **state)
{
    struct svc_arena arena = {0};
    struct session session;

    (void)state;
    assert_true(session_read(&arena, slice("{\"cart_data\":null}"), &session));
    assert_true(svc_slice_equals(session.session_state, "greeting"));
    assert_true(svc_slice_equals(session.customer_tier, "new"));
    assert_int_equal(session.cart_data->type, SVC_JSON_ARRAY);
    assert_false(session_read(&arena, slice("[]"), &session));
    assert_false(session_read(&arena, slice("{"), &session));
    svc_arena_done(&arena);
}

static void test_join(void **state)
{
    struct svc_arena arena = {0};
    struct session current;
    struct session previous;

    (void)state;
    assert_true(session_read(&arena,
        slice("{\"session_state\":\"cart\",\"cart_data\":[1],"
              "\"context_data\":{\"a\":1,\"b\":1}}"),
        &previous));
    assert_true(session_read(&arena, slice("{\"context_data\":{\"b\":2}}"), &current));
    session_join(&arena, &current, &previous);
    assert_true(svc_slice_equals(current.session_state, "cart"));
    assert_int_equal(current.cart_data->count, 1);
    assert_int_equal(current.context_data->count, 2);
    int64_t number = 0;
    assert_true(svc_json_to_int64(svc_json_get(current.context_data, "b"), &number));
    assert_int_equal(number, 2);
    svc_arena_done(&arena);
}

static void test_writes(void **state)
{
    struct svc_arena arena = {0};
    struct svc_slice writes = {0};
    char tokens[6][SESSION_WRITE_SIZE];

    (void)state;
    for (int i = 0; i < 6; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%d", i);
        session_write_token(slice(key), tokens[i]);
        assert_int_equal(session_writes_find(writes, tokens[i]), 0);
        writes = session_writes_add(&arena, writes, tokens[i], i + 1);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(session_writes_find(writes, tokens[i]), i < 2 ? 0 : i + 1);
    }
    assert_int_equal(session_writes_find(SVC_SLICE("deleted"), tokens[0]), 0);
    svc_arena_done(&arena);
}

static void test_ttl_rules(void **state)
{
    struct ttl_rules rules = {.longest_s = 1000};
    char error[256];

    (void)state;
    assert_true(ttl_rules_read("state:cart=600,tier:vip=900", &rules, error));
    assert_int_equal(
        ttl_choose_s(&rules, 70, 100, SVC_SLICE("cart"), SVC_SLICE("vip")), 70);
    assert_int_equal(
        ttl_choose_s(&rules, 0, 100, SVC_SLICE("cart"), SVC_SLICE("vip")), 600);
    assert_int_equal(ttl_choose_s(&rules, 0, 100, SVC_SLICE("x"), SVC_SLICE("vip")), 900);
    assert_int_equal(ttl_choose_s(&rules, 0, 100, SVC_SLICE("x"), SVC_SLICE("new")), 100);
    assert_true(ttl_rules_read(NULL, &rules, error));
    assert_int_equal(rules.count, 0);
}

static void test_ttl_rules_refuses(void **state)
{
    static const char *const texts[] = {"cart=600", "state:=600", "state:cart",
        "state:cart=", "state:cart=59", "state:cart=2592001", "state:cart=6o0",
        "state:cart=600,,", "tier=5", "="};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct ttl_rules rules = {0};
        char error[256];
        assert_false(ttl_rules_read(texts[i], &rules, error));
    }
}

static void test_ttl_left(void **state)
{
    const struct ttl_rules rules = {.longest_s = 1000};

    (void)state;
    assert_int_equal(ttl_left_ms(&rules, 600, 0, 5000), 600000);
    assert_int_equal(ttl_left_ms(&rules, 600, 1000, 500000), 501000);
    assert_int_equal(ttl_left_ms(&rules, 600, 1000, 1000000), 1000);
    assert_int_equal(ttl_left_ms(&rules, 600, 1000, 9000000), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_of_the_guide),
        cmocka_unit_test(test_head_of_ours),
        cmocka_unit_test(test_head_cut_short),
        cmocka_unit_test(test_write_keeps_the_guide_form),
        cmocka_unit_test(test_read_is_lenient_about_parts),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_ttl_rules),
        cmocka_unit_test(test_ttl_rules_refuses),
        cmocka_unit_test(test_ttl_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
