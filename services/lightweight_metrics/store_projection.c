#include "store_projection.h"

#include "store_array.h"

#include <svc/pg.h>

#include <string.h>

#define COLUMNS_MAX 7

enum column {
    COLUMN_END,
    COLUMN_GRANULARITY,
    COLUMN_BUCKET, /* seconds since 1970 */
    COLUMN_DAY,    /* days since 1970 */
    COLUMN_NAME,
    COLUMN_LABEL,
    COLUMN_DETAIL,
    COLUMN_PATH,
    COLUMN_NUMBER,
    COLUMN_COUNT,
    COLUMN_SUM,
    COLUMN_EXTRA,
};

struct table {
    const char *sql;
    enum column columns[COLUMNS_MAX + 1];
};

static const struct table tables[DELTA_KINDS] = {
    [DELTA_COUNT] = {"INSERT INTO metrics_counts AS old (granularity, bucket_at, name, "
                     "dimension, path, count, sum) SELECT granularity::\"char\", "
                     "to_timestamp(bucket), name, label, path, count, sum "
                     "FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], "
                     "$5::text[], $6::bigint[], $7::bigint[]) AS new (granularity, "
                     "bucket, name, label, path, count, sum) "
                     "ON CONFLICT (granularity, bucket_at, name, dimension, path) DO "
                     "UPDATE SET count = old.count + EXCLUDED.count, "
                     "sum = old.sum + EXCLUDED.sum",
        {COLUMN_GRANULARITY, COLUMN_BUCKET, COLUMN_NAME, COLUMN_LABEL, COLUMN_PATH,
            COLUMN_COUNT, COLUMN_SUM}},
    [DELTA_HISTOGRAM] = {"INSERT INTO metrics_histogram AS old (granularity, bucket_at, "
                         "name, path, bin, count) SELECT granularity::\"char\", "
                         "to_timestamp(bucket), name, path, bin, count "
                         "FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], "
                         "$5::int[], $6::bigint[]) AS new (granularity, bucket, name, "
                         "path, bin, count) "
                         "ON CONFLICT (granularity, bucket_at, name, path, bin) DO "
                         "UPDATE SET count = old.count + EXCLUDED.count",
        {COLUMN_GRANULARITY, COLUMN_BUCKET, COLUMN_NAME, COLUMN_PATH, COLUMN_NUMBER,
            COLUMN_COUNT}},
    [DELTA_CUSTOMER] = {"INSERT INTO metrics_customers AS old (day, path, customer_key, "
                        "steps, events, paid_minor) SELECT date '1970-01-01' + day, "
                        "path, customer, steps, count, sum "
                        "FROM unnest($1::int[], $2::text[], $3::text[], $4::int[], "
                        "$5::bigint[], $6::bigint[]) AS new (day, path, customer, "
                        "steps, count, sum) "
                        "ON CONFLICT (day, path, customer_key) DO UPDATE SET "
                        "steps = old.steps | EXCLUDED.steps, "
                        "events = old.events + EXCLUDED.events, "
                        "paid_minor = old.paid_minor + EXCLUDED.paid_minor",
        {COLUMN_DAY, COLUMN_PATH, COLUMN_LABEL, COLUMN_EXTRA, COLUMN_COUNT, COLUMN_SUM}},
    [DELTA_TERM] = {"INSERT INTO metrics_terms AS old (day, kind, term, count, sum) "
                    "SELECT date '1970-01-01' + day, kind, term, count, sum "
                    "FROM unnest($1::int[], $2::text[], $3::text[], $4::bigint[], "
                    "$5::bigint[]) AS new (day, kind, term, count, sum) "
                    "ON CONFLICT (day, kind, term) DO UPDATE SET "
                    "count = old.count + EXCLUDED.count, sum = old.sum + EXCLUDED.sum",
        {COLUMN_DAY, COLUMN_NAME, COLUMN_LABEL, COLUMN_COUNT, COLUMN_SUM}},
    [DELTA_COST] = {"INSERT INTO metrics_costs AS old (day, kind, key, detail, count, "
                    "billable, usd_nano) SELECT date '1970-01-01' + day, kind, key, "
                    "detail, count, billable, usd "
                    "FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], "
                    "$5::bigint[], $6::bigint[], $7::bigint[]) AS new (day, kind, key, "
                    "detail, count, billable, usd) "
                    "ON CONFLICT (day, kind, key, detail) DO UPDATE SET "
                    "count = old.count + EXCLUDED.count, "
                    "billable = old.billable + EXCLUDED.billable, "
                    "usd_nano = old.usd_nano + EXCLUDED.usd_nano",
        {COLUMN_DAY, COLUMN_NAME, COLUMN_LABEL, COLUMN_DETAIL, COLUMN_COUNT, COLUMN_EXTRA,
            COLUMN_SUM}},
};

static struct svc_slice text_slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

/* Of a day, which has no time zone here, midnight UTC. */
static int64_t bucket_seconds(const struct delta_key *key)
{
    return key->granularity == 'd' ? key->bucket * 86400 : key->bucket;
}

static void add_column(
    struct svc_buf *array, enum column column, const struct delta *delta)
{
    switch (column) {
    case COLUMN_GRANULARITY:
        array_add_text(array, (struct svc_slice){&delta->key.granularity, 1});
        break;
    case COLUMN_BUCKET:
        array_add_int(array, bucket_seconds(&delta->key));
        break;
    case COLUMN_DAY:
        array_add_int(array, delta->key.bucket);
        break;
    case COLUMN_NAME:
        array_add_text(array, text_slice(delta->key.name));
        break;
    case COLUMN_LABEL:
        array_add_text(array, delta->key.label);
        break;
    case COLUMN_DETAIL:
        array_add_text(array, delta->key.detail);
        break;
    case COLUMN_PATH:
        array_add_text(array, text_slice(delta->key.path));
        break;
    case COLUMN_NUMBER:
        array_add_int(array, delta->key.number);
        break;
    case COLUMN_COUNT:
        array_add_int(array, delta->count);
        break;
    case COLUMN_SUM:
        array_add_int(array, delta->sum);
        break;
    case COLUMN_EXTRA:
        array_add_int(array, delta->extra);
        break;
    case COLUMN_END:
        break;
    }
}

static enum svc_status add_kind(struct svc_pg_tx *tx, const struct deltas *deltas,
    enum delta_kind kind, struct svc_pg_error *ret_error)
{
    const struct table *table = &tables[kind];
    struct svc_buf arrays[COLUMNS_MAX];
    struct svc_pg_param params[COLUMNS_MAX];
    size_t columns = 0;
    size_t rows = 0;
    enum svc_status status = SVC_OK;

    for (; columns < COLUMNS_MAX && table->columns[columns] != COLUMN_END; columns++) {
        array_init(&arrays[columns]);
    }
    for (size_t i = 0; i < deltas_count(deltas); i++) {
        const struct delta *delta = deltas_at(deltas, i);
        rows += delta->key.kind == kind;
        for (size_t at = 0; delta->key.kind == kind && at < columns; at++) {
            add_column(&arrays[at], table->columns[at], delta);
        }
    }
    for (size_t at = 0; at < columns; at++) {
        params[at] = svc_pg_slice(array_end(&arrays[at]));
    }
    if (rows > 0) {
        const struct svc_pg_statement statement = {
            .sql = table->sql, .params = params, .param_count = columns, .prepare = true};
        status = svc_pg_tx_query(tx, &statement, NULL, ret_error);
    }
    for (size_t at = 0; at < columns; at++) {
        svc_buf_done(&arrays[at]);
    }
    return status;
}

enum svc_status projection_add(
    struct svc_pg_tx *tx, const struct deltas *deltas, struct svc_pg_error *ret_error)
{
    for (int kind = 0; kind < DELTA_KINDS; kind++) {
        enum svc_status status = add_kind(tx, deltas, (enum delta_kind)kind, ret_error);
        if (status != SVC_OK) {
            return status;
        }
    }
    return SVC_OK;
}

enum svc_status projection_add_labels(
    struct svc_pg_tx *tx, const struct labels *labels, struct svc_pg_error *ret_error)
{
    struct svc_slice name, label;

    for (size_t i = 0; labels_new_one(labels, i, &name, &label); i++) {
        enum svc_status status = svc_pg_tx_query(tx,
            SVC_PG_PREPARED("INSERT INTO metrics_labels (name, label) VALUES ($1, $2) "
                            "ON CONFLICT DO NOTHING",
                svc_pg_slice(name), svc_pg_slice(label)),
            NULL, ret_error);
        if (status != SVC_OK) {
            return status;
        }
    }
    return SVC_OK;
}

enum svc_status projection_load_labels(
    struct svc_pg_tx *tx, struct labels *labels, struct svc_pg_error *ret_error)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = svc_pg_tx_query(
        tx, SVC_PG_SQL("SELECT name, label FROM metrics_labels"), &rows, ret_error);

    for (size_t row = 0; row < svc_pg_rows(rows); row++) {
        labels_load(labels, svc_pg_get(rows, row, 0), svc_pg_get(rows, row, 1));
    }
    return status;
}

enum svc_status projection_clear(
    struct svc_pg_tx *tx, int64_t from_days, struct svc_pg_error *ret_error)
{
    static const char *const all[] = {
        "TRUNCATE metrics_counts, metrics_histogram, metrics_customers, metrics_terms, "
        "metrics_costs, metrics_labels",
    };
    /* A day of the shop begins up to 14 hours before, or 12 after, that of UTC. Minutes
     * and hours don't outlive the events by so much. */
    static const char *const some[] = {
        "DELETE FROM metrics_counts WHERE granularity = 'd' AND bucket_at >= "
        "to_timestamp($1::bigint * 86400)",
        "DELETE FROM metrics_histogram WHERE granularity = 'd' AND bucket_at >= "
        "to_timestamp($1::bigint * 86400)",
        "DELETE FROM metrics_counts WHERE granularity <> 'd' AND $1::bigint IS NOT NULL",
        "DELETE FROM metrics_histogram WHERE granularity <> 'd' AND $1::bigint IS NOT "
        "NULL",
        "DELETE FROM metrics_customers WHERE day >= date '1970-01-01' + $1::int",
        "DELETE FROM metrics_terms WHERE day >= date '1970-01-01' + $1::int",
        "DELETE FROM metrics_costs WHERE day >= date '1970-01-01' + $1::int",
    };

    if (from_days == INT64_MIN) {
        return svc_pg_tx_query(tx, SVC_PG_SQL(all[0]), NULL, ret_error);
    }
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        enum svc_status status = svc_pg_tx_query(
            tx, SVC_PG_SQL(some[i], svc_pg_int(from_days)), NULL, ret_error);
        if (status != SVC_OK) {
            return status;
        }
    }
    return SVC_OK;
}
