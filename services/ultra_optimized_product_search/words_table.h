/* The words of the files in memory: a key of one to three stems, and the phrases for it.
 */
#ifndef WORDS_TABLE_H
#define WORDS_TABLE_H

#include "words.h"

#include <svc/mem.h>

enum { WORDS_PHRASE_MAX = 3, WORDS_KEY_MAX = WORDS_PHRASE_MAX * (TOKEN_BYTES_MAX + 1) };

/* Phrases that mean one thing; grows. */
struct words_list {
    struct svc_slice name; /* of a colour or audience */
    struct words_phrase *phrases;
    size_t count;
    size_t room;
};

struct words_entry {
    struct svc_slice key;
    struct words_list *list; /* NULL: a stop word */
};

/* Open addressing; all it has lives in the arena of its words. */
struct words_table {
    struct words_entry *entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

/* NULL: none. */
const struct words_entry *words_table_find(
    const struct words_table *table, struct svc_slice key);

/* The entry of KEY, which is copied, made where there is none. */
struct words_entry *words_table_add(
    struct words_table *table, struct svc_arena *arena, struct svc_slice key);

/* The longest run of STEMS from the start that is a key; `ret_list` is its list. */
size_t words_table_run(const struct words_table *table, const struct svc_slice *stems,
    size_t count, const struct words_list **ret_list);

/* Puts COUNT stems with spaces between them into OUT; 0: they don't fit. */
size_t words_key(char out[WORDS_KEY_MAX], const struct svc_slice *stems, size_t count);

/* Adds a phrase, unless there is one of the same stems. */
void words_list_add(
    struct words_list *list, struct svc_arena *arena, const struct words_phrase *phrase);

struct words;

/* Adds a word for words_nearest, once; `written` is copied. */
void words_note(struct words *words, const struct words_spelled *word);

/* What the readers fill. */
struct words {
    struct svc_arena arena;
    struct words_table stop;
    struct words_table synonyms;
    struct words_table foreign; /* synonyms of other countries */
    struct words_table known;   /* exact forms of single words; no lists */
    struct words_spelled *spelled;
    size_t spelled_count;
    size_t spelled_room;
    struct words_table groups[WORDS_GROUPS];
    struct words_stats stats;
};

#endif
