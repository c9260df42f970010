/* The set of providers, and how many of their calls run. */
#include "cascade_private.h"

#include <stdlib.h>
#include <strings.h>

static void add_config(struct provider_set *set, const struct provider_config *config)
{
    struct provider_config copy = *config;
    size_t at = set->count;

    copy.name = svc_slice_keep(&set->arena, config->name);
    copy.protocol = svc_slice_keep(&set->arena, config->protocol);
    copy.base_url = svc_slice_keep(&set->arena, config->base_url);
    copy.model = svc_slice_keep(&set->arena, config->model);
    copy.key = svc_slice_keep(&set->arena, config->key);
    for (; at > 0 && set->configs[at - 1].priority > copy.priority; at--) {
        set->configs[at] = set->configs[at - 1];
    }
    set->configs[at] = copy;
    set->count++;
}

void cascade_set_providers(
    struct cascade *cascade, const struct provider_config *configs, size_t count)
{
    struct provider_set *set = svc_alloc_zero(1, sizeof *set);
    char error[256];

    atomic_init(&set->users, 1);
    for (size_t i = 0; i < count && set->count < PROVIDERS_MAX; i++) {
        if (configs[i].enabled && provider_check(&configs[i], error)) {
            add_config(set, &configs[i]);
        }
    }
    pthread_mutex_lock(&cascade->mutex);
    struct provider_set *old = cascade->set;
    cascade->set = set;
    pthread_mutex_unlock(&cascade->mutex);
    if (old != NULL) {
        cascade_set_leave(old);
    }
}

struct provider_set *cascade_set_take(struct cascade *cascade)
{
    pthread_mutex_lock(&cascade->mutex);
    struct provider_set *set = cascade->set;
    atomic_fetch_add(&set->users, 1);
    pthread_mutex_unlock(&cascade->mutex);
    return set;
}

void cascade_set_leave(struct provider_set *set)
{
    if (atomic_fetch_sub(&set->users, 1) == 1) {
        svc_arena_done(&set->arena);
        free(set);
    }
}

bool cascade_enter(struct cascade *cascade, bool limited)
{
    pthread_mutex_lock(&cascade->mutex);
    bool enters = !limited || cascade->running < cascade->settings.calls_max;
    cascade->running += enters ? 1 : 0;
    pthread_mutex_unlock(&cascade->mutex);
    return enters;
}

void cascade_leave(struct cascade *cascade)
{
    pthread_mutex_lock(&cascade->mutex);
    if (--cascade->running == 0) {
        pthread_cond_broadcast(&cascade->idle);
    }
    pthread_mutex_unlock(&cascade->mutex);
}

int64_t cascade_running(struct cascade *cascade)
{
    pthread_mutex_lock(&cascade->mutex);
    int64_t running = cascade->running;
    pthread_mutex_unlock(&cascade->mutex);
    return running;
}
