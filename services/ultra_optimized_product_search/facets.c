/* How many of the matches have which brand, category, colour, size. Counted by the
 * numbers of the written values, "rojo,azul" being one, and taken apart at the end. */
#include "search_private.h"

#include "checksum.h"

#include <stdlib.h>
#include <string.h>

enum { SHARES_MAX = 4096 }; /* values of a kind that are added up */

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

void facets_count(struct search *search, uint32_t segment_at, uint32_t doc,
    const struct product_facts *facts)
{
    const struct segment *segment = search->list->entries[segment_at].segment;
    const struct doc_values *values = &segment->doc_values[doc];
    uint32_t *counts = search->facets->counts[segment_at];
    struct index_facets *result = search->facets->result;
    int64_t price_minor = product_price_minor(facts, search->options->now_s);

    counts[values->brand]++;
    counts[values->category]++;
    counts[values->colors]++;
    counts[values->sizes]++;
    result->price_min_minor =
        price_minor < result->price_min_minor ? price_minor : result->price_min_minor;
    result->price_max_minor =
        price_minor > result->price_max_minor ? price_minor : result->price_max_minor;
    result->in_stock += facts->stock > 0;
    result->on_offer += product_on_offer(facts, search->options->now_s);
}

struct shares {
    struct share *list;
    size_t count;
};

static uint64_t part_key(struct svc_slice part)
{
    char folded[64];
    size_t length = part.length < sizeof folded ? part.length : sizeof folded;

    for (size_t i = 0; i < length; i++) {
        char byte = part.text[i];
        folded[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + 'a' - 'A') : byte;
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
            add_share(shares, &(struct share){value->key, written, value->id, count});
        }
    }
}

static int compare_keys(const void *left, const void *right)
{
    const struct share *a = left;
    const struct share *b = right;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    size_t length =
        a->written.length < b->written.length ? a->written.length : b->written.length;
    int order = memcmp(a->written.text, b->written.text, length);
    return order != 0 ? order : (int)a->written.length - (int)b->written.length;
}

static int compare_counts(const void *left, const void *right)
{
    const struct share *a = left;
    const struct share *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return compare_keys(left, right);
}

/* One share a key, as it is written most often. */
static void add_up(struct shares *shares)
{
    size_t kept = 0;
    size_t best = 0;    /* of the written form that is shown */
    size_t written = 0; /* of the one that is added up */

    qsort(shares->list, shares->count, sizeof shares->list[0], compare_keys);
    for (size_t i = 0; i < shares->count; i++) {
        struct share own = shares->list[i];
        if (kept == 0 || shares->list[kept - 1].key != own.key) {
            shares->list[kept++] = own;
            best = written = own.count;
            continue;
        }
        bool same = compare_keys(&shares->list[i - 1], &own) == 0;
        written = same ? written + own.count : own.count;
        struct share *shown = &shares->list[kept - 1];
        shown->count += own.count;
        if (written > best) {
            best = written;
            shown->written = own.written;
        }
    }
    shares->count = kept;
    qsort(shares->list, shares->count, sizeof shares->list[0], compare_counts);
}

static size_t make_facet(struct search *search, enum value_kind kind,
    struct index_facet facets[INDEX_FACETS_MAX])
{
    struct shares shares = {
        .list = svc_arena_alloc(search->arena, SHARES_MAX * sizeof(struct share))};
    size_t count = 0;

    gather(search, kind, &shares);
    add_up(&shares);
    for (; count < shares.count && count < INDEX_FACETS_MAX; count++) {
        const struct share *share = &shares.list[count];
        facets[count] = (struct index_facet){
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
