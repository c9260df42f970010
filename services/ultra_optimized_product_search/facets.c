/* How many of the matches have which brand, category, colour, size. Counted by the
 * numbers of the written values, "rojo,azul" being one, and taken apart at the end. */
#include "search_private.h"

#include "checksum.h"

#include <string.h>

enum {
    SHARES_MAX = 4096, /* values of a kind that are added up */
    SHARE_SLOTS = 2 * SHARES_MAX,
};

struct facet_counts {
    uint32_t *counts[SEGMENTS_MAX]; /* by a value's number plus one */
    struct index_facets *result;
};

/* A written value, or a part of it, and how many have it. */
struct share {
    uint64_t key;
    struct svc_slice written;
    int64_t id;
    size_t count;
    size_t best;   /* of the written form that is shown */
    uint64_t hash; /* what is added up by */
};

struct facet_counts *facets_new(struct search *search)
{
    struct facet_counts *facets = svc_arena_alloc(search->arena, sizeof *facets);

    for (size_t i = 0; i < search->list->count; i++) {
        size_t count = search->list->entries[i].segment->value_count + 1;
        facets->counts[i] =
            svc_arena_alloc(search->arena, count * sizeof facets->counts[0][0]);
    }
    facets->result = svc_arena_alloc(search->arena, sizeof *facets->result);
    facets->result->price_min_minor = INT64_MAX;
    facets->result->price_max_minor = INT64_MIN;
    return facets;
}

void facets_count(
    struct search *search, uint32_t segment_at, uint32_t doc, uint64_t price)
{
    const struct segment *segment = search->list->entries[segment_at].segment;
    const struct doc_values *values = &segment->doc_values[doc];
    uint32_t *counts = search->facets->counts[segment_at];
    struct index_facets *result = search->facets->result;
    int64_t minor = price_minor(price);

    counts[values->brand]++;
    counts[values->category]++;
    counts[values->colors]++;
    counts[values->sizes]++;
    if (minor < result->price_min_minor) {
        result->price_min_minor = minor;
    }
    if (minor > result->price_max_minor) {
        result->price_max_minor = minor;
    }
    result->in_stock += (price & PRICE_IN_STOCK) != 0;
    result->on_offer += (price & PRICE_ON_OFFER) != 0;
}

struct shares {
    struct share *list;
    size_t count;
};

static uint64_t part_key(struct svc_slice part)
{
    unsigned char folded[64];
    size_t length = part.length < sizeof folded ? part.length : sizeof folded;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)part.text[i];
        folded[i] = byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
    }
    return checksum_bytes(folded, length, 0);
}

static void add_share(struct shares *shares, const struct share *share)
{
    if (shares->count < SHARES_MAX && share->written.length > 0) {
        shares->list[shares->count++] = *share;
    }
}

/* "rojo, azul" apart. */
static void add_parts(struct shares *shares, struct svc_slice list, size_t count)
{
    size_t start = 0;

    for (size_t at = 0; at <= list.length; at++) {
        if (at < list.length && list.text[at] != ',') {
            continue;
        }
        size_t end = at;
        while (start < end && list.text[start] == ' ') {
            start++;
        }
        while (end > start && list.text[end - 1] == ' ') {
            end--;
        }
        struct share share = {
            .written = {list.text + start, end - start}, .count = count};
        share.key = part_key(share.written);
        add_share(shares, &share);
        start = at + 1;
    }
}

static void gather(struct search *search, enum value_kind kind, struct shares *shares)
{
    for (size_t i = 0; i < search->list->count; i++) {
        const struct segment *segment = search->list->entries[i].segment;
        const uint32_t *counts = search->facets->counts[i];
        for (size_t number = 0; number < segment->value_count; number++) {
            const struct value *value = &segment->values[number];
            size_t count = counts[number + 1];
            if (count == 0 || value->kind != (uint32_t)kind) {
                continue;
            }
            struct svc_slice written = segment_value(segment, (uint32_t)number + 1);
            if (kind == VALUE_COLORS || kind == VALUE_SIZES) {
                add_parts(shares, written, count);
                continue;
            }
            add_share(shares, &(struct share){.key = value->key,
                                  .written = written,
                                  .id = value->id,
                                  .count = count});
        }
    }
}

/* By how many have it, then as it is written. */
static bool is_better(const struct share *share, const struct share *other)
{
    if (share->best != other->best) {
        return share->best > other->best;
    }
    size_t length = share->written.length < other->written.length ? share->written.length
                                                                  : other->written.length;
    int order = memcmp(share->written.text, other->written.text, length);
    return order < 0 || (order == 0 && share->written.length < other->written.length);
}

static void merge_share(struct share *sum, const struct share *own)
{
    size_t count = sum->count + own->count;

    if (is_better(own, sum)) {
        *sum = *own;
    }
    sum->count = count;
}

/* What has a key in common becomes one share: the same written form, or with BY_KEY the
 * same value, shown as it is written most often. */
static void add_up(struct search *search, struct shares *shares, bool by_key)
{
    uint32_t *slots = svc_arena_alloc(search->arena, SHARE_SLOTS * sizeof *slots);
    size_t kept = 0;

    for (size_t i = 0; i < shares->count; i++) {
        struct share own = shares->list[i];
        own.best = own.count;
        own.hash = by_key ? own.key
                          : checksum_bytes(own.written.text, own.written.length, own.key);
        size_t at = own.hash & (SHARE_SLOTS - 1);
        while (slots[at] != 0 && shares->list[slots[at] - 1].hash != own.hash) {
            at = (at + 1) & (SHARE_SLOTS - 1);
        }
        if (slots[at] != 0) {
            merge_share(&shares->list[slots[at] - 1], &own);
        } else {
            shares->list[kept++] = own;
            slots[at] = (uint32_t)kept;
        }
    }
    shares->count = kept;
}

/* The most frequent ones, in order; returns how many. */
static size_t pick(const struct shares *shares, struct share picked[INDEX_FACETS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < shares->count; i++) {
        struct share own = shares->list[i];
        own.best = own.count;
        if (count == INDEX_FACETS_MAX && !is_better(&own, &picked[count - 1])) {
            continue;
        }
        size_t at = count < INDEX_FACETS_MAX ? count++ : count - 1;
        for (; at > 0 && is_better(&own, &picked[at - 1]); at--) {
            picked[at] = picked[at - 1];
        }
        picked[at] = own;
    }
    return count;
}

static size_t make_facet(struct search *search, enum value_kind kind,
    struct index_facet facets[INDEX_FACETS_MAX])
{
    struct shares shares = {
        .list = svc_arena_alloc(search->arena, SHARES_MAX * sizeof(struct share))};
    struct share picked[INDEX_FACETS_MAX];

    gather(search, kind, &shares);
    add_up(search, &shares, false);
    add_up(search, &shares, true);
    size_t count = pick(&shares, picked);
    for (size_t i = 0; i < count; i++) {
        const struct share *share = &picked[i];
        facets[i] = (struct index_facet){
            .value = {svc_arena_strndup(
                          search->arena, share->written.text, share->written.length),
                share->written.length},
            .id = share->id,
            .count = share->count,
        };
    }
    return count;
}

struct index_facets *facets_result(struct search *search)
{
    struct index_facets *result = search->facets->result;

    result->brand_count = make_facet(search, VALUE_BRAND, result->brands);
    result->category_count = make_facet(search, VALUE_CATEGORY, result->categories);
    result->color_count = make_facet(search, VALUE_COLORS, result->colors);
    result->size_count = make_facet(search, VALUE_SIZES, result->sizes);
    if (search->total == 0) {
        result->price_min_minor = 0;
        result->price_max_minor = 0;
    }
    return result;
}
