/* When memory that readers may hold on to can be freed, without any reader waiting:
 * epochs (Fraser, "Practical lock-freedom", 2004). A reader takes a place and notes the
 * epoch in it; what a writer took away in an epoch is free to go when no place has that
 * one, or an older one. */
#ifndef EPOCH_H
#define EPOCH_H

#include <stdbool.h>
#include <stdint.h>

enum { EPOCH_READERS = 128 }; /* at the same time; more of them take turns */

struct epoch_place {
    _Alignas(64) uint64_t epoch; /* 0: free */
    void *scratch;               /* the reader's own while it has the place */
};

struct epoch {
    _Alignas(64) uint64_t now;
    struct epoch_place places[EPOCH_READERS];
};

/* Life, for whoever owns it; FREE_SCRATCH gets each place's scratch that isn't NULL. */
struct epoch *epoch_new(void);
void epoch_free(struct epoch **epoch, void (*free_scratch)(void *scratch));

/* What is loaded from now on stays there until epoch_leave. */
struct epoch_place *epoch_enter(struct epoch *epoch);
void epoch_leave(struct epoch_place *place);

/* For the writer, after it has put something else in the place of what it will free.
 * Returns the epoch to ask epoch_is_over for. */
uint64_t epoch_turn(struct epoch *epoch);
bool epoch_is_over(struct epoch *epoch, uint64_t turned);

#endif
