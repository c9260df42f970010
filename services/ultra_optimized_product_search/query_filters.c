#include "query_private.h"

#include <string.h>

enum filter {
    FILTER_OFFER,
    FILTER_STOCK,
    FILTER_CHEAP,
    FILTER_DEAR,
    FILTER_POPULAR,
    FILTER_NEW,
    FILTER_NOTHING, /* words that ask for nothing before what is looked for */
};

/* Spanish, Portuguese and English at once: customers mix them. */
static const struct {
    const char *words;
    enum filter filter;
} filters[] = {
    {"ofert*", FILTER_OFFER},
    {"promo", FILTER_OFFER},
    {"promos", FILTER_OFFER},
    {"promocion*", FILTER_OFFER},
    {"promocao", FILTER_OFFER},
    {"promocoes", FILTER_OFFER},
    {"descuent*", FILTER_OFFER},
    {"descont*", FILTER_OFFER},
    {"rebaj*", FILTER_OFFER},
    {"liquidacion*", FILTER_OFFER},
    {"liquidacao", FILTER_OFFER},
    {"remate", FILTER_OFFER},
    {"remates", FILTER_OFFER},
    {"on sale", FILTER_OFFER},
    {"en sale", FILTER_OFFER},
    {"discount*", FILTER_OFFER},
    {"deals", FILTER_OFFER},
    {"en stock", FILTER_STOCK},
    {"con stock", FILTER_STOCK},
    {"in stock", FILTER_STOCK},
    {"em estoque", FILTER_STOCK},
    {"en existencia*", FILTER_STOCK},
    {"con existencia*", FILTER_STOCK},
    {"en inventario", FILTER_STOCK},
    {"barat*", FILTER_CHEAP},
    {"mas barat*", FILTER_CHEAP},
    {"mais barat*", FILTER_CHEAP},
    {"economic*", FILTER_CHEAP},
    {"mas economic*", FILTER_CHEAP},
    {"mais economic*", FILTER_CHEAP},
    {"menor precio", FILTER_CHEAP},
    {"mejor precio", FILTER_CHEAP},
    {"buen precio", FILTER_CHEAP},
    {"precio bajo", FILTER_CHEAP},
    {"precios bajos", FILTER_CHEAP},
    {"bajo precio", FILTER_CHEAP},
    {"bajo costo", FILTER_CHEAP},
    {"menor preco", FILTER_CHEAP},
    {"cheap", FILTER_CHEAP},
    {"cheaper", FILTER_CHEAP},
    {"cheapest", FILTER_CHEAP},
    {"lowest price", FILTER_CHEAP},
    {"mas caro", FILTER_DEAR},
    {"mas cara", FILTER_DEAR},
    {"mas caros", FILTER_DEAR},
    {"mas caras", FILTER_DEAR},
    {"mais car*", FILTER_DEAR},
    {"mayor precio", FILTER_DEAR},
    {"most expensive", FILTER_DEAR},
    {"mas vendid*", FILTER_POPULAR},
    {"mais vendid*", FILTER_POPULAR},
    {"mas popular*", FILTER_POPULAR},
    {"mais popular*", FILTER_POPULAR},
    {"popular", FILTER_POPULAR},
    {"populares", FILTER_POPULAR},
    {"mas pedid*", FILTER_POPULAR},
    {"mas comprad*", FILTER_POPULAR},
    {"top ventas", FILTER_POPULAR},
    {"best seller*", FILTER_POPULAR},
    {"bestseller*", FILTER_POPULAR},
    {"best selling", FILTER_POPULAR},
    {"novedad*", FILTER_NEW},
    {"novidade*", FILTER_NEW},
    {"lo ultimo", FILTER_NEW},
    {"lo mas nuevo", FILTER_NEW},
    {"lo mas reciente", FILTER_NEW},
    {"lo nuevo", FILTER_NEW},
    {"mas nuev*", FILTER_NEW},
    {"mais nov*", FILTER_NEW},
    {"mas recient*", FILTER_NEW},
    {"recien llegad*", FILTER_NEW},
    {"nuevos ingresos", FILTER_NEW},
    {"nuevos modelos", FILTER_NEW},
    {"ultimos modelos", FILTER_NEW},
    {"nuevos productos", FILTER_NEW},
    {"lanzamiento*", FILTER_NEW},
    {"lancamento*", FILTER_NEW},
    {"new arrivals", FILTER_NEW},
    {"newest", FILTER_NEW},
    {"foto de", FILTER_NOTHING},
    {"fotos de", FILTER_NOTHING},
    {"fotos del", FILTER_NOTHING},
    {"imagen de", FILTER_NOTHING},
    {"imagenes de", FILTER_NOTHING},
    {"tipos de", FILTER_NOTHING},
    {"modelos de", FILTER_NOTHING},
};

static void set_filter(struct query *query, enum filter filter)
{
    static const enum query_sort sorts[] = {
        [FILTER_CHEAP] = QUERY_SORT_PRICE_UP,
        [FILTER_DEAR] = QUERY_SORT_PRICE_DOWN,
        [FILTER_POPULAR] = QUERY_SORT_POPULARITY,
        [FILTER_NEW] = QUERY_SORT_NEWEST,
    };

    switch (filter) {
    case FILTER_OFFER:
        query->filters.on_offer = true;
        return;
    case FILTER_STOCK:
        query->filters.in_stock = true;
        return;
    case FILTER_NOTHING:
        return;
    default:
        query->sort = sorts[filter];
    }
}

static size_t read_words(struct query_reading *reading, size_t index)
{
    size_t longest = 0;
    enum filter filter = FILTER_NOTHING;

    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        size_t items = query_match(reading, index, filters[i].words);
        if (items > longest) {
            longest = items;
            filter = filters[i].filter;
        }
    }
    if (longest > 0) {
        set_filter(reading->query, filter);
    }
    return longest;
}

/* "50% de descuento" */
static size_t read_percent(struct query_reading *reading, size_t index)
{
    const struct query_item *item = &reading->items[index];
    size_t next = index + 1 + query_item_is(reading, index + 1, "de");

    if (!item->number || query_gap(reading, index + 1).length == 0 ||
        query_gap(reading, index + 1).text[0] != '%' ||
        (query_match(reading, next, "descuent*") == 0 &&
            !query_item_is(reading, next, "off") &&
            !query_item_is(reading, next, "menos"))) {
        return 0;
    }
    reading->query->filters.on_offer = true;
    return next + 1 - index;
}

/* "marca Lunaria", "modelo 2024": the word says what the next one is. */
static size_t read_label(const struct query_reading *reading, size_t index)
{
    bool color =
        query_item_is(reading, index, "color") && query_is_free(reading, index + 1) &&
        words_color(reading->words, reading->items[index + 1].word.forms.stem).length > 0;
    return color || (query_is_label(reading, index) && index + 1 < reading->count);
}

/* "nuevos" is a filter alone, and says little beside a word: "celulares nuevos". */
static bool is_only_new(const struct query_reading *reading, size_t index)
{
    if (query_match(reading, index, "nuev*") == 0) {
        return false;
    }
    for (size_t i = 0; i < reading->count; i++) {
        if (i != index && !reading->items[i].stop && !reading->items[i].used) {
            return false;
        }
    }
    return true;
}

void query_filters(struct query_reading *reading)
{
    size_t index = 0;

    while (index < reading->count) {
        size_t items = query_price(reading, index);
        if (items == 0) {
            items = read_words(reading, index);
        }
        if (items == 0) {
            items = read_percent(reading, index);
        }
        if (items == 0) {
            items = read_label(reading, index);
        }
        query_use(reading, index, items);
        index += items > 0 ? items : 1;
    }
    for (index = 0; index < reading->count; index++) {
        if (!reading->items[index].used && is_only_new(reading, index)) {
            reading->query->sort = QUERY_SORT_NEWEST;
            query_use(reading, index, 1);
        }
    }
}
