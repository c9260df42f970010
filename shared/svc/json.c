#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu
#define NUMBER_LENGTH_MAX ((size_t)64)
#define INT64_POWER_MAX 18 /* 10^18 fits, 10^19 doesn't */
#define EXPONENT_MAX 100   /* more than the digits of any number can make up for */

struct reader {
    struct svc_arena *arena;
    const char *at;
    const char *start;
    const char *end;
    char *text; /* room for all decoded strings: decoding never makes one longer */
    size_t values_left;
    size_t depth_left;
    size_t replaced;
    struct svc_json_error error;
};

static struct svc_json *read_value(struct reader *reader);

static bool fail(struct reader *reader, const char *reason)
{
    if (reader->error.reason == NULL) {
        reader->error = (struct svc_json_error){
            SVC_MALFORMED, (size_t)(reader->at - reader->start), reason};
    }
    return false;
}

static bool fail_limit(struct reader *reader, const char *reason)
{
    fail(reader, reason);
    reader->error.status = SVC_TOO_LARGE;
    return false;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                           *reader->at == '\r' || *reader->at == '\t')) {
        reader->at++;
    }
}

static bool take(struct reader *reader, char expected)
{
    if (reader->at < reader->end && *reader->at == expected) {
        reader->at++;
        return true;
    }
    return false;
}

/* Four hexadecimal digits, or -1. */
static int32_t read_hex4(struct reader *reader)
{
    uint8_t bytes[2];

    if (reader->end - reader->at < 4 ||
        !svc_text_from_hex((struct svc_slice){reader->at, 4}, bytes, 2)) {
        return -1;
    }
    reader->at += 4;
    return bytes[0] << 8 | bytes[1];
}

/* What follows "\u": a character, or U+FFFD for what is none. */
static bool read_unicode(struct reader *reader)
{
    int32_t first = read_hex4(reader);
    uint32_t code_point = (uint32_t)first;

    if (first < 0) {
        return fail(reader, "four hexadecimal digits must follow \\u");
    }
    bool high = first >= 0xD800 && first <= 0xDBFF;
    if (high && reader->end - reader->at >= 6 && reader->at[0] == '\\' &&
        reader->at[1] == 'u') {
        const char *mark = reader->at;
        reader->at += 2;
        int32_t second = read_hex4(reader);
        if (second >= 0xDC00 && second <= 0xDFFF) {
            code_point =
                0x10000u + ((code_point - 0xD800u) << 10) + (uint32_t)second - 0xDC00u;
        } else {
            reader->at = mark;
        }
    }
    if (code_point == 0 || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
        code_point = REPLACEMENT;
        reader->replaced++;
    }
    reader->text += svc_text_put_utf8(reader->text, code_point);
    return true;
}

static bool read_escape(struct reader *reader)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";

    if (reader->at == reader->end) {
        return fail(reader, "the text ends inside a string");
    }
    char letter = *reader->at++;
    if (letter == 'u') {
        return read_unicode(reader);
    }
    const char *found = letter != '\0' ? strchr(from, letter) : NULL;
    if (found == NULL) {
        reader->at--;
        return fail(reader, "no such escape");
    }
    *reader->text++ = to[found - from];
    return true;
}

/* Copies bytes that stand for themselves; stops at a quote, a backslash or a fault. */
static bool copy_plain(struct reader *reader)
{
    const char *start = reader->at;
    bool ascii = true;
    size_t wrong = 0;
    const char *at =
        start + svc_text_plain_length(start, (size_t)(reader->end - start), &ascii);

    if (!ascii && !svc_text_is_utf8(start, (size_t)(at - start), &wrong)) {
        reader->at = start + wrong;
        return fail(reader, "invalid UTF-8");
    }
    reader->at = at;
    memcpy(reader->text, start, (size_t)(at - start));
    reader->text += at - start;
    if (at == reader->end) {
        return fail(reader, "the text ends inside a string");
    }
    if ((unsigned char)*at < 0x20) {
        return fail(reader, "a control character in a string must be escaped");
    }
    return true;
}

/* After the opening quote. */
static bool read_string(struct reader *reader, struct svc_slice *ret_slice)
{
    char *start = reader->text;

    for (;;) {
        if (!copy_plain(reader)) {
            return false;
        }
        if (*reader->at++ == '"') {
            break;
        }
        if (!read_escape(reader)) {
            return false;
        }
    }
    *ret_slice = (struct svc_slice){start, (size_t)(reader->text - start)};
    *reader->text++ = '\0'; /* its room: the closing quote */
    return true;
}

static size_t skip_digits(struct reader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        reader->at++;
    }
    return (size_t)(reader->at - start);
}

static bool read_number(struct reader *reader, struct svc_json *value)
{
    const char *start = reader->at;

    take(reader, '-');
    bool zero = reader->at < reader->end && *reader->at == '0';
    size_t digits = skip_digits(reader);
    if (digits == 0 || (zero && digits > 1)) {
        reader->at = start;
        return fail(reader, "no value starts like this");
    }
    if (take(reader, '.') && skip_digits(reader) == 0) {
        return fail(reader, "digits must follow the decimal point");
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+')) {
            take(reader, '-');
        }
        if (skip_digits(reader) == 0) {
            return fail(reader, "digits must follow the exponent");
        }
    }
    size_t length = (size_t)(reader->at - start);
    if (length > NUMBER_LENGTH_MAX) {
        return fail_limit(reader, "a number has too many digits");
    }
    value->type = SVC_JSON_NUMBER;
    value->text =
        (struct svc_slice){svc_arena_strndup(reader->arena, start, length), length};
    return true;
}

static bool read_word(struct reader *reader, struct svc_json *value, const char *word,
    enum svc_json_type type)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length ||
        memcmp(reader->at, word, length) != 0) {
        return fail(reader, "no value starts like this");
    }
    reader->at += length;
    value->type = type;
    return true;
}

static bool read_key(struct reader *reader, struct svc_slice *ret_key)
{
    skip_space(reader);
    if (!take(reader, '"')) {
        return fail(reader, "a name in quotes must stand here");
    }
    if (!read_string(reader, ret_key)) {
        return false;
    }
    skip_space(reader);
    return take(reader, ':') || fail(reader, "a colon must follow a name");
}

/* After the opening bracket, up to and with CLOSING. */
static bool read_members(struct reader *reader, struct svc_json *container, char closing)
{
    const struct svc_json **link = &container->first;

    if (reader->depth_left == 0) {
        reader->at--;
        return fail_limit(reader, "arrays and objects are nested too deep");
    }
    reader->depth_left--;
    container->type = closing == '}' ? SVC_JSON_OBJECT : SVC_JSON_ARRAY;
    skip_space(reader);
    if (take(reader, closing)) {
        reader->depth_left++;
        return true;
    }
    do {
        struct svc_slice key = {0};
        if (closing == '}' && !read_key(reader, &key)) {
            return false;
        }
        struct svc_json *member = read_value(reader);
        if (member == NULL) {
            return false;
        }
        member->key = key;
        *link = member;
        link = &member->next;
        container->count++;
        skip_space(reader);
    } while (take(reader, ','));
    reader->depth_left++;
    return take(reader, closing) ||
           fail(reader, "a comma or the closing bracket is missing");
}

static bool read_into(struct reader *reader, struct svc_json *value)
{
    switch (*reader->at) {
    case '"':
        reader->at++;
        value->type = SVC_JSON_STRING;
        return read_string(reader, &value->text);
    case '{':
        reader->at++;
        return read_members(reader, value, '}');
    case '[':
        reader->at++;
        return read_members(reader, value, ']');
    case 't':
        return read_word(reader, value, "true", SVC_JSON_TRUE);
    case 'f':
        return read_word(reader, value, "false", SVC_JSON_FALSE);
    case 'n':
        return read_word(reader, value, "null", SVC_JSON_NULL);
    default:
        return read_number(reader, value);
    }
}

static struct svc_json *read_value(struct reader *reader)
{
    skip_space(reader);
    if (reader->at == reader->end) {
        fail(reader, "the text ends where a value must stand");
        return NULL;
    }
    if (reader->values_left == 0) {
        fail_limit(reader, "there are too many values");
        return NULL;
    }
    reader->values_left--;
    struct svc_json *value = svc_arena_alloc(reader->arena, sizeof *value);
    return read_into(reader, value) ? value : NULL;
}

const struct svc_json *svc_json_read(struct svc_arena *arena, const char *bytes,
    size_t length, const struct svc_json_limits *limits, size_t *ret_replaced,
    struct svc_json_error *ret_error)
{
    /* An escape of six bytes gives at most three, so the text needs no more room than its
     * source; each string's NUL takes the room of a quote. */
    struct reader reader = {
        .arena = arena,
        .at = bytes,
        .start = bytes,
        .end = bytes + length,
        .text = svc_arena_alloc(arena, length + 1),
        .values_left = limits->values,
        .depth_left = limits->depth,
    };
    struct svc_json *value = read_value(&reader);

    skip_space(&reader);
    if (value != NULL && reader.at != reader.end) {
        fail(&reader, "something follows the value");
        value = NULL;
    }
    if (value == NULL) {
        *ret_error = reader.error;
        return NULL;
    }
    *ret_replaced = reader.replaced;
    return value;
}

const struct svc_json *svc_json_get(const struct svc_json *value, const char *name)
{
    const struct svc_json *found = NULL;

    if (!svc_json_is(value, SVC_JSON_OBJECT)) {
        return NULL;
    }
    size_t length = strlen(name);
    for (const struct svc_json *member = value->first; member != NULL;
         member = member->next) {
        if (member->key.length == length && memcmp(member->key.text, name, length) == 0) {
            found = member;
        }
    }
    return found;
}

const struct svc_json *svc_json_at(const struct svc_json *value, size_t index)
{
    if (!svc_json_is(value, SVC_JSON_ARRAY)) {
        return NULL;
    }
    const struct svc_json *element = value->first;
    while (element != NULL && index-- > 0) {
        element = element->next;
    }
    return element;
}

bool svc_json_is(const struct svc_json *value, enum svc_json_type type)
{
    return value != NULL && value->type == type;
}

struct svc_slice svc_json_text(const struct svc_json *value)
{
    return svc_json_is(value, SVC_JSON_STRING) ? value->text : (struct svc_slice){0};
}

struct svc_slice svc_json_get_text(const struct svc_json *value, const char *name)
{
    return svc_json_text(svc_json_get(value, name));
}

/* The way by a double would lose digits past 2^53 and fractions that are too fine. */
static bool decimal_to_int64(struct svc_slice text, int64_t *ret_value)
{
    char digits[NUMBER_LENGTH_MAX + INT64_POWER_MAX];
    size_t count = 0;
    long power = 0;
    bool fraction = false;

    if (text.length > NUMBER_LENGTH_MAX) {
        return false;
    }
    const char *mark = text.text + strcspn(text.text, "eE");
    if (strspn(text.text, "-0.") >= (size_t)(mark - text.text)) {
        *ret_value = 0;
        return true;
    }
    for (const char *at = text.text; at < mark; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        digits[count++] = *at;
        power -= fraction ? 1 : 0;
    }
    long exponent = *mark != '\0' ? strtol(mark + 1, NULL, 10) : 0;
    if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) {
        return false;
    }
    for (power += exponent; power < 0 && count > 0 && digits[count - 1] == '0'; power++) {
        count--;
    }
    if (power < 0 || power > INT64_POWER_MAX) {
        return false;
    }
    memset(digits + count, '0', (size_t)power);
    return svc_text_to_int64(
        (struct svc_slice){digits, count + (size_t)power}, ret_value);
}

bool svc_json_to_int64(const struct svc_json *value, int64_t *ret_value)
{
    if (!svc_json_is(value, SVC_JSON_NUMBER)) {
        return false;
    }
    if (svc_text_to_int64(value->text, ret_value)) {
        return true;
    }
    return decimal_to_int64(value->text, ret_value);
}

double svc_json_to_double(const struct svc_json *value)
{
    if (!svc_json_is(value, SVC_JSON_NUMBER)) {
        return NAN;
    }
    return strtod(value->text.text, NULL);
}

const char *svc_json_type_name(const struct svc_json *value)
{
    static const char *const names[] = {
        [SVC_JSON_NULL] = "null",
        [SVC_JSON_FALSE] = "boolean",
        [SVC_JSON_TRUE] = "boolean",
        [SVC_JSON_NUMBER] = "number",
        [SVC_JSON_STRING] = "string",
        [SVC_JSON_ARRAY] = "array",
        [SVC_JSON_OBJECT] = "object",
    };
    return value != NULL ? names[value->type] : "nothing";
}
