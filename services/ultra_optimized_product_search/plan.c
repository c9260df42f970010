/* Which terms of each segment a query's slots may match, and how rare they are. */
#include "search_private.h"

#include <math.h>
#include <string.h>

/* Another letter than written: n for ñ. */
#define PLAIN_SHARE 0.97
#define ENYE_SHARE 0.5 /* n for ñ is common, ñ for n is not: "pañ" isn't bread */

const struct form_group *terms_find(const struct segment *segment, uint64_t key)
{
    size_t mask = segment->sections[SECTION_form_slots].length / sizeof(uint32_t) - 1;

    for (size_t at = key & mask;; at = (at + 1) & mask) {
        uint32_t number = segment->form_slots[at];
        if (number == 0) {
            return NULL;
        }
        if (segment->form_groups[number - 1].key == key) {
            return &segment->form_groups[number - 1];
        }
    }
}

/* The first term that isn't less than PREFIX, or with AFTER the first behind all that
 * begin with it. */
static uint32_t find_bound(
    const struct segment *segment, struct svc_slice prefix, bool after)
{
    uint32_t from = 0;
    uint32_t until = (uint32_t)segment->term_count;

    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        struct svc_slice term = segment_term(segment, middle);
        size_t length = term.length < prefix.length ? term.length : prefix.length;
        int order = memcmp(term.text, prefix.text, length);
        bool is_less = order < 0 || (order == 0 && term.length < prefix.length);
        if (is_less || (after && order == 0)) {
            from = middle + 1;
        } else {
            until = middle;
        }
    }
    return from;
}

void terms_prefix(const struct segment *segment, struct svc_slice prefix,
    uint32_t *ret_from, uint32_t *ret_until)
{
    *ret_from = find_bound(segment, prefix, false);
    *ret_until = find_bound(segment, prefix, true);
}

bool term_is_alive(const struct segment_entry *entry, uint32_t number)
{
    enum { LOOKS = 2000 };
    const struct term *term = &entry->segment->terms[number];
    const uint32_t *docs = entry->segment->posting_docs + term->postings;

    for (uint32_t i = 0; i < term->count && i < LOOKS; i++) {
        if (live_has(entry->live, docs[i])) {
            return true;
        }
    }
    return term->count > LOOKS;
}

void variants_add(struct search *search, struct variants *variants,
    const struct segment *segment, const struct variant *variant)
{
    for (size_t i = 0; i < variants->count; i++) {
        struct variant *old = &variants->list[i];
        if (old->term == variant->term) {
            *old = variant->weight > old->weight ? *variant : *old;
            return;
        }
    }
    if (variants->count == variants->room) {
        size_t room = variants->room > 0 ? 2 * variants->room : 8;
        struct variant *list = svc_arena_alloc(search->arena, room * sizeof *list);
        if (variants->count > 0) {
            memcpy(list, variants->list, variants->count * sizeof *list);
        }
        variants->list = list;
        variants->room = room;
    }
    variants->list[variants->count++] = *variant;
    variants->df += segment->terms[variant->term].count;
}

/* --- Words --- */

struct word_search {
    struct search *search;
    const struct segment_entry *entry;
    const struct query_word *word;
    bool synonym;
    bool typo;
    double plain_share;
    bool alive;  /* a product has one of the terms */
    uint64_t df; /* of the exact and stem variants */
};

static void add_group(
    struct word_search *word, struct variants *variants, uint64_t key, bool stem)
{
    const struct segment *segment = word->entry->segment;
    const struct form_group *group = terms_find(segment, key);
    const double *tier = word->search->weights->tier;
    uint64_t plain = form_key(FORM_PLAIN, word->word->forms.plain);

    for (size_t i = 0; group != NULL && i < group->count; i++) {
        uint32_t term = segment->form_terms[group->start + i];
        if (stem == (segment->terms[term].plain == plain)) {
            continue; /* it is in the other group */
        }
        struct svc_slice bytes = segment_term(segment, term);
        bool exact = bytes.length == word->word->exact.length &&
                     memcmp(bytes.text, word->word->exact.text, bytes.length) == 0;
        double weight = stem ? tier[MATCH_STEM] : exact ? 1 : word->plain_share;
        weight *= word->synonym ? tier[MATCH_SYNONYM] : tier[MATCH_EXACT];
        weight *= word->typo ? tier[MATCH_TYPO] : 1;
        struct variant variant = {
            .term = term,
            .weight = (uint16_t)lround(weight * WEIGHT_ONE),
            .tier = word->typo      ? MATCH_TYPO
                    : word->synonym ? MATCH_SYNONYM
                    : stem          ? MATCH_STEM
                                    : MATCH_EXACT,
        };
        word->df += segment->terms[term].count;
        word->alive = word->alive || term_is_alive(word->entry, term);
        if (variant.weight > 0) {
            variants_add(word->search, variants, segment, &variant);
        }
    }
}

static void find_word(struct word_search *word, struct variants *variants)
{
    const struct token_forms *forms = &word->word->forms;

    if (forms->plain.length > 0) {
        add_group(word, variants, form_key(FORM_PLAIN, forms->plain), false);
    }
    if (forms->stem.length > 0) {
        add_group(word, variants, form_key(FORM_STEM, forms->stem), true);
    }
}

/* --- Slots --- */

struct slot_search {
    struct search *search;
    const struct segment_entry *entry;
    struct slot_plan *plan;
    uint64_t written_df;
    uint8_t *alive; /* of each phrase, a bit for each word that some product has */
};

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool has_enye(struct svc_slice exact)
{
    return memmem(exact.text, exact.length, "ñ", 2) != NULL;
}

static void find_phrase(
    struct slot_search *slot, const struct query_slot *asked, size_t at)
{
    const struct query_phrase *phrase = &asked->phrases[at];
    struct slot_plan *plan = slot->plan;
    struct phrase_plan *several = &plan->phrases[plan->phrase_count];
    struct variants *variants = phrase->count == 1 ? &plan->single : several->words;
    uint64_t df = phrase->count > 0 ? UINT64_MAX : 0;

    for (size_t i = 0; i < phrase->count; i++) {
        struct word_search word = {
            .search = slot->search,
            .entry = slot->entry,
            .word = &phrase->words[i],
            .synonym = phrase->synonym,
            .typo = phrase->typo,
            .plain_share = has_enye(phrase->words[i].exact) ? ENYE_SHARE : PLAIN_SHARE,
        };
        find_word(&word, &variants[i]);
        df = lesser(df, word.df);
        slot->alive[at] |= (uint8_t)(word.alive ? 1U << i : 0);
    }
    slot->written_df += at == 0 ? df : 0;
    if (phrase->count > 1) {
        several->count = phrase->count;
        plan->phrase_count++;
    }
}

/* Whether products have all words of a phrase, though perhaps not one product. */
static bool is_alive(const struct query_slot *asked, const uint8_t *alive)
{
    for (size_t i = 0; i < asked->phrase_count; i++) {
        uint32_t all = (1U << asked->phrases[i].count) - 1;
        if (all != 0 && alive[i] == all) {
            return true;
        }
    }
    return false;
}

static uint64_t plan_df(const struct slot_plan *plan)
{
    uint64_t sum = plan->single.df;

    for (size_t i = 0; i < plan->phrase_count; i++) {
        uint64_t df = UINT64_MAX;
        for (size_t word = 0; word < plan->phrases[i].count; word++) {
            df = lesser(df, plan->phrases[i].words[word].df);
        }
        sum += df;
    }
    return sum;
}

static float rarity(uint64_t df, uint64_t docs)
{
    double counted = (double)lesser(df, docs);

    return (float)log(1 + ((double)docs - counted + 0.5) / (counted + 0.5));
}

/* Adds the ways of SLOT to the plans of slot NUMBER; returns whether products have one.
 */
static bool plan_phrases(struct search *search, size_t number,
    const struct query_slot *slot, uint64_t *written_df)
{
    uint8_t alive_words[QUERY_PHRASES_MAX] = {0};

    for (size_t i = 0; i < search->list->count; i++) {
        struct slot_plan *plan = &search->plans[i][number];
        struct slot_search found = {
            .search = search,
            .entry = &search->list->entries[i],
            .plan = plan,
            .alive = alive_words,
        };
        size_t room = plan->phrase_count + slot->phrase_count + 1;
        struct phrase_plan *phrases =
            svc_arena_alloc(search->arena, room * sizeof *phrases);
        if (plan->phrase_count > 0) {
            memcpy(phrases, plan->phrases, plan->phrase_count * sizeof *phrases);
        }
        plan->phrases = phrases;
        for (size_t phrase = 0; phrase < slot->phrase_count; phrase++) {
            find_phrase(&found, slot, phrase);
        }
        *written_df += found.written_df;
    }
    return is_alive(slot, alive_words);
}

/* The synonyms of what the index corrected a word to. */
static void plan_corrected(struct search *search, size_t number, struct query_slot *wider)
{
    const struct analyser *analyser = search->index->settings.analyser;
    struct token_forms forms;
    uint64_t unused = 0;

    if (search->corrections[number].length == 0 || search->query->words == NULL) {
        return;
    }
    analyser_forms(analyser, search->arena, search->corrections[number], &forms);
    query_widen_word(search->query, forms.stem, wider);
    if (wider->phrase_count < QUERY_PHRASES_MAX) {
        wider->phrases[wider->phrase_count++] = (struct query_phrase){
            .words = {{search->corrections[number], forms}}, .count = 1, .typo = true};
    }
    plan_phrases(search, number, wider, &unused);
}

/* A word that no product has: what it is called elsewhere; what begins with it; what is
 * near it, in the index or in the word files. A word of the files is no typo. */
static bool plan_wider(struct search *search, size_t number)
{
    const struct query_slot *slot = &search->query->slots[number];
    struct query_slot *wider = svc_arena_alloc(search->arena, sizeof *wider);
    struct svc_slice written;
    uint64_t unused = 0;
    bool corrects = search->weights->tier[MATCH_TYPO] > 0;

    if (query_widen_regions(search->query, slot, wider) &&
        plan_phrases(search, number, wider, &unused)) {
        return true;
    }
    search->typos |= 1U << number;
    if (plan_prefix(search, number)) {
        plan_typos(search, number, 0);
        return true;
    }
    int distance =
        corrects ? query_widen_typo(search->query, slot, 2, wider, &written) : -1;
    if (distance >= 0 && plan_typos(search, number, (size_t)distance)) {
        plan_corrected(search, number, wider);
        return true;
    }
    if (distance >= 0 && plan_phrases(search, number, wider, &unused)) {
        search->corrections[number] = written;
        return true;
    }
    bool is_known = distance == 0 && written.length == 0;
    if (!is_known && plan_typos(search, number, 2)) {
        plan_corrected(search, number, wider);
        return true;
    }
    return false;
}

bool search_widen(struct search *search)
{
    struct query_slot *wider = svc_arena_alloc(search->arena, sizeof *wider);
    uint64_t unused = 0;
    bool found = false;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        if (query_widen_regions(search->query, &search->query->slots[slot], wider)) {
            found |= plan_phrases(search, slot, wider, &unused);
        }
        for (size_t i = 0; i < search->list->count; i++) {
            search->plans[i][slot].df = plan_df(&search->plans[i][slot]);
        }
    }
    return found;
}

/* "pañ" is a beginning, though there are products with "pan". */
static bool is_unfinished(const struct search *search, size_t number)
{
    const struct query_slot *slot = &search->query->slots[number];

    if (!slot->may_be_prefix || !has_enye(slot->phrases[0].words[0].exact)) {
        return false;
    }
    for (size_t i = 0; i < search->list->count; i++) {
        const struct variants *found = &search->plans[i][number].single;
        for (size_t at = 0; at < found->count; at++) {
            if (found->list[at].weight > WEIGHT_ONE * ENYE_SHARE &&
                term_is_alive(&search->list->entries[i], found->list[at].term)) {
                return false;
            }
        }
    }
    return true;
}

static void plan_slot(struct search *search, size_t number)
{
    uint64_t written_df = 0;
    uint64_t df = 0;
    uint64_t docs = 0;
    bool alive = plan_phrases(search, number, &search->query->slots[number], &written_df);

    if (!alive) {
        alive = plan_wider(search, number);
    } else if (is_unfinished(search, number)) {
        plan_prefix(search, number);
    }
    for (size_t i = 0; i < search->list->count; i++) {
        struct slot_plan *plan = &search->plans[i][number];
        plan->df = plan_df(plan);
        df += plan->df;
        docs += search->list->entries[i].segment->doc_count;
    }
    search->idf[number] = rarity(written_df > 0 ? written_df : df, docs);
    search->known |= alive ? 1U << number : 0;
}

uint32_t search_head(const struct search *search)
{
    const struct query_slot *slots = search->query->slots;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        if (slots[slot].role == QUERY_ROLE_TEXT && !slots[slot].optional) {
            return 1U << slot;
        }
    }
    return search->required & (~search->required + 1);
}

void search_plan(struct search *search)
{
    for (size_t i = 0; i < search->list->count; i++) {
        search->plans[i] =
            svc_arena_alloc(search->arena, search->slot_count * sizeof(struct slot_plan));
    }
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        plan_slot(search, slot);
        if (!search->query->slots[slot].optional) {
            search->required |= 1U << slot;
        }
    }
    if (search->required == 0) {
        /* Nothing but what need not match: then that is what is asked for. */
        search->required = (1U << search->slot_count) - 1;
    }
    if (search->slot_count > 0) {
        search->name_head = (size_t)__builtin_ctz(search_head(search));
    }
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        search->idf_sum += (search->required >> slot & 1) != 0 ? search->idf[slot] : 0;
    }
}
