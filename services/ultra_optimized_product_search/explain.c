/* What is said about a result: what each hit matched, and what was perhaps meant. */
#include "search_private.h"

#include <svc/buf.h>

#include <string.h>

/* --- Hits --- */

struct match {
    uint32_t value; /* weighted impact; 0: no match */
    uint8_t mask;
    uint8_t tier;
};

/* The best of the variants that the document has. */
static struct match best_match(
    const struct segment *segment, const struct variants *variants, uint32_t doc)
{
    struct match best = {0};

    for (size_t i = 0; i < variants->count; i++) {
        const struct variant *variant = &variants->list[i];
        const struct term *term = &segment->terms[variant->term];
        uint32_t from = term->postings;
        uint32_t until = from + term->count;
        while (from < until) {
            uint32_t middle = from + (until - from) / 2;
            if (segment->posting_docs[middle] < doc) {
                from = middle + 1;
            } else {
                until = middle;
            }
        }
        if (from == term->postings + term->count || segment->posting_docs[from] != doc) {
            continue;
        }
        uint32_t value = 1 + segment->posting_impacts[from] * (uint32_t)variant->weight;
        if (value > best.value) {
            best = (struct match){value, segment->posting_masks[from], variant->tier};
        }
    }
    return best;
}

static struct match slot_match(
    const struct segment *segment, const struct slot_plan *plan, uint32_t doc)
{
    struct match best = best_match(segment, &plan->single, doc);

    for (size_t i = 0; i < plan->phrase_count; i++) {
        const struct phrase_plan *phrase = &plan->phrases[i];
        struct match all = best_match(segment, &phrase->words[0], doc);
        for (size_t word = 1; word < phrase->count && all.value > 0; word++) {
            struct match own = best_match(segment, &phrase->words[word], doc);
            all.value = own.value < all.value ? own.value : all.value;
            all.mask |= own.mask;
            all.tier = own.tier > all.tier ? own.tier : all.tier;
        }
        best = all.value > best.value ? all : best;
    }
    return best;
}

void search_explain(
    const struct search *search, const struct ranked *ranked, struct index_hit *hit)
{
    const struct segment *segment = search->list->entries[ranked->segment].segment;

    segment_product_get(segment, ranked->doc, &hit->product);
    index_product_copy(search->arena, &hit->product);
    hit->score = ranked->score;
    hit->tier = MATCH_EXACT;
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        struct match match =
            slot_match(segment, &search->plans[ranked->segment][slot], ranked->doc);
        if (match.value == 0) {
            continue;
        }
        hit->slots |= 1U << slot;
        hit->fields |= match.mask;
        hit->tier = match.tier > hit->tier ? match.tier : hit->tier;
    }
}

/* --- Did you mean --- */

static bool equals(struct svc_slice a, struct svc_slice b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* In lower case, if it is a word with one capital: a name's first word often is. */
static struct svc_slice lower_first(struct svc_arena *arena, struct svc_slice word)
{
    char *copy = svc_arena_strndup(arena, word.text, word.length);
    unsigned char *bytes = (unsigned char *)copy;
    bool is_ascii = word.length > 1 && bytes[0] >= 'A' && bytes[0] <= 'Z';
    bool is_latin = word.length > 2 && bytes[0] == 0xC3 && bytes[1] >= 0x80 &&
                    bytes[1] <= 0x9E && bytes[1] != 0x97;
    unsigned char next = bytes[is_latin ? 2 : 1];
    bool goes_on_small = !(next >= 'A' && next <= 'Z') && !(next >= '0' && next <= '9');

    if (is_ascii && goes_on_small) {
        bytes[0] = (unsigned char)(bytes[0] + 'a' - 'A');
    } else if (is_latin && goes_on_small) {
        bytes[1] = (unsigned char)(bytes[1] + 0x20);
    }
    return (struct svc_slice){copy, word.length};
}

static struct svc_slice written_in(struct search *search, const struct segment *segment,
    uint32_t doc, struct svc_slice term)
{
    struct svc_slice name = segment_name(segment, doc);
    struct token_list tokens = {0};

    analyser_tokens(search->index->settings.analyser, search->arena, name, 64, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        if (equals(token->exact, term) && token->until > token->from) {
            struct svc_slice word = {name.text + token->from, token->until - token->from};
            return lower_first(search->arena, word);
        }
    }
    return (struct svc_slice){NULL, 0};
}

/* A few of a term's products in one segment are asked. */
static struct svc_slice written_in_segment(struct search *search,
    const struct segment_entry *entry, uint32_t number, struct svc_slice exact)
{
    enum { LOOKS = 200 };
    const struct segment *segment = entry->segment;
    const struct term *term = &segment->terms[number];

    for (uint32_t i = 0; i < term->count && i < LOOKS; i++) {
        uint32_t posting = term->postings + i;
        if ((segment->posting_masks[posting] & 1U << FIELD_NAME) != 0 &&
            live_has(entry->live, segment->posting_docs[posting])) {
            return written_in(search, segment, segment->posting_docs[posting], exact);
        }
    }
    return (struct svc_slice){NULL, 0};
}

struct svc_slice search_written(struct search *search, struct svc_slice exact)
{
    for (size_t i = 0; i < search->list->count; i++) {
        const struct segment_entry *entry = &search->list->entries[i];
        uint32_t from = 0;
        uint32_t until = 0;
        terms_prefix(entry->segment, exact, &from, &until);
        if (from == until || !equals(segment_term(entry->segment, from), exact)) {
            continue;
        }
        struct svc_slice written = written_in_segment(search, entry, from, exact);
        if (written.text != NULL) {
            return written;
        }
    }
    return exact;
}

/* The slot that a token of the text was read into and that was corrected. */
static size_t corrected_slot(const struct search *search, struct svc_slice exact)
{
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        const struct query_slot *asked = &search->query->slots[slot];
        if (search->corrections[slot].text != NULL &&
            equals(asked->phrases[0].words[0].exact, exact)) {
            return slot;
        }
    }
    return QUERY_SLOTS_MAX;
}

struct svc_slice search_did_you_mean(struct search *search)
{
    struct svc_slice text = search->query->text;
    struct token_list tokens = {0};
    struct svc_buf buf;
    size_t at = 0;

    if (search->typos == 0 || text.length == 0) {
        return (struct svc_slice){NULL, 0};
    }
    analyser_tokens(search->index->settings.analyser, search->arena, text, 300, &tokens);
    svc_buf_init(&buf, 4 * (size_t)QUERY_TEXT_MAX);
    for (size_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        size_t slot = corrected_slot(search, token->exact);
        if (slot == QUERY_SLOTS_MAX || token->from < at) {
            continue;
        }
        struct svc_slice word = search_written(search, search->corrections[slot]);
        svc_buf_add(&buf, text.text + at, token->from - at);
        svc_buf_add(&buf, word.text, word.length);
        at = token->until;
    }
    struct svc_slice result = {NULL, 0};
    if (at > 0 && !buf.overflow) {
        svc_buf_add(&buf, text.text + at, text.length - at);
        result.length = buf.length;
        result.text = svc_arena_strndup(search->arena, svc_buf_text(&buf), buf.length);
    }
    svc_buf_done(&buf);
    return result;
}
