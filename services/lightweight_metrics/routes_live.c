#include "routes.h"

#include <svc/clock.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PART_MAX ((size_t)4 * 1024 * 1024)
#define STEP_MS 100

static struct service *service_of(const struct svc_request *request)
{
    return request->runtime->state;
}

static enum svc_status fail(const struct svc_request *request, struct svc_reply *reply,
    enum svc_status status, const char *error)
{
    reply->detail = svc_arena_strndup(request->arena, error, strlen(error));
    return status;
}

enum svc_status get_live(struct svc_request *request, struct svc_reply *reply)
{
    char error[256] = "";
    enum svc_status status =
        live_write(service_of(request)->live, reply->json.buf, error);

    return status == SVC_OK ? SVC_OK : fail(request, reply, status, error);
}

/* {"<name>": <part>} */
static enum svc_status write_part(struct svc_request *request, struct svc_reply *reply,
    const char *name, const char *part)
{
    char error[256] = "";

    svc_json_write_object_begin(&reply->json);
    svc_json_write_key(&reply->json, name);
    enum svc_status status =
        live_write_part(service_of(request)->live, part, reply->json.buf, error);
    reply->json.needs_comma = true;
    svc_json_write_object_end(&reply->json);
    return status == SVC_OK ? SVC_OK : fail(request, reply, status, error);
}

enum svc_status get_success_metrics(struct svc_request *request, struct svc_reply *reply)
{
    return write_part(request, reply, "metrics", "success_metrics");
}

enum svc_status get_services(struct svc_request *request, struct svc_reply *reply)
{
    return write_part(request, reply, "services", "services");
}

enum svc_status get_migration(struct svc_request *request, struct svc_reply *reply)
{
    return write_part(request, reply, "migration", "migration");
}

/* One open stream. */
struct feed {
    struct service *service;
    int64_t next_ms; /* monotonic: when the next part is due */
};

/* Not longer than a second at a time, so that an end is seen. */
static void wait_until(int64_t until_ms)
{
    static const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
    int64_t latest_ms = svc_clock_monotonic_ms() + 1000;

    until_ms = until_ms < latest_ms ? until_ms : latest_ms;
    while (svc_clock_monotonic_ms() < until_ms) {
        nanosleep(&step, NULL);
    }
}

/* An event of its own is one line. */
static void add_data(struct svc_buf *out, const struct svc_buf *part)
{
    size_t start = out->length + 6;

    svc_buf_add_text(out, "data: ");
    svc_buf_add(out, svc_buf_text(part), part->length);
    for (size_t i = start; i < out->length; i++) {
        if (out->bytes[i] == '\n' || out->bytes[i] == '\r') {
            out->bytes[i] = ' ';
        }
    }
    svc_buf_add_text(out, "\n\n");
}

static bool next_part(void *context, struct svc_buf *out)
{
    struct feed *feed = context;
    struct svc_buf part;
    char error[256];

    wait_until(feed->next_ms);
    if (svc_clock_monotonic_ms() < feed->next_ms) {
        svc_buf_add_text(out, ":\n\n"); /* alive */
        return true;
    }
    feed->next_ms = svc_clock_monotonic_ms() + feed->service->config->stream_ms;
    svc_buf_init(&part, PART_MAX);
    if (live_write(feed->service->live, &part, error) == SVC_OK) {
        add_data(out, &part);
    } else {
        svc_buf_add_text(out, ": the database does not answer\n\n");
    }
    svc_buf_done(&part);
    return true;
}

static void end_feed(void *context)
{
    struct feed *feed = context;

    atomic_fetch_sub(&feed->service->streams, 1);
    free(feed);
}

enum svc_status get_stream(struct svc_request *request, struct svc_reply *reply)
{
    struct service *service = service_of(request);

    if (atomic_fetch_add(&service->streams, 1) >= service->config->streams_max) {
        atomic_fetch_sub(&service->streams, 1);
        reply->detail = "STREAMS_MAX are open already";
        return SVC_UNAVAILABLE;
    }
    struct feed *feed = svc_alloc_zero(1, sizeof *feed);
    feed->service = service;
    reply->content_type = "text/event-stream; charset=utf-8";
    reply->stream = (struct svc_stream){next_part, end_feed, feed};
    svc_reply_header(request, "Cache-Control", "no-store");
    svc_reply_header(request, "X-Accel-Buffering", "no");
    svc_buf_add_text(reply->json.buf, "retry: 2000\n\n");
    return SVC_OK;
}
