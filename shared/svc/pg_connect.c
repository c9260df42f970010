#include "clock.h"
#include "mem.h"
#include "pg_private.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOP_CHECK_MS 50
#define CANCELS_MAX 4
#define IDLE_READS_MAX 8

/* Of cancel requests, see send_cancel. */
static atomic_int cancels_running;

/* The options of the URL, to which ours are added; NULL where it has none. */
static bool find_url_options(const char *url, char **ret_options)
{
    PQconninfoOption *parsed = PQconninfoParse(url, NULL);

    if (parsed == NULL) {
        return false;
    }
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, "options") == 0 && option->val != NULL) {
            *ret_options = svc_strdup(option->val);
        }
    }
    PQconninfoFree(parsed);
    return true;
}

/* Those of the URL come last: libpq and the server let the last one win. */
static char *make_options(const struct svc_pg_settings *settings, const char *of_url)
{
    int64_t server_ms = settings->statement_timeout_ms * 9 / 10;
    char *options = NULL;

    if (asprintf(&options,
            "-c statement_timeout=%lld -c idle_in_transaction_session_timeout=30000 "
            "-c timezone=UTC -c datestyle=ISO %s",
            (long long)(server_ms > 0 ? server_ms : 1),
            of_url != NULL ? of_url : "") < 0) {
        abort();
    }
    return options;
}

static void add_keyword(
    struct svc_pg_target *target, const char *keyword, const char *value)
{
    size_t at = 0;

    while (target->keywords[at] != NULL) {
        at++;
    }
    target->keywords[at] = keyword;
    target->values[at] = value;
}

bool svc_pg_target_init(
    struct svc_pg_target *target, const struct svc_pg_settings *settings)
{
    SVC_AUTO_FREE char *of_url = NULL;

    if (settings->url == NULL || settings->url[0] == '\0' ||
        !find_url_options(settings->url, &of_url)) {
        return false;
    }
    *target = (struct svc_pg_target){
        .url = svc_strdup(settings->url),
        .name = svc_strdup(settings->name != NULL ? settings->name : ""),
        .options = make_options(settings, of_url),
        .connect_timeout_ms = settings->connect_timeout_ms,
        .statement_timeout_ms = settings->statement_timeout_ms,
    };
    if (asprintf(&target->tcp_timeout_ms, "%lld",
            (long long)settings->statement_timeout_ms + 1000) < 0) {
        abort();
    }
    /* What stands before the URL is a default; what stands after it overrules it. */
    add_keyword(target, "fallback_application_name", target->name);
    add_keyword(target, "gssencmode", "disable");
    add_keyword(target, "keepalives_idle", "30");
    add_keyword(target, "keepalives_interval", "10");
    add_keyword(target, "keepalives_count", "3");
    add_keyword(target, "tcp_user_timeout", target->tcp_timeout_ms);
    add_keyword(target, "dbname", target->url);
    add_keyword(target, "options", target->options);
    add_keyword(target, "client_encoding", "UTF8");
    return true;
}

void svc_pg_target_done(struct svc_pg_target *target)
{
    free(target->url);
    free(target->name);
    free(target->options);
    free(target->tcp_timeout_ms);
    *target = (struct svc_pg_target){0};
}

/* False on failure, past the deadline, or when told to stop. */
static bool finish_connecting(PGconn *conn, int64_t deadline_ms, const atomic_bool *stop)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQsocket(conn) < 0 || atomic_load(stop) ||
            svc_clock_monotonic_ms() >= deadline_ms) {
            return false;
        }
        struct pollfd waited = {
            .fd = PQsocket(conn),
            .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT,
        };
        if (poll(&waited, 1, STOP_CHECK_MS) > 0) {
            state = PQconnectPoll(conn);
        }
    }
    return true;
}

/* A server that ends an idle session says so, which comes as a notice. */
static void receive_notice(void *context, const PGresult *notice)
{
    struct svc_pg_connection *connection = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity != NULL && strcmp(severity, "FATAL") == 0) {
        connection->condition = SVC_PG_BROKEN;
    }
}

struct svc_pg_connection *svc_pg_connection_new(const struct svc_pg_target *target,
    const atomic_bool *stop, struct svc_pg_error *ret_error)
{
    int64_t deadline_ms = svc_clock_monotonic_ms() + target->connect_timeout_ms;
    PGconn *conn = PQconnectStartParams(target->keywords, target->values, 1);

    if (conn == NULL) {
        svc_pg_fail(ret_error, SVC_UNAVAILABLE, "out of memory");
        return NULL;
    }
    struct svc_pg_connection *connection = svc_alloc_zero(1, sizeof *connection);
    connection->conn = conn;
    connection->timeout_ms = target->statement_timeout_ms;
    connection->stop = stop;
    PQsetNoticeReceiver(conn, receive_notice, connection); /* the default prints them */
    if (!finish_connecting(conn, deadline_ms, stop) || PQsetnonblocking(conn, 1) != 0) {
        svc_pg_fail_lost(ret_error, conn);
        svc_pg_connection_free(&connection);
    }
    return connection;
}

static void *run_cancel(void *argument)
{
    PGcancel *cancel = argument;
    char message[256];

    PQcancel(cancel, message, sizeof message);
    PQfreeCancel(cancel);
    atomic_fetch_sub(&cancels_running, 1);
    return NULL;
}

/* PQcancel connects and waits without any bound, so it has a thread of its own. When
 * several hang already, the server is in a state where one more wouldn't help: its own
 * statement_timeout ends the statement then. */
static void send_cancel(PGconn *conn)
{
    PGcancel *cancel = PQgetCancel(conn);
    pthread_attr_t attributes;
    pthread_t thread;

    if (cancel == NULL) {
        return;
    }
    if (atomic_fetch_add(&cancels_running, 1) >= CANCELS_MAX) {
        atomic_fetch_sub(&cancels_running, 1);
        PQfreeCancel(cancel);
        return;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, run_cancel, cancel) != 0) {
        atomic_fetch_sub(&cancels_running, 1);
        PQfreeCancel(cancel);
    }
    pthread_attr_destroy(&attributes);
}

void svc_pg_connection_free(struct svc_pg_connection **connection)
{
    struct svc_pg_connection *old = *connection;

    if (old == NULL) {
        return;
    }
    if (old->condition == SVC_PG_OVERDUE) {
        send_cancel(old->conn);
    }
    PQfinish(old->conn);
    for (size_t i = 0; i < SVC_PG_PREPARED_MAX; i++) {
        free(old->prepared[i].copy);
    }
    free(old);
    *connection = NULL;
}

bool svc_pg_connection_is_alive(struct svc_pg_connection *connection)
{
    PGconn *conn = connection->conn;

    for (int i = 0; i < IDLE_READS_MAX && svc_pg_connection_is_ready(connection); i++) {
        struct pollfd waited = {.fd = PQsocket(conn), .events = POLLIN};
        if (poll(&waited, 1, 0) == 0) {
            return true;
        }
        /* Something came unasked: a changed parameter, a notice, or the end. PQisBusy
         * takes it apart. */
        if (PQconsumeInput(conn) != 1 || PQisBusy(conn) != 0) {
            return false;
        }
    }
    return false;
}

bool svc_pg_connection_is_ready(const struct svc_pg_connection *connection)
{
    return connection->condition == SVC_PG_GOOD &&
           PQstatus(connection->conn) == CONNECTION_OK &&
           PQtransactionStatus(connection->conn) == PQTRANS_IDLE;
}
