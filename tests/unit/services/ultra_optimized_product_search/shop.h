/* A small catalogue and queries over it, for the tests of the index. */
#ifndef SHOP_H
#define SHOP_H

#include "../../unit.h"

#include "index.h"

#include <string.h>

#define NOW_S 1800000000

static inline struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, text != NULL ? strlen(text) : 0};
}

/* Lines of what a test shop has; what isn't given is NULL or 0. */
struct line {
    int64_t id;
    const char *name;
    const char *brand;
    const char *category;
    int64_t category_id;
    const char *sizes;
    const char *colors;
    const char *description;
    const char *sku;
    int64_t price_minor;
    int64_t offer_minor;
    int32_t stock;
    int32_t popularity;
    bool hidden;
};

static inline struct product make_product(const struct line *line)
{
    return (struct product){
        .id = line->id,
        .category_id = line->category_id,
        .sku = slice(line->sku),
        .name = slice(line->name),
        .brand = slice(line->brand),
        .category = slice(line->category),
        .description = slice(line->description),
        .sizes = slice(line->sizes),
        .colors = slice(line->colors),
        .facts =
            {
                .price_minor = line->price_minor,
                .offer_minor = line->offer_minor,
                .stock = line->stock,
                .popularity = line->popularity,
                .flags = line->hidden ? 0 : PRODUCT_AVAILABLE,
            },
    };
}

struct shop {
    struct analyser *analyser;
    struct weights weights;
    struct index *index;
    struct svc_arena arena;
};

static inline void shop_open(struct shop *shop)
{
    *shop = (struct shop){.analyser = analyser_new("es")};
    assert_non_null(shop->analyser);
    weights_default(&shop->weights);
    shop->index = index_new(
        &(struct index_settings){.analyser = shop->analyser, .weights = &shop->weights});
}

static inline void shop_close(struct shop *shop)
{
    index_free(&shop->index);
    analyser_free(&shop->analyser);
    svc_arena_done(&shop->arena);
}

static inline void shop_build(struct shop *shop, const struct line *lines, size_t count)
{
    struct index_build *build = index_build_new(shop->index, count);

    for (size_t i = 0; i < count; i++) {
        struct product product = make_product(&lines[i]);
        index_build_add(build, &product);
    }
    assert_int_equal(index_build_finish(&build, 1), SVC_OK);
    assert_null(build);
}

static inline void shop_word(struct shop *shop, const char *text, struct query_word *word)
{
    struct token_list tokens = {0};

    analyser_tokens(shop->analyser, &shop->arena, slice(text), 1, &tokens);
    assert_int_equal(tokens.count, 1);
    word->exact = tokens.list[0].exact;
    analyser_forms(shop->analyser, &shop->arena, word->exact, &word->forms);
}

/* Each word of TEXT a slot that has to match; the last one may be a prefix. */
static inline struct query shop_query(struct shop *shop, const char *text)
{
    struct query query = {
        .filters = {.price_min_minor = -1, .price_max_minor = -1}, .text = slice(text)};
    struct token_list tokens = {0};

    analyser_tokens(shop->analyser, &shop->arena, query.text, QUERY_SLOTS_MAX, &tokens);
    query.slots =
        svc_arena_alloc(&shop->arena, (tokens.count + 1) * sizeof(struct query_slot));
    for (size_t i = 0; i < tokens.count; i++) {
        struct query_slot *slot = &query.slots[query.slot_count++];
        struct query_word *word = &slot->phrases[0].words[0];
        slot->phrases[0].count = 1;
        slot->phrase_count = 1;
        word->exact = tokens.list[i].exact;
        analyser_forms(shop->analyser, &shop->arena, word->exact, &word->forms);
        slot->may_be_prefix = i + 1 == tokens.count;
    }
    return query;
}

/* Adds words, with spaces between, as another way to say a slot. */
static inline void shop_synonym(struct shop *shop, struct query *query, size_t slot,
    const char *first, const char *second)
{
    struct query_slot *asked = &query->slots[slot];
    struct query_phrase *phrase = &asked->phrases[asked->phrase_count++];

    phrase->synonym = true;
    shop_word(shop, first, &phrase->words[phrase->count++]);
    if (second != NULL) {
        shop_word(shop, second, &phrase->words[phrase->count++]);
    }
}

static inline struct index_result shop_run(struct shop *shop, const struct query *query)
{
    const struct index_options options = {.limit = 20, .now_s = NOW_S, .facets = true};
    struct index_result result;

    index_search(shop->index, query, &options, &shop->arena, &result);
    return result;
}

static inline struct index_result shop_search(struct shop *shop, const char *text)
{
    struct query query = shop_query(shop, text);

    return shop_run(shop, &query);
}

/* The hits' ids as "3 1 2". */
static inline const char *shop_ids(struct shop *shop, const struct index_result *result)
{
    size_t size = 24 * (result->hit_count + 1);
    char *text = svc_arena_alloc(&shop->arena, size);
    size_t at = 0;

    for (size_t i = 0; i < result->hit_count; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s%lld", i > 0 ? " " : "",
            (long long)result->hits[i].product.id);
    }
    return text;
}

#define assert_found(shop, text, ids)                                                    \
    do {                                                                                 \
        struct index_result found_result = shop_search(shop, text);                      \
        assert_string_equal(shop_ids(shop, &found_result), ids);                         \
    } while (0)

#endif
