/* ultra_optimized_product_search: what it is configured by, and what answers. */
#include "routes.h"

#include <svc/clock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WEIGHTS_SIZE_MAX ((size_t)64 * 1024)
#define CHANGES_DAYS 3

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_TEXT_AT(struct config, language, "LANGUAGE", "es",
        "of the products and the customers: es, en or pt"),
    SVC_SETTING_TEXT_AT(struct config, region, "SEARCH_REGION", "",
        "whose words count where countries differ: mx, co, ar ...; without it those that "
        "mean the same everywhere"),
    SVC_SETTING_TEXT_AT(struct config, words_dir, "SEARCH_WORDS_DIR", NULL,
        "a folder with the shop's own word files, in the place of those built in"),
    SVC_SETTING_TEXT_AT(struct config, weights_file, "RANKING_WEIGHTS", NULL,
        "a JSON file with weights of the ranking, over those that are built in"),
    SVC_SETTING_TEXT_AT(struct config, snapshot_dir, "SNAPSHOT_DIR", NULL,
        "a folder to save the index in, so that a start takes a moment; without it the "
        "index is built at each start"),
    SVC_SETTING_TEXT_AT(struct config, texts_dir, "TEXTS_DIR", NULL,
        "a folder with es.json, en.json, pt.json: what the shop says instead of the "
        "texts "
        "that are built in"),
    SVC_SETTING_INT_AT(struct config, snapshot_every_s, "SNAPSHOT_EVERY_S", "300", "s", 1,
        86400, "how often a changed index is saved"),
    SVC_SETTING_INT_AT(struct config, poll_ms, "CHANGES_POLL_MS", "200", "ms", 10, 60000,
        "how often PostgreSQL is asked what has changed"),
    SVC_SETTING_INT_AT(struct config, category_cache_s, "CATEGORY_CACHE_S", "1800", "s",
        1, 86400, "the categories are counted anew after this, and after a change"),
    SVC_SETTING_INT_AT(struct config, learned_pairs_max, "LEARNED_PAIRS_MAX", "200000",
        NULL, 1000, 10000000, "pairs of a word and a product that are remembered"),
    SVC_SETTING_INT_AT(struct config, feedback_days, "FEEDBACK_DAYS", "180", "days", 1,
        3650, "how long search_feedback is kept"),
    SVC_SETTING_INT_AT(struct config, search_log_days, "SEARCH_LOG_DAYS", "30", "days", 1,
        3650, "how long search_log is kept"),
    SVC_SETTING_INT_AT(struct config, search_log_waiting, "SEARCH_LOG_WAITING_MAX",
        "4096", NULL, 1, 1000000,
        "searches that wait to be logged; further ones are dropped"),
};

static const struct svc_route routes[] = {
    {"postSearch", post_search},
    {"getSuggest", get_suggest},
    {"getCategories", get_categories},
    {"getCategoryProducts", get_category_products},
    {"getProduct", get_product},
    {"postFeedback", post_feedback},
    {"getIndex", get_index},
};

static bool read_weights(struct weights *weights, char ret_error[256])
{
    weights_default(weights);
    if (config.weights_file == NULL) {
        return true;
    }
    FILE *file = fopen(config.weights_file, "re");
    if (file == NULL) {
        snprintf(
            ret_error, 256, "RANKING_WEIGHTS: can't read %.200s", config.weights_file);
        return false;
    }
    SVC_AUTO_FREE char *bytes = svc_alloc(WEIGHTS_SIZE_MAX);
    size_t length = fread(bytes, 1, WEIGHTS_SIZE_MAX, file);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken) {
        snprintf(
            ret_error, 256, "RANKING_WEIGHTS: can't read %.200s", config.weights_file);
        return false;
    }
    const char *fault = weights_read(weights, bytes, length);
    if (fault != NULL) {
        snprintf(ret_error, 256, "RANKING_WEIGHTS: %.200s", fault);
    }
    return fault == NULL;
}

/* The language, its words, the weights: what can be wrong in the settings. */
static bool open_language(struct search_state *state, char ret_error[256])
{
    state->analyser = analyser_new(config.language);
    if (state->analyser == NULL) {
        snprintf(ret_error, 256, "LANGUAGE=%.20s: must be es, en or pt", config.language);
        return false;
    }
    if (!read_weights(&state->weights, ret_error) ||
        !svc_texts_open(config.texts_dir, &state->texts, ret_error)) {
        return false;
    }
    char reason[256] = "";
    state->words = words_load(config.words_dir, config.language,
        config.region != NULL ? config.region : "", state->analyser, reason);
    if (state->words == NULL) {
        bool names_itself = strncmp(reason, "SEARCH_", 7) == 0;
        snprintf(
            ret_error, 256, "%s%.230s", names_itself ? "" : "SEARCH_WORDS_DIR: ", reason);
    }
    return state->words != NULL;
}

static void count(struct search_state *state, struct svc_metrics *metrics)
{
    static const char help[] = "Searches, by what answered.";

    state->from_index =
        svc_metrics_counter(metrics, "search_searches_total", "source=\"index\"", help);
    state->from_postgres = svc_metrics_counter(
        metrics, "search_searches_total", "source=\"postgresql\"", help);
    state->found_nothing = svc_metrics_counter(
        metrics, "search_found_nothing_total", "", "Searches that found no product.");
    state->log_dropped = svc_metrics_counter(metrics, "search_log_dropped_total", "",
        "Searches that weren't logged, since too many waited.");
    state->search_time = svc_metrics_histogram(
        metrics, "search_seconds", "", "From the words to the products found.");
}

/* How old what the index has may be; a scrape's time. */
static double read_age_s(void *context)
{
    const struct search_state *state = context;
    struct feed_state feed;

    feed_state(state->feed, &feed);
    return feed.seen_ms > 0 ? (double)(svc_clock_unix_ms() - feed.seen_ms) / 1000 : -1;
}

static double read_changes(void *context)
{
    const struct search_state *state = context;
    struct feed_state feed;

    feed_state(state->feed, &feed);
    return (double)feed.changes;
}

static void measure(struct search_state *state, struct svc_metrics *metrics)
{
    svc_metrics_gauge(metrics, "search_index_age_seconds",
        "What was committed so long ago is in the index; -1 before the first time.",
        read_age_s, state);
    svc_metrics_gauge(metrics, "search_changes_applied",
        "Products put in, changed or taken out since the start.", read_changes, state);
}

static void stop(struct svc_runtime *runtime)
{
    struct search_state *state = runtime->state;

    upkeep_free(&state->upkeep);
    feed_free(&state->feed);
    store_free(&state->store);
    search_log_free(&state->log);
    categories_free(&state->categories);
    index_free(&state->index);
    learned_free(&state->learned);
    svc_texts_close(&state->texts);
    words_free(&state->words);
    analyser_free(&state->analyser);
    free(state);
    runtime->state = NULL;
}

static void start_threads(struct search_state *state)
{
    const struct feed_settings feed = {
        .store = state->store,
        .index = state->index,
        .language = config.language,
        .snapshot_dir = config.snapshot_dir,
        .snapshot_every_s = config.snapshot_every_s,
        .poll_ms = config.poll_ms,
    };

    state->feed = feed_new(&feed);
    const struct upkeep_settings upkeep = {
        .store = state->store,
        .feed = state->feed,
        .categories = state->categories,
        .learned = state->learned,
        .log = state->log,
        .analyser = state->analyser,
        .words = state->words,
        .category_cache_s = config.category_cache_s,
        .retention = {CHANGES_DAYS, config.feedback_days, config.search_log_days},
    };
    state->upkeep = upkeep_new(&upkeep);
}

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    struct search_state *state = svc_alloc_zero(1, sizeof *state);

    state->config = &config;
    runtime->state = state;
    if (runtime->pg == NULL) {
        snprintf(ret_error, 256, "DATABASE_URL is not set; the catalogue is there");
        stop(runtime);
        return false;
    }
    if (!open_language(state, ret_error)) {
        stop(runtime);
        return false;
    }
    state->store = store_new(runtime->pg, runtime->database_url, ret_error);
    if (state->store == NULL) {
        stop(runtime);
        return false;
    }
    state->learned = learned_new((size_t)config.learned_pairs_max);
    const struct index_settings index = {
        .analyser = state->analyser,
        .weights = &state->weights,
        .learned = state->learned,
        .words = state->words,
    };
    state->index = index_new(&index);
    state->categories = categories_new(state->analyser);
    state->log = search_log_new((size_t)config.search_log_waiting);
    count(state, runtime->metrics);
    start_threads(state);
    measure(state, runtime->metrics);
    return true;
}

/* Waits for the first look at PostgreSQL, which a --check would miss otherwise. */
static void wait_for_look(const struct search_state *state, struct feed_state *ret_feed)
{
    static const struct timespec step = {.tv_nsec = 10 * 1000000};

    feed_state(state->feed, ret_feed);
    for (int i = 0; !ret_feed->looked && i < 300; i++) {
        nanosleep(&step, NULL);
        feed_state(state->feed, ret_feed);
    }
}

/* Whether PostgreSQL has what it takes to answer a search: finds no product, at no cost.
 */
static bool postgres_can(const struct search_state *state, char ret_error[256])
{
    const struct query query = {
        .filters = {.price_min_minor = -1, .price_max_minor = -1}};
    const struct index_options options = {.limit = 0};
    const struct store_question question = {
        &query, &options, feed_shop(state->feed).minor_per_unit};
    struct svc_arena arena = {0};
    struct index_result result = {0};

    enum svc_status status =
        store_search(state->store, &question, &arena, &result, ret_error);
    svc_arena_done(&arena);
    return status == SVC_OK;
}

/* Without the index PostgreSQL answers; without that the index does. */
static void ask_index(const struct svc_runtime *runtime, struct svc_part *ret_part)
{
    const struct search_state *state = runtime->state;
    struct feed_state feed;

    char error[256] = "is being built";

    wait_for_look(state, &feed);
    ret_part->name = "index";
    ret_part->up = feed.ready;
    ret_part->needed =
        !feed.ready && feed.error[0] != '\0' && !postgres_can(state, error);
    if (!feed.ready) {
        snprintf(ret_part->error, sizeof ret_part->error, "%.240s",
            feed.error[0] != '\0' ? feed.error : error);
    }
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "finds what a customer means: products and categories",
        .port = "8105",
        .threads = "2",
        .body_limit = "1048576",
        .uses = SVC_USES_POSTGRES | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
        .ask_part = ask_index,
    };

    return svc_app_run(&app, argc, argv);
}
