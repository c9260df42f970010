#include "pg_fixture.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void run(struct svc_pg *pg, const char *sql)
{
    SVC_AUTO_FREE char *ignored = ask(pg, SVC_PG_SQL(sql));
}

static void expect_failure(struct svc_pg *pg, const struct svc_pg_statement *statement,
    enum svc_status status, const char *sqlstate)
{
    struct svc_pg_error error = {0};

    assert_int_equal(svc_pg_query(pg, statement, NULL, &error), status);
    assert_int_equal(error.status, status);
    assert_string_equal(error.sqlstate, sqlstate);
    assert_true(error.message[0] != '\0');
}

static void test_query_binds_text(void **state)
{
    static const char *const texts[] = {
        "",
        "plain",
        "it's",
        "\"quoted\"",
        "a\\b",
        "'; DROP TABLE t; --",
        "$1 %s",
        "Piñata y jalapeño",
        "日本語",
        "\xF0\x9F\x8C\xAE",
        "line\nbreak\ttab",
    };
    struct svc_pg *pg = open_pool(1);

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        SVC_AUTO_FREE char *plain =
            ask(pg, SVC_PG_SQL("SELECT $1::text", svc_pg_text(texts[i])));
        SVC_AUTO_FREE char *prepared =
            ask(pg, SVC_PG_PREPARED("SELECT $1::text", svc_pg_text(texts[i])));
        assert_string_equal(plain, texts[i]);
        assert_string_equal(prepared, texts[i]);
    }
    SVC_AUTO_FREE char *part = ask(
        pg, SVC_PG_SQL("SELECT $1::text", svc_pg_slice((struct svc_slice){"abcdef", 3})));
    assert_string_equal(part, "abc");
    svc_pg_close(&pg);
    assert_null(pg);
}

static void test_query_refuses_nul(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    assert_int_equal(svc_pg_query(pg,
                         SVC_PG_SQL("SELECT $1::text || $2::text", svc_pg_text("a"),
                             svc_pg_slice((struct svc_slice){"b\0c", 3})),
                         NULL, &error),
        SVC_INVALID);
    assert_string_equal(error.message, "parameter $2 has a NUL byte");
    expect_failure(
        pg, SVC_PG_SQL("SELECT $1::text", svc_pg_text("\xC3(")), SVC_INTERNAL, "22021");
    expect_answer(pg);
    svc_pg_close(&pg);
}

static void test_query_binds_other_types(void **state)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *result = NULL;
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    assert_int_equal(
        svc_pg_query(pg,
            SVC_PG_SQL("SELECT $1::int8, $2::int8, $3::bool, $4::bool, $5::text, "
                       "$6::jsonb ->> 'a', 'x'",
                svc_pg_int(INT64_MIN), svc_pg_int(INT64_MAX), svc_pg_bool(true),
                svc_pg_bool(false), svc_pg_text(NULL), svc_pg_text("{\"a\": \"ñ\"}")),
            &result, &error),
        SVC_OK);
    assert_int_equal(svc_pg_rows(result), 1);
    assert_int_equal(svc_pg_columns(result), 7);
    assert_true(svc_pg_get_int(result, 0, 0, 0) == INT64_MIN);
    assert_true(svc_pg_get_int(result, 0, 1, 0) == INT64_MAX);
    assert_true(svc_pg_get_bool(result, 0, 2));
    assert_false(svc_pg_get_bool(result, 0, 3));
    assert_true(svc_pg_is_null(result, 0, 4));
    assert_null(svc_pg_get(result, 0, 4).text);
    assert_int_equal(svc_pg_get_int(result, 0, 4, -7), -7);
    assert_false(svc_pg_get_bool(result, 0, 4));
    assert_true(svc_slice_equals(svc_pg_get(result, 0, 5), "ñ"));
    assert_int_equal(svc_pg_get_int(result, 0, 6, -7), -7);
    assert_null(svc_pg_get(result, 1, 0).text);
    assert_null(svc_pg_get(result, 0, 7).text);
    svc_pg_close(&pg);
}

static void test_query_counts_affected(void **state)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *result = NULL;
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    run(pg, "CREATE TABLE affected (a int)");
    assert_int_equal(svc_pg_query(pg,
                         SVC_PG_SQL("INSERT INTO affected SELECT generate_series(1, $1)",
                             svc_pg_int(7)),
                         &result, &error),
        SVC_OK);
    assert_int_equal(svc_pg_affected(result), 7);
    assert_int_equal(svc_pg_rows(result), 0);
    svc_pg_close(&pg);
}

static void test_query_sends_and_takes_much(void **state)
{
    struct svc_pg *pg = open_pool(1);
    size_t length = (size_t)8 * 1024 * 1024;
    SVC_AUTO_FREE char *text = svc_alloc(length);

    (void)state;
    memset(text, 'x', length);
    struct svc_slice slice = {text, length};
    SVC_AUTO_FREE char *back =
        ask(pg, SVC_PG_SQL("SELECT $1::text || 'y'", svc_pg_slice(slice)));
    assert_int_equal(strlen(back), length + 1);
    svc_pg_close(&pg);
}

static void test_query_reports_sqlstate(void **state)
{
    struct svc_pg *pg = open_pool(1);

    (void)state;
    expect_failure(pg, SVC_PG_SQL("SELECT * FROM no_such_table"), SVC_INTERNAL, "42P01");
    expect_failure(
        pg, SVC_PG_PREPARED("SELECT * FROM no_such_table"), SVC_INTERNAL, "42P01");
    expect_failure(pg, SVC_PG_SQL("SELECT 1 / 0"), SVC_INTERNAL, "22012");
    expect_failure(pg, SVC_PG_SQL("SELECT 1; SELECT 2"), SVC_INTERNAL, "42601");
    expect_failure(pg, SVC_PG_SQL("SELECT $1::int"), SVC_INTERNAL, "08P01");
    struct svc_pg_stats stats;
    svc_pg_stats(pg, &stats);
    assert_int_equal(stats.connected_total, 1);
    svc_pg_close(&pg);
}

static void test_query_refuses_copy(void **state)
{
    struct svc_pg *pg = open_pool(1);

    (void)state;
    run(pg, "CREATE TABLE copied (a int)");
    expect_failure(pg, SVC_PG_SQL("COPY copied FROM STDIN"), SVC_INTERNAL, "");
    expect_failure(pg, SVC_PG_SQL("COPY copied TO STDOUT"), SVC_INTERNAL, "");
    expect_failure(pg, SVC_PG_SQL(""), SVC_INTERNAL, "");
    expect_answer(pg);
    svc_pg_close(&pg);
}

static void test_query_reports_conflict(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    run(pg, "CREATE TABLE unique_orders (id text CONSTRAINT unique_id PRIMARY KEY)");
    run(pg, "INSERT INTO unique_orders VALUES ('a')");
    assert_int_equal(
        svc_pg_query(pg,
            SVC_PG_SQL("INSERT INTO unique_orders VALUES ($1)", svc_pg_text("a")), NULL,
            &error),
        SVC_CONFLICT);
    assert_string_equal(error.sqlstate, "23505");
    assert_string_equal(error.constraint, "unique_id");
    svc_pg_close(&pg);
}

static void test_tx_reports_serialization_failure(void **state)
{
    struct svc_pg *pg = open_pool(2);
    struct svc_pg_error error = {0};

    (void)state;
    run(pg, "CREATE TABLE serial (a int)");
    run(pg, "INSERT INTO serial VALUES (1)");
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(
        svc_pg_tx_query(&tx,
            SVC_PG_SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"), NULL, &error),
        SVC_OK);
    assert_int_equal(
        svc_pg_tx_query(&tx, SVC_PG_SQL("SELECT a FROM serial"), NULL, &error), SVC_OK);
    run(pg, "UPDATE serial SET a = a + 1");
    assert_int_equal(
        svc_pg_tx_query(&tx, SVC_PG_SQL("UPDATE serial SET a = a + 1"), NULL, &error),
        SVC_CONFLICT);
    assert_string_equal(error.sqlstate, "40001");
    svc_pg_rollback(&tx);
    svc_pg_close(&pg);
}

static void test_query_ends_at_the_servers_timeout(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};

    (void)state;
    for (int i = 0; i < 3 && strcmp(error.sqlstate, "57014") != 0; i++) {
        /* Again only where the server's answer came too late, on a busy machine. */
        int64_t pid = ask_int(pg, SVC_PG_SQL("SELECT pg_backend_pid()"));
        int64_t took_ms =
            time_failure(pg, SVC_PG_SQL("SELECT pg_sleep(10)"), SVC_TIMEOUT, &error);
        assert_in_range(took_ms, STATEMENT_MS / 2, STATEMENT_MS + SLACK_MS);
        bool same = pid == ask_int(pg, SVC_PG_SQL("SELECT pg_backend_pid()"));
        assert_int_equal(same, strcmp(error.sqlstate, "57014") == 0);
    }
    assert_string_equal(error.sqlstate, "57014");
    svc_pg_close(&pg);
}

/* Waits for up to two seconds until no other session runs such a statement. */
static bool ends_on_server(struct svc_pg *pg, const char *pattern)
{
    for (int i = 0; i < 100; i++) {
        int64_t running = ask_int(pg,
            SVC_PG_SQL("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                       "query LIKE $1 AND pid <> pg_backend_pid()",
                svc_pg_text(pattern)));
        if (running == 0) {
            return true;
        }
        usleep(20000);
    }
    return false;
}

static void test_query_ends_at_its_own_timeout(void **state)
{
    static const struct svc_pg_statement asleep = {
        .sql = "SELECT pg_sleep(9)", .timeout_ms = 100};
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};
    struct svc_pg_stats stats;

    (void)state;
    expect_answer(pg);
    int64_t took_ms = time_failure(pg, &asleep, SVC_TIMEOUT, &error);
    assert_in_range(took_ms, 100, 100 + SLACK_MS);
    expect_answer(pg);
    assert_true(ends_on_server(pg, "SELECT pg_sleep(9)%"));
    svc_pg_stats(pg, &stats);
    assert_int_equal(stats.discarded_total, 1);
    assert_int_equal(stats.open, 1);
    svc_pg_close(&pg);
}

static void test_query_ends_though_the_server_hangs(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_error error = {0};
    pid_t pid = (pid_t)ask_int(pg, SVC_PG_SQL("SELECT pg_backend_pid()"));

    (void)state;
    if (kill(pid, SIGSTOP) != 0) {
        svc_pg_close(&pg);
        print_message("may not stop the server's process: %s\n", strerror(errno));
        skip();
    }
    int64_t took_ms = time_failure(pg, SVC_PG_SQL("SELECT 1"), SVC_TIMEOUT, &error);
    expect_answer(pg);
    kill(pid, SIGCONT);
    assert_in_range(took_ms, STATEMENT_MS, STATEMENT_MS + SLACK_MS);
    svc_pg_close(&pg);
}

static int64_t count_rows(struct svc_pg *pg)
{
    return ask_int(pg, SVC_PG_SQL("SELECT count(*) FROM tx_rows"));
}

static void insert_and_leave(struct svc_pg *pg, bool commit)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error = {0};

    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(svc_pg_tx_query(&tx,
                         SVC_PG_PREPARED("INSERT INTO tx_rows VALUES (1)"), NULL, &error),
        SVC_OK);
    if (commit) {
        assert_int_equal(svc_pg_commit(&tx, &error), SVC_OK);
        assert_null(tx.connection);
        assert_int_equal(
            svc_pg_tx_query(&tx, SVC_PG_SQL("SELECT 1"), NULL, &error), SVC_INTERNAL);
    }
}

static void test_tx_rolls_back_at_the_scopes_end(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_stats stats;

    (void)state;
    run(pg, "CREATE TABLE tx_rows (a int)");
    insert_and_leave(pg, false);
    assert_int_equal(count_rows(pg), 0);
    insert_and_leave(pg, true);
    assert_int_equal(count_rows(pg), 1);
    svc_pg_stats(pg, &stats);
    assert_int_equal(stats.connected_total, 1);
    svc_pg_close(&pg);
}

static void test_tx_commit_tells_of_a_failed_statement(void **state)
{
    struct svc_pg *pg = open_pool(1);
    struct svc_pg_tx tx = {0};
    struct svc_pg_error error = {0};

    (void)state;
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(
        svc_pg_tx_query(&tx, SVC_PG_SQL("SELECT 1 / 0"), NULL, &error), SVC_INTERNAL);
    assert_int_equal(svc_pg_commit(&tx, &error), SVC_CONFLICT);
    expect_answer(pg);
    svc_pg_close(&pg);
}

static void test_tx_ends_with_its_connection(void **state)
{
    struct svc_pg *pg = open_pool(1);
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error = {0};
    struct svc_pg_statement asleep = {.sql = "SELECT pg_sleep(9)", .timeout_ms = 50};

    (void)state;
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(svc_pg_tx_query(&tx, &asleep, NULL, &error), SVC_TIMEOUT);
    assert_int_equal(
        svc_pg_tx_query(&tx, SVC_PG_SQL("SELECT 1"), NULL, &error), SVC_UNAVAILABLE);
    assert_int_equal(svc_pg_commit(&tx, &error), SVC_UNAVAILABLE);
    expect_answer(pg);
    svc_pg_close(&pg);
}

static void test_prepared_is_parsed_once(void **state)
{
    static const char sql[] = "SELECT $1::int + 1";
    struct svc_pg *pg = open_pool(1);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask_int(pg, SVC_PG_PREPARED(sql, svc_pg_int(i))), i + 1);
    }
    assert_int_equal(
        ask_int(pg, SVC_PG_SQL("SELECT count(*) FROM pg_prepared_statements")), 1);
    svc_pg_close(&pg);
}

static void test_prepared_is_bounded(void **state)
{
    static char texts[100][32];
    struct svc_pg *pg = open_pool(1);

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
        assert_int_equal(ask_int(pg, SVC_PG_PREPARED(texts[i])), i);
    }
    assert_int_equal(
        ask_int(pg, SVC_PG_SQL("SELECT count(*) FROM pg_prepared_statements")), 64);
    snprintf(texts[0], sizeof texts[0], "SELECT 1000");
    assert_int_equal(ask_int(pg, SVC_PG_PREPARED(texts[0])), 1000);
    svc_pg_close(&pg);
}

static void test_prepared_follows_the_schema(void **state)
{
    static const char sql[] = "SELECT * FROM changing";
    struct svc_pg *pg = open_pool(1);
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error = {0};

    (void)state;
    run(pg, "CREATE TABLE changing (a int)");
    run(pg, "INSERT INTO changing VALUES (5)");
    assert_int_equal(ask_int(pg, SVC_PG_PREPARED(sql)), 5);
    run(pg, "ALTER TABLE changing ALTER a TYPE text");
    assert_int_equal(ask_int(pg, SVC_PG_PREPARED(sql)), 5);
    run(pg, "DISCARD ALL");
    assert_int_equal(ask_int(pg, SVC_PG_PREPARED(sql)), 5);

    run(pg, "DISCARD ALL");
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(
        svc_pg_tx_query(&tx, SVC_PG_PREPARED(sql), NULL, &error), SVC_INTERNAL);
    svc_pg_rollback(&tx);
    assert_int_equal(svc_pg_begin(pg, &tx, &error), SVC_OK);
    assert_int_equal(svc_pg_tx_query(&tx, SVC_PG_PREPARED(sql), NULL, &error), SVC_OK);
    svc_pg_rollback(&tx);
    svc_pg_close(&pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_binds_text),
        cmocka_unit_test(test_query_refuses_nul),
        cmocka_unit_test(test_query_binds_other_types),
        cmocka_unit_test(test_query_counts_affected),
        cmocka_unit_test(test_query_sends_and_takes_much),
        cmocka_unit_test(test_query_reports_sqlstate),
        cmocka_unit_test(test_query_refuses_copy),
        cmocka_unit_test(test_query_reports_conflict),
        cmocka_unit_test(test_tx_reports_serialization_failure),
        cmocka_unit_test(test_query_ends_at_the_servers_timeout),
        cmocka_unit_test(test_query_ends_at_its_own_timeout),
        cmocka_unit_test(test_query_ends_though_the_server_hangs),
        cmocka_unit_test(test_tx_rolls_back_at_the_scopes_end),
        cmocka_unit_test(test_tx_commit_tells_of_a_failed_statement),
        cmocka_unit_test(test_tx_ends_with_its_connection),
        cmocka_unit_test(test_prepared_is_parsed_once),
        cmocka_unit_test(test_prepared_is_bounded),
        cmocka_unit_test(test_prepared_follows_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
