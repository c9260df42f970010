#include "reports.h"

#define DAYS "BETWEEN $1::date AND $2::date "
#define BUCKETS                                                                          \
    "granularity = 'd' AND bucket_at BETWEEN ($1::date::timestamp AT TIME ZONE 'UTC') "  \
    "AND ($2::date::timestamp AT TIME ZONE 'UTC') "
/* A statement knows the types of its parameters only where all stand in it. */
#define TAIL "AND ($3::json IS NULL OR true) "

static const struct report reports[] = {
    {"funnel",
        {{"day", false}, {"message", true}, {"search", true}, {"cart", true},
            {"checkout", true}, {"paid", true}},
        "SELECT day, count(DISTINCT customer_key) FILTER (WHERE steps & 1 <> 0), "
        "count(DISTINCT customer_key) FILTER (WHERE steps & 2 <> 0), "
        "count(DISTINCT customer_key) FILTER (WHERE steps & 4 <> 0), "
        "count(DISTINCT customer_key) FILTER (WHERE steps & 8 <> 0), "
        "count(DISTINCT customer_key) FILTER (WHERE steps & 16 <> 0) "
        "FROM metrics_customers WHERE day " DAYS TAIL "GROUP BY 1 ORDER BY 1"},
    {"sales",
        {{"day", false}, {"currency", false}, {"paid", true}, {"total_minor", true},
            {"average_minor", true}},
        "SELECT (bucket_at AT TIME ZONE 'UTC')::date, dimension, sum(count)::bigint, "
        "sum(sum)::bigint, (sum(sum) / sum(count))::bigint FROM metrics_counts WHERE "
        "name = 'paid' AND " BUCKETS TAIL "GROUP BY 1, 2 ORDER BY 1, 2"},
    {"intents", {{"intent", false}, {"count", true}, {"cost_usd", true}},
        "SELECT dimension, sum(count)::bigint, (sum(sum) / 1e9)::float8 FROM "
        "metrics_counts WHERE name = 'intent' AND " BUCKETS TAIL
        "GROUP BY 1 ORDER BY 2 DESC, 1"},
    {"intent_sources",
        {{"day", false}, {"source", false}, {"count", true}, {"cost_usd", true}},
        "SELECT (bucket_at AT TIME ZONE 'UTC')::date, dimension, sum(count)::bigint, "
        "(sum(sum) / 1e9)::float8 FROM metrics_counts WHERE name = 'intent_source' AND "
        "" BUCKETS TAIL "GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"},
    {"products",
        {{"product", false}, {"name", false}, {"carts", true}, {"quantity", true},
            {"sold", true}},
        "SELECT t.term, p.name, coalesce(sum(t.count) FILTER (WHERE kind = 'product'), "
        "0)::bigint, coalesce(sum(t.sum) FILTER (WHERE kind = 'product'), 0)::bigint, "
        "coalesce(sum(t.sum) FILTER (WHERE kind = 'product_sold'), 0)::bigint "
        "FROM metrics_terms AS t LEFT JOIN products AS p ON p.id = CASE WHEN t.term ~ "
        "'^[0-9]{1,9}$' THEN t.term::integer END WHERE t.day " DAYS TAIL
        "AND kind IN ('product', 'product_sold') GROUP BY 1, 2 "
        "ORDER BY 5 DESC, 4 DESC, 1 LIMIT 1000"},
    {"customers",
        {{"day", false}, {"customers", true}, {"new", true}, {"buyers", true},
            {"paid_minor", true}},
        "SELECT c.day, count(DISTINCT c.customer_key) FILTER (WHERE steps & 1 <> 0), "
        "count(DISTINCT c.customer_key) FILTER (WHERE NOT EXISTS (SELECT FROM "
        "metrics_customers AS e WHERE e.customer_key = c.customer_key AND e.path = "
        "c.path AND e.day < c.day AND e.day >= c.day - 90)), "
        "count(DISTINCT c.customer_key) FILTER (WHERE steps & 16 <> 0), "
        "sum(paid_minor)::bigint FROM metrics_customers AS c WHERE c.day " DAYS TAIL
        "GROUP BY 1 ORDER BY 1"},
    {"delivery", {{"day", false}, {"status", false}, {"count", true}},
        "SELECT (bucket_at AT TIME ZONE 'UTC')::date, CASE name WHEN 'status' THEN "
        "dimension ELSE 'error ' || dimension END, sum(count)::bigint FROM "
        "metrics_counts WHERE name IN ('status', 'status_error') AND " BUCKETS TAIL
        "GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"},
    {"hours",
        {{"hour", true}, {"messages", true}, {"searches", true}, {"paid", true},
            {"limited", true}},
        "SELECT extract(hour FROM bucket_at AT TIME ZONE metrics_zone())::int, "
        "coalesce(sum(count) FILTER (WHERE name = 'message'), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE name = 'search'), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE name = 'paid'), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE name = 'limited'), 0)::bigint "
        "FROM metrics_counts WHERE granularity = 'h' AND name IN ('message', 'search', "
        "'paid', 'limited') AND bucket_at >= $1::date::timestamp AT TIME ZONE "
        "metrics_zone() AND bucket_at < ($2::date + 1)::timestamp AT TIME ZONE "
        "metrics_zone() " TAIL "GROUP BY 1 ORDER BY 1"},
    {"costs",
        {{"day", false}, {"kind", false}, {"key", false}, {"detail", false},
            {"count", true}, {"billable", true}, {"cost_usd", true}},
        "SELECT day, kind, key, detail, count, billable, (CASE WHEN kind = 'model' THEN "
        "usd_nano / 1e9 ELSE billable * ($3::json ->> key)::numeric END)::float8 "
        "FROM metrics_costs WHERE day " DAYS "ORDER BY 1, 2, 3, 4 LIMIT 10000"},
    {"searches",
        {{"term", false}, {"count", true}, {"without_result", true},
            {"average_results", true}},
        "SELECT term, coalesce(sum(count) FILTER (WHERE kind = 'search'), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE kind = 'zero_search'), 0)::bigint, "
        "round(sum(sum) FILTER (WHERE kind = 'search') / nullif(sum(count) FILTER (WHERE "
        "kind = 'search'), 0), 1) FROM metrics_terms WHERE day " DAYS TAIL
        "AND kind IN ('search', 'zero_search') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"},
};

const struct report *report_find(struct svc_slice name)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        if (svc_slice_equals(name, reports[i].name)) {
            return &reports[i];
        }
    }
    return NULL;
}
