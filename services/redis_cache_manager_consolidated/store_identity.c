/* The rows of a customer who goes by another identity. */
#include "store_private.h"

#include <svc/log.h>
#include <svc/pg.h>

#include <string.h>

enum parameter {
    PREVIOUS,
    CURRENT,
    WA_ID, /* of the current one, as the next two */
    USER_ID,
    PARENT,
    PREVIOUS_WA_ID,
    PREVIOUS_USER_ID,
    PARAMETERS,
};

struct step {
    const char *sql;
    enum parameter use[PARAMETERS]; /* as $1, $2 ... */
    size_t count;
};

/* Where both have a row they become one. */
static const struct step customer_steps[] = {
    {"UPDATE customers cur SET name = COALESCE(cur.name, old.name),"
     " email = COALESCE(cur.email, old.email),"
     " username = COALESCE(cur.username, old.username),"
     " country = COALESCE(cur.country, old.country),"
     " locale = COALESCE(cur.locale, old.locale),"
     " customer_tier = CASE WHEN cur.customer_tier = 'new' THEN old.customer_tier"
     "   ELSE cur.customer_tier END,"
     " total_orders = cur.total_orders + old.total_orders,"
     " total_spent = cur.total_spent + old.total_spent,"
     " created_at = LEAST(cur.created_at, old.created_at), updated_at = NOW()"
     " FROM customers old WHERE old.phone = $1 AND cur.phone = $2",
        {PREVIOUS, CURRENT}, 2},
    {"DELETE FROM customers old USING customers cur"
     " WHERE old.phone = $1 AND cur.phone = $2",
        {PREVIOUS, CURRENT}, 2},
    {"UPDATE customers SET phone = $2, updated_at = NOW() WHERE phone = $1",
        {PREVIOUS, CURRENT}, 2},
};

/* The current row has no identity of its own until the others have given theirs up: two
 * living rows can't share one. */
static const struct step identity_steps[] = {
    {"INSERT INTO customer_identities AS old (customer_key, parent_user_id)"
     " VALUES ($1::text, left(COALESCE($2::text, $1::text), 140))"
     " ON CONFLICT (customer_key) DO UPDATE SET wa_id = NULL, user_id = NULL,"
     " parent_user_id = COALESCE($2::text, old.parent_user_id, left($1::text, 140)),"
     " replaced_by = NULL, replaced_at = NULL, updated_at = NOW()",
        {CURRENT, PARENT}, 2},
    {"UPDATE customer_identities SET replaced_by = $2::text, replaced_at = NOW(),"
     " updated_at = NOW() WHERE customer_key <> $2::text"
     " AND (replaced_by = $1::text OR replaced_by IS NULL"
     "   AND (customer_key = $1::text OR wa_id = $3::text OR user_id = $4::text))",
        {PREVIOUS, CURRENT, WA_ID, USER_ID}, 4},
    {"INSERT INTO customer_identities"
     " (customer_key, wa_id, user_id, replaced_by, replaced_at)"
     " SELECT DISTINCT key, CASE WHEN key ~ '^[0-9]{1,20}$' THEN key END,"
     " CASE WHEN key !~ '^[0-9]{1,20}$' THEN left(key, 140) END, $2::text, NOW()"
     " FROM unnest(ARRAY[$1::text, $3::text, $4::text]) key"
     " WHERE key IS NOT NULL AND key <> $2::text"
     " ON CONFLICT (customer_key) DO UPDATE SET replaced_by = EXCLUDED.replaced_by,"
     " replaced_at = NOW(), updated_at = NOW()",
        {PREVIOUS, CURRENT, PREVIOUS_WA_ID, PREVIOUS_USER_ID}, 4},
    {"UPDATE customer_identities SET"
     " wa_id = COALESCE($2::text,"
     "   CASE WHEN $1::text ~ '^[1-9][0-9]{6,14}$' THEN $1::text END),"
     " user_id = COALESCE($3::text,"
     "   CASE WHEN $1::text ~ '^[A-Z]{2}[.]' THEN left($1::text, 140) END),"
     " parent_user_id = CASE WHEN parent_user_id <> left($1::text, 140)"
     "   OR $4::text IS NOT NULL OR NOT ($2::text IS NOT NULL OR $3::text IS NOT NULL"
     "     OR $1::text ~ '^([1-9][0-9]{6,14}$|[A-Z]{2}[.])')"
     "   THEN parent_user_id END"
     " WHERE customer_key = $1::text",
        {CURRENT, WA_ID, USER_ID, PARENT}, 4},
};

static enum svc_status run_steps(struct svc_pg_tx *tx, const struct step *steps,
    size_t count, const struct svc_pg_param *params, bool *ret_changed)
{
    for (size_t i = 0; i < count; i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
        struct svc_pg_param used[PARAMETERS];
        struct svc_pg_error error;
        struct svc_pg_statement statement = {
            .sql = steps[i].sql, .params = used, .param_count = steps[i].count};
        for (size_t at = 0; at < steps[i].count; at++) {
            used[at] = params[steps[i].use[at]];
        }
        enum svc_status status = svc_pg_tx_query(tx, &statement, &rows, &error);
        if (status != SVC_OK) {
            svc_log(SVC_LOG_ERROR, "an identity could not be changed",
                SVC_INT("step", (int64_t)i), SVC_TEXT("sqlstate", error.sqlstate));
            return status;
        }
        *ret_changed = *ret_changed || svc_pg_affected(rows) > 0;
    }
    return SVC_OK;
}

enum svc_status store_identity_change(struct store *store,
    const struct store_identity *previous, const struct store_identity *current,
    struct store_identity_result *ret_result)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    struct svc_pg_error error;
    const struct svc_pg_param params[PARAMETERS] = {
        [PREVIOUS] = svc_pg_slice(previous->key),
        [CURRENT] = svc_pg_slice(current->key),
        [WA_ID] = svc_pg_slice(current->wa_id),
        [USER_ID] = svc_pg_slice(current->user_id),
        [PARENT] = svc_pg_slice(current->parent_user_id),
        [PREVIOUS_WA_ID] = svc_pg_slice(previous->wa_id),
        [PREVIOUS_USER_ID] = svc_pg_slice(previous->user_id),
    };

    *ret_result = (struct store_identity_result){0};
    if (store->pg == NULL) {
        return SVC_OK;
    }
    enum svc_status status = svc_pg_begin(store->pg, &tx, &error);
    if (status == SVC_OK) {
        status = run_steps(&tx, identity_steps,
            sizeof identity_steps / sizeof identity_steps[0], params,
            &ret_result->identities_moved);
    }
    if (status == SVC_OK && previous->key.length == current->key.length &&
        memcmp(previous->key.text, current->key.text, current->key.length) == 0) {
        return svc_pg_commit(&tx, &error);
    }
    if (status == SVC_OK) {
        status = run_steps(&tx, customer_steps,
            sizeof customer_steps / sizeof customer_steps[0], params,
            &ret_result->customers_moved);
    }
    if (status == SVC_OK) {
        status = svc_pg_commit(&tx, &error);
    }
    near_invalidate(store->customers, previous->key);
    near_invalidate(store->customers, current->key);
    return status;
}
