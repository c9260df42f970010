#include "store_private.h"

#include <svc/pg.h>

#include <svc/log.h>
#include <svc/metrics.h>
#include <svc/pg.h>

#include <stdio.h>
#include <string.h>

#define CODES_TEXT_MAX 512
#define CONTEXT_TEXT_MAX 1024

enum cart_column {
    CART_OUTCOME,
    CART_OUTCOME_QUANTITY,
    CART_REPEATED,
    CART_NOTES,
    CART_VERSION,
    CART_COUPONS,
    CART_LOCALE,
    CART_PHONE_NUMBER_ID,
    CART_PRODUCT_ID,
    CART_NAME,
    CART_SKU,
    CART_CATEGORY_ID,
    CART_QUANTITY,
    CART_SEEN,
    CART_PRICE,
    CART_AVAILABLE,
    CART_WEIGHT,
    CART_IS_SOLD,
};

void store_count(struct svc_counter *counter)
{
    svc_counter_add(counter, 1);
}

struct svc_slice store_keep(const struct store_call *call, struct svc_slice text)
{
    return svc_slice_keep(call->arena, text);
}

enum svc_status store_run(const struct store_call *call,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows)
{
    struct svc_pg_error error;
    enum svc_status status = svc_pg_query(call->pg, statement, ret_rows, &error);

    if (status == SVC_INTERNAL) {
        svc_log(SVC_LOG_ERROR, "a statement failed", SVC_TEXT("sqlstate", error.sqlstate),
            SVC_PRIVATE(
                "error", ((struct svc_slice){error.message, strlen(error.message)})));
    }
    return status;
}

static void read_codes(
    const struct store_call *call, struct svc_slice text, struct cart *cart)
{
    struct svc_slice rest = store_keep(call, text);

    while (rest.length > 0 && cart->coupon_count < QUOTE_COUPONS_MAX) {
        const char *comma = memchr(rest.text, ',', rest.length);
        size_t length = comma != NULL ? (size_t)(comma - rest.text) : rest.length;
        cart->coupons[cart->coupon_count++] = (struct svc_slice){rest.text, length};
        size_t taken = comma != NULL ? length + 1 : length;
        rest = (struct svc_slice){rest.text + taken, rest.length - taken};
    }
}

static int64_t bounded_price(int64_t minor)
{
    return minor < 0 ? 0 : (minor > QUOTE_UNIT_PRICE_MAX ? QUOTE_UNIT_PRICE_MAX : minor);
}

static void read_line(const struct store_call *call, const struct svc_pg_result *rows,
    size_t row, struct cart *cart)
{
    struct quote_line *line = &cart->lines[cart->line_count];

    *line = (struct quote_line){
        .product_id = svc_pg_get_int(rows, row, CART_PRODUCT_ID, 0),
        .name = store_keep(call, svc_pg_get(rows, row, CART_NAME)),
        .category_id = svc_pg_get_int(rows, row, CART_CATEGORY_ID, 0),
        .quantity = svc_pg_get_int(rows, row, CART_QUANTITY, 0),
        .unit_price_minor = bounded_price(svc_pg_get_int(rows, row, CART_PRICE, 0)),
        .seen_price_minor = svc_pg_get_int(rows, row, CART_SEEN, 0),
        .available = svc_pg_get_int(rows, row, CART_AVAILABLE, 0),
        .weight_g = svc_pg_get_int(rows, row, CART_WEIGHT, 0),
        .is_sold = svc_pg_get_bool(rows, row, CART_IS_SOLD),
    };
    line->available = line->available > 0 ? line->available : 0;
    line->weight_g = line->weight_g > 0 ? line->weight_g : 0;
    cart->skus[cart->line_count++] = store_keep(call, svc_pg_get(rows, row, CART_SKU));
}

static const struct svc_json *read_json(
    const struct store_call *call, struct svc_slice text)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 2000};
    struct svc_json_error error;
    size_t replaced = 0;

    return text.length == 0 ? NULL
                            : svc_json_read(call->arena, text.text, text.length, &limits,
                                  &replaced, &error);
}

void store_cart_rows(const struct store_call *call, const struct svc_pg_result *rows,
    struct cart *ret_cart, struct cart_outcome *ret_outcome)
{
    memset(ret_cart, 0, sizeof *ret_cart);
    ret_cart->customer = call->customer;
    ret_cart->version = svc_pg_get_int(rows, 0, CART_VERSION, -1);
    ret_cart->locale = store_keep(call, svc_pg_get(rows, 0, CART_LOCALE));
    ret_cart->phone_number_id =
        store_keep(call, svc_pg_get(rows, 0, CART_PHONE_NUMBER_ID));
    read_codes(call, svc_pg_get(rows, 0, CART_COUPONS), ret_cart);
    for (size_t i = 0; i < svc_pg_rows(rows) && i < QUOTE_LINES_MAX; i++) {
        if (!svc_pg_is_null(rows, i, CART_PRODUCT_ID)) {
            read_line(call, rows, i, ret_cart);
        }
    }
    if (ret_outcome != NULL) {
        *ret_outcome = (struct cart_outcome){
            .name = store_keep(call, svc_pg_get(rows, 0, CART_OUTCOME)),
            .quantity = svc_pg_get_int(rows, 0, CART_OUTCOME_QUANTITY, 0),
            .repeated = svc_pg_get_bool(rows, 0, CART_REPEATED),
            .notes = read_json(call, svc_pg_get(rows, 0, CART_NOTES)),
        };
    }
}

enum svc_status store_cart_read(const struct store_call *call, struct cart *ret_cart)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT * FROM cart_rows($1, $2)", svc_pg_slice(call->customer),
            svc_pg_int(call->minor_per_unit)),
        &rows);

    if (status == SVC_OK) {
        store_cart_rows(call, rows, ret_cart, NULL);
    }
    return status;
}

/* As JSON in the arena. */
static struct svc_slice write_context(
    const struct store_call *call, const struct cart_context *context)
{
    static const struct cart_context nothing;
    struct svc_json_writer writer;
    struct svc_buf text;

    context = context != NULL ? context : &nothing;
    svc_buf_init(&text, CONTEXT_TEXT_MAX);
    svc_json_write_init(&writer, &text);
    svc_json_write_object_begin(&writer);
    svc_json_write_optional_slice(&writer, "phone_number_id", context->phone_number_id);
    svc_json_write_optional_slice(&writer, "locale", context->locale);
    if (context->service_window_s > 0) {
        svc_json_write_field_int(&writer, "service_window_s", context->service_window_s);
    }
    svc_json_write_object_end(&writer);
    struct svc_slice kept =
        store_keep(call, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    return kept;
}

static struct svc_pg_param optional(struct svc_slice text)
{
    return text.length > 0 ? svc_pg_slice(text) : svc_pg_null();
}

static enum svc_status change_cart(const struct store_call *call,
    const struct cart_change *change, struct cart *ret_cart,
    struct cart_outcome *ret_outcome)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED(
            "SELECT * FROM cart_change($1, $2, $3::int, $4::int, $5, $6, $7, $8, $9)",
            svc_pg_slice(call->customer), svc_pg_text(change->action),
            svc_pg_int(change->product_id), svc_pg_int(change->quantity),
            optional(change->coupon), svc_pg_int(call->minor_per_unit),
            svc_pg_slice(write_context(call, change->context)), optional(change->key),
            optional(change->hash)),
        &rows);

    if (status == SVC_OK) {
        store_cart_rows(call, rows, ret_cart, ret_outcome);
    }
    return status;
}

/* CONFLICT: the same key at the same moment, which is known the second time. */
enum svc_status store_cart_change(const struct store_call *call,
    const struct cart_change *change, struct cart *ret_cart,
    struct cart_outcome *ret_outcome)
{
    enum svc_status status = change_cart(call, change, ret_cart, ret_outcome);

    return status == SVC_CONFLICT ? change_cart(call, change, ret_cart, ret_outcome)
                                  : status;
}

enum svc_status store_cart_import(const struct store_call *call,
    const struct cart_change *change, struct svc_slice items, struct cart *ret_cart,
    struct cart_outcome *ret_outcome)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT * FROM cart_import($1, $2, $3, $4, $5, $6)",
            svc_pg_slice(call->customer), svc_pg_slice(items),
            svc_pg_int(call->minor_per_unit),
            svc_pg_slice(write_context(call, change->context)), optional(change->key),
            optional(change->hash)),
        &rows);

    if (status == SVC_OK) {
        store_cart_rows(call, rows, ret_cart, ret_outcome);
    }
    return status;
}

/* --- Coupons. --- */

static enum coupon_kind read_kind(struct svc_slice name)
{
    if (svc_slice_equals(name, "percent")) {
        return COUPON_PERCENT;
    }
    if (svc_slice_equals(name, "fixed")) {
        return COUPON_FIXED;
    }
    return svc_slice_equals(name, "free_shipping") ? COUPON_FREE_SHIPPING
                                                   : COUPON_BUY_X_PAY_Y;
}

static void read_coupon(const struct store_call *call, const struct svc_pg_result *rows,
    size_t row, struct coupon *coupon)
{
    *coupon = (struct coupon){
        .code = store_keep(call, svc_pg_get(rows, row, 0)),
        .kind = read_kind(svc_pg_get(rows, row, 1)),
        .value = svc_pg_get_int(rows, row, 2, 0),
        .buy_quantity = svc_pg_get_int(rows, row, 3, 0),
        .pay_quantity = svc_pg_get_int(rows, row, 4, 0),
        .minimum_minor = svc_pg_get_int(rows, row, 5, 0),
        .maximum_minor = svc_pg_get_int(rows, row, 6, -1),
        .category_id = svc_pg_get_int(rows, row, 7, 0),
        .product_id = svc_pg_get_int(rows, row, 8, 0),
        .uses_max = svc_pg_get_int(rows, row, 9, -1),
        .uses_per_customer = svc_pg_get_int(rows, row, 10, -1),
        .uses = svc_pg_get_int(rows, row, 11, 0),
        .uses_by_customer = svc_pg_get_int(rows, row, 12, 0),
        .starts_at_s = svc_pg_get_int(rows, row, 13, 0),
        .ends_at_s = svc_pg_get_int(rows, row, 14, 0),
        .is_active = svc_pg_get_bool(rows, row, 15),
        .stacks = svc_pg_get_bool(rows, row, 16),
    };
}

enum svc_status store_coupons_read(const struct store_call *call,
    const struct svc_slice *codes, size_t count, struct coupon *ret_coupons,
    size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    char joined[CODES_TEXT_MAX] = "";
    size_t length = 0;

    for (size_t i = 0; i < count && length < sizeof joined; i++) {
        length += (size_t)snprintf(joined + length, sizeof joined - length, "%s%.*s",
            i > 0 ? "," : "", (int)codes[i].length, codes[i].text);
    }
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED(
            "SELECT c.code, c.kind, c.value, c.buy_quantity, c.pay_quantity,"
            " c.minimum_minor, c.maximum_minor, c.category_id, c.product_id, c.uses_max,"
            " c.uses_per_customer, c.uses, (SELECT count(*) FROM coupon_uses AS used"
            "  WHERE used.code = c.code AND used.customer_phone = $2),"
            " floor(extract(epoch FROM c.starts_at))::bigint,"
            " floor(extract(epoch FROM c.ends_at))::bigint, c.is_active,"
            " c.stacking = 'with_others'"
            " FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS asked (code, "
            "place)"
            " JOIN coupons AS c ON c.code = asked.code ORDER BY asked.place LIMIT 3",
            svc_pg_text(joined), svc_pg_slice(call->customer)),
        &rows);
    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        read_coupon(call, rows, i, &ret_coupons[i]);
    }
    return SVC_OK;
}

enum svc_status store_carts_claim(const struct store_call *call, int64_t idle_s,
    int64_t limit, struct svc_slice *ret_customers, size_t *ret_count)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT carts_claim_abandoned($1::int, $2::int)",
            svc_pg_int(idle_s), svc_pg_int(limit)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_count = svc_pg_rows(rows);
    for (size_t i = 0; i < *ret_count; i++) {
        ret_customers[i] = store_keep(call, svc_pg_get(rows, i, 0));
    }
    return SVC_OK;
}

/* --- Requests. --- */

enum svc_status store_request_begin(const struct store_call *call, struct svc_slice key,
    struct svc_slice hash, enum store_request *ret_request, struct svc_slice *ret_answer)
{
    SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
    enum svc_status status = store_run(call,
        SVC_PG_PREPARED("SELECT is_new, is_other, answer->>'text'"
                        " FROM checkout_request_begin($1, $2, $3)",
            svc_pg_slice(call->customer), svc_pg_slice(key), svc_pg_slice(hash)),
        &rows);

    if (status != SVC_OK) {
        return status;
    }
    *ret_answer = store_keep(call, svc_pg_get(rows, 0, 2));
    *ret_request = STORE_REQUEST_KNOWN;
    if (svc_pg_get_bool(rows, 0, 0)) {
        *ret_request = STORE_REQUEST_NEW;
    } else if (svc_pg_get_bool(rows, 0, 1)) {
        *ret_request = STORE_REQUEST_OTHER;
    }
    return SVC_OK;
}

enum svc_status store_request_end(
    const struct store_call *call, struct svc_slice key, struct svc_slice answer)
{
    return store_run(call,
        SVC_PG_PREPARED("UPDATE checkout_requests SET answer ="
                        " jsonb_build_object('text', $3::text)"
                        " WHERE customer_phone = $1 AND key = $2 AND answer IS NULL",
            svc_pg_slice(call->customer), svc_pg_slice(key), svc_pg_slice(answer)),
        NULL);
}
