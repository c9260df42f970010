#include "store_models.h"

#include <svc/client.h>
#include <svc/condition.h>
#include <svc/log.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_S (6 * 3600)
#define REQUEST_MS 3000
#define BODY_MAX ((int64_t)4 * 1024 * 1024)
#define MODEL_SIZE 101

struct entry {
    char name[PROVIDER_NAME_MAX + 1];
    char model[MODEL_SIZE];
    struct model_standing standing;
};

struct store_models {
    struct svc_client *client;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t wake;
    bool stopping;
    struct provider_list *due; /* NULL: nothing new */
    struct entry entries[PROVIDERS_MAX];
};

/* UNKNOWN where nobody answers: whether a provider works is what its calls tell. */
static void ask(struct store_models *models, const struct provider_config *config,
    struct model_standing *ret_standing)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_header headers[PROVIDER_HEADERS_MAX];
    struct provider_request request = {0};
    struct svc_client_error error;
    struct svc_arena arena = {0};
    struct svc_slice date = {0};

    *ret_standing = (struct model_standing){0};
    if (!provider_compose_check(&arena, config, &request)) {
        svc_arena_done(&arena);
        return;
    }
    for (size_t i = 0; i < request.header_count; i++) {
        headers[i] =
            (struct svc_client_header){request.headers[i].name, request.headers[i].value};
    }
    const struct svc_client_request call = {
        .method = "GET",
        .url = request.url.text,
        .headers = headers,
        .header_count = request.header_count,
        .deadline_ms = REQUEST_MS,
        .body_max = BODY_MAX,
    };
    if (svc_client_call(models->client, &call, &reply, &error) == SVC_OK &&
        (reply.http_status == 200 || reply.http_status == 404)) {
        struct svc_slice body = {svc_buf_text(&reply.body), reply.body.length};
        bool there = provider_read_check(&arena, config, reply.http_status, body, &date);
        ret_standing->state = there ? MODEL_THERE : MODEL_MISSING;
        snprintf(ret_standing->shutdown_date, sizeof ret_standing->shutdown_date, "%.*s",
            (int)date.length, date.length > 0 ? date.text : "");
    }
    svc_arena_done(&arena);
}

static void tell(
    const struct provider_config *config, const struct model_standing *standing)
{
    if (standing->state == MODEL_MISSING) {
        svc_log(SVC_LOG_WARN, "a provider doesn't have its model",
            SVC_TEXT("provider", config->name.text),
            SVC_TEXT("model", config->model.text));
    } else if (standing->shutdown_date[0] != '\0') {
        svc_log(SVC_LOG_WARN, "a provider's model will be withdrawn",
            SVC_TEXT("provider", config->name.text),
            SVC_TEXT("model", config->model.text),
            SVC_TEXT("shutdown_date", standing->shutdown_date));
    }
}

static bool is_stopping(struct store_models *models)
{
    pthread_mutex_lock(&models->lock);
    bool stopping = models->stopping;
    pthread_mutex_unlock(&models->lock);
    return stopping;
}

static void ask_all(struct store_models *models, const struct provider_list *list)
{
    struct entry entries[PROVIDERS_MAX] = {0};

    for (size_t i = 0; i < list->count && !is_stopping(models); i++) {
        const struct provider_row *row = &list->rows[i];
        if (row->reason != NULL) {
            continue;
        }
        snprintf(entries[i].name, sizeof entries[i].name, "%s", row->config.name.text);
        snprintf(entries[i].model, sizeof entries[i].model, "%s", row->config.model.text);
        ask(models, &row->config, &entries[i].standing);
        tell(&row->config, &entries[i].standing);
    }
    pthread_mutex_lock(&models->lock);
    memcpy(models->entries, entries, sizeof entries);
    pthread_mutex_unlock(&models->lock);
}

/* What is to be asked about next: what is new, else LAST again after some hours. NULL:
 * the end. */
static struct provider_list *wait_for_list(
    struct store_models *models, struct provider_list *last)
{
    int64_t until_ns = svc_condition_until_ns(AGAIN_S * 1000);

    pthread_mutex_lock(&models->lock);
    while (!models->stopping && models->due == NULL &&
           svc_condition_wait(&models->wake, &models->lock, until_ns)) {
    }
    struct provider_list *due = models->due;
    bool stopping = models->stopping;
    models->due = NULL;
    pthread_mutex_unlock(&models->lock);
    if (stopping || due != NULL) {
        provider_list_release(&last);
    }
    if (stopping) {
        provider_list_release(&due);
    }
    return due != NULL || stopping ? due : last;
}

static void *run(void *argument)
{
    struct store_models *models = argument;
    struct provider_list *list = provider_list_new();

    while ((list = wait_for_list(models, list)) != NULL) {
        ask_all(models, list);
    }
    return NULL;
}

struct store_models *store_models_new(const char *ca_file, char ret_error[256])
{
    const struct svc_client_settings settings = {
        .size = 1,
        .connect_timeout_ms = REQUEST_MS,
        .user_agent = "ai_provider_ultra_optimized",
        .ca_file = ca_file,
    };
    struct svc_client_error error;
    struct store_models *models = svc_alloc_zero(1, sizeof *models);

    if (svc_client_new(&settings, &models->client, &error) != SVC_OK) {
        snprintf(ret_error, 256, "%s", error.message);
        free(models);
        return NULL;
    }
    pthread_mutex_init(&models->lock, NULL);
    svc_condition_init(&models->wake);
    models->has_thread = pthread_create(&models->thread, NULL, run, models) == 0;
    return models;
}

void store_models_free(struct store_models **models_pointer)
{
    struct store_models *models = *models_pointer;

    *models_pointer = NULL;
    if (models == NULL) {
        return;
    }
    if (models->has_thread) {
        pthread_mutex_lock(&models->lock);
        models->stopping = true;
        pthread_cond_signal(&models->wake);
        pthread_mutex_unlock(&models->lock);
        pthread_join(models->thread, NULL);
    }
    provider_list_release(&models->due);
    pthread_cond_destroy(&models->wake);
    pthread_mutex_destroy(&models->lock);
    svc_client_free(&models->client);
    free(models);
}

void store_models_check(struct store_models *models, struct provider_list *list)
{
    struct provider_list *held = provider_list_hold(list);

    pthread_mutex_lock(&models->lock);
    struct provider_list *old = models->due;
    models->due = held;
    pthread_cond_signal(&models->wake);
    pthread_mutex_unlock(&models->lock);
    provider_list_release(&old);
}

void store_models_get(struct store_models *models, const struct provider_config *config,
    struct model_standing *ret_standing)
{
    *ret_standing = (struct model_standing){0};
    pthread_mutex_lock(&models->lock);
    for (size_t i = 0; i < PROVIDERS_MAX; i++) {
        const struct entry *entry = &models->entries[i];
        if (svc_slice_equals(config->name, entry->name) &&
            svc_slice_equals(config->model, entry->model)) {
            *ret_standing = entry->standing;
        }
    }
    pthread_mutex_unlock(&models->lock);
}
