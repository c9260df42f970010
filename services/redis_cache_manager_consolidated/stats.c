#include "stats.h"

#include <svc/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LENGTH 64
/* The guide's success metrics: at least, and what is critical below. */
#define TARGET_RATE 0.80
#define CRITICAL_RATE 0.60

struct space {
    char name[NAME_MAX_LENGTH + 1];
    _Atomic uint64_t counts[STATS_LOOKUPS];
};

struct stats {
    int64_t since_ms;
    _Atomic uint64_t sessions[STATS_SOURCES];
    pthread_mutex_t lock; /* of adding a space */
    struct space spaces[STATS_NAMESPACES_MAX + 1];
    atomic_size_t space_count;
};

struct stats *stats_new(void)
{
    struct stats *stats = svc_alloc_zero(1, sizeof *stats);

    stats->since_ms = svc_clock_unix_ms();
    pthread_mutex_init(&stats->lock, NULL);
    return stats;
}

void stats_free(struct stats **stats_pointer)
{
    struct stats *stats = *stats_pointer;

    *stats_pointer = NULL;
    if (stats != NULL) {
        pthread_mutex_destroy(&stats->lock);
        free(stats);
    }
}

void stats_session(struct stats *stats, enum stats_source source)
{
    atomic_fetch_add_explicit(&stats->sessions[source], 1, memory_order_relaxed);
}

static struct space *find_space(struct stats *stats, struct svc_slice name)
{
    size_t count = atomic_load(&stats->space_count);

    for (size_t i = 0; i < count; i++) {
        if (strlen(stats->spaces[i].name) == name.length &&
            memcmp(stats->spaces[i].name, name.text, name.length) == 0) {
            return &stats->spaces[i];
        }
    }
    return NULL;
}

static struct space *add_space(struct stats *stats, struct svc_slice name)
{
    size_t count = atomic_load(&stats->space_count);

    if (count >= STATS_NAMESPACES_MAX) {
        name = SVC_SLICE("other");
    }
    struct space *space = find_space(stats, name);
    if (space == NULL) {
        space = &stats->spaces[count];
        memcpy(space->name, name.text,
            name.length < NAME_MAX_LENGTH ? name.length : NAME_MAX_LENGTH);
        atomic_store(&stats->space_count, count + 1);
    }
    return space;
}

void stats_cache(struct stats *stats, struct svc_slice name, enum stats_lookup lookup)
{
    struct space *space = find_space(stats, name);

    if (space == NULL) {
        pthread_mutex_lock(&stats->lock);
        space = add_space(stats, name);
        pthread_mutex_unlock(&stats->lock);
    }
    atomic_fetch_add_explicit(&space->counts[lookup], 1, memory_order_relaxed);
}

struct sums {
    uint64_t hits;
    uint64_t misses;
};

static double rate_of(struct sums sums)
{
    uint64_t all = sums.hits + sums.misses;

    return all > 0 ? (double)sums.hits / (double)all : 1.0;
}

/* A session is a hit where Redis or this process had it; one that is new was nowhere. */
static struct sums sum_sessions(const struct stats *stats)
{
    return (struct sums){
        .hits = stats->sessions[STATS_MEMORY] + stats->sessions[STATS_REDIS],
        .misses = stats->sessions[STATS_POSTGRES],
    };
}

static struct sums sum_space(const struct space *space)
{
    return (struct sums){
        .hits = space->counts[STATS_HIT] + space->counts[STATS_STALE],
        .misses = space->counts[STATS_MISS],
    };
}

static struct sums sum_all(const struct stats *stats)
{
    struct sums all = sum_sessions(stats);
    size_t count = atomic_load(&stats->space_count);

    for (size_t i = 0; i < count; i++) {
        struct sums one = sum_space(&stats->spaces[i]);
        all.hits += one.hits;
        all.misses += one.misses;
    }
    return all;
}

double stats_hit_rate(struct stats *stats)
{
    return rate_of(sum_all(stats));
}

static const char *judge(struct sums sums)
{
    double rate = rate_of(sums);

    if (sums.hits + sums.misses == 0) {
        return "no_data";
    }
    if (rate < CRITICAL_RATE) {
        return "critical";
    }
    return rate > TARGET_RATE ? "good" : "below_target";
}

static void write_sums(struct svc_json_writer *writer, struct sums sums)
{
    svc_json_write_field_int(writer, "hits", (int64_t)sums.hits);
    svc_json_write_field_int(writer, "misses", (int64_t)sums.misses);
    svc_json_write_key(writer, "hit_rate");
    if (sums.hits + sums.misses == 0) {
        svc_json_write_null(writer);
    } else {
        svc_json_write_double(writer, rate_of(sums));
    }
    svc_json_write_field_text(writer, "judgement", judge(sums));
}

static void write_sessions(struct stats *stats, struct svc_json_writer *writer)
{
    static const char *const names[STATS_SOURCES] = {
        "memory", "redis", "postgres", "created", "not_found"};

    svc_json_write_key(writer, "sessions");
    svc_json_write_object_begin(writer);
    for (size_t i = 0; i < STATS_SOURCES; i++) {
        svc_json_write_field_int(writer, names[i], (int64_t)stats->sessions[i]);
    }
    write_sums(writer, sum_sessions(stats));
    svc_json_write_object_end(writer);
}

static void write_spaces(struct stats *stats, struct svc_json_writer *writer)
{
    size_t count = atomic_load(&stats->space_count);

    svc_json_write_key(writer, "namespaces");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        const struct space *space = &stats->spaces[i];
        svc_json_write_object_begin(writer);
        svc_json_write_field_text(writer, "namespace", space->name);
        svc_json_write_field_int(writer, "stale", (int64_t)space->counts[STATS_STALE]);
        write_sums(writer, sum_space(space));
        svc_json_write_object_end(writer);
    }
    svc_json_write_array_end(writer);
}

void stats_write(struct stats *stats, struct svc_json_writer *writer)
{
    char since[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_field_text(
        writer, "since", svc_clock_format_ms(stats->since_ms, since));
    svc_json_write_key(writer, "goal");
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "target");
    svc_json_write_double(writer, TARGET_RATE);
    svc_json_write_key(writer, "critical");
    svc_json_write_double(writer, CRITICAL_RATE);
    svc_json_write_object_end(writer);
    svc_json_write_key(writer, "all");
    svc_json_write_object_begin(writer);
    write_sums(writer, sum_all(stats));
    svc_json_write_object_end(writer);
    write_sessions(stats, writer);
    write_spaces(stats, writer);
}
