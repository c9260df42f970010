/* PostgreSQL: a bounded pool of connections, statements with bound parameters, results
 * that are read in place. Every call ends within a time that the settings state.
 *
 *     SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
 *     struct svc_pg_error error;
 *     enum svc_status status = svc_pg_query(pg,
 *         SVC_PG_PREPARED("SELECT id, stock FROM products WHERE sku = $1",
 *             svc_pg_slice(sku)),
 *         &rows, &error);
 *
 *     if (status != SVC_OK) {
 *         return status;
 *     }
 *     for (size_t row = 0; row < svc_pg_rows(rows); row++) {
 *         use(svc_pg_get(rows, row, 0), svc_pg_get_int(rows, row, 1, 0));
 *     }
 *
 * Sessions speak UTF-8, ISO dates and UTC. */
#ifndef SVC_PG_H
#define SVC_PG_H

#include "text.h"

#define SVC_PG_PARAMS_MAX 64

/* What a status means here:
 * - UNAVAILABLE: no connection, or it was lost
 * - TIMEOUT: the statement took too long
 * - CONFLICT: unique or exclusion violation, serialization failure, deadlock, taken lock
 * - INVALID: a parameter has a NUL byte; settings that can't be used
 * - INTERNAL: anything else, which is a fault of ours
 * After the first two a COMMIT may have happened or not. The message may quote a value of
 * a customer: it is logged as private. */
struct svc_pg_error {
    enum svc_status status;
    char sqlstate[6];    /* "" where the server gave none */
    char constraint[64]; /* the violated one, or "" */
    char message[256];   /* one line */
};

struct svc_pg;
struct svc_pg_connection;
struct svc_pg_result;

struct svc_pg_settings {
    const char *url; /* postgresql://... or key=value, as libpq takes it (DATABASE_URL) */
    const char *name; /* the service: application_name in pg_stat_activity */
    int64_t size;     /* connections at most, 1 to 1000 */
    int64_t connect_timeout_ms;
    int64_t acquire_timeout_ms;   /* what a call waits for a connection at most */
    int64_t statement_timeout_ms; /* what it waits for a statement at most */
};

/* Connects to nothing yet. INVALID for a URL that isn't one. The server itself ends a
 * statement after nine tenths of statement_timeout_ms, which costs no connection. */
SVC_MUST_CHECK enum svc_status svc_pg_open(const struct svc_pg_settings *settings,
    struct svc_pg **ret_pg, struct svc_pg_error *ret_error);

/* No other thread may use PG any more. Takes NULL, nulls the caller's pointer. */
void svc_pg_close(struct svc_pg **pg);

/* For an end that can't wait: whoever waits for PG, or will, is told UNAVAILABLE within a
 * second. Any thread; closing is still the owner's. */
void svc_pg_give_up(struct svc_pg *pg);

enum svc_pg_kind {
    SVC_PG_KIND_NULL,
    SVC_PG_KIND_TEXT,
    SVC_PG_KIND_INT,
    SVC_PG_KIND_BOOL,
};

/* The server infers a parameter's type from where it stands; JSON, numerics, timestamps
 * and arrays are text. */
struct svc_pg_param {
    enum svc_pg_kind kind;
    struct svc_slice text;
    int64_t number;
};

/* SQL's NULL. */
struct svc_pg_param svc_pg_null(void);
/* A text that must live until the call ends; NULL, as a slice that isn't there, is SQL's
 * NULL. */
struct svc_pg_param svc_pg_text(const char *text);
struct svc_pg_param svc_pg_slice(struct svc_slice text);
struct svc_pg_param svc_pg_int(int64_t number);
struct svc_pg_param svc_pg_bool(bool value);

struct svc_pg_statement {
    const char *sql; /* one statement */
    const struct svc_pg_param *params;
    size_t param_count; /* SVC_PG_PARAMS_MAX at most; many rows go in one JSON array */
    bool prepare;       /* parse and plan it once a connection */
    int64_t timeout_ms; /* 0, or less than the pool's statement_timeout_ms; of
                         * svc_pg_query as a whole, waiting for a connection too */
};

#define SVC_PG_STATEMENT(is_prepared, text, ...)                                         \
    (&(const struct svc_pg_statement){                                                   \
        .sql = (text),                                                                   \
        .params = (const struct svc_pg_param[]){__VA_ARGS__ __VA_OPT__(, ){0}},          \
        .param_count =                                                                   \
            sizeof((const struct svc_pg_param[]){__VA_ARGS__ __VA_OPT__(, ){0}}) /       \
                sizeof(struct svc_pg_param) -                                            \
            1,                                                                           \
        .prepare = (is_prepared),                                                        \
    })

/* A statement for a call's argument list: SVC_PG_PREPARED for what is asked often, always
 * with the same constant text; SVC_PG_SQL for the rest. */
#define SVC_PG_SQL(text, ...) SVC_PG_STATEMENT(false, text __VA_OPT__(, ) __VA_ARGS__)
#define SVC_PG_PREPARED(text, ...) SVC_PG_STATEMENT(true, text __VA_OPT__(, ) __VA_ARGS__)

/* Runs the statement on a connection of the pool, as its own transaction. `ret_result`
 * (may be NULL) is the caller's, to be freed; the whole of it is in memory, so the
 * statement limits its rows. Nothing is tried twice. */
SVC_MUST_CHECK enum svc_status svc_pg_query(struct svc_pg *pg,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_result,
    struct svc_pg_error *ret_error);

/* Whether the server answers, and how fast. */
SVC_MUST_CHECK enum svc_status svc_pg_ping(
    struct svc_pg *pg, int64_t *ret_latency_us, struct svc_pg_error *ret_error);

/* A transaction: what isn't committed when the scope ends is rolled back.
 *
 *     SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
 *     status = svc_pg_begin(pg, &tx, &error);
 *
 * It holds a connection; a thread that has one must not ask the pool for another. For one
 * thread at a time. Its connection is closed by the server after 30 s without a
 * statement. */
struct svc_pg_tx {
    struct svc_pg *pg;
    struct svc_pg_connection *connection; /* NULL: ended or never begun */
};

#define SVC_PG_AUTO_ROLLBACK __attribute__((cleanup(svc_pg_rollback)))

/* Holds a connection from here on. */
SVC_MUST_CHECK enum svc_status svc_pg_begin(
    struct svc_pg *pg, struct svc_pg_tx *tx, struct svc_pg_error *ret_error);
/* As svc_pg_query, in the transaction, which after a failure can only end. */
SVC_MUST_CHECK enum svc_status svc_pg_tx_query(struct svc_pg_tx *tx,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_result,
    struct svc_pg_error *ret_error);
/* Ends the transaction whatever the outcome. CONFLICT too where a statement had failed
 * before and the server rolled back instead. */
SVC_MUST_CHECK enum svc_status svc_pg_commit(
    struct svc_pg_tx *tx, struct svc_pg_error *ret_error);
/* Takes an ended transaction. */
void svc_pg_rollback(struct svc_pg_tx *tx);

#define SVC_PG_AUTO_RESULT __attribute__((cleanup(svc_pg_result_free)))

/* Takes a pointer to NULL; nulls the caller's pointer. */
void svc_pg_result_free(struct svc_pg_result **result);

/* What came back; none for NULL. */
size_t svc_pg_rows(const struct svc_pg_result *result);
size_t svc_pg_columns(const struct svc_pg_result *result);
/* Rows that an INSERT, UPDATE, DELETE or MERGE changed. */
int64_t svc_pg_affected(const struct svc_pg_result *result);

/* The value as text, followed by NUL, as long as the result lives; {NULL, 0} for SQL's
 * NULL and where there is no such row or column. */
struct svc_slice svc_pg_get(
    const struct svc_pg_result *result, size_t row, size_t column);
bool svc_pg_is_null(const struct svc_pg_result *result, size_t row, size_t column);
/* FALLBACK for NULL and for what is no whole number of 64 bits. */
int64_t svc_pg_get_int(
    const struct svc_pg_result *result, size_t row, size_t column, int64_t fallback);
/* False for NULL. */
bool svc_pg_get_bool(const struct svc_pg_result *result, size_t row, size_t column);

/* For metrics. The totals count from the start. */
struct svc_pg_stats {
    int64_t size;
    int64_t open; /* idle or in use */
    int64_t idle;
    int64_t waiting;         /* calls that wait for a connection */
    int64_t acquired_total;  /* connections taken out, dead ones too */
    int64_t waited_total;    /* of them, those that were waited for */
    int64_t wait_us_total;   /* by those and by the calls that got none */
    int64_t refused_total;   /* calls that got no connection */
    int64_t connected_total; /* connections made */
    int64_t connect_failed_total;
    int64_t discarded_total; /* connections thrown away: broken, or a statement overdue */
};

/* A snapshot. */
void svc_pg_stats(struct svc_pg *pg, struct svc_pg_stats *ret_stats);

#endif
