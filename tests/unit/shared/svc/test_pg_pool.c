/* With PG_CONTROL_FD, a socket on which "stop" and "start" are asked for, the server's
 * restart is tested too. */
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 16
#define QUERIES 200

static void test_open_refuses_bad_settings(void **state)
{
    static const char *const urls[] = {
        NULL, "", "nonsense", "postgresql://u:sec%ret@h/d", "port=1 nokey=secret"};
    struct svc_pg_settings settings = {.size = 1,
        .connect_timeout_ms = 1,
        .acquire_timeout_ms = 1,
        .statement_timeout_ms = 1};
    struct svc_pg *pg = NULL;
    struct svc_pg_error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        settings.url = urls[i];
        assert_int_equal(svc_pg_open(&settings, &pg, &error), SVC_INVALID);
        assert_null(strstr(error.message, "sec"));
    }
    settings.url = "postgresql://h/d";
    settings.size = 0;
    assert_int_equal(svc_pg_open(&settings, &pg, &error), SVC_INVALID);
    assert_null(pg);
    svc_pg_close(&pg);
}

/* A listening socket on a free port of the loopback; nobody accepts. */
static int listen_silently(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void test_acquire_is_bounded_when_nobody_answers(void **state)
{
    char url[128];
    int port = 0;
    int fd = listen_silently(&port);
    struct svc_pg_error error = {0};

    (void)state;
    snprintf(
        url, sizeof url, "postgresql://u:secret@127.0.0.1:%d/d?sslmode=disable", port);
    struct svc_pg *pg = open_at(url, 2);
    for (int i = 0; i < 10; i++) {
        int64_t took_ms =
            time_failure(pg, SVC_PG_SQL("SELECT 1"), SVC_UNAVAILABLE, &error);
        assert_in_range(took_ms, 0, ACQUIRE_MS + SLACK_MS);
        assert_null(strstr(error.message, "secret"));
    }
    svc_pg_close(&pg);
    close(fd);
}

static void test_acquire_fails_fast_when_refused(void **state)
{
    char url[128];
    int port = 0;
    struct svc_pg_error error = {0};
    struct svc_pg_stats stats;

    (void)state;
    close(listen_silently(&port));
    snprintf(url, sizeof url, "host=127.0.0.1 port=%d user=u password=secret", port);
    struct svc_pg *pg = open_at(url, 2);
    int64_t start_ms = svc_clock_monotonic_ms();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(
            svc_pg_query(pg, SVC_PG_SQL("SELECT 1"), NULL, &error), SVC_UNAVAILABLE);
    }
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 0, ACQUIRE_MS);
    assert_non_null(strstr(error.message, "refused"));
    assert_null(strstr(error.message, "secret"));
    svc_pg_stats(pg, &stats);
    assert_in_range(stats.connect_failed_total, 1, 10);
    assert_int_equal(stats.refused_total, 1000);
    svc_pg_close(&pg);
}

static void test_acquire_gives_up_when_all_are_in_use(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};
    struct svc_pg_stats stats;

    (void)state;
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    int64_t took_ms = time_failure(pg, SVC_PG_SQL("SELECT 1"), SVC_UNAVAILABLE, &error);
    assert_in_range(took_ms, ACQUIRE_MS, ACQUIRE_MS + SLACK_MS);
    assert_string_equal(error.message, "all connections are in use");
    svc_pg_stats(pg, &stats);
    assert_int_equal(stats.open, 1);
    assert_int_equal(stats.idle, 0);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.refused_total, 1);
    svc_pg_rollback(&tx);
    expect_answer(pg);
    svc_pg_close(&pg);
}

static void test_query_replaces_an_ended_connection(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg *other = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        int64_t pid = ask_int(pg, SVC_PG_PREPARED("SELECT pg_backend_pid()"));
        SVC_AUTO_FREE char *ended = ask(
            other, SVC_PG_SQL("SELECT pg_terminate_backend($1, 1000)", svc_pg_int(pid)));
        assert_string_equal(ended, "t");
        assert_true(ask_int(pg, SVC_PG_PREPARED("SELECT pg_backend_pid()")) != pid);
    }
    assert_int_equal(
        svc_pg_query(pg, SVC_PG_SQL("SELECT pg_terminate_backend(pg_backend_pid())"),
            NULL, &error),
        SVC_UNAVAILABLE);
    assert_string_equal(error.sqlstate, "57P01");
    expect_answer(pg);
    svc_pg_close(&other);
    svc_pg_close(&pg);
}

static void test_session_is_set_up(void **state)
{
    SVC_AUTO_FREE char *url = NULL;

    (void)state;
    if (getenv("DATABASE_URL") == NULL) {
        skip();
    }
    assert_true(asprintf(&url, "%s?options=-c%%20search_path%%3Dmine",
                    getenv("DATABASE_URL")) > 0);
    struct svc_pg *pg = open_at(url, 1);
    SVC_AUTO_FREE char *path = ask(pg, SVC_PG_SQL("SHOW search_path"));
    SVC_AUTO_FREE char *zone = ask(pg, SVC_PG_SQL("SHOW timezone"));
    SVC_AUTO_FREE char *encoding = ask(pg, SVC_PG_SQL("SHOW client_encoding"));
    SVC_AUTO_FREE char *name = ask(pg, SVC_PG_SQL("SHOW application_name"));
    SVC_AUTO_FREE char *timeout = ask(pg, SVC_PG_SQL("SHOW statement_timeout"));
    assert_string_equal(path, "mine");
    assert_string_equal(zone, "UTC");
    assert_string_equal(encoding, "UTF8");
    assert_string_equal(name, "test_pg");
    assert_string_equal(timeout, "540ms");
    svc_pg_close(&pg);
}

static void test_ping_measures(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};
    int64_t latency_us = -1;

    (void)state;
    assert_int_equal(svc_pg_ping(pg, &latency_us, &error), SVC_OK);
    assert_in_range(latency_us, 1, ACQUIRE_MS * 1000);
    svc_pg_close(&pg);
}

static void *query_often(void *argument)
{
    struct svc_pg *pg = argument;
    intptr_t wrong = 0;

    for (int i = 0; i < QUERIES; i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *result = NULL;
        struct svc_pg_error error;
        enum svc_status status = svc_pg_query(
            pg, SVC_PG_PREPARED("SELECT $1::int8 * 2", svc_pg_int(i)), &result, &error);
        wrong += status != SVC_OK || svc_pg_get_int(result, 0, 0, -1) != 2 * i;
    }
    return (void *)wrong;
}

static void test_pool_serves_many_threads(void **state)
{
    struct svc_pg *pg = open_pool(4);
    struct svc_pg_stats stats;
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, query_often, pg), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    svc_pg_stats(pg, &stats);
    assert_int_equal(stats.acquired_total, THREADS * QUERIES);
    assert_in_range(stats.open, 1, 4);
    assert_int_equal(stats.open, stats.idle);
    assert_true(stats.waited_total > 0 && stats.wait_us_total > 0);
    svc_pg_close(&pg);
}

static void control(int fd, const char *command)
{
    char answer[8] = "";

    assert_int_equal(write(fd, command, strlen(command)), strlen(command));
    assert_int_equal(read(fd, answer, 3), 3);
    assert_string_equal(answer, "ok\n");
}

static void test_pool_outlives_a_restart(void **state)
{
    const char *fd_text = getenv("PG_CONTROL_FD");
    struct svc_pg_error error = {0};

    (void)state;
    if (getenv("DATABASE_URL") == NULL || fd_text == NULL) {
        print_message("DATABASE_URL or PG_CONTROL_FD is not set\n");
        skip();
    }
    int fd = (int)strtol(fd_text, NULL, 10);
    struct svc_pg *pg = open_pool(3);
    expect_answer(pg);
    control(fd, "stop\n");
    for (int i = 0; i < 20; i++) {
        int64_t took_ms =
            time_failure(pg, SVC_PG_SQL("SELECT 1"), SVC_UNAVAILABLE, &error);
        assert_in_range(took_ms, 0, ACQUIRE_MS + SLACK_MS);
        usleep(10000);
    }
    control(fd, "start\n");
    int64_t start_ms = svc_clock_monotonic_ms();
    while (svc_pg_query(pg, SVC_PG_SQL("SELECT 1"), NULL, &error) != SVC_OK) {
        assert_true(svc_clock_monotonic_ms() - start_ms < 2000);
        usleep(10000);
    }
    svc_pg_close(&pg);
}

static void *give_up_soon(void *pg)
{
    usleep(100000);
    svc_pg_give_up(pg);
    return NULL;
}

static void test_a_pool_can_be_given_up(void **state)
{
    struct svc_pg_settings settings = {.name = "test_pg",
        .size = 1,
        .connect_timeout_ms = 2000,
        .acquire_timeout_ms = 30000,
        .statement_timeout_ms = 30000};
    struct svc_pg *pg = open_pool(1); /* skips where there is no server */
    struct svc_pg_error error = {0};
    pthread_t thread;

    (void)state;
    svc_pg_close(&pg);
    settings.url = getenv("DATABASE_URL");
    assert_int_equal(svc_pg_open(&settings, &pg, &error), SVC_OK);
    expect_answer(pg);
    assert_int_equal(pthread_create(&thread, NULL, give_up_soon, pg), 0);
    int64_t took_ms =
        time_failure(pg, SVC_PG_SQL("SELECT pg_sleep(20)"), SVC_UNAVAILABLE, &error);
    assert_in_range(took_ms, 0, 1100 + SLACK_MS);
    took_ms = time_failure(pg, SVC_PG_SQL("SELECT 1"), SVC_UNAVAILABLE, &error);
    assert_in_range(took_ms, 0, SLACK_MS);
    pthread_join(thread, NULL);
    svc_pg_close(&pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_refuses_bad_settings),
        cmocka_unit_test(test_acquire_is_bounded_when_nobody_answers),
        cmocka_unit_test(test_acquire_fails_fast_when_refused),
        cmocka_unit_test(test_acquire_gives_up_when_all_are_in_use),
        cmocka_unit_test(test_query_replaces_an_ended_connection),
        cmocka_unit_test(test_session_is_set_up),
        cmocka_unit_test(test_ping_measures),
        cmocka_unit_test(test_pool_serves_many_threads),
        cmocka_unit_test(test_a_pool_can_be_given_up),
        cmocka_unit_test(test_pool_outlives_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
