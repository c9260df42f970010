/* Other ways to say what no product has: the words of other countries, and those of the
 * word files that are near it. */
#include "query_private.h"

#include "typo.h"

#include <string.h>

static bool add(
    const struct words_phrase *phrases, size_t count, struct query_slot *ret_slot)
{
    size_t before = ret_slot->phrase_count;

    query_add_synonyms(ret_slot, phrases, count);
    return ret_slot->phrase_count > before;
}

/* Whether a rule knows all COUNT of the stems. */
static bool add_rules(const struct words *words, const struct svc_slice *stems,
    size_t count, struct query_slot *ret_slot)
{
    const struct words_phrase *phrases = NULL;
    size_t phrase_count = 0;
    bool found = false;

    if (words_alternatives(words, stems, count, &phrases, &phrase_count) == count) {
        found |= add(phrases, phrase_count, ret_slot);
    }
    if (words_foreign(words, stems, count, &phrases, &phrase_count) == count) {
        found |= add(phrases, phrase_count, ret_slot);
    }
    return found;
}

bool query_widen_regions(
    const struct words *words, const struct query_slot *slot, struct query_slot *ret_slot)
{
    const struct query_phrase *phrase = &slot->phrases[0];
    const struct words_phrase *phrases = NULL;
    struct svc_slice stems[QUERY_PHRASE_WORDS_MAX];
    size_t count = 0;

    ret_slot->phrase_count = 0;
    if (words == NULL || slot->phrase_count == 0) {
        return false;
    }
    for (size_t i = 0; i < phrase->count; i++) {
        stems[i] = phrase->words[i].forms.stem;
    }
    size_t run = words_foreign(words, stems, phrase->count, &phrases, &count);
    return run == phrase->count && run > 0 && add(phrases, count, ret_slot);
}

int query_widen_typo(const struct words *words, const struct query_slot *slot,
    size_t distance_max, struct query_slot *ret_slot, struct svc_slice *ret_written)
{
    size_t distance = 0;

    ret_slot->phrase_count = 0;
    *ret_written = (struct svc_slice){NULL, 0};
    if (words == NULL || slot->phrase_count == 0 || slot->phrases[0].count != 1) {
        return -1;
    }
    const struct query_word *word = &slot->phrases[0].words[0];
    size_t allowed = typo_distance_max(word->forms.sound.length);
    const struct words_spelled *near = words_nearest(words, word->exact,
        word->forms.sound, allowed < distance_max ? allowed : distance_max, &distance);
    if (near == NULL) {
        return -1;
    }
    bool same = near->exact.length == word->exact.length &&
                memcmp(near->exact.text, word->exact.text, near->exact.length) == 0;
    if (!same) {
        *ret_written = near->written;
    }
    add_rules(words, &near->stem, 1, ret_slot);
    return (int)distance;
}
