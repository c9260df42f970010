/* What wrk is to a server of HTTP: one prepared query at a PostgreSQL server, over many
 * connections at once, each with the next of the texts as its only parameter.
 *
 *     pg_load URL SQL-FILE TEXTS-FILE CONNECTIONS SECONDS SEED
 *
 * TEXTS-FILE has one text a line. Prints one line, the same figures as load.lua. */
#include <svc/clock.h>
#include <svc/mem.h>

#include <libpq-fe.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 256, LATENCIES_MAX = 1 << 22 };

struct session {
    PGconn *connection;
    int64_t sent_ns;
};

struct load {
    char **texts;
    size_t text_count;
    size_t turn;
    struct session sessions[CONNECTIONS_MAX];
    size_t session_count;
    int64_t *latencies_ns;
    size_t answers;
    size_t errors;
    size_t empty;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "pg_load: %s: %s\n", what, why);
    exit(1);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        die(path, "can't be read");
    }
    long size = ftell(file);
    rewind(file);
    char *bytes = svc_alloc((size_t)size + 1);
    if (fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        die(path, "can't be read");
    }
    bytes[size] = '\0';
    fclose(file);
    return bytes;
}

static void split_lines(struct load *load, char *text)
{
    size_t room = 0;

    for (char *line = text, *next; line != NULL && *line != '\0'; line = next) {
        next = strchr(line, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (load->text_count == room) {
            room = room == 0 ? 1024 : room * 2;
            load->texts = svc_realloc(load->texts, room * sizeof *load->texts);
        }
        load->texts[load->text_count++] = line;
    }
    if (load->text_count == 0) {
        die("texts", "there are none");
    }
}

static void open_session(struct session *session, const char *url, const char *sql)
{
    session->connection = PQconnectdb(url);
    if (PQstatus(session->connection) != CONNECTION_OK) {
        die("can't connect", PQerrorMessage(session->connection));
    }
    PGresult *result = PQprepare(session->connection, "query", sql, 1, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        die("can't prepare", PQresultErrorMessage(result));
    }
    PQclear(result);
}

static void send_next(struct load *load, struct session *session)
{
    const char *text = load->texts[load->turn++ % load->text_count];

    session->sent_ns = svc_clock_monotonic_ns();
    if (PQsendQueryPrepared(session->connection, "query", 1, &text, NULL, NULL, 0) != 1) {
        die("can't send", PQerrorMessage(session->connection));
    }
}

/* True when the whole answer is here. */
static bool take_answer(struct load *load, const struct session *session)
{
    if (PQconsumeInput(session->connection) != 1) {
        die("connection lost", PQerrorMessage(session->connection));
    }
    while (PQisBusy(session->connection) == 0) {
        PGresult *result = PQgetResult(session->connection);
        if (result == NULL) {
            return true;
        }
        load->errors += PQresultStatus(result) != PGRES_TUPLES_OK;
        load->empty += PQntuples(result) == 0;
        PQclear(result);
    }
    return false;
}

static void note_latency(struct load *load, const struct session *session)
{
    if (load->answers < LATENCIES_MAX) {
        load->latencies_ns[load->answers] = svc_clock_monotonic_ns() - session->sent_ns;
    }
    load->answers++;
}

/* Sends until END_NS, then waits for what is under way; returns how long it took. */
static int64_t run(struct load *load, int64_t seconds)
{
    struct pollfd sockets[CONNECTIONS_MAX];
    int64_t begin_ns = svc_clock_monotonic_ns();
    int64_t end_ns = begin_ns + seconds * 1000000000;
    size_t waiting = load->session_count;

    for (size_t i = 0; i < load->session_count; i++) {
        sockets[i] = (struct pollfd){
            .fd = PQsocket(load->sessions[i].connection), .events = POLLIN};
        send_next(load, &load->sessions[i]);
    }
    while (waiting > 0) {
        if (poll(sockets, load->session_count, 60000) <= 0) {
            die("no answer", "in a minute");
        }
        for (size_t i = 0; i < load->session_count; i++) {
            if (sockets[i].revents == 0 || !take_answer(load, &load->sessions[i])) {
                continue;
            }
            note_latency(load, &load->sessions[i]);
            if (svc_clock_monotonic_ns() < end_ns) {
                send_next(load, &load->sessions[i]);
                continue;
            }
            sockets[i].fd = -1;
            waiting--;
        }
    }
    return svc_clock_monotonic_ns() - begin_ns;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static void print_figures(struct load *load, int64_t took_ns)
{
    size_t kept = load->answers < LATENCIES_MAX ? load->answers : LATENCIES_MAX;
    const int64_t *sorted = load->latencies_ns;

    qsort(load->latencies_ns, kept, sizeof *load->latencies_ns, compare);
    printf(
        "WRK {\"duration_us\": %lld, \"requests\": %zu, \"p50_us\": %lld, "
        "\"p95_us\": %lld, \"p99_us\": %lld, \"max_us\": %lld, \"status_errors\": %zu, "
        "\"timeouts\": 0, \"empty\": %zu}\n",
        (long long)took_ns / 1000, load->answers, (long long)sorted[kept / 2] / 1000,
        (long long)sorted[kept * 95 / 100] / 1000,
        (long long)sorted[kept * 99 / 100] / 1000, (long long)sorted[kept - 1] / 1000,
        load->errors, load->empty);
}

int main(int argc, char **argv)
{
    static struct load load;

    if (argc != 7) {
        die("usage", "pg_load URL SQL-FILE TEXTS-FILE CONNECTIONS SECONDS SEED");
    }
    char *sql = read_file(argv[2]);
    char *texts = read_file(argv[3]);
    long connections = strtol(argv[4], NULL, 10);
    long seconds = strtol(argv[5], NULL, 10);
    if (connections < 1 || connections > CONNECTIONS_MAX || seconds < 1) {
        die("usage", "1 to 256 connections, 1 second or more");
    }
    split_lines(&load, texts);
    load.turn = strtoul(argv[6], NULL, 10) % load.text_count;
    load.latencies_ns = svc_alloc(LATENCIES_MAX * sizeof *load.latencies_ns);
    load.session_count = (size_t)connections;
    for (size_t i = 0; i < load.session_count; i++) {
        open_session(&load.sessions[i], argv[1], sql);
    }
    print_figures(&load, run(&load, seconds));
    for (size_t i = 0; i < load.session_count; i++) {
        PQfinish(load.sessions[i].connection);
    }
    free(load.latencies_ns);
    free(load.texts);
    free(texts);
    free(sql);
    return 0;
}
