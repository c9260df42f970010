/* Goes through a segment's documents, WINDOW of them at a time: each slot's postings are
 * laid out over the window, bit by document and value by document, so that "all of these"
 * is an AND of words, and the best of many variants is a maximum in place. A window
 * without a document of the rarest slot is never looked at. */
#include "pass.h"

#include <string.h>

/* The first place from AT on that isn't before BASE: steps that double, then halves. */
static void seek(struct cursor *cursor, uint32_t base)
{
    const uint32_t *docs = cursor->docs;
    size_t at = cursor->at;
    size_t step = 1;

    if (at >= cursor->count || docs[at] >= base) {
        return;
    }
    while (at + step < cursor->count && docs[at + step] < base) {
        at += step;
        step *= 2;
    }
    size_t until = at + step < cursor->count ? at + step : cursor->count;
    while (at + 1 < until) {
        size_t middle = at + (until - at) / 2;
        if (docs[middle] < base) {
            at = middle;
        } else {
            until = middle;
        }
    }
    cursor->at = until;
}

static void put(const struct layer *layer, uint32_t offset, uint32_t value)
{
    if (layer->values[offset] < value) {
        layer->values[offset] = (uint8_t)value;
    }
    layer->bits[offset / 64] |= (uint64_t)1 << offset % 64;
}

static uint32_t weigh(uint32_t impact, uint32_t weight)
{
    uint32_t value = impact * weight / WEIGHT_ONE;

    return value > 0 ? value : 1;
}

/* What the cursor has from BASE on, up to the window's end. */
static void fill(struct cursor *cursor, uint32_t base, const struct layer *layer)
{
    size_t at = cursor->at;
    uint32_t end = base + WINDOW;

    for (; at < cursor->count && cursor->docs[at] < end; at++) {
        put(layer, cursor->docs[at] - base, weigh(cursor->impacts[at], cursor->weight));
    }
    cursor->at = at;
}

/* The same where a match in another field than name or attributes counts less, or not. */
static void fill_by_field(struct cursor *cursor, uint32_t base, const struct layer *layer)
{
    const uint8_t own = 1U << FIELD_NAME | 1U << FIELD_ATTRIBUTES;
    size_t at = cursor->at;
    uint32_t end = base + WINDOW;

    for (; at < cursor->count && cursor->docs[at] < end; at++) {
        bool is_own = (cursor->masks[at] & own) != 0;
        uint32_t weight = is_own ? cursor->weight : cursor->elsewhere;
        if (weight > 0) {
            put(layer, cursor->docs[at] - base, weigh(cursor->impacts[at], weight));
        }
    }
    cursor->at = at;
}

static void fill_list(
    struct cursor_list *list, uint32_t base, const struct layer *layer, bool by_field)
{
    for (size_t i = 0; i < list->count; i++) {
        seek(&list->cursors[i], base);
        if (by_field) {
            fill_by_field(&list->cursors[i], base, layer);
        } else {
            fill(&list->cursors[i], base, layer);
        }
    }
}

static void clear(const struct layer *layer)
{
    memset(layer->values, 0, WINDOW);
    memset(layer->bits, 0, WINDOW_WORDS * sizeof layer->bits[0]);
}

/* TO becomes what both have, with the lesser value. */
static void intersect(const struct layer *to, const struct layer *other)
{
    for (size_t i = 0; i < WINDOW_WORDS; i++) {
        to->bits[i] &= other->bits[i];
    }
    for (size_t i = 0; i < WINDOW; i++) {
        to->values[i] =
            to->values[i] < other->values[i] ? to->values[i] : other->values[i];
    }
}

static void unite(const struct layer *to, const struct layer *other)
{
    for (size_t i = 0; i < WINDOW_WORDS; i++) {
        to->bits[i] |= other->bits[i];
    }
    for (size_t i = 0; i < WINDOW; i++) {
        to->values[i] =
            to->values[i] > other->values[i] ? to->values[i] : other->values[i];
    }
}

static void fill_phrase(
    struct pass *pass, struct run *run, struct phrase_run *phrase, uint32_t base)
{
    const struct layer first = {
        pass->scratch->word_values[0], pass->scratch->word_bits[0]};
    const struct layer next = {
        pass->scratch->word_values[1], pass->scratch->word_bits[1]};

    fill_list(&phrase->words[0], base, &first, run->by_field);
    for (size_t word = 1; word < phrase->count; word++) {
        fill_list(&phrase->words[word], base, &next, run->by_field);
        intersect(&first, &next);
        clear(&next);
    }
    unite(&run->layer, &first);
    clear(&first);
}

static uint32_t list_next(struct cursor_list *list, uint32_t base)
{
    uint32_t next = SEGMENT_NO_DOC;

    for (size_t i = 0; i < list->count; i++) {
        struct cursor *cursor = &list->cursors[i];
        seek(cursor, base);
        if (cursor->at < cursor->count && cursor->docs[cursor->at] < next) {
            next = cursor->docs[cursor->at];
        }
    }
    return next;
}

/* No document before it, from BASE on, is the run's; SEGMENT_NO_DOC: none is. */
static uint32_t run_next(struct run *run, uint32_t base)
{
    uint32_t next = list_next(&run->single, base);

    for (size_t i = 0; i < run->phrase_count; i++) {
        struct phrase_run *phrase = &run->phrases[i];
        uint32_t farthest = base;
        for (size_t word = 0; word < phrase->count; word++) {
            uint32_t own = list_next(&phrase->words[word], base);
            farthest = own > farthest ? own : farthest;
        }
        next = farthest < next ? farthest : next;
    }
    return next;
}

static void run_fill(struct pass *pass, struct run *run, uint32_t base)
{
    fill_list(&run->single, base, &run->layer, run->by_field);
    for (size_t i = 0; i < run->phrase_count; i++) {
        fill_phrase(pass, run, &run->phrases[i], base);
    }
    run->filled = true;
}

static uint32_t pass_next(struct pass *pass, uint32_t base)
{
    uint32_t next = SEGMENT_NO_DOC;
    bool has_any = false;

    for (size_t i = 0; i < pass->run_count; i++) {
        struct run *run = &pass->runs[i];
        if (run->use == RUN_REQUIRED) {
            return run_next(run, base); /* the rarest comes first */
        }
        if (run->use == RUN_ANY) {
            uint32_t own = run_next(run, base);
            next = own < next ? own : next;
            has_any = true;
        }
    }
    return has_any ? next : base;
}

static bool is_empty(const uint64_t bits[WINDOW_WORDS])
{
    uint64_t all = 0;

    for (size_t i = 0; i < WINDOW_WORDS; i++) {
        all |= bits[i];
    }
    return all == 0;
}

/* The documents of the window that live, in BITS. */
static void start_window(
    const struct pass *pass, uint32_t base, uint64_t bits[WINDOW_WORDS])
{
    size_t words = live_words(pass->entry->segment->doc_count) - base / 64;

    words = words < WINDOW_WORDS ? words : WINDOW_WORDS;
    memset(bits, 0, WINDOW_WORDS * sizeof bits[0]);
    memcpy(bits, pass->entry->live->words + base / 64, words * sizeof bits[0]);
}

/* Leaves the documents that match in BITS; false where there are none. */
static bool match_window(struct pass *pass, uint32_t base, uint64_t bits[WINDOW_WORDS])
{
    uint64_t any[WINDOW_WORDS] = {0};
    bool has_any = false;

    for (size_t i = 0; i < pass->run_count; i++) {
        struct run *run = &pass->runs[i];
        if (run->use == RUN_REQUIRED) {
            run_fill(pass, run, base);
            for (size_t word = 0; word < WINDOW_WORDS; word++) {
                bits[word] &= run->layer.bits[word];
            }
            if (is_empty(bits)) {
                return false;
            }
        } else if (run->use == RUN_ANY) {
            run_fill(pass, run, base);
            for (size_t word = 0; word < WINDOW_WORDS; word++) {
                any[word] |= run->layer.bits[word];
            }
            has_any = true;
        }
    }
    for (size_t word = 0; word < WINDOW_WORDS && has_any; word++) {
        bits[word] &= any[word];
    }
    return !is_empty(bits);
}

static void consider_window(
    struct pass *pass, uint32_t base, const uint64_t bits[WINDOW_WORDS])
{
    uint8_t values[QUERY_SLOTS_MAX + FILTER_LISTS] = {0};

    for (size_t word = 0; word < WINDOW_WORDS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            uint32_t offset = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left));
            for (size_t i = 0; i < pass->run_count; i++) {
                values[pass->runs[i].slot] = pass->runs[i].layer.values[offset];
            }
            search_consider(pass->search, pass->segment_at, base + offset, values);
        }
    }
}

static void end_window(struct pass *pass)
{
    for (size_t i = 0; i < pass->run_count; i++) {
        struct run *run = &pass->runs[i];
        if (run->filled) {
            clear(&run->layer);
            run->filled = false;
        }
    }
}

static bool is_enough(const struct pass *pass, size_t total_before, size_t looked_before)
{
    const struct search *search = pass->search;
    size_t most = search->query->sort == QUERY_SORT_RELEVANCE ? SCORED_MAX : SORTED_MAX;

    return search->total - total_before >= most ||
           search->looked - looked_before >= LOOKED_MAX;
}

static void look_at_window(struct pass *pass, uint32_t base)
{
    uint64_t bits[WINDOW_WORDS];

    start_window(pass, base, bits);
    if (match_window(pass, base, bits)) {
        for (size_t i = 0; i < pass->run_count; i++) {
            if (pass->runs[i].use == RUN_EXTRA) {
                run_fill(pass, &pass->runs[i], base);
            }
        }
        consider_window(pass, base, bits);
    }
    end_window(pass);
}

void pass_run(struct pass *pass)
{
    struct search *search = pass->search;
    size_t doc_count = pass->entry->segment->doc_count;
    size_t total_before = search->total;
    size_t looked_before = search->looked;

    for (size_t base = 0; base < doc_count; base += WINDOW) {
        uint32_t next = pass_next(pass, (uint32_t)base);
        if (next == SEGMENT_NO_DOC) {
            return;
        }
        base = next - next % WINDOW;
        if (is_enough(pass, total_before, looked_before)) {
            search->total_at_least = true;
            return;
        }
        look_at_window(pass, (uint32_t)base);
    }
}
