/* From the plan of a slot to cursors over its postings. */
#include "pass.h"

#include <stdlib.h>
#include <string.h>

/* What a colour counts that isn't among the product's colours or in its name, of one that
 * is; a size isn't looked for elsewhere. */
static const uint32_t elsewhere_percent[] = {
    [QUERY_ROLE_TEXT] = 100,
    [QUERY_ROLE_COLOR] = 60,
    [QUERY_ROLE_SIZE] = 0,
    [QUERY_ROLE_AUDIENCE] = 60,
};

static struct cursor_list make_cursors(
    const struct pass *pass, const struct variants *variants, enum query_role role)
{
    const struct segment *segment = pass->entry->segment;
    struct cursor_list list = {
        .cursors = svc_arena_alloc(
            pass->search->arena, (variants->count + 1) * sizeof *list.cursors),
        .count = variants->count,
        .by_field = role != QUERY_ROLE_TEXT,
        .df = variants->df,
        .df_window = variants->df * WINDOW / (segment->doc_count + 1),
    };

    for (size_t i = 0; i < variants->count; i++) {
        const struct variant *variant = &variants->list[i];
        const struct term *term = &segment->terms[variant->term];
        size_t dense = (term->dense - (term->dense > 0)) * live_words(segment->doc_count);
        list.cursors[i] = (struct cursor){
            .docs = segment->posting_docs + term->postings,
            .impacts = segment->posting_impacts + term->postings,
            .masks = segment->posting_masks + term->postings,
            .count = term->count,
            .dense_bits = term->dense > 0 ? segment->dense_bits + dense : NULL,
            .dense_ranks = segment->dense_ranks + dense,
            .weight = variant->weight,
            .elsewhere = variant->weight * elsewhere_percent[role] / 100,
        };
    }
    return list;
}

static struct run *add_run(struct pass *pass, enum run_use use, size_t slot)
{
    struct run *run = &pass->runs[pass->run_count];

    *run = (struct run){
        .use = use,
        .slot = slot,
        .layer = {pass->scratch->values[pass->run_count],
            pass->scratch->bits[pass->run_count], 0},
    };
    pass->run_count++;
    return run;
}

static int compare_lists(const void *left, const void *right)
{
    const struct cursor_list *a = left;
    const struct cursor_list *b = right;

    return a->df < b->df ? -1 : a->df > b->df;
}

/* A size, which doesn't match everywhere, can't be told by its bits alone. */
static bool is_lazy(const struct run *run)
{
    const struct cursor *cursor = run->single.cursors;

    return run->single.count == 1 && run->phrase_count == 0 &&
           cursor->dense_bits != NULL && cursor->elsewhere > 0;
}

/* What no document has more of. */
static uint32_t value_max(const struct pass *pass, const struct slot_plan *plan)
{
    uint32_t most = plan->phrase_count > 0 ? IMPACT_MAX : 1;

    for (size_t i = 0; i < plan->single.count; i++) {
        const struct variant *variant = &plan->single.list[i];
        uint32_t own = pass->entry->segment->terms[variant->term].impact_max *
                       (uint32_t)variant->weight / WEIGHT_ONE;
        most = own > most ? own : most;
    }
    return most;
}

static void add_slot(struct pass *pass, enum run_use use, size_t slot)
{
    const struct search *search = pass->search;
    const struct slot_plan *plan = &search->plans[pass->segment_at][slot];
    enum query_role role = search->query->slots[slot].role;
    struct run *run = add_run(pass, use, slot);

    run->df = plan->df;
    run->weight = search->slot_weight[slot];
    run->single = make_cursors(pass, &plan->single, role);
    run->phrase_count = plan->phrase_count;
    run->phrases =
        svc_arena_alloc(search->arena, (plan->phrase_count + 1) * sizeof *run->phrases);
    for (size_t i = 0; i < plan->phrase_count; i++) {
        run->phrases[i].count = plan->phrases[i].count;
        for (size_t word = 0; word < plan->phrases[i].count; word++) {
            run->phrases[i].words[word] =
                make_cursors(pass, &plan->phrases[i].words[word], role);
        }
        qsort(run->phrases[i].words, run->phrases[i].count, sizeof(struct cursor_list),
            compare_lists);
    }
    run->is_lazy = is_lazy(run);
    run->value_max = value_max(pass, plan);
}

/* False where the segment has no product of that brand or category. */
static bool add_filter(struct pass *pass, enum value_kind kind, uint64_t key)
{
    const struct segment *segment = pass->entry->segment;
    char bytes[LIST_TERM_BYTES];

    list_term(kind, key, bytes);
    const struct form_group *group = terms_find(
        segment, form_key(FORM_PLAIN, (struct svc_slice){bytes, sizeof bytes}));
    if (group == NULL) {
        return false;
    }
    struct variant variant = {segment->form_terms[group->start], WEIGHT_ONE, 0};
    struct variants variants = {
        .list = &variant, .count = 1, .df = segment->terms[variant.term].count};
    struct run *run =
        add_run(pass, RUN_REQUIRED, QUERY_SLOTS_MAX + (kind == VALUE_BRAND ? 0U : 1U));
    run->df = variants.df;
    run->single = make_cursors(pass, &variants, QUERY_ROLE_TEXT);
    run->is_lazy = is_lazy(run);
    return true;
}

static int compare_runs(const void *left, const void *right)
{
    const struct run *a = left;
    const struct run *b = right;

    if (a->use != b->use) {
        return a->use < b->use ? -1 : 1;
    }
    if (a->df != b->df) {
        return a->df < b->df ? -1 : 1;
    }
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static bool add_filters(struct pass *pass)
{
    const struct search *search = pass->search;
    const struct query_filters *filters = &search->query->filters;

    if (filters->brand.length > 0) {
        uint64_t key =
            brand_key(search->index->settings.analyser, search->arena, filters->brand);
        if (!add_filter(pass, VALUE_BRAND, key)) {
            return false;
        }
    }
    return filters->category_id == 0 ||
           add_filter(pass, VALUE_CATEGORY, (uint64_t)filters->category_id);
}

static void scan_segment(struct search *search, size_t at)
{
    struct pass *pass = svc_arena_alloc(search->arena, sizeof *pass);

    pass->search = search;
    pass->entry = &search->list->entries[at];
    pass->scratch = search->scratch;
    pass->segment_at = (uint32_t)at;
    if (!add_filters(pass)) {
        return;
    }
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        uint32_t bit = 1U << slot;
        if ((search->known & bit) == 0) {
            continue;
        }
        enum run_use use = (search->all & bit) != 0   ? RUN_REQUIRED
                           : (search->any & bit) != 0 ? RUN_ANY
                                                      : RUN_EXTRA;
        add_slot(pass, use, slot);
    }
    qsort(pass->runs, pass->run_count, sizeof pass->runs[0], compare_runs);
    for (size_t slot = 0; slot < search->slot_count; slot++) {
        for (size_t i = 0; i < pass->run_count; i++) {
            if (pass->runs[i].slot == slot) {
                pass->slot_runs[pass->slot_run_count++] = &pass->runs[i];
            }
        }
    }
    pass_run(pass);
}

void search_scan(struct search *search)
{
    /* The smallest first: what is new is found whatever the limits. */
    for (size_t at = search->list->count; at > 0; at--) {
        scan_segment(search, at - 1);
    }
}
