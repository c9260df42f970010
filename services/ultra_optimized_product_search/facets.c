/* How many of the matches have which brand, category, colour, size. Counted by the
 * numbers of the written values, "rojo,azul" being one, and taken apart at the end. */
#include "pass.h"

#include <string.h>

enum {
    SHARES_MAX = 4096, /* values of a kind that are added up */
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

static void count_values(const struct pass *pass, uint32_t base, size_t count)
{
    const struct doc_values *values = pass->entry->segment->doc_values + base;
    const uint16_t *offsets = pass->scratch->offsets;
    uint32_t *counts = pass->search->facets->counts[pass->segment_at];

    for (size_t i = 0; i < count; i++) {
        const struct doc_values *own = &values[offsets[i]];
        __builtin_prefetch(&values[offsets[i + MATCHES_AHEAD]]);
        counts[own->brand]++;
        counts[own->category]++;
        counts[own->colors]++;
        counts[own->sizes]++;
    }
}

void facets_count(const struct pass *pass, uint32_t base, size_t count)
{
    struct index_facets *result = pass->search->facets->result;
    const uint64_t *prices = pass->scratch->prices;
    int64_t least = result->price_min_minor;
    int64_t most = result->price_max_minor;
    size_t in_stock = 0;
    size_t on_offer = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t minor = price_minor(prices[i]);
        least = minor < least ? minor : least;
        most = minor > most ? minor : most;
        in_stock += (prices[i] & PRICE_IN_STOCK) != 0;
        on_offer += (prices[i] & PRICE_ON_OFFER) != 0;
    }
    result->price_min_minor = least;
    result->price_max_minor = most;
    result->in_stock += in_stock;
    result->on_offer += on_offer;
    count_values(pass, base, count);
}

struct shares {
    struct share *list;
    size_t count;
    size_t room; /* a power of two, SHARES_MAX at most */
};

/* How many have each part of the values of a segment. */
static uint32_t *count_parts(const struct search *search, size_t segment_at)
{
    const struct segment *segment = search->list->entries[segment_at].segment;
    const uint32_t *counts = search->facets->counts[segment_at];
    uint32_t *sums =
        svc_arena_alloc(search->arena, (segment->part_count + 1) * sizeof *sums);

    for (size_t value = 0; value < segment->value_count; value++) {
        uint32_t count = counts[value + 1];
        if (count == 0) {
            continue;
        }
        uint32_t until = segment->part_starts[value + 1];
        for (uint32_t at = segment->part_starts[value]; at < until; at++) {
            sums[segment->part_numbers[at]] += count;
        }
    }
    return sums;
}

/* Room for what the result has of each kind, and no more: clearing 1 MB would cost more
 * than most searches. */
static void make_room(const struct search *search, uint32_t *const sums[],
    struct shares shares[VALUE_KINDS])
{
    size_t counts[VALUE_KINDS] = {0};

    for (size_t i = 0; i < search->list->count; i++) {
        const struct segment *segment = search->list->entries[i].segment;
        for (size_t part = 0; part < segment->part_count; part++) {
            counts[segment->parts[part].kind] += sums[i][part] > 0;
        }
    }
    for (size_t kind = 0; kind < VALUE_KINDS; kind++) {
        struct shares *own = &shares[kind];
        own->count = 0;
        own->room = 16;
        while (own->room < counts[kind] && own->room < SHARES_MAX) {
            own->room *= 2;
        }
        own->list = svc_arena_alloc(search->arena, own->room * sizeof *own->list);
    }
}

static void gather(const struct search *search, struct shares shares[VALUE_KINDS])
{
    uint32_t *sums[SEGMENTS_MAX] = {0};

    for (size_t i = 0; i < search->list->count; i++) {
        sums[i] = count_parts(search, i);
    }
    make_room(search, sums, shares);
    for (size_t i = 0; i < search->list->count; i++) {
        const struct segment *segment = search->list->entries[i].segment;
        for (size_t at = 0; at < segment->part_count; at++) {
            const struct value_part *part = &segment->parts[at];
            struct shares *own = &shares[part->kind];
            if (sums[i][at] == 0 || own->count == own->room) {
                continue;
            }
            own->list[own->count++] = (struct share){
                .key = part->key,
                .hash = part->hash,
                .written = {segment->value_bytes + part->at, part->length},
                .id = part->id,
                .count = sums[i][at],
            };
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
    size_t slot_count = 2 * shares->room;
    uint32_t *slots = svc_arena_alloc(search->arena, slot_count * sizeof *slots);
    size_t kept = 0;

    for (size_t i = 0; i < shares->count; i++) {
        struct share own = shares->list[i];
        own.best = own.count;
        own.hash = by_key ? own.key : own.hash;
        size_t at = own.hash & (slot_count - 1);
        while (slots[at] != 0 && shares->list[slots[at] - 1].hash != own.hash) {
            at = (at + 1) & (slot_count - 1);
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

static size_t make_facet(
    struct search *search, struct shares *shares, struct index_facet facets[])
{
    struct share picked[INDEX_FACETS_MAX];

    if (search->list->count > 1) {
        add_up(search, shares, false);
    }
    add_up(search, shares, true);
    size_t count = pick(shares, picked);
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
    struct shares shares[VALUE_KINDS];

    gather(search, shares);
    result->brand_count = make_facet(search, &shares[VALUE_BRAND], result->brands);
    result->category_count =
        make_facet(search, &shares[VALUE_CATEGORY], result->categories);
    result->color_count = make_facet(search, &shares[VALUE_COLORS], result->colors);
    result->size_count = make_facet(search, &shares[VALUE_SIZES], result->sizes);
    if (search->total == 0) {
        result->price_min_minor = 0;
        result->price_max_minor = 0;
    }
    return result;
}
