/* Amounts as gateways write them, exactly or not at all. */
#include "gateway_private.h"

#include <svc/money.h>

enum { UNIT_DIGITS_MAX = 15 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The digits from AT on; false for none, or more than fit. */
static bool read_digits(struct svc_slice text, size_t *at, int64_t *ret_number)
{
    size_t begin = *at;
    int64_t number = 0;

    while (*at < text.length && is_digit(text.text[*at])) {
        number = number * 10 + (text.text[(*at)++] - '0');
        if (*at - begin > UNIT_DIGITS_MAX) {
            return false;
        }
    }
    *ret_number = number;
    return *at > begin;
}

bool gateway_read_decimal(
    struct svc_slice amount, struct svc_slice currency, int64_t *ret_minor)
{
    int64_t scale = svc_money_minor_per_unit(currency);
    int64_t units = 0;
    int64_t part = 0;
    size_t at = 0;

    if (amount.text == NULL || !read_digits(amount, &at, &units)) {
        return false;
    }
    int64_t minor = units * scale;
    if (at == amount.length) {
        *ret_minor = minor;
        return true;
    }
    if (amount.text[at++] != '.' || at == amount.length) {
        return false;
    }
    for (; at < amount.length; at++) {
        if (!is_digit(amount.text[at])) {
            return false;
        }
        int64_t digit = amount.text[at] - '0';
        if (scale == 1 && digit != 0) {
            return false; /* finer than the smallest coin */
        }
        scale = scale > 1 ? scale / 10 : 1;
        part += digit * scale;
    }
    *ret_minor = minor + part;
    return true;
}

bool gateway_read_whole(const struct svc_json *amount, int64_t per_unit,
    struct svc_slice currency, int64_t *ret_minor)
{
    int64_t ours = svc_money_minor_per_unit(currency);
    int64_t number = 0;
    int64_t product = 0;

    if (!svc_text_to_int64(gateway_text_of(amount), &number) || number < 0 ||
        __builtin_mul_overflow(number, ours, &product) || product % per_unit != 0) {
        return false;
    }
    *ret_minor = product / per_unit;
    return true;
}

bool gateway_whole_of(
    int64_t minor, struct svc_slice currency, int64_t per_unit, int64_t *ret_amount)
{
    int64_t ours = svc_money_minor_per_unit(currency);
    int64_t product = 0;

    if (minor < 0 || __builtin_mul_overflow(minor, per_unit, &product) ||
        product % ours != 0) {
        return false;
    }
    *ret_amount = product / ours;
    return true;
}
