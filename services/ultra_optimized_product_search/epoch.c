#include "epoch.h"

#include "checksum.h"

#include <svc/mem.h>

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct epoch *epoch_new(void)
{
    struct epoch *epoch = aligned_alloc(64, sizeof *epoch);

    if (epoch == NULL) {
        abort();
    }
    memset(epoch, 0, sizeof *epoch);
    epoch->now = 1;
    return epoch;
}

void epoch_free(struct epoch **epoch_pointer, void (*free_scratch)(void *scratch))
{
    struct epoch *epoch = *epoch_pointer;

    *epoch_pointer = NULL;
    if (epoch == NULL) {
        return;
    }
    for (size_t i = 0; i < EPOCH_READERS; i++) {
        if (epoch->places[i].scratch != NULL) {
            free_scratch(epoch->places[i].scratch);
        }
    }
    free(epoch);
}

/* The order of all sequentially consistent operations settles the race: either the writer
 * sees the place taken, or the reader comes after the exchange and loads what is new. */
struct epoch_place *epoch_enter(struct epoch *epoch)
{
    size_t start = checksum_mix((uint64_t)(uintptr_t)pthread_self());

    for (size_t i = 0;; i++) {
        struct epoch_place *place = &epoch->places[(start + i) % EPOCH_READERS];
        uint64_t free_place = 0;
        uint64_t now = __atomic_load_n(&epoch->now, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&place->epoch, __ATOMIC_RELAXED) == 0 &&
            __atomic_compare_exchange_n(&place->epoch, &free_place, now, false,
                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            return place;
        }
        if (i % EPOCH_READERS == EPOCH_READERS - 1) {
            sched_yield();
        }
    }
}

void epoch_leave(struct epoch_place *place)
{
    __atomic_store_n(&place->epoch, 0, __ATOMIC_SEQ_CST);
}

uint64_t epoch_turn(struct epoch *epoch)
{
    return __atomic_add_fetch(&epoch->now, 1, __ATOMIC_SEQ_CST);
}

bool epoch_is_over(struct epoch *epoch, uint64_t turned)
{
    for (size_t i = 0; i < EPOCH_READERS; i++) {
        uint64_t seen = __atomic_load_n(&epoch->places[i].epoch, __ATOMIC_SEQ_CST);
        if (seen != 0 && seen < turned) {
            return false;
        }
    }
    return true;
}
