/* PostgreSQL's own answer, by the migration guide's indexes: for the time until the index
 * is built or read. An index is only used where its expression stands to the letter. */
#include "store_private.h"

#include <svc/buf.h>
#include <svc/json.h>
#include <svc/pg.h>

#include <stdio.h>
#include <string.h>

#define DOCUMENT "COALESCE(name, '') || ' ' || COALESCE(description, '')"

/* Spanish and without accents, since each finds what the other misses. */
#define MATCHES_WORDS                                                                    \
    "(to_tsvector('spanish', " DOCUMENT ") @@ plainto_tsquery('spanish', $2) "           \
    "OR to_tsvector('spanish_unaccent', " DOCUMENT                                       \
    ") @@ plainto_tsquery('spanish_unaccent', $2))"
#define RANK_WORDS                                                                       \
    "greatest(ts_rank(to_tsvector('spanish', " DOCUMENT                                  \
    "), plainto_tsquery('spanish', $2)), "                                               \
    "ts_rank(to_tsvector('spanish_unaccent', " DOCUMENT                                  \
    "), plainto_tsquery('spanish_unaccent', $2)))"
#define MATCHES_TYPO "immutable_unaccent(lower(name)) %> immutable_unaccent(lower($2))"
#define RANK_TYPO                                                                        \
    "word_similarity(immutable_unaccent(lower($2)), immutable_unaccent(lower(name)))"

/* The current price, which the filters and the order by price are about. */
#define ON_OFFER                                                                         \
    "(COALESCE(offer_price > 0 AND offer_price < price, false) "                         \
    "AND COALESCE(offer_starts_at <= NOW(), true) "                                      \
    "AND COALESCE(offer_ends_at > NOW(), true))"
#define CURRENT_PRICE "(CASE WHEN " ON_OFFER " THEN offer_price ELSE price END)"
#define FILTERS                                                                          \
    "is_available AND ($3 = 0 OR category_id = $3) AND NOT EXISTS (SELECT FROM "         \
    "categories WHERE categories.id = category_id AND NOT is_active) "                   \
    "AND ($4::bigint < 0 OR " CURRENT_PRICE " * $1 >= $4) "                              \
    "AND ($5::bigint < 0 OR " CURRENT_PRICE " * $1 <= $5) "                              \
    "AND (NOT $6::boolean OR " ON_OFFER ") AND (NOT $7::boolean OR stock > reserved) "   \
    "AND ($8::text = '' OR immutable_unaccent(lower(brand)) = $8)"
#define ORDER                                                                            \
    "ORDER BY CASE WHEN $9 = 1 THEN " CURRENT_PRICE " END, "                             \
    "CASE WHEN $9 = 2 THEN -" CURRENT_PRICE " END, "                                     \
    "CASE WHEN $9 = 3 THEN -popularity_score END, CASE WHEN $9 = 4 THEN -id END, "       \
    "rank DESC, stock > reserved DESC, popularity_score DESC, id "
#define SEARCH(matches, rank_of)                                                         \
    "WITH found AS (SELECT id, " rank_of " AS rank, count(*) OVER () AS total "          \
    "FROM products WHERE " matches " AND " FILTERS " " ORDER "LIMIT $10 OFFSET $11) "    \
    "SELECT " STORE_PRODUCT_COLUMNS ", found.rank, found.total "                         \
    "FROM found JOIN products AS p ON p.id = found.id "                                  \
    "LEFT JOIN categories AS c ON c.id = p.category_id"

struct way {
    const char *sql;
    enum match_tier tier;
};

/* Tried in their order until one finds something. $2 is used by all. */
static const struct way ways[] = {
    {SEARCH("(upper(sku) = upper($2) OR ean = $2)", "1.0"), MATCH_EXACT},
    {SEARCH(MATCHES_WORDS, RANK_WORDS), MATCH_STEM},
    {SEARCH(MATCHES_TYPO, RANK_TYPO), MATCH_TYPO},
};
static const struct way all_products = {
    SEARCH("$2::text IS NOT NULL", "0.0"), MATCH_EXACT};

struct asked {
    struct svc_pg_param params[11];
};

static struct asked ask(const struct store_question *question, struct svc_slice text)
{
    const struct query_filters *filters = &question->query->filters;
    const struct index_options *options = question->options;
    struct svc_slice brand = filters->brand.text != NULL ? filters->brand : SVC_SLICE("");

    return (struct asked){{
        svc_pg_int(question->minor_per_unit),
        svc_pg_slice(text),
        svc_pg_int(filters->category_id),
        svc_pg_int(filters->price_min_minor),
        svc_pg_int(filters->price_max_minor),
        svc_pg_bool(filters->on_offer),
        svc_pg_bool(filters->in_stock),
        svc_pg_slice(brand),
        svc_pg_int(question->query->sort),
        svc_pg_int((int64_t)options->limit),
        svc_pg_int((int64_t)options->offset),
    }};
}

static void copy_texts(struct svc_arena *arena, struct product *product)
{
    struct svc_slice *const slices[] = {&product->sku, &product->ean, &product->name,
        &product->brand, &product->category, &product->image_url};

    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
        *slices[i] = svc_slice_keep(arena, *slices[i]);
    }
    product->description = (struct svc_slice){NULL, 0};
}

/* "0.0607927" as a double; there is no float to read from the pool. */
static double to_double(struct svc_slice text)
{
    struct svc_json number = {.type = SVC_JSON_NUMBER, .text = text};

    return text.length > 0 ? svc_json_to_double(&number) : 0;
}

static void read_hits(const struct svc_pg_result *rows, const struct query *query,
    enum match_tier tier, struct svc_arena *arena, struct index_result *result)
{
    size_t count = svc_pg_rows(rows);
    size_t slots = query->slot_count < 32 ? query->slot_count : 31;

    result->hits = svc_arena_alloc(arena, (count + 1) * sizeof *result->hits);
    result->hit_count = count;
    result->partial_from = count;
    result->total = (size_t)svc_pg_get_int(rows, 0, STORE_PRODUCT_COLUMN_COUNT + 1, 0);
    for (size_t row = 0; row < count; row++) {
        struct index_hit *hit = &result->hits[row];
        store_product_row(rows, row, arena, &hit->product);
        copy_texts(arena, &hit->product);
        hit->score = to_double(svc_pg_get(rows, row, STORE_PRODUCT_COLUMN_COUNT));
        hit->tier = tier;
        hit->slots = (1u << slots) - 1;
        hit->fields = slots > 0 ? 1u << FIELD_NAME : 0;
    }
}

static enum svc_status run_way(struct store *store, const struct way *way,
    const struct asked *asked, struct svc_pg_result **ret_rows, char ret_error[256])
{
    struct svc_pg_error error;
    const struct svc_pg_statement statement = {
        .sql = way->sql,
        .params = asked->params,
        .param_count = sizeof asked->params / sizeof asked->params[0],
        .prepare = true,
        .timeout_ms = STORE_REQUEST_MS,
    };

    if (svc_pg_query(store->pg, &statement, ret_rows, &error) != SVC_OK) {
        return store_fail_private(&error, ret_error);
    }
    return SVC_OK;
}

/* The words that are looked for, without what was understood as a filter. */
static struct svc_slice words_of(const struct query *query, struct svc_arena *arena)
{
    struct svc_buf text;

    if (query->slot_count == 0) {
        return SVC_SLICE("");
    }
    svc_buf_init(&text, 4 * QUERY_TEXT_MAX);
    for (size_t slot = 0; slot < query->slot_count; slot++) {
        const struct query_phrase *phrase = &query->slots[slot].phrases[0];
        for (size_t word = 0; word < phrase->count; word++) {
            svc_buf_add(
                &text, phrase->words[word].exact.text, phrase->words[word].exact.length);
            svc_buf_add_char(&text, ' ');
        }
    }
    struct svc_slice words =
        svc_slice_keep(arena, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    return words;
}

enum svc_status store_search(struct store *store, const struct store_question *question,
    struct svc_arena *arena, struct index_result *ret_result, char ret_error[256])
{
    const struct query *query = question->query;
    struct index_result result = {0};
    struct svc_slice words = words_of(query, arena);
    struct asked asked = ask(question, words);
    bool all = query->slot_count == 0 && query->code.length == 0;
    const struct way *way = all ? &all_products : ways;
    size_t count = all ? 1 : sizeof ways / sizeof ways[0];

    for (size_t i = all || query->code.length > 0 ? 0 : 1; i < count && result.total == 0;
         i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
        asked.params[1] = svc_pg_slice(!all && i == 0 ? query->code : words);
        enum svc_status status = run_way(store, &way[i], &asked, &rows, ret_error);
        if (status != SVC_OK) {
            return status;
        }
        read_hits(rows, query, way[i].tier, arena, &result);
    }
    *ret_result = result;
    return SVC_OK;
}

/* A text of LIKE, in which nothing of what was written stands for anything else. */
static const char *begins_with(struct svc_arena *arena, struct svc_slice prefix)
{
    char *pattern = svc_arena_alloc(arena, prefix.length * 2 + 2);
    size_t length = 0;

    for (size_t i = 0; i < prefix.length; i++) {
        if (strchr("\\%_", prefix.text[i]) != NULL) {
            pattern[length++] = '\\';
        }
        pattern[length++] = prefix.text[i];
    }
    pattern[length] = '%';
    return pattern;
}

enum svc_status store_suggest(struct store *store, struct svc_slice prefix, size_t max,
    struct svc_arena *arena, struct store_suggestions *ret_suggestions,
    char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    const struct svc_pg_param params[] = {
        svc_pg_text(begins_with(arena, prefix)), svc_pg_int((int64_t)max)};
    const struct svc_pg_statement statement = {
        .sql = "SELECT name, count(*) FROM products WHERE is_available AND name <> '' "
               "AND immutable_unaccent(lower(name)) LIKE immutable_unaccent(lower($1)) "
               "GROUP BY name ORDER BY max(popularity_score) DESC, name LIMIT $2",
        .params = params,
        .param_count = 2,
        .prepare = true,
        .timeout_ms = STORE_REQUEST_MS,
    };

    if (svc_pg_query(store->pg, &statement, &rows, &error) != SVC_OK) {
        return store_fail_private(&error, ret_error);
    }
    struct store_suggestions found = {.count = svc_pg_rows(rows)};
    found.list = svc_arena_alloc(arena, (found.count + 1) * sizeof *found.list);
    for (size_t row = 0; row < found.count; row++) {
        found.list[row].text = svc_slice_keep(arena, svc_pg_get(rows, row, 0));
        found.list[row].count = (size_t)svc_pg_get_int(rows, row, 1, 0);
    }
    *ret_suggestions = found;
    return SVC_OK;
}
