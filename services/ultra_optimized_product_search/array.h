/* An array that grows, for what a segment is built from. */
#ifndef ARRAY_H
#define ARRAY_H

#include <svc/mem.h>

#include <stddef.h>
#include <stdlib.h>

struct array {
    void *items;
    size_t count;
    size_t room;
    size_t size; /* of an item */
};

/* SIZE: of an item. */
static inline void array_init(struct array *array, size_t size)
{
    *array = (struct array){.size = size};
}

static inline void array_done(struct array *array)
{
    free(array->items);
    array->items = NULL;
    array->count = 0;
    array->room = 0;
}

/* Room for ROOM items in all. By a half, since what isn't used is memory, too. */
static inline void array_reserve(struct array *array, size_t room)
{
    if (room <= array->room) {
        return;
    }
    size_t half_more = array->room + array->room / 2 + 16;
    array->room = room > half_more ? room : half_more;
    array->items = svc_realloc(array->items, array->room * array->size);
}

/* COUNT items at the end, not set yet; valid until the next one. */
static inline void *array_add(struct array *array, size_t count)
{
    array_reserve(array, array->count + count);
    void *added = (char *)array->items + array->count * array->size;
    array->count += count;
    return added;
}

/* Gives back the room that isn't used, and hands the items over. */
static inline void *array_take(struct array *array)
{
    void *items = svc_realloc(array->items, array->count * array->size);

    *array = (struct array){.size = array->size};
    return items;
}

#endif
