#include "call_stats.h"

#include <svc/mem.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMES_MAX (2 * PROVIDERS_MAX) /* old ones, of rows that are gone, make room */
#define TIMES_MAX 256

struct entry {
    char name[PROVIDER_NAME_MAX + 1];
    uint64_t calls, answered;
    int32_t times_ms[TIMES_MAX]; /* a ring, by `answered` */
    char last_error[128];
    int64_t last_error_ms;
    int64_t used_ms;
};

struct call_stats {
    pthread_mutex_t lock;
    struct entry entries[NAMES_MAX];
};

struct call_stats *call_stats_new(void)
{
    struct call_stats *stats = svc_alloc_zero(1, sizeof *stats);

    pthread_mutex_init(&stats->lock, NULL);
    return stats;
}

void call_stats_free(struct call_stats **stats)
{
    if (*stats != NULL) {
        pthread_mutex_destroy(&(*stats)->lock);
    }
    free(*stats);
    *stats = NULL;
}

static struct entry *find(struct call_stats *stats, struct svc_slice name)
{
    for (size_t i = 0; i < NAMES_MAX; i++) {
        struct entry *entry = &stats->entries[i];
        if (strlen(entry->name) == name.length && name.length > 0 &&
            strncasecmp(entry->name, name.text, name.length) == 0) {
            return entry;
        }
    }
    return NULL;
}

static struct entry *find_or_make(struct call_stats *stats, struct svc_slice name)
{
    struct entry *entry = find(stats, name);

    if (entry != NULL) {
        return entry;
    }
    entry = &stats->entries[0];
    for (size_t i = 1; i < NAMES_MAX; i++) {
        if (stats->entries[i].used_ms < entry->used_ms) {
            entry = &stats->entries[i];
        }
    }
    *entry = (struct entry){0};
    snprintf(entry->name, sizeof entry->name, "%.*s", (int)name.length, name.text);
    return entry;
}

void call_stats_note(
    struct call_stats *stats, const struct cascade_attempt *attempt, int64_t now_ms)
{
    const char *reason = attempt->reason != NULL ? attempt->reason : "no answer";

    pthread_mutex_lock(&stats->lock);
    struct entry *entry = find_or_make(stats, attempt->provider);
    entry->used_ms = now_ms;
    entry->calls++;
    if (attempt->outcome == PROVIDER_ANSWERED) {
        entry->times_ms[entry->answered++ % TIMES_MAX] = (int32_t)attempt->took_ms;
    } else {
        snprintf(entry->last_error, sizeof entry->last_error, "%s", reason);
        entry->last_error_ms = now_ms;
    }
    pthread_mutex_unlock(&stats->lock);
}

static int compare_times(const void *left, const void *right)
{
    int32_t one = *(const int32_t *)left;
    int32_t other = *(const int32_t *)right;

    return (one > other) - (one < other);
}

void call_stats_get(
    struct call_stats *stats, struct svc_slice provider, struct call_summary *ret_summary)
{
    int32_t times_ms[TIMES_MAX];
    size_t count = 0;

    *ret_summary = (struct call_summary){.p50_ms = -1, .p95_ms = -1};
    pthread_mutex_lock(&stats->lock);
    const struct entry *entry = find(stats, provider);
    if (entry != NULL) {
        ret_summary->calls = entry->calls;
        ret_summary->answered = entry->answered;
        ret_summary->last_error_ms = entry->last_error_ms;
        memcpy(ret_summary->last_error, entry->last_error, sizeof entry->last_error);
        count = entry->answered < TIMES_MAX ? (size_t)entry->answered : TIMES_MAX;
        memcpy(times_ms, entry->times_ms, count * sizeof times_ms[0]);
    }
    pthread_mutex_unlock(&stats->lock);
    if (count > 0) {
        qsort(times_ms, count, sizeof times_ms[0], compare_times);
        ret_summary->p50_ms = times_ms[count / 2];
        ret_summary->p95_ms = times_ms[count * 95 / 100];
    }
}
