/* How large and how fast the search index is, without HTTP and without PostgreSQL, over
 * generated products whose words are as frequent as words are (Zipf).
 *
 *     build/release/tests/index_bench [products] [threads] [seconds a kind] [kind] [file]
 *
 * With a kind ("two words") only that; with a file the index is loaded from it, if it is
 * there, and else saved to it.
 *
 * Prints what building, saving and loading take, the memory, and for each kind of query
 * how many a second and its latencies; "mean" is of the CPU's time. */
#include "index_shop.h"

#include <svc/clock.h>
#include <svc/mem.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 2000000
#define NOW_S 1800000000

/* A line of /proc/self/status, in MB. */
static double memory_mb(const char *name)
{
    FILE *stream = fopen("/proc/self/status", "r");
    char line[256];
    double mb = 0;

    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            mb = strtod(line + strlen(name), NULL) / 1024;
        }
    }
    if (stream != NULL) {
        fclose(stream);
    }
    return mb;
}

static void build(struct shop *shop, size_t count)
{
    struct index_build *building = index_build_new(shop->index, count);
    struct texts *texts = svc_alloc(sizeof *texts);
    int64_t add_ns = 0;

    for (size_t i = 0; i < count; i++) {
        struct product product;
        shop_product(shop, texts, i, &product);
        int64_t start_ns = svc_clock_monotonic_ns();
        index_build_add(building, &product);
        add_ns += svc_clock_monotonic_ns() - start_ns;
    }
    int64_t start_ns = svc_clock_monotonic_ns();
    if (index_build_finish(&building, 1) != SVC_OK) {
        fputs("too large\n", stderr);
        exit(1);
    }
    int64_t finish_ns = svc_clock_monotonic_ns() - start_ns;
    struct index_stats stats;
    index_stats(shop->index, &stats);
    printf(
        "build: add %.1f s, finish %.1f s; %zu products, %zu terms, %.0f MB of index\n",
        (double)add_ns / 1e9, (double)finish_ns / 1e9, stats.products, stats.terms,
        (double)stats.bytes / 1e6);
    printf("memory: %.0f MB now, %.0f MB at most\n", memory_mb("VmRSS:"),
        memory_mb("VmHWM:"));
    free(texts);
}

static void new_index(struct shop *shop)
{
    index_free(&shop->index);
    shop->index = index_new(
        &(struct index_settings){.analyser = shop->analyser, .weights = &shop->weights});
}

static bool load(struct shop *shop, const char *path)
{
    char error[256] = "";
    int64_t start_ms = svc_clock_monotonic_ms();

    new_index(shop);
    if (index_load(shop->index, path, error) != SVC_OK) {
        printf("%s\n", error);
        return false;
    }
    printf("load: %lld ms, %.0f MB now\n",
        (long long)(svc_clock_monotonic_ms() - start_ms), memory_mb("VmRSS:"));
    return true;
}

static void save(struct shop *shop, const char *path)
{
    char error[256] = "";
    int64_t start_ms = svc_clock_monotonic_ms();
    enum svc_status saved = index_save(shop->index, path, error);

    printf("save: %lld ms %s\n", (long long)(svc_clock_monotonic_ms() - start_ms),
        saved == SVC_OK ? "" : error);
}

/* Built, saved and loaded again, or only loaded. */
static void prepare(struct shop *shop, size_t count, const char *file)
{
    char own[64];

    snprintf(own, sizeof own, "/tmp/index_bench.%d", (int)getpid());
    const char *path = file != NULL ? file : own;
    if (file != NULL && load(shop, file)) {
        return;
    }
    build(shop, count);
    save(shop, path);
    load(shop, path);
    if (file == NULL) {
        unlink(path);
    }
}

/* --- Queries --- */

enum kind {
    RARE,
    COMMON,
    TWO,
    FIVE,
    FIVE_COMMON,
    TYPO,
    PREFIX,
    SYNONYMS,
    RELAXED,
    FACETS,
    CATEGORY,
    PRICE,
    EMPTY,
    SUGGEST,
    MIXED,
    KINDS
};

static const char *const kind_names[KINDS] = {"rare word", "common word", "two words",
    "five words", "five common words", "typo", "prefix", "synonyms", "no match, relaxed",
    "common, with facets", "category alone", "common, by price", "empty", "suggest",
    "mixed"};

static void add_word(struct shop *shop, struct svc_arena *arena,
    struct query_phrase *phrase, const char *text)
{
    struct token_list tokens = {0};
    struct query_word *word = &phrase->words[phrase->count++];

    analyser_tokens(
        shop->analyser, arena, (struct svc_slice){text, strlen(text)}, 1, &tokens);
    word->exact = tokens.list[0].exact;
    analyser_forms(shop->analyser, arena, word->exact, &word->forms);
}

static struct query_slot *add_slot(
    struct shop *shop, struct svc_arena *arena, struct query *query, const char *text)
{
    struct query_slot *slot = &query->slots[query->slot_count++];

    slot->phrase_count = 1;
    add_word(shop, arena, &slot->phrases[0], text);
    return slot;
}

static const char *misspell(
    struct shop *shop, struct svc_arena *arena, uint64_t *state, size_t word)
{
    char *text = svc_arena_strndup(arena, shop->words[word], strlen(shop->words[word]));
    size_t at = 1 + shop_below(state, strlen(text) - 2);
    char swapped = text[at];

    text[at] = text[at + 1] != swapped ? text[at + 1] : 'x';
    text[at + 1] = swapped;
    return text;
}

static void add_synonyms(
    struct shop *shop, struct svc_arena *arena, uint64_t *state, struct query_slot *slot)
{
    for (size_t i = 0; i < 6; i++) {
        struct query_phrase *phrase = &slot->phrases[slot->phrase_count++];
        phrase->synonym = true;
        add_word(shop, arena, phrase, shop->words[200 + shop_below(state, 1000)]);
        if (i % 3 == 2) {
            add_word(shop, arena, phrase, shop->words[shop_below(state, 300)]);
        }
    }
}

static void add_words(struct shop *shop, struct svc_arena *arena, uint64_t *state,
    struct query *query, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++) {
        add_slot(shop, arena, query, shop->words[shop_below(state, limit)]);
    }
}

static void make_query(struct shop *shop, struct svc_arena *arena, uint64_t *state,
    enum kind kind, struct query *query)
{
    char prefix[8];

    *query = (struct query){
        .slots = svc_arena_alloc(arena, 6 * sizeof(struct query_slot)),
        .filters = {.price_min_minor = -1, .price_max_minor = -1},
    };
    switch (kind) {
    case RARE:
        add_slot(shop, arena, query, shop->words[3000 + shop_below(state, 30000)]);
        break;
    case TWO:
        add_slot(shop, arena, query, shop->words[200 + shop_below(state, TYPES)]);
        add_words(shop, arena, state, query, 1, 300);
        break;
    case FIVE:
        add_words(shop, arena, state, query, 5, 2000);
        break;
    case FIVE_COMMON:
        add_words(shop, arena, state, query, 5, 20);
        break;
    case TYPO:
        add_slot(shop, arena, query,
            misspell(shop, arena, state, 200 + shop_below(state, 5000)));
        break;
    case SUGGEST:
    case PREFIX:
        snprintf(prefix, sizeof prefix, "%.*s", 3 + (int)shop_below(state, 3),
            shop->words[shop_below(state, 5000)]);
        add_slot(shop, arena, query, prefix)->may_be_prefix = true;
        query->text = query->slots[0].phrases[0].words[0].exact;
        break;
    case SYNONYMS:
        add_synonyms(shop, arena, state,
            add_slot(shop, arena, query, shop->words[200 + shop_below(state, TYPES)]));
        add_words(shop, arena, state, query, 1, 100);
        break;
    case RELAXED:
        add_words(shop, arena, state, query, 2, 30);
        add_slot(shop, arena, query, shop->words[3000 + shop_below(state, 30000)]);
        add_slot(shop, arena, query, shop->words[3000 + shop_below(state, 30000)]);
        break;
    case CATEGORY:
        query->filters.category_id = 1 + (int64_t)shop_below(state, CATEGORIES);
        break;
    case PRICE:
        add_words(shop, arena, state, query, 1, 20);
        query->filters.price_max_minor = (int64_t)shop_below(state, 500000);
        query->sort = QUERY_SORT_PRICE_UP;
        break;
    case EMPTY:
        break;
    case COMMON:
    case FACETS:
    default:
        add_words(shop, arena, state, query, 1, 20);
        break;
    }
}

struct worker {
    struct shop *shop;
    pthread_t thread;
    enum kind kind;
    uint64_t state;
    int64_t end_ns;
    uint32_t *latencies_ns;
    size_t count;
    size_t found;
    int64_t cpu_ns;
};

static int64_t cpu_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void answer(struct shop *shop, enum kind kind, const struct query *query,
    struct svc_arena *arena, struct index_result *result)
{
    const struct index_options options = {
        .limit = 10, .now_s = NOW_S, .facets = kind == FACETS, .partial = true};
    struct index_suggestion suggestions[10];

    if (kind != SUGGEST) {
        index_search(shop->index, query, &options, arena, result);
        return;
    }
    *result = (struct index_result){0};
    result->total = index_suggest(shop->index, query->text, 10, arena, suggestions);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct svc_arena arena = {0};

    while (svc_clock_monotonic_ns() < worker->end_ns && worker->count < SAMPLES_MAX) {
        enum kind kind = worker->kind != MIXED
                             ? worker->kind
                             : (enum kind)shop_below(&worker->state, MIXED);
        struct query query;
        struct index_result result;
        make_query(worker->shop, &arena, &worker->state, kind, &query);
        int64_t start_ns = svc_clock_monotonic_ns();
        int64_t start_cpu_ns = cpu_ns();
        answer(worker->shop, kind, &query, &arena, &result);
        worker->latencies_ns[worker->count++] =
            (uint32_t)(svc_clock_monotonic_ns() - start_ns);
        worker->cpu_ns += cpu_ns() - start_cpu_ns;
        worker->found += result.total;
        svc_arena_reset(&arena);
    }
    svc_arena_done(&arena);
    return NULL;
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static void measure(struct shop *shop, enum kind kind, size_t threads, double seconds)
{
    struct worker *workers = svc_alloc_zero(threads, sizeof *workers);
    uint32_t *all = svc_alloc(threads * SAMPLES_MAX * sizeof *all);
    int64_t end_ns = svc_clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    size_t count = 0;
    size_t found = 0;
    double sum = 0;

    for (size_t i = 0; i < threads; i++) {
        workers[i] = (struct worker){.shop = shop,
            .kind = kind,
            .state = 99 + i,
            .end_ns = end_ns,
            .latencies_ns = svc_alloc(SAMPLES_MAX * sizeof(uint32_t))};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        memcpy(all + count, workers[i].latencies_ns, workers[i].count * sizeof *all);
        count += workers[i].count;
        found += workers[i].found;
        sum += (double)workers[i].cpu_ns;
        free(workers[i].latencies_ns);
    }
    qsort(all, count, sizeof *all, compare);
    printf("%-20s %8.0f/s  found %7zu  mean %6.3f  p50 %6.3f  p95 %6.3f  p99 %6.3f  "
           "max %6.3f ms\n",
        kind_names[kind], (double)count / seconds, found / (count + (count == 0)),
        sum / (double)count / 1e6, all[count / 2] / 1e6, all[count * 95 / 100] / 1e6,
        all[count * 99 / 100] / 1e6, all[count - 1] / 1e6);
    free(all);
    free(workers);
}

/* Changes to a tenth of a thousandth of the products at a time. */
static void change(struct shop *shop, size_t count)
{
    enum { BATCH = 100, BATCHES = 50 };
    struct texts *texts = svc_alloc(BATCH * sizeof *texts);
    struct product products[BATCH];
    struct index_change changes[BATCH];
    int64_t most_ns = 0;
    int64_t sum_ns = 0;

    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (size_t i = 0; i < BATCH; i++) {
            shop_product(shop, &texts[i], shop_below(&shop->state, count), &products[i]);
            changes[i] = (struct index_change){products[i].id, &products[i]};
        }
        int64_t start_ns = svc_clock_monotonic_ns();
        index_apply(shop->index, changes, BATCH, (int64_t)batch);
        int64_t took_ns = svc_clock_monotonic_ns() - start_ns;
        sum_ns += took_ns;
        most_ns = took_ns > most_ns ? took_ns : most_ns;
    }
    struct index_stats stats;
    index_stats(shop->index, &stats);
    printf(
        "changes: %d batches of %d, mean %.1f ms, max %.1f ms; %zu segments, %zu dead\n",
        BATCHES, BATCH, (double)sum_ns / BATCHES / 1e6, (double)most_ns / 1e6,
        stats.segments, stats.dead);
    free(texts);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 100000;
    size_t threads = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 1;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 1;
    const char *only = argc > 4 ? argv[4] : "";
    struct shop *shop = svc_alloc_zero(1, sizeof *shop);

    setvbuf(stdout, NULL, _IOLBF, 0);
    shop->state = 1;
    shop->analyser = analyser_new("es");
    weights_default(&shop->weights);
    new_index(shop);
    shop_words(shop);
    prepare(shop, count, argc > 5 ? argv[5] : NULL);
    for (int kind = 0; kind < KINDS; kind++) {
        if (only[0] == '\0' || strcmp(only, kind_names[kind]) == 0) {
            measure(shop, (enum kind)kind, threads, seconds);
        }
    }
    if (only[0] == '\0') {
        change(shop, count);
        measure(shop, MIXED, threads, seconds);
    }
    index_free(&shop->index);
    analyser_free(&shop->analyser);
    free(shop);
    return 0;
}
