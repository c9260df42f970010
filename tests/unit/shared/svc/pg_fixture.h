/* What the tests of pg share. They need an empty database of their own, on this machine,
 * which DATABASE_URL names; tests/api/test_svc_pg.py gives one. Without it they are
 * skipped. */
#ifndef PG_FIXTURE_H
#define PG_FIXTURE_H

#include "../../unit.h"

#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/pg.h>

#define STATEMENT_MS 600
#define ACQUIRE_MS 500
/* What a call may take longer than it should, on a busy machine. */
#define SLACK_MS 300

static inline struct svc_pg *open_at(const char *url, int size)
{
    struct svc_pg_settings settings = {
        .url = url,
        .name = "test_pg",
        .size = size,
        .connect_timeout_ms = 2000,
        .acquire_timeout_ms = ACQUIRE_MS,
        .statement_timeout_ms = STATEMENT_MS,
    };
    struct svc_pg *pg = NULL;
    struct svc_pg_error error;

    assert_int_equal(svc_pg_open(&settings, &pg, &error), SVC_OK);
    return pg;
}

static inline struct svc_pg *open_pool(int size)
{
    if (getenv("DATABASE_URL") == NULL) {
        print_message("DATABASE_URL is not set\n");
        skip();
    }
    return open_at(getenv("DATABASE_URL"), size);
}

/* The first value of what the statement gives; the caller frees it. */
static inline char *ask(struct svc_pg *pg, const struct svc_pg_statement *statement)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *result = NULL;
    struct svc_pg_error error = {0};
    enum svc_status status = svc_pg_query(pg, statement, &result, &error);

    if (status != SVC_OK) {
        fail_msg("%s: %s %s", statement->sql, error.sqlstate, error.message);
    }
    struct svc_slice value = svc_pg_get(result, 0, 0);
    return value.text != NULL ? svc_strndup(value.text, value.length) : NULL;
}

static inline int64_t ask_int(struct svc_pg *pg, const struct svc_pg_statement *statement)
{
    SVC_AUTO_FREE char *text = ask(pg, statement);
    int64_t number = 0;

    assert_non_null(text);
    assert_true(svc_text_to_int64((struct svc_slice){text, strlen(text)}, &number));
    return number;
}

static inline void expect_answer(struct svc_pg *pg)
{
    assert_int_equal(ask_int(pg, SVC_PG_SQL("SELECT 42")), 42);
}

/* Milliseconds that the statement takes to fail so. */
static inline int64_t time_failure(struct svc_pg *pg,
    const struct svc_pg_statement *statement, enum svc_status expected,
    struct svc_pg_error *ret_error)
{
    int64_t start_ms = svc_clock_monotonic_ms();

    assert_int_equal(svc_pg_query(pg, statement, NULL, ret_error), expected);
    return svc_clock_monotonic_ms() - start_ms;
}

#endif
