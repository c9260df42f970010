#include "../../unit.h"

#include <svc/mem.h>
#include <svc/text.h>

#define BYTES(literal) (literal), sizeof(literal) - 1

static void test_slice_equals(void **state)
{
    (void)state;
    assert_true(svc_slice_equals(SVC_SLICE("abc"), "abc"));
    assert_true(svc_slice_equals(SVC_SLICE(""), ""));
    assert_false(svc_slice_equals(SVC_SLICE("abc"), "abcd"));
    assert_false(svc_slice_equals(SVC_SLICE("abc"), "ab"));
    assert_false(svc_slice_equals(SVC_SLICE("abc"), "abC"));
    assert_false(svc_slice_equals((struct svc_slice){"ab\0c", 4}, "ab"));
    assert_false(svc_slice_equals((struct svc_slice){NULL, 0}, ""));
}

/* Unicode, table 3-7: each range's ends are well-formed, what lies beside them isn't. */
static const struct {
    const char *text;
    size_t length;
    bool valid;
    size_t offset;
} utf8_cases[] = {
    {BYTES(""), true, 0},
    {BYTES("abc"), true, 0},
    {BYTES("\x7F"), true, 0},
    {BYTES("\xC2\x80"), true, 0},
    {BYTES("\xDF\xBF"), true, 0},
    {BYTES("\xE0\xA0\x80"), true, 0},
    {BYTES("\xE0\xBF\xBF"), true, 0},
    {BYTES("\xE1\x80\x80"), true, 0},
    {BYTES("\xEC\xBF\xBF"), true, 0},
    {BYTES("\xED\x80\x80"), true, 0},
    {BYTES("\xED\x9F\xBF"), true, 0},
    {BYTES("\xEE\x80\x80"), true, 0},
    {BYTES("\xEF\xBF\xBF"), true, 0},
    {BYTES("\xF0\x90\x80\x80"), true, 0},
    {BYTES("\xF0\xBF\xBF\xBF"), true, 0},
    {BYTES("\xF1\x80\x80\x80"), true, 0},
    {BYTES("\xF3\xBF\xBF\xBF"), true, 0},
    {BYTES("\xF4\x80\x80\x80"), true, 0},
    {BYTES("\xF4\x8F\xBF\xBF"), true, 0},
    {BYTES("a\0b"), true, 0},
    {BYTES("ma\xC3\xB1"
           "ana por la ma\xC3\xB1"
           "ana"),
        true, 0},
    {BYTES("\x80"), false, 0},
    {BYTES("a\xBF"), false, 1},
    {BYTES("\xC0\x80"), false, 0},
    {BYTES("\xC1\xBF"), false, 0},
    {BYTES("\xC2"), false, 0},
    {BYTES("\xC2\x7F"), false, 0},
    {BYTES("\xC2\xC0"), false, 0},
    {BYTES("\xE0\x9F\xBF"), false, 0},
    {BYTES("\xE0\xA0"), false, 0},
    {BYTES("\xE0\xA0\x7F"), false, 0},
    {BYTES("\xE0\xC0\x80"), false, 0},
    {BYTES("\xE1\x80\xC0"), false, 0},
    {BYTES("\xED\xA0\x80"), false, 0},
    {BYTES("\xED\xBF\xBF"), false, 0},
    {BYTES("\xEF\xBF"), false, 0},
    {BYTES("\xF0\x8F\xBF\xBF"), false, 0},
    {BYTES("\xF0\x90\x80"), false, 0},
    {BYTES("\xF0\x90\x80\x7F"), false, 0},
    {BYTES("\xF0\x90\xC0\x80"), false, 0},
    {BYTES("\xF1\x7F\x80\x80"), false, 0},
    {BYTES("\xF4\x90\x80\x80"), false, 0},
    {BYTES("\xF5\x80\x80\x80"), false, 0},
    {BYTES("\xF8\x88\x80\x80\x80"), false, 0},
    {BYTES("\xFE"), false, 0},
    {BYTES("\xFF"), false, 0},
    {BYTES("\xE2\x82\xAC\xE2\x82"), false, 3},
    {BYTES("12345678\xFF"), false, 8},
    {BYTES("1234567\xFF"), false, 7},
    {BYTES("12345678901234\xC3\xA9\xA9"), false, 16},
};

static void test_is_utf8_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(utf8_cases); i++) {
        size_t length = utf8_cases[i].length;
        SVC_AUTO_FREE char *exact = malloc(length + (length == 0));
        size_t offset = 0;
        memcpy(exact, utf8_cases[i].text, length);
        bool valid = svc_text_is_utf8(exact, length, &offset);
        if (valid != utf8_cases[i].valid || offset != utf8_cases[i].offset) {
            fail_msg("case %zu: valid %d, offset %zu", i, valid, offset);
        }
        assert_int_equal(svc_text_is_utf8(exact, length, NULL), valid);
    }
}

/* Every code point is written as the bytes that are read as valid, and each takes as many
 * bytes as its range needs. */
static void test_put_utf8_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char out[4];
        size_t length = svc_text_put_utf8(out, code);
        size_t expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (length != expected || svc_text_is_utf8(out, length, NULL) == surrogate) {
            fail_msg("U+%04X: %zu bytes", code, length);
        }
    }
}

static void test_put_utf8_bytes(void **state)
{
    (void)state;
    char out[4];

    assert_int_equal(svc_text_put_utf8(out, 0x20AC), 3);
    assert_memory_equal(out, "\xE2\x82\xAC", 3);
    assert_int_equal(svc_text_put_utf8(out, 0x1F600), 4);
    assert_memory_equal(out, "\xF0\x9F\x98\x80", 4);
    assert_int_equal(svc_text_put_utf8(out, 0xF1), 2);
    assert_memory_equal(out, "\xC3\xB1", 2);
}

static void test_equals_secret(void **state)
{
    (void)state;
    assert_true(svc_text_equals_secret("", "", 0));
    assert_true(svc_text_equals_secret("abcd", "abcd", 4));
    assert_true(svc_text_equals_secret("abcx", "abcy", 3));
    assert_false(svc_text_equals_secret("abcd", "abce", 4));
    assert_false(svc_text_equals_secret("xbcd", "abcd", 4));
    /* Bits that cancel out under addition or xor of two bytes. */
    assert_false(svc_text_equals_secret("\x01\x01", "\x02\x02", 2));
    assert_false(svc_text_equals_secret("\x80\x80", "\x00\x00", 2));
}

static void test_hex_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t back[256];
    char text[513];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    svc_text_to_hex(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(text + 506, "fdfeff");
    assert_true(svc_text_from_hex((struct svc_slice){text, 512}, back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
}

static void test_from_hex_takes_either_case(void **state)
{
    (void)state;
    uint8_t out[3];

    assert_true(svc_text_from_hex(SVC_SLICE("aBCd0F"), out, 3));
    assert_memory_equal(out, "\xAB\xCD\x0F", 3);
    assert_true(svc_text_from_hex(SVC_SLICE(""), out, 0));
}

static void test_from_hex_refuses_all_but_digits(void **state)
{
    (void)state;
    uint8_t out[2];

    for (int byte = 0; byte < 256; byte++) {
        const char text[4] = {'0', '0', (char)byte, '0'};
        bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                     (byte >= 'A' && byte <= 'F');
        assert_int_equal(svc_text_from_hex((struct svc_slice){text, 4}, out, 2), digit);
    }
    assert_false(svc_text_from_hex(SVC_SLICE("abc"), out, 2));
    assert_false(svc_text_from_hex(SVC_SLICE("abcdef"), out, 2));
    assert_false(svc_text_from_hex(SVC_SLICE(""), out, 2));
    assert_false(svc_text_from_hex((struct svc_slice){NULL, 0}, out, 0));
}

static const struct {
    const char *text;
    bool valid;
    int64_t value;
} int64_cases[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"7", true, 7},
    {"-7", true, -7},
    {"007", true, 7},
    {"000000000000000000000000000042", true, 42},
    {"-0000000000000000000009223372036854775808", true, INT64_MIN},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"9223372036854775810", false, 0},
    {"18446744073709551616", false, 0},
    {"18446744073709551617", false, 0},
    {"92233720368547758070", false, 0},
    {"-92233720368547758080", false, 0},
    {"99999999999999999999999999", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"--1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
    {"1e3", false, 0},
    {"0x10", false, 0},
    {"1-", false, 0},
    {"1/", false, 0},
    {"1:", false, 0},
    {"\xD9\xA3", false, 0},
};

static void test_to_int64(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(int64_cases); i++) {
        int64_t value = 4711;
        struct svc_slice text = {int64_cases[i].text, strlen(int64_cases[i].text)};
        bool valid = svc_text_to_int64(text, &value);
        int64_t expected = int64_cases[i].valid ? int64_cases[i].value : 4711;
        if (valid != int64_cases[i].valid || value != expected) {
            fail_msg("'%s': %d, %lld", int64_cases[i].text, valid, (long long)value);
        }
    }
    int64_t value = 4711;
    assert_false(svc_text_to_int64((struct svc_slice){NULL, 0}, &value));
    assert_false(svc_text_to_int64((struct svc_slice){"1\0", 2}, &value));
    assert_true(svc_text_to_int64((struct svc_slice){"12", 1}, &value));
    assert_int_equal(value, 1);
}

static const struct {
    const char *text;
    bool plus_is_space;
    const char *expected; /* NULL: refused */
    size_t length;
} percent_cases[] = {
    {"", false, BYTES("")},
    {"abc", false, BYTES("abc")},
    {"a%20b", false, BYTES("a b")},
    {"%41%42", false, BYTES("AB")},
    {"%c3%B1", false, BYTES("\xC3\xB1")},
    {"%2525", false, BYTES("%25")},
    {"a%00b", false, BYTES("a\0b")},
    {"%2B+", false, BYTES("++")},
    {"%2B+", true, BYTES("+ ")},
    {"a+b+", true, BYTES("a b ")},
    {"%2b%20%41", true, BYTES("+ A")},
    {"%", false, NULL, 0},
    {"%4", false, NULL, 0},
    {"abc%", false, NULL, 0},
    {"abc%4", false, NULL, 0},
    {"%zz", false, NULL, 0},
    {"%4g", false, NULL, 0},
    {"%g4", false, NULL, 0},
    {"%%41", false, NULL, 0},
    {"% 41", false, NULL, 0},
    {"%-1", false, NULL, 0},
    {"%u0041", false, NULL, 0},
};

static void test_percent_decode(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(percent_cases); i++) {
        size_t length = strlen(percent_cases[i].text);
        SVC_AUTO_FREE char *exact = malloc(length + (length == 0));
        memcpy(exact, percent_cases[i].text, length);
        ptrdiff_t got =
            svc_text_percent_decode(exact, length, percent_cases[i].plus_is_space);
        if (percent_cases[i].expected == NULL) {
            assert_int_equal(got, -1);
            continue;
        }
        assert_int_equal(got, percent_cases[i].length);
        assert_memory_equal(exact, percent_cases[i].expected, percent_cases[i].length);
    }
}

static const struct {
    const char *text;
    const char *masked;
} mask_cases[] = {
    {"5215512345678", "52*******5678"},
    {"12345678", "12**5678"},
    {"1234567", "***"},
    {"", "***"},
    /* Characters are never cut in half: the log must stay UTF-8. */
    {"Jos\xC3\xA9 Mu\xC3\xB1oz", "Jo******\xC3\xB1oz"},
    {"quiero una pi\xC3\xB1"
     "ata",
        "qu*************ata"},
    {"a\xC3\xB1o nuevo", "a*****uevo"},
    {"\xE2\x82\xAC 100 menos", "*********enos"},
    {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", "********\xF0\x9F\x98\x80"},
};

static void test_mask(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mask_cases); i++) {
        char out[64];
        struct svc_slice text = {mask_cases[i].text, strlen(mask_cases[i].text)};
        svc_text_mask(text, out, sizeof out);
        assert_string_equal(out, mask_cases[i].masked);
        assert_true(svc_text_is_utf8(out, strlen(out), NULL));
    }
}

static void test_mask_without_room_shows_nothing(void **state)
{
    (void)state;
    static const char text[] = "5215512345678";

    for (size_t size = 0; size <= sizeof text; size++) {
        SVC_AUTO_FREE char *out = malloc(size + (size == 0));
        svc_text_mask(SVC_SLICE("5215512345678"), out, size);
        if (size == sizeof text) {
            assert_string_equal(out, "52*******5678");
        } else if (size > 3) {
            assert_string_equal(out, "***");
        } else if (size > 0) {
            assert_int_equal(strspn(out, "*"), size - 1);
            assert_int_equal(strlen(out), size - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_equals),
        cmocka_unit_test(test_is_utf8_by_the_table),
        cmocka_unit_test(test_put_utf8_every_code_point),
        cmocka_unit_test(test_put_utf8_bytes),
        cmocka_unit_test(test_equals_secret),
        cmocka_unit_test(test_hex_both_ways),
        cmocka_unit_test(test_from_hex_takes_either_case),
        cmocka_unit_test(test_from_hex_refuses_all_but_digits),
        cmocka_unit_test(test_to_int64),
        cmocka_unit_test(test_percent_decode),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_mask_without_room_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
