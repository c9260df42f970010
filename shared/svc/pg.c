#include "pg.h"

#include "clock.h"
#include "pg_private.h"

#include <string.h>

struct svc_pg_param svc_pg_null(void)
{
    return (struct svc_pg_param){.kind = SVC_PG_KIND_NULL};
}

struct svc_pg_param svc_pg_text(const char *text)
{
    return svc_pg_slice((struct svc_slice){text, text != NULL ? strlen(text) : 0});
}

struct svc_pg_param svc_pg_slice(struct svc_slice text)
{
    if (text.text == NULL) {
        return svc_pg_null();
    }
    return (struct svc_pg_param){.kind = SVC_PG_KIND_TEXT, .text = text};
}

struct svc_pg_param svc_pg_int(int64_t number)
{
    return (struct svc_pg_param){.kind = SVC_PG_KIND_INT, .number = number};
}

struct svc_pg_param svc_pg_bool(bool value)
{
    return (struct svc_pg_param){.kind = SVC_PG_KIND_BOOL, .number = value};
}

enum svc_status svc_pg_query(struct svc_pg *pg, const struct svc_pg_statement *statement,
    struct svc_pg_result **ret_result, struct svc_pg_error *ret_error)
{
    struct svc_pg_connection *connection = NULL;
    struct svc_pg_statement rest = *statement;
    int64_t start_ms = svc_clock_monotonic_ms();
    enum svc_status status =
        svc_pg_acquire(pg, statement->timeout_ms, &connection, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    if (rest.timeout_ms > 0) {
        rest.timeout_ms -= svc_clock_monotonic_ms() - start_ms;
        rest.timeout_ms = rest.timeout_ms > 1 ? rest.timeout_ms : 1;
    }
    status = svc_pg_connection_run(connection, &rest, ret_result, ret_error);
    svc_pg_release(pg, connection);
    return status;
}

enum svc_status svc_pg_ping(
    struct svc_pg *pg, int64_t *ret_latency_us, struct svc_pg_error *ret_error)
{
    int64_t start_ns = svc_clock_monotonic_ns();
    enum svc_status status = svc_pg_query(pg, SVC_PG_SQL("SELECT 1"), NULL, ret_error);

    if (status == SVC_OK) {
        *ret_latency_us = (svc_clock_monotonic_ns() - start_ns) / 1000;
    }
    return status;
}

static void end_tx(struct svc_pg_tx *tx)
{
    svc_pg_release(tx->pg, tx->connection);
    tx->connection = NULL;
}

enum svc_status svc_pg_begin(
    struct svc_pg *pg, struct svc_pg_tx *tx, struct svc_pg_error *ret_error)
{
    struct svc_pg_tx begun = {.pg = pg};
    enum svc_status status = svc_pg_acquire(pg, 0, &begun.connection, ret_error);

    if (status != SVC_OK) {
        return status;
    }
    status =
        svc_pg_connection_run(begun.connection, SVC_PG_SQL("BEGIN"), NULL, ret_error);
    if (status != SVC_OK) {
        end_tx(&begun);
        return status;
    }
    *tx = begun;
    return SVC_OK;
}

enum svc_status svc_pg_tx_query(struct svc_pg_tx *tx,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_result,
    struct svc_pg_error *ret_error)
{
    if (tx->connection == NULL) {
        return svc_pg_fail(ret_error, SVC_INTERNAL, "the transaction has ended");
    }
    if (tx->connection->condition != SVC_PG_GOOD) {
        return svc_pg_fail(
            ret_error, SVC_UNAVAILABLE, "the transaction's connection is lost");
    }
    return svc_pg_connection_run(tx->connection, statement, ret_result, ret_error);
}

enum svc_status svc_pg_commit(struct svc_pg_tx *tx, struct svc_pg_error *ret_error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *result = NULL;
    enum svc_status status =
        svc_pg_tx_query(tx, SVC_PG_SQL("COMMIT"), &result, ret_error);

    if (tx->connection != NULL) {
        end_tx(tx);
    }
    if (status == SVC_OK && strcmp(svc_pg_result_command(result), "COMMIT") != 0) {
        return svc_pg_fail(ret_error, SVC_CONFLICT, "a statement before had failed");
    }
    return status;
}

void svc_pg_rollback(struct svc_pg_tx *tx)
{
    struct svc_pg_error error;

    if (tx->connection == NULL) {
        return;
    }
    if (tx->connection->condition == SVC_PG_GOOD &&
        svc_pg_connection_run(tx->connection, SVC_PG_SQL("ROLLBACK"), NULL, &error) !=
            SVC_OK) {
        tx->connection->condition = SVC_PG_BROKEN; /* closing it rolls back too */
    }
    end_tx(tx);
}
