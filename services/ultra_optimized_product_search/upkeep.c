#include "upkeep.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 250
#define LEARN_EVERY_MS 2000
#define LOG_EVERY_MS 1000
#define LOG_BATCH 1000
#define LOG_TEXT_MAX ((size_t)4 * 1024 * 1024)
#define PRUNE_EVERY_MS 600000
#define PRUNE_FIRST_MS 5000
/* A refresh that takes long isn't begun again right away. */
#define REFRESH_EVERY_MS 1000
#define REFRESH_SHARE 10
/* How long the thread's end is waited for before PostgreSQL is given up. */
#define END_MS 2000
/* A trouble is over, and would be said again, after this long without one. */
#define TROUBLE_MS 60000

/* The kinds of trouble that complain() is called with. */
#define TROUBLES_MAX 8

struct upkeep {
    struct upkeep_settings settings;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    bool ended;
    atomic_int_least64_t learned_count;

    /* The thread's own; times are monotonic. */
    int64_t refresh_at_ms;
    int64_t learn_at_ms;
    int64_t log_at_ms;
    int64_t prune_at_ms;
    int64_t read_overview_ms; /* the view that is in memory; -1: none */
    int64_t read_minor;
    struct store_position learned_until;
    struct {
        const char *what;
        int64_t at_ms;
    } troubles[TROUBLES_MAX]; /* those that were said, and when they last came */
};

/* Once for a time of trouble: what fails is tried again every other second. */
static void complain(struct upkeep *upkeep, const char *what, const char *error)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    size_t i = 0;

    while (i < TROUBLES_MAX - 1 && upkeep->troubles[i].what != NULL &&
           strcmp(upkeep->troubles[i].what, what) != 0) {
        i++;
    }
    bool again = upkeep->troubles[i].what != NULL &&
                 now_ms - upkeep->troubles[i].at_ms < TROUBLE_MS;
    upkeep->troubles[i].what = what;
    upkeep->troubles[i].at_ms = now_ms;
    if (!again) {
        svc_log(SVC_LOG_WARN, what, SVC_TEXT("error", error));
    }
}

/* --- Categories. --- */

static void refresh_view(struct upkeep *upkeep, const struct feed_state *state)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    int64_t old_ms = state->database_ms - upkeep->settings.category_cache_s * 1000;
    bool changed = state->changed_ms != INT64_MAX && state->changed_ms != 0 &&
                   state->changed_ms >= state->overview_ms;
    int64_t since_ms = changed ? state->changed_ms : old_ms;
    char error[256];
    bool done = false;

    if (now_ms < upkeep->refresh_at_ms || state->overview_ms > since_ms) {
        return;
    }
    if (store_refresh_categories(upkeep->settings.store, since_ms, &done, error) !=
        SVC_OK) {
        complain(upkeep, "can't refresh the categories", error);
    }
    int64_t took_ms = svc_clock_monotonic_ms() - now_ms;
    int64_t pause_ms = took_ms * REFRESH_SHARE;
    upkeep->refresh_at_ms =
        now_ms + (pause_ms > REFRESH_EVERY_MS ? pause_ms : REFRESH_EVERY_MS);
}

static void read_view(struct upkeep *upkeep, const struct feed_state *state)
{
    struct svc_arena arena = {0};
    struct category_list list;
    int64_t minor = feed_shop(upkeep->settings.feed).minor_per_unit;
    char error[256];

    if (upkeep->read_overview_ms == state->overview_ms && upkeep->read_minor == minor) {
        return;
    }
    if (store_read_categories(upkeep->settings.store, minor, &arena, &list, error) !=
        SVC_OK) {
        complain(upkeep, "can't read the categories", error);
    } else {
        upkeep->read_overview_ms = list.count > 0 ? list.overview_ms : state->overview_ms;
        upkeep->read_minor = minor;
        categories_set(upkeep->settings.categories, &arena, &list);
    }
    svc_arena_done(&arena);
}

static void keep_categories(struct upkeep *upkeep)
{
    struct feed_state state;

    feed_state(upkeep->settings.feed, &state);
    if (!state.database_up || state.database_ms == 0) {
        return;
    }
    refresh_view(upkeep, &state);
    read_view(upkeep, &state);
}

/* --- Learning. --- */

static bool find_action(struct svc_slice name, enum learned_action *ret_action)
{
    static const struct {
        const char *name;
        enum learned_action action;
    } actions[] = {
        {"shown", LEARNED_SHOWN},
        {"click", LEARNED_CLICK},
        {"add", LEARNED_ADD},
        {"purchase", LEARNED_PURCHASE},
    };

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (svc_slice_equals(name, actions[i].name)) {
            *ret_action = actions[i].action;
            return true;
        }
    }
    return false;
}

static void learn_from(void *context, const struct store_feedback *list, size_t count)
{
    struct upkeep *upkeep = context;
    struct svc_arena arena = {0};

    for (size_t i = 0; i < count; i++) {
        struct query query = {0};
        enum learned_action action;
        if (!find_action(list[i].action, &action)) {
            continue;
        }
        query_read(upkeep->settings.words, upkeep->settings.analyser, &arena,
            list[i].query, 100, &query);
        learned_add(upkeep->settings.learned, &query, list[i].product_id,
            list[i].category_id, action, list[i].created_s);
        svc_arena_reset(&arena);
    }
    svc_arena_done(&arena);
    atomic_fetch_add(&upkeep->learned_count, (int_least64_t)count);
}

static void learn(struct upkeep *upkeep)
{
    struct store_position reached = {0};
    struct store_feedback_page page = {0};
    char error[256];
    bool fine = true;

    do {
        fine = store_read_feedback(upkeep->settings.store, &upkeep->learned_until, &page,
                   learn_from, upkeep, error) == SVC_OK;
        if (!fine) {
            complain(upkeep, "can't read the feedback", error);
            break;
        }
        if (reached.snapshot == NULL) {
            reached = page.reached;
        } else {
            store_position_done(&page.reached);
        }
    } while (page.more);
    if (!fine && page.last_id == 0) {
        return;
    }
    /* Of a reading that broke off, the rest is lost to learning, not counted twice. */
    store_position_done(&upkeep->learned_until);
    upkeep->learned_until = reached;
}

/* --- The log, and what is too old. --- */

static void write_log(struct upkeep *upkeep)
{
    struct svc_buf rows;
    char error[256];
    size_t count = 0;

    svc_buf_init(&rows, LOG_TEXT_MAX);
    do {
        svc_buf_clear(&rows);
        count = search_log_take(upkeep->settings.log, LOG_BATCH, &rows);
        if (count > 0 &&
            store_add_searches(upkeep->settings.store,
                (struct svc_slice){svc_buf_text(&rows), rows.length}, error) != SVC_OK) {
            complain(upkeep, "can't write the log of searches; it is dropped", error);
            break;
        }
    } while (count == LOG_BATCH);
    svc_buf_done(&rows);
}

static void prune(struct upkeep *upkeep)
{
    int64_t rows = 0;
    char error[256];

    if (store_prune(upkeep->settings.store, &upkeep->settings.retention, &rows, error) !=
        SVC_OK) {
        complain(upkeep, "can't prune", error);
    }
    upkeep->prune_at_ms = svc_clock_monotonic_ms() + (rows > 0 ? 1000 : PRUNE_EVERY_MS);
}

static void tick(struct upkeep *upkeep)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    struct feed_state state;

    feed_state(upkeep->settings.feed, &state);
    if (!state.database_up) {
        return;
    }
    keep_categories(upkeep);
    if (now_ms >= upkeep->learn_at_ms) {
        learn(upkeep);
        upkeep->learn_at_ms = now_ms + LEARN_EVERY_MS;
    }
    if (now_ms >= upkeep->log_at_ms) {
        write_log(upkeep);
        upkeep->log_at_ms = now_ms + LOG_EVERY_MS;
    }
    if (now_ms >= upkeep->prune_at_ms) {
        prune(upkeep);
    }
}

static bool wait_for_tick(struct upkeep *upkeep)
{
    pthread_mutex_lock(&upkeep->lock);
    bool stopping =
        svc_condition_wait_told(&upkeep->stop, &upkeep->lock, &upkeep->stopping, TICK_MS);
    pthread_mutex_unlock(&upkeep->lock);
    return !stopping;
}

static void *run(void *argument)
{
    struct upkeep *upkeep = argument;

    while (wait_for_tick(upkeep)) {
        tick(upkeep);
    }
    write_log(upkeep);
    pthread_mutex_lock(&upkeep->lock);
    upkeep->ended = true;
    pthread_cond_broadcast(&upkeep->stop);
    pthread_mutex_unlock(&upkeep->lock);
    return NULL;
}

struct upkeep *upkeep_new(const struct upkeep_settings *settings)
{
    struct upkeep *upkeep = svc_alloc_zero(1, sizeof *upkeep);

    upkeep->settings = *settings;
    upkeep->read_overview_ms = -1;
    upkeep->prune_at_ms = svc_clock_monotonic_ms() + PRUNE_FIRST_MS;
    pthread_mutex_init(&upkeep->lock, NULL);
    svc_condition_init(&upkeep->stop);
    if (pthread_create(&upkeep->thread, NULL, run, upkeep) != 0) {
        abort();
    }
    return upkeep;
}

void upkeep_free(struct upkeep **upkeep_pointer)
{
    struct upkeep *upkeep = *upkeep_pointer;

    *upkeep_pointer = NULL;
    if (upkeep == NULL) {
        return;
    }
    pthread_mutex_lock(&upkeep->lock);
    upkeep->stopping = true;
    pthread_cond_broadcast(&upkeep->stop);
    bool ended =
        svc_condition_wait_told(&upkeep->stop, &upkeep->lock, &upkeep->ended, END_MS);
    pthread_mutex_unlock(&upkeep->lock);
    if (!ended) {
        store_give_up(upkeep->settings.store);
    }
    pthread_join(upkeep->thread, NULL);
    store_position_done(&upkeep->learned_until);
    pthread_cond_destroy(&upkeep->stop);
    pthread_mutex_destroy(&upkeep->lock);
    free(upkeep);
}

int64_t upkeep_learned(struct upkeep *upkeep)
{
    return atomic_load(&upkeep->learned_count);
}
