#include "model.h"

#include "search_private.h"

#include <math.h>

/* As in the index, stated once more: the test is also of these numbers. */
static const double usual_length[FIELDS] = {6, 1.5, 1.5, 8, 18};
static const uint32_t elsewhere_percent[] = {100, 60, 0, 60};
static const double distance_share[] = {1.0, 0.95, 0.8};

enum { TYPOS_MAX = 3, SOUNDS_MAX = 512 };

void model_init(struct model *model, struct shop *shop)
{
    *model = (struct model){.shop = shop};
}

void model_done(struct model *model)
{
    svc_arena_done(&model->arena);
    svc_arena_done(&model->search);
    free(model->products);
}

/* --- Products --- */

static bool same(struct svc_slice a, struct svc_slice b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static size_t add_term(
    struct model *model, struct model_product *product, struct svc_slice exact)
{
    for (size_t i = 0; i < product->term_count; i++) {
        if (same(product->terms[i].word.exact, exact)) {
            return i;
        }
    }
    assert_true(product->term_count < MODEL_TERMS_MAX);
    struct model_term *term = &product->terms[product->term_count];
    term->word.exact = exact;
    analyser_forms(model->shop->analyser, &model->arena, exact, &term->word.forms);
    return product->term_count++;
}

static void add_name(struct model_product *product, const struct token *token,
    uint16_t before, size_t term)
{
    if (product->name_length == 0 || token->position > before) {
        product->name_length++;
    }
    size_t at = product->name_length - 1;
    assert_true(at < MODEL_NAME_MAX && product->name_term_counts[at] < 3);
    product->name_terms[at][product->name_term_counts[at]++] = (uint32_t)term;
}

static void add_field(struct model *model, struct model_product *product,
    float frequencies[MODEL_TERMS_MAX], enum match_field field,
    const struct svc_slice *texts)
{
    const struct weights *weights = &model->shop->weights;
    struct token_list lists[3] = {0};
    size_t length = 0;

    for (size_t i = 0; i < 3; i++) {
        size_t most = 0;
        if (texts[i].length > 0) {
            analyser_tokens(
                model->shop->analyser, &model->arena, texts[i], 256, &lists[i]);
        }
        for (size_t t = 0; t < lists[i].count; t++) {
            size_t until = (size_t)lists[i].list[t].position + lists[i].list[t].parts;
            most = until > most ? until : most;
        }
        length += most;
    }
    double b = weights->b[field];
    double norm = 1 - b + b * (double)length / usual_length[field];
    for (size_t i = 0; i < 3; i++) {
        for (size_t t = 0; t < lists[i].count; t++) {
            size_t term = add_term(model, product, lists[i].list[t].exact);
            frequencies[term] += (float)(weights->field[field] / norm);
            product->terms[term].mask |= 1U << field;
            if (field == FIELD_NAME) {
                add_name(product, &lists[i].list[t],
                    t > 0 ? lists[i].list[t - 1].position : 0, term);
            }
        }
    }
}

static void set_product(
    struct model *model, struct model_product *product, const struct product *from)
{
    float frequencies[MODEL_TERMS_MAX] = {0};
    const struct svc_slice columns[FIELDS][3] = {{from->name}, {from->brand},
        {from->category}, {from->sizes, from->colors, from->attributes},
        {from->description}};

    *product = (struct model_product){.product = *from};
    for (int field = 0; field < FIELDS; field++) {
        add_field(model, product, frequencies, (enum match_field)field, columns[field]);
    }
    for (size_t i = 0; i < product->term_count; i++) {
        double frequency = frequencies[i];
        product->terms[i].impact =
            (uint32_t)(1 +
                       lround(254 * frequency / (model->shop->weights.k1 + frequency)));
    }
}

void model_set(struct model *model, const struct product *products, size_t count)
{
    svc_arena_reset(&model->arena);
    free(model->products);
    model->products = svc_alloc_zero(count, sizeof *model->products);
    model->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (products[i].id != 0) {
            set_product(model, &model->products[model->count++], &products[i]);
        }
    }
}

/* --- What a slot may match --- */

struct slot_model {
    const struct query_slot *asked;
    bool alive;
    bool by_prefix;
    struct svc_slice typos[TYPOS_MAX]; /* sounds */
    size_t typo_count;
    size_t typo_distance;
};

static bool has_enye(const struct query_word *word)
{
    return memmem(word->exact.text, word->exact.length, "ñ", 2) != NULL;
}

/* As in the index, a weight of 256 at most; 0: no match. */
static uint32_t word_weight(const struct model *model, const struct query_word *word,
    bool synonym, const struct query_word *own)
{
    const double *tier = model->shop->weights.tier;
    double weight = synonym ? tier[MATCH_SYNONYM] : tier[MATCH_EXACT];

    if (same(word->exact, own->exact)) {
        return (uint32_t)lround(weight * 256);
    }
    if (same(word->forms.plain, own->forms.plain)) {
        return (uint32_t)lround(weight * (has_enye(word) ? 0.5 : 0.97) * 256);
    }
    if (same(word->forms.stem, own->forms.stem)) {
        return (uint32_t)lround(weight * tier[MATCH_STEM] * 256);
    }
    return 0;
}

static uint32_t other_weight(const struct model *model, const struct slot_model *slot,
    const struct query_word *own)
{
    const double *tier = model->shop->weights.tier;
    struct svc_slice prefix = slot->asked->phrases[0].words[0].exact;
    uint32_t weight = 0;

    if (slot->by_prefix && own->exact.length >= prefix.length &&
        memcmp(own->exact.text, prefix.text, prefix.length) == 0) {
        weight = (uint32_t)lround(tier[MATCH_PREFIX] * 256);
    }
    for (size_t i = 0; i < slot->typo_count; i++) {
        uint32_t typo = (uint32_t)lround(
            tier[MATCH_TYPO] * distance_share[slot->typo_distance] * 256);
        if (same(slot->typos[i], own->forms.sound) && typo > weight) {
            weight = typo;
        }
    }
    return weight;
}

static uint32_t term_value(
    const struct slot_model *slot, const struct model_term *term, uint32_t weight)
{
    bool is_own = (term->mask & (1U << FIELD_NAME | 1U << FIELD_ATTRIBUTES)) != 0;
    uint32_t counted =
        is_own ? weight : weight * elsewhere_percent[slot->asked->role] / 100;
    uint32_t value = term->impact * counted / 256;

    return value > 0 || counted == 0 ? value : 1;
}

static uint32_t word_value(const struct model *model, const struct slot_model *slot,
    const struct query_word *word, bool synonym, const struct model_product *product)
{
    uint32_t best = 0;

    for (size_t i = 0; i < product->term_count; i++) {
        const struct model_term *term = &product->terms[i];
        uint32_t weight = word_weight(model, word, synonym, &term->word);
        uint32_t value = term_value(slot, term, weight);
        best = value > best ? value : best;
    }
    return best;
}

static uint32_t slot_value(const struct model *model, const struct slot_model *slot,
    const struct model_product *product)
{
    uint32_t best = 0;

    for (size_t p = 0; p < slot->asked->phrase_count; p++) {
        const struct query_phrase *phrase = &slot->asked->phrases[p];
        uint32_t least = 255;
        for (size_t w = 0; w < phrase->count; w++) {
            uint32_t value =
                word_value(model, slot, &phrase->words[w], phrase->synonym, product);
            least = value < least ? value : least;
        }
        best = phrase->count > 0 && least > best ? least : best;
    }
    for (size_t i = 0; i < product->term_count; i++) {
        uint32_t weight = other_weight(model, slot, &product->terms[i].word);
        uint32_t value = term_value(slot, &product->terms[i], weight);
        best = value > best ? value : best;
    }
    return best;
}

static bool word_is_alive(
    const struct model *model, const struct query_word *word, bool synonym)
{
    for (size_t i = 0; i < model->count; i++) {
        for (size_t t = 0; t < model->products[i].term_count; t++) {
            if (word_weight(model, word, synonym, &model->products[i].terms[t].word) >
                0) {
                return true;
            }
        }
    }
    return false;
}

static bool prefix_is_alive(const struct model *model, struct slot_model *slot)
{
    slot->by_prefix = true;
    for (size_t i = 0; i < model->count; i++) {
        for (size_t t = 0; t < model->products[i].term_count; t++) {
            if (other_weight(model, slot, &model->products[i].terms[t].word) > 0) {
                return true;
            }
        }
    }
    slot->by_prefix = false;
    return false;
}

/* --- Typos --- */

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The textbook's table, all of it. */
static size_t distance(struct svc_slice a, struct svc_slice b)
{
    size_t table[64][64];

    for (size_t i = 0; i <= a.length; i++) {
        for (size_t j = 0; j <= b.length; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
                continue;
            }
            size_t cost = a.text[i - 1] == b.text[j - 1] ? 0 : 1;
            table[i][j] = minimum(table[i - 1][j - 1] + cost,
                minimum(table[i - 1][j], table[i][j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a.text[i - 1] == b.text[j - 2] &&
                           a.text[i - 2] == b.text[j - 1];
            table[i][j] =
                swapped ? minimum(table[i][j], table[i - 2][j - 2] + 1) : table[i][j];
        }
    }
    return table[a.length][b.length];
}

struct heard {
    struct svc_slice sound;
    size_t distance;
    bool same_first;
    uint64_t df;
};

/* In how many products of any segment, dead or alive, the sound is. */
static uint64_t sound_df(const struct model *model, struct svc_slice sound)
{
    struct index_hold hold = index_enter(model->shop->index);
    uint64_t df = 0;

    for (size_t i = 0; i < hold.list->count; i++) {
        const struct segment *segment = hold.list->entries[i].segment;
        size_t count = segment->sections[SECTION_sounds].length / sizeof(struct sound);
        for (size_t s = 0; s < count; s++) {
            struct svc_slice own = {
                segment->sound_bytes + segment->sounds[s].at, segment->sounds[s].length};
            df += same(own, sound) ? segment->sounds[s].df : 0;
        }
    }
    index_leave(&hold);
    return df;
}

static int compare_heard(const void *left, const void *right)
{
    const struct heard *a = left;
    const struct heard *b = right;

    if (a->distance != b->distance) {
        return a->distance < b->distance ? -1 : 1;
    }
    if (a->same_first != b->same_first) {
        return a->same_first ? -1 : 1;
    }
    if (a->df != b->df) {
        return a->df > b->df ? -1 : 1;
    }
    int order =
        memcmp(a->sound.text, b->sound.text, minimum(a->sound.length, b->sound.length));
    return order != 0 ? order : (int)a->sound.length - (int)b->sound.length;
}

static void add_heard(const struct model *model, struct svc_slice written,
    struct svc_slice sound, struct heard *list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (same(list[i].sound, sound)) {
            return;
        }
    }
    assert_true(*count < SOUNDS_MAX);
    list[(*count)++] = (struct heard){sound, distance(written, sound),
        sound.text[0] == written.text[0], sound_df(model, sound)};
}

static void find_typos(struct model *model, struct slot_model *slot, size_t most)
{
    struct svc_slice written = slot->asked->phrases[0].words[0].forms.sound;
    size_t allowed = written.length < 4 ? 0 : written.length < 8 ? 1 : 2;
    struct heard list[SOUNDS_MAX];
    size_t count = 0;

    if (written.length < 3 || slot->asked->phrases[0].count != 1) {
        return;
    }
    for (size_t i = 0; i < model->count; i++) {
        for (size_t t = 0; t < model->products[i].term_count; t++) {
            struct svc_slice sound = model->products[i].terms[t].word.forms.sound;
            if (sound.length >= 3 && distance(written, sound) <= minimum(allowed, most)) {
                add_heard(model, written, sound, list, &count);
            }
        }
    }
    qsort(list, count, sizeof list[0], compare_heard);
    for (size_t i = 0; i < count && i < TYPOS_MAX; i++) {
        if (list[i].distance == list[0].distance) {
            slot->typos[slot->typo_count++] = list[i].sound;
        }
    }
    slot->typo_distance = count > 0 ? list[0].distance : 0;
}

static uint32_t best_weight(const struct model *model, const struct slot_model *slot)
{
    uint32_t best = 0;

    for (size_t i = 0; i < model->count * slot->asked->phrase_count; i++) {
        const struct model_product *product =
            &model->products[i / slot->asked->phrase_count];
        const struct query_phrase *phrase =
            &slot->asked->phrases[i % slot->asked->phrase_count];
        for (size_t t = 0; phrase->count == 1 && t < product->term_count; t++) {
            uint32_t weight = word_weight(
                model, &phrase->words[0], phrase->synonym, &product->terms[t].word);
            best = weight > best ? weight : best;
        }
    }
    return best;
}

static void find_slot(struct model *model, struct slot_model *slot)
{
    for (size_t p = 0; p < slot->asked->phrase_count; p++) {
        const struct query_phrase *phrase = &slot->asked->phrases[p];
        bool alive = phrase->count > 0;
        for (size_t w = 0; w < phrase->count; w++) {
            alive = alive && word_is_alive(model, &phrase->words[w], phrase->synonym);
        }
        slot->alive = slot->alive || alive;
    }
    if (slot->alive) {
        slot->by_prefix = slot->asked->may_be_prefix &&
                          has_enye(&slot->asked->phrases[0].words[0]) &&
                          best_weight(model, slot) <= 128;
        return;
    }
    bool prefix = slot->asked->may_be_prefix &&
                  slot->asked->phrases[0].words[0].exact.length >= 2 &&
                  prefix_is_alive(model, slot);
    find_typos(model, slot, prefix ? 0 : 2);
    slot->alive = prefix || slot->typo_count > 0;
}

/* --- A search --- */

struct scored {
    const struct model_product *product;
    double score;
    double key;
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
        uint32_t weight = other_weight(search->model, model, own);
        for (size_t p = 0; p < model->asked->phrase_count; p++) {
            const struct query_phrase *phrase = &model->asked->phrases[p];
            for (size_t w = 0; w < phrase->count; w++) {
                weight +=
                    word_weight(search->model, &phrase->words[w], phrase->synonym, own);
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
        uint32_t value = slot_value(search->model, &search->slots[slot], product);
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
    search->found[search->count++] =
        (struct scored){product, score, sort_key(search, &product->product, score)};
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
        find_slot(model, &search.slots[slot]);
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
    check_hits(&search, result);
    index_leave(&hold);
    svc_arena_reset(&model->search);
}
