#include "clock.h"
#include "mem.h"
#include "pg_private.h"

#include <assert.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INT_SIZE ((size_t)24)

/* One statement on its way. */
struct run {
    struct svc_pg_connection *connection;
    const struct svc_pg_statement *statement;
    int64_t deadline_ms;
    struct svc_pg_error *error; /* written on failure only */
    const char *values[SVC_PG_PARAMS_MAX];
};

static size_t room_for(const struct svc_pg_param *param)
{
    return param->kind == SVC_PG_KIND_TEXT ? param->text.length + 1 : INT_SIZE;
}

/* Writes the value at AT where it needs room; NULL is SQL's NULL. */
static const char *write_value(const struct svc_pg_param *param, char *at)
{
    switch (param->kind) {
    case SVC_PG_KIND_TEXT:
        memcpy(at, param->text.text, param->text.length);
        at[param->text.length] = '\0';
        return at;
    case SVC_PG_KIND_INT:
        snprintf(at, INT_SIZE, "%lld", (long long)param->number);
        return at;
    case SVC_PG_KIND_BOOL:
        return param->number != 0 ? "t" : "f";
    case SVC_PG_KIND_NULL:
        break;
    }
    return NULL;
}

/* The values as libpq takes them, in one piece of memory that the caller frees; NULL
 * where a text has a NUL byte, which PostgreSQL can't store. */
static char *bind(struct run *run)
{
    const struct svc_pg_statement *statement = run->statement;
    size_t room = 0;

    assert(statement->param_count <= SVC_PG_PARAMS_MAX);
    for (size_t i = 0; i < statement->param_count; i++) {
        const struct svc_pg_param *param = &statement->params[i];
        if (param->kind == SVC_PG_KIND_TEXT &&
            memchr(param->text.text, '\0', param->text.length) != NULL) {
            *run->error = (struct svc_pg_error){.status = SVC_INVALID};
            snprintf(run->error->message, sizeof run->error->message,
                "parameter $%zu has a NUL byte", i + 1);
            return NULL;
        }
        room += room_for(param);
    }
    char *memory = svc_alloc(room);
    char *at = memory;
    for (size_t i = 0; i < statement->param_count; i++) {
        run->values[i] = write_value(&statement->params[i], at);
        at += room_for(&statement->params[i]);
    }
    return memory;
}

static enum svc_status fail_lost(struct run *run)
{
    run->connection->condition = SVC_PG_BROKEN;
    return svc_pg_fail_lost(run->error, run->connection->conn);
}

static enum svc_status fail_overdue(struct run *run)
{
    run->connection->condition = SVC_PG_OVERDUE;
    return svc_pg_fail(run->error, SVC_TIMEOUT, "the statement took too long");
}

static enum svc_status fail_given_up(struct run *run)
{
    run->connection->condition = SVC_PG_OVERDUE;
    return svc_pg_fail(run->error, SVC_UNAVAILABLE, "given up, since the service ends");
}

/* Sends what is left to send and reads until a result is complete. */
static enum svc_status await(struct run *run)
{
    PGconn *conn = run->connection->conn;

    while (PQisBusy(conn)) {
        int unsent = PQflush(conn);
        if (unsent < 0) {
            return fail_lost(run);
        }
        int64_t left_ms = run->deadline_ms - svc_clock_monotonic_ms();
        if (left_ms <= 0) {
            return fail_overdue(run);
        }
        if (atomic_load(run->connection->stop)) {
            return fail_given_up(run);
        }
        struct pollfd waited = {
            .fd = PQsocket(conn),
            .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
        };
        if (poll(&waited, 1, left_ms < 1000 ? (int)left_ms : 1000) > 0 &&
            PQconsumeInput(conn) != 1) {
            return fail_lost(run);
        }
    }
    return SVC_OK;
}

static bool is_fatal(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    return severity != NULL && strcmp(severity, "ERROR") != 0;
}

/* Takes RESULT over. */
static enum svc_status judge(struct run *run, PGresult *result, PGresult **ret_result)
{
    ExecStatusType kind = PQresultStatus(result);

    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
        *ret_result = result;
        return SVC_OK;
    }
    if (kind != PGRES_FATAL_ERROR) {
        run->connection->condition =
            SVC_PG_BROKEN; /* waits for the data of a COPY, say */
        PQclear(result);
        return svc_pg_fail(
            run->error, SVC_INTERNAL, "not a statement with a result: empty, or COPY");
    }
    if (is_fatal(result) || PQstatus(run->connection->conn) != CONNECTION_OK) {
        run->connection->condition = SVC_PG_BROKEN;
    }
    svc_pg_fail_result(run->error, (struct svc_pg_result *)result);
    PQclear(result);
    return run->error->status;
}

static bool is_copy(const PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);

    return kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH;
}

/* After something was sent: the one result, once the server is ready for the next. */
static enum svc_status collect(struct run *run, PGresult **ret_result)
{
    PGresult *kept = NULL;

    for (;;) {
        enum svc_status status = await(run);
        if (status == SVC_UNAVAILABLE && kept != NULL &&
            PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            break; /* the server said why it closed the connection */
        }
        if (status != SVC_OK) {
            PQclear(kept);
            return status;
        }
        PGresult *next = PQgetResult(run->connection->conn);
        if (next == NULL) {
            break;
        }
        PQclear(kept);
        kept = next;
        if (is_copy(kept)) {
            break; /* would come for ever */
        }
    }
    return kept != NULL ? judge(run, kept, ret_result) : fail_lost(run);
}

static enum svc_status send_plain(struct run *run, PGresult **ret_result)
{
    const struct svc_pg_statement *statement = run->statement;

    if (!PQsendQueryParams(run->connection->conn, statement->sql,
            (int)statement->param_count, NULL, run->values, NULL, NULL, 0)) {
        return fail_lost(run);
    }
    return collect(run, ret_result);
}

/* The entry of SQL, or a free one for it; NULL where there is neither. */
static struct svc_pg_prepared *find_prepared(
    struct svc_pg_connection *connection, const char *sql)
{
    for (size_t i = 0; i < SVC_PG_PREPARED_MAX; i++) {
        struct svc_pg_prepared *entry = &connection->prepared[i];
        if (entry->sql == NULL) {
            return entry;
        }
        if (entry->sql == sql) {
            /* Text that changed under its address was no constant. */
            return strcmp(entry->copy, sql) == 0 ? entry : NULL;
        }
    }
    return NULL;
}

/* The server's plan doesn't fit any more: the schema changed, or a pooler between us and
 * the server gave us another session. The name is never used again. */
static bool is_stale(const struct svc_pg_error *error)
{
    return strcmp(error->sqlstate, "0A000") == 0 || strcmp(error->sqlstate, "26000") == 0;
}

static enum svc_status prepare(struct run *run, struct svc_pg_prepared *entry)
{
    struct svc_pg_connection *connection = run->connection;
    PGresult *result = NULL;
    char name[24];

    unsigned number = ++connection->prepared_number;
    snprintf(name, sizeof name, "s%u", number);
    if (!PQsendPrepare(connection->conn, name, run->statement->sql, 0, NULL)) {
        return fail_lost(run);
    }
    enum svc_status status = collect(run, &result);
    if (status != SVC_OK) {
        return status;
    }
    PQclear(result);
    free(entry->copy);
    *entry = (struct svc_pg_prepared){
        .sql = run->statement->sql,
        .copy = svc_strdup(run->statement->sql),
        .number = number,
    };
    return SVC_OK;
}

static enum svc_status execute(
    struct run *run, const struct svc_pg_prepared *entry, PGresult **ret_result)
{
    char name[24];

    snprintf(name, sizeof name, "s%u", entry->number);
    if (!PQsendQueryPrepared(run->connection->conn, name,
            (int)run->statement->param_count, run->values, NULL, NULL, 0)) {
        return fail_lost(run);
    }
    return collect(run, ret_result);
}

static enum svc_status prepare_and_execute(
    struct run *run, struct svc_pg_prepared *entry, PGresult **ret_result)
{
    if (entry->number == 0) {
        enum svc_status status = prepare(run, entry);
        if (status != SVC_OK) {
            return status;
        }
    }
    return execute(run, entry, ret_result);
}

static enum svc_status send_prepared(struct run *run, PGresult **ret_result)
{
    struct svc_pg_connection *connection = run->connection;
    struct svc_pg_prepared *entry = find_prepared(connection, run->statement->sql);

    if (entry == NULL) {
        return send_plain(run, ret_result);
    }
    bool fresh = entry->number == 0;
    enum svc_status status = prepare_and_execute(run, entry, ret_result);
    if (status != SVC_INTERNAL || !is_stale(run->error)) {
        return status;
    }
    entry->number = 0;
    /* Nothing was executed, so that once more is safe; a transaction has failed with it.
     */
    if (fresh || PQtransactionStatus(connection->conn) != PQTRANS_IDLE) {
        return status;
    }
    return prepare_and_execute(run, entry, ret_result);
}

enum svc_status svc_pg_connection_run(struct svc_pg_connection *connection,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_result,
    struct svc_pg_error *ret_error)
{
    bool shorter =
        statement->timeout_ms > 0 && statement->timeout_ms < connection->timeout_ms;
    struct run run = {
        .connection = connection,
        .statement = statement,
        .deadline_ms = svc_clock_monotonic_ms() +
                       (shorter ? statement->timeout_ms : connection->timeout_ms),
        .error = ret_error,
    };
    PGresult *result = NULL;
    SVC_AUTO_FREE char *memory = bind(&run);

    if (memory == NULL) {
        return SVC_INVALID;
    }
    enum svc_status status =
        statement->prepare ? send_prepared(&run, &result) : send_plain(&run, &result);
    if (status != SVC_OK) {
        return status;
    }
    if (ret_result == NULL) {
        PQclear(result);
        return SVC_OK;
    }
    *ret_result = (struct svc_pg_result *)result;
    return SVC_OK;
}
