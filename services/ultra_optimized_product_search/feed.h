/* Keeps the index as the catalogue is: builds or loads it, follows the change feed, saves
 * it. Has a thread of its own, the only one that writes to the index. */
#ifndef FEED_H
#define FEED_H

#include "index.h"
#include "shop.h"
#include "store.h"

struct feed;

struct feed_settings {
    struct store *store; /* borrowed, as all of these */
    struct index *index;
    const char *language;
    const char *snapshot_dir; /* NULL: no snapshots */
    int64_t snapshot_every_s;
    int64_t poll_ms;
};

/* Starts the thread. */
struct feed *feed_new(const struct feed_settings *settings);
/* Ends it, and saves what isn't saved; a PostgreSQL that doesn't answer is waited for
 * just a moment. */
void feed_free(struct feed **feed);

/* What is known of the shop; until PostgreSQL was asked, MXN. Any thread. */
struct shop feed_shop(struct feed *feed);

/* Odd while the index and the shop are put into another money, and another number
 * afterwards: amounts of the index are of the shop where this was even, and the same,
 * before both were read and after. Any thread. */
unsigned feed_money(struct feed *feed);

struct feed_state {
    bool ready;          /* the index has the whole catalogue */
    bool looked;         /* at PostgreSQL at least once, whatever came of it */
    bool database_up;    /* at the last look */
    int64_t seen_ms;     /* wall clock: all that was committed before is in the index */
    int64_t rows_read;   /* by the build that goes on, or the last one */
    int64_t builds;      /* since the start */
    int64_t changes;     /* products that were put in, changed or taken out */
    bool loaded;         /* this start began with a snapshot */
    int64_t changed_ms;  /* by PostgreSQL's clock: when the catalogue last changed */
    int64_t overview_ms; /* when category_overview was last refreshed */
    int64_t database_ms; /* PostgreSQL's clock at the last look */
    char error[256];     /* of the last look; "" */
};

/* Any thread. */
void feed_state(struct feed *feed, struct feed_state *ret_state);
bool feed_is_ready(struct feed *feed);

#endif
