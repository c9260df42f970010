/* The whole index: built from the catalogue, saved, loaded. */
#include "feed_private.h"

#include <svc/backoff.h>
#include <svc/clock.h>
#include <svc/log.h>

#include <stdio.h>

#define PAGE_ROWS 5000
#define PATH_SIZE 1024

/* --- Snapshots. --- */

static bool snapshot_path(struct feed *feed, char path[PATH_SIZE])
{
    if (feed->settings.snapshot_dir == NULL || feed->identity[0] == '\0') {
        return false;
    }
    snprintf(path, PATH_SIZE, "%.800s/products-%s-%s-%lld.index",
        feed->settings.snapshot_dir, feed->settings.language, feed->identity,
        (long long)feed_shop(feed).minor_per_unit);
    return true;
}

void feed_save(struct feed *feed)
{
    char path[PATH_SIZE];
    char error[256] = "";
    int64_t began_ms = svc_clock_monotonic_ms();

    if (!feed->unsaved || !feed->has_position || !snapshot_path(feed, path)) {
        return;
    }
    index_apply(feed->settings.index, NULL, 0, feed->position.horizon);
    if (index_save(feed->settings.index, path, error) != SVC_OK) {
        svc_log(SVC_LOG_WARN, "can't save the index", SVC_TEXT("error", error));
    } else {
        feed->unsaved = false;
    }
    feed->saved_ms = svc_clock_monotonic_ms();
    feed->save_took_ms = feed->saved_ms - began_ms;
}

bool feed_load(struct feed *feed)
{
    char path[PATH_SIZE];
    char error[256] = "";

    if (feed->load_tried || !snapshot_path(feed, path)) {
        return false;
    }
    feed->load_tried = true;
    enum svc_status status = index_load(feed->settings.index, path, error);
    if (status != SVC_OK) {
        if (status != SVC_NOT_FOUND) {
            svc_log(
                SVC_LOG_WARN, "the saved index can't be used", SVC_TEXT("error", error));
        }
        return false;
    }
    feed->position.horizon = index_cursor(feed->settings.index);
    feed->has_position = true;
    feed->saved_ms = svc_clock_monotonic_ms();
    pthread_mutex_lock(&feed->lock);
    feed->state.loaded = true;
    pthread_mutex_unlock(&feed->lock);
    return true;
}

/* --- Building. --- */

struct building {
    struct feed *feed;
    struct index_build *build;
};

static void add_products(void *context, const struct product *products, size_t count)
{
    struct building *building = context;

    for (size_t i = 0; i < count; i++) {
        index_build_add(building->build, &products[i]);
    }
    pthread_mutex_lock(&building->feed->lock);
    building->feed->state.rows_read += (int64_t)count;
    pthread_mutex_unlock(&building->feed->lock);
}

/* Page by page; a page that fails is asked for again, since what was read stays true:
 * the feed brings what changed since the position was taken. */
static bool read_catalogue(struct feed *feed, struct building *building)
{
    struct store_page page = {
        .minor_per_unit = feed->next_shop.minor_per_unit,
        .limit = PAGE_ROWS,
    };
    char error[256];

    do {
        int64_t last_id = 0;
        enum svc_status status = store_read_page(
            feed->settings.store, &page, add_products, building, &last_id, error);
        if (status == SVC_OK) {
            page.after_id = last_id;
            feed->failures = 0;
            continue;
        }
        (void)feed_fail(feed, status, "can't read the catalogue", error);
        if (!feed_wait(feed, svc_backoff_ms(feed->failures++, FEED_BACKOFF_BASE_MS,
                                 FEED_BACKOFF_MAX_MS))) {
            return false;
        }
        page.after_id = page.after_id != 0 ? page.after_id : -1;
    } while (page.after_id != 0 && !feed_is_stopping(feed));
    return !feed_is_stopping(feed);
}

bool feed_build(struct feed *feed)
{
    struct store_position position = {0};
    struct building building = {.feed = feed};
    char error[256] = "";
    int64_t began_ms = svc_clock_monotonic_ms();

    enum svc_status status = store_read_position(feed->settings.store, &position, error);
    if (status != SVC_OK) {
        return feed_fail(feed, status, "can't read the catalogue", error);
    }
    pthread_mutex_lock(&feed->lock);
    feed->state.rows_read = 0;
    pthread_mutex_unlock(&feed->lock);
    building.build = index_build_new(feed->settings.index, PAGE_ROWS);
    if (!read_catalogue(feed, &building)) {
        index_build_drop(&building.build);
        store_position_done(&position);
        return false;
    }
    /* From here to feed_take_shop nobody may read the one's amounts as the other's. */
    atomic_fetch_add(&feed->money, 1);
    status = index_build_finish(&building.build, position.horizon);
    if (status == SVC_OK) {
        feed_take_shop(feed);
    }
    atomic_fetch_add(&feed->money, 1);
    if (status != SVC_OK) {
        store_position_done(&position);
        return feed_fail(
            feed, status, "the catalogue is too large for the index", "too large");
    }
    feed_forget_position(feed);
    feed->position = position;
    feed->has_position = true;
    feed->unsaved = true;
    pthread_mutex_lock(&feed->lock);
    feed->state.builds++;
    feed->state.loaded = false;
    feed->state.changed_ms = INT64_MAX; /* until the clock is known */
    int64_t rows = feed->state.rows_read;
    pthread_mutex_unlock(&feed->lock);
    svc_log(SVC_LOG_INFO, "the index is built", SVC_INT("products", rows),
        SVC_INT("ms", svc_clock_monotonic_ms() - began_ms));
    return true;
}
