#include "redis_tracking.h"

#include "clock.h"
#include "redis_private.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CHANNEL "__redis__:invalidate"
#define PING_EVERY_NS INT64_C(1000000000)
#define PING_TIMEOUT_MIN_NS INT64_C(250000000)
/* A changed set of masters is noticed in this time. */
#define LOOK_EVERY_MS 100
#define RETRY_MS 100

/* Redis tells connection `told` what changes; it does so as long as `asking` lives. */
struct link {
    struct svc_redis_connection *told;
    struct svc_redis_connection *asking;
    unsigned pings; /* unanswered, on both */
};

struct svc_redis_tracking {
    struct svc_redis *redis;
    char **prefixes;
    size_t prefix_count;
    svc_redis_invalidate *invalidate;
    void *context;
    pthread_t thread;
    int wake_fd;
    atomic_bool stopping;
    _Atomic uint64_t live; /* version of the topology it's live for, plus one; 0: not */
    /* Held alone while the links change and while something is called back, shared by
     * those who look whether anything waits. */
    pthread_rwlock_t lock;
    /* of the thread: */
    struct link *links;
    struct pollfd *fds; /* wake_fd, then two a link */
    size_t link_count;
    uint64_t version;
};

bool svc_redis_tracking_is_live(const struct svc_redis_tracking *tracking)
{
    uint64_t version = atomic_load(&tracking->redis->version);

    return atomic_load(&tracking->live) == version + 1;
}

static bool is_anything_unread(const struct svc_redis_tracking *tracking)
{
    for (size_t i = 0; i < tracking->link_count; i++) {
        struct pollfd told = {.fd = tracking->fds[1 + 2 * i].fd, .events = POLLIN};
        if (poll(&told, 1, 0) != 0) {
            return true;
        }
    }
    return false;
}

bool svc_redis_tracking_is_caught_up(struct svc_redis_tracking *tracking)
{
    if (!svc_redis_tracking_is_live(tracking) ||
        pthread_rwlock_tryrdlock(&tracking->lock) != 0) {
        return false;
    }
    bool caught_up = !is_anything_unread(tracking);
    pthread_rwlock_unlock(&tracking->lock);
    return caught_up && svc_redis_tracking_is_live(tracking);
}

static int64_t timeout_ns(const struct svc_redis_tracking *tracking)
{
    int64_t timeout = tracking->redis->options.timeout_ns;

    return timeout > PING_TIMEOUT_MIN_NS ? timeout : PING_TIMEOUT_MIN_NS;
}

/* Sends COUNT commands; the first reply, the others being thrown away. NULL where one is
 * an error or doesn't come. */
static struct svc_redis_reply *call(struct svc_redis_connection *connection,
    const struct svc_buf *bytes, size_t count, int64_t deadline_ns)
{
    struct svc_redis_reply *replies[2] = {NULL, NULL};
    struct svc_redis_error unused;
    bool fine = svc_redis_connection_call(
        connection, bytes, count, replies, deadline_ns, &unused);

    fine = fine && !svc_redis_reply_is_error(replies[0]) &&
           !svc_redis_reply_is_error(replies[1]);
    svc_redis_reply_free(&replies[1]);
    if (!fine) {
        svc_redis_reply_free(&replies[0]);
    }
    return replies[0];
}

/* CLIENT ID, and SUBSCRIBE; the id, or 0. */
static int64_t subscribe(struct svc_redis_connection *connection, int64_t deadline_ns)
{
    const struct svc_slice id[] = {SVC_SLICE("CLIENT"), SVC_SLICE("ID")};
    const struct svc_slice channel[] = {SVC_SLICE("SUBSCRIBE"), SVC_SLICE(CHANNEL)};
    struct svc_buf bytes;

    svc_buf_init(&bytes, SIZE_MAX / 2);
    svc_redis_wire_add(&bytes, 2, id);
    svc_redis_wire_add(&bytes, 2, channel);
    struct svc_redis_reply *reply = call(connection, &bytes, 2, deadline_ns);
    int64_t number = svc_redis_reply_int(reply);
    svc_redis_reply_free(&reply);
    svc_buf_done(&bytes);
    return number;
}

/* CLIENT TRACKING ON REDIRECT <id> BCAST PREFIX <prefix> ... */
static bool ask_for_tracking(const struct svc_redis_tracking *tracking, struct link *link,
    int64_t id, int64_t deadline_ns)
{
    char number[24];
    size_t count = 0;
    struct svc_buf bytes;
    SVC_AUTO_FREE struct svc_slice *words =
        svc_alloc_zero(6 + 2 * tracking->prefix_count, sizeof *words);

    words[count++] = SVC_SLICE("CLIENT");
    words[count++] = SVC_SLICE("TRACKING");
    words[count++] = SVC_SLICE("ON");
    words[count++] = SVC_SLICE("REDIRECT");
    words[count++] = (struct svc_slice){number, svc_text_put_int64(number, id)};
    words[count++] = SVC_SLICE("BCAST");
    for (size_t i = 0; i < tracking->prefix_count; i++) {
        const char *prefix = tracking->prefixes[i];
        words[count++] = SVC_SLICE("PREFIX");
        words[count++] = (struct svc_slice){prefix, strlen(prefix)};
    }
    svc_buf_init(&bytes, SIZE_MAX / 2);
    svc_redis_wire_add(&bytes, count, words);
    struct svc_redis_reply *reply = call(link->asking, &bytes, 1, deadline_ns);
    bool fine = reply != NULL;
    svc_redis_reply_free(&reply);
    svc_buf_done(&bytes);
    return fine;
}

static bool open_link(struct svc_redis_tracking *tracking, struct link *link,
    const struct svc_redis_host *host)
{
    const struct svc_redis_options *options = &tracking->redis->options;
    int64_t deadline_ns = svc_clock_monotonic_ns() + timeout_ns(tracking);
    struct svc_redis_error unused;

    link->told = svc_redis_connection_open(options, host, deadline_ns, &unused);
    int64_t id = link->told != NULL ? subscribe(link->told, deadline_ns) : 0;
    if (id == 0) {
        return false;
    }
    link->asking = svc_redis_connection_open(options, host, deadline_ns, &unused);
    return link->asking != NULL && ask_for_tracking(tracking, link, id, deadline_ns);
}

static void close_links(struct svc_redis_tracking *tracking)
{
    for (size_t i = 0; i < tracking->link_count; i++) {
        svc_redis_connection_close(&tracking->links[i].asking);
        svc_redis_connection_close(&tracking->links[i].told);
    }
    free(tracking->links);
    free(tracking->fds);
    tracking->links = NULL;
    tracking->fds = NULL;
    tracking->link_count = 0;
}

/* To all masters, or to none. */
static bool open_links(struct svc_redis_tracking *tracking)
{
    struct svc_redis *redis = tracking->redis;
    int64_t deadline_ns = svc_clock_monotonic_ns() + timeout_ns(tracking);
    struct svc_redis_error unused;
    size_t count = 0;

    svc_redis_topology_refresh(redis, deadline_ns);
    struct svc_redis_node **masters = svc_redis_topology_masters(
        redis, deadline_ns, &count, &tracking->version, &unused);
    if (masters == NULL) {
        return false;
    }
    bool fine = true;
    tracking->links = svc_alloc_zero(count, sizeof *tracking->links);
    tracking->fds = svc_alloc_zero(1 + 2 * count, sizeof *tracking->fds);
    tracking->link_count = count;
    tracking->fds[0] = (struct pollfd){.fd = tracking->wake_fd, .events = POLLIN};
    for (size_t i = 0; i < count && fine; i++) {
        struct link *link = &tracking->links[i];
        fine = open_link(tracking, link, &masters[i]->host);
        for (size_t side = 0; fine && side < 2; side++) {
            tracking->fds[1 + 2 * i + side] = (struct pollfd){
                .fd = svc_redis_connection_fd(side == 0 ? link->told : link->asking),
                .events = POLLIN,
            };
        }
    }
    svc_redis_masters_free(redis, &masters, count);
    if (!fine) {
        close_links(tracking);
    }
    return fine;
}

/* ["message", channel, [key ...] or nil], ["pong", ""] or, of the other connection, PONG.
 */
static bool take_message(struct svc_redis_tracking *tracking, struct link *link,
    const struct svc_redis_reply *message)
{
    struct svc_slice kind = svc_redis_reply_text(svc_redis_reply_at(message, 0));
    const struct svc_redis_reply *keys = svc_redis_reply_at(message, 2);

    if (!svc_slice_equals(kind, "message")) {
        if (link->pings > 0) {
            link->pings--;
        }
        return !svc_redis_reply_is_error(message);
    }
    if (svc_redis_reply_is_nil(keys)) {
        tracking->invalidate(tracking->context, NULL);
    }
    for (size_t i = 0; i < svc_redis_reply_count(keys); i++) {
        struct svc_slice key = svc_redis_reply_text(svc_redis_reply_at(keys, i));
        tracking->invalidate(tracking->context, &key);
    }
    return true;
}

static bool read_link(struct svc_redis_tracking *tracking, struct link *link,
    struct svc_redis_connection *connection)
{
    struct svc_redis_error unused;

    if (svc_redis_connection_receive(connection, &unused) < 0) {
        return false;
    }
    for (;;) {
        struct svc_redis_reply *message = NULL;
        int got = svc_redis_connection_next(connection, &message);
        if (got <= 0) {
            return got == 0;
        }
        bool fine = take_message(tracking, link, message);
        svc_redis_reply_free(&message);
        if (!fine) {
            return false;
        }
    }
}

static bool read_links(struct svc_redis_tracking *tracking)
{
    for (size_t i = 0; i < tracking->link_count; i++) {
        struct link *link = &tracking->links[i];
        if ((tracking->fds[1 + 2 * i].revents != 0 &&
                !read_link(tracking, link, link->told)) ||
            (tracking->fds[2 + 2 * i].revents != 0 &&
                !read_link(tracking, link, link->asking))) {
            return false;
        }
    }
    return true;
}

static bool take_what_came(struct svc_redis_tracking *tracking)
{
    pthread_rwlock_wrlock(&tracking->lock);
    bool fine = read_links(tracking);
    pthread_rwlock_unlock(&tracking->lock);
    return fine;
}

static bool ping_links(struct svc_redis_tracking *tracking)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    const ptrdiff_t length = sizeof ping - 1;

    for (size_t i = 0; i < tracking->link_count; i++) {
        struct link *link = &tracking->links[i];
        link->pings = 2;
        if (svc_redis_connection_send(link->told, ping, (size_t)length) != length ||
            svc_redis_connection_send(link->asking, ping, (size_t)length) != length) {
            return false;
        }
    }
    return true;
}

static bool is_unanswered(const struct svc_redis_tracking *tracking)
{
    bool unanswered = false;

    for (size_t i = 0; i < tracking->link_count; i++) {
        unanswered = unanswered || tracking->links[i].pings > 0;
    }
    return unanswered;
}

/* Returns when something is lost or has changed, or it's to end. */
static void watch(struct svc_redis_tracking *tracking)
{
    int64_t pinged_ns = svc_clock_monotonic_ns();

    for (;;) {
        int ready = poll(tracking->fds, 1 + 2 * tracking->link_count, LOOK_EVERY_MS);
        if (atomic_load(&tracking->stopping) ||
            atomic_load(&tracking->redis->version) != tracking->version ||
            (ready > 0 && !take_what_came(tracking))) {
            return;
        }
        int64_t now_ns = svc_clock_monotonic_ns();
        bool late = now_ns - pinged_ns >= timeout_ns(tracking);
        if (late && is_unanswered(tracking)) {
            return;
        }
        if (late && now_ns - pinged_ns >= PING_EVERY_NS) {
            svc_redis_topology_refresh(tracking->redis, now_ns + timeout_ns(tracking));
            pinged_ns = svc_clock_monotonic_ns();
            if (!ping_links(tracking)) {
                return;
            }
        }
    }
}

static void *follow(void *argument)
{
    struct svc_redis_tracking *tracking = argument;
    struct pollfd wake = {.fd = tracking->wake_fd, .events = POLLIN};

    while (!atomic_load(&tracking->stopping)) {
        pthread_rwlock_wrlock(&tracking->lock);
        bool open = open_links(tracking);
        pthread_rwlock_unlock(&tracking->lock);
        if (!open) {
            poll(&wake, 1, RETRY_MS);
            continue;
        }
        tracking->invalidate(tracking->context, NULL);
        atomic_store(&tracking->live, tracking->version + 1);
        watch(tracking);
        atomic_store(&tracking->live, 0);
        tracking->invalidate(tracking->context, NULL);
        pthread_rwlock_wrlock(&tracking->lock);
        close_links(tracking);
        pthread_rwlock_unlock(&tracking->lock);
    }
    return NULL;
}

struct svc_redis_tracking *svc_redis_tracking_new(struct svc_redis *redis,
    const char *const *prefixes, size_t count, svc_redis_invalidate *invalidate,
    void *context)
{
    struct svc_redis_tracking *tracking = svc_alloc_zero(1, sizeof *tracking);

    tracking->redis = redis;
    tracking->prefixes = svc_alloc_zero(count, sizeof *tracking->prefixes);
    tracking->prefix_count = count;
    for (size_t i = 0; i < count; i++) {
        tracking->prefixes[i] = svc_strdup(prefixes[i]);
    }
    tracking->invalidate = invalidate;
    tracking->context = context;
    pthread_rwlock_init(&tracking->lock, NULL);
    tracking->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (tracking->wake_fd < 0 ||
        pthread_create(&tracking->thread, NULL, follow, tracking) != 0) {
        abort();
    }
    return tracking;
}

void svc_redis_tracking_free(struct svc_redis_tracking **tracking_pointer)
{
    struct svc_redis_tracking *tracking = *tracking_pointer;

    *tracking_pointer = NULL;
    if (tracking == NULL) {
        return;
    }
    atomic_store(&tracking->stopping, true);
    eventfd_write(tracking->wake_fd, 1);
    pthread_join(tracking->thread, NULL);
    close(tracking->wake_fd);
    pthread_rwlock_destroy(&tracking->lock);
    for (size_t i = 0; i < tracking->prefix_count; i++) {
        free(tracking->prefixes[i]);
    }
    free((void *)tracking->prefixes);
    free(tracking);
}
