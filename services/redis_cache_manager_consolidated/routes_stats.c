#include "routes.h"

static void write_state(struct svc_json_writer *writer, const struct store_state *state)
{
    static const char *const modes[] = {
        [STORE_MODE_UNKNOWN] = "unknown",
        [STORE_MODE_REDIS] = "redis",
        [STORE_MODE_POSTGRES] = "postgres",
    };

    svc_json_write_key(writer, "store");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "mode", modes[state->mode]);
    svc_json_write_field_int(writer, "epoch", state->epoch);
    svc_json_write_field_bool(writer, "use_redis_sessions", state->flag);
    svc_json_write_field_bool(writer, "redis_up", state->redis_up);
    svc_json_write_field_bool(writer, "postgres_up", state->postgres_up);
    svc_json_write_field_int(writer, "waiting", state->waiting);
    svc_json_write_field_int(writer, "flushed_total", state->flushed_total);
    svc_json_write_field_int(writer, "swept_total", state->swept_total);
    svc_json_write_field_int(writer, "dropped_total", state->dropped_total);
    svc_json_write_field_int(writer, "flush_lag_ms_max", state->flush_lag_ms_max);
    svc_json_write_field_bool(writer, "near_cache_live", state->near_live);
    svc_json_write_field_int(writer, "near_cache_sessions", state->near_count);
    svc_json_write_object_end(writer);
}

enum svc_status get_stats(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct store_state state;

    store_state_get(manager->store, &state);
    svc_json_write_object_begin(&reply->json);
    stats_write(manager->stats, &reply->json);
    write_state(&reply->json, &state);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}

static double read_waiting(void *context)
{
    struct store_state state;

    store_state_get(((struct manager *)context)->store, &state);
    return (double)state.waiting;
}

static double read_lag(void *context)
{
    struct store_state state;

    store_state_get(((struct manager *)context)->store, &state);
    return (double)state.flush_lag_ms_max / 1000;
}

static double read_mode(void *context)
{
    struct store_state state;

    store_state_get(((struct manager *)context)->store, &state);
    return state.mode == STORE_MODE_REDIS ? 1 : 0;
}

static double read_dropped(void *context)
{
    struct store_state state;

    store_state_get(((struct manager *)context)->store, &state);
    return (double)state.dropped_total;
}

static double read_hit_rate(void *context)
{
    return stats_hit_rate(((struct manager *)context)->stats);
}

void routes_metrics(struct manager *manager, struct svc_metrics *metrics)
{
    svc_metrics_gauge(metrics, "session_flush_waiting",
        "Customers whose writes wait for PostgreSQL.", read_waiting, manager);
    svc_metrics_gauge(metrics, "session_flush_lag_seconds_max",
        "The longest that a write has waited.", read_lag, manager);
    svc_metrics_gauge(metrics, "session_flush_dropped",
        "Writes that PostgreSQL refused or that found no room.", read_dropped, manager);
    svc_metrics_gauge(metrics, "session_store_redis",
        "1: Redis first; 0: PostgreSQL alone.", read_mode, manager);
    svc_metrics_gauge(metrics, "cache_hit_rate",
        "Of cache and sessions, 0 to 1, since the start.", read_hit_rate, manager);
}
