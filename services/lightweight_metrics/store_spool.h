/* Where events go while PostgreSQL takes none: a file of this replica's own, written to
 * the disk before an event is acknowledged, and emptied in order once PostgreSQL is back.
 * Events that are there twice, or in PostgreSQL already, are known by their ids then.
 *
 * The file is one record after the other: length (4 bytes, the machine's order), the
 * first 8 bytes of the payload's SHA-256, the payload (the event as JSON). What a crash
 * cut off at its end was never acknowledged, and is cut off. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store_ingest.h"

struct spool;

struct spool_settings {
    const char *folder;
    int64_t bytes_max;
    const char *database_url;
    int64_t timeout_ms;
};

struct spool_stats {
    int64_t bytes;    /* of events that aren't in PostgreSQL yet */
    int64_t replayed; /* events, since the start */
    int64_t broken;   /* bytes that were no records */
};

/* Goes on with what an earlier process left. NULL, with a line in `ret_error`, for a
 * folder that can't be used, also because another process does. */
struct spool *spool_open(const struct spool_settings *settings, char ret_error[256]);
/* What is in it stays for the next start. Takes a pointer to NULL. */
void spool_close(struct spool **spool);

/* Keeps the events of a list of batches: sets `spooled`, `status` and `dropped` of each,
 * and `accepted` of each event. From half of the room on events of type debug are let go,
 * from nine tenths on all but those of money; a batch with one of these that has no room
 * is refused, with all that is in it. */
void spool_add(struct spool *spool, struct ingest_batch *batches);

void spool_stats(struct spool *spool, struct spool_stats *ret_stats);

#endif
