#include "metrics.h"

#include "process_stats.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKET_COUNT 16

static const struct {
    int64_t nanoseconds;
    const char *label;
} buckets[BUCKET_COUNT] = {
    {100000, "0.0001"},
    {250000, "0.00025"},
    {500000, "0.0005"},
    {1000000, "0.001"},
    {2500000, "0.0025"},
    {5000000, "0.005"},
    {10000000, "0.01"},
    {25000000, "0.025"},
    {50000000, "0.05"},
    {100000000, "0.1"},
    {250000000, "0.25"},
    {500000000, "0.5"},
    {1000000000, "1"},
    {2500000000, "2.5"},
    {5000000000, "5"},
    {10000000000, "10"},
};

static const enum svc_status all_statuses[] = {
#define X(code, http, title) SVC_##code,
    SVC_STATUS_MAP(X)
#undef X
};

#define STATUS_COUNT (sizeof all_statuses / sizeof all_statuses[0])

struct svc_counter {
    struct svc_counter *next;
    const char *name;
    const char *labels;
    const char *help;
    atomic_uint_fast64_t value;
};

struct svc_histogram {
    struct svc_histogram *next;
    const char *name;
    const char *labels;
    const char *help;
    atomic_uint_fast64_t
        counts[BUCKET_COUNT + 1]; /* each value in one; the last: above all */
    atomic_int_fast64_t sum_ns;
};

struct gauge {
    struct gauge *next;
    const char *name;
    const char *help;
    double (*read)(void *context);
    void *context;
};

struct svc_metrics {
    const struct svc_openapi *api;
    struct svc_histogram
        *requests; /* by operation (the last: none matched), then status */
    struct svc_counter *counters;
    struct svc_histogram *histograms;
    struct gauge *gauges;
};

struct svc_metrics *svc_metrics_new(const struct svc_openapi *api)
{
    struct svc_metrics *metrics = svc_alloc_zero(1, sizeof *metrics);

    metrics->api = api;
    metrics->requests = svc_alloc_zero(
        (api->operation_count + 1) * STATUS_COUNT, sizeof *metrics->requests);
    return metrics;
}

void svc_metrics_free(struct svc_metrics **metrics_pointer)
{
    struct svc_metrics *metrics = *metrics_pointer;

    *metrics_pointer = NULL;
    if (metrics == NULL) {
        return;
    }
    for (struct svc_counter *next; metrics->counters != NULL; metrics->counters = next) {
        next = metrics->counters->next;
        free(metrics->counters);
    }
    for (struct svc_histogram *next; metrics->histograms != NULL;
         metrics->histograms = next) {
        next = metrics->histograms->next;
        free(metrics->histograms);
    }
    for (struct gauge *next; metrics->gauges != NULL; metrics->gauges = next) {
        next = metrics->gauges->next;
        free(metrics->gauges);
    }
    free(metrics->requests);
    free(metrics);
}

/* New ones go behind those of their name, since a scrape wants each name's lines
 * together. */
struct svc_counter *svc_metrics_counter(
    struct svc_metrics *metrics, const char *name, const char *labels, const char *help)
{
    struct svc_counter *counter = svc_alloc_zero(1, sizeof *counter);
    struct svc_counter **link = &metrics->counters;

    counter->name = name;
    counter->labels = labels;
    counter->help = help;
    while (*link != NULL && strcmp((*link)->name, name) != 0) {
        link = &(*link)->next;
    }
    while (*link != NULL && strcmp((*link)->name, name) == 0) {
        link = &(*link)->next;
    }
    counter->next = *link;
    *link = counter;
    return counter;
}

void svc_counter_add(struct svc_counter *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

struct svc_histogram *svc_metrics_histogram(
    struct svc_metrics *metrics, const char *name, const char *labels, const char *help)
{
    struct svc_histogram *histogram = svc_alloc_zero(1, sizeof *histogram);
    struct svc_histogram **link = &metrics->histograms;

    histogram->name = name;
    histogram->labels = labels;
    histogram->help = help;
    while (*link != NULL && strcmp((*link)->name, name) != 0) {
        link = &(*link)->next;
    }
    while (*link != NULL && strcmp((*link)->name, name) == 0) {
        link = &(*link)->next;
    }
    histogram->next = *link;
    *link = histogram;
    return histogram;
}

void svc_histogram_observe(struct svc_histogram *histogram, int64_t nanoseconds)
{
    size_t bucket = 0;

    while (bucket < BUCKET_COUNT && nanoseconds > buckets[bucket].nanoseconds) {
        bucket++;
    }
    atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_ns, nanoseconds, memory_order_relaxed);
}

void svc_metrics_gauge(struct svc_metrics *metrics, const char *name, const char *help,
    double (*read)(void *context), void *context)
{
    struct gauge *gauge = svc_alloc_zero(1, sizeof *gauge);

    *gauge = (struct gauge){metrics->gauges, name, help, read, context};
    metrics->gauges = gauge;
}

void svc_metrics_request(struct svc_metrics *metrics,
    const struct svc_operation *operation, enum svc_status status, int64_t nanoseconds)
{
    size_t row = operation != NULL ? operation->index : metrics->api->operation_count;

    svc_histogram_observe(&metrics->requests[row * STATUS_COUNT + status], nanoseconds);
}

static void write_head(
    struct svc_buf *out, const char *name, const char *help, const char *type)
{
    svc_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_histogram(struct svc_buf *out, const struct svc_histogram *histogram,
    const char *name, const char *labels)
{
    uint64_t total = 0;
    const char *comma = labels[0] != '\0' ? "," : "";

    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        total += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        svc_buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, labels, comma,
            buckets[i].label, (unsigned long long)total);
    }
    total += atomic_load_explicit(&histogram->counts[BUCKET_COUNT], memory_order_relaxed);
    int64_t sum = atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
    svc_buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, labels, comma,
        (unsigned long long)total);
    svc_buf_printf(out, "%s_sum{%s} %.9f\n", name, labels, (double)sum / 1e9);
    svc_buf_printf(out, "%s_count{%s} %llu\n", name, labels, (unsigned long long)total);
}

static bool is_empty(const struct svc_histogram *histogram)
{
    for (size_t i = 0; i <= BUCKET_COUNT; i++) {
        if (atomic_load_explicit(&histogram->counts[i], memory_order_relaxed) > 0) {
            return false;
        }
    }
    return true;
}

static void write_requests(const struct svc_metrics *metrics, struct svc_buf *out)
{
    static const char name[] = "http_request_duration_seconds";
    const struct svc_openapi *api = metrics->api;
    char labels[256];

    write_head(out, name, "Time from a request's last byte to its answer.", "histogram");
    for (size_t i = 0; i < (api->operation_count + 1) * STATUS_COUNT; i++) {
        const struct svc_histogram *histogram = &metrics->requests[i];
        size_t row = i / STATUS_COUNT;
        if (is_empty(histogram)) {
            continue;
        }
        bool known = row < api->operation_count;
        snprintf(labels, sizeof labels, "method=\"%s\",route=\"%.160s\",status=\"%d\"",
            known ? api->operations[row].method : "",
            known ? api->operations[row].path : "",
            svc_status_http(all_statuses[i % STATUS_COUNT]));
        write_histogram(out, histogram, name, labels);
    }
}

static void write_counters(const struct svc_metrics *metrics, struct svc_buf *out)
{
    const char *last = "";

    for (const struct svc_counter *at = metrics->counters; at != NULL; at = at->next) {
        if (strcmp(at->name, last) != 0) {
            write_head(out, at->name, at->help, "counter");
            last = at->name;
        }
        bool plain = at->labels[0] == '\0';
        svc_buf_printf(out, "%s%s%s%s %llu\n", at->name, plain ? "" : "{", at->labels,
            plain ? "" : "}",
            (unsigned long long)atomic_load_explicit(&at->value, memory_order_relaxed));
    }
}

void svc_metrics_write(const struct svc_metrics *metrics, struct svc_buf *out)
{
    const char *last = "";

    write_requests(metrics, out);
    write_counters(metrics, out);
    for (const struct svc_histogram *at = metrics->histograms; at != NULL;
         at = at->next) {
        if (strcmp(at->name, last) != 0) {
            write_head(out, at->name, at->help, "histogram");
            last = at->name;
        }
        write_histogram(out, at, at->name, at->labels);
    }
    for (const struct gauge *gauge = metrics->gauges; gauge != NULL;
         gauge = gauge->next) {
        write_head(out, gauge->name, gauge->help, "gauge");
        svc_buf_printf(out, "%s %.15g\n", gauge->name, gauge->read(gauge->context));
    }
    svc_process_stats_write(out);
}
