/* The first, cheap score, and the best few hundred by it. */
#include "pass.h"

#include <math.h>
#include <string.h>

#define OPTIONAL_SHARE 0.5F /* of what a required slot of the same rarity adds */

static bool lets_pass(const struct search *search, uint64_t price)
{
    const struct query_filters *filters = &search->query->filters;
    int64_t minor = price_minor(price);

    if ((filters->price_min_minor >= 0 && minor < filters->price_min_minor) ||
        (filters->price_max_minor >= 0 && minor > filters->price_max_minor)) {
        return false;
    }
    return (!filters->on_offer || (price & PRICE_ON_OFFER) != 0) &&
           (!filters->in_stock || (price & PRICE_IN_STOCK) != 0);
}

static bool has_limits(const struct query_filters *filters)
{
    return filters->price_min_minor >= 0 || filters->price_max_minor >= 0 ||
           filters->on_offer || filters->in_stock;
}

/* The same number on the first pages, so that they fit together. */
static size_t candidate_room(const struct index_options *options)
{
    return options->offset + options->limit <= CANDIDATES ? CANDIDATES : INDEX_WINDOW_MAX;
}

static double sort_key(
    const struct pass *pass, uint32_t doc, uint64_t price, double score)
{
    struct product_facts facts;

    switch (pass->search->query->sort) {
    case QUERY_SORT_PRICE_UP:
        return -(double)price_minor(price);
    case QUERY_SORT_PRICE_DOWN:
        return (double)price_minor(price);
    case QUERY_SORT_POPULARITY:
        segment_facts_get(pass->entry->segment, doc, &facts);
        return facts.popularity;
    case QUERY_SORT_NEWEST:
        return (double)pass->entry->segment->docs[doc].id;
    case QUERY_SORT_RELEVANCE:
        break;
    }
    return score;
}

void search_consider_init(struct search *search)
{
    search->candidates.room = candidate_room(search->options);
    search->candidates.list = svc_arena_alloc(
        search->arena, search->candidates.room * sizeof *search->candidates.list);
    search->coverage = svc_arena_alloc(
        search->arena, ((size_t)1 << search->slot_count) * sizeof *search->coverage);
    search->has_limits = has_limits(&search->query->filters);
    search->needs_facts = search->has_limits || search->facets != NULL ||
                          search->query->sort != QUERY_SORT_RELEVANCE;
    search->rank_step = (float)segment_rank_step(search->weights);
    for (size_t slot = 0; slot < search->slot_count && search->idf_sum > 0; slot++) {
        bool required = (search->required >> slot & 1) != 0;
        search->slot_weight[slot] =
            (float)(search->idf[slot] / (IMPACT_MAX * search->idf_sum)) *
            (required ? 1 : OPTIONAL_SHARE);
    }
}

static void sink_down(struct candidates *candidates, size_t at)
{
    struct candidate moved = candidates->list[at];

    for (size_t child = 2 * at + 1; child < candidates->count; child = 2 * at + 1) {
        if (child + 1 < candidates->count &&
            candidates->list[child + 1].key < candidates->list[child].key) {
            child++;
        }
        if (candidates->list[child].key >= moved.key) {
            break;
        }
        candidates->list[at] = candidates->list[child];
        at = child;
    }
    candidates->list[at] = moved;
}

static void rise(struct candidates *candidates, size_t at)
{
    struct candidate moved = candidates->list[at];

    while (at > 0 && candidates->list[(at - 1) / 2].key > moved.key) {
        candidates->list[at] = candidates->list[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    candidates->list[at] = moved;
}

static void keep(struct candidates *candidates, const struct candidate *new)
{
    if (candidates->count < candidates->room) {
        candidates->list[candidates->count++] = *new;
        rise(candidates, candidates->count - 1);
    } else if (new->key > candidates->list[0].key) {
        candidates->list[0] = *new;
        sink_down(candidates, 0);
    }
}

float pass_coverage(const struct pass *pass, uint32_t mask)
{
    const struct search *search = pass->search;
    double found = 0;

    mask &= search->required;
    if (search->coverage[mask] > 0) {
        return search->coverage[mask] - 1;
    }
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        found += (mask >> slot & 1) != 0 ? search->idf[slot] : 0;
    }
    double share = search->idf_sum > 0 ? found / search->idf_sum : 1;
    double kept = pow(share < 1 ? share : 1, search->weights->coverage);
    search->coverage[mask] = (float)kept + 1; /* 0: not known yet */
    return search->coverage[mask] - 1;
}

/* The offsets of those that are for sale, and their ranks; returns how many. */
static size_t list_matches(struct pass *pass, uint32_t base, const struct wanted *wanted)
{
    const struct segment *segment = pass->entry->segment;
    uint16_t *offsets = pass->scratch->offsets;
    uint8_t *ranks = pass->scratch->ranks;
    size_t count = 0;

    for (uint64_t words = wanted->touched; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words) * 64;
        for (uint64_t left = wanted->bits[word / 64]; left != 0; left &= left - 1) {
            uint32_t offset = word + (uint32_t)__builtin_ctzll(left);
            offsets[count] = (uint16_t)offset;
            ranks[count] = segment_rank_get(segment, base + offset);
            count += ranks[count] != 0;
        }
    }
    return count;
}

static void add_lazy(const struct run *run, uint32_t base, const struct scratch *scratch,
    size_t i, float *text)
{
    const struct cursor *cursor = &run->single.cursors[0];
    size_t at = dense_at(cursor, base + scratch->offsets[i]);

    *text += run->weight * (float)posting_value(cursor, at);
}

/* What a slot adds to the texts of the matches. */
static void add_slot(
    struct scratch *scratch, const struct run *run, uint32_t base, size_t count)
{
    const uint16_t *offsets = scratch->offsets;
    const uint64_t *bits = run->layer.bits;
    const uint8_t *values = run->layer.values;
    float *texts = scratch->texts;

    if (run->use == RUN_REQUIRED && !run->is_lazy) {
        for (size_t i = 0; i < count; i++) {
            texts[i] += run->weight * (float)values[offsets[i]];
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if ((bits[offsets[i] / 64] >> offsets[i] % 64 & 1) == 0) {
            continue;
        }
        scratch->masks[i] |= (uint16_t)(1U << run->slot);
        if (run->is_lazy) {
            add_lazy(run, base, scratch, i, &texts[i]);
        } else {
            texts[i] += run->weight * (float)values[offsets[i]];
        }
    }
}

/* 0 to about 1: how well the slots match, rare words counting more. In the order of the
 * slots, so that the sum is the same to the last bit in any segment. */
static void score_texts(struct pass *pass, uint32_t base, size_t count)
{
    struct scratch *scratch = pass->scratch;

    memset(scratch->texts, 0, count * sizeof scratch->texts[0]);
    memset(scratch->masks, 0, count * sizeof scratch->masks[0]);
    for (size_t i = 0; i < pass->slot_run_count; i++) {
        add_slot(scratch, pass->slot_runs[i], base, count);
    }
    for (size_t i = 0; i < count && pass->search->any != 0; i++) {
        scratch->texts[i] *= pass_coverage(pass, scratch->masks[i]);
    }
}

/* Of those that have some of the words: a partial match has the thing that is asked for,
 * or half of what tells one product from another. */
static bool is_partial(const struct search *search, uint32_t mask)
{
    double found = 0;

    if ((mask & search->head) != 0) {
        return true;
    }
    for (uint32_t left = mask & search->required; left != 0; left &= left - 1) {
        found += search->idf[__builtin_ctz(left)];
    }
    return 2 * found >= search->idf_sum;
}

/* What the matches cost, and without those that the filters refuse; returns how many are
 * left. */
static size_t ask_facts(struct pass *pass, uint32_t base, size_t count)
{
    const struct segment *segment = pass->entry->segment;
    const struct search *search = pass->search;
    struct scratch *scratch = pass->scratch;
    const uint64_t *prices = segment->prices + base;
    int64_t now_s = search->options->now_s;
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&prices[scratch->offsets[i + MATCHES_AHEAD]]);
        scratch->prices[i] =
            segment_price_get(segment, base + scratch->offsets[i], now_s);
    }
    for (size_t i = 0; i < count && search->has_limits; i++) {
        scratch->prices[left] = scratch->prices[i];
        scratch->offsets[left] = scratch->offsets[i];
        scratch->ranks[left] = scratch->ranks[i];
        left += lets_pass(search, scratch->prices[i]);
    }
    return search->has_limits ? left : count;
}

void pass_consider(struct pass *pass, uint32_t base, const struct wanted *wanted)
{
    struct search *search = pass->search;
    struct candidates *candidates = &search->candidates;
    const struct scratch *scratch = pass->scratch;
    const float step = search->rank_step;
    bool sorted = search->query->sort != QUERY_SORT_RELEVANCE;
    size_t count = list_matches(pass, base, wanted);

    search->looked += count;
    if (search->needs_facts) {
        count = ask_facts(pass, base, count);
    }
    if (search->facets != NULL) {
        facets_count(pass, base, count);
    }
    search->total += count;
    score_texts(pass, base, count);
    for (size_t i = 0; i < count; i++) {
        uint32_t doc = base + scratch->offsets[i];
        double key = scratch->texts[i] + (float)scratch->ranks[i] * step;
        if (search->head != 0 && !is_partial(search, scratch->masks[i])) {
            continue;
        }
        if (sorted) {
            key = sort_key(pass, doc, scratch->prices[i], key);
        }
        if (candidates->count == candidates->room && key <= candidates->list[0].key) {
            continue;
        }
        struct candidate new = {
            .key = key,
            .text = scratch->texts[i],
            .doc = doc,
            .segment = pass->segment_at,
        };
        keep(candidates, &new);
    }
}
