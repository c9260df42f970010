/* Which terms of each segment a query's slots may match, and how rare they are. */
#include "layer.h"
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
    double plain_share; /* of a letter other than written */
    double share;       /* of the usual weights; less than 1: of a correction */
    bool alive;         /* a product has one of the terms */
    uint64_t df;        /* of the exact and stem variants */
};

static uint8_t variant_tier(const struct word_search *word, bool stem)
{
    if (word->share < 1) {
        return MATCH_TYPO;
    }
    if (word->synonym) {
        return MATCH_SYNONYM;
    }
    return stem ? MATCH_STEM : MATCH_EXACT;
}

static double plain_share(const struct query_word *word)
{
    return word->exact.length != word->forms.plain.length ? ENYE_SHARE : PLAIN_SHARE;
}

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
        weight *= word->share;
        struct variant variant = {
            .term = term,
            .weight = (uint16_t)lround(weight * WEIGHT_ONE),
            .tier = variant_tier(word, stem),
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
    double share;
    uint8_t *alive; /* of each phrase, a bit for each word that some product has */
};

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
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
            .share = slot->share,
            .plain_share = plain_share(&phrase->words[i]),
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

void plan_phrase(
    struct search *search, size_t slot, const struct query_phrase *phrase, double share)
{
    for (size_t at = 0; at < search->list->count; at++) {
        struct slot_plan *plan = &search->plans[at][slot];
        struct phrase_plan several = {.count = phrase->count};
        for (size_t i = 0; i < phrase->count; i++) {
            struct word_search word = {
                .search = search,
                .entry = &search->list->entries[at],
                .word = &phrase->words[i],
                .synonym = phrase->synonym,
                .share = share,
                .plain_share = plain_share(&phrase->words[i]),
            };
            find_word(&word, phrase->count == 1 ? &plan->single : &several.words[i]);
        }
        if (phrase->count > 1) {
            struct phrase_plan *phrases = svc_arena_alloc(
                search->arena, (plan->phrase_count + 1) * sizeof *phrases);
            memcpy(phrases, plan->phrases, plan->phrase_count * sizeof *phrases);
            phrases[plan->phrase_count++] = several;
            plan->phrases = phrases;
        }
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

uint64_t plan_df(const struct slot_plan *plan)
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

/* Written with a letter that its plain form lacks ("pañ"), and no product has it so: what
 * was found ("pan") is perhaps another word, and the written one not finished. */
static bool is_another_word(const struct search *search, const struct query_slot *asked)
{
    const struct query_word *word = &asked->phrases[0].words[0];

    if (!asked->may_be_prefix || asked->phrases[0].count != 1 ||
        word->exact.length == word->forms.plain.length) {
        return false;
    }
    for (size_t i = 0; i < search->list->count; i++) {
        const struct segment_entry *entry = &search->list->entries[i];
        uint32_t from = 0;
        uint32_t until = 0;
        terms_prefix(entry->segment, word->exact, &from, &until);
        if (from < until && entry->segment->terms[from].length == word->exact.length &&
            term_is_alive(entry, from)) {
            return false;
        }
    }
    return true;
}

static float rarity(uint64_t df, uint64_t docs)
{
    double counted = (double)lesser(df, docs);

    return (float)log(1 + ((double)docs - counted + 0.5) / (counted + 0.5));
}

bool plan_phrases(struct search *search, size_t number, const struct query_slot *slot,
    double share, uint64_t *written_df)
{
    uint8_t alive_words[QUERY_PHRASES_MAX] = {0};

    for (size_t i = 0; i < search->list->count; i++) {
        struct slot_plan *plan = &search->plans[i][number];
        struct slot_search found = {
            .search = search,
            .entry = &search->list->entries[i],
            .plan = plan,
            .share = share,
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

static void plan_slot(struct search *search, size_t number)
{
    uint64_t written_df = 0;
    uint64_t df = 0;
    uint64_t docs = 0;
    const struct query_slot *slot = &search->query->slots[number];
    bool alive = plan_phrases(search, number, slot, 1, &written_df);

    if (!alive) {
        alive = plan_wider(search, number);
    }
    if (alive && is_another_word(search, slot)) {
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
