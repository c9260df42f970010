/* Whether a query is the name of a category: "juguetes", "ropa", "bebés". */
#include "search_private.h"

#include <string.h>

enum { NAME_WORDS_MAX = 12, REMEMBERED = 32 };

/* What was found of one category, so that it is asked once. */
struct category_match {
    uint32_t segment;
    uint32_t category;
    double share;
};

struct category_matches {
    struct category_match list[REMEMBERED];
    size_t count;
};

struct category_name {
    struct svc_slice stems[NAME_WORDS_MAX];
    size_t count;
};

static void read_name(
    const struct search *search, struct svc_slice text, struct category_name *name)
{
    const struct analyser *analyser = search->index->settings.analyser;
    struct token_list tokens = {0};

    analyser_tokens(analyser, search->arena, text, NAME_WORDS_MAX, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        struct token_forms forms;
        if (token->kind == TOKEN_WORD &&
            !words_is_stop(search->index->settings.words, token->exact)) {
            analyser_forms(analyser, search->arena, token->exact, &forms);
            name->stems[name->count++] = forms.stem;
        }
    }
}

/* The words of the name that the phrase says, as bits; 0: not all of its own are there.
 */
static uint32_t phrase_words(
    const struct query_phrase *phrase, const struct category_name *name)
{
    uint32_t words = 0;

    for (size_t i = 0; i < phrase->count; i++) {
        struct svc_slice stem = phrase->words[i].forms.stem;
        uint32_t own = 0;
        for (size_t at = 0; at < name->count; at++) {
            bool same = stem.length == name->stems[at].length &&
                        memcmp(stem.text, name->stems[at].text, stem.length) == 0;
            own |= same ? 1U << at : 0;
        }
        if (own == 0) {
            return 0;
        }
        words |= own;
    }
    return words;
}

/* The share of the name that the query says; 0: the query says something else, too. */
static double name_share(const struct search *search, const struct category_name *name)
{
    uint32_t words = 0;

    for (size_t i = 0; i < search->slot_count; i++) {
        const struct query_slot *slot = &search->query->slots[i];
        uint32_t own = 0;
        for (size_t p = 0; p < slot->phrase_count; p++) {
            own |= phrase_words(&slot->phrases[p], name);
        }
        bool counts = slot->role == QUERY_ROLE_TEXT && !slot->optional;
        if (counts && own == 0) {
            return 0;
        }
        words |= own;
    }
    return name->count > 0 ? (double)__builtin_popcount(words) / (double)name->count : 0;
}

double search_category_share(
    struct search *search, uint32_t segment_at, uint32_t category)
{
    const struct segment *segment = search->list->entries[segment_at].segment;
    struct category_matches *matches = search->categories;
    struct category_name name = {.count = 0};

    if (category == 0 || search->index->settings.words == NULL ||
        search->slot_count == 0) {
        return 0;
    }
    if (matches == NULL) {
        matches = svc_arena_alloc(search->arena, sizeof *matches);
        matches->count = 0;
        search->categories = matches;
    }
    for (size_t i = 0; i < matches->count; i++) {
        const struct category_match *match = &matches->list[i];
        if (match->segment == segment_at && match->category == category) {
            return match->share;
        }
    }
    if (matches->count == REMEMBERED) {
        return 0;
    }
    read_name(search, segment_value(segment, category), &name);
    double share = name_share(search, &name);
    matches->list[matches->count++] =
        (struct category_match){segment_at, category, share};
    return share;
}
