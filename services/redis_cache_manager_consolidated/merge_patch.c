#include "merge_patch.h"

#include <stdlib.h>
#include <string.h>

/* The members of a patch by name, so that two large objects don't cost their product. */
struct index_entry {
    const struct svc_json *member;
    size_t position;
    bool used;
};

struct index {
    struct index_entry *entries;
    size_t count;
};

struct list {
    struct svc_json *object;
    struct svc_json *last;
};

static int compare_keys(struct svc_slice left, struct svc_slice right)
{
    size_t shorter = left.length < right.length ? left.length : right.length;
    int order = shorter > 0 ? memcmp(left.text, right.text, shorter) : 0;

    if (order != 0) {
        return order;
    }
    return left.length < right.length ? -1 : left.length > right.length;
}

static int compare_entries(const void *left_pointer, const void *right_pointer)
{
    const struct index_entry *left = left_pointer;
    const struct index_entry *right = right_pointer;
    int order = compare_keys(left->member->key, right->member->key);

    if (order != 0) {
        return order;
    }
    return left->position < right->position ? -1 : left->position > right->position;
}

static void make_index(
    struct svc_arena *arena, const struct svc_json *patch, struct index *ret_index)
{
    size_t count = 0;

    ret_index->entries =
        svc_arena_alloc(arena, (patch->count + 1) * sizeof(struct index_entry));
    for (const struct svc_json *at = patch->first; at != NULL; at = at->next) {
        ret_index->entries[count] = (struct index_entry){at, count, false};
        count++;
    }
    ret_index->count = count;
    qsort(ret_index->entries, count, sizeof *ret_index->entries, compare_entries);
}

/* The last entry with that name, as of a name that is there twice the last counts. */
static struct index_entry *find(const struct index *index, struct svc_slice key)
{
    size_t low = 0;
    size_t high = index->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(index->entries[middle].member->key, key) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || compare_keys(index->entries[low - 1].member->key, key) != 0) {
        return NULL;
    }
    return &index->entries[low - 1];
}

static void append(struct svc_arena *arena, struct list *list, struct svc_slice key,
    const struct svc_json *value)
{
    struct svc_json *copy = svc_arena_alloc(arena, sizeof *copy);

    *copy = *value;
    copy->key = key;
    copy->next = NULL;
    if (list->last == NULL) {
        list->object->first = copy;
    } else {
        list->last->next = copy;
    }
    list->last = copy;
    list->object->count++;
}

/* Goes as deep as the patch, which the limits of its reader bound. */
const struct svc_json *merge_patch(
    struct svc_arena *arena, const struct svc_json *target, const struct svc_json *patch)
{
    if (patch->type != SVC_JSON_OBJECT) {
        return patch;
    }
    struct list list = {.object = svc_arena_alloc(arena, sizeof *list.object)};
    struct index index;
    const struct svc_json *member =
        target != NULL && target->type == SVC_JSON_OBJECT ? target->first : NULL;

    list.object->type = SVC_JSON_OBJECT;
    make_index(arena, patch, &index);
    for (; member != NULL; member = member->next) {
        struct index_entry *entry = find(&index, member->key);
        if (entry == NULL) {
            append(arena, &list, member->key, member);
        } else if (entry->member->type != SVC_JSON_NULL && !entry->used) {
            append(arena, &list, member->key, merge_patch(arena, member, entry->member));
        }
        if (entry != NULL) {
            entry->used = true;
        }
    }
    for (member = patch->first; member != NULL; member = member->next) {
        struct index_entry *entry = find(&index, member->key);
        if (!entry->used && entry->member == member && member->type != SVC_JSON_NULL) {
            append(arena, &list, member->key, merge_patch(arena, NULL, member));
        }
    }
    return list.object;
}
