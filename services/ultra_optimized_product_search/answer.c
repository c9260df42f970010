#include "answer.h"

#include <svc/money.h>

#include <string.h>

#define SCRATCH_MAX 2048

void answer_init(struct answer *answer, struct svc_json_writer *writer,
    const struct shop *shop, int64_t now_s)
{
    answer->writer = writer;
    answer->shop = *shop;
    answer->now_s = now_s;
    svc_buf_init(&answer->scratch, SCRATCH_MAX);
}

void answer_done(struct answer *answer)
{
    svc_buf_done(&answer->scratch);
}

static struct svc_slice scratch_of(const struct answer *answer)
{
    return (struct svc_slice){svc_buf_text(&answer->scratch), answer->scratch.length};
}

void answer_amount(struct answer *answer, const char *name, int64_t minor)
{
    svc_json_write_key(answer->writer, name);
    if (minor < 0) {
        svc_json_write_null(answer->writer);
        return;
    }
    svc_buf_clear(&answer->scratch);
    svc_money_write_units(minor, answer->shop.minor_per_unit, &answer->scratch);
    svc_json_write_raw(answer->writer, scratch_of(answer));
}

static void write_price_text(struct answer *answer, int64_t minor)
{
    svc_buf_clear(&answer->scratch);
    svc_money_write_text(
        minor, (struct svc_slice){answer->shop.currency, 3}, &answer->scratch);
    svc_json_write_field_slice(answer->writer, "price_text", scratch_of(answer));
}

void answer_product(struct answer *answer, const struct product *product)
{
    struct svc_json_writer *writer = answer->writer;
    const struct product_facts *facts = &product->facts;
    bool on_offer = product_on_offer(facts, answer->now_s);

    svc_json_write_field_int(writer, "id", product->id);
    svc_json_write_field_slice(writer, "sku", product->sku);
    svc_json_write_field_slice(writer, "name", product->name);
    svc_json_write_field_slice(writer, "brand", product->brand);
    svc_json_write_field_slice(writer, "category", product->category);
    svc_json_write_key(writer, "category_id");
    if (product->category_id != 0) {
        svc_json_write_int(writer, product->category_id);
    } else {
        svc_json_write_null(writer);
    }
    answer_amount(answer, "price", facts->price_minor > 0 ? facts->price_minor : 0);
    svc_json_write_field_text(writer, "currency", answer->shop.currency);
    if (on_offer) {
        answer_amount(answer, "offer_price", facts->offer_minor);
    }
    svc_json_write_field_bool(writer, "on_offer", on_offer);
    write_price_text(answer, product_price_minor(facts, answer->now_s));
    svc_json_write_field_int(writer, "stock", facts->stock);
    svc_json_write_field_bool(writer, "in_stock", facts->stock > 0);
    svc_json_write_field_slice(writer, "image_url", product->image_url);
}

static const char *const tier_names[MATCH_TIERS] = {
    [MATCH_EXACT] = "exact",
    [MATCH_STEM] = "stem",
    [MATCH_SYNONYM] = "synonym",
    [MATCH_PREFIX] = "prefix",
    [MATCH_TYPO] = "typo",
};

static const char *const field_names[FIELDS] = {
    [FIELD_NAME] = "name",
    [FIELD_BRAND] = "brand",
    [FIELD_CATEGORY] = "category",
    [FIELD_ATTRIBUTES] = "attributes",
    [FIELD_DESCRIPTION] = "description",
};

/* A slot as it was written: "usb c". */
static void write_slot(struct answer *answer, const struct query_slot *slot)
{
    const struct query_phrase *phrase = &slot->phrases[0];

    svc_buf_clear(&answer->scratch);
    for (size_t i = 0; i < phrase->count; i++) {
        svc_buf_add_text(&answer->scratch, i > 0 ? " " : "");
        svc_buf_add(
            &answer->scratch, phrase->words[i].exact.text, phrase->words[i].exact.length);
    }
    svc_json_write_slice(answer->writer, scratch_of(answer));
}

static void write_matched(
    struct answer *answer, const struct query *query, const struct index_hit *hit)
{
    struct svc_json_writer *writer = answer->writer;

    svc_json_write_key(writer, "matched");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(
        writer, "tier", tier_names[hit->tier < MATCH_TIERS ? hit->tier : MATCH_EXACT]);
    svc_json_write_key(writer, "fields");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < FIELDS; i++) {
        if ((hit->fields >> i & 1u) != 0) {
            svc_json_write_text(writer, field_names[i]);
        }
    }
    svc_json_write_array_end(writer);
    svc_json_write_key(writer, "words");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < query->slot_count && i < 32; i++) {
        if ((hit->slots >> i & 1u) != 0) {
            write_slot(answer, &query->slots[i]);
        }
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

void answer_hits(
    struct answer *answer, const struct query *query, const struct index_result *result)
{
    struct svc_json_writer *writer = answer->writer;

    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < result->hit_count; i++) {
        const struct index_hit *hit = &result->hits[i];
        svc_json_write_object_begin(writer);
        answer_product(answer, &hit->product);
        svc_json_write_key(writer, "score");
        svc_json_write_double(writer, hit->score);
        if (i >= result->partial_from) {
            svc_json_write_field_bool(writer, "partial", true);
        }
        write_matched(answer, query, hit);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

static void write_facet(struct svc_json_writer *writer, const char *name,
    const struct index_facet *facets, size_t count)
{
    svc_json_write_key(writer, name);
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        svc_json_write_object_begin(writer);
        svc_json_write_field_slice(writer, "value", facets[i].value);
        if (facets[i].id != 0) {
            svc_json_write_field_int(writer, "id", facets[i].id);
        }
        svc_json_write_field_int(writer, "count", (int64_t)facets[i].count);
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

void answer_facets(struct answer *answer, const struct index_facets *facets)
{
    struct svc_json_writer *writer = answer->writer;

    svc_json_write_key(writer, "facets");
    if (facets == NULL) {
        svc_json_write_null(writer);
        return;
    }
    svc_json_write_object_begin(writer);
    write_facet(writer, "brands", facets->brands, facets->brand_count);
    write_facet(writer, "categories", facets->categories, facets->category_count);
    write_facet(writer, "colors", facets->colors, facets->color_count);
    write_facet(writer, "sizes", facets->sizes, facets->size_count);
    answer_amount(answer, "price_min", facets->price_min_minor);
    answer_amount(answer, "price_max", facets->price_max_minor);
    svc_json_write_field_int(writer, "in_stock", (int64_t)facets->in_stock);
    svc_json_write_field_int(writer, "on_offer", (int64_t)facets->on_offer);
    svc_json_write_object_end(writer);
}

static void write_role(struct answer *answer, const char *name, const struct query *query,
    enum query_role role)
{
    svc_json_write_key(answer->writer, name);
    svc_json_write_array_begin(answer->writer);
    for (size_t i = 0; i < query->slot_count; i++) {
        if (query->slots[i].role == role && query->slots[i].phrase_count > 0) {
            write_slot(answer, &query->slots[i]);
        }
    }
    svc_json_write_array_end(answer->writer);
}

void answer_filters(struct answer *answer, const struct query *query)
{
    struct svc_json_writer *writer = answer->writer;
    const struct query_filters *filters = &query->filters;

    svc_json_write_key(writer, "filters");
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "category_id");
    if (filters->category_id != 0) {
        svc_json_write_int(writer, filters->category_id);
    } else {
        svc_json_write_null(writer);
    }
    answer_amount(answer, "price_min", filters->price_min_minor);
    answer_amount(answer, "price_max", filters->price_max_minor);
    svc_json_write_field_bool(writer, "on_offer", filters->on_offer);
    svc_json_write_field_bool(writer, "in_stock", filters->in_stock);
    svc_json_write_field_slice(writer, "brand",
        filters->brand.length > 0 ? filters->brand : (struct svc_slice){NULL, 0});
    svc_json_write_field_text(writer, "sort", search_sort_name(query->sort));
    write_role(answer, "colors", query, QUERY_ROLE_COLOR);
    write_role(answer, "sizes", query, QUERY_ROLE_SIZE);
    write_role(answer, "audience", query, QUERY_ROLE_AUDIENCE);
    svc_json_write_object_end(writer);
}

void answer_category(struct answer *answer, const struct category *category)
{
    struct svc_json_writer *writer = answer->writer;

    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "id", category->id);
    svc_json_write_field_slice(writer, "name", category->name);
    svc_json_write_field_slice(writer, "description", category->description);
    svc_json_write_field_slice(writer, "emoji", category->emoji);
    svc_json_write_field_bool(writer, "featured", category->featured);
    svc_json_write_field_int(writer, "product_count", category->product_count);
    svc_json_write_field_int(writer, "in_stock_count", category->in_stock_count);
    svc_json_write_field_int(writer, "featured_count", category->featured_count);
    svc_json_write_field_int(writer, "offer_count", category->offer_count);
    answer_amount(answer, "price_min", category->price_min_minor);
    answer_amount(answer, "price_max", category->price_max_minor);
    svc_json_write_object_end(writer);
}
