#include "money.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct currency {
    const char *code;
    const char *sign;
    int exponent;   /* ISO 4217 */
    char thousands; /* between groups of three */
    char decimal;
    bool whole; /* prices are whole as a rule: no ".00" */
};

static const struct currency currencies[] = {
    {"MXN", "$", 2, ',', '.', false},
    {"USD", "US$", 2, ',', '.', false},
    {"COP", "$", 2, '.', ',', true},
    {"ARS", "$", 2, '.', ',', true},
    {"CLP", "$", 0, '.', ',', true},
    {"PEN", "S/ ", 2, ',', '.', false},
    {"BRL", "R$ ", 2, '.', ',', false},
    {"UYU", "$", 2, '.', ',', true},
    {"BOB", "Bs ", 2, '.', ',', false},
    {"VES", "Bs. ", 2, '.', ',', false},
    {"PYG", "₲ ", 0, '.', ',', true},
    {"CRC", "₡", 2, '.', ',', true},
    {"GTQ", "Q", 2, ',', '.', false},
    {"HNL", "L ", 2, ',', '.', false},
    {"NIO", "C$ ", 2, ',', '.', false},
    {"PAB", "B/. ", 2, ',', '.', false},
    {"DOP", "RD$", 2, ',', '.', false},
    {"EUR", "€ ", 2, '.', ',', false},
    {"GBP", "£", 2, ',', '.', false},
    {"JPY", "¥", 0, ',', '.', true},
    {"KRW", "₩", 0, ',', '.', true},
    {"VND", "₫ ", 0, '.', ',', true},
    {"ISK", "ISK ", 0, '.', ',', true},
    {"UGX", "UGX ", 0, ',', '.', true},
    {"XAF", "XAF ", 0, ',', '.', true},
    {"XOF", "XOF ", 0, ',', '.', true},
    {"BHD", "BHD ", 3, ',', '.', false},
    {"IQD", "IQD ", 3, ',', '.', false},
    {"JOD", "JOD ", 3, ',', '.', false},
    {"KWD", "KWD ", 3, ',', '.', false},
    {"OMR", "OMR ", 3, ',', '.', false},
    {"TND", "TND ", 3, ',', '.', false},
};

static const struct currency *find(struct svc_slice code)
{
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        if (code.length == 3 && strncasecmp(code.text, currencies[i].code, 3) == 0) {
            return &currencies[i];
        }
    }
    return NULL;
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    for (int i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

int64_t svc_money_minor_per_unit(struct svc_slice currency)
{
    const struct currency *found = find(currency);

    return power_of_ten(found != NULL ? found->exponent : 2);
}

static int digits_of(int64_t minor_per_unit)
{
    int digits = 0;

    for (int64_t rest = minor_per_unit; rest > 1; rest /= 10) {
        digits++;
    }
    return digits;
}

/* Of the most negative number, too. */
static uint64_t magnitude(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

void svc_money_write_units(int64_t minor, int64_t minor_per_unit, struct svc_buf *out)
{
    uint64_t amount = magnitude(minor);
    uint64_t per_unit = (uint64_t)minor_per_unit;

    svc_buf_add_text(out, minor < 0 ? "-" : "");
    svc_buf_printf(out, "%llu", (unsigned long long)(amount / per_unit));
    if (per_unit > 1) {
        svc_buf_printf(out, ".%0*llu", digits_of(minor_per_unit),
            (unsigned long long)(amount % per_unit));
    }
}

static void add_grouped(uint64_t number, char separator, struct svc_buf *out)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            svc_buf_add_char(out, separator);
        }
        svc_buf_add_char(out, digits[i]);
    }
}

void svc_money_write_text(int64_t minor, struct svc_slice currency, struct svc_buf *out)
{
    static const struct currency other = {"", "", 2, ',', '.', false};
    const struct currency *found = find(currency);
    const struct currency *form = found != NULL ? found : &other;
    uint64_t per_unit = (uint64_t)power_of_ten(form->exponent);
    uint64_t amount = magnitude(minor);

    svc_buf_add_text(out, minor < 0 ? "-" : "");
    if (found == NULL && currency.length > 0) {
        svc_buf_add(out, currency.text, currency.length);
        svc_buf_add_char(out, ' ');
    }
    svc_buf_add_text(out, form->sign);
    add_grouped(amount / per_unit, form->thousands, out);
    if (per_unit > 1 && !(form->whole && amount % per_unit == 0)) {
        svc_buf_printf(out, "%c%0*llu", form->decimal, form->exponent,
            (unsigned long long)(amount % per_unit));
    }
}
