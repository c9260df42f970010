/* How often what was asked for was there: by namespace, and sessions by source. */
#ifndef STATS_H
#define STATS_H

#include <svc/json_write.h>

/* More namespaces than this are counted together as "other". */
#define STATS_NAMESPACES_MAX 64

struct stats;

/* Free takes a pointer to NULL. */
struct stats *stats_new(void);
void stats_free(struct stats **stats);

enum stats_source {
    STATS_MEMORY,
    STATS_REDIS,
    STATS_POSTGRES,
    STATS_CREATED,
    STATS_NOT_FOUND,
    STATS_SOURCES,
};

/* One session that was asked for, and where it came from. */
void stats_session(struct stats *stats, enum stats_source source);

enum stats_lookup {
    STATS_HIT,
    STATS_STALE, /* answered, but past its time */
    STATS_MISS,
    STATS_LOOKUPS,
};

/* One look-up in the cache. */
void stats_cache(struct stats *stats, struct svc_slice name, enum stats_lookup lookup);

/* Writes "since", "goal", "all", "sessions" and "namespaces" as members of an open
 * object. */
void stats_write(struct stats *stats, struct svc_json_writer *writer);

/* The share of hits among all look-ups of cache and sessions, 0 to 1; 1 before the first.
 */
double stats_hit_rate(struct stats *stats);

#endif
