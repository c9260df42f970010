/* The numbers of terms and values while a segment is built. */
#include "builder.h"
#include "checksum.h"

#include <string.h>

static void insert(struct lookup *lookup, uint32_t hash, uint32_t number)
{
    size_t at = hash & lookup->mask;

    while (lookup->slots[at] != 0) {
        at = (at + 1) & lookup->mask;
    }
    lookup->slots[at] = number + 1;
}

/* Room for one more; HASHES: of what is there, SIZE bytes from each other. */
static void make_room(struct lookup *lookup, const uint32_t *hashes, size_t size)
{
    if (lookup->slots != NULL && 2 * (lookup->count + 1) <= lookup->mask) {
        return;
    }
    size_t room = lookup->slots != NULL ? 2 * (lookup->mask + 1) : 1024;
    free(lookup->slots);
    lookup->slots = svc_alloc_zero(room, sizeof lookup->slots[0]);
    lookup->mask = room - 1;
    for (size_t i = 0; i < lookup->count && hashes != NULL; i++) {
        uint32_t hash = 0;
        memcpy(&hash, (const char *)hashes + i * size, sizeof hash);
        insert(lookup, hash, (uint32_t)i);
    }
}

static uint32_t find_term(
    const struct builder *builder, struct svc_slice exact, uint32_t hash)
{
    const struct built_term *terms = builder->terms.items;
    const char *bytes = builder->term_bytes.items;
    const struct lookup *lookup = &builder->term_lookup;

    if (lookup->slots == NULL) {
        return 0;
    }
    for (size_t at = hash & lookup->mask;; at = (at + 1) & lookup->mask) {
        uint32_t number = lookup->slots[at];
        if (number == 0) {
            return 0;
        }
        const struct built_term *term = &terms[number - 1];
        if (term->hash == hash && term->length == exact.length &&
            memcmp(bytes + term->at, exact.text, exact.length) == 0) {
            return number;
        }
    }
}

static uint32_t hash_term(struct svc_slice exact)
{
    uint64_t hash = checksum_bytes(exact.text, exact.length, 7);

    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t add_bytes(struct array *array, struct svc_slice bytes)
{
    uint32_t at = (uint32_t)array->count;

    if (bytes.length > 0) {
        memcpy(array_add(array, bytes.length), bytes.text, bytes.length);
    }
    return at;
}

static uint32_t add_term(struct builder *builder, struct svc_slice exact, uint32_t hash,
    const struct built_term *forms, struct svc_slice sound)
{
    struct built_term new = {
        .plain = forms->plain,
        .stem = forms->stem,
        .hash = hash,
        .at = add_bytes(&builder->term_bytes, exact),
        .sound_at = add_bytes(&builder->sound_bytes, sound),
        .length = (uint8_t)exact.length,
        .sound_length = (uint8_t)sound.length,
        .flags = forms->flags,
    };
    const struct built_term *first = builder->terms.items;

    make_room(&builder->term_lookup, first != NULL ? &first->hash : NULL, sizeof new);
    uint32_t number = (uint32_t)builder->term_lookup.count++;
    insert(&builder->term_lookup, hash, number);
    memcpy(array_add(&builder->terms, 1), &new, sizeof new);
    return number;
}

uint32_t builder_term_with(struct builder *builder, struct svc_slice exact,
    const struct built_term *forms, struct svc_slice sound)
{
    uint32_t hash = hash_term(exact);
    uint32_t number = find_term(builder, exact, hash);

    return number > 0 ? number - 1 : add_term(builder, exact, hash, forms, sound);
}

uint32_t builder_term(struct builder *builder, struct svc_slice exact)
{
    struct token_forms forms = {0};
    uint32_t hash = hash_term(exact);
    uint32_t number = find_term(builder, exact, hash);

    if (number > 0) {
        return number - 1;
    }
    analyser_forms(builder->analyser, &builder->arena, exact, &forms);
    struct built_term keys = {
        .plain = form_key(FORM_PLAIN, forms.plain),
        .stem = form_key(FORM_STEM, forms.stem),
    };
    return add_term(builder, exact, hash, &keys, forms.sound);
}

/* The hidden term of a brand or category, plus one. */
static uint32_t add_list(struct builder *builder, enum value_kind kind, uint64_t key)
{
    char exact[LIST_TERM_BYTES];
    struct built_term forms = {.flags = TERM_HIDDEN};

    if (key == 0 || (kind != VALUE_BRAND && kind != VALUE_CATEGORY)) {
        return 0;
    }
    list_term(kind, key, exact);
    struct svc_slice slice = {exact, sizeof exact};
    forms.plain = form_key(FORM_PLAIN, slice);
    forms.stem = form_key(FORM_STEM, slice);
    return builder_term_with(builder, slice, &forms, (struct svc_slice){NULL, 0}) + 1;
}

static bool value_equals(const struct builder *builder, const struct built_value *value,
    const struct built_value *other, struct svc_slice text)
{
    const char *bytes = builder->value_bytes.items;
    bool is_null = value->value.at == VALUE_NULL;

    if (value->hash != other->hash || value->value.kind != other->value.kind ||
        value->value.id != other->value.id || is_null != (text.text == NULL)) {
        return false;
    }
    return is_null || (value->value.length == text.length &&
                          memcmp(bytes + value->value.at, text.text, text.length) == 0);
}

uint32_t builder_value(struct builder *builder, enum value_kind kind, int64_t id,
    uint64_t key, struct svc_slice text)
{
    struct lookup *lookup = &builder->value_lookup;
    uint64_t hash = checksum_bytes(text.text, text.length, (uint64_t)id * 4 + kind);
    struct built_value new = {
        .value = {.id = id, .key = key, .at = VALUE_NULL, .kind = kind},
        .hash = (uint32_t)(hash ^ hash >> 32),
    };

    if (text.text == NULL && id == 0) {
        return 0;
    }
    const struct built_value *values = builder->values.items;
    make_room(lookup, values != NULL ? &values->hash : NULL, sizeof new);
    size_t at = new.hash & lookup->mask;
    for (; lookup->slots[at] != 0; at = (at + 1) & lookup->mask) {
        if (value_equals(builder, &values[lookup->slots[at] - 1], &new, text)) {
            return lookup->slots[at];
        }
    }
    if (text.text != NULL) {
        new.value.at = add_bytes(&builder->value_bytes, text);
        new.value.length = (uint32_t)text.length;
    }
    new.list = add_list(builder, kind, key);
    lookup->slots[at] = (uint32_t)++lookup->count;
    memcpy(array_add(&builder->values, 1), &new, sizeof new);
    return (uint32_t)lookup->count;
}

void builder_touch_lists(struct builder *builder, const struct doc_values *values)
{
    const struct built_value *built = builder->values.items;
    const uint32_t numbers[] = {values->brand, values->category};

    for (size_t i = 0; i < 2; i++) {
        uint32_t list = numbers[i] > 0 ? built[numbers[i] - 1].list : 0;
        if (list > 0) {
            builder_touch(builder, list - 1, 0, 0);
        }
    }
}
