/* What the words of a query mean, whatever word says it: for what was learned of others
 * who asked for the same. */
#include "query_private.h"

#include "checksum.h"

static uint64_t hash_stems(const struct svc_slice *stems, size_t count)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < count; i++) {
        hash = checksum_mix(hash + svc_text_hash(stems[i]));
    }
    return hash;
}

static uint64_t hash_words(const struct words_phrase *phrase)
{
    struct svc_slice stems[QUERY_PHRASE_WORDS_MAX];

    for (size_t i = 0; i < phrase->count; i++) {
        stems[i] = phrase->forms[i].stem;
    }
    return hash_stems(stems, phrase->count);
}

/* Whether what OTHER may be called instead is WRITTEN, too: a rule that holds one way
 * ("mascota => perro, gato") makes no two words the same. */
static bool is_mutual(
    const struct words *words, const struct words_phrase *other, uint64_t written)
{
    struct svc_slice stems[QUERY_PHRASE_WORDS_MAX];
    const struct words_phrase *back = NULL;
    size_t count = 0;

    for (size_t i = 0; i < other->count; i++) {
        stems[i] = other->forms[i].stem;
    }
    size_t run = words_alternatives(words, stems, other->count, &back, &count);
    for (size_t i = 0; run == other->count && i < count; i++) {
        if (hash_words(&back[i]) == written) {
            return true;
        }
    }
    return false;
}

/* The least of all that the stems may be called instead: the same for each of these. */
static uint64_t find_meaning(
    const struct words *words, const struct svc_slice *stems, size_t count)
{
    const struct words_phrase *others = NULL;
    size_t other_count = 0;
    uint64_t written = hash_stems(stems, count);
    uint64_t least = written;

    size_t run = words_alternatives(words, stems, count, &others, &other_count);
    for (size_t i = 0; run == count && i < other_count; i++) {
        uint64_t hash = hash_words(&others[i]);
        if (hash < least && is_mutual(words, &others[i], written)) {
            least = hash;
        }
    }
    return least;
}

/* A word that no rule knows may be one of theirs with a slip in it. */
static struct svc_slice put_right(
    const struct words *words, const struct query_slot *slot, struct svc_slice stem)
{
    const struct query_word *word = &slot->phrases[0].words[0];
    size_t distance = 0;

    if (slot->phrase_count > 1 || slot->role != QUERY_ROLE_TEXT) {
        return stem;
    }
    const struct words_spelled *near =
        words_nearest(words, word->exact, word->forms.sound, 1, &distance);
    return near != NULL ? near->stem : stem;
}

static uint64_t slot_meaning(const struct words *words, const struct query_slot *slot)
{
    const struct query_phrase *phrase = &slot->phrases[0];
    struct svc_slice stems[QUERY_PHRASE_WORDS_MAX];

    for (size_t word = 0; word < phrase->count; word++) {
        stems[word] = phrase->words[word].forms.stem;
    }
    if (phrase->count == 1) {
        stems[0] = put_right(words, slot, stems[0]);
    }
    return find_meaning(words, stems, phrase->count);
}

/* What has to match, in any order, and once each. */
static uint64_t question(const struct query *query)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < query->slot_count; i++) {
        bool counts = !query->slots[i].optional;
        for (size_t before = 0; before < i; before++) {
            counts &= query->slots[before].optional ||
                      query->slots[before].meaning != query->slots[i].meaning;
        }
        sum += counts ? checksum_mix(query->slots[i].meaning) : 0;
    }
    return sum;
}

void query_meanings(const struct query_reading *reading)
{
    struct query *query = reading->query;

    for (size_t i = 0; i < query->slot_count; i++) {
        query->slots[i].meaning = slot_meaning(reading->words, &query->slots[i]);
    }
    query->key = question(query);
}
