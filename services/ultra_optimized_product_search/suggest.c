/* What a query that isn't finished may become: the beginnings of names of good products,
 * brands and categories. */
#include "search_private.h"

#include "checksum.h"

#include <stdlib.h>
#include <string.h>

enum {
    SUGGEST_TERMS = 8,      /* ways to finish the last word, in one segment */
    SUGGEST_DOCS = 16,      /* products of each that are asked */
    SUGGEST_POSTINGS = 400, /* and gone through for them */
    FRAGMENTS_MAX = 512,
    FRAGMENT_WORDS = 3,
};

struct fragment {
    uint64_t key;
    struct svc_slice text;
    size_t count;
};

struct suggesting {
    const struct index *index;
    const struct segment_list *list;
    struct svc_arena *arena;
    struct token_list words; /* the last one isn't finished */
    struct fragment *fragments;
    size_t count;
};

/* COUNT words, as TEXT has them. PRODUCTS: 1: one more that has them; more: all that do.
 */
static void add_fragment(struct suggesting *suggesting, struct svc_slice text,
    const struct token *tokens, size_t count, size_t products)
{
    uint64_t key = 0;
    uint32_t from = tokens[0].from;
    uint32_t until = tokens[count - 1].until;

    for (size_t i = 0; i < count; i++) {
        key = checksum_bytes(tokens[i].exact.text, tokens[i].exact.length, key + 1);
    }
    for (size_t i = 0; i < suggesting->count; i++) {
        struct fragment *fragment = &suggesting->fragments[i];
        if (fragment->key == key) {
            bool is_all = products > 1; /* a brand's or category's, from its list */
            fragment->count = is_all ? products : fragment->count + 1;
            return;
        }
    }
    if (suggesting->count < FRAGMENTS_MAX && until > from) {
        suggesting->fragments[suggesting->count++] = (struct fragment){
            .key = key,
            .text = {svc_arena_strndup(suggesting->arena, text.text + from, until - from),
                until - from},
            .count = products,
        };
    }
}

static bool begins_with(struct svc_slice word, struct svc_slice prefix)
{
    return word.length >= prefix.length &&
           memcmp(word.text, prefix.text, prefix.length) == 0;
}

/* Whether the words stand at AT, the last one as a beginning. */
static bool stand_at(
    const struct token_list *words, const struct token_list *name, size_t at)
{
    if (at + words->count > name->count) {
        return false;
    }
    for (size_t i = 0; i < words->count; i++) {
        struct svc_slice own = name->list[at + i].exact;
        bool is_last = i + 1 == words->count;
        if (!begins_with(own, words->list[i].exact) ||
            (!is_last && own.length != words->list[i].exact.length)) {
            return false;
        }
    }
    return true;
}

/* The name's words from there on: those that were asked for, and with one or two more. A
 * short word ("de") is no end. */
static void add_from(struct suggesting *suggesting, struct svc_slice name,
    const struct token_list *tokens, size_t at)
{
    size_t last = at + suggesting->words.count - 1;
    size_t more = 0;

    for (size_t i = last; i < tokens->count && more < FRAGMENT_WORDS; i++) {
        const struct token *token = &tokens->list[i];
        if (i > last && token->until - token->from < 3) {
            continue;
        }
        more++;
        add_fragment(suggesting, name, &tokens->list[at], i - at + 1, 1);
    }
}

static void ask_name(
    struct suggesting *suggesting, const struct segment *segment, uint32_t doc)
{
    struct svc_slice name = segment_name(segment, doc);
    struct token_list tokens = {0};

    analyser_tokens(
        suggesting->index->settings.analyser, suggesting->arena, name, 32, &tokens);
    for (size_t at = 0; at < tokens.count; at++) {
        if (stand_at(&suggesting->words, &tokens, at)) {
            add_from(suggesting, name, &tokens, at);
            return;
        }
    }
}

/* A brand or category that begins so, with how many products it has. */
static void ask_value(
    struct suggesting *suggesting, const struct segment *segment, uint32_t number)
{
    struct svc_slice text = segment_value(segment, number);
    struct token_list tokens = {0};
    char bytes[LIST_TERM_BYTES];

    if (text.length == 0) {
        return;
    }
    analyser_tokens(
        suggesting->index->settings.analyser, suggesting->arena, text, 16, &tokens);
    if (!stand_at(&suggesting->words, &tokens, 0)) {
        return;
    }
    const struct value *value = &segment->values[number - 1];
    list_term((enum value_kind)value->kind, value->key, bytes);
    const struct form_group *group = terms_find(
        segment, form_key(FORM_PLAIN, (struct svc_slice){bytes, sizeof bytes}));
    size_t count =
        group != NULL ? segment->terms[segment->form_terms[group->start]].count : 1;
    add_fragment(suggesting, text, tokens.list, tokens.count, count);
}

static void ask_doc(struct suggesting *suggesting, const struct segment *segment,
    uint32_t doc, uint8_t mask)
{
    const struct doc_values *values = &segment->doc_values[doc];

    if ((mask & 1U << FIELD_NAME) != 0) {
        ask_name(suggesting, segment, doc);
    }
    if ((mask & 1U << FIELD_BRAND) != 0) {
        ask_value(suggesting, segment, values->brand);
    }
    if ((mask & 1U << FIELD_CATEGORY) != 0) {
        ask_value(suggesting, segment, values->category);
    }
}

static void ask_term(
    struct suggesting *suggesting, const struct segment_entry *entry, uint32_t number)
{
    const uint8_t kept = 1U << FIELD_NAME | 1U << FIELD_BRAND | 1U << FIELD_CATEGORY;
    const struct segment *segment = entry->segment;
    const struct term *term = &segment->terms[number];
    size_t asked = 0;

    for (uint32_t i = 0; i < term->count && i < SUGGEST_POSTINGS && asked < SUGGEST_DOCS;
         i++) {
        uint32_t doc = segment->posting_docs[term->postings + i];
        uint8_t mask = segment->posting_masks[term->postings + i];
        if ((mask & kept) != 0 && live_has(entry->live, doc) &&
            segment_rank_get(segment, doc) > 0) {
            ask_doc(suggesting, segment, doc, mask);
            asked++;
        }
    }
}

/* The most frequent terms with the prefix, in TERMS; returns how many. */
static size_t best_terms(
    const struct segment *segment, struct svc_slice prefix, uint32_t terms[SUGGEST_TERMS])
{
    uint32_t from = 0;
    uint32_t until = 0;
    size_t count = 0;

    terms_prefix(segment, prefix, &from, &until);
    for (uint32_t term = from; term < until; term++) {
        uint32_t own = segment->terms[term].count;
        if (count == SUGGEST_TERMS && segment->terms[terms[count - 1]].count >= own) {
            continue;
        }
        size_t at = count < SUGGEST_TERMS ? count++ : count - 1;
        for (; at > 0 && segment->terms[terms[at - 1]].count < own; at--) {
            terms[at] = terms[at - 1];
        }
        terms[at] = term;
    }
    return count;
}

static int compare_fragments(const void *left, const void *right)
{
    const struct fragment *a = left;
    const struct fragment *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    if (a->text.length != b->text.length) {
        return a->text.length < b->text.length ? -1 : 1;
    }
    return memcmp(a->text.text, b->text.text, a->text.length);
}

static void suggest_from(struct suggesting *suggesting, const struct segment_entry *entry)
{
    struct svc_slice last = suggesting->words.list[suggesting->words.count - 1].exact;
    uint32_t terms[SUGGEST_TERMS];
    size_t count = best_terms(entry->segment, last, terms);

    for (size_t i = 0; i < count; i++) {
        ask_term(suggesting, entry, terms[i]);
    }
}

size_t index_suggest(const struct index *index, struct svc_slice prefix, size_t max,
    struct svc_arena *arena, struct index_suggestion *ret_suggestions)
{
    struct index_hold hold = index_enter(index);
    struct suggesting suggesting = {.index = index, .list = hold.list, .arena = arena};
    size_t count = 0;

    analyser_tokens(index->settings.analyser, arena, prefix, 8, &suggesting.words);
    if (hold.list != NULL && suggesting.words.count > 0) {
        suggesting.fragments =
            svc_arena_alloc(arena, FRAGMENTS_MAX * sizeof *suggesting.fragments);
        for (size_t i = 0; i < hold.list->count; i++) {
            suggest_from(&suggesting, &hold.list->entries[i]);
        }
        qsort(suggesting.fragments, suggesting.count, sizeof *suggesting.fragments,
            compare_fragments);
        for (; count < suggesting.count && count < max; count++) {
            ret_suggestions[count] = (struct index_suggestion){
                suggesting.fragments[count].text, suggesting.fragments[count].count};
        }
    }
    index_leave(&hold);
    return count;
}
