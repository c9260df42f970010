#include "index_shop.h"

#include <math.h>
#include <stdio.h>

static uint64_t next_number(uint64_t *state)
{
    uint64_t value = (*state += 0x9E3779B97F4A7C15u);

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

size_t shop_below(uint64_t *state, size_t limit)
{
    return (size_t)(next_number(state) % limit);
}

void shop_words(struct shop *shop)
{
    static const char *const first[] = {"ba", "ca", "de", "fi", "go", "lu", "ma", "ne",
        "pi", "ro", "sa", "ti", "vu", "tra", "pla", "cri", "gri", "blo", "es", "al"};
    static const char *const last[] = {"ra", "to", "dor", "lla", "co", "mes", "ja", "nte",
        "do", "cion", "les", "na", "rro", "ta", "lin", "sa"};
    double sum = 0;

    for (size_t i = 0; i < VOCABULARY; i++) {
        size_t middle = 1 + i / (20 * 16) % 20;
        snprintf(shop->words[i], sizeof shop->words[i], "%s%s%s%s", first[i % 20],
            first[(i / 20 + i) % 20], i >= 6400 ? first[middle % 20] : "",
            last[i / 20 % 16]);
        sum += 1 / pow((double)(i + 12), 0.95);
        shop->weight_sum[i] = sum;
    }
}

/* A word's number: small ones are frequent. */
static size_t any_word(const struct shop *shop, uint64_t *state)
{
    double at =
        (double)(next_number(state) >> 11) * 0x1p-53 * shop->weight_sum[VOCABULARY - 1];
    size_t from = 0;
    size_t until = VOCABULARY - 1;

    while (from < until) {
        size_t middle = (from + until) / 2;
        if (shop->weight_sum[middle] < at) {
            from = middle + 1;
        } else {
            until = middle;
        }
    }
    return from;
}

static struct svc_slice print_words(
    const struct shop *shop, uint64_t *state, char *out, size_t size, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? " " : "",
            shop->words[any_word(shop, state)]);
    }
    return (struct svc_slice){out, at};
}

#define PRINTED(field, ...)                                                              \
    (struct svc_slice)                                                                   \
    {                                                                                    \
        texts->field, (size_t)snprintf(texts->field, sizeof texts->field, __VA_ARGS__)   \
    }

void shop_product(
    struct shop *shop, struct texts *texts, size_t number, struct product *product)
{
    static const char *const colors[] = {"rojo", "azul", "negro", "blanco", "verde",
        "gris", "rosa", "amarillo", "morado", "naranja"};
    static const char *const sizes[] = {
        "S,M,L,XL", "38,39,40,41,42", "unica", "CH,M,G", "35,36,37"};
    uint64_t *state = &shop->state;
    size_t type = shop_below(state, TYPES);
    size_t category = type % CATEGORIES;
    char more[120];

    print_words(shop, state, more, sizeof more, 2 + shop_below(state, 4));
    *product = (struct product){
        .id = (int64_t)number + 1,
        .category_id = (int64_t)category + 1,
        .sku = PRINTED(sku, "SKU-%07zu", number),
        .ean = PRINTED(ean, "%013zu", number * 7919 % 9999999999999),
        .name = PRINTED(name, "%s %s %s%zu", shop->words[type + 200], more,
            shop->words[shop_below(state, 300)], shop_below(state, 900)),
        .brand =
            PRINTED(brand, "%s %s", shop->words[shop_below(state, BRANDS) + 5000], "co"),
        .category = PRINTED(category, "%s", shop->words[category + 100]),
        .description = print_words(shop, state, texts->description,
            sizeof texts->description, 12 + shop_below(state, 20)),
        .sizes = PRINTED(sizes, "%s", sizes[shop_below(state, 5)]),
        .colors = PRINTED(colors, "%s,%s", colors[shop_below(state, 10)],
            colors[shop_below(state, 10)]),
        .attributes = PRINTED(attributes, "%s %zu g", shop->words[shop_below(state, 500)],
            10 * shop_below(state, 200)),
        .image_url = PRINTED(image, "https://shop.example/images/%zu.jpg", number),
        .facts =
            {
                .price_minor = (int64_t)(1000 + shop_below(state, 500000)),
                .offer_minor = shop_below(state, 5) == 0 ? 900 : 0,
                .stock = (int32_t)shop_below(state, 20) - 1,
                .popularity = (int32_t)(shop_below(state, 10) * shop_below(state, 11)),
                .flags = shop_below(state, 50) == 0 ? 0 : PRODUCT_AVAILABLE,
            },
    };
}
