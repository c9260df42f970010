/* What the parts of query_read share. */
#ifndef QUERY_PRIVATE_H
#define QUERY_PRIVATE_H

#include "query.h"

enum { QUERY_ITEMS_MAX = 128 };

/* A word or number as it was written, with what is known of it. */
struct query_item {
    struct query_word word;
    uint32_t from; /* bytes of the text */
    uint32_t until;
    const struct token *quantity; /* that begins here; NULL: none */
    const struct token *joined;
    bool number;
    bool tied; /* to the item before it, by a joined token */
    bool stop;
    bool used; /* said a filter, or is in a slot */
};

struct query_reading {
    const struct words *words;
    const struct analyser *analyser;
    struct svc_arena *arena;
    struct svc_slice text;
    int64_t minor_per_unit;
    struct query_item items[QUERY_ITEMS_MAX];
    size_t count;
    struct query *query;
};

/* Whether item INDEX is there and is this word. */
bool query_item_is(const struct query_reading *reading, size_t index, const char *word);

/* Whether it is one of LIST, an array. */
bool query_item_is_in(const struct query_reading *reading, size_t index,
    const char *const *list, size_t count);
#define QUERY_ITEM_IS_IN(reading, index, list)                                           \
    query_item_is_in(reading, index, list, sizeof(list) / sizeof(list)[0])

/* How many items from INDEX on are the words of PATTERN, which have spaces between them,
 * the last perhaps with a '*' for any ending; 0: they aren't. */
size_t query_match(
    const struct query_reading *reading, size_t index, const char *pattern);

/* Marks COUNT items as used. */
void query_use(struct query_reading *reading, size_t index, size_t count);

/* The text between item INDEX and the one before it. */
struct svc_slice query_gap(const struct query_reading *reading, size_t index);

struct query_amount {
    int64_t minor;
    int64_t scale; /* 1000 for "20 mil" */
    bool money;    /* a sign or a word says that it is one */
    size_t items;
};

/* Reads an amount that begins at item INDEX; false: there is none. */
bool query_amount(
    const struct query_reading *reading, size_t index, struct query_amount *ret_amount);

/* Reads a price that begins at INDEX into the filters; returns its items, 0: none. */
size_t query_price(struct query_reading *reading, size_t index);

/* All filters, of the whole text. */
void query_filters(struct query_reading *reading);

/* Slots of what is left. */
void query_slots(struct query_reading *reading);

/* A size that begins at INDEX ("talla 42", "xl"): its items, and the words that say it
 * from `ret_first` on. 0: none. */
size_t query_size(const struct query_reading *reading, size_t index, size_t *ret_first);

/* --- Slots from items (query_rules.c). Each returns how many items it took; 0: it
 * doesn't fit, and the slot is as it was. --- */

/* The longest run of words from INDEX on, over stop words, that is a colour, an audience
 * or an entry of a synonym. Stays before END. */
size_t query_rule(
    struct query_reading *reading, size_t index, size_t end, struct query_slot *slot);

/* --- Phrases of a slot (query_phrases.c); each once. --- */

void query_add_word(
    struct query_reading *reading, struct query_slot *slot, struct svc_slice exact);

/* COUNT items, of which the first QUERY_PHRASE_WORDS_MAX count. */
void query_add_items(const struct query_reading *reading, struct query_slot *slot,
    const size_t *indices, size_t count);
void query_add_synonyms(
    struct query_slot *slot, const struct words_phrase *phrases, size_t count);

/* Item INDEX and the next as one word: "lap top" may be written "laptop". */
void query_add_joined(
    struct query_reading *reading, struct query_slot *slot, size_t index);

/* Whether item INDEX and the next are short words that may be halves of one. */
bool query_are_halves(const struct query_reading *reading, size_t index);

/* --- Kinds of words (query_kinds.c). --- */

/* Says little: it raises the score and need not be there. */
bool query_is_vague(const struct query_reading *reading, size_t index);

/* A colour's name that is a thing as well: "café", "naranja". */
bool query_is_thing(const struct query_reading *reading, size_t index);

/* "sku", "marca": says what the next word is. */
bool query_is_label(const struct query_reading *reading, size_t index);

/* Parts what can't be one entry: "y", "o". */
bool query_is_conjunction(const struct query_reading *reading, size_t index);

/* "para", "de", "mi": what comes next may be whom it is for. */
bool query_is_for(const struct query_reading *reading, size_t index);

/* One by itself, no part of "n9". */
bool query_is_letter(const struct query_reading *reading, size_t index);

/* There, not a stop word, and not used. */
bool query_is_free(const struct query_reading *reading, size_t index);

/* Sets the meanings of all slots, and the key (query_meaning.c). */
void query_meanings(const struct query_reading *reading);

#endif
