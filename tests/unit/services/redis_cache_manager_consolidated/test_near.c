/* The map in memory: what is kept, for how long, and what is forgotten. */
#include "../../unit.h"

#include "near.h"

static bool live = true;

static bool is_live(void *context)
{
    (void)context;
    return live;
}

static void put(struct near *near, struct svc_slice key, struct svc_slice text)
{
    near_put(near, near_ticket(near, key), key, text, 100);
}

static bool has(struct near *near, struct svc_slice key, int64_t now_ms, const char *text)
{
    struct svc_arena arena = {0};
    struct near_text found;
    bool there = near_get(near, &arena, key, now_ms, &found);

    if (there && text != NULL) {
        assert_true(svc_slice_equals(found.text, text));
    }
    svc_arena_done(&arena);
    return there;
}

static void test_put_and_get(void **state)
{
    struct near *near = near_new(100, 10);

    (void)state;
    put(near, SVC_SLICE("k"), SVC_SLICE("v"));
    assert_false(has(near, SVC_SLICE("k"), 0, NULL)); /* nobody follows the changes */
    near_follow(near, NULL, NULL);
    put(near, SVC_SLICE("k"), SVC_SLICE("v"));
    assert_true(has(near, SVC_SLICE("k"), 99, "v"));
    assert_false(has(near, SVC_SLICE("k"), 100, NULL));
    put(near, SVC_SLICE("k"), SVC_SLICE("more than 10"));
    assert_false(has(near, SVC_SLICE("k"), 0, NULL));
    near_free(&near);
}

static void test_change_while_it_is_read(void **state)
{
    struct near *near = near_new(100, 100);
    struct svc_slice key = SVC_SLICE("k");

    (void)state;
    near_follow(near, NULL, NULL);
    uint64_t ticket = near_ticket(near, key);
    near_invalidate(near, key);
    near_put(near, ticket, key, SVC_SLICE("old"), 100);
    assert_false(has(near, key, 0, NULL));
    ticket = near_ticket(near, key);
    near_flush(near);
    near_put(near, ticket, key, SVC_SLICE("old"), 100);
    assert_false(has(near, key, 0, NULL));
    near_free(&near);
}

static void test_not_live(void **state)
{
    struct near *near = near_new(100, 100);
    struct svc_slice key = SVC_SLICE("k");

    (void)state;
    near_follow(near, is_live, NULL);
    put(near, key, SVC_SLICE("v"));
    assert_true(has(near, key, 0, "v"));
    live = false;
    assert_false(has(near, key, 0, NULL));
    uint64_t ticket = near_ticket(near, key);
    live = true;
    near_put(near, ticket, key, SVC_SLICE("read before"), 100);
    assert_true(has(near, key, 0, "v"));
    near_free(&near);
}

static void test_is_bounded(void **state)
{
    struct near *near = near_new(80, 100);
    char key[16];

    (void)state;
    near_follow(near, NULL, NULL);
    for (int i = 0; i < 10000; i++) {
        int length = snprintf(key, sizeof key, "k%d", i);
        put(near, (struct svc_slice){key, (size_t)length}, SVC_SLICE("v"));
    }
    assert_in_range(near_count(near), 40, 88);
    assert_true(has(near, SVC_SLICE("k9999"), 0, "v"));
    near_flush(near);
    assert_int_equal(near_count(near), 0);
    near_free(&near);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_and_get),
        cmocka_unit_test(test_change_while_it_is_read),
        cmocka_unit_test(test_not_live),
        cmocka_unit_test(test_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
