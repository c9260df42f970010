#include "labels.h"

#include <svc/mem.h>

#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE 4096 /* a power of two, over twice the labels there can be */
#define NAMES_MAX 18

struct label {
    struct svc_slice name; /* of one that isn't there: {NULL, 0} */
    struct svc_slice label;
};

struct name_count {
    struct svc_slice name;
    size_t labels;
};

struct labels {
    struct svc_arena arena;
    struct label table[TABLE_SIZE];
    struct name_count names[NAMES_MAX];
    size_t name_count;
    size_t order[TABLE_SIZE]; /* places in the table, as they came */
    size_t count;
    size_t kept; /* of them, those that are stored */
};

struct labels *labels_new(void)
{
    return svc_alloc_zero(1, sizeof(struct labels));
}

void labels_free(struct labels **labels)
{
    if (*labels != NULL) {
        svc_arena_done(&(*labels)->arena);
    }
    free(*labels);
    *labels = NULL;
}

static bool equals(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

static size_t find(
    const struct labels *labels, struct svc_slice name, struct svc_slice label)
{
    size_t at = (svc_text_hash(label) * 31 + svc_text_hash(name)) & (TABLE_SIZE - 1);

    while (labels->table[at].name.text != NULL &&
           !(equals(labels->table[at].name, name) &&
               equals(labels->table[at].label, label))) {
        at = (at + 1) & (TABLE_SIZE - 1);
    }
    return at;
}

/* How many labels NAME has; NULL where there are too many names. */
static struct name_count *count_of(struct labels *labels, struct svc_slice name)
{
    for (size_t i = 0; i < labels->name_count; i++) {
        if (equals(labels->names[i].name, name)) {
            return &labels->names[i];
        }
    }
    if (labels->name_count == NAMES_MAX) {
        return NULL;
    }
    struct name_count *made = &labels->names[labels->name_count++];
    made->name.text = svc_arena_strndup(&labels->arena, name.text, name.length);
    made->name.length = name.length;
    return made;
}

/* At most LABEL_SIZE_MAX bytes, and no half of a character at the end. */
static struct svc_slice cut(struct svc_slice label)
{
    if (label.length <= LABEL_SIZE_MAX) {
        return label;
    }
    label.length = LABEL_SIZE_MAX;
    while (label.length > 0 && (label.text[label.length] & 0xC0) == 0x80) {
        label.length--;
    }
    return label;
}

struct svc_slice labels_get(
    struct labels *labels, struct svc_slice name, struct svc_slice label)
{
    label = cut(label);
    if (label.length == 0) {
        return SVC_SLICE("none");
    }
    size_t at = find(labels, name, label);
    if (labels->table[at].name.text != NULL) {
        return labels->table[at].label;
    }
    struct name_count *known = count_of(labels, name);
    if (known == NULL || known->labels == LABELS_OF_A_NAME) {
        return SVC_SLICE("other");
    }
    known->labels++;
    labels->table[at] = (struct label){
        known->name,
        {svc_arena_strndup(&labels->arena, label.text, label.length), label.length},
    };
    labels->order[labels->count++] = at;
    return labels->table[at].label;
}

void labels_load(struct labels *labels, struct svc_slice name, struct svc_slice label)
{
    (void)labels_get(labels, name, label);
    labels->kept = labels->count;
}

bool labels_new_one(const struct labels *labels, size_t index, struct svc_slice *ret_name,
    struct svc_slice *ret_label)
{
    if (labels->kept + index >= labels->count) {
        return false;
    }
    const struct label *label = &labels->table[labels->order[labels->kept + index]];
    *ret_name = label->name;
    *ret_label = label->label;
    return true;
}

void labels_keep(struct labels *labels)
{
    labels->kept = labels->count;
}
