#include "client_private.h"
#include "clock.h"
#include "condition.h"
#include "mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_ALLOWED 1000
#define LOST_PER_ORIGIN 2
#define LOST_MS 3000
#define NS_PER_MS INT64_C(1000000)

enum svc_status svc_client_new(const struct svc_client_settings *settings,
    struct svc_client **ret_client, struct svc_client_error *ret_error)
{
    if (settings->size < 1 || settings->size > SIZE_MAX_ALLOWED ||
        settings->connect_timeout_ms < 1 || settings->user_agent == NULL) {
        return svc_client_fail(
            ret_error, SVC_INVALID, "a size or a timeout is out of range");
    }
    struct svc_client *client = svc_alloc_zero(1, sizeof *client);
    client->size = settings->size;
    client->connect_timeout_ms = settings->connect_timeout_ms;
    client->user_agent = svc_strdup(settings->user_agent);
    client->ca_file = settings->ca_file != NULL ? svc_strdup(settings->ca_file) : NULL;
    pthread_mutex_init(&client->mutex, NULL);
    svc_condition_init(&client->released);
    *ret_client = client;
    return SVC_OK;
}

void svc_client_free(struct svc_client **client)
{
    struct svc_client *old = *client;

    if (old == NULL) {
        return;
    }
    while (old->idle != NULL) {
        struct svc_client_handle *handle = old->idle;
        old->idle = handle->next;
        old->made--;
        svc_client_easy_free(handle->easy);
        free(handle);
    }
    assert(old->made == 0);
    pthread_cond_destroy(&old->released);
    pthread_mutex_destroy(&old->mutex);
    free(old->user_agent);
    free(old->ca_file);
    free(old);
    *client = NULL;
}

static bool is_lost(const struct svc_client *client, uint64_t origin, int64_t now_ms)
{
    int count = 0;

    for (size_t i = 0; i < SVC_CLIENT_LOST_MAX; i++) {
        count += client->lost[i].origin == origin && client->lost[i].until_ms > now_ms;
    }
    return count >= LOST_PER_ORIGIN;
}

/* One that last talked to ORIGIN, else a new one, else the one that rests longest; NULL
 * when all are in use. */
static struct svc_client_handle *choose_handle(struct svc_client *client, uint64_t origin)
{
    struct svc_client_handle **link = &client->idle;

    while (*link != NULL && (*link)->origin != origin) {
        link = &(*link)->next;
    }
    if (*link == NULL && client->made < client->size) {
        struct svc_client_handle *handle = svc_alloc_zero(1, sizeof *handle);
        handle->easy = svc_client_easy_new();
        client->made++;
        return handle;
    }
    if (*link == NULL && client->idle != NULL) {
        for (link = &client->idle; (*link)->next != NULL;) {
            link = &(*link)->next;
        }
    }
    struct svc_client_handle *chosen = *link;
    if (chosen != NULL) {
        *link = chosen->next;
    }
    return chosen;
}

struct svc_client_handle *svc_client_acquire(struct svc_client *client, uint64_t origin,
    int64_t deadline_ms, struct svc_client_error *ret_error)
{
    struct svc_client_handle *handle = NULL;
    bool in_time = true;

    pthread_mutex_lock(&client->mutex);
    if (is_lost(client, origin, svc_clock_monotonic_ms())) {
        pthread_mutex_unlock(&client->mutex);
        svc_client_fail(
            ret_error, SVC_UNAVAILABLE, "the resolver of host names does not answer");
        return NULL;
    }
    while ((handle = choose_handle(client, origin)) == NULL && in_time) {
        in_time = svc_condition_wait(
            &client->released, &client->mutex, deadline_ms * NS_PER_MS);
    }
    pthread_mutex_unlock(&client->mutex);
    if (handle == NULL) {
        svc_client_fail(ret_error, SVC_UNAVAILABLE, "all exchanges are taken");
        return NULL;
    }
    handle->origin = origin;
    return handle;
}

void svc_client_release(
    struct svc_client *client, struct svc_client_handle *handle, bool lost)
{
    pthread_mutex_lock(&client->mutex);
    if (lost) {
        client->lost[client->lost_next++ % SVC_CLIENT_LOST_MAX] =
            (struct svc_client_lost){
                .origin = handle->origin, .until_ms = svc_clock_monotonic_ms() + LOST_MS};
    }
    handle->next = client->idle;
    client->idle = handle;
    pthread_cond_signal(&client->released);
    pthread_mutex_unlock(&client->mutex);
}
