#include "store_events.h"

#include "store_array.h"
#include "store_locks.h"

#include <svc/pg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
    COLUMN_KEY,
    COLUMN_ID,
    COLUMN_TYPE,
    COLUMN_TIME,
    COLUMN_CUSTOMER,
    COLUMN_SOURCE,
    COLUMN_PATH,
    COLUMN_DATA,
    COLUMN_COUNT,
};

/* By key, so that two replicas that write the same events wait for each other instead of
 * both ways round. */
static int compare(const void *left, const void *right)
{
    const struct store_event *const *a = left;
    const struct store_event *const *b = right;

    return memcmp((*a)->event->key, (*b)->event->key, EVENT_KEY_SIZE);
}

static bool is_repeated(struct store_event *const *events, size_t index)
{
    return index > 0 && compare(&events[index - 1], &events[index]) == 0;
}

static void add_row(struct svc_buf columns[COLUMN_COUNT], const struct event *event)
{
    char key[2 * EVENT_KEY_SIZE + 1];
    const struct svc_slice path = {event->path, strlen(event->path)};

    svc_text_to_hex(event->key, EVENT_KEY_SIZE, key);
    array_add_text(&columns[COLUMN_KEY], (struct svc_slice){key, sizeof key - 1});
    array_add_text(&columns[COLUMN_ID], event->event_id);
    array_add_text(&columns[COLUMN_TYPE], event->type);
    array_add_int(&columns[COLUMN_TIME], event->occurred_ms);
    array_add_text(&columns[COLUMN_CUSTOMER], event->customer_key);
    array_add_text(&columns[COLUMN_SOURCE], event->source);
    array_add_text(&columns[COLUMN_PATH], path);
    array_add_text(&columns[COLUMN_DATA], event->data);
}

/* The lock, which the number of the batch is taken under, is what tells the projector
 * that nothing with a lower number can still come. */
static enum svc_status insert(struct svc_pg *pg, struct svc_buf columns[COLUMN_COUNT],
    struct svc_pg_result **ret_rows, struct svc_pg_error *error)
{
    struct svc_pg_param params[COLUMN_COUNT];

    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        params[i] = svc_pg_slice(array_end(&columns[i]));
    }
    const struct svc_pg_statement statement = {
        .sql = "WITH batch AS MATERIALIZED (SELECT "
               "pg_advisory_xact_lock_shared(" LOCK_INGEST
               "), nextval('event_batches') * 8192 AS first), "
               "input AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::text[], "
               "$3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], "
               "$8::json[]) WITH ORDINALITY AS row(event_key, event_id, type, "
               "occurred_ms, customer_key, source, path, data, place)), "
               "fresh AS (INSERT INTO event_ids (event_key, received_on) "
               "SELECT event_key, (now() AT TIME ZONE 'UTC')::date FROM batch, input "
               "ON CONFLICT DO NOTHING RETURNING event_key) "
               "INSERT INTO events (seq, occurred_at, received_at, event_id, type, "
               "customer_key, source, path, data) "
               "SELECT batch.first + place - 1, to_timestamp(occurred_ms / 1000.0), "
               "clock_timestamp(), event_id, type, customer_key, source, path, data "
               "FROM batch, input JOIN fresh USING (event_key) RETURNING seq & 8191",
        .params = params,
        .param_count = COLUMN_COUNT,
        .prepare = true,
    };

    return svc_pg_query(pg, &statement, ret_rows, error);
}

/* Class 22 of SQL: a value that a column doesn't take. */
static bool is_of_data(const struct svc_pg_error *error)
{
    return strncmp(error->sqlstate, "22", 2) == 0;
}

static void mark(
    struct store_event **sent, size_t count, const struct svc_pg_result *rows)
{
    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        size_t place = (size_t)svc_pg_get_int(rows, row, 0, 0);
        if (place < count) {
            sent[place]->accepted = true;
        }
    }
}

enum svc_status store_events_write(
    struct svc_pg *pg, struct store_event **events, size_t count, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_buf columns[COLUMN_COUNT];
    struct store_event *sent[STORE_EVENTS_MAX];
    struct svc_pg_error error;
    size_t sent_count = 0;

    qsort(events, count, sizeof events[0], compare);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        array_init(&columns[i]);
    }
    for (size_t i = 0; i < count; i++) {
        events[i]->accepted = false;
        if (!is_repeated(events, i)) {
            add_row(columns, events[i]->event);
            sent[sent_count++] = events[i];
        }
    }
    enum svc_status status = insert(pg, columns, &rows, &error);
    if (status == SVC_OK) {
        mark(sent, sent_count, rows);
    } else {
        snprintf(ret_error, 256, "%s", error.message);
        status = is_of_data(&error) ? SVC_INVALID : status;
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        svc_buf_done(&columns[i]);
    }
    return status;
}
