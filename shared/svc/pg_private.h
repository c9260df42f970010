/* What the files of pg share among themselves. */
#ifndef SVC_PG_PRIVATE_H
#define SVC_PG_PRIVATE_H

#include "pg.h"

#include <stdatomic.h>

#define SVC_PG_PREPARED_MAX 64
#define SVC_PG_KEYWORDS_MAX 12

struct pg_conn; /* PGconn */

struct svc_pg_prepared {
    const char *sql; /* the caller's, to find it by; NULL: free */
    char *copy;      /* its text, to be sure */
    unsigned number; /* its name on the server: "s<number>" */
};

enum svc_pg_condition {
    SVC_PG_GOOD,
    SVC_PG_BROKEN,  /* lost, or in a state nobody wants */
    SVC_PG_OVERDUE, /* a statement may still run on it */
};

/* One thread's at a time. */
struct svc_pg_connection {
    struct pg_conn *conn;
    struct svc_pg_connection *next; /* in the pool's idle list */
    enum svc_pg_condition condition;
    int64_t timeout_ms;
    const atomic_bool *stop;  /* the pool's: nothing is waited for any more */
    unsigned prepared_number; /* of the last name given */
    struct svc_pg_prepared prepared[SVC_PG_PREPARED_MAX];
};

/* What to connect to, and how: made once, then only read. */
struct svc_pg_target {
    const char *keywords[SVC_PG_KEYWORDS_MAX];
    const char *values[SVC_PG_KEYWORDS_MAX];
    char *url;
    char *name;
    char *options;
    char *tcp_timeout_ms;
    int64_t connect_timeout_ms;
    int64_t statement_timeout_ms;
};

/* pg_connect.c */
SVC_MUST_CHECK bool svc_pg_target_init(
    struct svc_pg_target *target, const struct svc_pg_settings *settings);
void svc_pg_target_done(struct svc_pg_target *target);
/* NULL on failure, within the target's connect_timeout_ms (but for the resolver of names,
 * which libpq waits for), or soon after STOP was set. */
SVC_MUST_CHECK struct svc_pg_connection *svc_pg_connection_new(
    const struct svc_pg_target *target, const atomic_bool *stop,
    struct svc_pg_error *ret_error);
/* Asks the server to end a statement that is overdue; never waits. */
void svc_pg_connection_free(struct svc_pg_connection **connection);
/* For one that was idle: false when the server has closed it meanwhile. Never waits. */
bool svc_pg_connection_is_alive(struct svc_pg_connection *connection);
/* True when it is good and outside of any transaction. */
bool svc_pg_connection_is_ready(const struct svc_pg_connection *connection);

/* pg_statement.c */
SVC_MUST_CHECK enum svc_status svc_pg_connection_run(struct svc_pg_connection *connection,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_result,
    struct svc_pg_error *ret_error);

/* pg_result.c; each returns the status it sets */
enum svc_status svc_pg_fail(
    struct svc_pg_error *error, enum svc_status status, const char *message);
enum svc_status svc_pg_fail_lost(struct svc_pg_error *error, const struct pg_conn *conn);
enum svc_status svc_pg_fail_result(
    struct svc_pg_error *error, const struct svc_pg_result *result);
/* "INSERT 0 1", "ROLLBACK" ... */
const char *svc_pg_result_command(const struct svc_pg_result *result);

/* pg_pool.c. TIMEOUT_MS: 0, or less than the pool's acquire_timeout_ms. */
SVC_MUST_CHECK enum svc_status svc_pg_acquire(struct svc_pg *pg, int64_t timeout_ms,
    struct svc_pg_connection **ret_connection, struct svc_pg_error *ret_error);
void svc_pg_release(struct svc_pg *pg, struct svc_pg_connection *connection);

#endif
