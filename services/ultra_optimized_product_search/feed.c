#include "feed_private.h"

#include <svc/backoff.h>
#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often the shop's settings and the database's identity are looked at again. */
#define IDENTIFY_MS 5000
#define SAVE_SHARE 100
#define PAUSE_MAX_MS 2000
/* How long the thread's end is waited for before PostgreSQL is given up. */
#define END_MS 2000

bool feed_wait(struct feed *feed, int64_t milliseconds)
{
    pthread_mutex_lock(&feed->lock);
    bool stopping =
        svc_condition_wait_told(&feed->stop, &feed->lock, &feed->stopping, milliseconds);
    pthread_mutex_unlock(&feed->lock);
    return !stopping;
}

bool feed_is_stopping(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool stopping = feed->stopping;
    pthread_mutex_unlock(&feed->lock);
    return stopping;
}

struct shop feed_shop(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    struct shop shop = feed->shop;
    pthread_mutex_unlock(&feed->lock);
    return shop;
}

unsigned feed_money(struct feed *feed)
{
    return atomic_load(&feed->money);
}

void feed_state(struct feed *feed, struct feed_state *ret_state)
{
    pthread_mutex_lock(&feed->lock);
    *ret_state = feed->state;
    pthread_mutex_unlock(&feed->lock);
    ret_state->ready = atomic_load(&feed->ready);
}

bool feed_is_ready(struct feed *feed)
{
    return atomic_load(&feed->ready);
}

bool feed_fail(
    struct feed *feed, enum svc_status status, const char *what, const char *error)
{
    bool away = status == SVC_UNAVAILABLE || status == SVC_TIMEOUT;

    pthread_mutex_lock(&feed->lock);
    bool first = feed->state.error[0] == '\0';
    feed->state.database_up = !away;
    feed->state.looked = true;
    snprintf(feed->state.error, sizeof feed->state.error, "%s", error);
    pthread_mutex_unlock(&feed->lock);
    feed->identified_ms = 0;
    if (first) {
        svc_log(SVC_LOG_WARN, what, SVC_TEXT("error", error));
    }
    return false;
}

static void note_success(struct feed *feed, int64_t began_ms)
{
    pthread_mutex_lock(&feed->lock);
    bool recovered = feed->state.error[0] != '\0';
    feed->state.database_up = true;
    feed->state.seen_ms = began_ms;
    feed->state.error[0] = '\0';
    pthread_mutex_unlock(&feed->lock);
    feed->failures = 0;
    if (recovered) {
        svc_log(SVC_LOG_INFO, "the catalogue can be read again");
    }
}

/* --- Which database, which shop. --- */

void feed_forget_position(struct feed *feed)
{
    store_position_done(&feed->position);
    feed->has_position = false;
}

void feed_take_shop(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->shop = feed->next_shop;
    pthread_mutex_unlock(&feed->lock);
}

static bool identify(struct feed *feed)
{
    char identity[STORE_IDENTITY_SIZE];
    char error[256];
    struct shop shop;

    enum svc_status status = store_read_identity(feed->settings.store, identity, error);
    if (status == SVC_OK) {
        status = store_read_shop(feed->settings.store, &shop, error);
    }
    if (status != SVC_OK) {
        return feed_fail(feed, status, "can't ask which catalogue this is", error);
    }
    bool other = strcmp(identity, feed->identity) != 0;
    bool other_money = shop.minor_per_unit != feed_shop(feed).minor_per_unit;
    if (feed->has_position && (other || other_money)) {
        svc_log(SVC_LOG_WARN, "another database or currency: the index is built anew");
        feed_forget_position(feed);
    }
    feed->next_shop = shop;
    if (!other_money || !atomic_load(&feed->ready)) {
        feed_take_shop(feed);
    }
    pthread_mutex_lock(&feed->lock);
    feed->state.database_up = true;
    feed->state.looked = true;
    pthread_mutex_unlock(&feed->lock);
    snprintf(feed->identity, sizeof feed->identity, "%s", identity);
    feed->identified_ms = svc_clock_monotonic_ms();
    return true;
}

/* --- Following. --- */

static int compare_ids(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return (*a > *b) - (*a < *b);
}

static size_t sort_unique(int64_t *ids, size_t count)
{
    size_t kept = 0;

    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ids[kept - 1] != ids[i]) {
            ids[kept++] = ids[i];
        }
    }
    return kept;
}

struct applying {
    struct feed *feed;
    const int64_t *ids; /* ascending */
    size_t count;
};

/* The ids that came back with their products, the others as gone. */
static void apply_products(void *context, const struct product *products, size_t count)
{
    const struct applying *applying = context;
    struct index_change *changes = svc_alloc_zero(applying->count + 1, sizeof *changes);

    for (size_t i = 0; i < applying->count; i++) {
        changes[i].id = applying->ids[i];
    }
    for (size_t i = 0; i < count; i++) {
        const int64_t *found = bsearch(&products[i].id, applying->ids, applying->count,
            sizeof *applying->ids, compare_ids);
        if (found != NULL) {
            changes[found - applying->ids].product = &products[i];
        }
    }
    index_apply(applying->feed->settings.index, changes, applying->count,
        applying->feed->position.horizon);
    free(changes);
}

static bool apply(struct feed *feed, struct store_changes *changes)
{
    struct applying applying = {
        .feed = feed,
        .ids = changes->ids,
        .count = sort_unique(changes->ids, changes->count),
    };
    struct store_ids ids = {
        .minor_per_unit = feed_shop(feed).minor_per_unit,
        .ids = applying.ids,
        .count = applying.count,
    };
    char error[256];

    if (applying.count == 0) {
        return true;
    }
    enum svc_status status =
        store_read_ids(feed->settings.store, &ids, apply_products, &applying, error);
    if (status != SVC_OK) {
        return feed_fail(feed, status, "can't read what changed", error);
    }
    feed->unsaved = true;
    return true;
}

static void note_look(struct feed *feed, const struct store_changes *changes)
{
    bool changed = changes->count > 0 || changes->categories;

    pthread_mutex_lock(&feed->lock);
    feed->state.database_ms = changes->now_ms;
    feed->state.overview_ms = changes->overview_ms;
    feed->state.changes += (int64_t)changes->count;
    if (changed || feed->state.changed_ms == INT64_MAX) {
        feed->state.changed_ms = changes->now_ms;
    }
    pthread_mutex_unlock(&feed->lock);
}

/* One look at the feed, in pages. Its first page's snapshot is the next look's position:
 * what is committed while the pages are read is seen then, or again. */
static bool follow(struct feed *feed)
{
    struct store_changes *changes = &feed->changes;
    struct store_position reached = {0};
    int64_t last_change_id = 0;
    char error[256];
    bool fine = true;

    do {
        enum svc_status status = store_read_changes(
            feed->settings.store, &feed->position, last_change_id, changes, error);
        if (status != SVC_OK) {
            fine = feed_fail(feed, status, "can't read the change feed", error);
            break;
        }
        if (reached.snapshot == NULL) {
            reached = changes->reached;
        } else {
            store_position_done(&changes->reached);
        }
        if (changes->pruned || changes->all) {
            feed_forget_position(feed);
            break;
        }
        note_look(feed, changes);
        last_change_id = changes->last_change_id;
        fine = apply(feed, changes);
    } while (fine && changes->more && !feed_is_stopping(feed));
    if (!fine || !feed->has_position || changes->more) {
        store_position_done(&reached);
        return fine;
    }
    store_position_done(&feed->position);
    feed->position = reached;
    return true;
}

/* --- The thread. --- */

/* While it's saved, nothing is followed: not more than a hundredth of the time. */
static int64_t save_pause_ms(const struct feed *feed)
{
    int64_t every_ms = feed->settings.snapshot_every_s * 1000;
    int64_t least_ms = feed->save_took_ms * SAVE_SHARE;

    return every_ms > least_ms ? every_ms : least_ms;
}

static bool step(struct feed *feed)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    int64_t began_ms = svc_clock_unix_ms();

    if ((feed->identified_ms == 0 || now_ms - feed->identified_ms > IDENTIFY_MS) &&
        !identify(feed)) {
        return false;
    }
    bool first = !atomic_load(&feed->ready);
    if (!feed->has_position && !feed_load(feed) && !feed_build(feed)) {
        return false;
    }
    if (!follow(feed)) {
        return false;
    }
    if (!feed->has_position) {
        return true; /* everything changed: built anew by the next step */
    }
    note_success(feed, began_ms);
    if (first) {
        atomic_store(&feed->ready, true);
        svc_log(SVC_LOG_INFO, "the index answers", SVC_INT("builds", feed->state.builds));
    }
    if (feed->saved_ms == 0 || now_ms - feed->saved_ms >= save_pause_ms(feed)) {
        feed_save(feed);
    }
    return true;
}

static void *run(void *argument)
{
    struct feed *feed = argument;
    int64_t pause_ms = 0;

    while (feed_wait(feed, pause_ms)) {
        int64_t began_ms = svc_clock_monotonic_ms();
        bool fine = step(feed);
        bool again = fine && !feed->has_position;
        int64_t took_ms = svc_clock_monotonic_ms() - began_ms;
        /* A look that is slow, as long as a transaction is open, isn't taken back to
         * back. */
        pause_ms = took_ms > feed->settings.poll_ms ? took_ms : feed->settings.poll_ms;
        pause_ms = again ? 0 : (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
        if (!fine) {
            pause_ms += svc_backoff_ms(
                feed->failures++, FEED_BACKOFF_BASE_MS, FEED_BACKOFF_MAX_MS);
        }
    }
    feed_save(feed);
    pthread_mutex_lock(&feed->lock);
    feed->ended = true;
    pthread_cond_broadcast(&feed->stop);
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

struct feed *feed_new(const struct feed_settings *settings)
{
    struct feed *feed = svc_alloc_zero(1, sizeof *feed);

    feed->settings = *settings;
    feed->shop = (struct shop){.currency = "MXN", .minor_per_unit = 100};
    feed->next_shop = feed->shop;
    pthread_mutex_init(&feed->lock, NULL);
    svc_condition_init(&feed->stop);
    if (pthread_create(&feed->thread, NULL, run, feed) != 0) {
        abort();
    }
    return feed;
}

void feed_free(struct feed **feed_pointer)
{
    struct feed *feed = *feed_pointer;

    *feed_pointer = NULL;
    if (feed == NULL) {
        return;
    }
    pthread_mutex_lock(&feed->lock);
    feed->stopping = true;
    pthread_cond_broadcast(&feed->stop);
    bool ended = svc_condition_wait_told(&feed->stop, &feed->lock, &feed->ended, END_MS);
    pthread_mutex_unlock(&feed->lock);
    if (!ended) {
        store_give_up(feed->settings.store);
    }
    pthread_join(feed->thread, NULL);
    store_position_done(&feed->position);
    pthread_cond_destroy(&feed->stop);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}
