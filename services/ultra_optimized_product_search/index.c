#include "index_private.h"

#include <svc/clock.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct index *index_new(const struct index_settings *settings)
{
    struct index *index = svc_alloc_zero(1, sizeof *index);

    index->settings = *settings;
    index->epoch = epoch_new();
    index->small_docs = 2048;
    index->merge_docs = (size_t)128 * 1024;
    array_init(&index->retired, sizeof(struct retired));
    return index;
}

static void release_entry(struct segment_entry *entry)
{
    if (--entry->segment->references == 0) {
        segment_free(entry->segment);
    }
    if (--entry->live->references == 0) {
        free(entry->live);
    }
}

static void free_list(struct segment_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        release_entry(&list->entries[i]);
    }
    free(list);
}

void index_free(struct index **index_pointer)
{
    struct index *index = *index_pointer;

    *index_pointer = NULL;
    if (index == NULL) {
        return;
    }
    const struct retired *retired = index->retired.items;
    for (size_t i = 0; i < index->retired.count; i++) {
        free_list(retired[i].list);
    }
    array_done(&index->retired);
    if (index->list != NULL) {
        free_list(index->list);
    }
    epoch_free(&index->epoch, free);
    free(index);
}

struct index_hold index_enter(const struct index *index)
{
    struct index_hold hold = {.place = epoch_enter(index->epoch)};

    hold.list = __atomic_load_n(&index->list, __ATOMIC_SEQ_CST);
    return hold;
}

void index_leave(struct index_hold *hold)
{
    epoch_leave(hold->place);
    hold->list = NULL;
}

/* --- Lists --- */

struct segment_list *list_copy(const struct index *index)
{
    struct segment_list *copy = svc_alloc_zero(1, sizeof *copy);

    if (index->list != NULL) {
        *copy = *index->list;
    }
    for (size_t i = 0; i < copy->count; i++) {
        copy->entries[i].segment->references++;
        copy->entries[i].live->references++;
    }
    return copy;
}

static uint64_t sum_of(const struct segment_entry *entry)
{
    uint64_t sum = 0;

    for (size_t doc = 0; doc < entry->segment->doc_count; doc++) {
        if (live_has(entry->live, (uint32_t)doc)) {
            sum += segment_doc_checksum(entry->segment, (uint32_t)doc);
        }
    }
    return sum;
}

void list_add(struct segment_list *list, struct segment *segment, struct live *live)
{
    struct segment_entry entry = {segment, live};
    size_t at = list->count;

    while (at > 0 && list->entries[at - 1].segment->doc_count < segment->doc_count) {
        list->entries[at] = list->entries[at - 1];
        at--;
    }
    list->entries[at] = entry;
    list->count++;
    list->products += live->count;
    list->checksum += sum_of(&entry);
}

void list_remove(struct segment_list *list, size_t at)
{
    list->products -= list->entries[at].live->count;
    list->checksum -= sum_of(&list->entries[at]);
    release_entry(&list->entries[at]);
    list->count--;
    memmove(&list->entries[at], &list->entries[at + 1],
        (list->count - at) * sizeof list->entries[0]);
}

static void free_retired(struct index *index)
{
    struct retired *retired = index->retired.items;
    size_t kept = 0;

    for (size_t i = 0; i < index->retired.count; i++) {
        if (epoch_is_over(index->epoch, retired[i].epoch)) {
            free_list(retired[i].list);
        } else {
            retired[kept++] = retired[i];
        }
    }
    index->retired.count = kept;
}

void index_publish(struct index *index, struct segment_list *list)
{
    enum { PATIENCE = 50 };
    const struct timespec moment = {.tv_nsec = 200000};
    struct segment_list *old = __atomic_exchange_n(&index->list, list, __ATOMIC_SEQ_CST);
    struct retired retired = {.list = old, .epoch = epoch_turn(index->epoch)};

    if (old != NULL) {
        memcpy(array_add(&index->retired, 1), &retired, sizeof retired);
    }
    free_retired(index);
    /* A search takes about a millisecond: old memory isn't kept until the next change. */
    for (int i = 0; i < PATIENCE && index->retired.count > 0; i++) {
        nanosleep(&moment, NULL);
        free_retired(index);
    }
}

/* --- A whole build --- */

struct index_build *index_build_new(struct index *index, size_t expected)
{
    struct index_build *build = svc_alloc_zero(1, sizeof *build);

    build->index = index;
    build->builder =
        builder_new(index->settings.analyser, index->settings.weights, expected);
    build->started_ms = svc_clock_monotonic_ms();
    return build;
}

void index_build_add(struct index_build *build, const struct product *product)
{
    builder_add(build->builder, product);
}

enum svc_status index_build_finish(struct index_build **build_pointer, int64_t cursor)
{
    struct index_build *build = *build_pointer;
    struct index *index = build->index;
    struct segment *segment = builder_finish(&build->builder);

    if (segment == NULL) {
        index_build_drop(build_pointer);
        return SVC_TOO_LARGE;
    }
    struct segment_list *list = svc_alloc_zero(1, sizeof *list);
    list->cursor = cursor;
    list_add(list, segment, live_new(segment->doc_count));
    __atomic_store_n(
        &index->built_ms, svc_clock_monotonic_ms() - build->started_ms, __ATOMIC_RELAXED);
    index_publish(index, list);
    index_build_drop(build_pointer);
    return SVC_OK;
}

void index_build_drop(struct index_build **build_pointer)
{
    struct index_build *build = *build_pointer;

    *build_pointer = NULL;
    if (build != NULL) {
        builder_free(&build->builder);
        free(build);
    }
}

/* --- What can be asked of it --- */

int64_t index_cursor(const struct index *index)
{
    struct index_hold hold = index_enter(index);
    int64_t cursor = hold.list != NULL ? hold.list->cursor : -1;

    index_leave(&hold);
    return cursor;
}

void index_product_copy(struct svc_arena *arena, struct product *product)
{
    struct svc_slice *slices[] = {&product->sku, &product->ean, &product->name,
        &product->brand, &product->category, &product->sizes, &product->colors,
        &product->attributes, &product->image_url};

    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
        *slices[i] = svc_slice_keep(arena, *slices[i]);
    }
}

bool index_get(const struct index *index, int64_t id, struct svc_arena *arena,
    struct product *ret_product)
{
    struct index_hold hold = index_enter(index);
    bool found = false;

    for (size_t i = 0; hold.list != NULL && i < hold.list->count && !found; i++) {
        const struct segment_entry *entry = &hold.list->entries[i];
        uint32_t doc = segment_find_id(entry->segment, entry->live, id);
        if (doc != SEGMENT_NO_DOC) {
            segment_product_get(entry->segment, doc, ret_product);
            index_product_copy(arena, ret_product);
            found = true;
        }
    }
    index_leave(&hold);
    return found;
}

static bool is_worth_rebuild(const struct index_stats *stats, size_t outside)
{
    return stats->segments > 12 || stats->dead + outside > 20000 + stats->products / 8;
}

void index_stats(const struct index *index, struct index_stats *ret_stats)
{
    struct index_hold hold = index_enter(index);
    const struct segment_list *list = hold.list;
    size_t outside = 0;

    *ret_stats = (struct index_stats){
        .built_ms = __atomic_load_n(&index->built_ms, __ATOMIC_RELAXED)};
    if (list != NULL) {
        ret_stats->products = list->products;
        ret_stats->segments = list->count;
        ret_stats->checksum = list->checksum;
    }
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct segment *segment = list->entries[i].segment;
        ret_stats->terms += segment->term_count;
        ret_stats->bytes += segment_bytes(segment) + segment->doc_count / 8;
        ret_stats->dead += segment->doc_count - list->entries[i].live->count;
        outside += i > 0 ? segment->doc_count : 0;
    }
    ret_stats->worth_rebuild = is_worth_rebuild(ret_stats, outside);
    index_leave(&hold);
}
