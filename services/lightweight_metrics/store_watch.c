#include "store_watch_private.h"

#include <svc/client.h>
#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/log.h>
#include <svc/mem.h>
#include <svc/pg.h>

#include <stdio.h>
#include <stdlib.h>

#define UPKEEP_MS INT64_C(600000)
#define UPKEEP_TIMEOUT_MS 60000

/* A round is taken by whoever comes first after its time; nobody holds anything for it,
 * so that a replica that dies in one is followed by another at the next. */
static bool take_round(struct watch *watch)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(watch->settings.pg,
        SVC_PG_PREPARED("UPDATE metrics_watch SET watched_at = clock_timestamp() WHERE "
                        "watched_at < clock_timestamp() - $1::bigint * INTERVAL '1 ms' "
                        "RETURNING 1",
            svc_pg_int(watch->settings.check_ms * 9 / 10)),
        &rows, &error);

    return status == SVC_OK && svc_pg_rows(rows) == 1;
}

static void keep_up(struct watch *watch)
{
    char error[256];
    int64_t now_ms = svc_clock_monotonic_ms();

    if (now_ms < watch->upkeep_at_ms) {
        return;
    }
    enum svc_status status = upkeep_run(watch->pg, &watch->settings.upkeep, error);
    watch->upkeep_at_ms = now_ms + (status == SVC_OK ? UPKEEP_MS : UPKEEP_MS / 10);
    if (status != SVC_OK) {
        svc_log(SVC_LOG_WARN, "partitions and retention wait", SVC_TEXT("error", error));
    }
}

static void look_round(struct watch *watch)
{
    char error[256] = "";

    watch_ask_services(watch);
    bool down = !watch_alerts(watch, error);
    if (down && !watch->was_down) {
        svc_log(
            SVC_LOG_WARN, "success metrics are not judged now", SVC_TEXT("error", error));
    }
    watch->was_down = down;
}

static void *run(void *argument)
{
    struct watch *watch = argument;

    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping) {
        pthread_mutex_unlock(&watch->lock);
        keep_up(watch);
        if (take_round(watch)) {
            look_round(watch);
        }
        pthread_mutex_lock(&watch->lock);
        int64_t until_ns = svc_condition_until_ns(watch->settings.check_ms);
        while (!watch->stopping &&
               svc_condition_wait(&watch->changed, &watch->lock, until_ns)) {
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct watch *watch_new(const struct watch_settings *settings, char ret_error[256])
{
    struct watch *watch = svc_alloc_zero(1, sizeof *watch);
    const struct svc_client_settings client = {
        .size = 2,
        .connect_timeout_ms = 1000,
        .user_agent = "lightweight_metrics",
    };
    const struct svc_pg_settings pg = {
        .url = settings->database_url,
        .name = "lightweight_metrics upkeep",
        .size = 1,
        .connect_timeout_ms = 2000,
        .acquire_timeout_ms = 2000,
        .statement_timeout_ms = UPKEEP_TIMEOUT_MS,
    };
    struct svc_client_error client_error;
    struct svc_pg_error pg_error;

    watch->settings = *settings;
    pthread_mutex_init(&watch->lock, NULL);
    svc_condition_init(&watch->changed);
    if (svc_client_new(&client, &watch->client, &client_error) != SVC_OK) {
        snprintf(ret_error, 256, "%s", client_error.message);
        watch_free(&watch);
        return NULL;
    }
    if (svc_pg_open(&pg, &watch->pg, &pg_error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", pg_error.message);
        watch_free(&watch);
        return NULL;
    }
    watch->has_thread = pthread_create(&watch->thread, NULL, run, watch) == 0;
    return watch;
}

void watch_free(struct watch **watch_pointer)
{
    struct watch *watch = *watch_pointer;

    *watch_pointer = NULL;
    if (watch == NULL) {
        return;
    }
    if (watch->has_thread) {
        pthread_mutex_lock(&watch->lock);
        watch->stopping = true;
        pthread_cond_signal(&watch->changed);
        pthread_mutex_unlock(&watch->lock);
        svc_pg_give_up(watch->pg);
        pthread_join(watch->thread, NULL);
    }
    svc_pg_close(&watch->pg);
    svc_client_free(&watch->client);
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}
