/* The first, cheap score, and the best few hundred by it. */
#include "search_private.h"

#include <math.h>

#define OPTIONAL_SHARE 0.5F /* of what a required slot of the same rarity adds */

static bool lets_pass(const struct search *search, const struct product_facts *facts)
{
    const struct query_filters *filters = &search->query->filters;
    int64_t now_s = search->options->now_s;
    int64_t price_minor = product_price_minor(facts, now_s);

    if ((filters->price_min_minor >= 0 && price_minor < filters->price_min_minor) ||
        (filters->price_max_minor >= 0 && price_minor > filters->price_max_minor)) {
        return false;
    }
    if (filters->on_offer && !product_on_offer(facts, now_s)) {
        return false;
    }
    return !filters->in_stock || facts->stock > 0;
}

static bool needs_facts(const struct search *search)
{
    const struct query_filters *filters = &search->query->filters;
    enum query_sort sort = search->query->sort;

    return filters->price_min_minor >= 0 || filters->price_max_minor >= 0 ||
           filters->on_offer || filters->in_stock || search->facets != NULL ||
           (sort != QUERY_SORT_RELEVANCE && sort != QUERY_SORT_NEWEST);
}

static double sort_key(const struct search *search, const struct segment *segment,
    uint32_t doc, const struct product_facts *facts, double score)
{
    switch (search->query->sort) {
    case QUERY_SORT_PRICE_UP:
        return -(double)product_price_minor(facts, search->options->now_s);
    case QUERY_SORT_PRICE_DOWN:
        return (double)product_price_minor(facts, search->options->now_s);
    case QUERY_SORT_POPULARITY:
        return facts->popularity;
    case QUERY_SORT_NEWEST:
        return (double)segment->docs[doc].id;
    case QUERY_SORT_RELEVANCE:
        break;
    }
    return score;
}

/* 0 to about 1: how well the slots match, rare words counting more. */
static float text_score(
    const struct search *search, const uint8_t values[QUERY_SLOTS_MAX])
{
    float sum = 0;
    float found = 0;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        bool required = (search->required >> slot & 1) != 0;
        float idf = search->idf[slot];
        sum += idf * (float)values[slot] * (required ? 1 : OPTIONAL_SHARE);
        found += required && values[slot] > 0 ? idf : 0;
    }
    if (search->idf_sum <= 0) {
        return 0;
    }
    float score = sum / (float)(IMPACT_MAX * search->idf_sum);
    if (search->any != 0) {
        double coverage = found / search->idf_sum;
        score *= (float)pow(coverage < 1 ? coverage : 1, search->weights->coverage);
    }
    return score;
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

void search_consider(struct search *search, uint32_t segment_at, uint32_t doc,
    const uint8_t values[QUERY_SLOTS_MAX])
{
    const struct segment *segment = search->list->entries[segment_at].segment;
    struct product_facts facts = {0};
    uint8_t rank = segment_rank_get(segment, doc);

    if (rank == 0) {
        return;
    }
    search->looked++;
    if (needs_facts(search)) {
        segment_facts_get(segment, doc, &facts);
        if (!lets_pass(search, &facts)) {
            return;
        }
    }
    search->total++;
    if (search->facets != NULL) {
        facets_count(search, segment_at, doc, &facts);
    }
    float text = text_score(search, values);
    double score = text + rank * segment_rank_step(search->weights);
    struct candidate new = {
        .key = sort_key(search, segment, doc, &facts, score),
        .text = text,
        .doc = doc,
        .segment = segment_at,
    };
    keep(&search->candidates, &new);
}
