#include "../../unit.h"

#include "typo.h"

#include <string.h>

static size_t distance(const char *left, const char *right, size_t max)
{
    return typo_distance((struct svc_slice){left, strlen(left)},
        (struct svc_slice){right, strlen(right)}, max);
}

static void test_distance(void **state)
{
    static const struct {
        const char *left;
        const char *right;
        size_t distance;
    } cases[] = {
        {"zapatila", "zapatila", 0}, {"zapatila", "zapatilla", 1},
        {"celualr", "celular", 1}, {"zpatilla", "zapatilla", 1},
        {"perfune", "perfume", 1}, {"plastelina", "plastilina", 1}, {"ab", "ba", 1},
        {"ca", "abc", 3}, /* 2 where a swapped pair may be changed again */
        {"kitten", "sitting", 3}, {"", "abc", 3}, {"abcdef", "", 4}, /* more than MAX */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(distance(cases[i].left, cases[i].right, 3), cases[i].distance);
        assert_int_equal(distance(cases[i].right, cases[i].left, 3), cases[i].distance);
    }
    assert_int_equal(distance("kitten", "sitting", 2), 3);
    assert_int_equal(distance("abcdefgh", "a", 2), 3);
}

static void test_distance_max_grows_with_the_word(void **state)
{
    (void)state;
    assert_int_equal(typo_distance_max(3), 0);
    assert_int_equal(typo_distance_max(4), 1);
    assert_int_equal(typo_distance_max(7), 1);
    assert_int_equal(typo_distance_max(8), 2);
}

static bool have_key_in_common(struct svc_slice left, struct svc_slice right)
{
    uint32_t keys[2][TYPO_KEYS_MAX];
    size_t counts[2] = {typo_keys(left, keys[0]), typo_keys(right, keys[1])};

    for (size_t i = 0; i < counts[0]; i++) {
        for (size_t k = 0; k < counts[1]; k++) {
            if (keys[0][i] == keys[1][k]) {
                return true;
            }
        }
    }
    return false;
}

/* Up to MISTAKES random mistakes in a random word of few letters, where they meet often.
 */
static void misspell(uint64_t *state, char *word, size_t mistakes)
{
    for (size_t i = 0; i < mistakes; i++) {
        size_t length = strlen(word);
        size_t at = unit_next(state) % length;
        char letter = (char)('a' + unit_next(state) % 3);
        switch (unit_next(state) % 4) {
        case 0:
            word[at] = letter;
            break;
        case 1:
            memmove(word + at + 1, word + at, length - at + 1);
            word[at] = letter;
            break;
        case 2:
            memmove(word + at, word + at + 1, length - at);
            break;
        default:
            letter = word[at];
            word[at] = at + 1 < length ? word[at + 1] : letter;
            word[at + (at + 1 < length ? 1 : 0)] = letter;
            break;
        }
    }
}

static void test_near_sounds_have_a_key_in_common(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (size_t round = 0; round < 200000; round++) {
        char word[24] = "";
        char wrong[24];
        size_t length = 4 + unit_next(&random) % 10;
        for (size_t i = 0; i < length; i++) {
            word[i] = (char)('a' + unit_next(&random) % 3);
        }
        memcpy(wrong, word, sizeof wrong);
        misspell(&random, wrong, 2);
        struct svc_slice written = {wrong, strlen(wrong)};
        struct svc_slice right = {word, length};
        size_t allowed = typo_distance_max(written.length);
        if (written.length >= TYPO_LENGTH_MIN &&
            typo_distance(written, right, allowed) <= allowed &&
            !have_key_in_common(written, right)) {
            fail_msg("%s is not found by %s", word, wrong);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_distance_max_grows_with_the_word),
        cmocka_unit_test(test_near_sounds_have_a_key_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
