#include "store_intake.h"

#include <svc/log.h>
#include <svc/pg.h>

#include <stdatomic.h>

/* Two batches that have messages in common in another order may wait for each other; the
 * one that PostgreSQL ends is told again. */
#define PUT_TRIES 4

/* Said once, not four times a second. */
static atomic_bool in_trouble;

static enum svc_status run(struct svc_pg *pg, const struct svc_pg_statement *statement,
    struct svc_pg_result **ret_rows)
{
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(pg, statement, ret_rows, &error);

    bool failed = status != SVC_OK && status != SVC_CONFLICT;
    if (failed && !atomic_exchange(&in_trouble, true)) {
        svc_log(SVC_LOG_WARN, "the intake's table can't be asked",
            SVC_TEXT("error", error.message));
    }
    if (!failed) {
        atomic_store(&in_trouble, false);
    }
    return status;
}

static struct svc_slice keep(
    struct svc_arena *arena, const struct svc_pg_result *rows, size_t row, size_t column)
{
    return svc_slice_keep(arena, svc_pg_get(rows, row, column));
}

enum svc_status intake_store_put(struct svc_pg *pg, struct svc_slice messages,
    int64_t quiet_ms, int64_t quiet_max_ms, int64_t *ret_new)
{
    enum svc_status status = SVC_CONFLICT;

    for (int i = 0; i < PUT_TRIES && status == SVC_CONFLICT; i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
        status = run(pg,
            SVC_PG_PREPARED("SELECT intake_put($1::json, $2, $3)", svc_pg_slice(messages),
                svc_pg_int(quiet_ms), svc_pg_int(quiet_max_ms)),
            &rows);
        if (status == SVC_OK) {
            *ret_new = svc_pg_get_int(rows, 0, 0, 0);
        }
    }
    return status == SVC_CONFLICT ? SVC_UNAVAILABLE : status;
}

enum svc_status intake_store_take(struct svc_pg *pg, const struct intake_taking *taking,
    struct svc_arena *arena, struct intake_taken *ret_taken)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED("SELECT * FROM intake_take($1, $2, $3, $4, $5)",
            svc_pg_text(taking->owner), svc_pg_int(taking->room),
            svc_pg_int(taking->lease_ms), svc_pg_int(taking->attempts_max),
            svc_pg_int(taking->messages_max)),
        &rows);

    *ret_taken = (struct intake_taken){0};
    if (status != SVC_OK) {
        return status;
    }
    ret_taken->count = svc_pg_rows(rows);
    ret_taken->messages =
        svc_arena_alloc(arena, (ret_taken->count + 1) * sizeof *ret_taken->messages);
    for (size_t row = 0; row < ret_taken->count; row++) {
        ret_taken->messages[row] = (struct intake_message){
            .lease = keep(arena, rows, row, 0),
            .phone_number_id = keep(arena, rows, row, 1),
            .customer_key = keep(arena, rows, row, 2),
            .waba_id = keep(arena, rows, row, 3),
            .display_phone_number = keep(arena, rows, row, 4),
            .body = keep(arena, rows, row, 5),
            .contact = keep(arena, rows, row, 6),
        };
        ret_taken->ran_out = svc_pg_get_int(rows, row, 7, 0);
    }
    return SVC_OK;
}

enum svc_status intake_store_refused(struct svc_pg *pg,
    const struct intake_message *message, int64_t pause_ms, const char *fault)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;

    return run(pg,
        SVC_PG_PREPARED("SELECT intake_refused($1, $2, $3, $4, $5)",
            svc_pg_slice(message->phone_number_id), svc_pg_slice(message->customer_key),
            svc_pg_slice(message->lease), svc_pg_int(pause_ms),
            fault != NULL ? svc_pg_text(fault) : svc_pg_null()),
        &rows);
}

enum svc_status intake_store_end(
    struct svc_pg *pg, const char *key, bool failed, int64_t *ret_took_ms)
{
    enum { PAUSE_MS = 2000 };
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED("SELECT intake_end($1, $2, $3)", svc_pg_text(key),
            svc_pg_bool(failed), svc_pg_int(PAUSE_MS)),
        &rows);

    *ret_took_ms = status == SVC_OK ? svc_pg_get_int(rows, 0, 0, -1) : -1;
    return status;
}

enum svc_status intake_store_totals(struct svc_pg *pg, struct intake_totals *ret_totals)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED(
            "SELECT (SELECT count(*) FROM intake_messages WHERE state = 'waiting'),"
            " (SELECT count(*) FROM intake_lanes WHERE lease IS NOT NULL"
            "  AND lease_until > clock_timestamp()),"
            " (SELECT count(*) FROM intake_messages WHERE state = 'dead'),"
            " (SELECT COALESCE((extract(epoch FROM clock_timestamp() - min(received_at))"
            "  * 1000)::bigint, 0) FROM intake_messages WHERE state = 'waiting')"),
        &rows);

    *ret_totals = (struct intake_totals){0};
    if (status == SVC_OK) {
        ret_totals->waiting = svc_pg_get_int(rows, 0, 0, 0);
        ret_totals->in_flight = svc_pg_get_int(rows, 0, 1, 0);
        ret_totals->dead = svc_pg_get_int(rows, 0, 2, 0);
        ret_totals->oldest_ms = svc_pg_get_int(rows, 0, 3, 0);
    }
    return status;
}

enum svc_status intake_store_dead(struct svc_pg *pg, int64_t after, int64_t limit,
    struct svc_arena *arena, struct intake_dead **ret_list, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED(
            "SELECT id, message_id, phone_number_id, customer_key, attempts, error, body,"
            " to_char(received_at AT TIME ZONE 'UTC', "
            "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
            " to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
            " FROM intake_messages WHERE state = 'dead' AND id > $1 ORDER BY id LIMIT $2",
            svc_pg_int(after), svc_pg_int(limit)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    *ret_list = svc_arena_alloc(arena, (*ret_count + 1) * sizeof **ret_list);
    for (size_t row = 0; row < *ret_count; row++) {
        (*ret_list)[row] = (struct intake_dead){
            .id = svc_pg_get_int(rows, row, 0, 0),
            .message_id = keep(arena, rows, row, 1),
            .phone_number_id = keep(arena, rows, row, 2),
            .customer_key = keep(arena, rows, row, 3),
            .attempts = svc_pg_get_int(rows, row, 4, 0),
            .error = keep(arena, rows, row, 5),
            .body = keep(arena, rows, row, 6),
            .received_at = keep(arena, rows, row, 7),
            .died_at = keep(arena, rows, row, 8),
        };
    }
    return SVC_OK;
}

enum svc_status intake_store_revive(
    struct svc_pg *pg, const char *ids, bool replay, int64_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED("SELECT intake_revive($1::bigint[], $2)",
            ids != NULL ? svc_pg_text(ids) : svc_pg_null(), svc_pg_bool(replay)),
        &rows);

    *ret_count = status == SVC_OK ? svc_pg_get_int(rows, 0, 0, 0) : 0;
    return status;
}

enum svc_status intake_store_tidy(struct svc_pg *pg, int64_t keep_s, int64_t *ret_pruned)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *lanes = NULL;
    enum svc_status status = run(pg,
        SVC_PG_PREPARED("DELETE FROM intake_messages WHERE id IN (SELECT id"
                        " FROM intake_messages WHERE state = 'done' AND ended_at <"
                        " clock_timestamp() - $1 * INTERVAL '1 s' ORDER BY ended_at"
                        " LIMIT 5000)",
            svc_pg_int(keep_s)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_pruned = svc_pg_affected(rows);
    return run(pg,
        SVC_PG_PREPARED(
            "INSERT INTO intake_lanes (phone_number_id, customer_key, first_at, due_at)"
            " SELECT DISTINCT phone_number_id, customer_key, clock_timestamp(),"
            " clock_timestamp() FROM intake_messages AS m WHERE state = 'waiting'"
            " AND NOT EXISTS (SELECT FROM intake_lanes AS l"
            "  WHERE l.phone_number_id = m.phone_number_id"
            "  AND l.customer_key = m.customer_key)"
            " ON CONFLICT DO NOTHING"),
        &lanes);
}
