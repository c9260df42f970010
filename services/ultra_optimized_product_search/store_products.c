/* Products, read from PostgreSQL. */
#include "store_private.h"

#include <svc/buf.h>
#include <svc/json.h>
#include <svc/pg.h>

#define ATTRIBUTES_TEXT_MAX 4096
#define IDS_TEXT_MAX ((size_t)256 * 1024)

static void add_separated(struct svc_buf *out, struct svc_slice text, char separator)
{
    if (text.length == 0) {
        return;
    }
    if (out->length > 0) {
        svc_buf_add_char(out, separator);
    }
    svc_buf_add(out, text.text, text.length);
}

/* The texts and numbers in VALUE and one level below, SEPARATOR between. */
static void add_values(struct svc_buf *out, const struct svc_json *value, char separator)
{
    bool plain =
        svc_json_is(value, SVC_JSON_STRING) || svc_json_is(value, SVC_JSON_NUMBER);

    if (plain) {
        add_separated(out, value->text, separator);
        return;
    }
    if (!svc_json_is(value, SVC_JSON_ARRAY) && !svc_json_is(value, SVC_JSON_OBJECT)) {
        return;
    }
    for (const struct svc_json *each = value->first; each != NULL; each = each->next) {
        if (each->type == SVC_JSON_STRING || each->type == SVC_JSON_NUMBER) {
            add_separated(out, each->text, separator);
        }
    }
}

static struct svc_slice take(struct svc_arena *arena, struct svc_buf *text)
{
    struct svc_slice slice = {NULL, 0};

    if (text->length > 0) {
        slice =
            svc_slice_keep(arena, (struct svc_slice){svc_buf_text(text), text->length});
    }
    svc_buf_clear(text);
    return slice;
}

/* {"sizes": ["39", "42"], "colors": ["rojo"], "material": "piel"} and whatever else a
 * shop puts there. */
static void read_attributes(
    struct svc_arena *arena, struct svc_slice text, struct product *product)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 2000};
    struct svc_json_error error;
    struct svc_buf joined;
    size_t replaced = 0;

    if (text.length <= 2) {
        return;
    }
    const struct svc_json *read =
        svc_json_read(arena, text.text, text.length, &limits, &replaced, &error);
    if (!svc_json_is(read, SVC_JSON_OBJECT)) {
        return;
    }
    svc_buf_init(&joined, ATTRIBUTES_TEXT_MAX);
    add_values(&joined, svc_json_get(read, "sizes"), ',');
    product->sizes = take(arena, &joined);
    add_values(&joined, svc_json_get(read, "colors"), ',');
    product->colors = take(arena, &joined);
    for (const struct svc_json *each = read->first; each != NULL; each = each->next) {
        if (!svc_slice_equals(each->key, "sizes") &&
            !svc_slice_equals(each->key, "colors")) {
            add_values(&joined, each, ' ');
        }
    }
    product->attributes = take(arena, &joined);
    svc_buf_done(&joined);
}

static int32_t to_int32(int64_t number)
{
    return (int32_t)(number > INT32_MAX ? INT32_MAX
                                        : (number < INT32_MIN ? INT32_MIN : number));
}

void store_product_row(const struct svc_pg_result *rows, size_t row,
    struct svc_arena *arena, struct product *ret_product)
{
    struct product product = {
        .id = svc_pg_get_int(rows, row, 0, 0),
        .category_id = svc_pg_get_int(rows, row, 1, 0),
        .sku = svc_pg_get(rows, row, 2),
        .ean = svc_pg_get(rows, row, 3),
        .name = svc_pg_get(rows, row, 4),
        .brand = svc_pg_get(rows, row, 5),
        .category = svc_pg_get(rows, row, 6),
        .description = svc_pg_get(rows, row, 7),
        .image_url = svc_pg_get(rows, row, 9),
        .facts =
            {
                .price_minor = svc_pg_get_int(rows, row, 10, 0),
                .offer_minor = svc_pg_get_int(rows, row, 11, 0),
                .offer_from_s = svc_pg_get_int(rows, row, 12, 0),
                .offer_until_s = svc_pg_get_int(rows, row, 13, 0),
                .stock = to_int32(svc_pg_get_int(rows, row, 14, 0)),
                .popularity = to_int32(svc_pg_get_int(rows, row, 15, 0)),
                .flags = (svc_pg_get_bool(rows, row, 16) ? PRODUCT_FEATURED : 0) |
                         (svc_pg_get_bool(rows, row, 17) ? PRODUCT_AVAILABLE : 0),
            },
    };

    read_attributes(arena, svc_pg_get(rows, row, 8), &product);
    *ret_product = product;
}

static void give(
    const struct svc_pg_result *rows, store_take *take_products, void *context)
{
    struct svc_arena arena = {0};
    size_t count = svc_pg_rows(rows);
    struct product *products = svc_arena_alloc(&arena, (count + 1) * sizeof *products);

    for (size_t row = 0; row < count; row++) {
        store_product_row(rows, row, &arena, &products[row]);
    }
    take_products(context, products, count);
    svc_arena_done(&arena);
}

enum svc_status store_read_page(struct store *store, const struct store_page *page,
    store_take *take_products, void *context, int64_t *ret_last_id, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;

    if (svc_pg_query(store->patient,
            SVC_PG_PREPARED("SELECT " STORE_PRODUCT_COLUMNS STORE_PRODUCT_TABLES
                            "WHERE p.id > $2 AND p.is_available "
                            "AND COALESCE(c.is_active, true) ORDER BY p.id LIMIT $3",
                svc_pg_int(page->minor_per_unit), svc_pg_int(page->after_id),
                svc_pg_int((int64_t)page->limit)),
            &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    size_t count = svc_pg_rows(rows);
    give(rows, take_products, context);
    *ret_last_id = count == page->limit ? svc_pg_get_int(rows, count - 1, 0, 0) : 0;
    return SVC_OK;
}

enum svc_status store_read_ids(struct store *store, const struct store_ids *ids,
    store_take *take_products, void *context, char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    struct svc_buf list;

    svc_buf_init(&list, IDS_TEXT_MAX);
    for (size_t i = 0; i < ids->count; i++) {
        svc_buf_printf(&list, "%c%lld", i == 0 ? '{' : ',', (long long)ids->ids[i]);
    }
    svc_buf_add_text(&list, ids->count == 0 ? "{}" : "}");
    enum svc_status status = svc_pg_query(store->patient,
        SVC_PG_PREPARED("SELECT " STORE_PRODUCT_COLUMNS STORE_PRODUCT_TABLES
                        "WHERE p.id = ANY($2::int[]) AND p.is_available "
                        "AND COALESCE(c.is_active, true)",
            svc_pg_int(ids->minor_per_unit), svc_pg_text(svc_buf_text(&list))),
        &rows, &error);
    svc_buf_done(&list);
    if (status != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    give(rows, take_products, context);
    return SVC_OK;
}

static void keep(struct svc_arena *arena, struct product *product)
{
    struct svc_slice *const slices[] = {
        &product->sku,
        &product->ean,
        &product->name,
        &product->brand,
        &product->category,
        &product->description,
        &product->image_url,
    };

    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++) {
        *slices[i] = svc_slice_keep(arena, *slices[i]);
    }
}

enum svc_status store_read_product(struct store *store, int64_t id,
    int64_t minor_per_unit, struct svc_arena *arena, struct store_product *ret_product,
    char ret_error[256])
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    struct svc_pg_error error;
    const struct svc_pg_param params[] = {svc_pg_int(minor_per_unit), svc_pg_int(id)};
    const struct svc_pg_statement statement = {
        .sql = "SELECT " STORE_PRODUCT_COLUMNS STORE_PRODUCT_TABLES "WHERE p.id = $2",
        .params = params,
        .param_count = 2,
        .prepare = true,
        .timeout_ms = STORE_REQUEST_MS,
    };
    struct store_product product = {0};

    if (svc_pg_query(store->pg, &statement, &rows, &error) != SVC_OK) {
        return store_fail(&error, ret_error);
    }
    product.found = svc_pg_rows(rows) > 0;
    if (product.found) {
        store_product_row(rows, 0, arena, &product.product);
        keep(arena, &product.product);
        product.for_sale = (product.product.facts.flags & PRODUCT_AVAILABLE) != 0;
    }
    *ret_product = product;
    return SVC_OK;
}
