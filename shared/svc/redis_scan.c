#include "redis_private.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

/* Keys that SCAN looks at in one call: some 100 us of Redis's time. */
#define LOOK_AT "500"
#define CURSOR_SIZE 24

struct scan {
    struct svc_redis *redis;
    const char *match;
    svc_redis_scan_visit *visit;
    void *context;
    bool over; /* the visitor wants no more */
};

/* One SCAN from CURSOR, which becomes the next one; "0" at the end. */
static enum svc_status ask_for_keys(const struct scan *scan, struct svc_redis_node *node,
    char cursor[CURSOR_SIZE], struct svc_redis_reply **ret_reply,
    struct svc_redis_error *ret_error)
{
    const struct svc_slice command[] = {SVC_SLICE("SCAN"), {cursor, strlen(cursor)},
        SVC_SLICE("MATCH"), {scan->match, strlen(scan->match)}, SVC_SLICE("COUNT"),
        SVC_SLICE(LOOK_AT)};
    struct svc_buf bytes;

    svc_buf_init(&bytes, SIZE_MAX / 2);
    svc_redis_wire_add(&bytes, 6, command);
    struct svc_redis_request request = {
        .node = node,
        .bytes = bytes.bytes,
        .length = bytes.length,
        .replies = ret_reply,
        .reply_count = 1,
        .deadline_ns = svc_clock_monotonic_ns() + scan->redis->options.timeout_ns,
    };
    svc_redis_requests_run(&request, 1);
    svc_buf_done(&bytes);
    if (request.status != SVC_OK) {
        return svc_redis_fail(ret_error, request.status, request.message);
    }
    struct svc_slice next = svc_redis_reply_text(svc_redis_reply_at(*ret_reply, 0));
    if (next.length == 0 || next.length >= CURSOR_SIZE) {
        const char *said = svc_redis_reply_text(*ret_reply).text;
        return svc_redis_fail(
            ret_error, SVC_BAD_GATEWAY, said != NULL ? said : "SCAN gave no cursor");
    }
    memcpy(cursor, next.text, next.length + 1);
    return SVC_OK;
}

static void visit_keys(struct scan *scan, const struct svc_redis_reply *found)
{
    size_t count = svc_redis_reply_count(found);
    SVC_AUTO_FREE struct svc_slice *keys = svc_alloc_zero(count + 1, sizeof *keys);

    for (size_t i = 0; i < count; i++) {
        keys[i] = svc_redis_reply_text(svc_redis_reply_at(found, i));
    }
    scan->over = count > 0 && !scan->visit(scan->context, keys, count);
}

static enum svc_status scan_node(
    struct scan *scan, struct svc_redis_node *node, struct svc_redis_error *ret_error)
{
    char cursor[CURSOR_SIZE] = "0";
    enum svc_status status = SVC_OK;

    do {
        struct svc_redis_reply *reply = NULL;
        status = ask_for_keys(scan, node, cursor, &reply, ret_error);
        if (status == SVC_OK) {
            visit_keys(scan, svc_redis_reply_at(reply, 1));
        }
        svc_redis_reply_free(&reply);
    } while (status == SVC_OK && !scan->over && strcmp(cursor, "0") != 0);
    return status;
}

enum svc_status svc_redis_scan(struct svc_redis *redis, const char *match,
    svc_redis_scan_visit *visit, void *context, struct svc_redis_error *ret_error)
{
    struct scan scan = {redis, match, visit, context, false};
    enum svc_status status = SVC_OK;
    uint64_t version = 0;
    size_t count = 0;
    int64_t deadline_ns = svc_clock_monotonic_ns() + redis->options.timeout_ns;
    struct svc_redis_node **masters =
        svc_redis_topology_masters(redis, deadline_ns, &count, &version, ret_error);

    if (masters == NULL) {
        return ret_error->status;
    }
    for (size_t i = 0; i < count && status == SVC_OK && !scan.over; i++) {
        status = scan_node(&scan, masters[i], ret_error);
    }
    svc_redis_masters_free(redis, &masters, count);
    return status;
}
