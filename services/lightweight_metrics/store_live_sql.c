#include "store_live_sql.h"

/* Of today, by the shop's calendar. */
#define TODAY_COUNTS                                                                     \
    "FROM metrics_counts WHERE granularity = 'd' "                                       \
    "AND bucket_at = metrics_today()::timestamp AT TIME ZONE 'UTC' "

#define TOP_TERMS(kind)                                                                  \
    "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT term, count "   \
    "FROM metrics_terms WHERE day = metrics_today() AND kind = '" kind                   \
    "' ORDER BY count DESC, term LIMIT 10) AS row"

const struct live_part live_parts[] = {
    {"shop_name",
        "SELECT to_json((SELECT value FROM system_config WHERE key = 'shop_name')), "
        "$1::json IS NULL"},
    {"currency",
        "SELECT to_json((SELECT value FROM system_config WHERE key = 'currency')), "
        "$1::json IS NULL"},
    {"timezone", "SELECT to_json(metrics_zone()), $1::json IS NULL"},
    {"day", "SELECT to_json(metrics_today()), $1::json IS NULL"},
    {"counted",
        "SELECT json_build_object('projected_at', projected_at, 'rebuilding', "
        "seq < rebuild_until, 'batches_behind', greatest(0, (SELECT CASE WHEN is_called "
        "THEN last_value ELSE 0 END FROM event_batches) - seq / 8192)), "
        "$1::json IS NULL FROM metrics_projector"},
    {"today",
        "WITH c AS (SELECT name, dimension, sum(count)::bigint AS count, "
        "sum(sum)::bigint AS sum " TODAY_COUNTS
        "AND name IN ('message', 'search', 'zero_search', 'paid', 'order', 'limited', "
        "'abandoned_cart', 'csat', 'reply', 'intent', 'failed') GROUP BY 1, 2), "
        "money AS (SELECT value AS currency FROM system_config WHERE key = 'currency'), "
        "paid AS (SELECT coalesce(sum(count), 0)::bigint AS count, "
        "coalesce(sum(sum), 0)::bigint AS sum FROM c WHERE name = 'paid' AND "
        "dimension = coalesce((SELECT currency FROM money), dimension)), "
        "people AS (SELECT count(*) FILTER (WHERE steps & 1 <> 0) AS customers, count(*) "
        "FILTER (WHERE steps & 20 = 4) AS carts_left FROM (SELECT bit_or(steps) AS steps "
        "FROM metrics_customers WHERE day = metrics_today() GROUP BY customer_key) AS "
        "p), "
        "n AS (SELECT name, sum(count)::bigint AS count, sum(sum)::bigint AS sum FROM c "
        "GROUP BY 1) "
        "SELECT json_build_object('sales_minor', paid.sum, 'paid_orders', paid.count, "
        "'orders', greatest(paid.count, coalesce((SELECT max(count) FROM c WHERE name = "
        "'order'), 0)), 'average_order_minor', CASE WHEN paid.count > 0 THEN "
        "paid.sum / paid.count END, 'customers', people.customers, "
        "'messages', coalesce((SELECT count FROM n WHERE name = 'message'), 0), "
        "'searches', coalesce((SELECT count FROM n WHERE name = 'search'), 0), "
        "'zero_searches', coalesce((SELECT count FROM n WHERE name = 'zero_search'), 0), "
        "'intents', coalesce((SELECT count FROM n WHERE name = 'intent'), 0), "
        "'replies', coalesce((SELECT count FROM n WHERE name = 'reply'), 0), "
        "'failed', coalesce((SELECT count FROM n WHERE name = 'failed'), 0), "
        "'carts_left', people.carts_left, "
        "'abandoned_carts', coalesce((SELECT count FROM n WHERE name = "
        "'abandoned_cart'), 0), "
        "'limited', coalesce((SELECT count FROM n WHERE name = 'limited'), 0), "
        "'csat', (SELECT json_build_object('average', "
        "round(sum::numeric / nullif(count, 0), 2), 'count', count) FROM (SELECT "
        "coalesce(sum(sum), 0) AS sum, coalesce(sum(count), 0) AS count FROM n WHERE "
        "name = 'csat') AS s)), $1::json IS NULL FROM paid, people"},
    {"funnel",
        "WITH people AS (SELECT bit_or(steps) AS steps FROM metrics_customers WHERE day "
        "= "
        "metrics_today() GROUP BY customer_key), reached AS (SELECT count(*) FILTER "
        "(WHERE steps & 1 <> 0) AS message, count(*) FILTER (WHERE steps & 2 <> 0) AS "
        "search, count(*) FILTER (WHERE steps & 4 <> 0) AS cart, count(*) FILTER (WHERE "
        "steps & 8 <> 0) AS checkout, count(*) FILTER (WHERE steps & 16 <> 0) AS paid "
        "FROM people) SELECT json_build_array("
        "json_build_object('step', 'message', 'customers', message), "
        "json_build_object('step', 'search', 'customers', search), "
        "json_build_object('step', 'cart', 'customers', cart), "
        "json_build_object('step', 'checkout', 'customers', checkout), "
        "json_build_object('step', 'paid', 'customers', paid)), $1::json IS NULL "
        "FROM reached"},
    {"searches", TOP_TERMS("search")},
    {"zero_searches", TOP_TERMS("zero_search")},
    {"products",
        "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT t.term, "
        "p.name, t.count, t.sum AS quantity FROM metrics_terms AS t LEFT JOIN products "
        "AS "
        "p ON p.id = CASE WHEN t.term ~ '^[0-9]{1,9}$' THEN t.term::integer END "
        "WHERE t.day = metrics_today() AND t.kind = 'product' "
        "ORDER BY t.sum DESC, t.term LIMIT 10) AS row"},
    {"intents",
        "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT dimension "
        "AS intent, sum(count)::bigint AS count, sum(sum) / 1e9 AS cost_usd " TODAY_COUNTS
        "AND name = 'intent' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12) AS row"},
    {"intent_sources",
        "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT dimension "
        "AS source, sum(count)::bigint AS count, sum(sum) / 1e9 AS cost_usd " TODAY_COUNTS
        "AND name = 'intent_source' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12) AS row"},
    {"costs",
        "WITH c AS (SELECT kind, key, sum(count)::bigint AS count, "
        "sum(billable)::bigint AS billable, CASE WHEN kind = 'model' THEN sum(usd_nano) "
        "/ 1e9 ELSE sum(billable) * ($1::json ->> key)::numeric END AS cost_usd "
        "FROM metrics_costs WHERE day = metrics_today() GROUP BY 1, 2) "
        "SELECT json_build_object('whatsapp', coalesce((SELECT json_agg("
        "json_build_object('category', key, 'count', count, 'billable', billable, "
        "'cost_usd', cost_usd) ORDER BY count DESC, key) FROM c WHERE kind = "
        "'whatsapp'), '[]'), 'models', coalesce((SELECT json_agg(json_build_object("
        "'model', key, 'count', count, 'cost_usd', cost_usd) ORDER BY count DESC, key) "
        "FROM c WHERE kind = 'model'), '[]'), 'total_usd', (SELECT coalesce("
        "sum(cost_usd), 0) FROM c), 'per_paid_order_usd', (SELECT sum(cost_usd) FROM c) "
        "/ nullif((SELECT sum(count) " TODAY_COUNTS "AND name = 'paid'), 0))"},
    {"delivery",
        "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT dimension "
        "AS status, sum(count)::bigint AS count " TODAY_COUNTS
        "AND name = 'status' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) AS row"},
    {"delivery_errors",
        "SELECT coalesce(json_agg(row), '[]'), $1::json IS NULL FROM (SELECT dimension "
        "AS code, sum(count)::bigint AS count " TODAY_COUNTS
        "AND name = 'status_error' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) AS row"},
    {"services",
        "SELECT coalesce(json_agg(json_build_object('name', service, 'state', state, "
        "'latency_ms', latency_ms, 'error', detail, 'since', since, 'checked_at', "
        "checked_at) ORDER BY service), '[]'), $1::json IS NULL FROM metrics_services "
        "WHERE checked_at > now() - INTERVAL '1 day'"},
    {"alerts",
        "SELECT coalesce(json_agg(json_build_object('metric', metric, 'state', state, "
        "'since', since, 'told', told_state = state) ORDER BY since), '[]'), "
        "$1::json IS NULL FROM metrics_alerts WHERE state = 'critical'"},
};

const size_t live_part_count = sizeof live_parts / sizeof live_parts[0];
