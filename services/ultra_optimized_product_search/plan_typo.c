/* For a slot that no product has as it is written: words that begin with it, and words
 * near it. */
#include "layer.h"
#include "search_private.h"
#include "typo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CORRECTIONS_LOOKED = 256, CORRECTIONS_USED = 3 };

/* Of a typo's weight, by distance: heard the same, one mistake, two. */
static const double distance_share[] = {1.0, 0.95, 0.8};

/* --- Prefixes --- */

struct frequent {
    uint32_t term;
    uint32_t count;
};

static int compare_frequent(const void *left, const void *right)
{
    const struct frequent *a = left;
    const struct frequent *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return a->term < b->term ? -1 : a->term > b->term;
}

/* The COUNT most frequent are first then; a quickselect's first half is enough of an
 * order to cut off the many rare ones. */
static size_t keep_frequent(struct frequent *list, size_t count, size_t max)
{
    uint32_t least = 1;

    while (count > 4 * max) {
        size_t kept = 0;
        least *= 2;
        for (size_t i = 0; i < count; i++) {
            kept += list[i].count >= least;
        }
        if (kept < max) {
            break;
        }
        kept = 0;
        for (size_t i = 0; i < count; i++) {
            if (list[i].count >= least) {
                list[kept++] = list[i];
            }
        }
        count = kept;
    }
    qsort(list, count, sizeof *list, compare_frequent);
    return count < max ? count : max;
}

static bool add_prefixed(struct search *search, size_t segment_at, size_t slot)
{
    const struct segment_entry *entry = &search->list->entries[segment_at];
    struct svc_slice prefix = search->query->slots[slot].phrases[0].words[0].exact;
    double weight = search->weights->tier[MATCH_PREFIX] * WEIGHT_ONE;
    uint32_t from = 0;
    uint32_t until = 0;
    bool found = false;

    terms_prefix(entry->segment, prefix, &from, &until);
    size_t count = until - from;
    struct frequent *list = svc_arena_alloc(search->arena, count * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        uint32_t term = from + (uint32_t)i;
        list[i] = (struct frequent){term, entry->segment->terms[term].count};
    }
    count = keep_frequent(list, count, PREFIX_TERMS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct variant variant = {list[i].term, (uint16_t)lround(weight), MATCH_PREFIX};
        variants_add(
            search, &search->plans[segment_at][slot].single, entry->segment, &variant);
        found = found || term_is_alive(entry, list[i].term);
    }
    return found;
}

bool plan_prefix(struct search *search, size_t slot)
{
    const struct query_slot *asked = &search->query->slots[slot];
    bool found = false;

    if (!asked->may_be_prefix || search->weights->tier[MATCH_PREFIX] <= 0 ||
        asked->phrase_count == 0 || asked->phrases[0].count != 1 ||
        asked->phrases[0].words[0].exact.length < 2) {
        return false;
    }
    for (size_t i = 0; i < search->list->count; i++) {
        found |= add_prefixed(search, i, slot);
    }
    return found;
}

/* --- Typos --- */

struct correction {
    struct svc_slice sound;
    size_t distance;
    bool same_first;
    uint64_t df;
};

struct correcting {
    struct search *search;
    struct svc_slice sound; /* as it was written */
    size_t distance_max;
    struct correction *list;
    size_t count;
};

static int compare_corrections(const void *left, const void *right)
{
    const struct correction *a = left;
    const struct correction *b = right;

    if (a->distance != b->distance) {
        return a->distance < b->distance ? -1 : 1;
    }
    if (a->same_first != b->same_first) {
        return a->same_first ? -1 : 1;
    }
    if (a->df != b->df) {
        return a->df > b->df ? -1 : 1;
    }
    size_t length = a->sound.length < b->sound.length ? a->sound.length : b->sound.length;
    int order = memcmp(a->sound.text, b->sound.text, length);
    return order != 0 ? order : (int)a->sound.length - (int)b->sound.length;
}

static bool sound_is_alive(const struct segment_entry *entry, struct svc_slice sound)
{
    const struct form_group *group =
        terms_find(entry->segment, form_key(FORM_SOUND, sound));

    for (size_t i = 0; group != NULL && i < group->count; i++) {
        if (term_is_alive(entry, entry->segment->form_terms[group->start + i])) {
            return true;
        }
    }
    return false;
}

static void add_correction(
    struct correcting *correcting, const struct segment_entry *entry, uint32_t number)
{
    const struct sound *sound = &entry->segment->sounds[number];
    struct svc_slice bytes = {entry->segment->sound_bytes + sound->at, sound->length};
    size_t i = 0;

    for (; i < correcting->count; i++) {
        const struct correction *old = &correcting->list[i];
        if (old->sound.length == bytes.length &&
            memcmp(old->sound.text, bytes.text, bytes.length) == 0) {
            break;
        }
    }
    if (i == CORRECTIONS_LOOKED) {
        return;
    }
    size_t distance = typo_distance(correcting->sound, bytes, correcting->distance_max);
    if (distance > correcting->distance_max || !sound_is_alive(entry, bytes)) {
        return;
    }
    if (i == correcting->count) {
        correcting->list[correcting->count++] = (struct correction){
            .sound = bytes,
            .distance = distance,
            .same_first = bytes.text[0] == correcting->sound.text[0],
        };
    }
    correcting->list[i].df += sound->df;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* A sound that several keys lead to is looked at once, or it would count twice. */
static void correct_in(struct correcting *correcting, const struct segment_entry *entry)
{
    enum { NUMBERS_MAX = 4096 };
    const struct segment *segment = entry->segment;
    uint32_t keys[TYPO_KEYS_MAX];
    size_t key_count = typo_keys(correcting->sound, keys);
    uint32_t *numbers =
        svc_arena_alloc(correcting->search->arena, NUMBERS_MAX * sizeof *numbers);
    size_t count = 0;

    for (size_t k = 0; k < key_count; k++) {
        size_t from = 0;
        size_t until = 0;
        typo_entries(segment, keys[k], &from, &until);
        for (size_t i = from; i < until && count < NUMBERS_MAX; i++) {
            if (segment->typo_entries[i].hash == keys[k]) {
                numbers[count++] = segment->typo_entries[i].sound;
            }
        }
    }
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || numbers[i] != numbers[i - 1]) {
            add_correction(correcting, entry, numbers[i]);
        }
    }
}

/* The terms that sound so; returns the most frequent one's exact form. */
static struct svc_slice use_correction(
    struct search *search, size_t slot, const struct correction *correction)
{
    double weight = search->weights->tier[MATCH_TYPO] *
                    distance_share[correction->distance] * WEIGHT_ONE;
    struct svc_slice best = {NULL, 0};
    uint32_t best_count = 0;

    for (size_t at = 0; at < search->list->count; at++) {
        const struct segment *segment = search->list->entries[at].segment;
        const struct form_group *group =
            terms_find(segment, form_key(FORM_SOUND, correction->sound));
        for (size_t i = 0; group != NULL && i < group->count; i++) {
            struct variant variant = {segment->form_terms[group->start + i],
                (uint16_t)lround(weight), MATCH_TYPO};
            variants_add(search, &search->plans[at][slot].single, segment, &variant);
            uint32_t count = segment->terms[variant.term].count;
            if (count > best_count) {
                best_count = count;
                best = segment_term(segment, variant.term);
            }
        }
    }
    return best;
}

static void use_synonyms(
    struct search *search, size_t slot, struct svc_slice exact, double share)
{
    const struct index_settings *settings = &search->index->settings;
    const struct words_phrase *phrases = NULL;
    struct token_forms forms = {0};
    size_t count = 0;

    if (settings->words == NULL || exact.length == 0) {
        return;
    }
    analyser_forms(settings->analyser, search->arena, exact, &forms);
    words_alternatives(settings->words, &forms.stem, 1, &phrases, &count);
    struct query_phrase *itself = svc_arena_alloc(search->arena, sizeof *itself);
    *itself = (struct query_phrase){.words = {{exact, forms}}, .count = 1};
    plan_phrase(search, slot, itself, share);
    for (size_t i = 0; i < count && i < QUERY_PHRASES_MAX; i++) {
        struct query_phrase *phrase = svc_arena_alloc(search->arena, sizeof *phrase);
        phrase->synonym = true;
        phrase->count = phrases[i].count;
        for (size_t word = 0; word < phrase->count; word++) {
            phrase->words[word].exact = phrases[i].words[word];
            analyser_forms(settings->analyser, search->arena, phrases[i].words[word],
                &phrase->words[word].forms);
        }
        plan_phrase(search, slot, phrase, share);
    }
}

static void use_corrections(
    struct search *search, size_t slot, const struct correcting *correcting)
{
    const struct correction *list = correcting->list;

    for (size_t i = 0; i < correcting->count && i < CORRECTIONS_USED &&
                       list[i].distance == list[0].distance;
         i++) {
        struct svc_slice exact = use_correction(search, slot, &list[i]);
        if (i == 0) {
            search->corrections[slot] = exact;
            use_synonyms(search, slot, exact,
                search->weights->tier[MATCH_TYPO] * distance_share[list[i].distance]);
        }
    }
}

bool plan_typos(struct search *search, size_t slot, size_t distance_max)
{
    const struct query_slot *asked = &search->query->slots[slot];

    if (search->weights->tier[MATCH_TYPO] <= 0 || asked->phrase_count == 0 ||
        asked->phrases[0].count != 1) {
        return false;
    }
    struct svc_slice sound = asked->phrases[0].words[0].forms.sound;
    size_t allowed = typo_distance_max(sound.length);
    if (sound.length < TYPO_LENGTH_MIN - 1 || sound.length > TOKEN_BYTES_MAX) {
        return false;
    }
    struct correcting correcting = {
        .search = search,
        .sound = sound,
        .distance_max = allowed < distance_max ? allowed : distance_max,
        .list = svc_arena_alloc(
            search->arena, CORRECTIONS_LOOKED * sizeof(struct correction)),
    };
    for (size_t i = 0; i < search->list->count; i++) {
        correct_in(&correcting, &search->list->entries[i]);
    }
    qsort(
        correcting.list, correcting.count, sizeof *correcting.list, compare_corrections);
    use_corrections(search, slot, &correcting);
    return correcting.count > 0;
}
