/* An amount of money: "500 pesos", "$1,500.50", "20 mil", "dos lucas". */
#include "query_private.h"

#include <string.h>

#define AMOUNT_MAX ((int64_t)1000000000000)

struct scale {
    const char *word;
    int64_t factor;
    bool money;
};

struct number_word {
    const char *word;
    int value;
};

static const struct scale scales[] = {
    {"mil", 1000, true},
    {"k", 1000, false},
    {"luca", 1000, true},
    {"lucas", 1000, true},
    {"luka", 1000, true},
    {"lukas", 1000, true},
    {"palo", 1000000, true},
    {"palos", 1000000, true},
    {"millon", 1000000, true},
    {"millones", 1000000, true},
};

static const char *const currencies[] = {"pesos", "peso", "pesitos", "varos", "varo",
    "baros", "mangos", "dolares", "dolar", "usd", "mxn", "cop", "clp", "ars", "pen",
    "uyu", "soles", "sol", "bolivares", "bs", "euros", "euro", "eur", "lempiras",
    "quetzales", "cordobas", "colones", "guaranies", "bolivianos", "bolos", "reais",
    "reales", "real", "brl", "dollars", "dollar", "bucks", "mn", "centavos"};

static const struct number_word numbers[] = {
    {"diez", 10},
    {"quince", 15},
    {"veinte", 20},
    {"treinta", 30},
    {"cuarenta", 40},
    {"cincuenta", 50},
    {"sesenta", 60},
    {"setenta", 70},
    {"ochenta", 80},
    {"noventa", 90},
    {"cien", 100},
    {"ciento", 100},
    {"doscientos", 200},
    {"trescientos", 300},
    {"cuatrocientos", 400},
    {"quinientos", 500},
    {"seiscientos", 600},
    {"setecientos", 700},
    {"ochocientos", 800},
    {"novecientos", 900},
    {"dos", 2},
    {"tres", 3},
    {"cuatro", 4},
    {"cinco", 5},
    {"seis", 6},
    {"siete", 7},
    {"ocho", 8},
    {"nueve", 9},
    {"un", 1},
};

static bool is_currency(const struct query_reading *reading, size_t index)
{
    return QUERY_ITEM_IS_IN(reading, index, currencies);
}

static const struct scale *find_scale(const struct query_reading *reading, size_t index)
{
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (query_item_is(reading, index, scales[i].word)) {
            return &scales[i];
        }
    }
    return NULL;
}

static int number_word(const struct query_reading *reading, size_t index)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (query_item_is(reading, index, numbers[i].word)) {
            return numbers[i].value;
        }
    }
    return 0;
}

/* "1500.5" in minor units, cut; -1: too large for a price. */
static int64_t to_minor(struct svc_slice digits, int64_t minor_per_unit)
{
    int64_t whole = 0;
    int64_t part = 0;
    int64_t unit = 1;
    bool point = false;

    for (size_t i = 0; i < digits.length && unit < 1000; i++) {
        if (digits.text[i] == '.') {
            point = true;
            continue;
        }
        int64_t *number = point ? &part : &whole;
        *number = *number * 10 + (digits.text[i] - '0');
        unit *= point ? 10 : 1;
        if (whole > AMOUNT_MAX) {
            return -1;
        }
    }
    return whole * minor_per_unit + part * minor_per_unit / unit;
}

static bool has_sign(const struct query_reading *reading, size_t index)
{
    struct svc_slice gap = query_gap(reading, index);

    while (gap.length > 0 && gap.text[gap.length - 1] == ' ') {
        gap.length--;
    }
    return (gap.length > 0 && gap.text[gap.length - 1] == '$') ||
           (gap.length >= 3 && memcmp(gap.text + gap.length - 3, "\xE2\x82\xAC", 3) == 0);
}

/* The number at INDEX, in digits or words; 0 items: none. */
static size_t read_number(
    const struct query_reading *reading, size_t index, int64_t *ret_minor)
{
    size_t items = 0;
    int64_t value = 0;

    if (index >= reading->count || reading->items[index].used) {
        return 0;
    }
    if (reading->items[index].number) {
        *ret_minor = to_minor(reading->items[index].word.exact, reading->minor_per_unit);
        return *ret_minor >= 0;
    }
    /* "mil" alone is read here as well: "menos de mil". */
    if (query_item_is(reading, index, "mil")) {
        *ret_minor = 1000 * reading->minor_per_unit;
        int more = number_word(reading, index + 1);
        *ret_minor += more * reading->minor_per_unit;
        return more > 0 ? 2 : 1;
    }
    for (int next = number_word(reading, index); next > 0 && items < 4;
         next = number_word(reading, index + items)) {
        value += next;
        items++;
        items += query_item_is(reading, index + items, "y") &&
                 number_word(reading, index + items + 1) > 0;
    }
    *ret_minor = value * reading->minor_per_unit;
    return items;
}

/* Whether the number at INDEX is a part of something else: "iphone15", "128 gb", "50%".
 */
static bool is_other(const struct query_reading *reading, size_t index, size_t next)
{
    const struct query_item *item = &reading->items[index];
    const struct query_item *last = &reading->items[next - 1];

    if (!item->number) {
        return false;
    }
    bool tied_on = item->joined != NULL && find_scale(reading, next) == NULL &&
                   !is_currency(reading, next);
    bool percent =
        last->until < reading->text.length && reading->text.text[last->until] == '%';
    bool sign = has_sign(reading, index);
    return tied_on || percent || (item->quantity != NULL && !sign) ||
           (item->tied && !sign && !query_item_is(reading, index - 1, "s"));
}

static size_t read_prefix(
    const struct query_reading *reading, size_t index, bool *ret_money)
{
    if (is_currency(reading, index) && index + 1 < reading->count &&
        reading->items[index + 1].number) {
        *ret_money = true;
        return 1;
    }
    if (query_item_is(reading, index, "s") || query_item_is(reading, index, "r") ||
        query_item_is(reading, index, "us") || query_item_is(reading, index, "mx")) {
        struct svc_slice gap = query_gap(reading, index + 1);
        bool sign = gap.length > 0 && (*gap.text == '$' || *gap.text == '/');
        *ret_money = *ret_money || sign;
        return sign;
    }
    return 0;
}

bool query_amount(
    const struct query_reading *reading, size_t index, struct query_amount *ret_amount)
{
    struct query_amount amount = {.scale = 1};

    amount.items = read_prefix(reading, index, &amount.money);
    size_t at = index + amount.items;
    size_t number = read_number(reading, at, &amount.minor);
    if (number == 0 || is_other(reading, at, at + number)) {
        return false;
    }
    amount.money = amount.money || has_sign(reading, at);
    at += number;
    const struct scale *scale = find_scale(reading, at);
    if (scale != NULL) {
        amount.scale = scale->factor;
        amount.money = amount.money || scale->money;
        at++;
        int64_t more = 0;
        size_t items = scale->factor == 1000 && number_word(reading, at) > 0
                           ? read_number(reading, at, &more)
                           : 0;
        if (__builtin_mul_overflow(amount.minor, scale->factor, &amount.minor) ||
            __builtin_add_overflow(amount.minor, more, &amount.minor)) {
            return false;
        }
        at += items;
    }
    if (is_currency(reading, at)) {
        amount.money = true;
        at++;
    } else if (query_item_is(reading, at, "de") && is_currency(reading, at + 1)) {
        amount.money = true;
        at += 2; /* "un millón de pesos" */
    }
    amount.items = at - index;
    *ret_amount = amount;
    /* "menos de cien" is a price, "más de dos" isn't. */
    return reading->items[at - 1].number || amount.money ||
           amount.minor >= 50 * reading->minor_per_unit;
}
