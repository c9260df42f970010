#include "layer.h"

/* The first place from AT on that isn't before BASE: steps that double, then halves. */
static inline void seek(struct cursor *cursor, uint32_t base)
{
    const uint32_t *docs = cursor->docs;
    size_t at = cursor->at;
    size_t step = 1;

    if (at >= cursor->count || docs[at] >= base) {
        return;
    }
    while (at + step < cursor->count && docs[at + step] < base) {
        at += step;
        step *= 2;
    }
    size_t until = at + step < cursor->count ? at + step : cursor->count;
    while (at + 1 < until) {
        size_t middle = at + (until - at) / 2;
        if (docs[middle] < base) {
            at = middle;
        } else {
            until = middle;
        }
    }
    cursor->at = until;
}

uint32_t cursors_next(struct cursor_list *list, uint32_t base)
{
    uint32_t next = SEGMENT_NO_DOC;

    for (size_t i = 0; i < list->count; i++) {
        struct cursor *cursor = &list->cursors[i];
        seek(cursor, base);
        if (cursor->at < cursor->count && cursor->docs[cursor->at] < next) {
            next = cursor->docs[cursor->at];
        }
    }
    return next;
}

/* A value counts only where its bit is set: what lies there from before needs no
 * clearing. */
static inline void put(struct layer *layer, uint32_t offset, uint32_t value)
{
    uint64_t *word = &layer->bits[offset / 64];
    uint64_t bit = (uint64_t)1 << offset % 64;
    uint32_t old = (*word & bit) != 0 ? layer->values[offset] : 0;

    layer->values[offset] = (uint8_t)(old < value ? value : old);
    *word |= bit;
    layer->touched |= (uint64_t)1 << offset / 64;
}

/* What the cursor has from BASE on, up to the window's end; returns the words touched. A
 * function of its own, for most of a search's time is spent here: nothing else shall take
 * its registers. */
static __attribute__((noinline)) uint64_t fill(struct cursor *cursor, uint32_t base,
    uint8_t *restrict values, uint64_t *restrict bits)
{
    const uint32_t *docs = cursor->docs;
    const uint8_t *impacts = cursor->impacts;
    const uint32_t weight = cursor->weight;
    const size_t count = cursor->count;
    uint64_t touched = 0;
    size_t at = cursor->at;

    for (; at < count && docs[at] - base < WINDOW; at++) {
        uint32_t offset = docs[at] - base;
        uint32_t value = impacts[at] * weight / WEIGHT_ONE;
        uint64_t word = bits[offset / 64];
        uint32_t old = (word >> offset % 64 & 1) != 0 ? values[offset] : 1;
        values[offset] = (uint8_t)(old < value ? value : old);
        bits[offset / 64] = word | (uint64_t)1 << offset % 64;
        touched |= (uint64_t)1 << offset / 64;
    }
    cursor->at = at;
    return touched;
}

/* The same where a match in another field than name or attributes counts less, or not. */
static void fill_by_field(struct cursor *cursor, uint32_t base, struct layer *layer)
{
    const uint32_t end = base + WINDOW;
    size_t at = cursor->at;

    for (; at < cursor->count && cursor->docs[at] < end; at++) {
        uint32_t value = posting_value(cursor, at);
        if (value > 0) {
            put(layer, cursor->docs[at] - base, value);
        }
    }
    cursor->at = at;
}

/* Where the posting of DOC is; the cursor's count: it has none. */
static inline size_t find_posting(struct cursor *cursor, uint32_t doc)
{
    if (cursor->dense_bits != NULL) {
        bool has = (cursor->dense_bits[doc / 64] >> doc % 64 & 1) != 0;
        return has ? dense_at(cursor, doc) : cursor->count;
    }
    seek(cursor, doc);
    bool has = cursor->at < cursor->count && cursor->docs[cursor->at] == doc;
    return has ? cursor->at : cursor->count;
}

/* What the cursor has of the documents of one word of those that are wanted. */
static void probe_word(
    struct cursor *cursor, uint32_t base, size_t word, uint64_t bits, struct layer *layer)
{
    for (uint64_t left = bits; left != 0; left &= left - 1) {
        uint32_t offset = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left));
        size_t at = find_posting(cursor, base + offset);
        uint32_t value = at < cursor->count ? posting_value(cursor, at) : 0;
        if (value > 0) {
            put(layer, offset, value);
        }
    }
}

static void probe(struct cursor *cursor, uint32_t base, const struct wanted *wanted,
    struct layer *layer)
{
    for (uint64_t words = wanted->touched; words != 0; words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        uint64_t bits = wanted->bits[word];
        if (cursor->dense_bits != NULL) {
            bits &= cursor->dense_bits[base / 64 + word];
        }
        probe_word(cursor, base, word, bits, layer);
    }
}

void layer_add(struct layer *layer, struct cursor_list *list, uint32_t base,
    const struct wanted *wanted)
{
    enum { LOOK_COST = 8 }; /* of one posting's */
    bool few = wanted->count * list->count * LOOK_COST < list->df_window + list->count;

    for (size_t i = 0; i < list->count; i++) {
        struct cursor *cursor = &list->cursors[i];
        if (few) {
            probe(cursor, base, wanted, layer);
            continue;
        }
        seek(cursor, base);
        if (list->by_field) {
            fill_by_field(cursor, base, layer);
        } else {
            layer->touched |= fill(cursor, base, layer->values, layer->bits);
        }
    }
}

void layer_clear(struct layer *layer)
{
    for (uint64_t words = layer->touched; words != 0; words &= words - 1) {
        layer->bits[__builtin_ctzll(words)] = 0;
    }
    layer->touched = 0;
}

void layer_keep(struct layer *layer, const struct wanted *wanted)
{
    uint64_t touched = 0;

    for (uint64_t words = layer->touched; words != 0; words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        uint64_t bit = (uint64_t)1 << word;
        layer->bits[word] &= (wanted->touched & bit) != 0 ? wanted->bits[word] : 0;
        touched |= layer->bits[word] != 0 ? bit : 0;
    }
    layer->touched = touched;
}

void layer_intersect(struct layer *layer, const struct layer *other)
{
    uint64_t touched = 0;

    for (uint64_t words = layer->touched; words != 0; words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        uint64_t both = layer->bits[word] & other->bits[word];
        for (uint64_t left = both; left != 0; left &= left - 1) {
            size_t offset = word * 64 + (size_t)__builtin_ctzll(left);
            if (other->values[offset] < layer->values[offset]) {
                layer->values[offset] = other->values[offset];
            }
        }
        layer->bits[word] = both;
        touched |= both != 0 ? (uint64_t)1 << word : 0;
    }
    layer->touched = touched;
}

void layer_unite(struct layer *layer, const struct layer *other)
{
    for (uint64_t words = other->touched; words != 0; words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        for (uint64_t left = other->bits[word]; left != 0; left &= left - 1) {
            uint32_t offset = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left));
            put(layer, offset, other->values[offset]);
        }
    }
}

size_t layer_count(const struct layer *layer)
{
    size_t count = 0;

    for (uint64_t words = layer->touched; words != 0; words &= words - 1) {
        count += count_word(layer->bits[__builtin_ctzll(words)]);
    }
    return count;
}
