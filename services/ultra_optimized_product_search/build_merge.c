/* The documents of a segment into a builder, with their words as they are: what was
 * analysed once isn't analysed again, and descriptions aren't kept. */
#include "builder.h"

#include <string.h>

struct entry {
    uint32_t term;
    uint8_t impact;
    uint8_t mask;
};

/* The postings by document: of document d entries [starts[d], starts[d + 1]). */
struct inverted {
    struct entry *entries;
    uint32_t *starts;
};

static struct inverted invert(const struct segment *segment)
{
    size_t count = segment->sections[SECTION_posting_docs].length / sizeof(uint32_t);
    struct inverted inverted = {
        .entries = svc_alloc(count * sizeof(struct entry)),
        .starts = svc_alloc_zero(segment->doc_count + 2, sizeof(uint32_t)),
    };
    uint32_t *starts = inverted.starts + 2;

    for (size_t i = 0; i < count; i++) {
        starts[segment->posting_docs[i]]++;
    }
    for (size_t i = 1; i < segment->doc_count; i++) {
        starts[i] += starts[i - 1];
    }
    starts--; /* each moves to the next one's start as it is filled */
    for (size_t term = 0; term < segment->term_count; term++) {
        uint32_t from = segment->terms[term].postings;
        for (uint32_t i = from; i < from + segment->terms[term].count; i++) {
            inverted.entries[starts[segment->posting_docs[i]]++] = (struct entry){
                (uint32_t)term, segment->posting_impacts[i], segment->posting_masks[i]};
        }
    }
    return inverted;
}

struct merge {
    struct builder *builder;
    const struct segment *segment;
    uint32_t *terms;  /* of the segment: the builder's number, plus one */
    uint32_t *values; /* the same */
};

static uint32_t map_term(struct merge *merge, uint32_t number)
{
    const struct segment *segment = merge->segment;
    const struct term *term = &segment->terms[number];

    if (merge->terms[number] == 0) {
        struct built_term forms = {
            .plain = term->plain, .stem = term->stem, .flags = term->flags};
        struct svc_slice sound = {NULL, 0};
        if (term->sound > 0) {
            const struct sound *own = &segment->sounds[term->sound - 1];
            sound = (struct svc_slice){segment->sound_bytes + own->at, own->length};
        }
        merge->terms[number] = 1 + builder_term_with(merge->builder,
                                       segment_term(segment, number), &forms, sound);
    }
    return merge->terms[number] - 1;
}

static uint32_t map_value(
    struct merge *merge, enum value_kind kind, uint32_t number_plus_one)
{
    if (number_plus_one == 0) {
        return 0;
    }
    uint32_t *mapped = &merge->values[number_plus_one - 1];
    if (*mapped == 0) {
        const struct value *value = &merge->segment->values[number_plus_one - 1];
        *mapped = builder_value(merge->builder, kind, value->id, value->key,
            segment_value(merge->segment, number_plus_one));
    }
    return *mapped;
}

static void add_text(struct builder *builder, const struct segment *segment, uint32_t doc)
{
    const uint8_t *start = segment->text + segment->docs[doc].text_at;
    const uint8_t *end = start;
    size_t length = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        size_t number = array_read_number(&end);
        length += number > 0 ? number - 1 : 0;
    }
    length += (size_t)(end - start);
    memcpy(array_add(&builder->text, length), start, length);
}

static void add_doc(struct merge *merge, const struct inverted *inverted, uint32_t number)
{
    struct builder *builder = merge->builder;
    const struct segment *segment = merge->segment;
    const struct doc_values *values = &segment->doc_values[number];
    struct doc *doc = array_add(&builder->docs, 1);

    *doc = segment->docs[number];
    doc->text_at = (uint32_t)builder->text.count;
    doc->name_at = (uint32_t)builder->name_terms.count;
    add_text(builder, segment, number);
    const uint32_t *names = segment->name_terms + segment->docs[number].name_at;
    for (size_t i = 0; i < doc->name_count; i++) {
        uint32_t term = map_term(merge, names[i] & ~NAME_TERM_ADVANCES);
        *(uint32_t *)array_add(&builder->name_terms, 1) =
            term | (names[i] & NAME_TERM_ADVANCES);
    }
    *(struct doc_facts *)array_add(&builder->facts, 1) = segment->facts[number];
    struct doc_values mapped = {
        .brand = map_value(merge, VALUE_BRAND, values->brand),
        .category = map_value(merge, VALUE_CATEGORY, values->category),
        .colors = map_value(merge, VALUE_COLORS, values->colors),
        .sizes = map_value(merge, VALUE_SIZES, values->sizes),
    };
    memcpy(array_add(&builder->doc_values, 1), &mapped, sizeof mapped);
    for (uint32_t i = inverted->starts[number]; i < inverted->starts[number + 1]; i++) {
        const struct entry *entry = &inverted->entries[i];
        builder_touch(builder, map_term(merge, entry->term), entry->impact, entry->mask);
    }
    builder_add_forward(builder);
}

void builder_add_segment(
    struct builder *builder, const struct segment *segment, const struct live *live)
{
    struct inverted inverted = invert(segment);
    struct merge merge = {
        .builder = builder,
        .segment = segment,
        .terms = svc_alloc_zero(segment->term_count, sizeof(uint32_t)),
        .values = svc_alloc_zero(segment->value_count, sizeof(uint32_t)),
    };

    for (size_t doc = 0; doc < segment->doc_count && !builder->too_large; doc++) {
        if (live_has(live, (uint32_t)doc)) {
            add_doc(&merge, &inverted, (uint32_t)doc);
        }
    }
    free(inverted.entries);
    free(inverted.starts);
    free(merge.terms);
    free(merge.values);
}
