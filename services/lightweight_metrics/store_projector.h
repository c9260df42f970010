/* Counts what is new in the log: a thread of each replica, of which one at a time does
 * it.
 *
 * Rows and cursor change in one transaction, so each event counts once, whatever is
 * killed. No event is passed over: before it reads, the projector waits a moment for the
 * transactions that write to the log (LOCK_INGEST), and reads up to the number that none
 * of them can be under any more. */
#ifndef STORE_PROJECTOR_H
#define STORE_PROJECTOR_H

#include <svc/text.h>

struct projector;

struct projector_settings {
    const char *database_url;
    int64_t tick_ms; /* between two looks at the log */
};

struct projector_stats {
    int64_t projected; /* events, by this replica since the start */
    int64_t lag_ms;    /* how long the oldest event waits that isn't counted; 0: none */
};

/* NULL, with a line in `ret_error`, for settings that can't be used. */
struct projector *projector_new(
    const struct projector_settings *settings, char ret_error[256]);
/* Takes a pointer to NULL. */
void projector_free(struct projector **projector);

void projector_stats(struct projector *projector, struct projector_stats *ret_stats);

/* Empties the projections; they are counted again from the log by whoever projects. Days
 * of which events are gone stay as they are. */
SVC_MUST_CHECK enum svc_status projector_rebuild(
    struct projector *projector, char ret_error[256]);

#endif
