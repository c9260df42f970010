/* PostgreSQL's part of the store: both documents as rows. */
#include "store_private.h"

#include <svc/pg.h>

#include <string.h>

#define LOAD_SQL                                                                         \
    "SELECT w.mode = 'postgres', w.epoch,"                                               \
    " (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint,"                           \
    " COALESCE(i.replaced_by, CASE WHEN s.id IS NULL THEN"                               \
    "   (SELECT o.customer_key FROM customer_identities o WHERE o.user_id = $1"          \
    "    AND o.replaced_by IS NULL AND o.customer_key <> $1) END),"                      \
    " s.id, s.session_state, s.cart_data::text, s.context_data::text,"                   \
    " s.expires_at > clock_timestamp(),"                                                 \
    " (EXTRACT(EPOCH FROM s.expires_at) * 1000)::bigint,"                                \
    " (EXTRACT(EPOCH FROM s.created_at) * 1000)::bigint,"                                \
    " to_char(s.updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"                       \
    " s.version, s.epoch, s.recent_writes,"                                              \
    " s.recent_writes = '" SESSION_DELETED_WRITES "' AND"                                \
    "   s.updated_at > clock_timestamp() - INTERVAL '1 minute',"                         \
    " c.id, c.name, c.customer_tier, c.total_orders,"                                    \
    " t.document::text, t.version, t.epoch,"                                             \
    " CASE WHEN s.id IS NULL"                                                            \
    "   THEN nextval(pg_get_serial_sequence('customer_sessions', 'id')) END"             \
    " FROM session_switch w"                                                             \
    " LEFT JOIN customer_identities i ON i.customer_key = $1"                            \
    " LEFT JOIN customer_sessions s ON s.customer_phone = $1"                            \
    " LEFT JOIN customers c ON c.phone = $1"                                             \
    " LEFT JOIN customer_turns t ON t.customer_key = $1"

enum load_column {
    IS_POSTGRES,
    EPOCH,
    NOW_MS,
    REPLACED_BY,
    SESSION_ID,
    STATE,
    CART,
    CONTEXT,
    IS_LIVE,
    EXPIRES_MS,
    CREATED_MS,
    UPDATED_AT,
    VERSION,
    ROW_EPOCH,
    WRITES,
    IS_DELETED,
    CUSTOMER_ID,
    NAME,
    TIER,
    ORDERS,
    TURN,
    TURN_VERSION,
    TURN_EPOCH,
    NEW_ID,
};

/* A session's row from its document: of what was deleted or has moved only that. */
#define SESSION_COLUMNS                                                                  \
    "(id, customer_phone, session_state, cart_data, context_data, expires_at,"           \
    " created_at, updated_at, version, epoch, recent_writes)"
#define SESSION_VALUES(document, key, expires)                                           \
    "COALESCE((SELECT (" document "->>'id')::integer"                                    \
    "   WHERE " document "->>'id' ~ '^[1-9][0-9]{0,8}$'"                                 \
    "   AND NOT EXISTS (SELECT 1 FROM customer_sessions other"                           \
    "     WHERE other.id = (" document "->>'id')::integer"                               \
    "     AND other.customer_phone <> " key ")),"                                        \
    "  nextval(pg_get_serial_sequence('customer_sessions', 'id'))::integer),"            \
    " " key ","                                                                          \
    " COALESCE(left(" document "->>'session_state', 50), 'greeting'),"                   \
    " COALESCE((" document "->'cart_data')::jsonb, '[]'),"                               \
    " COALESCE((" document "->'context_data')::jsonb, '{}'),"                            \
    " CASE WHEN " document "->'customer_phone' IS NULL THEN clock_timestamp()"           \
    "  ELSE to_timestamp(" expires "::numeric / 1000) END,"                              \
    " to_timestamp((" document "->>'created_ms')::numeric / 1000),"                      \
    " COALESCE((" document "->>'last_activity')::timestamptz, clock_timestamp()),"       \
    " (" document "->>'session_version')::bigint, (" document "->>'epoch')::bigint,"     \
    " " document "->>'writes'"
#define SESSION_CONFLICT                                                                 \
    " ON CONFLICT (customer_phone) DO UPDATE SET"                                        \
    " session_state = EXCLUDED.session_state, cart_data = EXCLUDED.cart_data,"           \
    " context_data = EXCLUDED.context_data, expires_at = EXCLUDED.expires_at,"           \
    " created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,"               \
    " version = EXCLUDED.version, epoch = EXCLUDED.epoch,"                               \
    " recent_writes = EXCLUDED.recent_writes"

#define SAVE_SESSION_SQL                                                                 \
    "INSERT INTO customer_sessions AS old " SESSION_COLUMNS " SELECT " SESSION_VALUES(   \
        "d.doc", "d.key", "d.expires") " FROM"                                           \
                                       " (SELECT $1::varchar AS key, $2::json AS doc, "  \
                                       "$3::bigint AS expires) d" SESSION_CONFLICT       \
                                       " WHERE old.version = $4"

#define SAVE_TURN_SQL                                                                    \
    "INSERT INTO customer_turns AS old (customer_key, version, epoch, document)"         \
    " VALUES ($1, $2, $5, $3)"                                                           \
    " ON CONFLICT (customer_key) DO UPDATE SET version = EXCLUDED.version,"              \
    " epoch = EXCLUDED.epoch, document = EXCLUDED.document, updated_at = NOW()"          \
    " WHERE old.version = $4"

/* Elements: k customer, s session, x its end in milliseconds, a whether only that was
 * changed, t turn, v its version, c
 * what is known of the customer: n name, u username, l locale, w wa_id, i user id, p
 * parent user id. In the order of the customers, so that two replicas' batches don't wait
 * for each other crosswise. */
#define FLUSH_SQL                                                                        \
    "WITH batch AS MATERIALIZED ("                                                       \
    " SELECT k AS key, s AS doc, x AS expires, COALESCE(a, false) AS touch, t AS turn,"  \
    " v AS turn_version, c AS who FROM json_to_recordset($1::json) AS e(k text,"         \
    " s jsonb, x bigint, a boolean, t json, v bigint, c jsonb) ORDER BY k),"             \
    " sessions AS (INSERT INTO customer_sessions AS old " SESSION_COLUMNS                \
    " SELECT " SESSION_VALUES("b.doc", "b.key",                                          \
        "b.expires") " FROM batch b WHERE b.doc IS NOT NULL" SESSION_CONFLICT            \
                     " WHERE old.version < EXCLUDED.version OR"                          \
                     " (old.version = EXCLUDED.version AND old.expires_at <> "           \
                     "EXCLUDED.expires_at)),"                                            \
                     " turns AS (INSERT INTO customer_turns AS old"                      \
                     " (customer_key, version, epoch, document)"                         \
                     " SELECT key, turn_version, (turn->>'epoch')::bigint, turn"         \
                     " FROM batch WHERE turn IS NOT NULL"                                \
                     " ON CONFLICT (customer_key) DO UPDATE SET version = "              \
                     "EXCLUDED.version,"                                                 \
                     " epoch = EXCLUDED.epoch, document = EXCLUDED.document, "           \
                     "updated_at = NOW()"                                                \
                     " WHERE (old.epoch, old.version) < (EXCLUDED.epoch, "               \
                     "EXCLUDED.version)),"                                               \
                     " people AS (INSERT INTO customers AS old (phone, name, username, " \
                     "locale)"                                                           \
                     " SELECT key, left(who->>'n', 120), left(who->>'u', 100), "         \
                     "left(who->>'l', 10)"                                               \
                     " FROM batch WHERE who IS NOT NULL"                                 \
                     " ON CONFLICT (phone) DO UPDATE SET name = COALESCE(old.name, "     \
                     "EXCLUDED.name),"                                                   \
                     " username = COALESCE(EXCLUDED.username, old.username),"            \
                     " locale = COALESCE(EXCLUDED.locale, old.locale), updated_at = "    \
                     "NOW()"                                                             \
                     " WHERE (old.name IS NULL AND EXCLUDED.name IS NOT NULL)"           \
                     " OR old.username IS DISTINCT FROM COALESCE(EXCLUDED.username, "    \
                     "old.username)"                                                     \
                     " OR old.locale IS DISTINCT FROM COALESCE(EXCLUDED.locale, "        \
                     "old.locale))"                                                      \
                     " INSERT INTO customer_identities (customer_key, wa_id, user_id, "  \
                     "parent_user_id)"                                                   \
                     " SELECT key, COALESCE(who->>'w', CASE WHEN key ~ "                 \
                     "'^[1-9][0-9]{6,14}$' THEN key END),"                               \
                     " COALESCE(who->>'i', CASE WHEN key ~ '^[A-Z]{2}[.]' AND key !~ "   \
                     "'^..[.]ENT[.]'"                                                    \
                     "   THEN key END),"                                                 \
                     " COALESCE(who->>'p', CASE WHEN key ~ '^[A-Z]{2}[.]ENT[.]' THEN "   \
                     "key END)"                                                          \
                     " FROM batch WHERE who IS NOT NULL"                                 \
                     " AND (who->>'w' IS NOT NULL OR who->>'i' IS NOT NULL OR "          \
                     "who->>'p' IS NOT NULL"                                             \
                     "   OR key ~ '^([1-9][0-9]{6,14}|[A-Z]{2}[.].*)$')"                 \
                     " ON CONFLICT DO NOTHING"

static struct svc_slice keep(
    struct svc_arena *arena, const struct svc_pg_result *rows, enum load_column column)
{
    return svc_slice_keep(arena, svc_pg_get(rows, 0, column));
}

static const struct svc_json *parse(
    struct svc_arena *arena, const struct svc_pg_result *rows, enum load_column column)
{
    static const struct svc_json_limits limits = {.depth = 600, .values = 1000000};
    struct svc_slice text = svc_pg_get(rows, 0, column);
    struct svc_json_error error;
    size_t replaced = 0;

    if (text.text == NULL) {
        return NULL;
    }
    return svc_json_read(arena, text.text, text.length, &limits, &replaced, &error);
}

static struct svc_slice write_text(struct svc_arena *arena, const struct session *session)
{
    struct svc_buf out;

    svc_buf_init(&out, (size_t)4 * 1024 * 1024);
    if (session->head.form == SESSION_LIVE) {
        session_write(session, &out);
    } else {
        session_write_remains(&session->head, &out);
    }
    struct svc_slice text = {svc_arena_strndup(arena, out.bytes, out.length), out.length};
    svc_buf_done(&out);
    return text;
}

/* Makes the document from the row. */
static void read_session(struct svc_arena *arena, const struct svc_pg_result *rows,
    struct store_record *record)
{
    static const struct svc_json empty_array = {.type = SVC_JSON_ARRAY};
    static const struct svc_json empty_object = {.type = SVC_JSON_OBJECT};
    struct session session;
    const struct svc_json *cart = parse(arena, rows, CART);
    const struct svc_json *context = parse(arena, rows, CONTEXT);

    session_init(&session, record->key);
    session.id = parse(arena, rows, SESSION_ID);
    session.session_state = keep(arena, rows, STATE);
    session.cart_data = cart != NULL ? cart : &empty_array;
    session.context_data = context != NULL ? context : &empty_object;
    session.last_activity = keep(arena, rows, UPDATED_AT);
    if (record->customer.name.text != NULL) {
        session.customer_name = record->customer.name;
    }
    if (record->customer.tier.text != NULL) {
        session.customer_tier = record->customer.tier;
    }
    session.total_orders = record->customer.total_orders;
    session.head = (struct session_head){
        .form = SESSION_LIVE,
        .version = svc_pg_get_int(rows, 0, VERSION, 1),
        .epoch = record->epoch,
        .writes = keep(arena, rows, WRITES),
    };
    /* Of a row that others wrote it's when the customer first came, not this session. */
    if (session.head.writes.length > 0) {
        session.head.created_ms = svc_pg_get_int(rows, 0, CREATED_MS, 0);
    }
    record->session = write_text(arena, &session);
    session_head_read(record->session, &record->head);
    record->expires_ms = svc_pg_get_int(rows, 0, EXPIRES_MS, 0);
}

static void read_moved(struct svc_arena *arena, const struct svc_pg_result *rows,
    struct store_record *record)
{
    struct session moved = {.head = {
                                .form = SESSION_MOVED,
                                .version = record->session_stored + 1,
                                .epoch = record->epoch,
                                .moved_to = keep(arena, rows, REPLACED_BY),
                            }};

    record->session = write_text(arena, &moved);
    session_head_read(record->session, &record->head);
    record->session_known = moved.head.version;
    record->expires_ms = record->now_ms + (int64_t)TTL_ALIAS_S * 1000;
}

static void read_deleted(struct svc_arena *arena, struct store_record *record)
{
    struct session deleted = {.head = {
                                  .form = SESSION_DELETED,
                                  .version = record->session_stored,
                                  .epoch = record->epoch,
                                  .writes = SVC_SLICE(SESSION_DELETED_WRITES),
                              }};

    record->session = write_text(arena, &deleted);
    session_head_read(record->session, &record->head);
    record->expires_ms = record->now_ms + SESSION_TOMBSTONE_MS;
}

static void read_record(struct svc_arena *arena, const struct svc_pg_result *rows,
    struct store_record *record)
{
    record->now_ms = svc_pg_get_int(rows, 0, NOW_MS, 0);
    record->source = STORE_POSTGRES;
    record->customer = (struct store_customer){
        .known = !svc_pg_is_null(rows, 0, CUSTOMER_ID),
        .name = keep(arena, rows, NAME),
        .tier = keep(arena, rows, TIER),
        .total_orders = svc_pg_get_int(rows, 0, ORDERS, 0),
    };
    record->session = (struct svc_slice){0};
    record->head = (struct session_head){0};
    record->session_stored = svc_pg_get_int(rows, 0, VERSION, 0);
    record->session_known = record->session_stored;
    record->row_epoch = svc_pg_get_int(rows, 0, ROW_EPOCH, 0);
    record->turn_epoch = svc_pg_get_int(rows, 0, TURN_EPOCH, 0);
    record->new_id =
        keep(arena, rows, svc_pg_is_null(rows, 0, SESSION_ID) ? NEW_ID : SESSION_ID);
    record->turn = keep(arena, rows, TURN);
    record->turn_stored = svc_pg_get_int(rows, 0, TURN_VERSION, 0);
    record->turn_known = record->turn_stored;
    if (!svc_pg_is_null(rows, 0, REPLACED_BY)) {
        read_moved(arena, rows, record);
    } else if (svc_pg_get_bool(rows, 0, IS_LIVE)) {
        read_session(arena, rows, record);
    } else if (svc_pg_get_bool(rows, 0, IS_DELETED)) {
        read_deleted(arena, record);
    }
}

enum svc_status store_pg_load(struct store *store, const struct store_mode *mode,
    struct svc_arena *arena, struct store_record *record)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(
        store->pg, SVC_PG_PREPARED(LOAD_SQL, svc_pg_slice(record->key)), &rows, &error);

    if (status != SVC_OK) {
        return status;
    }
    if (svc_pg_rows(rows) != 1) {
        return SVC_INTERNAL;
    }
    int64_t epoch = svc_pg_get_int(rows, 0, EPOCH, 0);
    if (mode != NULL &&
        (!svc_pg_get_bool(rows, 0, IS_POSTGRES) || epoch != mode->epoch)) {
        return SVC_CONFLICT;
    }
    record->epoch = mode != NULL ? mode->epoch : record->epoch;
    read_record(arena, rows, record);
    return SVC_OK;
}

static enum svc_status write_rows(struct svc_pg_tx *tx, const struct store_write *write,
    const struct store_change *change)
{
    const struct store_record *record = write->record;
    SVC_PG_AUTO_RESULT struct svc_pg_result *sessions = NULL;
    SVC_PG_AUTO_RESULT struct svc_pg_result *turns = NULL;
    struct svc_pg_error error;
    enum svc_status status = SVC_OK;

    if (write->session.text != NULL) {
        status = svc_pg_tx_query(tx,
            SVC_PG_PREPARED(SAVE_SESSION_SQL, svc_pg_slice(record->key),
                svc_pg_slice(write->session), svc_pg_int(record->now_ms + write->ttl_ms),
                svc_pg_int(record->session_stored)),
            &sessions, &error);
        if (status == SVC_OK && svc_pg_affected(sessions) == 0) {
            return SVC_CONFLICT;
        }
    }
    if (status == SVC_OK && write->turn.text != NULL) {
        status = svc_pg_tx_query(tx,
            SVC_PG_PREPARED(SAVE_TURN_SQL, svc_pg_slice(record->key),
                svc_pg_int(change->turn_version), svc_pg_slice(write->turn),
                svc_pg_int(record->turn_stored), svc_pg_int(record->epoch)),
            &turns, &error);
        if (status == SVC_OK && svc_pg_affected(turns) == 0) {
            return SVC_CONFLICT;
        }
    }
    return status;
}

enum svc_status store_pg_save(struct store *store, const struct store_mode *mode,
    const struct store_write *write, const struct store_change *change)
{
    SVC_PG_AUTO_ROLLBACK struct svc_pg_tx tx = {0};
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_begin(store->pg, &tx, &error);

    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_PREPARED("SELECT pg_advisory_xact_lock_shared(" STORE_SWITCH_LOCK ")"),
            NULL, &error);
    }
    if (status == SVC_OK) {
        status = svc_pg_tx_query(&tx,
            SVC_PG_PREPARED("SELECT 1 FROM session_switch"
                            " WHERE mode = 'postgres' AND epoch = $1",
                svc_pg_int(mode->epoch)),
            &rows, &error);
    }
    if (status != SVC_OK) {
        return status;
    }
    if (svc_pg_rows(rows) == 0) {
        return SVC_CONFLICT;
    }
    status = write_rows(&tx, write, change);
    return status == SVC_OK ? svc_pg_commit(&tx, &error) : status;
}

enum svc_status store_pg_touch(
    struct store *store, const struct store_record *record, int64_t expires_ms)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(store->pg,
        SVC_PG_PREPARED("UPDATE customer_sessions"
                        " SET expires_at = to_timestamp($3::numeric / 1000)"
                        " WHERE customer_phone = $1 AND version = $2",
            svc_pg_slice(record->key), svc_pg_int(record->session_stored),
            svc_pg_int(expires_ms)),
        &rows, &error);

    if (status != SVC_OK) {
        return status;
    }
    return svc_pg_affected(rows) > 0 ? SVC_OK : SVC_CONFLICT;
}

enum svc_status store_pg_flush(struct store *store, struct svc_slice batch)
{
    struct svc_pg_error error;

    return svc_pg_query(
        store->pg, SVC_PG_PREPARED(FLUSH_SQL, svc_pg_slice(batch)), NULL, &error);
}

enum svc_status store_pg_customer(struct store *store, struct svc_arena *arena,
    struct svc_slice key, struct store_customer *ret_customer)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(store->pg,
        SVC_PG_PREPARED("SELECT name, customer_tier, total_orders FROM customers"
                        " WHERE phone = $1",
            svc_pg_slice(key)),
        &rows, &error);

    *ret_customer = (struct store_customer){0};
    if (status != SVC_OK || svc_pg_rows(rows) == 0) {
        return status;
    }
    ret_customer->known = true;
    ret_customer->name = keep(arena, rows, 0);
    ret_customer->tier = keep(arena, rows, 1);
    ret_customer->total_orders = svc_pg_get_int(rows, 0, 2, 0);
    return SVC_OK;
}
