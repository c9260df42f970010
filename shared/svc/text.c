#include "text.h"

#include "mem.h"

#include <stdio.h>
#include <string.h>

uint64_t svc_text_hash(struct svc_slice text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < text.length; i++) {
        hash = (hash ^ (uint8_t)text.text[i]) * 0x100000001b3u;
    }
    return hash;
}

struct svc_slice svc_slice_keep(struct svc_arena *arena, struct svc_slice slice)
{
    if (slice.text == NULL) {
        return (struct svc_slice){NULL, 0};
    }
    return (struct svc_slice){
        svc_arena_strndup(arena, slice.text, slice.length), slice.length};
}

bool svc_slice_equals(struct svc_slice slice, const char *text)
{
    /* Most texts that are compared differ at once: their lengths needn't be counted. */
    if (slice.text == NULL || (slice.length > 0 && slice.text[0] != text[0])) {
        return false;
    }
    return slice.length == strlen(text) && memcmp(slice.text, text, slice.length) == 0;
}

/* Length of the well-formed sequence at BYTES, or 0 (Unicode 15, table 3-7). */
static size_t sequence_length(const uint8_t *bytes, size_t room)
{
    uint8_t first = bytes[0];

    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return room >= 2 && (bytes[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if ((first & 0xF0) == 0xE0) {
        uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
        uint8_t high = first == 0xED ? 0x9F : 0xBF;
        return room >= 3 && bytes[1] >= low && bytes[1] <= high &&
                       (bytes[2] & 0xC0) == 0x80
                   ? 3
                   : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        uint8_t low = first == 0xF0 ? 0x90 : 0x80;
        uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
        return room >= 4 && bytes[1] >= low && bytes[1] <= high &&
                       (bytes[2] & 0xC0) == 0x80 && (bytes[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

bool svc_text_is_utf8(const char *text, size_t length, size_t *ret_offset)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;

    while (at < length) {
        uint64_t word;
        if (length - at >= sizeof word) {
            memcpy(&word, bytes + at, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                at += sizeof word;
                continue;
            }
        }
        size_t step = sequence_length(bytes + at, length - at);
        if (step == 0) {
            if (ret_offset != NULL) {
                *ret_offset = at;
            }
            return false;
        }
        at += step;
    }
    return true;
}

#define EACH_BYTE(byte) (0x0101010101010101u * (byte))

/* Eight bytes at once; the high bit of each byte that needs a look is set, exactly for
 * the lowest one (Warren, Hacker's Delight, 6-1, "Find First 0-Byte"). */
static uint64_t find_special(uint64_t word)
{
    uint64_t quote = word ^ EACH_BYTE('"');
    uint64_t backslash = word ^ EACH_BYTE('\\');
    uint64_t control = (word - EACH_BYTE(0x20)) & ~word;

    quote = (quote - EACH_BYTE(1)) & ~quote;
    backslash = (backslash - EACH_BYTE(1)) & ~backslash;
    return (quote | backslash | control) & EACH_BYTE(0x80);
}

size_t svc_text_plain_length(const char *text, size_t length, bool *ret_ascii)
{
    uint64_t seen = 0;
    uint64_t word = 0;
    size_t at = 0;

    for (; length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (find_special(word) != 0) {
            break;
        }
        seen |= word;
    }
    unsigned char byte = 0;
    for (; at < length; at++) {
        byte = (unsigned char)text[at];
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            break;
        }
        seen |= byte;
    }
    *ret_ascii = (seen & EACH_BYTE(0x80)) == 0;
    return at;
}

size_t svc_text_put_int64(char *out, int64_t number)
{
    char digits[20];
    size_t count = 0;
    size_t sign = number < 0 ? 1 : 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    out[0] = '-';
    for (size_t i = 0; i < count; i++) {
        out[sign + i] = digits[count - 1 - i];
    }
    return sign + count;
}

size_t svc_text_put_utf8(char out[4], uint32_t code_point)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

bool svc_text_equals_secret(const char *left, const char *right, size_t length)
{
    volatile unsigned char difference = 0;

    for (size_t i = 0; i < length; i++) {
        difference = (unsigned char)(difference | (left[i] ^ right[i]));
    }
    return difference == 0;
}

void svc_text_to_hex(const uint8_t *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
}

/* Read far more often than written: signatures are 64 digits. */
/* clang-format off */
static const uint8_t hex_values[256] = {
    /* value + 1, so that all others are 0 */
    ['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ['A'] = 11, 12, 13, 14, 15, 16,
    ['a'] = 11, 12, 13, 14, 15, 16,
};
/* clang-format on */

static int hex_value(char digit)
{
    return (int)hex_values[(unsigned char)digit] - 1;
}

bool svc_text_from_hex(struct svc_slice text, uint8_t *out, size_t size)
{
    if (text.text == NULL || text.length != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text.text[2 * i]);
        int low = hex_value(text.text[2 * i + 1]);
        if ((high | low) < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool svc_text_to_int64(struct svc_slice text, int64_t *ret_value)
{
    bool negative = text.length > 0 && text.text[0] == '-';
    size_t at = negative ? 1 : 0;
    int64_t value = 0;

    if (at == text.length) {
        return false;
    }
    for (; at < text.length; at++) {
        int digit = text.text[at] - '0';
        if (digit < 0 || digit > 9) {
            return false;
        }
        /* Downwards, since the smallest value has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *ret_value = negative ? value : -value;
    return true;
}

ptrdiff_t svc_text_percent_decode(char *text, size_t length, bool plus_is_space)
{
    size_t out = 0;

    for (size_t at = 0; at < length; at++) {
        char byte = text[at];
        if (byte == '%') {
            int high = length - at > 2 ? hex_value(text[at + 1]) : -1;
            int low = length - at > 2 ? hex_value(text[at + 2]) : -1;
            if (high < 0 || low < 0) {
                return -1;
            }
            byte = (char)(high << 4 | low);
            at += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        text[out++] = byte;
    }
    return (ptrdiff_t)out;
}

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void svc_text_mask(struct svc_slice text, char *out, size_t size)
{
    if (text.length < 8 || size < text.length + 1) {
        snprintf(out, size, "***");
        return;
    }
    /* What is shown are whole characters, so that the result is UTF-8 where TEXT is. */
    size_t head = 2;
    while (head > 0 && is_inside_character(text.text[head])) {
        head--;
    }
    size_t tail = text.length - 4;
    while (tail < text.length && is_inside_character(text.text[tail])) {
        tail++;
    }
    memcpy(out, text.text, head);
    memset(out + head, '*', tail - head);
    memcpy(out + tail, text.text + tail, text.length - tail);
    out[text.length] = '\0';
}
