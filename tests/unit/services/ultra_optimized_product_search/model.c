#include "model.h"

#include "search_private.h"

#include <math.h>

/* As in the index, stated once more: the test is also of these numbers. */
static const double usual_length[FIELDS] = {6, 1.5, 1.5, 8, 18};
static const uint32_t elsewhere_percent[] = {100, 60, 0, 60};
static const double distance_share[] = {1.0, 0.95, 0.8};

enum { SOUNDS_MAX = 512 };

void model_init(struct model *model, struct shop *shop)
{
    *model = (struct model){.shop = shop};
}

void model_done(struct model *model)
{
    svc_arena_done(&model->arena);
    svc_arena_done(&model->search);
    free(model->products);
    free(model->sounds);
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

static int compare_slices(const void *left, const void *right)
{
    const struct svc_slice *a = left;
    const struct svc_slice *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);

    return order != 0 ? order : (int)a->length - (int)b->length;
}

static void list_sounds(struct model *model)
{
    size_t count = 0;

    free(model->sounds);
    model->sounds = svc_alloc(model->count * MODEL_TERMS_MAX * sizeof(struct svc_slice));
    for (size_t i = 0; i < model->count; i++) {
        for (size_t t = 0; t < model->products[i].term_count; t++) {
            struct svc_slice sound = model->products[i].terms[t].word.forms.sound;
            model->sounds[count] = sound;
            count += sound.length >= 3;
        }
    }
    qsort(model->sounds, count, sizeof model->sounds[0], compare_slices);
    model->sound_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_slices(&model->sounds[i], &model->sounds[i - 1]) != 0) {
            model->sounds[model->sound_count++] = model->sounds[i];
        }
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
    list_sounds(model);
}

/* --- What a slot may match --- */

/* As in the index, a weight of 256 at most; 0: no match. */
uint32_t model_word_weight(const struct model *model, const struct query_word *word,
    bool synonym, const struct query_word *own)
{
    const double *tier = model->shop->weights.tier;
    double weight = synonym ? tier[MATCH_SYNONYM] : tier[MATCH_EXACT];

    if (same(word->exact, own->exact)) {
        return (uint32_t)lround(weight * 256);
    }
    if (same(word->forms.plain, own->forms.plain)) {
        bool enye = word->exact.length != word->forms.plain.length;
        return (uint32_t)lround(weight * (enye ? 0.5 : 0.97) * 256);
    }
    if (same(word->forms.stem, own->forms.stem)) {
        return (uint32_t)lround(weight * tier[MATCH_STEM] * 256);
    }
    return 0;
}

uint32_t model_other_weight(const struct model *model, const struct slot_model *slot,
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
        uint32_t weight = model_word_weight(model, word, synonym, &term->word);
        uint32_t value = term_value(slot, term, weight);
        best = value > best ? value : best;
    }
    return best;
}

uint32_t model_slot_value(const struct model *model, const struct slot_model *slot,
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
        uint32_t weight = model_other_weight(model, slot, &product->terms[i].word);
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
            if (model_word_weight(
                    model, word, synonym, &model->products[i].terms[t].word) > 0) {
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
            if (model_other_weight(model, slot, &model->products[i].terms[t].word) > 0) {
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

static void find_typos(struct model *model, struct slot_model *slot, size_t most)
{
    struct svc_slice written = slot->asked->phrases[0].words[0].forms.sound;
    size_t allowed = written.length < 4 ? 0 : written.length < 8 ? 1 : 2;
    struct heard list[SOUNDS_MAX];
    size_t count = 0;

    if (written.length < 3 || slot->asked->phrases[0].count != 1) {
        return;
    }
    for (size_t i = 0; i < model->sound_count; i++) {
        struct svc_slice sound = model->sounds[i];
        size_t far = distance(written, sound);
        if (far > minimum(allowed, most)) {
            continue;
        }
        assert_true(count < SOUNDS_MAX);
        list[count++] = (struct heard){
            sound, far, sound.text[0] == written.text[0], sound_df(model, sound)};
    }
    qsort(list, count, sizeof list[0], compare_heard);
    for (size_t i = 0; i < count && i < TYPOS_MAX; i++) {
        if (list[i].distance == list[0].distance) {
            slot->typos[slot->typo_count++] = list[i].sound;
        }
    }
    slot->typo_distance = count > 0 ? list[0].distance : 0;
}

/* Written with ñ, and no product has it so. */
static bool is_another_word(const struct model *model, const struct slot_model *slot)
{
    const struct query_word *word = &slot->asked->phrases[0].words[0];

    for (size_t i = 0; i < model->count; i++) {
        for (size_t t = 0; t < model->products[i].term_count; t++) {
            if (same(model->products[i].terms[t].word.exact, word->exact)) {
                return false;
            }
        }
    }
    return word->exact.length != word->forms.plain.length;
}

void model_find_slot(struct model *model, struct slot_model *slot)
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
        slot->by_prefix = slot->asked->may_be_prefix && is_another_word(model, slot);
        return;
    }
    bool prefix = slot->asked->may_be_prefix &&
                  slot->asked->phrases[0].words[0].exact.length >= 2 &&
                  prefix_is_alive(model, slot);
    find_typos(model, slot, prefix ? 0 : 2);
    slot->alive = prefix || slot->typo_count > 0;
}
