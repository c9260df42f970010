/* Wompi: its web checkout, whose address is signed by us, so that a link needs no call;
 * events with a plain SHA-256 over what they list. Colombia, COP. */
#include "gateway_private.h"

#include <svc/clock.h>
#include <svc/crypto.h>

#include <stdio.h>
#include <string.h>

enum {
    PER_UNIT = 100, /* amounts in hundredths, whatever the currency */
    /* They try again for a day; nobody gains by an older one, since we ask. */
    TOLERANCE_S = 5 * 86400,
    PROPERTIES_MAX = 20,
    SIGNED_MAX = 8192,
};

static bool check(const struct gateway_config *config, char ret_error[256])
{
    bool tests = gateway_starts_with(config->key, "prv_test_");
    bool lives = gateway_starts_with(config->key, "prv_prod_");

    if ((tests && config->live) || (lives && !config->live)) {
        snprintf(ret_error, 256,
            "WOMPI_PRIVATE_KEY is of %s account and PAYMENTS_LIVE is %s",
            tests ? "a test" : "the live", config->live ? "true" : "false");
        return false;
    }
    return gateway_check_set(config->key, "WOMPI_PRIVATE_KEY", ret_error) &&
           gateway_check_set(config->public_key, "WOMPI_PUBLIC_KEY", ret_error) &&
           gateway_check_set(config->webhook_secret, "WOMPI_EVENTS_SECRET", ret_error) &&
           gateway_check_set(config->second_secret, "WOMPI_INTEGRITY_SECRET", ret_error);
}

static bool takes(const struct gateway_config *config, struct svc_slice currency)
{
    (void)config;
    return svc_slice_equals(currency, "COP");
}

static void add_query(struct svc_buf *url, const char *name, struct svc_slice value)
{
    if (value.length > 0) {
        svc_buf_printf(url, "%s=", name);
        gateway_escape(url, value);
        svc_buf_add_char(url, '&');
    }
}

/* SHA-256 of reference, amount, currency, expiration and the integrity secret. */
static void add_integrity(struct svc_sha256 *hash, struct svc_slice part)
{
    svc_sha256_add(hash, part.text != NULL ? part.text : "", part.length);
}

static struct svc_slice page_of(
    struct svc_arena *arena, const struct gateway_config *config)
{
    struct svc_slice base = config->base_url;

    if (base.text != NULL && memmem(base.text, base.length, "wompi.co", 8) != NULL) {
        return SVC_SLICE("https://checkout.wompi.co/p/");
    }
    return gateway_printf(arena, "%.*s/p/", GATEWAY_ARG(base));
}

static void write_link(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_order *order, struct gateway_request *ret_request)
{
    char hex[SVC_SHA256_HEX_SIZE];
    char text[SVC_CLOCK_TEXT_SIZE] = "";
    struct svc_sha256 hash;
    struct svc_buf url;
    int64_t cents = 0;

    *ret_request = (struct gateway_request){0};
    if (!gateway_whole_of(order->amount_minor, order->currency, PER_UNIT, &cents)) {
        return;
    }
    struct svc_slice amount = gateway_printf(arena, "%lld", (long long)cents);
    if (order->expires_at_s > 0) {
        svc_clock_format_ms(order->expires_at_s * 1000, text);
    }
    struct svc_slice expires = {text, strlen(text)};
    svc_sha256_init(&hash);
    add_integrity(&hash, order->payment_id);
    add_integrity(&hash, amount);
    add_integrity(&hash, order->currency);
    add_integrity(&hash, expires);
    add_integrity(&hash, config->second_secret);
    svc_sha256_finish_hex(&hash, hex);
    svc_buf_init(&url, GATEWAY_BODY_MAX);
    svc_buf_printf(&url, "%.*s?", GATEWAY_ARG(page_of(arena, config)));
    add_query(&url, "public-key", config->public_key);
    add_query(&url, "currency", order->currency);
    add_query(&url, "amount-in-cents", amount);
    add_query(&url, "reference", order->payment_id);
    add_query(&url, "expiration-time", expires);
    add_query(&url, "redirect-url", order->return_url);
    svc_buf_printf(&url, "signature:integrity=%s", hex);
    ret_request->url = gateway_take(arena, &url).text;
}

static enum svc_status read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256])
{
    (void)arena;
    (void)config;
    (void)http_status;
    (void)body;
    (void)ret_link;
    snprintf(ret_error, 256, "the amount can't be written in hundredths");
    return SVC_INVALID;
}

static void write_ask(struct svc_arena *arena, const struct gateway_config *config,
    struct svc_slice subject, const struct gateway_link *link, struct svc_slice reference,
    struct gateway_request *ret_request)
{
    struct svc_slice path = {0};

    (void)link;
    if (subject.text != NULL && gateway_is_id(subject)) {
        path = gateway_printf(arena, "/transactions/%.*s", GATEWAY_ARG(subject));
    } else if (subject.text == NULL && gateway_is_id(reference)) {
        path =
            gateway_printf(arena, "/transactions?reference=%.*s", GATEWAY_ARG(reference));
    }
    *ret_request = (struct gateway_request){0};
    if (path.text != NULL) {
        gateway_request_init(arena, config, "GET", path, ret_request);
        gateway_bearer_add(arena, ret_request, config->key);
    }
}

static bool read_state(struct svc_slice status, struct payment_truth *truth)
{
    truth->status = PAYMENT_TRUTH_PENDING;
    if (svc_slice_equals(status, "APPROVED")) {
        truth->status = PAYMENT_TRUTH_PAID;
    } else if (svc_slice_equals(status, "DECLINED") ||
               svc_slice_equals(status, "ERROR")) {
        truth->status = PAYMENT_TRUTH_FAILED;
    } else if (svc_slice_equals(status, "VOIDED")) {
        truth->status = PAYMENT_TRUTH_REFUNDED;
        truth->refunded_minor = truth->amount_minor;
    }
    return status.text != NULL;
}

/* A transaction has no mode of its own: what these keys see is of their account. */
static bool read_transaction(const struct gateway_config *config,
    const struct svc_json *transaction, struct payment_truth *ret_truth)
{
    struct payment_truth truth = {
        .currency = svc_json_get_text(transaction, "currency"),
        .reference = svc_json_get_text(transaction, "reference"),
        .capture_id = svc_json_get_text(transaction, "id"),
        .detail = svc_json_get_text(transaction, "status"),
        .live = config->live,
    };

    if (!gateway_is_id(truth.capture_id) ||
        !gateway_read_whole(svc_json_get(transaction, "amount_in_cents"), PER_UNIT,
            truth.currency, &truth.amount_minor) ||
        !read_state(truth.detail, &truth)) {
        return false;
    }
    *ret_truth = truth;
    return true;
}

static bool moved_money(const struct payment_truth *truth)
{
    return truth->status == PAYMENT_TRUTH_PAID || truth->status == PAYMENT_TRUTH_REFUNDED;
}

/* All tries by one link: the approved one first, then one that may still be. */
static bool read_list(const struct gateway_config *config, const struct svc_json *list,
    struct payment_truth *ret_truth)
{
    struct payment_truth best = {0};
    bool found = false;

    for (const struct svc_json *at = list->first; at != NULL; at = at->next) {
        struct payment_truth truth;
        if (!read_transaction(config, at, &truth)) {
            return false;
        }
        bool better =
            !found || (!moved_money(&best) &&
                          (moved_money(&truth) || best.status == PAYMENT_TRUTH_FAILED));
        if (!better && moved_money(&truth) && best.other_count < PAYMENT_OTHERS_MAX) {
            best.others[best.other_count++] = truth.capture_id;
        }
        best = better ? truth : best;
        found = true;
    }
    if (found) {
        *ret_truth = best;
    }
    return found;
}

static enum svc_status read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth)
{
    const struct svc_json *data = svc_json_get(gateway_read_json(arena, body), "data");
    enum svc_status status = gateway_status(http_status);

    if (status != SVC_OK) {
        return status;
    }
    if (!svc_json_is(data, SVC_JSON_ARRAY)) {
        return read_transaction(config, data, ret_truth) ? SVC_OK : SVC_BAD_GATEWAY;
    }
    if (data->count == 0) {
        return SVC_NOT_FOUND;
    }
    return read_list(config, data, ret_truth) ? SVC_OK : SVC_BAD_GATEWAY;
}

/* A void, which takes all of it: asked for twice, the second is refused. */
static void write_refund(struct svc_arena *arena, const struct gateway_config *config,
    const struct payment_truth *payment, int64_t amount_minor, struct svc_slice key,
    struct gateway_request *ret_request)
{
    struct svc_buf body;

    (void)key;
    *ret_request = (struct gateway_request){0};
    if (amount_minor != payment->amount_minor || !gateway_is_id(payment->capture_id)) {
        return;
    }
    svc_buf_init(&body, GATEWAY_BODY_MAX);
    svc_buf_add_text(&body, "{}");
    gateway_request_init(arena, config, "POST",
        gateway_printf(
            arena, "/transactions/%.*s/void", GATEWAY_ARG(payment->capture_id)),
        ret_request);
    gateway_bearer_add(arena, ret_request, config->key);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

static enum svc_status read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    struct svc_slice reason = gateway_path_text(root, "error.type");
    enum svc_status status = gateway_refusal(http_status, reason, ret_error);
    struct svc_slice id = gateway_path_text(root, "data.transaction.id");

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (svc_slice_equals(gateway_path_text(root, "data.status"), "DECLINED")) {
        snprintf(ret_error, 256, "the void was declined");
        return SVC_INVALID;
    }
    *ret_external_id = id.text != NULL ? id : SVC_SLICE("void");
    return SVC_OK;
}

/* The value of a property as the event's own checksum takes it. */
static bool add_value(struct svc_sha256 *hash, const struct svc_json *value)
{
    if (value == NULL || value->type == SVC_JSON_ARRAY ||
        value->type == SVC_JSON_OBJECT) {
        return false;
    }
    if (value->type == SVC_JSON_TRUE || value->type == SVC_JSON_FALSE) {
        bool is_true = value->type == SVC_JSON_TRUE;
        add_integrity(hash, is_true ? SVC_SLICE("true") : SVC_SLICE("false"));
        return true;
    }
    add_integrity(hash, value->text);
    return true;
}

static bool add_properties(struct svc_sha256 *hash, const struct svc_json *properties,
    const struct svc_json *data, bool *ret_has_id)
{
    if (!svc_json_is(properties, SVC_JSON_ARRAY) || properties->count == 0 ||
        properties->count > PROPERTIES_MAX) {
        return false;
    }
    for (const struct svc_json *at = properties->first; at != NULL; at = at->next) {
        struct svc_slice path = svc_json_text(at);
        char name[128];
        if (path.text == NULL || path.length == 0 || path.length >= sizeof name) {
            return false;
        }
        memcpy(name, path.text, path.length);
        name[path.length] = '\0';
        *ret_has_id = *ret_has_id || strcmp(name, "transaction.id") == 0;
        if (!add_value(hash, gateway_path(data, name))) {
            return false;
        }
    }
    return true;
}

static bool equals_hex(struct svc_slice hex, const uint8_t digest[SVC_SHA256_SIZE])
{
    uint8_t bytes[SVC_SHA256_SIZE];

    return svc_text_from_hex(hex, bytes, sizeof bytes) && /* in any case */
           svc_text_equals_secret(
               (const char *)bytes, (const char *)digest, sizeof bytes);
}

static enum gateway_verdict verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery)
{
    const struct svc_json *signature = svc_json_get(delivery->body, "signature");
    const struct svc_json *data = svc_json_get(delivery->body, "data");
    struct svc_slice timestamp =
        gateway_text_of(svc_json_get(delivery->body, "timestamp"));
    uint8_t digest[SVC_SHA256_SIZE];
    struct svc_sha256 hash;
    bool has_id = false;
    int64_t at_s = 0;

    svc_sha256_init(&hash);
    if (config->webhook_secret.length == 0 || timestamp.text == NULL ||
        !svc_text_to_int64(timestamp, &at_s) ||
        !add_properties(&hash, svc_json_get(signature, "properties"), data, &has_id)) {
        return GATEWAY_FORGED;
    }
    add_integrity(&hash, timestamp);
    add_integrity(&hash, config->webhook_secret);
    svc_sha256_finish(&hash, digest);
    bool is_transaction = svc_json_get(data, "transaction") != NULL;
    if (!equals_hex(svc_json_get_text(signature, "checksum"), digest) ||
        (is_transaction && !has_id)) {
        return GATEWAY_FORGED;
    }
    return delivery->now_s - at_s > TOLERANCE_S ? GATEWAY_STALE : GATEWAY_GENUINE;
}

/* An event has no id; its checksum is one. */
static enum svc_status read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice)
{
    const struct svc_json *transaction = gateway_path(delivery->body, "data.transaction");
    struct svc_slice checksum = gateway_path_text(delivery->body, "signature.checksum");
    struct gateway_notice notice = {
        .kind = svc_json_get_text(delivery->body, "event"),
        .subject_id = svc_json_get_text(transaction, "id"),
        .reference = svc_json_get_text(transaction, "reference"),
    };

    if (notice.kind.text == NULL || notice.kind.length > 60 || !gateway_is_id(checksum)) {
        return SVC_INVALID;
    }
    notice.event_id = gateway_currency(arena, checksum); /* in one case */
    notice.refers_to_payment = svc_slice_equals(notice.kind, "transaction.updated") &&
                               gateway_is_id(notice.subject_id);
    if (!notice.refers_to_payment) {
        notice.subject_id = (struct svc_slice){0};
    }
    *ret_notice = notice;
    return SVC_OK;
}

const struct gateway gateway_wompi = {
    .name = "wompi",
    .display_name = "Wompi",
    .check = check,
    .takes = takes,
    .write_link = write_link,
    .read_link = read_link,
    .write_ask = write_ask,
    .read_ask = read_ask,
    .write_refund = write_refund,
    .read_refund = read_refund,
    .verify = verify,
    .read_notice = read_notice,
};
