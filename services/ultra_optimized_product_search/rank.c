/* The last order: of the candidates' names, how the query's words stand in them; their
 * facts as they are now; what was learned. */
#include "search_private.h"

#include "learned.h"

#include <math.h>
#include <stdlib.h>

/* Words with one between them, which may be "de" or "para". */
#define GAP_SHARE 0.7
/* Of a head that isn't the name's first word: "Juego de vasos". */
#define HEAD_LOSS 0.6
#define POSITIONS_MAX ((size_t)64)

/* A program without a learned part, as some tests are, links without it. */
#pragma weak learned_score

/* Which slots a term stands for, in one segment. */
struct slot_terms {
    uint32_t *terms; /* plus one; 0: free */
    uint16_t *slots;
    size_t mask;
};

static void add_term(struct slot_terms *map, uint32_t term, size_t slot)
{
    size_t at = (term * 0x9E3779B1U >> 7) & map->mask;

    while (map->terms[at] != 0 && map->terms[at] != term + 1) {
        at = (at + 1) & map->mask;
    }
    map->terms[at] = term + 1;
    map->slots[at] |= (uint16_t)(1U << slot);
}

static uint16_t find_slots(const struct slot_terms *map, uint32_t term)
{
    size_t at = (term * 0x9E3779B1U >> 7) & map->mask;

    while (map->terms[at] != 0 && map->terms[at] != term + 1) {
        at = (at + 1) & map->mask;
    }
    return map->terms[at] != 0 ? map->slots[at] : 0;
}

static size_t plan_terms(
    const struct slot_plan *plan, struct slot_terms *map, size_t slot)
{
    size_t count = plan->single.count;

    for (size_t i = 0; map != NULL && i < plan->single.count; i++) {
        add_term(map, plan->single.list[i].term, slot);
    }
    for (size_t i = 0; i < plan->phrase_count; i++) {
        for (size_t word = 0; word < plan->phrases[i].count; word++) {
            const struct variants *variants = &plan->phrases[i].words[word];
            count += variants->count;
            for (size_t v = 0; map != NULL && v < variants->count; v++) {
                add_term(map, variants->list[v].term, slot);
            }
        }
    }
    return count;
}

static struct slot_terms make_map(const struct search *search, size_t segment_at)
{
    struct slot_terms map = {.mask = 15};
    size_t count = 0;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        count += plan_terms(&search->plans[segment_at][slot], NULL, slot);
    }
    while (map.mask < 2 * count) {
        map.mask = 2 * map.mask + 1;
    }
    map.terms = svc_arena_alloc(search->arena, (map.mask + 1) * sizeof *map.terms);
    map.slots = svc_arena_alloc(search->arena, (map.mask + 1) * sizeof *map.slots);
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        plan_terms(&search->plans[segment_at][slot], &map, slot);
    }
    return map;
}

/* Where in a name the slots stand: bit p of a slot: at position p. */
struct name_match {
    uint64_t at[QUERY_SLOTS_MAX];
    size_t length; /* of the name, in positions */
};

static void match_name(const struct segment *segment, uint32_t number,
    const struct slot_terms *map, struct name_match *match)
{
    const struct doc *doc = &segment->docs[number];
    const uint32_t *terms = segment->name_terms + doc->name_at;

    for (uint32_t i = 0; i < doc->name_count; i++) {
        match->length += (terms[i] & NAME_TERM_ADVANCES) != 0;
        size_t position = match->length - 1;
        if (position >= POSITIONS_MAX) {
            return;
        }
        uint32_t slots = find_slots(map, terms[i] & ~NAME_TERM_ADVANCES);
        for (; slots != 0; slots &= slots - 1) {
            match->at[__builtin_ctz(slots)] |= (uint64_t)1 << position;
        }
    }
}

static double name_score(const struct search *search, const struct name_match *match)
{
    const struct weights *weights = search->weights;
    uint64_t covered = 0;
    double neighbours = 0;
    int found = 0;
    int first = (int)POSITIONS_MAX;
    int last = 0;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        uint64_t at = match->at[slot];
        covered |= at;
        if (at == 0) {
            continue;
        }
        int lowest = __builtin_ctzll(at);
        found++;
        first = lowest < first ? lowest : first;
        last = lowest > last ? lowest : last;
        uint64_t next = slot + 1 < search->slot_count ? match->at[slot + 1] : 0;
        if ((at << 1 & next) != 0) {
            neighbours += 1;
        } else if ((at << 2 & next) != 0) {
            neighbours += GAP_SHARE;
        }
    }
    if (found == 0) {
        return 0;
    }
    double score =
        weights->name_whole * __builtin_popcountll(covered) / (double)match->length;
    uint64_t head = match->at[search->name_head];
    if (head != 0) {
        score += weights->head / (1 + HEAD_LOSS * __builtin_ctzll(head));
    }
    if (search->slot_count > 1) {
        score += weights->phrase * neighbours / (double)(search->slot_count - 1);
    }
    if (found > 1) {
        int span = last - first > found - 1 ? last - first : found - 1;
        score += weights->proximity * (found - 1) / span;
    }
    return score;
}

static double facts_score(const struct search *search, const struct product_facts *facts)
{
    const struct weights *weights = search->weights;
    double popularity = facts->popularity > 0 ? facts->popularity : 0;
    double popular = log1p(popularity) / log(101);
    double score = weights->popularity * (popular < 1 ? popular : 1);

    if ((facts->flags & PRODUCT_AVAILABLE) != 0) {
        score += weights->available;
    }
    if ((facts->flags & PRODUCT_FEATURED) != 0) {
        score += weights->featured;
    }
    if (facts->stock > 0) {
        score += weights->in_stock;
    }
    if (product_on_offer(facts, search->options->now_s)) {
        score += weights->on_offer;
    }
    return score;
}

static double learned_part(
    const struct search *search, const struct segment *segment, uint32_t doc)
{
    const struct learned *learned = search->index->settings.learned;

    if (learned == NULL || learned_score == NULL || search->weights->learned <= 0) {
        return 0;
    }
    uint32_t category = segment->doc_values[doc].category;
    return search->weights->learned *
           learned_score(learned, search->query, segment->docs[doc].id,
               category > 0 ? segment->values[category - 1].id : 0,
               search->options->now_s);
}

static double category_score(struct search *search, const struct candidate *candidate)
{
    const struct segment *segment = search->list->entries[candidate->segment].segment;
    uint32_t category = segment->doc_values[candidate->doc].category;
    double weight = search->weights->category_whole;

    return weight > 0
               ? weight * search_category_share(search, candidate->segment, category)
               : 0;
}

static void rank_one(struct search *search, const struct candidate *candidate,
    const struct slot_terms *map, struct ranked *ranked)
{
    const struct segment *segment = search->list->entries[candidate->segment].segment;
    struct name_match match = {0};
    struct product_facts facts;

    segment_facts_get(segment, candidate->doc, &facts);
    match_name(segment, candidate->doc, map, &match);
    *ranked = (struct ranked){
        .score = candidate->text + name_score(search, &match) +
                 facts_score(search, &facts) +
                 learned_part(search, segment, candidate->doc) +
                 category_score(search, candidate),
        .id = segment->docs[candidate->doc].id,
        .popularity = facts.popularity,
        .doc = candidate->doc,
        .segment = candidate->segment,
    };
    ranked->order =
        search->query->sort == QUERY_SORT_RELEVANCE ? ranked->score : candidate->key;
}

int ranked_compare(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;

    if (a->order != b->order) {
        return a->order > b->order ? -1 : 1;
    }
    if (a->popularity != b->popularity) {
        return a->popularity > b->popularity ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Asks for the memory of all candidates at once, not of one after the other. */
static void fetch_ahead(const struct search *search)
{
    const struct candidates *candidates = &search->candidates;

    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->list[i];
        const struct segment *segment = search->list->entries[candidate->segment].segment;
        __builtin_prefetch(&segment->docs[candidate->doc]);
        __builtin_prefetch(&segment->facts[candidate->doc]);
        __builtin_prefetch(&segment->doc_values[candidate->doc]);
    }
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->list[i];
        const struct segment *segment = search->list->entries[candidate->segment].segment;
        __builtin_prefetch(&segment->name_terms[segment->docs[candidate->doc].name_at]);
    }
}

struct ranked *search_rank(struct search *search, size_t *ret_count)
{
    size_t count = search->candidates.count;
    struct ranked *list = svc_arena_alloc(search->arena, (count + 1) * sizeof *list);
    struct slot_terms maps[SEGMENTS_MAX] = {0};

    fetch_ahead(search);
    for (size_t i = 0; i < count; i++) {
        const struct candidate *candidate = &search->candidates.list[i];
        struct slot_terms *map = &maps[candidate->segment];
        if (map->terms == NULL) {
            *map = make_map(search, candidate->segment);
        }
        rank_one(search, candidate, map, &list[i]);
    }
    qsort(list, count, sizeof *list, ranked_compare);
    *ret_count = count;
    return list;
}
