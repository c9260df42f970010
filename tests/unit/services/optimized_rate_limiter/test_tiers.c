#include "../../unit.h"

#include <tiers.h>

static void test_find_the_tiers_of_the_guide(void **state)
{
    static const struct {
        const char *name;
        int64_t minute, hour, day, burst;
    } expected[] = {
        {"new", 5, 60, 500, 10},
        {"regular", 10, 120, 1000, 20},
        {"vip", 20, 300, 2000, 50},
    };
    struct tiers tiers;

    (void)state;
    tiers_set_standard(&tiers);
    assert_int_equal(tiers.count, COUNT_OF(expected));
    assert_false(tiers.burst);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        struct svc_slice name = {expected[i].name, strlen(expected[i].name)};
        const struct tier *tier = tiers_find(&tiers, name);
        assert_non_null(tier);
        assert_int_equal(tier->limits.minute, expected[i].minute);
        assert_int_equal(tier->limits.hour, expected[i].hour);
        assert_int_equal(tier->limits.day, expected[i].day);
        assert_int_equal(tier->limits.burst, expected[i].burst);
        assert_int_equal(tier->mode, TIER_ENFORCE);
    }
    static const char *const none[] = {"", "VIP", "vip ", "vi", "default"};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_null(tiers_find(&tiers, (struct svc_slice){none[i], strlen(none[i])}));
    }
    assert_null(tiers_find(&tiers, (struct svc_slice){0}));
}

static void test_limits_clamp(void **state)
{
    static const struct {
        struct limits given, expected;
    } cases[] = {
        {{5, 100, 500, 10}, {5, 100, 500, 10}},
        {{0, 0, 0, 0}, {0, 0, 0, 0}},
        {{-1, INT32_MIN, -5, -1}, {0, 0, 0, 0}},
        {{1000, 20000, 200000, 10000}, {1000, 20000, 200000, 10000}},
        {{1001, 20001, 200001, 10001}, {1000, 20000, 200000, 10000}},
        {{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}, {1000, 20000, 200000, 10000}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct limits limits = cases[i].given;
        limits_clamp(&limits);
        assert_int_equal(limits.minute, cases[i].expected.minute);
        assert_int_equal(limits.hour, cases[i].expected.hour);
        assert_int_equal(limits.day, cases[i].expected.day);
        assert_int_equal(limits.burst, cases[i].expected.burst);
    }
}

static void test_mode_there_and_back(void **state)
{
    static const enum tier_mode modes[] = {TIER_ENFORCE, TIER_SHADOW, TIER_OFF};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        const char *name = tier_mode_name(modes[i]);
        enum tier_mode mode = TIER_ENFORCE;
        assert_true(tier_mode_find((struct svc_slice){name, strlen(name)}, &mode));
        assert_int_equal(mode, modes[i]);
    }
    enum tier_mode untouched = TIER_SHADOW;
    assert_false(tier_mode_find(SVC_SLICE("Off"), &untouched));
    assert_false(tier_mode_find(SVC_SLICE(""), &untouched));
    assert_false(tier_mode_find((struct svc_slice){0}, &untouched));
    assert_int_equal(untouched, TIER_SHADOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_the_tiers_of_the_guide),
        cmocka_unit_test(test_limits_clamp),
        cmocka_unit_test(test_mode_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
