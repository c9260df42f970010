/* Leases in the memory of this process: for a shop without Redis, and for the time while
 * it is gone. Bounded: the oldest of a few makes room. Thread-safe. */
#ifndef LEASE_LOCAL_H
#define LEASE_LOCAL_H

#include "lease.h"

struct lease_local;

/* NOW_MS: a clock that never goes back, in milliseconds. */
struct lease_local *lease_local_new(
    const struct lease_times *times, int64_t (*now_ms)(void));
void lease_local_free(struct lease_local **local);

struct lease_store lease_local_store(struct lease_local *local);

/* Writes down what another store said, so that duplicates are known if that store goes;
 * and changes the answer where more is known here: what was done stays done, and what was
 * taken while that store was gone is in progress. */
void lease_local_note(struct lease_local *local, struct lease_request *request);
void lease_local_note_end(struct lease_local *local, const char *key, enum lease_end end);

#endif
