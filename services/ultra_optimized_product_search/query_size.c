/* Sizes of clothes and shoes. */
#include "query_private.h"

#include <string.h>

static const char *const intros[] = {"talla", "tallas", "talle", "talles", "numero",
    "num", "nro", "size", "tamanho", "tam", "calce", "medida"};

/* Of one letter: sizes only behind an intro, or last. */
static const char *const letters[] = {"s", "m", "l", "g", "ch", "eg", "p"};

static const char *const sizes[] = {
    "xs", "xl", "xxl", "xxxl", "xg", "xxg", "xch", "xxs", "unitalla", "gg"};

static const char *const named[] = {"unica", "unico", "chica", "chico", "mediana",
    "mediano", "grande", "pequeña", "pequeño", "pequena", "pequeno", "small", "medium",
    "large", "extra"};

/* "40", "5.5", "32b", "2xl", "xl": how many items, 0: none. */
static size_t read_value(const struct query_reading *reading, size_t index, bool intro)
{
    if (index >= reading->count || reading->items[index].used) {
        return 0;
    }
    const struct query_item *item = &reading->items[index];
    bool whole = item->joined != NULL && item->joined->parts <= 3;
    bool xl = item->number && whole && QUERY_ITEM_IS_IN(reading, index + 1, sizes);
    if (xl) {
        return 2;
    }
    if (item->number) {
        bool cup = whole && reading->items[index + 1].word.exact.length <= 2;
        bool size =
            intro && (item->quantity == NULL || cup) && item->word.exact.length <= 4;
        return !size ? 0 : cup ? item->joined->parts : 1;
    }
    if (QUERY_ITEM_IS_IN(reading, index, sizes)) {
        return 1;
    }
    return intro && (QUERY_ITEM_IS_IN(reading, index, letters) ||
                        QUERY_ITEM_IS_IN(reading, index, named));
}

/* "n° 27", "no. 27" */
static bool is_number_sign(const struct query_reading *reading, size_t index)
{
    struct svc_slice gap = query_gap(reading, index + 1);

    return (query_item_is(reading, index, "n") || query_item_is(reading, index, "no")) &&
           gap.length > 1 && gap.text[0] != ' ' && index + 1 < reading->count &&
           reading->items[index + 1].number;
}

size_t query_size(const struct query_reading *reading, size_t index, size_t *ret_first)
{
    bool intro =
        QUERY_ITEM_IS_IN(reading, index, intros) || is_number_sign(reading, index);
    size_t first = index + intro;

    for (size_t skipped = 0; intro && skipped < 2; skipped++) {
        first +=
            query_item_is(reading, first, "de") || query_item_is(reading, first, "la") ||
            query_item_is(reading, first, "es") || query_item_is(reading, first, "del") ||
            query_item_is(reading, first, "numero");
    }
    bool last = index > 0 && index + 1 == reading->count &&
                reading->items[index].from > reading->items[index - 1].until &&
                QUERY_ITEM_IS_IN(reading, index, letters);
    size_t items = last ? 1 : read_value(reading, first, intro);
    if (items == 0) {
        return 0;
    }
    *ret_first = first;
    return first + items - index;
}
