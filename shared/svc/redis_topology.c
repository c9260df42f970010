#include "redis_private.h"

#include "clock.h"
#include "condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 512
/* CLUSTER SLOTS at most so often, or a cluster in trouble would be asked by every call.
 */
#define REFRESH_PAUSE_MS 100
/* A node that ASK has named may get its first slot; it counts as a master so long. */
#define ASKED_MS 10000

void svc_redis_topology_init(struct svc_redis *redis)
{
    pthread_mutex_init(&redis->mutex, NULL);
    svc_condition_init(&redis->refreshed);
    redis->nodes = svc_alloc_zero(NODES_MAX, sizeof *redis->nodes);
    if (redis->cluster) {
        redis->slots = svc_alloc_zero(SVC_REDIS_SLOTS, sizeof *redis->slots);
    }
    for (size_t i = 0; i < redis->url->host_count; i++) {
        const struct svc_redis_host *host = &redis->url->hosts[i];
        struct svc_redis_node *node =
            svc_redis_node_new(&redis->options, host->name, host->port);
        node->listed = node->seed = true;
        node->master = !redis->cluster;
        redis->nodes[redis->node_count++] = node;
    }
}

void svc_redis_topology_done(struct svc_redis *redis)
{
    for (size_t i = 0; i < redis->node_count; i++) {
        svc_redis_node_free(&redis->nodes[i]);
    }
    free((void *)redis->nodes);
    free((void *)redis->slots);
    pthread_cond_destroy(&redis->refreshed);
    pthread_mutex_destroy(&redis->mutex);
}

void svc_redis_node_release(struct svc_redis *redis, struct svc_redis_node *node)
{
    pthread_mutex_lock(&redis->mutex);
    bool last = --node->users == 0 && !node->listed;
    pthread_mutex_unlock(&redis->mutex);
    if (last) {
        svc_redis_node_free(&node);
    }
}

/* With the mutex held: the node of that address, made where it's new; NULL past the
 * limit.
 */
static struct svc_redis_node *get_node(
    struct svc_redis *redis, const char *host, int port)
{
    for (size_t i = 0; i < redis->node_count; i++) {
        struct svc_redis_node *node = redis->nodes[i];
        if (node->host.port == port && strcmp(node->host.name, host) == 0) {
            return node;
        }
    }
    if (redis->node_count == NODES_MAX) {
        return NULL;
    }
    struct svc_redis_node *node = svc_redis_node_new(&redis->options, host, port);
    node->listed = true;
    redis->nodes[redis->node_count++] = node;
    return node;
}

/* [first slot, last slot, [host, port, ...] of the master, replicas ...]. An empty host
 * is the one that was asked, "?" one that isn't known. */
static void apply_range(struct svc_redis *redis, const struct svc_redis_reply *range,
    const struct svc_redis_node *asked, struct svc_redis_node **slots, bool *masters)
{
    const struct svc_redis_reply *master = svc_redis_reply_at(range, 2);
    struct svc_slice host = svc_redis_reply_text(svc_redis_reply_at(master, 0));
    int64_t port = svc_redis_reply_int(svc_redis_reply_at(master, 1));
    int64_t first = svc_redis_reply_int(svc_redis_reply_at(range, 0));
    int64_t last = svc_redis_reply_int(svc_redis_reply_at(range, 1));
    const char *name = host.length > 0 ? host.text : asked->host.name;

    if (master == NULL || strcmp(name, "?") == 0 || port < 1 || port > 65535 ||
        first < 0 || last >= SVC_REDIS_SLOTS) {
        return;
    }
    struct svc_redis_node *node = get_node(redis, name, (int)port);
    if (node == NULL) {
        return;
    }
    for (size_t i = 0; i < redis->node_count; i++) {
        masters[i] = masters[i] || redis->nodes[i] == node;
    }
    for (int64_t slot = first; slot <= last; slot++) {
        slots[slot] = node;
    }
}

/* With the mutex held: forgets what is neither a master nor named in the URL. */
static void drop_others(struct svc_redis *redis, const bool *masters)
{
    int64_t now_ms = svc_clock_monotonic_ms();
    bool changed = false;
    size_t kept = 0;

    for (size_t i = 0; i < redis->node_count; i++) {
        struct svc_redis_node *node = redis->nodes[i];
        bool asked = node->asked_ms > 0 && now_ms - node->asked_ms < ASKED_MS;
        bool master = masters[i] || (node->master && asked);
        changed = changed || node->master != master;
        node->master = master;
        node->listed = master || node->seed;
        if (node->listed) {
            redis->nodes[kept++] = node;
        } else if (node->users == 0) {
            svc_redis_node_free(&node);
        }
    }
    redis->node_count = kept;
    if (changed) {
        atomic_fetch_add(&redis->version, 1);
    }
}

static bool apply(struct svc_redis *redis, const struct svc_redis_reply *reply,
    const struct svc_redis_node *asked)
{
    bool masters[NODES_MAX] = {false};
    bool somebody = false;
    struct svc_redis_node **slots = svc_alloc_zero(SVC_REDIS_SLOTS, sizeof *slots);

    pthread_mutex_lock(&redis->mutex);
    for (size_t i = 0; i < svc_redis_reply_count(reply); i++) {
        apply_range(redis, svc_redis_reply_at(reply, i), asked, slots, masters);
    }
    for (size_t i = 0; i < redis->node_count; i++) {
        somebody = somebody || masters[i];
    }
    if (somebody) {
        struct svc_redis_node **old = redis->slots;
        redis->slots = slots;
        slots = old;
        redis->known = true;
        drop_others(redis, masters);
    }
    pthread_mutex_unlock(&redis->mutex);
    free((void *)slots);
    return somebody;
}

static bool ask(struct svc_redis *redis, struct svc_redis_node *node, int64_t deadline_ns,
    char failure[160])
{
    const struct svc_slice command[] = {SVC_SLICE("CLUSTER"), SVC_SLICE("SLOTS")};
    struct svc_redis_reply *reply = NULL;
    struct svc_buf bytes;

    svc_buf_init(&bytes, SIZE_MAX / 2);
    svc_redis_wire_add(&bytes, 2, command);
    struct svc_redis_request request = {
        .node = node,
        .bytes = bytes.bytes,
        .length = bytes.length,
        .replies = &reply,
        .reply_count = 1,
        .deadline_ns = deadline_ns,
    };
    svc_redis_requests_run(&request, 1);
    svc_buf_done(&bytes);
    bool fine = request.status == SVC_OK && apply(redis, reply, node);
    if (!fine) {
        const char *said = svc_redis_reply_is_error(reply)
                               ? svc_redis_reply_text(reply).text
                               : "its cluster has no slots";
        snprintf(failure, 160, "%.60s:%d: %.90s", node->host.name, node->host.port,
            request.status == SVC_OK ? said : request.message);
    }
    svc_redis_reply_free(&reply);
    return fine;
}

/* Copies the list of nodes, from the next one whose turn it is on, each to be released.
 */
static struct svc_redis_node **take_nodes(struct svc_redis *redis, size_t *ret_count)
{
    pthread_mutex_lock(&redis->mutex);
    size_t count = redis->node_count;
    struct svc_redis_node **nodes = svc_alloc(count * sizeof *nodes);
    size_t turn = redis->turn++;
    for (size_t i = 0; i < count; i++) {
        nodes[i] = redis->nodes[(turn + i) % count];
        nodes[i]->users++;
    }
    pthread_mutex_unlock(&redis->mutex);
    *ret_count = count;
    return nodes;
}

static bool ask_around(struct svc_redis *redis, int64_t deadline_ns, char failure[160])
{
    size_t count = 0;
    bool fine = false;
    struct svc_redis_node **nodes = take_nodes(redis, &count);

    for (size_t i = 0; i < count && !fine; i++) {
        int64_t now_ns = svc_clock_monotonic_ns();
        /* Half of what is left: one that hangs leaves time for another. */
        int64_t until_ns = now_ns + (deadline_ns - now_ns) / 2;
        if (until_ns > now_ns) {
            fine = ask(redis, nodes[i], until_ns, failure);
        }
    }
    for (size_t i = 0; i < count; i++) {
        svc_redis_node_release(redis, nodes[i]);
    }
    free((void *)nodes);
    return fine;
}

void svc_redis_topology_refresh(struct svc_redis *redis, int64_t deadline_ns)
{
    char failure[160] = "no node of the cluster answers";

    pthread_mutex_lock(&redis->mutex);
    bool due = redis->cluster && !redis->refreshing &&
               svc_clock_monotonic_ms() >= redis->refresh_after_ms;
    redis->refreshing = redis->refreshing || due;
    pthread_mutex_unlock(&redis->mutex);
    if (!due) {
        return;
    }
    bool fine = ask_around(redis, deadline_ns, failure);
    pthread_mutex_lock(&redis->mutex);
    redis->refreshing = false;
    redis->refresh_after_ms = svc_clock_monotonic_ms() + REFRESH_PAUSE_MS;
    snprintf(redis->failure, sizeof redis->failure, "%s", fine ? "" : failure);
    pthread_cond_broadcast(&redis->refreshed);
    pthread_mutex_unlock(&redis->mutex);
}

/* Until some node has said who serves what, or it's known that none does. */
static bool make_known(
    struct svc_redis *redis, int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    pthread_mutex_lock(&redis->mutex);
    bool known = redis->known || !redis->cluster;
    pthread_mutex_unlock(&redis->mutex);
    if (known) {
        return true;
    }
    svc_redis_topology_refresh(redis, deadline_ns);
    pthread_mutex_lock(&redis->mutex);
    while (!redis->known && redis->refreshing &&
           svc_condition_wait(&redis->refreshed, &redis->mutex, deadline_ns)) {
    }
    known = redis->known;
    if (!known) {
        svc_redis_fail(ret_error, SVC_UNAVAILABLE, redis->failure);
    }
    pthread_mutex_unlock(&redis->mutex);
    return known;
}

/* With the mutex held: for a command without key, or a slot that nobody has: some master
 * will say CLUSTERDOWN, or know better. */
static struct svc_redis_node *any_master(const struct svc_redis *redis)
{
    for (size_t i = 0; i < redis->node_count; i++) {
        if (redis->nodes[i]->master) {
            return redis->nodes[i];
        }
    }
    return redis->nodes[0];
}

struct svc_redis_node *svc_redis_topology_find(struct svc_redis *redis, int slot,
    int64_t deadline_ns, struct svc_redis_error *ret_error)
{
    struct svc_redis_node *node = NULL;

    if (!make_known(redis, deadline_ns, ret_error)) {
        return NULL;
    }
    pthread_mutex_lock(&redis->mutex);
    if (slot >= 0 && redis->slots != NULL) {
        node = redis->slots[slot];
    }
    if (node == NULL) {
        node = any_master(redis);
    }
    node->users++;
    pthread_mutex_unlock(&redis->mutex);
    return node;
}

struct svc_redis_node *svc_redis_topology_redirect(struct svc_redis *redis, int slot,
    const char *address, const struct svc_redis_node *from, bool is_ask)
{
    const char *host = NULL;
    int port = 0;
    SVC_AUTO_FREE char *copy = svc_strdup(address);

    if (!svc_redis_split_address(copy, &host, &port) || slot < 0 ||
        slot >= SVC_REDIS_SLOTS) {
        return NULL;
    }
    host = host[0] != '\0' ? host : from->host.name;
    pthread_mutex_lock(&redis->mutex);
    struct svc_redis_node *node = get_node(redis, host, port);
    if (node != NULL) {
        node->users++;
        if (!node->master) {
            node->master = true;
            atomic_fetch_add(&redis->version, 1);
        }
        if (is_ask) {
            node->asked_ms = svc_clock_monotonic_ms();
        } else {
            redis->slots[slot] = node;
        }
    }
    pthread_mutex_unlock(&redis->mutex);
    return node;
}

struct svc_redis_node **svc_redis_topology_masters(struct svc_redis *redis,
    int64_t deadline_ns, size_t *ret_count, uint64_t *ret_version,
    struct svc_redis_error *ret_error)
{
    size_t count = 0;

    if (!make_known(redis, deadline_ns, ret_error)) {
        *ret_count = 0;
        return NULL;
    }
    pthread_mutex_lock(&redis->mutex);
    struct svc_redis_node **masters = svc_alloc(redis->node_count * sizeof *masters);
    for (size_t i = 0; i < redis->node_count; i++) {
        if (redis->nodes[i]->master) {
            redis->nodes[i]->users++;
            masters[count++] = redis->nodes[i];
        }
    }
    *ret_version = atomic_load(&redis->version);
    pthread_mutex_unlock(&redis->mutex);
    *ret_count = count;
    return masters;
}

void svc_redis_masters_free(
    struct svc_redis *redis, struct svc_redis_node ***masters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        svc_redis_node_release(redis, (*masters)[i]);
    }
    free((void *)*masters);
    *masters = NULL;
}
