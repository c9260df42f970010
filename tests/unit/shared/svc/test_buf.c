#include "../../unit.h"

#include <svc/buf.h>
#include <svc/mem.h>

static void test_new_buffer_is_empty_text(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 10);
    assert_string_equal(svc_buf_text(&buf), "");
    assert_int_equal(buf.length, 0);
    assert_false(buf.overflow);
    svc_buf_done(&buf);
}

static void test_add_grows_and_ends_with_nul(void **state)
{
    (void)state;
    struct svc_buf buf;
    char expected[3001] = "";

    svc_buf_init(&buf, 3000);
    for (size_t i = 0; i < 1000; i++) {
        svc_buf_add(&buf, "abc", 3);
        memcpy(expected + 3 * i, "abc", 4);
        assert_string_equal(svc_buf_text(&buf), expected);
    }
    assert_false(buf.overflow);
    assert_int_equal(buf.length, 3000);
    svc_buf_done(&buf);
}

static void test_add_keeps_nul_bytes(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 10);
    svc_buf_add(&buf, "a\0b", 3);
    svc_buf_add_char(&buf, '\0');
    assert_int_equal(buf.length, 4);
    assert_memory_equal(svc_buf_text(&buf), "a\0b\0", 5);
    svc_buf_done(&buf);
}

static void test_add_up_to_the_limit_fits(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 5);
    svc_buf_add_text(&buf, "12345");
    svc_buf_add(&buf, "", 0);
    assert_false(buf.overflow);
    svc_buf_add_char(&buf, '6');
    assert_true(buf.overflow);
    assert_string_equal(svc_buf_text(&buf), "12345");
    svc_buf_done(&buf);
}

static void test_limit_of_zero_takes_nothing(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 0);
    svc_buf_add(&buf, "", 0);
    assert_false(buf.overflow);
    svc_buf_add_char(&buf, 'x');
    assert_true(buf.overflow);
    assert_string_equal(svc_buf_text(&buf), "");
    svc_buf_done(&buf);
}

/* What fits after something that didn't must not be added: the text would have a hole. */
static void test_overflow_is_sticky(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 5);
    svc_buf_add_text(&buf, "123");
    svc_buf_add_text(&buf, "456");
    svc_buf_add_char(&buf, '4');
    svc_buf_printf(&buf, "%d", 4);
    assert_null(svc_buf_reserve(&buf, 1));
    assert_true(buf.overflow);
    assert_string_equal(svc_buf_text(&buf), "123");
    svc_buf_done(&buf);
}

static void test_clear_ends_an_overflow_and_keeps_the_room(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 5);
    svc_buf_add_text(&buf, "123");
    svc_buf_add_text(&buf, "456");
    char *bytes = buf.bytes;
    svc_buf_clear(&buf);
    assert_false(buf.overflow);
    assert_string_equal(svc_buf_text(&buf), "");
    svc_buf_add_text(&buf, "abcde");
    assert_ptr_equal(buf.bytes, bytes);
    assert_string_equal(svc_buf_text(&buf), "abcde");
    svc_buf_done(&buf);
}

static void test_done_leaves_a_buffer_that_works(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 5);
    svc_buf_add_text(&buf, "123");
    svc_buf_done(&buf);
    svc_buf_done(&buf);
    assert_string_equal(svc_buf_text(&buf), "");
    svc_buf_add_text(&buf, "123456");
    assert_true(buf.overflow);
    svc_buf_done(&buf);
}

static void test_printf_short_and_long(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 255, 256, 510, 511, 512, 513, 1023, 5000};

    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct svc_buf buf;
        SVC_AUTO_FREE char *text = svc_alloc_zero(lengths[i] + 1, 1);
        memset(text, 'x', lengths[i]);
        svc_buf_init(&buf, 10000);
        svc_buf_printf(&buf, "<%s", text);
        svc_buf_printf(&buf, "%c%03d", '>', 7);
        assert_int_equal(buf.length, lengths[i] + 5);
        assert_memory_equal(svc_buf_text(&buf) + 1, text, lengths[i]);
        assert_string_equal(svc_buf_text(&buf) + lengths[i] + 1, ">007");
        svc_buf_done(&buf);
    }
}

static void test_printf_past_the_limit_adds_nothing(void **state)
{
    (void)state;
    struct svc_buf buf;
    char text[600] = "";

    memset(text, 'x', sizeof text - 1);
    svc_buf_init(&buf, 599);
    svc_buf_printf(&buf, "%s", text);
    assert_false(buf.overflow);
    svc_buf_clear(&buf);
    svc_buf_printf(&buf, "a");
    svc_buf_printf(&buf, "%s", text);
    assert_true(buf.overflow);
    assert_string_equal(svc_buf_text(&buf), "a");
    svc_buf_done(&buf);
}

static void test_reserve_gives_room_at_the_end(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 1000);
    svc_buf_add_text(&buf, "ab");
    char *end = svc_buf_reserve(&buf, 998);
    assert_non_null(end);
    assert_int_equal(buf.length, 2);
    memset(end, 'c', 998);
    end[998] = '\0';
    buf.length += 998;
    assert_int_equal(strlen(svc_buf_text(&buf)), 1000);
    assert_false(buf.overflow);
    assert_null(svc_buf_reserve(&buf, 1));
    assert_true(buf.overflow);
    svc_buf_done(&buf);
}

static void test_reserve_of_more_than_memory_has_fails(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 100);
    svc_buf_add_text(&buf, "ab");
    assert_null(svc_buf_reserve(&buf, SIZE_MAX));
    assert_null(svc_buf_reserve(&buf, SIZE_MAX - 1));
    assert_string_equal(svc_buf_text(&buf), "ab");
    svc_buf_done(&buf);
}

static void test_take_hands_over_and_empties(void **state)
{
    (void)state;
    struct svc_buf buf;
    size_t length = 99;

    svc_buf_init(&buf, 10);
    svc_buf_add_text(&buf, "hello");
    SVC_AUTO_FREE char *text = svc_buf_take(&buf, &length);
    assert_string_equal(text, "hello");
    assert_int_equal(length, 5);
    assert_string_equal(svc_buf_text(&buf), "");
    assert_null(buf.bytes);
    assert_int_equal(buf.limit, 10);
}

static void test_take_of_nothing_is_empty_text(void **state)
{
    (void)state;
    struct svc_buf buf;
    size_t length = 99;

    svc_buf_init(&buf, 0);
    SVC_AUTO_FREE char *empty = svc_buf_take(&buf, &length);
    assert_string_equal(empty, "");
    assert_int_equal(length, 0);

    svc_buf_add_text(&buf, "too long");
    SVC_AUTO_FREE char *overflown = svc_buf_take(&buf, NULL);
    assert_string_equal(overflown, "");
}

static void test_take_after_clear_is_empty_text(void **state)
{
    (void)state;
    struct svc_buf buf;
    size_t length = 99;

    svc_buf_init(&buf, 100);
    svc_buf_add_text(&buf, "of the customer before");
    svc_buf_clear(&buf);
    SVC_AUTO_FREE char *text = svc_buf_take(&buf, &length);
    assert_int_equal(length, 0);
    assert_string_equal(text, "");
}

static void test_take_after_reserve_is_text(void **state)
{
    (void)state;
    struct svc_buf buf;

    svc_buf_init(&buf, 100);
    memset(svc_buf_reserve(&buf, 50), 'x', 50);
    buf.length += 3;
    SVC_AUTO_FREE char *text = svc_buf_take(&buf, NULL);
    assert_string_equal(text, "xxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_buffer_is_empty_text),
        cmocka_unit_test(test_add_grows_and_ends_with_nul),
        cmocka_unit_test(test_add_keeps_nul_bytes),
        cmocka_unit_test(test_add_up_to_the_limit_fits),
        cmocka_unit_test(test_limit_of_zero_takes_nothing),
        cmocka_unit_test(test_overflow_is_sticky),
        cmocka_unit_test(test_clear_ends_an_overflow_and_keeps_the_room),
        cmocka_unit_test(test_done_leaves_a_buffer_that_works),
        cmocka_unit_test(test_printf_short_and_long),
        cmocka_unit_test(test_printf_past_the_limit_adds_nothing),
        cmocka_unit_test(test_reserve_gives_room_at_the_end),
        cmocka_unit_test(test_reserve_of_more_than_memory_has_fails),
        cmocka_unit_test(test_take_hands_over_and_empties),
        cmocka_unit_test(test_take_of_nothing_is_empty_text),
        cmocka_unit_test(test_take_after_clear_is_empty_text),
        cmocka_unit_test(test_take_after_reserve_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
