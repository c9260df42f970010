#include "../../unit.h"

#include "weights.h"

#include <string.h>

static const char *read_text(struct weights *weights, const char *json)
{
    return weights_read(weights, json, strlen(json));
}

static void test_default_is_in_order(void **state)
{
    struct weights weights;

    (void)state;
    weights_default(&weights);
    for (int tier = 1; tier < MATCH_TIERS; tier++) {
        assert_true(weights.tier[tier] < weights.tier[tier - 1]);
    }
    assert_true(weights.field[FIELD_NAME] > weights.field[FIELD_BRAND]);
    assert_true(weights.field[FIELD_ATTRIBUTES] > weights.field[FIELD_DESCRIPTION]);
}

static void test_read_sets_what_is_named(void **state)
{
    struct weights weights;
    struct weights before;

    (void)state;
    weights_default(&weights);
    before = weights;
    assert_null(read_text(&weights,
        "{\"k1\": 2, \"field\": {\"brand\": 4.5}, \"tier\": {\"typo\": 0},"
        " \"b\": {\"description\": 1}, \"learned\": 0.75}"));
    assert_float_equal(weights.k1, 2, 0);
    assert_float_equal(weights.field[FIELD_BRAND], 4.5, 0);
    assert_float_equal(weights.field[FIELD_NAME], before.field[FIELD_NAME], 0);
    assert_float_equal(weights.tier[MATCH_TYPO], 0, 0);
    assert_float_equal(weights.b[FIELD_DESCRIPTION], 1, 0);
    assert_float_equal(weights.learned, 0.75, 0);
    assert_null(read_text(&weights, "{}"));
}

static void test_read_refuses(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"k1\": \"2\"}",
        "{\"k1\": -1}",
        "{\"k1\": 1e400}",
        "{\"k2\": 1}",
        "{\"field\": 3}",
        "{\"field\": {\"title\": 3}}",
        "{\"tier\": {\"exact\": 1.5}}",
        "{\"b\": {\"name\": 2}}",
        "{\"phrase\": 1, \"unknown\": 1}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct weights weights;
        struct weights before;
        weights_default(&weights);
        before = weights;
        if (read_text(&weights, wrong[i]) == NULL) {
            fail_msg("took %s", wrong[i]);
        }
        assert_memory_equal(&weights, &before, sizeof weights);
    }
}

static void test_index_hash_is_of_what_is_built_in(void **state)
{
    struct weights weights;

    (void)state;
    weights_default(&weights);
    uint64_t hash = weights_index_hash(&weights);
    weights.phrase += 1;
    weights.tier[MATCH_TYPO] = 0;
    assert_int_equal(weights_index_hash(&weights), hash);
    weights.b[FIELD_NAME] += 0.1;
    uint64_t other = weights_index_hash(&weights);
    assert_int_not_equal(other, hash);
    weights.k1 += 0.1;
    assert_int_not_equal(weights_index_hash(&weights), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_is_in_order),
        cmocka_unit_test(test_read_sets_what_is_named),
        cmocka_unit_test(test_read_refuses),
        cmocka_unit_test(test_index_hash_is_of_what_is_built_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
