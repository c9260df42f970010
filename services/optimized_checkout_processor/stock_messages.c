#include "stock_messages.h"

#include <svc/clock.h>
#include <svc/json.h>
#include <svc/json_write.h>

#include <string.h>

static const struct svc_json_limits limits = {.depth = 8, .values = 4000};

void stock_message_write_skus(
    const struct stock_api_line *lines, size_t count, struct svc_buf *out)
{
    struct svc_json_writer writer;

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_key(&writer, "skus");
    svc_json_write_array_begin(&writer);
    for (size_t i = 0; i < count; i++) {
        svc_json_write_slice(&writer, lines[i].sku);
    }
    svc_json_write_array_end(&writer);
    svc_json_write_object_end(&writer);
}

void stock_message_write_order(const char *key, int64_t expires_at_s,
    const struct stock_api_line *lines, size_t count, struct svc_buf *out)
{
    struct svc_json_writer writer;
    char time[SVC_CLOCK_TEXT_SIZE];

    svc_json_write_init(&writer, out);
    svc_json_write_object_begin(&writer);
    svc_json_write_field_text(&writer, "order", key);
    if (expires_at_s != 0) {
        svc_json_write_field_text(
            &writer, "expires_at", svc_clock_format_s(expires_at_s, time));
    }
    if (count > 0) {
        svc_json_write_key(&writer, "items");
        svc_json_write_array_begin(&writer);
        for (size_t i = 0; i < count; i++) {
            svc_json_write_object_begin(&writer);
            svc_json_write_field_slice(&writer, "sku", lines[i].sku);
            svc_json_write_field_int(&writer, "quantity", lines[i].quantity);
            svc_json_write_object_end(&writer);
        }
        svc_json_write_array_end(&writer);
    }
    svc_json_write_object_end(&writer);
}

static void take_item(
    const struct svc_json *item, struct stock_api_line *lines, size_t count)
{
    struct svc_slice sku = svc_json_get_text(item, "sku");
    int64_t available;

    if (sku.text == NULL ||
        !svc_json_to_int64(svc_json_get(item, "available"), &available)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (lines[i].sku.length == sku.length &&
            memcmp(lines[i].sku.text, sku.text, sku.length) == 0) {
            lines[i].is_known = true;
            /* Some systems sell more than they have, and say so with a minus. */
            lines[i].available = available > 0 ? available : 0;
        }
    }
}

static bool take_items(
    const struct svc_json *items, struct stock_api_line *lines, size_t count)
{
    if (!svc_json_is(items, SVC_JSON_ARRAY)) {
        return false;
    }
    for (const struct svc_json *item = items->first; item != NULL; item = item->next) {
        take_item(item, lines, count);
    }
    return true;
}

static bool take_answer(const struct svc_json *answer, const char *done_word,
    struct stock_api_line *lines, size_t count, enum stock_api_outcome *ret_outcome)
{
    const struct svc_json *items = svc_json_get(answer, "items");

    if (done_word == NULL) {
        *ret_outcome = STOCK_API_DONE;
        return take_items(items, lines, count);
    }
    struct svc_slice status = svc_json_get_text(answer, "status");
    if (svc_slice_equals(status, done_word)) {
        *ret_outcome = STOCK_API_DONE;
        return true;
    }
    if (!svc_slice_equals(status, "short") || count == 0) {
        return false;
    }
    *ret_outcome = STOCK_API_SHORT;
    return items == NULL || take_items(items, lines, count);
}

bool stock_message_read(struct svc_slice body, const char *done_word,
    struct stock_api_line *lines, size_t count, enum stock_api_outcome *ret_outcome)
{
    struct svc_arena arena = {0};
    struct svc_json_error error;
    size_t replaced;
    enum stock_api_outcome outcome = STOCK_API_DOWN;

    for (size_t i = 0; i < count; i++) {
        lines[i].is_known = false;
        lines[i].available = 0;
    }
    const struct svc_json *answer =
        svc_json_read(&arena, body.text, body.length, &limits, &replaced, &error);
    bool fine = answer != NULL && take_answer(answer, done_word, lines, count, &outcome);
    svc_arena_done(&arena);
    if (fine) {
        *ret_outcome = outcome;
    }
    return fine;
}
