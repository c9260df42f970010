/* A search from the query to its result. */
#include "pass.h"

#include <svc/clock.h>

#include <string.h>

enum {
    CODE_HITS_MAX = 4,
    CODE_LENGTH_MIN = 4,
    FULL_FEW = 5, /* fewer are filled up with partial matches */
    FILLED_MAX = 10,
    PARTIAL_CANDIDATES = 60,
};

static void run_pass(struct search *search, uint32_t all, uint32_t any)
{
    search->all = all;
    search->any = any;
    search_scan(search);
}

/* Slots that a document has to have one of, when none has them all: the rarest, and as
 * many more as can be looked at. */
static uint32_t relaxed_slots(const struct search *search)
{
    enum { LOOKED_SUM_MAX = 120000 };
    uint32_t left = search->known & search->required;
    uint32_t chosen = 0;
    uint64_t sum = 0;

    while (left != 0) {
        size_t rarest = (size_t)__builtin_ctz(left);
        uint64_t df = 0;
        for (size_t slot = rarest; slot < search->slot_count; slot++) {
            if ((left >> slot & 1) != 0 && search->idf[slot] > search->idf[rarest]) {
                rarest = slot;
            }
        }
        for (size_t i = 0; i < search->list->count; i++) {
            df += search->plans[i][rarest].df;
        }
        if (chosen != 0 && sum + df > LOOKED_SUM_MAX) {
            break;
        }
        chosen |= 1U << rarest;
        left &= ~(1U << rarest);
        sum += df;
    }
    return chosen;
}

/* All words; else, if no product has some of them, all others; else any. */
static void find_matches(struct search *search, bool has_code)
{
    uint32_t required = search->required;
    uint32_t known = search->known & required;

    if (known == required) {
        run_pass(search, required, 0);
    }
    if (known == required && search->total == 0 && !has_code && search_widen(search)) {
        run_pass(search, required, 0);
    }
    if (search->total > 0 || has_code || known == 0) {
        return;
    }
    search->relaxed = true;
    if (known != required) {
        run_pass(search, known, 0);
    }
    if (search->total == 0 && (known & (known - 1)) != 0) {
        run_pass(search, 0, relaxed_slots(search));
    }
}

/* --- Partial matches --- */

static bool wants_partial(const struct search *search)
{
    const struct index_options *options = search->options;

    return options->partial && options->offset == 0 &&
           search->query->sort == QUERY_SORT_RELEVANCE && search->all != 0 &&
           search->total > 0 && search->total < FULL_FEW &&
           search->total < options->limit;
}

static bool is_among(const struct ranked *list, size_t count, const struct ranked *ranked)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == ranked->id) {
            return true;
        }
    }
    return false;
}

/* Behind FULL, COUNT of them, the best that have some of the words; returns how many
 * there are of both. */
static size_t add_partial(struct search *search, struct ranked **full, size_t count)
{
    size_t limit = search->options->limit;
    size_t most = limit < FILLED_MAX ? limit : FILLED_MAX;
    struct candidates found = search->candidates;
    struct facet_counts *facets = search->facets;
    size_t total = search->total;
    bool at_least = search->total_at_least;
    size_t partial_count = 0;

    search->candidates.count = 0;
    search->candidates.room = PARTIAL_CANDIDATES;
    search->candidates.list = svc_arena_alloc(
        search->arena, PARTIAL_CANDIDATES * sizeof *search->candidates.list);
    search->facets = NULL;
    search->head = search_head(search);
    search_widen(search);
    run_pass(search, 0, relaxed_slots(search));
    struct ranked *partial = search_rank(search, &partial_count);
    search->candidates = found;
    search->facets = facets;
    search->total = total;
    search->total_at_least = at_least;

    struct ranked *both =
        svc_arena_alloc(search->arena, (count + partial_count + 1) * sizeof *both);
    memcpy(both, *full, count * sizeof *both);
    size_t both_count = count;
    for (size_t i = 0; i < partial_count && both_count < most; i++) {
        if (!is_among(*full, count, &partial[i])) {
            both[both_count++] = partial[i];
        }
    }
    *full = both;
    return both_count;
}

/* --- Codes --- */

/* What the text may be a code by: letters and digits with at least one digit, not short.
 */
static struct svc_slice query_code(const struct query *query)
{
    char folded[32];
    size_t length = segment_fold_code(query->text, folded, sizeof folded);
    bool has_digit = false;

    if (query->code.length > 0) {
        return query->code;
    }
    for (size_t i = 0; i < length; i++) {
        has_digit |= folded[i] >= '0' && folded[i] <= '9';
    }
    return length >= CODE_LENGTH_MIN && has_digit ? query->text
                                                  : (struct svc_slice){NULL, 0};
}

static size_t find_code(const struct search *search, struct ranked hits[CODE_HITS_MAX])
{
    struct svc_slice code = query_code(search->query);
    size_t count = 0;

    for (size_t i = 0; code.length > 0 && i < search->list->count; i++) {
        const struct segment_entry *entry = &search->list->entries[i];
        uint32_t docs[CODE_HITS_MAX];
        size_t found = segment_find_code(
            entry->segment, entry->live, code, docs, CODE_HITS_MAX - count);
        for (size_t hit = 0; hit < found; hit++) {
            if (segment_rank_get(entry->segment, docs[hit]) > 0) {
                hits[count++] = (struct ranked){.score = 10,
                    .id = entry->segment->docs[docs[hit]].id,
                    .doc = docs[hit],
                    .segment = (uint32_t)i};
            }
        }
    }
    return count;
}

/* The products of the code before all others, once each. */
static struct ranked *put_first(struct search *search, const struct ranked *codes,
    size_t code_count, struct ranked *ranked, size_t *count)
{
    struct ranked *all =
        svc_arena_alloc(search->arena, (code_count + *count + 1) * sizeof *all);
    size_t all_count = code_count;

    memcpy(all, codes, code_count * sizeof *all);
    search->total += code_count;
    for (size_t i = 0; i < *count; i++) {
        bool is_code = false;
        for (size_t code = 0; code < code_count; code++) {
            is_code |= codes[code].id == ranked[i].id;
        }
        search->total -= is_code;
        if (!is_code) {
            all[all_count++] = ranked[i];
        }
    }
    *count = all_count;
    return all;
}

/* --- The result --- */

static void make_hits(struct search *search, const struct ranked *ranked, size_t count,
    struct index_result *result)
{
    const struct index_options *options = search->options;
    size_t limit = options->limit < INDEX_LIMIT_MAX ? options->limit : INDEX_LIMIT_MAX;
    size_t from = options->offset < count ? options->offset : count;
    size_t hits = count - from < limit ? count - from : limit;

    result->hits = svc_arena_alloc(search->arena, (hits + 1) * sizeof *result->hits);
    for (size_t i = 0; i < hits; i++) {
        search_explain(search, &ranked[from + i], &result->hits[i]);
    }
    result->hit_count = hits;
}

static void search_list(struct search *search, struct index_result *result)
{
    struct ranked codes[CODE_HITS_MAX];
    size_t count = 0;

    if (search->options->facets) {
        search->facets = facets_new(search);
    }
    search_plan(search);
    search_consider_init(search);
    size_t code_count = find_code(search, codes);
    find_matches(search, code_count > 0);
    struct ranked *ranked = search_rank(search, &count);
    if (code_count > 0) {
        ranked = put_first(search, codes, code_count, ranked, &count);
    }
    size_t full_count = count;
    if (code_count == 0 && wants_partial(search)) {
        count = add_partial(search, &ranked, count);
    }
    make_hits(search, ranked, count, result);
    result->partial_from =
        result->hit_count > full_count ? full_count : result->hit_count;
    if (code_count == 0) {
        result->did_you_mean = search_did_you_mean(search);
    }
    result->total = search->total;
    result->total_at_least = search->total_at_least;
    result->relaxed = search->relaxed && search->total > 0;
    result->facets = search->facets != NULL ? facets_result(search) : NULL;
}

void index_search(const struct index *index, const struct query *query,
    const struct index_options *options, struct svc_arena *arena,
    struct index_result *ret_result)
{
    struct index_hold hold = index_enter(index);
    struct search *search = svc_arena_alloc(arena, sizeof *search);

    *ret_result = (struct index_result){0};
    if (hold.place->scratch == NULL) {
        hold.place->scratch = svc_alloc_zero(1, sizeof(struct scratch));
    }
    *search = (struct search){
        .index = index,
        .weights = index->settings.weights,
        .list = hold.list,
        .query = query,
        .options = options,
        .arena = arena,
        .scratch = hold.place->scratch,
        .slot_count =
            query->slot_count < QUERY_SLOTS_MAX ? query->slot_count : QUERY_SLOTS_MAX,
    };
    if (hold.list != NULL) {
        search_list(search, ret_result);
    } else {
        ret_result->facets =
            options->facets ? svc_arena_alloc(arena, sizeof *ret_result->facets) : NULL;
    }
    index_leave(&hold);
}
