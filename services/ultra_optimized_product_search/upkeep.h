/* What is done beside the index, by a thread of its own: the categories are refreshed and
 * read again, feedback is learned from, searches are written down, old rows go. */
#ifndef UPKEEP_H
#define UPKEEP_H

#include "categories.h"
#include "feed.h"
#include "learned.h"
#include "search_log.h"
#include "store.h"

struct upkeep;

struct upkeep_settings {
    struct store *store; /* borrowed, as all of these */
    struct feed *feed;
    struct categories *categories;
    struct learned *learned;
    struct search_log *log;
    const struct analyser *analyser;
    const struct words *words;
    int64_t category_cache_s;
    struct store_retention retention;
};

struct upkeep *upkeep_new(const struct upkeep_settings *settings);
/* Ends the thread; what waits in the log is written. */
void upkeep_free(struct upkeep **upkeep);

/* How many events were learned from since the start. Any thread. */
int64_t upkeep_learned(struct upkeep *upkeep);

#endif
