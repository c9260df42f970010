/* Prices in words: "menos de 500 pesos", "entre 2 y 3 mil", "$1,500.50". */
#include "query_private.h"

#include <string.h>

enum bound { BOUND_MAX, BOUND_MIN, BOUND_ABOUT, BOUND_PLAIN };

struct trigger {
    const char *words;
    enum bound bound;
    bool needs_money; /* common without a price: "de", "a", "con" */
};

static const struct trigger triggers[] = {
    {"a menos de", BOUND_MAX, false},
    {"por menos de", BOUND_MAX, false},
    {"no mas de", BOUND_MAX, false},
    {"no pase de", BOUND_MAX, false},
    {"no pasen de", BOUND_MAX, false},
    {"no pase los", BOUND_MAX, false},
    {"no exceda", BOUND_MAX, false},
    {"no excedan", BOUND_MAX, false},
    {"menos de", BOUND_MAX, false},
    {"menos que", BOUND_MAX, false},
    {"menos do que", BOUND_MAX, false},
    {"menor a", BOUND_MAX, false},
    {"menor de", BOUND_MAX, false},
    {"menor que", BOUND_MAX, false},
    {"menores a", BOUND_MAX, false},
    {"menores de", BOUND_MAX, false},
    {"menores que", BOUND_MAX, false},
    {"inferior a", BOUND_MAX, false},
    {"inferiores a", BOUND_MAX, false},
    {"por debajo de", BOUND_MAX, false},
    {"debajo de", BOUND_MAX, false},
    {"abajo de", BOUND_MAX, false},
    {"abaixo de", BOUND_MAX, false},
    {"hasta", BOUND_MAX, false},
    {"ate", BOUND_MAX, false},
    {"maximo de", BOUND_MAX, false},
    {"maximo", BOUND_MAX, false},
    {"max", BOUND_MAX, true},
    {"tope de", BOUND_MAX, false},
    {"tope", BOUND_MAX, false},
    {"under", BOUND_MAX, false},
    {"below", BOUND_MAX, false},
    {"less than", BOUND_MAX, false},
    {"up to", BOUND_MAX, false},
    {"at most", BOUND_MAX, false},
    {"no menos de", BOUND_MIN, false},
    {"mas de", BOUND_MIN, false},
    {"mas que", BOUND_MIN, false},
    {"mais de", BOUND_MIN, false},
    {"mayor a", BOUND_MIN, false},
    {"mayor de", BOUND_MIN, false},
    {"mayor que", BOUND_MIN, false},
    {"mayores a", BOUND_MIN, false},
    {"mayores de", BOUND_MIN, false},
    {"mayores que", BOUND_MIN, false},
    {"superior a", BOUND_MIN, false},
    {"superiores a", BOUND_MIN, false},
    {"desde", BOUND_MIN, false},
    {"a partir de", BOUND_MIN, false},
    {"minimo de", BOUND_MIN, false},
    {"minimo", BOUND_MIN, false},
    {"arriba de", BOUND_MIN, false},
    {"por encima de", BOUND_MIN, false},
    {"encima de", BOUND_MIN, false},
    {"acima de", BOUND_MIN, false},
    {"over", BOUND_MIN, false},
    {"above", BOUND_MIN, false},
    {"more than", BOUND_MIN, false},
    {"at least", BOUND_MIN, false},
    {"alrededor de", BOUND_ABOUT, true},
    {"cerca de", BOUND_ABOUT, true},
    {"aproximadamente", BOUND_ABOUT, true},
    {"aprox", BOUND_ABOUT, true},
    {"como de", BOUND_ABOUT, true},
    {"como unos", BOUND_ABOUT, true},
    {"unos", BOUND_ABOUT, true},
    {"around", BOUND_ABOUT, true},
    {"about", BOUND_ABOUT, true},
    {"presupuesto de", BOUND_PLAIN, false},
    {"presupuesto", BOUND_PLAIN, false},
    {"precio de", BOUND_PLAIN, false},
    {"precio", BOUND_PLAIN, false},
    {"por", BOUND_PLAIN, false},
    {"a", BOUND_PLAIN, true},
    {"de", BOUND_PLAIN, true},
};

/* How a range begins and what stands between its ends. */
static const struct {
    const char *from;
    const char *to;
    bool sure; /* without a word for money, too */
} ranges[] = {
    {"entre", "y", true},
    {"entre", "e", true},
    {"entre", "a", true},
    {"between", "and", true},
    {"desde", "hasta", true},
    {"desde", "a", true},
    {"from", "to", true},
    {"de", "a", false},
    {"de", "ate", false},
    {"de", "hasta", false},
    {"", "a", false},
};

/* What follows a number that counts something else. */
static const char *const counted[] = {"anos", "ano", "meses", "mes", "personas", "hojas",
    "paginas", "puestos", "plazas", "puertas", "horas", "dias", "semanas", "velocidades",
    "canales", "jugadores", "niveles", "pares", "vueltas", "cajones", "quemadores",
    "hornallas", "colores", "tazas", "cubiertos", "years", "months", "porciento"};

/* Whether what follows a number says that it is no price: "hasta 8 cilindros". */
static bool counts_something(
    const struct query_reading *reading, const struct query_amount *amount, size_t next)
{
    bool word = next < reading->count && !reading->items[next].stop &&
                !reading->items[next].used && !reading->items[next].number;

    if (amount->money) {
        return false;
    }
    return (word && amount->minor < 50 * reading->minor_per_unit) ||
           QUERY_ITEM_IS_IN(reading, next, counted);
}

static bool is_round(
    const struct query_reading *reading, const struct query_amount *amount)
{
    return amount->minor >= 50 * reading->minor_per_unit &&
           amount->minor % (10 * reading->minor_per_unit) == 0;
}

/* Between two prices: the word TO, or a hyphen. Returns its items, -1: not there. */
static int read_between(const struct query_reading *reading, size_t index, const char *to)
{
    struct svc_slice gap = query_gap(reading, index);

    if (query_item_is(reading, index, to)) {
        return 1;
    }
    bool hyphen = index < reading->count && memchr(gap.text, '-', gap.length) != NULL;
    return hyphen ? 0 : -1;
}

static size_t read_range(struct query_reading *reading, size_t index, size_t which)
{
    struct query_amount low;
    struct query_amount high;
    size_t at = index;

    if (*ranges[which].from != '\0') {
        if (!query_item_is(reading, index, ranges[which].from)) {
            return 0;
        }
        at++;
    }
    if (!query_amount(reading, at, &low)) {
        return 0;
    }
    at += low.items;
    int between = read_between(reading, at, ranges[which].to);
    if (between < 0 || !query_amount(reading, at + (size_t)between, &high)) {
        return 0;
    }
    at += (size_t)between + high.items;
    if (high.scale > low.scale && low.minor < 1000 * reading->minor_per_unit &&
        low.minor * high.scale <= high.minor) {
        low.minor *= high.scale; /* "entre 2 y 3 mil" */
    }
    bool ends =
        at >= reading->count || reading->items[at].stop || reading->items[at].used;
    bool sure = low.money || high.money || ranges[which].sure ||
                (ends && is_round(reading, &low) && is_round(reading, &high));
    if (!sure || (!low.money && counts_something(reading, &high, at))) {
        return 0;
    }
    struct query_filters *filters = &reading->query->filters;
    filters->price_min_minor = low.minor < high.minor ? low.minor : high.minor;
    filters->price_max_minor = low.minor < high.minor ? high.minor : low.minor;
    return at - index;
}

/* "por dos", "precio de 3 camisas" */
static bool is_small(
    const struct query_reading *reading, const struct query_amount *amount)
{
    return !amount->money && amount->minor < 20 * reading->minor_per_unit;
}

static void set_bound(
    struct query_filters *filters, enum bound bound, const struct query_amount *amount)
{
    switch (bound) {
    case BOUND_MIN:
        filters->price_min_minor = amount->minor;
        return;
    case BOUND_ABOUT:
        filters->price_min_minor = amount->minor - amount->minor / 5;
        filters->price_max_minor = amount->minor + amount->minor / 5;
        return;
    case BOUND_MAX:
    case BOUND_PLAIN:
        filters->price_max_minor = amount->minor;
        return;
    }
}

static size_t read_bound(struct query_reading *reading, size_t index)
{
    struct query_amount amount;

    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        size_t words = query_match(reading, index, triggers[i].words);
        size_t at = index + words;
        if (words == 0) {
            continue;
        }
        at += query_item_is(reading, at, "los") || query_item_is(reading, at, "unos");
        if (!query_amount(reading, at, &amount) ||
            (triggers[i].needs_money && !amount.money) ||
            (triggers[i].bound == BOUND_PLAIN && is_small(reading, &amount)) ||
            counts_something(reading, &amount, at + amount.items)) {
            continue;
        }
        set_bound(&reading->query->filters, triggers[i].bound, &amount);
        return at + amount.items - index;
    }
    return 0;
}

size_t query_price(struct query_reading *reading, size_t index)
{
    struct query_amount amount;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        size_t items = read_range(reading, index, i);
        if (items > 0) {
            return items;
        }
    }
    size_t items = read_bound(reading, index);
    if (items > 0) {
        return items;
    }
    /* "$500", "500 pesos": what the customer has, so the most that it may cost. */
    if (!reading->items[index].stop && query_amount(reading, index, &amount) &&
        amount.money) {
        set_bound(&reading->query->filters, BOUND_PLAIN, &amount);
        return amount.items;
    }
    return 0;
}
