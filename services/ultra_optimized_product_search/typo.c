#include "typo.h"

#include "analyser.h"
#include "checksum.h"

#include <string.h>

#define PREFIX_LENGTH ((size_t)7)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct rows {
    uint8_t before_last[TOKEN_BYTES_MAX + 1];
    uint8_t last[TOKEN_BYTES_MAX + 1];
    uint8_t now[TOKEN_BYTES_MAX + 1];
};

/* One row of the table of distances; returns its least. */
static size_t fill_row(
    struct rows *rows, struct svc_slice left, struct svc_slice right, size_t row)
{
    size_t row_least = row;

    rows->now[0] = (uint8_t)row;
    for (size_t at = 1; at <= right.length; at++) {
        bool same = left.text[row - 1] == right.text[at - 1];
        size_t best = least(rows->last[at - 1] + (same ? 0U : 1U),
            least(rows->last[at], rows->now[at - 1]) + 1U);
        if (row > 1 && at > 1 && left.text[row - 1] == right.text[at - 2] &&
            left.text[row - 2] == right.text[at - 1]) {
            best = least(best, rows->before_last[at - 2] + 1U);
        }
        rows->now[at] = (uint8_t)best;
        row_least = least(row_least, best);
    }
    return row_least;
}

size_t typo_distance(struct svc_slice left, struct svc_slice right, size_t max)
{
    struct rows rows;
    size_t difference = left.length > right.length ? left.length - right.length
                                                   : right.length - left.length;

    if (difference > max || left.length > TOKEN_BYTES_MAX ||
        right.length > TOKEN_BYTES_MAX) {
        return max + 1;
    }
    for (size_t at = 0; at <= right.length; at++) {
        rows.last[at] = (uint8_t)at;
    }
    size_t last_least = 0;
    for (size_t row = 1; row <= left.length; row++) {
        size_t row_least = fill_row(&rows, left, right, row);
        /* A swap reaches back two rows. */
        if (row_least > max && last_least > max) {
            return max + 1;
        }
        last_least = row_least;
        memcpy(rows.before_last, rows.last, right.length + 1);
        memcpy(rows.last, rows.now, right.length + 1);
    }
    return least(rows.last[right.length], max + 1);
}

struct keys {
    uint32_t *list;
    size_t count;
};

static void add_key(struct keys *keys, const char *text, size_t length)
{
    uint64_t hash = checksum_bytes(text, length, 11);
    uint32_t key = (uint32_t)(hash ^ hash >> 32);

    for (size_t i = 0; i < keys->count; i++) {
        if (keys->list[i] == key) {
            return;
        }
    }
    if (keys->count < TYPO_KEYS_MAX) {
        keys->list[keys->count++] = key;
    }
}

/* TEXT without each one of its letters in turn; LEFT: how many more may go. */
static void add_shorter(struct keys *keys, const char *text, size_t length, size_t left)
{
    char shorter[PREFIX_LENGTH];

    for (size_t out = 0; out < length; out++) {
        memcpy(shorter, text, out);
        memcpy(shorter + out, text + out + 1, length - out - 1);
        add_key(keys, shorter, length - 1);
        if (left > 1) {
            add_shorter(keys, shorter, length - 1, left - 1);
        }
    }
}

size_t typo_keys(struct svc_slice sound, uint32_t list[TYPO_KEYS_MAX])
{
    struct keys keys = {.list = list};
    size_t length = least(sound.length, PREFIX_LENGTH);

    /* One letter earlier than two mistakes are allowed from: of two letters too many in
     * the first seven, the other word has to do without its last two. */
    size_t left_out = typo_distance_max(sound.length + 1);

    add_key(&keys, sound.text, length);
    if (sound.length >= TYPO_LENGTH_MIN) {
        add_shorter(&keys, sound.text, length, left_out);
    }
    return keys.count;
}

void typo_entries(
    const struct segment *segment, uint32_t key, size_t *ret_from, size_t *ret_until)
{
    size_t buckets =
        segment->sections[SECTION_typo_buckets].length / sizeof(uint32_t) - 1;
    size_t bucket = key & (buckets - 1);

    *ret_from = segment->typo_buckets[bucket];
    *ret_until = segment->typo_buckets[bucket + 1];
}
