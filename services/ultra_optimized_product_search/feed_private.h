/* What the files of the feed share. */
#ifndef FEED_PRIVATE_H
#define FEED_PRIVATE_H

#include "feed.h"

#include <pthread.h>
#include <stdatomic.h>

#define FEED_BACKOFF_BASE_MS 100
#define FEED_BACKOFF_MAX_MS 2000

struct feed {
    struct feed_settings settings;
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below up to `own` */
    pthread_cond_t stop;
    bool stopping;
    bool ended;
    struct shop shop;
    struct feed_state state;
    atomic_bool ready;
    atomic_uint money; /* see feed_money */

    /* The thread's own. */
    struct shop next_shop;              /* whose money the next index is in */
    char identity[STORE_IDENTITY_SIZE]; /* "": not known */
    int64_t identified_ms;              /* monotonic; 0: must be looked at */
    bool has_position;
    bool load_tried; /* a snapshot is for the start alone */
    struct store_position position;
    struct store_changes changes;
    unsigned failures;
    bool unsaved;
    int64_t saved_ms; /* monotonic */
    int64_t save_took_ms;
};

/* Waits; false when the feed is to stop. */
bool feed_wait(struct feed *feed, int64_t milliseconds);
bool feed_is_stopping(struct feed *feed);

/* Notes what went wrong, logs it once for a time of trouble, and returns false. */
bool feed_fail(
    struct feed *feed, enum svc_status status, const char *what, const char *error);

/* The next shop is the one that is answered for: once the index is in its money, since
 * answers read the index's amounts as the shop's. */
void feed_take_shop(struct feed *feed);

/* Forgets where the feed was: the index is to be built anew. */
void feed_forget_position(struct feed *feed);

/* feed_build.c: read the whole catalogue; save what changed; load what was saved. */
bool feed_build(struct feed *feed);
void feed_save(struct feed *feed);
bool feed_load(struct feed *feed);

#endif
