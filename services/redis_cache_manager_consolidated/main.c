/* redis_cache_manager_consolidated: what it is configured by, and what answers. */
#include "routes.h"

#include <stdio.h>
#include <stdlib.h>

static struct config config;

static const struct svc_setting settings[] = {
    SVC_SETTING_INT_AT(struct config, session_ttl_s, "SESSION_TTL_S", "7200", "s",
        TTL_S_MIN, TTL_S_MAX,
        "how long a session lives, where neither the call nor a rule nor "
        "system_config.session_ttl_s says"),
    SVC_SETTING_TEXT_AT(struct config, session_ttls, "SESSION_TTLS", NULL,
        "rules, separated by commas: state:checkout=14400,tier:vip=86400; a state's goes "
        "before a tier's"),
    SVC_SETTING_INT_AT(struct config, session_longest_s, "SESSION_LONGEST_S", "2592000",
        "s", TTL_S_MIN, 31536000,
        "the age at which a session ends, however often it is used"),
    SVC_SETTING_INT_AT(struct config, session_limit_bytes, "SESSION_LIMIT_BYTES",
        "262144", "bytes", 1024, 1048576, "a session that would be larger isn't saved"),
    SVC_SETTING_INT_AT(struct config, near_sessions, "NEAR_SESSIONS", "10000", NULL, 0,
        1000000, "sessions kept in this process for reading"),
    SVC_SETTING_INT_AT(struct config, flush_ms, "FLUSH_MS", "200", "ms", 10, 10000,
        "what Redis has is in PostgreSQL after so long"),
    SVC_SETTING_INT_AT(struct config, sweep_after_ms, "SWEEP_AFTER_MS", "3000", "ms", 500,
        600000, "what another replica left unwritten is taken up after so long"),
    SVC_SETTING_INT_AT(struct config, queue_max, "FLUSH_QUEUE_MAX", "50000", NULL, 100,
        10000000,
        "customers whose writes may wait here for PostgreSQL; further ones wait in "
        "Redis"),
    SVC_SETTING_INT_AT(struct config, quiet_ms, "QUIET_MS", "350", "ms", 0, 10000,
        "a turn begins when its customer has written nothing for so long; 0: at once"),
    SVC_SETTING_INT_AT(struct config, longest_wait_ms, "LONGEST_WAIT_MS", "3000", "ms", 0,
        10000, "but so long after the first message at the latest"),
    SVC_SETTING_TEXT_AT(struct config, flush_words, "FLUSH_WORDS",
        "sí,si,no,ok,vale,listo,gracias,menú,menu,cancelar,pagar,ayuda,yes,thanks,"
        "help,sim,não,obrigado,obrigada",
        "a message that says just this doesn't wait"),
    SVC_SETTING_INT_AT(struct config, lease_ms, "LEASE_MS", "60000", "ms", 500, 3600000,
        "a turn that isn't ended by then is free for the next, with its messages"),
    SVC_SETTING_INT_AT(struct config, turn_wait_ms, "TURN_WAIT_MS", "8000", "ms", 0,
        12000, "how long a call waits for its turn; then the answer is busy"),
    SVC_SETTING_INT_AT(struct config, loader_ms, "LOADER_MS", "10000", "ms", 100, 600000,
        "who is to make a cached value has so long; then somebody else is"),
};

static const struct svc_route routes[] = {
    {"postSessionLoad", post_session_load},
    {"getSession", get_session},
    {"putSession", put_session},
    {"patchSession", patch_session},
    {"deleteSession", delete_session},
    {"postSessionTouch", post_session_touch},
    {"postTurnBegin", post_turn_begin},
    {"postTurnEnd", post_turn_end},
    {"postIdentityChange", post_identity_change},
    {"getCache", get_cache},
    {"putCache", put_cache},
    {"deleteCache", delete_cache},
    {"deleteCacheTag", delete_cache_tag},
    {"getStats", get_stats},
};

static bool start(struct svc_runtime *runtime, char ret_error[256])
{
    char error[256];
    struct manager *manager = svc_alloc_zero(1, sizeof *manager);
    struct store_settings store = {
        .flush_ms = config.flush_ms,
        .sweep_after_ms = config.sweep_after_ms,
        .queue_max = config.queue_max,
        .standard_ttl_s = config.session_ttl_s,
        .near_size = config.near_sessions,
    };
    struct turn_rules turn = {
        .quiet_ms = config.quiet_ms,
        .longest_ms = config.longest_wait_ms,
        .lease_ms = config.lease_ms,
        .flush_words = config.flush_words,
    };

    runtime->state = manager;
    manager->config = &config;
    manager->stats = stats_new();
    manager->sessions.bytes_max = (size_t)config.session_limit_bytes;
    manager->sessions.ttl.longest_s = config.session_longest_s;
    if (!ttl_rules_read(config.session_ttls, &manager->sessions.ttl, error)) {
        snprintf(ret_error, 256, "SESSION_TTLS: %.230s", error);
        return false;
    }
    if (runtime->redis == NULL && runtime->pg == NULL) {
        snprintf(ret_error, 256, "neither REDIS_URL nor DATABASE_URL is set");
        return false;
    }
    manager->store = store_new(runtime->redis, runtime->pg, &store);
    manager->sessions.store = manager->store;
    manager->turns = turns_new(&manager->sessions, &turn);
    manager->cache = cache_new(runtime->redis, config.loader_ms);
    routes_metrics(manager, runtime->metrics);
    return true;
}

static void stop(struct svc_runtime *runtime)
{
    struct manager *manager = runtime->state;

    cache_free(&manager->cache);
    turns_free(&manager->turns);
    store_free(&manager->store);
    stats_free(&manager->stats);
    free(manager);
    runtime->state = NULL;
}

int main(int argc, char **argv)
{
    const struct svc_app app = {
        .name = SVC_NAME,
        .version = SVC_VERSION,
        .summary = "sessions, turns and cache: Redis first, PostgreSQL behind",
        .port = "8103",
        .threads = "0",
        .body_limit = "1048576",
        .uses = SVC_USES_REDIS | SVC_USES_POSTGRES | SVC_TELLS_EVENTS,
        .settings = {settings, sizeof settings / sizeof settings[0], &config},
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .start = start,
        .stop = stop,
    };

    return svc_app_run(&app, argc, argv);
}
