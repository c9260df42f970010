/* One customer's change from one identity to another: session, turn, customer's row and
 * identities follow, and the old one leads to the new one from then on. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

#include "sessions.h"
#include "turn.h"

struct identity_outcome {
    bool session_moved;
    bool turn_moved;
    struct store_identity_result rows;
};

/* Saying it again changes nothing. UNAVAILABLE where it could be done only in part; to be
 * said again then. */
SVC_MUST_CHECK enum svc_status identities_change(struct sessions *sessions,
    struct svc_arena *arena, const struct store_identity *previous,
    const struct store_identity *current, struct identity_outcome *ret_outcome);

#endif
