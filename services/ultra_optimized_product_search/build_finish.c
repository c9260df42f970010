/* From what a builder has gathered to the sections of a segment. */
#include "builder.h"
#include "checksum.h"

#include <string.h>

void segment_set(struct segment *segment, enum segment_section section, void *items,
    size_t count, size_t size)
{
    segment->sections[section] =
        (struct segment_bytes){.bytes = items, .length = count * size};
}

static void take(
    struct segment *segment, enum segment_section section, struct array *array)
{
    size_t count = array->count;
    size_t size = array->size;

    segment_set(segment, section, array_take(array), count, size);
}

/* --- The order of the documents --- */

struct place {
    uint64_t key; /* larger is better */
    int64_t id;
    uint32_t doc;
};

static uint64_t static_key(const struct doc_facts *facts)
{
    int32_t stock = (int32_t)(uint32_t)facts->stock_popularity;
    int32_t popularity = (int32_t)(uint32_t)(facts->stock_popularity >> 32);
    uint64_t flags = facts->version_flags >> 32;
    bool has_offer = (int64_t)facts->offer_minor > 0 &&
                     (int64_t)facts->offer_minor < (int64_t)facts->price_minor;
    uint64_t key = (flags & PRODUCT_AVAILABLE) != 0;

    key = key << 1 | (stock > 0);
    key = key << 32 | ((uint32_t)popularity ^ 0x80000000U);
    key = key << 1 | ((flags & PRODUCT_FEATURED) != 0);
    return key << 1 | has_offer;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;

    if (a->key != b->key) {
        return a->key > b->key ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Which of the documents as they were added comes at each place. */
static uint32_t *order_docs(const struct builder *builder)
{
    const struct doc *docs = builder->docs.items;
    const struct doc_facts *facts = builder->facts.items;
    size_t count = builder->docs.count;
    struct place *places = svc_alloc(count * sizeof *places);
    uint32_t *order = svc_alloc(count * sizeof *order);

    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){static_key(&facts[i]), docs[i].id, (uint32_t)i};
    }
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        order[i] = places[i].doc;
    }
    free(places);
    return order;
}

static void take_ordered(struct segment *segment, enum segment_section section,
    struct array *array, const uint32_t *order)
{
    size_t size = array->size;
    size_t count = array->count;
    char *ordered = svc_alloc(count * size);
    const char *items = array->items;

    for (size_t i = 0; i < count; i++) {
        memcpy(ordered + i * size, items + order[i] * size, size);
    }
    array_done(array);
    segment_set(segment, section, ordered, count, size);
}

/* --- The order of the terms --- */

struct named_term {
    uint64_t head; /* its first bytes: most comparisons need no more */
    const char *bytes;
    uint32_t length;
    uint32_t number;
};

static int compare_terms(const void *left, const void *right)
{
    const struct named_term *a = left;
    const struct named_term *b = right;

    if (a->head != b->head) {
        return a->head < b->head ? -1 : 1;
    }
    int difference =
        memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    if (difference != 0) {
        return difference;
    }
    return a->length < b->length ? -1 : a->length > b->length;
}

static uint64_t term_head(const char *bytes, size_t length)
{
    uint64_t head = 0;

    for (size_t i = 0; i < sizeof head; i++) {
        head = head << 8 | (i < length ? (uint8_t)bytes[i] : 0);
    }
    return head;
}

static uint32_t *order_terms(const struct builder *builder)
{
    const struct built_term *terms = builder->terms.items;
    const char *bytes = builder->term_bytes.items;
    size_t count = builder->terms.count;
    struct named_term *named = svc_alloc(count * sizeof *named);
    uint32_t *order = svc_alloc(count * sizeof *order);

    for (size_t i = 0; i < count; i++) {
        const char *start = bytes + terms[i].at;
        named[i] = (struct named_term){
            term_head(start, terms[i].length), start, terms[i].length, (uint32_t)i};
    }
    qsort(named, count, sizeof *named, compare_terms);
    for (size_t i = 0; i < count; i++) {
        order[i] = named[i].number;
    }
    free(named);
    return order;
}

/* Returns for each number of the builder its number in the segment. */
static uint32_t *make_terms(struct segment *segment, struct builder *builder)
{
    const struct built_term *built = builder->terms.items;
    const char *built_bytes = builder->term_bytes.items;
    size_t count = builder->terms.count;
    uint32_t *order = order_terms(builder);
    uint32_t *numbers = svc_alloc(count * sizeof *numbers);
    struct term *terms = svc_alloc_zero(count, sizeof *terms);
    char *bytes = svc_alloc(builder->term_bytes.count);
    uint32_t postings = 0;
    uint32_t at = 0;

    for (size_t i = 0; i < count; i++) {
        const struct built_term *from = &built[order[i]];
        numbers[order[i]] = (uint32_t)i;
        terms[i] = (struct term){
            .plain = from->plain,
            .stem = from->stem,
            .at = at,
            .postings = postings,
            .count = from->count,
            .sound = (uint32_t)(order[i] + 1), /* until the sounds are made */
            .length = from->length,
            .flags = from->flags,
            .impact_max = from->impact_max,
        };
        memcpy(bytes + at, built_bytes + from->at, from->length);
        at += from->length;
        postings += from->count;
    }
    free(order);
    segment_set(segment, SECTION_terms, terms, count, sizeof *terms);
    segment_set(segment, SECTION_term_bytes, bytes, at, 1);
    return numbers;
}

static void make_postings(struct segment *segment, struct builder *builder,
    const uint32_t *order, const uint32_t *numbers)
{
    size_t count = builder->posting_count;
    uint32_t *docs = svc_alloc(count * sizeof *docs);
    uint8_t *impacts = svc_alloc(count);
    uint8_t *masks = svc_alloc(count);
    uint32_t *next = svc_alloc(segment->term_count * sizeof *next);
    const uint32_t *forward_at = builder->forward_at.items;

    for (size_t i = 0; i < segment->term_count; i++) {
        next[i] = segment->terms[i].postings;
    }
    for (size_t doc = 0; doc < builder->docs.count; doc++) {
        const uint8_t *at =
            (const uint8_t *)builder->forward.items + forward_at[order[doc]];
        for (size_t left = array_read_number(&at); left > 0; left--) {
            uint32_t posting = next[numbers[array_read_number(&at)]]++;
            docs[posting] = (uint32_t)doc;
            impacts[posting] = *at++;
            masks[posting] = *at++;
        }
    }
    free(next);
    array_done(&builder->forward);
    array_done(&builder->forward_at);
    segment_set(segment, SECTION_posting_docs, docs, count, sizeof *docs);
    segment_set(segment, SECTION_posting_impacts, impacts, count, 1);
    segment_set(segment, SECTION_posting_masks, masks, count, 1);
}

static void make_docs(struct segment *segment, struct builder *builder,
    const uint32_t *order, const uint32_t *numbers)
{
    uint32_t *names = builder->name_terms.items;

    for (size_t i = 0; i < builder->name_terms.count; i++) {
        uint32_t advances = names[i] & NAME_TERM_ADVANCES;
        names[i] = numbers[names[i] & ~NAME_TERM_ADVANCES] | advances;
    }
    take(segment, SECTION_name_terms, &builder->name_terms);
    take(segment, SECTION_text, &builder->text);
    take_ordered(segment, SECTION_docs, &builder->docs, order);
    take_ordered(segment, SECTION_facts, &builder->facts, order);
    take_ordered(segment, SECTION_doc_values, &builder->doc_values, order);
}

static void make_values(struct segment *segment, struct builder *builder)
{
    const struct built_value *built = builder->values.items;
    size_t count = builder->values.count;
    struct value *values = svc_alloc(count * sizeof *values);

    for (size_t i = 0; i < count; i++) {
        values[i] = built[i].value;
    }
    segment_set(segment, SECTION_values, values, count, sizeof *values);
    take(segment, SECTION_value_bytes, &builder->value_bytes);
}

static void make_ranks(struct segment *segment, const struct weights *weights)
{
    uint8_t *ranks = svc_alloc(segment->doc_count);
    uint64_t *prices = svc_alloc(segment->doc_count * sizeof *prices);

    segment_set(segment, SECTION_ranks, ranks, segment->doc_count, 1);
    segment_set(segment, SECTION_prices, prices, segment->doc_count, sizeof *prices);
    segment_open(segment);
    segment_ranks_set(segment, weights);
}

struct segment *builder_finish(struct builder **builder_pointer)
{
    struct builder *builder = *builder_pointer;

    if (builder->too_large) {
        builder_free(builder_pointer);
        return NULL;
    }
    struct segment *segment = svc_alloc_zero(1, sizeof *segment);
    segment->references = 1;
    free(builder->term_lookup.slots);
    builder->term_lookup = (struct lookup){0};
    uint32_t *numbers = make_terms(segment, builder);
    segment_open(segment);
    uint32_t *order = order_docs(builder);
    make_postings(segment, builder, order, numbers);
    make_docs(segment, builder, order, numbers);
    free(order);
    free(numbers);
    make_values(segment, builder);
    segment_open(segment);
    make_ranks(segment, builder->weights);
    build_parts(segment);
    build_dense_tables(segment);
    build_doc_tables(segment);
    build_typo_tables(segment, builder->terms.items, builder->sound_bytes.items);
    build_form_tables(segment);
    segment_open(segment);
    builder_free(builder_pointer);
    return segment;
}
