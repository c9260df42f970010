/* The first, cheap score, and the best few hundred by it. */
#include "pass.h"

#include <math.h>

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

static bool needs_facts(const struct search *search)
{
    const struct query_filters *filters = &search->query->filters;
    enum query_sort sort = search->query->sort;

    return filters->price_min_minor >= 0 || filters->price_max_minor >= 0 ||
           filters->on_offer || filters->in_stock || search->facets != NULL ||
           sort != QUERY_SORT_RELEVANCE;
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
    search->needs_facts = needs_facts(search);
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

/* 0 to about 1: how well the slots match, rare words counting more. In the order of the
 * slots, so that the sum is the same to the last bit in any segment. */
static float text_score(
    struct pass *pass, uint32_t base, uint32_t offset, uint32_t *ret_mask)
{
    uint32_t mask = 0;
    float sum = 0;

    for (size_t i = 0; i < pass->slot_run_count; i++) {
        const struct run *run = pass->slot_runs[i];
        if ((run->layer.bits[offset / 64] >> offset % 64 & 1) == 0) {
            continue;
        }
        uint32_t value = run->is_lazy
                             ? cursor_value(&run->single.cursors[0], base + offset)
                             : run->layer.values[offset];
        sum += run->weight * (float)value;
        mask |= 1U << run->slot;
    }
    *ret_mask = mask;
    return pass->search->any != 0 ? sum * pass_coverage(pass, mask) : sum;
}

/* Of those that have some of the words: a partial match has the thing that is asked for,
 * or half of what tells one product from another. */
static bool is_partial(const struct pass *pass, uint32_t mask)
{
    const struct search *search = pass->search;
    double found = 0;

    if ((mask & search->head) != 0) {
        return true;
    }
    for (uint32_t left = mask & search->required; left != 0; left &= left - 1) {
        found += search->idf[__builtin_ctz(left)];
    }
    return 2 * found >= search->idf_sum;
}

/* With facts: filters, facets, other orders. False where a filter refuses it. */
static bool consider_facts(struct pass *pass, uint32_t doc, double *key)
{
    struct search *search = pass->search;
    uint64_t price = segment_price_get(pass->entry->segment, doc, search->options->now_s);

    if (!lets_pass(search, price)) {
        return false;
    }
    if (search->facets != NULL) {
        facets_count(search, pass->segment_at, doc, price);
    }
    *key = sort_key(pass, doc, price, *key);
    return true;
}

static void consider(struct pass *pass, uint32_t base, uint32_t offset)
{
    struct search *search = pass->search;
    uint8_t rank = segment_rank_get(pass->entry->segment, base + offset);

    if (rank == 0) {
        return;
    }
    uint32_t mask = 0;
    float text = text_score(pass, base, offset, &mask);
    if (search->head != 0 && !is_partial(pass, mask)) {
        return;
    }
    double key = text + (float)rank * search->rank_step;
    search->looked++;
    if (search->needs_facts && !consider_facts(pass, base + offset, &key)) {
        return;
    }
    search->total++;
    struct candidates *candidates = &search->candidates;
    if (candidates->count == candidates->room && key <= candidates->list[0].key) {
        return;
    }
    struct candidate new = {
        .key = key, .text = text, .doc = base + offset, .segment = pass->segment_at};
    keep(candidates, &new);
}

void pass_consider(struct pass *pass, uint32_t base, const uint64_t bits[WINDOW_WORDS])
{
    for (size_t word = 0; word < WINDOW_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            consider(pass, base, (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left));
        }
    }
}
