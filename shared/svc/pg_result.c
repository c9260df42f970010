#include "pg_private.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

struct sqlstate_meaning {
    const char *prefix;
    enum svc_status status;
};

/* https://www.postgresql.org/docs/current/errcodes-appendix.html; the first that fits. */
static const struct sqlstate_meaning meanings[] = {
    {"23505", SVC_CONFLICT},    /* unique_violation */
    {"23P01", SVC_CONFLICT},    /* exclusion_violation */
    {"40001", SVC_CONFLICT},    /* serialization_failure */
    {"40P01", SVC_CONFLICT},    /* deadlock_detected */
    {"55P03", SVC_CONFLICT},    /* lock_not_available */
    {"57014", SVC_TIMEOUT},     /* query_canceled: by statement_timeout or by us */
    {"57P", SVC_UNAVAILABLE},   /* shutdown, crash, starting up, session ended */
    {"25P03", SVC_UNAVAILABLE}, /* idle_in_transaction_session_timeout */
    {"25006", SVC_UNAVAILABLE}, /* read_only_sql_transaction: a standby */
    {"08P01", SVC_INTERNAL},    /* protocol_violation: too few parameters, say */
    {"08", SVC_UNAVAILABLE},    /* connection exceptions */
    {"53", SVC_UNAVAILABLE},    /* out of connections, memory or disk */
};

static enum svc_status status_of(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(sqlstate, meanings[i].prefix, strlen(meanings[i].prefix)) == 0) {
            return meanings[i].status;
        }
    }
    return SVC_INTERNAL;
}

/* One line, cut where it doesn't fit, but never inside a character. */
static void put_line(char *out, size_t size, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;

    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    for (size_t i = 0; i < length; i++) {
        out[i] = text[i];
        if ((unsigned char)text[i] < ' ') {
            out[i] = ' ';
        }
    }
    while (length > 0 && out[length - 1] == ' ') {
        length--;
    }
    out[length] = '\0';
}

enum svc_status svc_pg_fail(
    struct svc_pg_error *error, enum svc_status status, const char *message)
{
    *error = (struct svc_pg_error){.status = status};
    put_line(error->message, sizeof error->message, message);
    return status;
}

enum svc_status svc_pg_fail_lost(struct svc_pg_error *error, const PGconn *conn)
{
    const char *message = PQerrorMessage(conn);

    if (message == NULL || message[0] == '\0') {
        message = "the server did not answer in time";
    }
    return svc_pg_fail(error, SVC_UNAVAILABLE, message);
}

enum svc_status svc_pg_fail_result(
    struct svc_pg_error *error, const struct svc_pg_result *result)
{
    const PGresult *failed = (const PGresult *)result;
    const char *sqlstate = PQresultErrorField(failed, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(failed, PG_DIAG_MESSAGE_PRIMARY);

    *error = (struct svc_pg_error){.status = SVC_UNAVAILABLE};
    if (sqlstate != NULL) { /* else libpq made the result, of a lost connection */
        error->status = status_of(sqlstate);
        put_line(error->sqlstate, sizeof error->sqlstate, sqlstate);
    }
    put_line(error->constraint, sizeof error->constraint,
        PQresultErrorField(failed, PG_DIAG_CONSTRAINT_NAME));
    put_line(error->message, sizeof error->message,
        message != NULL ? message : PQresultErrorMessage(failed));
    return error->status;
}

const char *svc_pg_result_command(const struct svc_pg_result *result)
{
    return PQcmdStatus((PGresult *)result);
}

void svc_pg_result_free(struct svc_pg_result **result)
{
    PQclear((PGresult *)*result);
    *result = NULL;
}

size_t svc_pg_rows(const struct svc_pg_result *result)
{
    return (size_t)PQntuples((const PGresult *)result);
}

size_t svc_pg_columns(const struct svc_pg_result *result)
{
    return (size_t)PQnfields((const PGresult *)result);
}

int64_t svc_pg_affected(const struct svc_pg_result *result)
{
    const char *text = PQcmdTuples((PGresult *)result);
    int64_t count = 0;

    return svc_text_to_int64((struct svc_slice){text, strlen(text)}, &count) ? count : 0;
}

struct svc_slice svc_pg_get(const struct svc_pg_result *result, size_t row, size_t column)
{
    const PGresult *read = (const PGresult *)result;

    if (svc_pg_is_null(result, row, column)) {
        return (struct svc_slice){0};
    }
    return (struct svc_slice){
        PQgetvalue(read, (int)row, (int)column),
        (size_t)PQgetlength(read, (int)row, (int)column),
    };
}

bool svc_pg_is_null(const struct svc_pg_result *result, size_t row, size_t column)
{
    if (row >= svc_pg_rows(result) || column >= svc_pg_columns(result)) {
        return true;
    }
    return PQgetisnull((const PGresult *)result, (int)row, (int)column) == 1;
}

int64_t svc_pg_get_int(
    const struct svc_pg_result *result, size_t row, size_t column, int64_t fallback)
{
    int64_t number = 0;
    struct svc_slice text = svc_pg_get(result, row, column);

    return text.text != NULL && svc_text_to_int64(text, &number) ? number : fallback;
}

bool svc_pg_get_bool(const struct svc_pg_result *result, size_t row, size_t column)
{
    return svc_slice_equals(svc_pg_get(result, row, column), "t");
}
