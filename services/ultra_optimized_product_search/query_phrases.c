#include "query_private.h"

#include <string.h>

static bool same_stems(const struct query_phrase *left, const struct query_phrase *right)
{
    if (left->count != right->count) {
        return false;
    }
    for (size_t i = 0; i < left->count; i++) {
        struct svc_slice one = left->words[i].forms.stem;
        struct svc_slice other = right->words[i].forms.stem;
        if (one.length != other.length || memcmp(one.text, other.text, one.length) != 0) {
            return false;
        }
    }
    return true;
}

static void add_phrase(struct query_slot *slot, const struct query_phrase *phrase)
{
    for (size_t i = 0; i < slot->phrase_count; i++) {
        if (same_stems(&slot->phrases[i], phrase)) {
            return;
        }
    }
    if (slot->phrase_count < QUERY_PHRASES_MAX) {
        slot->phrases[slot->phrase_count++] = *phrase;
    }
}

void query_add_word(
    struct query_reading *reading, struct query_slot *slot, struct svc_slice exact)
{
    struct query_phrase phrase = {.count = 1};

    phrase.words[0].exact = exact;
    analyser_forms(reading->analyser, reading->arena, exact, &phrase.words[0].forms);
    add_phrase(slot, &phrase);
}

void query_add_items(const struct query_reading *reading, struct query_slot *slot,
    const size_t *indices, size_t count)
{
    struct query_phrase phrase = {0};

    for (size_t i = 0; i < count && i < QUERY_PHRASE_WORDS_MAX; i++) {
        phrase.words[phrase.count++] = reading->items[indices[i]].word;
    }
    add_phrase(slot, &phrase);
}

void query_add_synonyms(
    struct query_slot *slot, const struct words_phrase *phrases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct query_phrase phrase = {.count = phrases[i].count, .synonym = true};
        for (size_t j = 0; j < phrases[i].count; j++) {
            phrase.words[j] =
                (struct query_word){phrases[i].words[j], phrases[i].forms[j]};
        }
        add_phrase(slot, &phrase);
    }
}

void query_add_joined(
    struct query_reading *reading, struct query_slot *slot, size_t index)
{
    struct svc_slice left = reading->items[index].word.exact;
    struct svc_slice right = reading->items[index + 1].word.exact;
    char text[TOKEN_BYTES_MAX];
    size_t length = left.length + right.length;

    if (length > sizeof text) {
        return;
    }
    memcpy(text, left.text, left.length);
    memcpy(text + left.length, right.text, right.length);
    query_add_word(reading, slot,
        (struct svc_slice){svc_arena_strndup(reading->arena, text, length), length});
}

bool query_are_halves(const struct query_reading *reading, size_t index)
{
    if (index + 1 >= reading->count) {
        return false;
    }
    const struct query_item *left = &reading->items[index];
    const struct query_item *right = left + 1;
    size_t shorter = left->word.exact.length < right->word.exact.length
                         ? left->word.exact.length
                         : right->word.exact.length;
    return !left->number && !right->number && !left->stop && !right->stop &&
           shorter >= 2 && shorter <= 4 &&
           left->word.exact.length + right->word.exact.length <= 8 &&
           right->from - left->until == 1 &&
           words_color(reading->words, right->word.forms.stem).length == 0;
}
