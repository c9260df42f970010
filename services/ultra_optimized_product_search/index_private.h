/* What the files of the index share. */
#ifndef INDEX_PRIVATE_H
#define INDEX_PRIVATE_H

#include "builder.h"
#include "epoch.h"
#include "index.h"
#include "segment.h"

enum { SEGMENTS_MAX = 24 };

struct segment_entry {
    struct segment *segment;
    struct live *live;
};

/* What readers see: never changed once it is published. The largest segment first. */
struct segment_list {
    struct segment_entry entries[SEGMENTS_MAX];
    size_t count;
    size_t products;
    uint64_t checksum;
    int64_t cursor;
};

struct retired {
    struct segment_list *list;
    uint64_t epoch;
};

struct index {
    struct index_settings settings;
    struct segment_list *list; /* atomic; NULL: not ready */
    struct epoch *epoch;
    struct array retired; /* the writer's */
    int64_t built_ms;     /* atomic */
    /* Live documents of a segment that each new one takes in, and of one that is ever
     * made of others; a test makes them small. */
    size_t small_docs;
    size_t merge_docs;
};

struct index_build {
    struct index *index;
    struct builder *builder;
    int64_t started_ms;
};

/* A reader's hold on the list of segments; `list` may be NULL. */
struct index_hold {
    const struct segment_list *list;
    struct epoch_place *place;
};
struct index_hold index_enter(const struct index *index);
void index_leave(struct index_hold *hold);

/* --- The writer's --- */

/* A copy with references of its own; an empty one where there is none yet. */
struct segment_list *list_copy(const struct index *index);
/* Puts in a segment with its live documents, and takes over both references. */
void list_add(struct segment_list *list, struct segment *segment, struct live *live);
void list_remove(struct segment_list *list, size_t at);
/* For all readers who come from now on; frees what nobody reads any more. */
void index_publish(struct index *index, struct segment_list *list);

/* The product's slices into ARENA, before the hold ends. */
void index_product_copy(struct svc_arena *arena, struct product *product);

#endif
