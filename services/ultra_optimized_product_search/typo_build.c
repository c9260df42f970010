/* The sounds of a segment's terms, and the table by which near ones are found. */
#include "builder.h"
#include "typo.h"

#include <string.h>

/* More words than any shop's language has are codes and noise: the rarest stay without
 * correction. */
#define SOUNDS_MAX ((size_t)200000)

struct heard {
    const char *bytes;
    uint32_t length;
    uint32_t term;
};

static int compare_heard(const void *left, const void *right)
{
    const struct heard *a = left;
    const struct heard *b = right;
    int difference =
        memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);

    if (difference != 0) {
        return difference;
    }
    return a->length < b->length ? -1 : a->length > b->length;
}

/* Numbers the sounds in the order of their bytes and tells the terms theirs. */
static void make_sounds(struct segment *segment, struct heard *heard, size_t count)
{
    struct array sounds;
    struct array bytes;

    array_init(&sounds, sizeof(struct sound));
    array_init(&bytes, 1);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_heard(&heard[i - 1], &heard[i]) != 0) {
            *(struct sound *)array_add(&sounds, 1) =
                (struct sound){.at = (uint32_t)bytes.count, .length = heard[i].length};
            memcpy(array_add(&bytes, heard[i].length), heard[i].bytes, heard[i].length);
        }
        struct term *term = &segment->terms[heard[i].term];
        ((struct sound *)sounds.items)[sounds.count - 1].df += term->count;
        term->sound = (uint32_t)sounds.count;
    }
    size_t sound_count = sounds.count;
    size_t byte_count = bytes.count;
    segment_set(
        segment, SECTION_sounds, array_take(&sounds), sound_count, sizeof(struct sound));
    segment_set(segment, SECTION_sound_bytes, array_take(&bytes), byte_count, 1);
}

/* The document frequency that a sound needs for a place in the table. */
static uint64_t least_df(const struct segment *segment, size_t count)
{
    enum { SMALL = 64 };
    size_t histogram[SMALL] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t df = segment->sounds[i].df;
        histogram[df < SMALL ? df : SMALL - 1]++;
    }
    uint64_t least = SMALL;
    while (least > 1 && kept + histogram[least - 1] <= SOUNDS_MAX) {
        kept += histogram[--least];
    }
    return least;
}

static bool is_kept(const struct sound *sound, uint64_t df)
{
    return sound->df >= df && sound->length >= TYPO_LENGTH_MIN - 1;
}

/* Calls for each key of each sound that has a place: first to count, then to put. */
static void each_key(const struct segment *segment, size_t count, uint64_t df,
    uint32_t *buckets, size_t mask, struct typo_entry *entries)
{
    uint32_t keys[TYPO_KEYS_MAX];

    for (size_t i = 0; i < count; i++) {
        const struct sound *sound = &segment->sounds[i];
        struct svc_slice slice = {segment->sound_bytes + sound->at, sound->length};
        size_t key_count = is_kept(sound, df) ? typo_keys(slice, keys) : 0;
        for (size_t k = 0; k < key_count; k++) {
            uint32_t at = buckets[keys[k] & mask]++;
            if (entries != NULL) {
                entries[at] = (struct typo_entry){keys[k], (uint32_t)i};
            }
        }
    }
}

static void make_entries(struct segment *segment)
{
    size_t count = segment->sections[SECTION_sounds].length / sizeof(struct sound);
    uint64_t df = least_df(segment, count);
    size_t size = 64;

    while (size < 8 * count && size < ((size_t)1 << 21)) {
        size *= 2;
    }
    uint32_t *buckets = svc_alloc_zero(size + 2, sizeof *buckets);
    each_key(segment, count, df, buckets + 2, size - 1, NULL);
    for (size_t i = 2; i < size + 2; i++) {
        buckets[i] += buckets[i - 1];
    }
    /* Shifted by one: putting moves each start to the next one's. */
    size_t entry_count = buckets[size + 1];
    struct typo_entry *entries = svc_alloc(entry_count * sizeof *entries);
    each_key(segment, count, df, buckets + 1, size - 1, entries);
    segment_set(segment, SECTION_typo_buckets, buckets, size + 1, sizeof *buckets);
    segment_set(segment, SECTION_typo_entries, entries, entry_count, sizeof *entries);
}

void build_typo_tables(
    struct segment *segment, const struct built_term *built, const char *bytes)
{
    struct heard *heard = svc_alloc(segment->term_count * sizeof *heard);
    size_t count = 0;

    for (size_t i = 0; i < segment->term_count; i++) {
        struct term *term = &segment->terms[i];
        const struct built_term *from = &built[term->sound - 1];
        term->sound = 0;
        if (from->sound_length > 0) {
            heard[count++] =
                (struct heard){bytes + from->sound_at, from->sound_length, (uint32_t)i};
        }
    }
    qsort(heard, count, sizeof *heard, compare_heard);
    make_sounds(segment, heard, count);
    free(heard);
    segment_open(segment);
    make_entries(segment);
}
