/* Prometheus metrics (text format 0.0.4). Everything is registered before the first
 * request and lives as long as the process; counting is lock-free. Labels are fixed texts
 * of ours, never anything that a customer sent. */
#ifndef SVC_METRICS_H
#define SVC_METRICS_H

#include "buf.h"
#include "openapi.h"

struct svc_metrics;
struct svc_counter;
struct svc_histogram;

/* API is borrowed: its operations are labels. svc_metrics_free takes a pointer to NULL,
 * and frees what was registered, too. */
struct svc_metrics *svc_metrics_new(const struct svc_openapi *api);
void svc_metrics_free(struct svc_metrics **metrics);

/* NAME ends in _total; LABELS is "type=\"text\"" or "" and tells counters of one name
 * apart. */
struct svc_counter *svc_metrics_counter(
    struct svc_metrics *metrics, const char *name, const char *labels, const char *help);
void svc_counter_add(struct svc_counter *counter, uint64_t amount);

/* Seconds, in buckets from 0.1 ms to 10 s. */
struct svc_histogram *svc_metrics_histogram(
    struct svc_metrics *metrics, const char *name, const char *labels, const char *help);
void svc_histogram_observe(struct svc_histogram *histogram, int64_t nanoseconds);

/* READ is called at each scrape. */
void svc_metrics_gauge(struct svc_metrics *metrics, const char *name, const char *help,
    double (*read)(void *context), void *context);

/* One request: OPERATION may be NULL (none matched). */
void svc_metrics_request(struct svc_metrics *metrics,
    const struct svc_operation *operation, enum svc_status status, int64_t nanoseconds);

/* Adds what a scrape reads to OUT. */
void svc_metrics_write(const struct svc_metrics *metrics, struct svc_buf *out);

#endif
