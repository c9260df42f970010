/* Goes through a segment's documents, WINDOW of them at a time. A window without a
 * document of the rarest slot is never looked at, and in the others only those that are
 * left by one slot are looked for in the next. */
#include "pass.h"

/* The words of a phrase from the rarest on, each looked for only where those before are.
 */
static void add_phrase(struct pass *pass, struct run *run, struct phrase_run *phrase,
    uint32_t base, const struct wanted *wanted)
{
    struct scratch *scratch = pass->scratch;
    struct layer first = {scratch->word_values[0], scratch->word_bits[0], 0};
    struct layer next = {scratch->word_values[1], scratch->word_bits[1], 0};

    layer_add(&first, &phrase->words[0], base, wanted);
    layer_keep(&first, wanted);
    for (size_t word = 1; word < phrase->count && first.touched != 0; word++) {
        struct wanted left = {first.bits, first.touched, layer_count(&first)};
        layer_add(&next, &phrase->words[word], base, &left);
        layer_intersect(&first, &next);
        layer_clear(&next);
    }
    layer_unite(&run->layer, &first);
    layer_clear(&first);
}

/* No document before it, from BASE on, is the run's; SEGMENT_NO_DOC: none is. */
static uint32_t run_next(struct run *run, uint32_t base)
{
    uint32_t next = cursors_next(&run->single, base);

    for (size_t i = 0; i < run->phrase_count; i++) {
        struct phrase_run *phrase = &run->phrases[i];
        uint32_t farthest = base;
        for (size_t word = 0; word < phrase->count; word++) {
            uint32_t own = cursors_next(&phrase->words[word], base);
            farthest = own > farthest ? own : farthest;
        }
        next = farthest < next ? farthest : next;
    }
    return next;
}

/* The layer of a run whose values are looked up later, if ever. */
static void add_dense(struct run *run, uint32_t base, const struct wanted *wanted)
{
    const uint64_t *dense = run->single.cursors[0].dense_bits + base / 64;
    struct layer *layer = &run->layer;

    for (uint64_t words = wanted->touched; words != 0; words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        layer->bits[word] = dense[word] & wanted->bits[word];
        layer->touched |= layer->bits[word] != 0 ? (uint64_t)1 << word : 0;
    }
}

/* WANTED: where the run matters. */
static void run_add(
    struct pass *pass, struct run *run, uint32_t base, const struct wanted *wanted)
{
    if (run->is_lazy) {
        add_dense(run, base, wanted);
        return;
    }
    layer_add(&run->layer, &run->single, base, wanted);
    for (size_t i = 0; i < run->phrase_count; i++) {
        add_phrase(pass, run, &run->phrases[i], base, wanted);
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

/* Of those that are wanted, what the layer has is left, in BITS. */
static void restrict_to(
    struct wanted *wanted, const struct layer *layer, uint64_t bits[WINDOW_WORDS])
{
    uint64_t touched = 0;
    size_t count = 0;

    for (uint64_t words = wanted->touched & layer->touched; words != 0;
         words &= words - 1) {
        size_t word = (size_t)__builtin_ctzll(words);
        bits[word] = wanted->bits[word] & layer->bits[word];
        touched |= bits[word] != 0 ? (uint64_t)1 << word : 0;
        count += count_word(bits[word]);
    }
    *wanted = (struct wanted){bits, touched, count};
}

/* Of those that are wanted, what one of the runs has that one has to have. */
static void restrict_to_any(
    struct pass *pass, uint32_t base, struct wanted *wanted, uint64_t bits[WINDOW_WORDS])
{
    uint64_t any_bits[WINDOW_WORDS] = {0};
    struct layer any = {.bits = any_bits};

    for (size_t i = 0; i < pass->run_count; i++) {
        struct run *run = &pass->runs[i];
        if (run->use != RUN_ANY) {
            continue;
        }
        run_add(pass, run, base, wanted);
        any.touched |= run->layer.touched;
        for (size_t word = 0; word < WINDOW_WORDS; word++) {
            any.bits[word] |= run->layer.bits[word];
        }
    }
    restrict_to(wanted, &any, bits);
}

/* All live documents of the window. */
static struct wanted want_all(const struct pass *pass, uint32_t base)
{
    size_t words = live_words(pass->entry->segment->doc_count) - base / 64;

    return (struct wanted){
        .bits = pass->entry->live->words + base / 64,
        .touched = words < WINDOW_WORDS ? ((uint64_t)1 << words) - 1 : UINT64_MAX,
        .count = WINDOW,
    };
}

static void look_at_window(struct pass *pass, uint32_t base)
{
    struct wanted wanted = want_all(pass, base);
    uint64_t bits[WINDOW_WORDS];

    for (size_t i = 0; i < pass->run_count && wanted.touched != 0; i++) {
        struct run *run = &pass->runs[i];
        if (run->use == RUN_REQUIRED) {
            run_add(pass, run, base, &wanted);
            restrict_to(&wanted, &run->layer, bits);
        }
    }
    if (wanted.touched != 0 && pass->search->any != 0) {
        restrict_to_any(pass, base, &wanted, bits);
    }
    for (size_t i = 0; i < pass->run_count && wanted.touched != 0; i++) {
        if (pass->runs[i].use == RUN_EXTRA) {
            run_add(pass, &pass->runs[i], base, &wanted);
        }
    }
    if (wanted.touched != 0) {
        pass_consider(pass, base, &wanted);
    }
    for (size_t i = 0; i < pass->run_count; i++) {
        layer_clear(&pass->runs[i].layer);
    }
}

static bool is_enough(const struct pass *pass, size_t total_before, size_t looked_before)
{
    const struct search *search = pass->search;
    bool sorted = search->query->sort != QUERY_SORT_RELEVANCE;
    size_t most = sorted ? SORTED_MAX : search->any != 0 ? RELAXED_MAX : SCORED_MAX;

    return search->total - total_before >= most ||
           search->looked - looked_before >= LOOKED_MAX;
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
