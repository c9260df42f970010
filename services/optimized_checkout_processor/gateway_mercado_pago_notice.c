/* What Mercado Pago tells, and whether it was them: x-signature over a manifest of the
 * query's data.id, x-request-id and the time; never over the body. */
#include "gateway_mercado_pago.h"

#include <stdio.h>
#include <string.h>

enum {
    /* They try for four days, and don't say whether each try is signed anew. */
    TOLERANCE_S = 5 * 86400,
    MANIFEST_MAX = 1000,
    MS_DIGITS = 13,
};

struct signature {
    struct svc_slice time;
    struct svc_slice hex;
};

/* "ts=1742505638683,v1=ab..", in any order, with spaces. */
static struct signature read_signature(struct svc_slice header)
{
    struct signature signature = {0};
    size_t at = 0;

    while (header.text != NULL && at < header.length) {
        size_t length = 0;
        while (at + length < header.length && header.text[at + length] != ',') {
            length++;
        }
        struct svc_slice pair = {header.text + at, length};
        while (pair.length > 0 && pair.text[0] == ' ') {
            pair = (struct svc_slice){pair.text + 1, pair.length - 1};
        }
        while (pair.length > 0 && pair.text[pair.length - 1] == ' ') {
            pair.length--;
        }
        struct svc_slice value = {pair.text + 3, pair.length > 3 ? pair.length - 3 : 0};
        if (gateway_starts_with(pair, "ts=")) {
            signature.time = value;
        } else if (gateway_starts_with(pair, "v1=")) {
            signature.hex = value;
        }
        at += length + 1;
    }
    return signature;
}

static void add_pair(struct svc_buf *out, const char *name, struct svc_slice value)
{
    if (value.length > 0) { /* what isn't there takes its whole pair along */
        svc_buf_printf(out, "%s:%.*s;", name, GATEWAY_ARG(value));
    }
}

static bool matches(const struct gateway_config *config, struct svc_slice id,
    struct svc_slice request_id, const struct signature *signature)
{
    struct svc_buf manifest;

    svc_buf_init(&manifest, MANIFEST_MAX);
    add_pair(&manifest, "id", id);
    add_pair(&manifest, "request-id", request_id);
    add_pair(&manifest, "ts", signature->time);
    bool same =
        !manifest.overflow &&
        gateway_hmac_matches(config->webhook_secret,
            (struct svc_slice){svc_buf_text(&manifest), manifest.length}, signature->hex);
    svc_buf_done(&manifest);
    return same;
}

/* As it came, then in lower case: they have changed their mind about that. */
static bool matches_either(const struct gateway_config *config, struct svc_slice id,
    struct svc_slice request_id, const struct signature *signature)
{
    char lower[GATEWAY_ID_MAX + 1];

    if (matches(config, id, request_id, signature)) {
        return true;
    }
    if (id.text == NULL || id.length >= sizeof lower) {
        return false;
    }
    for (size_t i = 0; i < id.length; i++) {
        char byte = id.text[i];
        lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    return matches(config, (struct svc_slice){lower, id.length}, request_id, signature);
}

static struct svc_slice query_of(
    const struct gateway_delivery *delivery, const char *name)
{
    return delivery->query(delivery->context, name);
}

static struct svc_slice kind_of(const struct gateway_delivery *delivery)
{
    struct svc_slice kind = query_of(delivery, "type");

    if (kind.text == NULL) {
        kind = svc_json_get_text(delivery->body, "type");
    }
    if (kind.text == NULL) {
        kind = query_of(delivery, "topic");
    }
    return kind.text != NULL ? kind : svc_json_get_text(delivery->body, "topic");
}

/* The old notices (?topic=payment&id=1) and those of a QR code's orders come without. */
static bool is_never_signed(const struct gateway_delivery *delivery)
{
    struct svc_slice kind = kind_of(delivery);

    return query_of(delivery, "topic").text != NULL ||
           svc_slice_equals(kind, "merchant_order") ||
           svc_slice_equals(kind, "topic_merchant_order_wh");
}

enum gateway_verdict mercado_pago_verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery)
{
    struct svc_slice header = delivery->header(delivery->context, "x-signature");
    struct svc_slice request_id = delivery->header(delivery->context, "x-request-id");
    struct signature signature = read_signature(header);
    int64_t time = 0;

    if (header.text == NULL) {
        return is_never_signed(delivery) ? GATEWAY_UNSIGNED : GATEWAY_FORGED;
    }
    if (signature.time.text == NULL || !svc_text_to_int64(signature.time, &time) ||
        time < 0 || config->webhook_secret.length == 0 ||
        !matches_either(config, query_of(delivery, "data.id"), request_id, &signature)) {
        return GATEWAY_FORGED;
    }
    int64_t at_s = signature.time.length >= MS_DIGITS ? time / 1000 : time;
    return delivery->now_s - at_s > TOLERANCE_S ? GATEWAY_STALE : GATEWAY_GENUINE;
}

/* Their number of the notice; of the old ones, which have none, the moment: they are said
 * again only when something has changed. */
static struct svc_slice event_of(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct svc_slice kind, struct svc_slice id)
{
    struct svc_slice number = gateway_text_of(svc_json_get(delivery->body, "id"));
    struct svc_slice action = svc_json_get_text(delivery->body, "action");

    if (number.text != NULL) {
        return gateway_printf(
            arena, "%.*s:%.*s", GATEWAY_ARG(number), GATEWAY_ARG(action));
    }
    return gateway_printf(arena, "%.*s:%.*s:%lld", GATEWAY_ARG(kind), GATEWAY_ARG(id),
        (long long)delivery->now_s);
}

enum svc_status mercado_pago_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice)
{
    struct gateway_notice notice = {.kind = kind_of(delivery)};
    struct svc_slice id = query_of(delivery, "data.id");

    if (id.text == NULL) {
        id = gateway_path_text(delivery->body, "data.id");
    }
    if (id.text == NULL) {
        id = query_of(delivery, "id");
    }
    if (notice.kind.text == NULL || notice.kind.length > 60) {
        return SVC_INVALID;
    }
    notice.refers_to_payment =
        svc_slice_equals(notice.kind, "payment") && gateway_is_id(id);
    if (notice.refers_to_payment) {
        notice.subject_id = id;
    }
    notice.event_id = event_of(arena, delivery, notice.kind, id);
    if (notice.event_id.length > 255) {
        return SVC_INVALID;
    }
    *ret_notice = notice;
    return SVC_OK;
}
