/* Advisory locks of PostgreSQL that replicas of this service share. */
#ifndef STORE_LOCKS_H
#define STORE_LOCKS_H

/* Shared by whoever writes events, until the commit; exclusive for a moment by whoever
 * wants to know that nothing is on its way. */
#define LOCK_INGEST "7231908455210701"
/* Who makes projections. */
#define LOCK_PROJECTOR "7231908455210702"
/* Who makes and drops partitions and prunes. */
#define LOCK_UPKEEP "7231908455210703"
/* Who asks the services and sends alerts. */
#define LOCK_WATCH "7231908455210704"

#endif
