/* What a facet counts of each value: "rojo,azul" is two parts, a brand is one. */
#include "builder.h"
#include "checksum.h"

#include <string.h>

struct parts {
    struct segment *segment;
    struct array list;    /* struct value_part */
    struct array numbers; /* of the parts of one value after the other */
    uint32_t *slots;      /* a part's number plus one, by its hash; 0: free */
    size_t slot_count;    /* a power of two */
};

/* The same whatever the case of its letters without accents. */
static uint64_t folded_key(struct svc_slice part)
{
    unsigned char folded[64];
    size_t length = part.length < sizeof folded ? part.length : sizeof folded;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)part.text[i];
        folded[i] = byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
    }
    return checksum_bytes(folded, length, 0);
}

static void double_slots(struct parts *parts)
{
    const struct value_part *list = parts->list.items;
    size_t count = parts->slot_count == 0 ? 64 : 2 * parts->slot_count;

    free(parts->slots);
    parts->slots = svc_alloc_zero(count, sizeof *parts->slots);
    parts->slot_count = count;
    for (size_t i = 0; i < parts->list.count; i++) {
        size_t at = list[i].hash & (count - 1);
        while (parts->slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        parts->slots[at] = (uint32_t)i + 1;
    }
}

static void add_part(struct parts *parts, const struct value_part *part)
{
    if (2 * parts->list.count >= parts->slot_count) {
        double_slots(parts);
    }
    const struct value_part *list = parts->list.items;
    size_t mask = parts->slot_count - 1;
    size_t at = part->hash & mask;
    while (parts->slots[at] != 0 && list[parts->slots[at] - 1].hash != part->hash) {
        at = (at + 1) & mask;
    }
    if (parts->slots[at] == 0) {
        memcpy(array_add(&parts->list, 1), part, sizeof *part);
        parts->slots[at] = (uint32_t)parts->list.count;
    }
    uint32_t number = parts->slots[at] - 1;
    memcpy(array_add(&parts->numbers, 1), &number, sizeof number);
}

/* LENGTH bytes of the value from FROM on. */
static void add_written(
    struct parts *parts, const struct value *value, size_t from, size_t length)
{
    const char *text = parts->segment->value_bytes + value->at + from;
    bool is_list = value->kind == VALUE_COLORS || value->kind == VALUE_SIZES;
    struct value_part part = {
        .id = value->id,
        .key = is_list ? folded_key((struct svc_slice){text, length}) : value->key,
        .at = value->at + (uint32_t)from,
        .length = (uint32_t)length,
        .kind = value->kind,
    };

    if (length > 0) {
        part.hash = checksum_bytes(text, length, part.key + part.kind);
        add_part(parts, &part);
    }
}

static void add_list(struct parts *parts, const struct value *value)
{
    const char *text = parts->segment->value_bytes + value->at;
    size_t start = 0;

    for (size_t at = 0; at <= value->length; at++) {
        if (at < value->length && text[at] != ',') {
            continue;
        }
        size_t end = at;
        while (start < end && text[start] == ' ') {
            start++;
        }
        while (end > start && text[end - 1] == ' ') {
            end--;
        }
        add_written(parts, value, start, end - start);
        start = at + 1;
    }
}

void build_parts(struct segment *segment)
{
    size_t count = segment->value_count;
    uint32_t *starts = svc_alloc((count + 1) * sizeof *starts);
    struct parts parts = {.segment = segment};

    array_init(&parts.list, sizeof(struct value_part));
    array_init(&parts.numbers, sizeof(uint32_t));
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &segment->values[i];
        starts[i] = (uint32_t)parts.numbers.count;
        if (value->at == VALUE_NULL) {
            continue;
        }
        if (value->kind == VALUE_COLORS || value->kind == VALUE_SIZES) {
            add_list(&parts, value);
        } else {
            add_written(&parts, value, 0, value->length);
        }
    }
    starts[count] = (uint32_t)parts.numbers.count;
    free(parts.slots);
    size_t part_count = parts.list.count;
    size_t number_count = parts.numbers.count;
    segment_set(segment, SECTION_parts, array_take(&parts.list), part_count,
        sizeof(struct value_part));
    segment_set(segment, SECTION_part_numbers, array_take(&parts.numbers), number_count,
        sizeof(uint32_t));
    segment_set(segment, SECTION_part_starts, starts, count + 1, sizeof *starts);
}
