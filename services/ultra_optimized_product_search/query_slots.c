/* The words to look for, each with the other ways to say it. */
#include "query_private.h"

#include <string.h>

enum { NO_ITEM = QUERY_ITEMS_MAX };

struct builder {
    struct query_reading *reading;
    struct query_slot *slot;
    size_t single; /* the item that the slot before is, alone */
};

static bool is_letter(const struct query_reading *reading, size_t index)
{
    return query_is_letter(reading, index) && !query_item_is(reading, index, "x");
}

static size_t add_size(struct builder *builder, size_t index)
{
    /* "talla mediana" is M, in Spanish and in English letters. */
    static const struct {
        const char *pattern;
        const char *letters[2];
    } named[] = {
        {"chic*", {"s", "ch"}},
        {"peque*", {"s", "ch"}},
        {"median*", {"m", NULL}},
        {"grande", {"l", "g"}},
    };
    struct query_reading *reading = builder->reading;
    size_t first = 0;
    size_t items = query_size(reading, index, &first);

    if (items == 0) {
        return 0;
    }
    const struct query_item *item = &reading->items[first];
    builder->slot->role = QUERY_ROLE_SIZE;
    if (index + items - first > 1) {
        query_add_word(reading, builder->slot, item->joined->exact);
    } else {
        query_add_items(reading, builder->slot, &first, 1);
    }
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        bool is = query_match(reading, first, named[i].pattern) > 0;
        for (size_t j = 0; is && j < 2 && named[i].letters[j] != NULL; j++) {
            const char *letters = named[i].letters[j];
            struct svc_slice word = {letters, strlen(letters)};
            query_add_word(reading, builder->slot, word);
        }
    }
    return items;
}

static size_t add_quantity(struct builder *builder, size_t index)
{
    struct query_reading *reading = builder->reading;
    const struct token *quantity = reading->items[index].quantity;
    size_t indices[QUERY_PHRASE_WORDS_MAX];
    size_t count = 0;

    if (quantity == NULL) {
        return 0;
    }
    query_add_word(reading, builder->slot, quantity->exact);
    for (size_t i = index; i < index + quantity->parts && i < reading->count; i++) {
        if (count < QUERY_PHRASE_WORDS_MAX && !reading->items[i].stop) {
            indices[count++] = i;
        }
    }
    if (count > 1) {
        query_add_items(reading, builder->slot, indices, count);
    }
    /* "quiero 2 piezas" says how many, as often as what. */
    size_t length = quantity->exact.length;
    builder->slot->optional =
        length > 2 && memcmp(quantity->exact.text + length - 2, "pz", 2) == 0;
    return quantity->parts;
}

/* "usb-c" and "n9" are one word; "iphone15" is a word and its number. */
static size_t add_compound(struct builder *builder, size_t index)
{
    struct query_reading *reading = builder->reading;
    const struct query_item *item = &reading->items[index];
    size_t indices[QUERY_PHRASE_WORDS_MAX] = {index, index + 1, index + 2};

    if (item->joined == NULL || index + item->joined->parts > reading->count) {
        return 0;
    }
    size_t parts = item->joined->parts;
    if (parts == 2 && !item->number && item->word.exact.length >= 3 && item[1].number &&
        item[1].word.exact.text[0] != '0') {
        return 0;
    }
    size_t taken = query_rule(reading, index, index + parts, builder->slot);
    if (taken > 0 && taken < parts) {
        *builder->slot = (struct query_slot){0};
    }
    if (parts <= QUERY_PHRASE_WORDS_MAX) {
        query_add_items(reading, builder->slot, indices, parts);
    }
    query_add_word(reading, builder->slot, item->joined->exact);
    return parts;
}

/* "x", "k", "d" and "p" are "por", "que", "de" and "para" of those in a hurry. */
static bool is_noise(const struct query_reading *reading, size_t index)
{
    bool alone = reading->items[index].joined == NULL && !reading->items[index].tied;

    return alone && index + 1 < reading->count &&
           (query_item_is(reading, index, "x") || query_item_is(reading, index, "k") ||
               query_item_is(reading, index, "d") || query_item_is(reading, index, "p"));
}

/* A letter by itself belongs to the word beside it: "usb c", "vitamina c". */
static size_t add_pair(struct builder *builder, size_t index)
{
    struct query_reading *reading = builder->reading;
    size_t indices[] = {index, index + 1};
    size_t first = 0;

    if (!query_is_free(reading, index + 1) || reading->items[index + 1].number ||
        reading->items[index].number || query_item_is(reading, index, "x") ||
        !(is_letter(reading, index) || is_letter(reading, index + 1)) ||
        is_noise(reading, index + 1) || query_size(reading, index + 1, &first) > 0) {
        return 0;
    }
    query_add_items(reading, builder->slot, indices, 2);
    query_add_joined(reading, builder->slot, index);
    return 2;
}

/* A number by itself is a size or a model; a size lies between 16 and 60. */
static void set_number(struct builder *builder, size_t index)
{
    const struct query_item *item = &builder->reading->items[index];
    struct svc_slice digits = item->word.exact;
    const char *point = memchr(digits.text, '.', digits.length);
    size_t whole = point != NULL ? (size_t)(point - digits.text) : digits.length;
    int value = whole == 2 ? (digits.text[0] - '0') * 10 + (digits.text[1] - '0') : 0;

    builder->slot->optional = true;
    if (value >= 16 && value <= 60 && !item->tied) {
        builder->slot->role = QUERY_ROLE_SIZE;
        builder->slot->optional =
            !(index > 0 && query_item_is(builder->reading, index - 1, "del"));
    }
}

/* Any other item: its phrase, and those of the words that it may be a half of. */
static void add_item(struct builder *builder, size_t index)
{
    struct query_reading *reading = builder->reading;
    const struct query_item *item = &reading->items[index];
    const struct token *joined = item->tied ? item[-1].joined : item->joined;
    size_t first = 0;

    query_add_items(reading, builder->slot, &index, 1);
    if (item->number) {
        set_number(builder, index);
    } else if (builder->slot->role == QUERY_ROLE_TEXT) {
        builder->slot->optional =
            item->word.exact.length == 1 || query_is_vague(reading, index);
    }
    if (joined != NULL) {
        query_add_word(reading, builder->slot, joined->exact);
    }
    if (item->tied || joined != NULL || query_is_vague(reading, index)) {
        return;
    }
    if (builder->single + 1 == index && !query_is_vague(reading, index - 1) &&
        query_are_halves(reading, index - 1)) {
        query_add_joined(reading, builder->slot, index - 1);
    }
    if (query_is_free(reading, index + 1) && query_are_halves(reading, index) &&
        item[1].joined == NULL && !query_is_vague(reading, index + 1) &&
        query_size(reading, index + 1, &first) == 0) {
        query_add_joined(reading, builder->slot, index);
    }
}

/* Fills the slot from item INDEX on; returns the items that it took. */
static size_t fill_slot(struct builder *builder, size_t index)
{
    struct query_reading *reading = builder->reading;
    size_t items = add_quantity(builder, index);

    items = items > 0 ? items : add_size(builder, index);
    items = items > 0 ? items : add_compound(builder, index);
    if (items > 0) {
        return items;
    }
    items = query_rule(reading, index, reading->count, builder->slot);
    if (items > 1 || (items == 1 && builder->slot->role != QUERY_ROLE_TEXT)) {
        return items;
    }
    bool optional = builder->slot->optional;
    if (items == 0 && !reading->items[index].stop) {
        items = add_pair(builder, index);
        if (items == 0) {
            add_item(builder, index);
            return 1;
        }
    } else if (items == 1) {
        add_item(builder, index);
        builder->slot->optional = optional || query_is_vague(reading, index);
    }
    return items;
}

static bool is_known(const struct query *query, const struct query_slot *slot)
{
    const struct query_phrase *phrase = &slot->phrases[0];

    for (size_t i = 0; i < query->slot_count; i++) {
        const struct query_phrase *other = &query->slots[i].phrases[0];
        bool same = other->count == phrase->count;
        for (size_t j = 0; same && j < phrase->count; j++) {
            struct svc_slice one = phrase->words[j].forms.stem;
            struct svc_slice two = other->words[j].forms.stem;
            same =
                one.length == two.length && memcmp(one.text, two.text, one.length) == 0;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* The last word may be the beginning of one: "zapat". */
static bool may_be_prefix(
    const struct query_reading *reading, const struct query_slot *slot, size_t index)
{
    const struct query_item *item = &reading->items[index];

    return index + 1 == reading->count && item->until == reading->text.length &&
           slot->phrases[0].count == 1 && slot->role == QUERY_ROLE_TEXT &&
           !item->number && !item->tied && item->joined == NULL &&
           item->word.exact.length >= 3;
}

static void require_one(struct query *query)
{
    for (size_t i = 0; i < query->slot_count; i++) {
        if (!query->slots[i].optional) {
            return;
        }
    }
    if (query->slot_count > 0) {
        query->slots[0].optional = false;
    }
}

void query_slots(struct query_reading *reading)
{
    struct query *query = reading->query;
    struct builder builder = {.reading = reading, .single = NO_ITEM};

    query->slots =
        svc_arena_alloc(reading->arena, QUERY_SLOTS_MAX * sizeof *query->slots);
    for (size_t i = 0; i < reading->count && query->slot_count < QUERY_SLOTS_MAX; i++) {
        struct query_slot *slot = &query->slots[query->slot_count];
        if (reading->items[i].used || is_noise(reading, i)) {
            continue;
        }
        builder.slot = slot;
        size_t items = fill_slot(&builder, i);
        if (slot->phrase_count == 0) {
            continue;
        }
        query_use(reading, i, items);
        builder.single = items == 1 ? i : NO_ITEM;
        slot->may_be_prefix = items == 1 && may_be_prefix(reading, slot, i);
        if (is_known(query, slot)) {
            *slot = (struct query_slot){0};
        } else {
            query->slot_count++;
        }
        i += items - 1;
    }
    require_one(query);
}
