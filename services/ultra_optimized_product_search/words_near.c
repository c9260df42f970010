/* The words of the files that sound like a misspelt one. There are a few thousand, so
 * each is looked at: the letters that are in one and not in the other, two for a mistake
 * at most, leave few to measure. */
#include "typo.h"
#include "words_table.h"

#include <string.h>

static uint32_t letters_of(struct svc_slice sound)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < sound.length; i++) {
        letters |= 1U << ((unsigned char)sound.text[i] & 31);
    }
    return letters;
}

void words_note(struct words *words, const struct words_spelled *word)
{
    size_t before = words->known.count;

    words_table_add(&words->known, &words->arena, word->exact);
    if (words->known.count == before || word->sound.length < TYPO_LENGTH_MIN - 1) {
        return;
    }
    if (words->spelled_count == words->spelled_room) {
        size_t room = words->spelled_room > 0 ? words->spelled_room * 2 : 1024;
        struct words_spelled *more = svc_arena_alloc(&words->arena, room * sizeof *more);
        if (words->spelled_count > 0) {
            memcpy(more, words->spelled, words->spelled_count * sizeof *more);
        }
        words->spelled = more;
        words->spelled_room = room;
    }
    struct words_spelled *added = &words->spelled[words->spelled_count++];
    *added = *word;
    added->written.text =
        svc_arena_strndup(&words->arena, word->written.text, word->written.length);
    added->letters = letters_of(word->sound);
}

static bool equals(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

/* What is to be small. */
static size_t rank_of(const struct words_spelled *word, struct svc_slice exact,
    struct svc_slice sound, size_t distance)
{
    return 4 * distance + (equals(word->exact, exact) ? 0U : 2U) +
           (word->sound.text[0] == sound.text[0] ? 0U : 1U);
}

/* Whoever makes two mistakes seldom makes one of them in the first letter: "xilofono" is
 * no "citofono". */
static bool is_likely(struct svc_slice known, struct svc_slice sound, size_t distance)
{
    return distance < 2 || known.text[0] == sound.text[0];
}

const struct words_spelled *words_nearest(const struct words *words,
    struct svc_slice exact, struct svc_slice sound, size_t distance_max,
    size_t *ret_distance)
{
    const struct words_spelled *best = NULL;
    uint32_t letters = letters_of(sound);
    size_t best_rank = SIZE_MAX;

    if (sound.length < TYPO_LENGTH_MIN - 1) {
        return NULL;
    }
    for (size_t i = 0; i < words->spelled_count; i++) {
        const struct words_spelled *word = &words->spelled[i];
        size_t other = (size_t)__builtin_popcount(word->letters ^ letters);
        if (other > 2 * distance_max) {
            continue;
        }
        size_t distance = typo_distance(sound, word->sound, distance_max);
        if (distance > distance_max || !is_likely(word->sound, sound, distance)) {
            continue;
        }
        size_t rank = rank_of(word, exact, sound, distance);
        if (rank < best_rank) {
            best = word;
            best_rank = rank;
            *ret_distance = distance;
        }
    }
    return best;
}
