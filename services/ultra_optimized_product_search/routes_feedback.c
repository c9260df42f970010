#include "routes.h"

#include <svc/crypto.h>
#include <svc/log.h>
#include <svc/random.h>

#include <stdio.h>
#include <string.h>

/* Bytes of a query that are kept, as many as are looked at in a search. */
#define QUERY_KEPT QUERY_TEXT_MAX

static void add_text(struct svc_sha256 *hash, struct svc_slice text)
{
    svc_sha256_add(hash, text.text != NULL ? text.text : "", text.length);
    svc_sha256_add(hash, "", 1);
}

/* What makes a repeated call the same: the header and which element of the body it is, or
 * the message with what it says. A call with neither is always another one. */
static void make_key(const struct svc_request *request, struct svc_slice action,
    int64_t product_id, char ret_key[SVC_SHA256_HEX_SIZE])
{
    struct svc_slice header = svc_request_idempotency_key(request);
    struct svc_slice message = svc_json_get_text(request->body, "message_id");
    struct svc_sha256 hash;
    uint8_t bytes[16];
    char which[64];

    svc_sha256_init(&hash);
    if (header.length > 0) {
        snprintf(which, sizeof which, "%zu", request->element);
        add_text(&hash, header);
    } else if (message.length > 0) {
        snprintf(which, sizeof which, "%lld", (long long)product_id);
        add_text(&hash, message);
        add_text(&hash, action);
    } else {
        svc_random_secure(bytes, sizeof bytes);
        svc_text_to_hex(bytes, sizeof bytes, which);
    }
    add_text(&hash, (struct svc_slice){which, strlen(which)});
    svc_sha256_finish_hex(&hash, ret_key);
}

/* Whole characters of it. */
static struct svc_slice cut(struct svc_slice text)
{
    if (text.length > QUERY_KEPT) {
        text.length = QUERY_KEPT;
        while (text.length > 0 && (text.text[text.length] & 0xC0) == 0x80) {
            text.length--;
        }
    }
    return text;
}

enum svc_status post_feedback(struct svc_request *request, struct svc_reply *reply)
{
    static const char *const reasons[] = {
        [STORE_ADDED] = NULL, [STORE_REPEATED] = NULL, [STORE_NO_PRODUCT] = "no_product"};
    struct svc_slice action = svc_json_get_text(request->body, "action");
    char key[SVC_SHA256_HEX_SIZE];
    char customer[SEARCH_LOG_HASH_SIZE];
    struct store_feedback feedback = {.action = action};
    enum store_added added;
    char error[256];

    if (!svc_json_to_int64(
            svc_json_get(request->body, "product_id"), &feedback.product_id)) {
        return SVC_INVALID; /* the contract has it as a whole number */
    }
    make_key(request, action, feedback.product_id, key);
    search_log_hash(svc_json_get_text(request->body, "customer_phone"), customer);
    feedback.call_key = (struct svc_slice){key, strlen(key)};
    feedback.query = cut(svc_json_get_text(request->body, "query"));
    if (customer[0] != '\0') {
        feedback.customer_hash = (struct svc_slice){customer, strlen(customer)};
    }
    if (store_add_feedback(state_of(request)->store, &feedback, &added, error) !=
        SVC_OK) {
        svc_log(SVC_LOG_WARN, "can't store feedback", SVC_TEXT("error", error));
        reply->detail = "PostgreSQL doesn't take it";
        return SVC_UNAVAILABLE;
    }
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "accepted", added != STORE_NO_PRODUCT);
    svc_json_write_field_bool(&reply->json, "repeated", added == STORE_REPEATED);
    svc_json_write_key(&reply->json, "reason");
    if (reasons[added] != NULL) {
        svc_json_write_text(&reply->json, reasons[added]);
    } else {
        svc_json_write_null(&reply->json);
    }
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
