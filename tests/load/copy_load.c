/* What wrk is to a server of HTTP: COPY of the same rows, again and again, each time a
 * transaction, over many connections at once.
 *
 *     copy_load URL TABLE ROWS-FILE ROWS CONNECTIONS SECONDS
 *
 * ROWS-FILE holds rows in COPY's text format, ROWS of which go in one transaction. Prints
 * one line, the same figures as load.lua. */
#include <svc/clock.h>
#include <svc/mem.h>

#include <libpq-fe.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 256
#define LATENCIES_MAX ((size_t)1 << 18) /* of one connection */

struct part {
    const char *bytes;
    size_t length;
};

struct load {
    const char *url;
    char copy[200];
    struct part *parts;
    size_t part_count;
    int64_t end_ns;
};

struct session {
    const struct load *load;
    pthread_t thread;
    size_t turn;
    int64_t *latencies_ns;
    size_t count;
    size_t errors;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "copy_load: %s: %s\n", what, why);
    exit(1);
}

static char *read_file(const char *path, size_t *ret_size)
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
    fclose(file);
    *ret_size = (size_t)size;
    return bytes;
}

/* Cuts BYTES after each ROWS lines. */
static void split(struct load *load, const char *bytes, size_t size, size_t rows)
{
    const char *start = bytes;
    size_t lines = 0;

    load->parts = svc_alloc_zero(size + 1, sizeof load->parts[0]);
    for (const char *at = bytes; at < bytes + size; at++) {
        lines += *at == '\n';
        if (*at == '\n' && lines % rows == 0) {
            load->parts[load->part_count++] =
                (struct part){start, (size_t)(at + 1 - start)};
            start = at + 1;
        }
    }
    if (load->part_count == 0) {
        die("rows", "there are too few");
    }
}

static bool copy_once(
    PGconn *connection, const struct load *load, const struct part *part)
{
    PGresult *result = PQexec(connection, load->copy);
    bool fine = PQresultStatus(result) == PGRES_COPY_IN;

    PQclear(result);
    if (!fine || PQputCopyData(connection, part->bytes, (int)part->length) != 1 ||
        PQputCopyEnd(connection, NULL) != 1) {
        return false;
    }
    result = PQgetResult(connection);
    fine = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    while ((result = PQgetResult(connection)) != NULL) {
        PQclear(result);
    }
    return fine;
}

static void *run(void *argument)
{
    struct session *session = argument;
    const struct load *load = session->load;
    PGconn *connection = PQconnectdb(load->url);

    if (PQstatus(connection) != CONNECTION_OK) {
        die("can't connect", PQerrorMessage(connection));
    }
    for (int64_t now_ns = svc_clock_monotonic_ns(); now_ns < load->end_ns;) {
        const struct part *part = &load->parts[session->turn++ % load->part_count];
        int64_t begin_ns = now_ns;
        session->errors += !copy_once(connection, load, part);
        now_ns = svc_clock_monotonic_ns();
        if (session->count < LATENCIES_MAX) {
            session->latencies_ns[session->count] = now_ns - begin_ns;
        }
        session->count++;
    }
    PQfinish(connection);
    return NULL;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static void print(struct session *sessions, size_t count, int64_t took_ns)
{
    int64_t *all = svc_alloc_zero(count * LATENCIES_MAX, sizeof all[0]);
    size_t kept = 0, requests = 0, errors = 0;

    for (size_t i = 0; i < count; i++) {
        size_t own =
            sessions[i].count < LATENCIES_MAX ? sessions[i].count : LATENCIES_MAX;
        memcpy(all + kept, sessions[i].latencies_ns, own * sizeof all[0]);
        kept += own;
        requests += sessions[i].count;
        errors += sessions[i].errors;
    }
    qsort(all, kept, sizeof all[0], compare);
    printf(
        "WRK {\"duration_us\": %lld, \"requests\": %zu, \"p50_us\": %lld, "
        "\"p95_us\": %lld, \"p99_us\": %lld, \"query_errors\": %zu, \"timeouts\": 0}\n",
        (long long)(took_ns / 1000), requests, (long long)(all[kept / 2] / 1000),
        (long long)(all[kept * 95 / 100] / 1000),
        (long long)(all[kept * 99 / 100] / 1000), errors);
    free(all);
}

int main(int argc, char **argv)
{
    static struct session sessions[CONNECTIONS_MAX];
    struct load load = {0};
    size_t size = 0;

    if (argc != 7) {
        die("usage", "copy_load URL TABLE ROWS-FILE ROWS CONNECTIONS SECONDS");
    }
    size_t count = strtoul(argv[5], NULL, 10);
    if (count < 1 || count > CONNECTIONS_MAX) {
        die(argv[5], "connections must be 1 to 256");
    }
    load.url = argv[1];
    snprintf(load.copy, sizeof load.copy, "COPY %.150s FROM STDIN", argv[2]);
    char *bytes = read_file(argv[3], &size);
    split(&load, bytes, size, strtoul(argv[4], NULL, 10));
    int64_t begin_ns = svc_clock_monotonic_ns();
    load.end_ns = begin_ns + (int64_t)strtoul(argv[6], NULL, 10) * 1000000000;
    for (size_t i = 0; i < count; i++) {
        sessions[i] = (struct session){
            .load = &load,
            .turn = i * 7,
            .latencies_ns = svc_alloc_zero(LATENCIES_MAX, sizeof(int64_t)),
        };
        if (pthread_create(&sessions[i].thread, NULL, run, &sessions[i]) != 0) {
            die("threads", "too many");
        }
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(sessions[i].thread, NULL);
    }
    print(sessions, count, svc_clock_monotonic_ns() - begin_ns);
    free(load.parts);
    free(bytes);
    return 0;
}
