#include "store_private.h"

#include <svc/money.h>
#include <svc/pg.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The feed, the upkeep, and one to spare. */
#define PATIENT_CONNECTIONS 3
#define PATIENT_MS 120000
#define CONNECT_MS 2000
/* Lower ones mean something else to PostgreSQL. */
#define FIRST_XID 3

struct store *store_new(struct svc_pg *pg, const char *database_url, char ret_error[256])
{
    const struct svc_pg_settings settings = {
        .url = database_url,
        .name = "ultra_optimized_product_search feed",
        .size = PATIENT_CONNECTIONS,
        .connect_timeout_ms = CONNECT_MS,
        .acquire_timeout_ms = CONNECT_MS,
        .statement_timeout_ms = PATIENT_MS,
    };
    struct svc_pg_error error;
    struct svc_pg *patient = NULL;

    if (svc_pg_open(&settings, &patient, &error) != SVC_OK) {
        snprintf(ret_error, 256, "DATABASE_URL: %.200s", error.message);
        return NULL;
    }
    struct store *store = svc_alloc_zero(1, sizeof *store);
    store->pg = pg;
    store->patient = patient;
    return store;
}

void store_free(struct store **store_pointer)
{
    struct store *store = *store_pointer;

    *store_pointer = NULL;
    if (store == NULL) {
        return;
    }
    svc_pg_close(&store->patient);
    free(store);
}

void store_give_up(struct store *store)
{
    svc_pg_give_up(store->patient);
}

enum svc_status store_fail(const struct svc_pg_error *error, char ret_error[256])
{
    const char *state = error->sqlstate;

    snprintf(ret_error, 256, "%.230s%s%s%s", error->message,
        state[0] != '\0' ? " (SQLSTATE " : "", state, state[0] != '\0' ? ")" : "");
    return error->status;
}

/* Only data exceptions and violated constraints quote values (classes 22 and 23). */
enum svc_status store_fail_private(const struct svc_pg_error *error, char ret_error[256])
{
    if (strncmp(error->sqlstate, "22", 2) != 0 &&
        strncmp(error->sqlstate, "23", 2) != 0) {
        return store_fail(error, ret_error);
    }
    snprintf(ret_error, 256, "a value was refused (SQLSTATE %s)", error->sqlstate);
    return error->status;
}

/* Without the right to read the control file, the database and its feed have to do. */
static enum svc_status read_small_identity(
    struct store *store, char ret_identity[STORE_IDENTITY_SIZE], char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    if (svc_pg_query(store->patient,
            SVC_PG_SQL("SELECT oid || '-' || (SELECT feed_id FROM product_feed) "
                       "FROM pg_database WHERE datname = current_database()"),
            &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    snprintf(ret_identity, STORE_IDENTITY_SIZE, "%.*s",
        (int)svc_pg_get(rows, 0, 0).length, svc_pg_get(rows, 0, 0).text);
    return SVC_OK;
}

enum svc_status store_read_identity(
    struct store *store, char ret_identity[STORE_IDENTITY_SIZE], char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(store->patient,
        SVC_PG_SQL("SELECT md5(concat_ws('/', s.system_identifier, p.timeline_id, d.oid, "
                   "(SELECT feed_id FROM product_feed))) "
                   "FROM pg_database AS d, pg_control_system() AS s, "
                   "pg_control_checkpoint() AS p WHERE d.datname = current_database()"),
        &rows, &error);

    if (status == SVC_INTERNAL && strcmp(error.sqlstate, "42501") == 0) {
        return read_small_identity(store, ret_identity, ret_error);
    }
    if (status != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    struct svc_slice text = svc_pg_get(rows, 0, 0);
    snprintf(ret_identity, STORE_IDENTITY_SIZE, "%.*s", (int)text.length, text.text);
    return SVC_OK;
}

enum svc_status store_read_shop(
    struct store *store, struct shop *ret_shop, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    struct shop shop = {.currency = "MXN", .locale = ""};

    if (svc_pg_query(store->patient,
            SVC_PG_PREPARED("SELECT (SELECT value FROM system_config "
                            "WHERE key = 'currency'), (SELECT value FROM system_config "
                            "WHERE key = 'default_locale')"),
            &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    struct svc_slice currency = svc_pg_get(rows, 0, 0);
    struct svc_slice locale = svc_pg_get(rows, 0, 1);
    if (currency.length == 3) {
        memcpy(shop.currency, currency.text, 3);
    }
    if (locale.length > 0 && locale.length < sizeof shop.locale) {
        memcpy(shop.locale, locale.text, locale.length);
    }
    shop.minor_per_unit = svc_money_minor_per_unit((struct svc_slice){shop.currency, 3});
    *ret_shop = shop;
    return SVC_OK;
}

void store_position_done(struct store_position *position)
{
    free(position->snapshot);
    *position = (struct store_position){0};
}

void store_position_set(
    struct store_position *ret_position, struct svc_slice snapshot, int64_t horizon)
{
    ret_position->horizon = horizon;
    ret_position->snapshot = svc_strndup(snapshot.text, snapshot.length);
}

const char *store_snapshot_text(
    struct svc_arena *arena, const struct store_position *position)
{
    if (position->snapshot != NULL) {
        return position->snapshot;
    }
    char *text = svc_arena_alloc(arena, 64);
    long long horizon = position->horizon > FIRST_XID ? position->horizon : FIRST_XID;
    snprintf(text, 64, "%lld:%lld:", horizon, horizon);
    return text;
}

enum svc_status store_read_position(
    struct store *store, struct store_position *ret_position, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    if (svc_pg_query(store->patient,
            SVC_PG_PREPARED("SELECT pg_current_snapshot()::text, "
                            "pg_snapshot_xmin(pg_current_snapshot())::text"),
            &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    store_position_set(
        ret_position, svc_pg_get(rows, 0, 0), svc_pg_get_int(rows, 0, 1, 0));
    return SVC_OK;
}
