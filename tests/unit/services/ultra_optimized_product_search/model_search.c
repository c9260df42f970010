#include "model.h"

#include "search_private.h"

#include <math.h>

/* --- A search --- */

struct scored {
    const struct model_product *product;
    double score;
    double key;
    double first; /* what the candidates are chosen by */
};

struct model_search {
    struct model *model;
    const struct query *query;
    struct slot_model slots[QUERY_SLOTS_MAX];
    const float *idf;
    double idf_sum;
    uint32_t required;
    uint32_t known;
    struct scored *found;
    size_t count;
};

static bool passes(const struct model_search *search, const struct product *product)
{
    const struct query_filters *filters = &search->query->filters;
    int64_t price = product_price_minor(&product->facts, NOW_S);

    if ((product->facts.flags & PRODUCT_AVAILABLE) == 0 ||
        (filters->category_id != 0 && filters->category_id != product->category_id) ||
        (filters->price_max_minor >= 0 && price > filters->price_max_minor) ||
        (filters->on_offer && !product_on_offer(&product->facts, NOW_S)) ||
        (filters->in_stock && product->facts.stock <= 0)) {
        return false;
    }
    return filters->brand.length == 0 ||
           (product->brand.length == filters->brand.length &&
               strncasecmp(
                   product->brand.text, filters->brand.text, product->brand.length) == 0);
}

static bool slot_covers(const struct model_search *search, size_t slot,
    const struct model_product *product, size_t position)
{
    const struct slot_model *model = &search->slots[slot];

    for (size_t i = 0; i < product->name_term_counts[position]; i++) {
        const struct query_word *own =
            &product->terms[product->name_terms[position][i]].word;
        uint32_t weight = model_other_weight(search->model, model, own);
        for (size_t p = 0; p < model->asked->phrase_count; p++) {
            const struct query_phrase *phrase = &model->asked->phrases[p];
            for (size_t w = 0; w < phrase->count; w++) {
                weight += model_word_weight(
                    search->model, &phrase->words[w], phrase->synonym, own);
            }
        }
        if (weight > 0) {
            return true;
        }
    }
    return false;
}

static size_t head_slot(const struct model_search *search)
{
    const struct query *query = search->query;

    for (size_t slot = 0; slot < query->slot_count; slot++) {
        if (query->slots[slot].role == QUERY_ROLE_TEXT && !query->slots[slot].optional) {
            return slot;
        }
    }
    for (size_t slot = 0; slot < query->slot_count; slot++) {
        if (!query->slots[slot].optional) {
            return slot;
        }
    }
    return 0;
}

static double name_score(
    const struct model_search *search, const struct model_product *product)
{
    const struct weights *weights = &search->model->shop->weights;
    bool at[QUERY_SLOTS_MAX + 1][MODEL_NAME_MAX + 2] = {0};
    size_t slots = search->query->slot_count;
    double covered = 0;
    double neighbours = 0;
    int found = 0;
    int first = 1000;
    int last = 0;
    size_t head = head_slot(search);
    double head_score = 0;

    for (size_t p = 0; p < product->name_length; p++) {
        bool any = false;
        for (size_t slot = 0; slot < slots; slot++) {
            at[slot][p] = slot_covers(search, slot, product, p);
            any = any || at[slot][p];
        }
        covered += any;
    }
    for (size_t slot = 0; slot < slots; slot++) {
        int lowest = -1;
        double best = 0;
        for (int p = (int)product->name_length - 1; p >= 0; p--) {
            lowest = at[slot][p] ? p : lowest;
            bool next = at[slot][p] && slot + 1 < slots && at[slot + 1][p + 1];
            bool after = at[slot][p] && slot + 1 < slots && at[slot + 1][p + 2];
            best = next ? 1 : after && best < 0.7 ? 0.7 : best;
        }
        neighbours += best;
        found += lowest >= 0;
        if (slot == head && lowest >= 0) {
            head_score = weights->head / (1 + 0.6 * lowest);
        }
        first = lowest >= 0 && lowest < first ? lowest : first;
        last = lowest > last ? lowest : last;
    }
    if (found == 0) {
        return 0;
    }
    double score = weights->name_whole * covered / (double)product->name_length;
    score += head_score;
    score += slots > 1 ? weights->phrase * neighbours / (double)(slots - 1) : 0;
    int span = last - first > found - 1 ? last - first : found - 1;
    return score + (found > 1 ? weights->proximity * (found - 1) / span : 0);
}

static double facts_score(
    const struct model_search *search, const struct product_facts *facts)
{
    const struct weights *weights = &search->model->shop->weights;
    double popular = log1p(facts->popularity) / log(101);

    return weights->available + weights->popularity * (popular < 1 ? popular : 1) +
           ((facts->flags & PRODUCT_FEATURED) != 0 ? weights->featured : 0) +
           (facts->stock > 0 ? weights->in_stock : 0) +
           (product_on_offer(facts, NOW_S) ? weights->on_offer : 0);
}

static double sort_key(
    const struct model_search *search, const struct product *product, double score)
{
    double price = (double)product_price_minor(&product->facts, NOW_S);

    switch (search->query->sort) {
    case QUERY_SORT_PRICE_UP:
        return -price;
    case QUERY_SORT_PRICE_DOWN:
        return price;
    case QUERY_SORT_POPULARITY:
        return product->facts.popularity;
    case QUERY_SORT_NEWEST:
        return (double)product->id;
    case QUERY_SORT_RELEVANCE:
        break;
    }
    return score;
}

/* All of ALL, and one of ANY where that isn't 0. */
static void consider(struct model_search *search, const struct model_product *product,
    uint32_t all, uint32_t any)
{
    uint32_t mask = 0;
    double text = 0;
    double share = 0;

    for (size_t slot = 0; slot < search->query->slot_count; slot++) {
        uint32_t value = model_slot_value(search->model, &search->slots[slot], product);
        bool required = (search->required >> slot & 1) != 0;
        mask |= value > 0 ? 1U << slot : 0;
        text += search->idf[slot] * value / 255.0 * (required ? 1 : 0.5);
        share += required && value > 0 ? search->idf[slot] : 0;
    }
    if ((mask & all) != all || (any != 0 && (mask & any) == 0) ||
        !passes(search, &product->product)) {
        return;
    }
    text = search->idf_sum > 0 ? text / search->idf_sum : 0;
    if (any != 0) {
        text *= pow(share / search->idf_sum, search->model->shop->weights.coverage);
    }
    double score =
        text + name_score(search, product) + facts_score(search, &product->product.facts);
    const struct weights *weights = &search->model->shop->weights;
    double rank = segment_rank(&product->product.facts, weights);
    search->found[search->count++] =
        (struct scored){product, score, sort_key(search, &product->product, score),
            text + rank * segment_rank_step(weights)};
}

static void run(struct model_search *search, uint32_t all, uint32_t any)
{
    for (size_t i = 0; i < search->model->count; i++) {
        consider(search, &search->model->products[i], all, any);
    }
}

static int compare_scored(const void *left, const void *right)
{
    const struct scored *a = left;
    const struct scored *b = right;

    if (fabs(a->key - b->key) > 1e-9) {
        return a->key > b->key ? -1 : 1;
    }
    const struct product *one = &a->product->product;
    const struct product *two = &b->product->product;
    if (one->facts.popularity != two->facts.popularity) {
        return one->facts.popularity > two->facts.popularity ? -1 : 1;
    }
    return one->id < two->id ? -1 : one->id > two->id;
}

/* How rare each slot is, which is the index's to say: the plan of the query. */
static const struct search *plan(struct model *model, const struct query *query,
    const struct index_options *options, struct index_hold *hold)
{
    struct search *search = svc_arena_alloc(&model->search, sizeof *search);

    *search = (struct search){
        .index = model->shop->index,
        .weights = &model->shop->weights,
        .list = hold->list,
        .query = query,
        .options = options,
        .arena = &model->search,
        .slot_count = query->slot_count,
    };
    search_plan(search);
    return search;
}

static bool find_all(struct model_search *search)
{
    uint32_t known = search->known & search->required;

    if (known == search->required) {
        run(search, known, 0);
    }
    if (search->count > 0 || known == 0) {
        return false;
    }
    if (known != search->required) {
        run(search, known, 0);
    }
    if (search->count == 0 && (known & (known - 1)) != 0) {
        run(search, 0, known);
    }
    return search->count > 0;
}

static void check_hits(
    const struct model_search *search, const struct index_result *result)
{
    size_t expected = search->count < 20 ? search->count : 20;

    assert_int_equal(result->total, search->count);
    assert_int_equal(result->hit_count, expected);
    for (size_t i = 0; i < expected; i++) {
        const struct index_hit *hit = &result->hits[i];
        if (search->query->sort == QUERY_SORT_RELEVANCE) {
            assert_float_equal(hit->score, search->found[i].score, 2e-5);
        }
        /* Two whose sums differ in the last bits only may change places. */
        size_t near = i;
        while (near + 1 < search->count &&
               search->found[near].product->product.id != hit->product.id &&
               fabs(search->found[near + 1].key - search->found[i].key) < 2e-5) {
            near++;
        }
        while (near > 0 && search->found[near].product->product.id != hit->product.id &&
               fabs(search->found[near - 1].key - search->found[i].key) < 2e-5) {
            near--;
        }
        assert_int_equal(hit->product.id, search->found[near].product->product.id);
    }
}

static const struct scored *find_scored(const struct model_search *search, int64_t id)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->found[i].product->product.id == id) {
            return &search->found[i];
        }
    }
    fail_msg("product %lld does not match", (long long)id);
    return NULL;
}

static int compare_first(const void *left, const void *right)
{
    double a = ((const struct scored *)left)->first;
    double b = ((const struct scored *)right)->first;

    return a > b ? -1 : a < b;
}

/* With more matches than candidates: the hits are the best of those that are candidates
 * by their first score. Sorts the model's list anew. */
static void check_best(struct model_search *search, const struct index_result *result)
{
    const size_t candidates = 200;
    const double least = result->hits[19].score - 2e-5;
    size_t better = 0;

    assert_int_equal(result->hit_count, 20);
    qsort(search->found, search->count, sizeof search->found[0], compare_first);
    double cut = search->found[candidates - 1].first;
    for (size_t i = 0; i < 20; i++) {
        const struct index_hit *hit = &result->hits[i];
        const struct scored *own = find_scored(search, hit->product.id);
        assert_float_equal(hit->score, own->score, 2e-5);
        assert_true(own->first > cut - 2e-5);
        assert_true(i == 0 || hit->score <= result->hits[i - 1].score);
    }
    for (size_t i = 0; i < candidates; i++) {
        bool is_sure = search->found[i].first > cut + 2e-5;
        better += is_sure && search->found[i].score > least + 4e-5;
    }
    assert_true(better <= 20);
}

static void check_many(struct model_search *search, const struct index_result *result)
{
    if (result->total_at_least) {
        assert_true(result->total <= search->count);
    } else {
        assert_int_equal(result->total, search->count);
    }
    if (search->query->sort == QUERY_SORT_RELEVANCE) {
        check_best(search, result);
        return;
    }
    assert_int_equal(result->hit_count, 20);
    for (size_t i = 0; i < 20; i++) {
        const struct scored *own = find_scored(search, result->hits[i].product.id);
        assert_float_equal(own->key, search->found[i].key, 0);
    }
}

void model_check(
    struct model *model, const struct query *query, const struct index_result *result)
{
    const struct index_options options = {.limit = 20, .now_s = NOW_S};
    struct index_hold hold = index_enter(model->shop->index);
    const struct search *planned = plan(model, query, &options, &hold);
    struct model_search search = {
        .model = model,
        .query = query,
        .idf = planned->idf,
        .found = svc_arena_alloc(
            &model->search, (2 * model->count + 1) * sizeof(struct scored)),
    };

    for (size_t slot = 0; slot < query->slot_count; slot++) {
        search.slots[slot].asked = &query->slots[slot];
        model_find_slot(model, &search.slots[slot]);
        search.known |= search.slots[slot].alive ? 1U << slot : 0;
        search.required |= query->slots[slot].optional ? 0 : 1U << slot;
    }
    assert_int_equal(search.known, planned->known);
    if (search.required == 0) {
        search.required = (1U << query->slot_count) - 1;
    }
    for (size_t slot = 0; slot < query->slot_count; slot++) {
        search.idf_sum += (search.required >> slot & 1) != 0 ? search.idf[slot] : 0;
    }
    bool relaxed = find_all(&search);
    assert_int_equal(result->relaxed, relaxed);
    qsort(search.found, search.count, sizeof search.found[0], compare_scored);
    if (search.count <= 200) {
        check_hits(&search, result);
    } else {
        check_many(&search, result);
    }
    index_leave(&hold);
    svc_arena_reset(&model->search);
}
