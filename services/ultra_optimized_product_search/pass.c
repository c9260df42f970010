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

/* A value counts only where its bit is set: what lies there from before needs no
 * clearing. */
static inline void put(const struct layer *layer, uint32_t offset, uint32_t value)
{
    uint64_t *word = &layer->bits[offset / 64];
    uint64_t bit = (uint64_t)1 << offset % 64;
    uint32_t old = (*word & bit) != 0 ? layer->values[offset] : 0;

    layer->values[offset] = (uint8_t)(old < value ? value : old);
    *word |= bit;
}

/* What the cursor has from BASE on, up to the window's end. */
static void fill(struct cursor *cursor, uint32_t base, const struct layer *layer)
{
    size_t at = cursor->at;
    uint32_t end = base + WINDOW;

    for (; at < cursor->count && cursor->docs[at] < end; at++) {
        uint32_t value = cursor->impacts[at] * cursor->weight / WEIGHT_ONE;
        put(layer, cursor->docs[at] - base, value > 0 ? value : 1);
    }
    cursor->at = at;
}

/* The same where a match in another field than name or attributes counts less, or not. */
static void fill_by_field(struct cursor *cursor, uint32_t base, const struct layer *layer)
{
    size_t at = cursor->at;
    uint32_t end = base + WINDOW;

    for (; at < cursor->count && cursor->docs[at] < end; at++) {
        uint32_t value = posting_value(cursor, at);
        if (value > 0) {
            put(layer, cursor->docs[at] - base, value);
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

/* Where the posting of DOC is; the cursor's count: it has none. */
static inline size_t find_posting(struct cursor *cursor, uint32_t doc)
{
    if (cursor->dense_bits != NULL) {
        bool has = (cursor->dense_bits[doc / 64] >> doc % 64 & 1) != 0;
        return has ? dense_at(cursor, doc) : cursor->count;
    }
    seek(cursor, doc);
    bool has = cursor->at < cursor->count && cursor->docs[cursor->at] == doc;
    return has ? cursor->at : cursor->count;
}

/* What the list has of the candidates only. */
static void probe_list(struct cursor_list *list, uint32_t base, const struct layer *layer,
    const uint64_t candidates[WINDOW_WORDS])
{
    for (size_t i = 0; i < WINDOW_WORDS * list->count; i++) {
        size_t word = i % WINDOW_WORDS;
        struct cursor *cursor = &list->cursors[i / WINDOW_WORDS];
        for (uint64_t left = candidates[word]; left != 0; left &= left - 1) {
            uint32_t offset = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left));
            size_t at = find_posting(cursor, base + offset);
            uint32_t value = at < cursor->count ? posting_value(cursor, at) : 0;
            if (value > 0) {
                put(layer, offset, value);
            }
        }
    }
}

static size_t count_bits(const uint64_t bits[WINDOW_WORDS])
{
    size_t count = 0;

    for (size_t i = 0; i < WINDOW_WORDS; i++) {
        count += count_word(bits[i]);
    }
    return count;
}

/* Whichever is less work: all of the list's postings in the window, or a look for each of
 * the candidates. */
static void lay_out(struct cursor_list *list, uint32_t base, const struct layer *layer,
    bool by_field, const struct wanted *wanted)
{
    enum { LOOK_COST = 8 }; /* of one posting's */

    if (wanted->count * list->count * LOOK_COST < list->df_window + list->count) {
        probe_list(list, base, layer, wanted->bits);
    } else {
        fill_list(list, base, layer, by_field);
    }
}

static void clear(const struct layer *layer)
{
    memset(layer->bits, 0, WINDOW_WORDS * sizeof layer->bits[0]);
}

/* TO keeps what OTHER has as well, with the lesser value. */
static void intersect(const struct layer *to, const struct layer *other)
{
    for (size_t word = 0; word < WINDOW_WORDS; word++) {
        to->bits[word] &= other->bits[word];
        for (uint64_t left = to->bits[word]; left != 0; left &= left - 1) {
            size_t offset = word * 64 + (size_t)__builtin_ctzll(left);
            if (other->values[offset] < to->values[offset]) {
                to->values[offset] = other->values[offset];
            }
        }
    }
}

static void unite(const struct layer *to, const struct layer *other)
{
    for (size_t word = 0; word < WINDOW_WORDS; word++) {
        for (uint64_t left = other->bits[word]; left != 0; left &= left - 1) {
            uint32_t offset = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(left));
            put(to, offset, other->values[offset]);
        }
    }
}

/* The words of a phrase from the rarest on, each looked for only where those before are.
 */
static void lay_out_phrase(struct pass *pass, struct run *run, struct phrase_run *phrase,
    uint32_t base, const struct wanted *wanted)
{
    const struct layer first = {
        pass->scratch->word_values[0], pass->scratch->word_bits[0]};
    const struct layer next = {
        pass->scratch->word_values[1], pass->scratch->word_bits[1]};

    lay_out(&phrase->words[0], base, &first, run->by_field, wanted);
    struct wanted left = {first.bits, count_bits(first.bits)};
    for (size_t word = 1; word < phrase->count && left.count > 0; word++) {
        lay_out(&phrase->words[word], base, &next, run->by_field, &left);
        intersect(&first, &next);
        clear(&next);
        left.count = count_bits(first.bits);
    }
    if (left.count > 0) {
        unite(&run->layer, &first);
        clear(&first);
    }
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

/* Words of bits that the segment has in a window. */
static size_t window_words(const struct pass *pass, uint32_t base)
{
    size_t words = live_words(pass->entry->segment->doc_count) - base / 64;

    return words < WINDOW_WORDS ? words : WINDOW_WORDS;
}

/* WANTED: where the run matters. */
static void run_lay_out(
    struct pass *pass, struct run *run, uint32_t base, const struct wanted *wanted)
{
    if (run->is_lazy) {
        const uint64_t *dense = run->single.cursors[0].dense_bits + base / 64;
        size_t words = window_words(pass, base);
        for (size_t word = 0; word < WINDOW_WORDS; word++) {
            run->layer.bits[word] = word < words ? dense[word] & wanted->bits[word] : 0;
        }
        return;
    }
    clear(&run->layer);
    lay_out(&run->single, base, &run->layer, run->by_field, wanted);
    for (size_t i = 0; i < run->phrase_count; i++) {
        lay_out_phrase(pass, run, &run->phrases[i], base, wanted);
    }
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

/* The documents of the window that live, in BITS. */
static void start_window(
    const struct pass *pass, uint32_t base, uint64_t bits[WINDOW_WORDS])
{
    size_t words = window_words(pass, base);

    memset(bits, 0, WINDOW_WORDS * sizeof bits[0]);
    memcpy(bits, pass->entry->live->words + base / 64, words * sizeof bits[0]);
}

/* Leaves in BITS what the required runs have; returns how many that are. */
static size_t match_required(
    struct pass *pass, uint32_t base, uint64_t bits[WINDOW_WORDS])
{
    struct wanted wanted = {bits, WINDOW};

    for (size_t i = 0; i < pass->run_count && wanted.count > 0; i++) {
        struct run *run = &pass->runs[i];
        if (run->use != RUN_REQUIRED) {
            continue;
        }
        run_lay_out(pass, run, base, &wanted);
        for (size_t word = 0; word < WINDOW_WORDS; word++) {
            bits[word] &= run->layer.bits[word];
        }
        wanted.count = count_bits(bits);
    }
    return wanted.count;
}

/* Of BITS, what one of the runs has that one has to have; returns how many that are. */
static size_t match_any(struct pass *pass, uint32_t base, uint64_t bits[WINDOW_WORDS])
{
    const struct wanted all = {bits, WINDOW};
    uint64_t any[WINDOW_WORDS] = {0};

    for (size_t i = 0; i < pass->run_count; i++) {
        struct run *run = &pass->runs[i];
        if (run->use != RUN_ANY) {
            continue;
        }
        run_lay_out(pass, run, base, &all);
        for (size_t word = 0; word < WINDOW_WORDS; word++) {
            any[word] |= run->layer.bits[word];
        }
    }
    for (size_t word = 0; word < WINDOW_WORDS; word++) {
        bits[word] &= any[word];
    }
    return count_bits(bits);
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
    struct wanted wanted = {bits, match_required(pass, base, bits)};
    if (wanted.count > 0 && pass->search->any != 0) {
        wanted.count = match_any(pass, base, bits);
    }
    for (size_t i = 0; i < pass->run_count && wanted.count > 0; i++) {
        if (pass->runs[i].use == RUN_EXTRA) {
            run_lay_out(pass, &pass->runs[i], base, &wanted);
        }
    }
    if (wanted.count > 0) {
        pass_consider(pass, base, bits);
    }
}

/* Slots that can't bring a document among the candidates, not even all of them together,
 * need not be looked for but in documents that another slot has (MaxScore: Turtle and
 * Flood, "Query evaluation: strategies and optimizations", 1995). False where no slot is
 * left that can. */
static bool demote(struct pass *pass)
{
    struct search *search = pass->search;
    const struct candidates *candidates = &search->candidates;
    float most = search->rank_step * 256;
    uint32_t mask = 0;

    if (search->any == 0 || search->needs_facts || candidates->count < candidates->room) {
        return true;
    }
    for (size_t i = 0; i < pass->run_count; i++) {
        const struct run *run = &pass->runs[i];
        if (run->use == RUN_EXTRA) {
            mask |= 1U << run->slot;
        }
    }
    /* The most common one is the last of its kind. */
    for (size_t i = pass->run_count; i > 0; i--) {
        struct run *run = &pass->runs[i - 1];
        if (run->use != RUN_ANY) {
            continue;
        }
        mask |= 1U << run->slot;
        float text = 0;
        for (size_t other = 0; other < pass->run_count; other++) {
            const struct run *own = &pass->runs[other];
            bool counts = own->use != RUN_REQUIRED && (mask >> own->slot & 1) != 0;
            text += counts ? own->weight * (float)own->value_max : 0;
        }
        if (text * pass_coverage(pass, mask) + most >= (float)candidates->list[0].key) {
            return true;
        }
        run->use = RUN_EXTRA;
        search->total_at_least = true;
    }
    return false;
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
        if (!demote(pass) || is_enough(pass, total_before, looked_before)) {
            search->total_at_least = true;
            return;
        }
        look_at_window(pass, (uint32_t)base);
    }
}
