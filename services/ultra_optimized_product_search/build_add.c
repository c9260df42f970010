/* A product into the builder: its words, weighted, and what is kept of it. */
#include "builder.h"
#include "checksum.h"

#include <math.h>
#include <string.h>

/* How long a field usually is, in words: what the length normalisation of BM25F is
 * measured against. Fixed, where the books take the catalogue's average, so that a
 * product's score doesn't depend on which others were there when it was added. */
static const double usual_length[FIELDS] = {
    [FIELD_NAME] = 6,
    [FIELD_BRAND] = 1.5,
    [FIELD_CATEGORY] = 1.5,
    [FIELD_ATTRIBUTES] = 8,
    [FIELD_DESCRIPTION] = 18,
};

/* Words of a text that are looked at. */
static const size_t tokens_max[FIELDS] = {
    [FIELD_NAME] = 64,
    [FIELD_BRAND] = 16,
    [FIELD_CATEGORY] = 16,
    [FIELD_ATTRIBUTES] = 256,
    [FIELD_DESCRIPTION] = 400,
};

struct builder *builder_new(
    const struct analyser *analyser, const struct weights *weights, size_t expected)
{
    struct builder *builder = svc_alloc_zero(1, sizeof *builder);

    builder->analyser = analyser;
    builder->weights = weights;
    array_init(&builder->docs, sizeof(struct doc));
    array_init(&builder->facts, sizeof(struct doc_facts));
    array_init(&builder->doc_values, sizeof(struct doc_values));
    array_init(&builder->text, sizeof(uint8_t));
    array_init(&builder->name_terms, sizeof(uint32_t));
    array_init(&builder->forward, sizeof(uint8_t));
    array_init(&builder->forward_at, sizeof(uint32_t));
    array_init(&builder->values, sizeof(struct built_value));
    array_init(&builder->value_bytes, sizeof(char));
    array_init(&builder->terms, sizeof(struct built_term));
    array_init(&builder->term_bytes, sizeof(char));
    array_init(&builder->sound_bytes, sizeof(char));
    array_init(&builder->touched, sizeof(struct touched));
    array_reserve(&builder->docs, expected);
    array_reserve(&builder->facts, expected);
    array_reserve(&builder->doc_values, expected);
    array_reserve(&builder->forward_at, expected);
    return builder;
}

void builder_free(struct builder **builder_pointer)
{
    struct builder *builder = *builder_pointer;

    *builder_pointer = NULL;
    if (builder == NULL) {
        return;
    }
    struct array *arrays[] = {&builder->docs, &builder->facts, &builder->doc_values,
        &builder->text, &builder->name_terms, &builder->forward, &builder->forward_at,
        &builder->values, &builder->value_bytes, &builder->terms, &builder->term_bytes,
        &builder->sound_bytes, &builder->touched};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        array_done(arrays[i]);
    }
    free(builder->term_lookup.slots);
    free(builder->value_lookup.slots);
    svc_arena_done(&builder->arena);
    free(builder);
}

void array_add_number(struct array *array, size_t number)
{
    while (number >= 0x80) {
        *(uint8_t *)array_add(array, 1) = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *(uint8_t *)array_add(array, 1) = (uint8_t)number;
}

size_t array_read_number(const uint8_t **at)
{
    size_t number = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        number |= (size_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return number;
        }
    }
}

void builder_touch(struct builder *builder, uint32_t term, float frequency, uint8_t mask)
{
    struct built_term *built = (struct built_term *)builder->terms.items + term;
    uint32_t doc = (uint32_t)builder->docs.count; /* plus one: it is there already */

    if (built->last_doc != doc) {
        built->last_doc = doc;
        built->touched = (uint32_t)builder->touched.count;
        *(struct touched *)array_add(&builder->touched, 1) =
            (struct touched){.term = term};
    }
    struct touched *touched = (struct touched *)builder->touched.items + built->touched;
    touched->frequency += frequency;
    touched->mask |= mask;
}

void builder_add_forward(struct builder *builder)
{
    const struct touched *touched = builder->touched.items;
    struct built_term *terms = builder->terms.items;
    size_t count = builder->touched.count;

    *(uint32_t *)array_add(&builder->forward_at, 1) = (uint32_t)builder->forward.count;
    array_add_number(&builder->forward, count);
    for (size_t i = 0; i < count; i++) {
        struct built_term *term = &terms[touched[i].term];
        uint8_t impact = (uint8_t)touched[i].frequency;
        term->count++;
        term->impact_max = impact > term->impact_max ? impact : term->impact_max;
        array_add_number(&builder->forward, touched[i].term);
        uint8_t *bytes = array_add(&builder->forward, 2);
        bytes[0] = impact;
        bytes[1] = touched[i].mask;
    }
    builder->posting_count += count;
    builder->touched.count = 0;
    builder->too_large |=
        builder->forward.count > UINT32_MAX || builder->text.count > UINT32_MAX ||
        builder->name_terms.count > UINT32_MAX || builder->posting_count > POSTINGS_MAX ||
        builder->docs.count >= DOCS_MAX;
}

static size_t positions(const struct token_list *tokens)
{
    size_t most = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        size_t until = (size_t)tokens->list[i].position + tokens->list[i].parts;
        most = until > most ? until : most;
    }
    return most;
}

static void keep_name_term(
    struct builder *builder, const struct token_list *tokens, size_t index, uint32_t term)
{
    bool advances =
        index == 0 || tokens->list[index].position > tokens->list[index - 1].position;

    *(uint32_t *)array_add(&builder->name_terms, 1) =
        term | (advances ? NAME_TERM_ADVANCES : 0);
}

/* A field of up to three columns. */
static void add_field(struct builder *builder, enum match_field field,
    const struct svc_slice *columns, size_t count)
{
    const struct weights *weights = builder->weights;
    struct token_list lists[3] = {0};
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        if (columns[i].length > 0) {
            analyser_tokens(builder->analyser, &builder->arena, columns[i],
                tokens_max[field], &lists[i]);
            length += positions(&lists[i]);
        }
    }
    double b = weights->b[field];
    double norm = 1 - b + b * (double)length / usual_length[field];
    float frequency = (float)(weights->field[field] / (norm > 0.05 ? norm : 0.05));
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < lists[i].count; at++) {
            uint32_t term = builder_term(builder, lists[i].list[at].exact);
            builder_touch(builder, term, frequency, (uint8_t)(1U << field));
            if (field == FIELD_NAME) {
                keep_name_term(builder, &lists[i], at, term);
            }
        }
    }
}

/* From frequencies to impacts: what BM25F adds for a term, but for its rarity. */
static void saturate(struct builder *builder)
{
    struct touched *touched = builder->touched.items;

    for (size_t i = 0; i < builder->touched.count; i++) {
        double frequency = touched[i].frequency;
        double share = frequency / (builder->weights->k1 + frequency);
        touched[i].frequency = frequency > 0 ? (float)(1 + lround(254 * share)) : 1;
    }
}

static void add_text(struct builder *builder, const struct product *product)
{
    const struct svc_slice texts[TEXTS] = {
        [TEXT_SKU] = product->sku,
        [TEXT_EAN] = product->ean,
        [TEXT_NAME] = product->name,
        [TEXT_ATTRIBUTES] = product->attributes,
        [TEXT_IMAGE] = product->image_url,
    };

    for (size_t i = 0; i < TEXTS; i++) {
        array_add_number(&builder->text, texts[i].text != NULL ? texts[i].length + 1 : 0);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].text != NULL && texts[i].length > 0) {
            memcpy(array_add(&builder->text, texts[i].length), texts[i].text,
                texts[i].length);
        }
    }
}

uint64_t builder_text_hash(const struct product *product)
{
    const struct svc_slice columns[] = {product->sku, product->ean, product->name,
        product->brand, product->category, product->description, product->sizes,
        product->colors, product->attributes, product->image_url};
    uint64_t hash = checksum_mix((uint64_t)product->category_id + 1);

    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        hash = columns[i].text != NULL
                   ? checksum_bytes(columns[i].text, columns[i].length, hash)
                   : checksum_mix(hash + 1);
    }
    return hash;
}

static void set_facts(struct doc_facts *facts, const struct product_facts *from)
{
    *facts = (struct doc_facts){
        .price_minor = (uint64_t)from->price_minor,
        .offer_minor = (uint64_t)from->offer_minor,
        .offer_from_s = (uint64_t)from->offer_from_s,
        .offer_until_s = (uint64_t)from->offer_until_s,
        .stock_popularity =
            (uint64_t)(uint32_t)from->stock | (uint64_t)(uint32_t)from->popularity << 32,
        .version_flags = (uint64_t)from->flags << 32,
    };
}

static struct doc_values add_values(
    struct builder *builder, const struct product *product)
{
    uint64_t brand = brand_key(builder->analyser, &builder->arena, product->brand);
    uint64_t category = (uint64_t)product->category_id;

    return (struct doc_values){
        .brand = builder_value(builder, VALUE_BRAND, 0, brand, product->brand),
        .category = builder_value(
            builder, VALUE_CATEGORY, product->category_id, category, product->category),
        .colors = builder_value(builder, VALUE_COLORS, 0, 0, product->colors),
        .sizes = builder_value(builder, VALUE_SIZES, 0, 0, product->sizes),
    };
}

void builder_add(struct builder *builder, const struct product *product)
{
    const struct svc_slice attributes[] = {
        product->sizes, product->colors, product->attributes};

    if (builder->too_large) {
        return;
    }
    struct doc *doc = array_add(&builder->docs, 1);
    *doc = (struct doc){
        .id = product->id,
        .text_hash = builder_text_hash(product),
        .text_at = (uint32_t)builder->text.count,
        .name_at = (uint32_t)builder->name_terms.count,
    };
    add_text(builder, product);
    set_facts(array_add(&builder->facts, 1), &product->facts);
    add_field(builder, FIELD_NAME, &product->name, 1);
    doc->name_count = (uint32_t)builder->name_terms.count - doc->name_at;
    add_field(builder, FIELD_BRAND, &product->brand, 1);
    add_field(builder, FIELD_CATEGORY, &product->category, 1);
    add_field(builder, FIELD_ATTRIBUTES, attributes, 3);
    add_field(builder, FIELD_DESCRIPTION, &product->description, 1);
    struct doc_values values = add_values(builder, product);
    memcpy(array_add(&builder->doc_values, 1), &values, sizeof values);
    builder_touch_lists(builder, &values);
    saturate(builder);
    builder_add_forward(builder);
    svc_arena_reset(&builder->arena);
}
