#include "words_table.h"

#include <string.h>

enum { ROOM_FIRST = 64 };

static bool equals(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

static struct words_entry *find_place(
    const struct words_table *table, struct svc_slice key)
{
    size_t at = svc_text_hash(key) & (table->room - 1);

    while (table->entries[at].key.text != NULL && !equals(table->entries[at].key, key)) {
        at = (at + 1) & (table->room - 1);
    }
    return &table->entries[at];
}

const struct words_entry *words_table_find(
    const struct words_table *table, struct svc_slice key)
{
    if (table->room == 0) {
        return NULL;
    }
    const struct words_entry *entry = find_place(table, key);
    return entry->key.text != NULL ? entry : NULL;
}

static void grow(struct words_table *table, struct svc_arena *arena)
{
    struct words_table larger = {
        .room = table->room > 0 ? table->room * 2 : ROOM_FIRST,
        .count = table->count,
    };

    larger.entries = svc_arena_alloc(arena, larger.room * sizeof *larger.entries);
    for (size_t i = 0; i < table->room; i++) {
        if (table->entries[i].key.text != NULL) {
            *find_place(&larger, table->entries[i].key) = table->entries[i];
        }
    }
    *table = larger;
}

struct words_entry *words_table_add(
    struct words_table *table, struct svc_arena *arena, struct svc_slice key)
{
    if (table->count * 2 >= table->room) {
        grow(table, arena);
    }
    struct words_entry *entry = find_place(table, key);
    if (entry->key.text == NULL) {
        entry->key.text = svc_arena_strndup(arena, key.text, key.length);
        entry->key.length = key.length;
        table->count++;
    }
    return entry;
}

size_t words_key(char out[WORDS_KEY_MAX], const struct svc_slice *stems, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        if (length + stems[i].length + 1 > WORDS_KEY_MAX) {
            return 0;
        }
        if (i > 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, stems[i].text, stems[i].length);
        length += stems[i].length;
    }
    return length;
}

size_t words_table_run(const struct words_table *table, const struct svc_slice *stems,
    size_t count, const struct words_list **ret_list)
{
    char key[WORDS_KEY_MAX];

    for (size_t run = count < WORDS_PHRASE_MAX ? count : WORDS_PHRASE_MAX; run > 0;
         run--) {
        size_t length = words_key(key, stems, run);
        const struct words_entry *entry =
            length > 0 ? words_table_find(table, (struct svc_slice){key, length}) : NULL;
        if (entry != NULL) {
            *ret_list = entry->list;
            return run;
        }
    }
    return 0;
}

static bool same_stems(const struct words_phrase *left, const struct words_phrase *right)
{
    if (left->count != right->count) {
        return false;
    }
    for (size_t i = 0; i < left->count; i++) {
        if (!equals(left->forms[i].stem, right->forms[i].stem)) {
            return false;
        }
    }
    return true;
}

void words_list_add(
    struct words_list *list, struct svc_arena *arena, const struct words_phrase *phrase)
{
    for (size_t i = 0; i < list->count; i++) {
        if (same_stems(&list->phrases[i], phrase)) {
            return;
        }
    }
    if (list->count == list->room) {
        list->room = list->room > 0 ? list->room * 2 : 8;
        struct words_phrase *more = svc_arena_alloc(arena, list->room * sizeof *more);
        if (list->count > 0) {
            memcpy(more, list->phrases, list->count * sizeof *more);
        }
        list->phrases = more;
    }
    list->phrases[list->count++] = *phrase;
}
