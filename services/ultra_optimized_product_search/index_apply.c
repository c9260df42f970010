/* Changes to some products: facts in place, everything else into a new segment, together
 * with the smallest ones that are there, so that there are always few. */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

/* A segment is taken in by one of a quarter of it. */
#define MERGE_RATIO ((size_t)4)

struct applying {
    struct index *index;
    struct segment_list *next;
    bool copied[SEGMENTS_MAX]; /* its live documents are this list's own already */
    struct builder *builder;   /* NULL: no words have changed yet */
};

struct ordered {
    int64_t id;
    size_t at;
};

static int compare_ordered(const void *left, const void *right)
{
    const struct ordered *a = left;
    const struct ordered *b = right;

    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return a->at < b->at ? -1 : a->at > b->at;
}

static bool find(
    const struct segment_list *list, int64_t id, size_t *ret_entry, uint32_t *ret_doc)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct segment_entry *entry = &list->entries[i];
        uint32_t doc = segment_find_id(entry->segment, entry->live, id);
        if (doc != SEGMENT_NO_DOC) {
            *ret_entry = i;
            *ret_doc = doc;
            return true;
        }
    }
    return false;
}

static void end_doc(struct applying *applying, size_t at, uint32_t doc)
{
    struct segment_list *next = applying->next;
    struct segment_entry *entry = &next->entries[at];

    if (!applying->copied[at]) {
        struct live *copy = live_copy(entry->live, entry->segment->doc_count);
        entry->live->references--; /* the published list has it as well */
        entry->live = copy;
        applying->copied[at] = true;
    }
    next->checksum -= segment_doc_checksum(entry->segment, doc);
    next->products--;
    entry->live->words[doc / 64] &= ~((uint64_t)1 << doc % 64);
    entry->live->count--;
}

static void apply_one(struct applying *applying, const struct index_change *change)
{
    const struct index_settings *settings = &applying->index->settings;
    struct segment_list *next = applying->next;
    size_t at = 0;
    uint32_t doc = 0;
    bool found = find(next, change->id, &at, &doc);

    if (found && change->product != NULL) {
        struct segment *segment = next->entries[at].segment;
        if (segment->docs[doc].text_hash == builder_text_hash(change->product)) {
            next->checksum -= segment_doc_checksum(segment, doc);
            segment_facts_set(segment, doc, &change->product->facts, settings->weights);
            next->checksum += segment_doc_checksum(segment, doc);
            return;
        }
    }
    if (found) {
        end_doc(applying, at, doc);
    }
    if (change->product != NULL) {
        if (applying->builder == NULL) {
            applying->builder = builder_new(settings->analyser, settings->weights, 16);
        }
        builder_add(applying->builder, change->product);
    }
}

static bool is_taken_in(
    const struct index *index, const struct segment_entry *entry, size_t docs)
{
    size_t count = entry->live->count;
    bool is_small = count <= index->small_docs || count <= MERGE_RATIO * docs;
    bool is_hollow = 2 * count < entry->segment->doc_count;

    return count + docs <= index->merge_docs && (is_small || is_hollow);
}

/* A segment of what is new and of those that are taken in. */
static void add_built(struct applying *applying)
{
    struct segment_list *next = applying->next;
    struct builder *builder = applying->builder;

    for (size_t i = next->count; i > 0; i--) {
        struct segment_entry *entry = &next->entries[i - 1];
        if (is_taken_in(applying->index, entry, builder->docs.count) ||
            next->count == SEGMENTS_MAX) {
            builder_add_segment(builder, entry->segment, entry->live);
            list_remove(next, i - 1);
        }
    }
    struct segment *segment = builder_finish(&applying->builder);
    if (segment != NULL) {
        list_add(next, segment, live_new(segment->doc_count));
    }
}

static void drop_empty(struct segment_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        if (list->entries[i - 1].live->count == 0) {
            list_remove(list, i - 1);
        }
    }
}

void index_apply(
    struct index *index, const struct index_change *changes, size_t count, int64_t cursor)
{
    struct applying applying = {.index = index, .next = list_copy(index)};
    struct ordered *order = svc_alloc(count * sizeof *order);

    for (size_t i = 0; i < count; i++) {
        order[i] = (struct ordered){changes[i].id, i};
    }
    qsort(order, count, sizeof *order, compare_ordered);
    for (size_t i = 0; i < count; i++) {
        /* Of several changes to one product the last says how it is. */
        if (i + 1 == count || order[i + 1].id != order[i].id) {
            apply_one(&applying, &changes[order[i].at]);
        }
    }
    free(order);
    if (applying.builder != NULL) {
        add_built(&applying);
    }
    drop_empty(applying.next);
    applying.next->cursor = cursor;
    index_publish(index, applying.next);
}
