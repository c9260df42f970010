/* What Stripe answers and what it tells. */
#include "gateway_stripe.h"

#include <svc/money.h>

#include <stdio.h>

int64_t stripe_per_unit(struct svc_slice currency)
{
    static const char *const whole[] = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW",
        "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"};
    /* Without decimals, yet written with two, for the sake of what was before. */
    static const char *const hundredths[] = {"ISK", "UGX", "HUF", "TWD"};

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (gateway_same_word(currency, whole[i])) {
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof hundredths / sizeof hundredths[0]; i++) {
        if (gateway_same_word(currency, hundredths[i])) {
            return 100;
        }
    }
    return svc_money_minor_per_unit(currency);
}

static struct svc_slice reason_of(const struct svc_json *root)
{
    struct svc_slice code = gateway_path_text(root, "error.code");

    return code.text != NULL ? code : gateway_path_text(root, "error.message");
}

enum svc_status stripe_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct gateway_link link = {
        .url = svc_json_get_text(root, "url"),
        .external_id = svc_json_get_text(root, "id"),
    };

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (!gateway_starts_with(link.url, "http") || !gateway_is_id(link.external_id)) {
        snprintf(ret_error, 256, "an answer without url and id");
        return SVC_BAD_GATEWAY;
    }
    *ret_link = link;
    return SVC_OK;
}

/* Of an intent, expanded; what its charge was refunded and disputed. */
static bool read_charge(const struct svc_json *intent, struct payment_truth *truth)
{
    const struct svc_json *charge = svc_json_get(intent, "latest_charge");
    const struct svc_json *refunded = svc_json_get(charge, "amount_refunded");

    if (charge == NULL || refunded == NULL) {
        return true;
    }
    if (!gateway_read_whole(refunded, stripe_per_unit(truth->currency), truth->currency,
            &truth->refunded_minor)) {
        return false;
    }
    if (gateway_is_true(svc_json_get(charge, "disputed"))) {
        truth->status = PAYMENT_TRUTH_DISPUTED;
    } else if (truth->refunded_minor >= truth->amount_minor) {
        truth->status = PAYMENT_TRUTH_REFUNDED;
    } else if (truth->refunded_minor > 0) {
        truth->status = PAYMENT_TRUTH_PARTIALLY_REFUNDED;
    }
    return true;
}

/* What was received counts, not what was asked for. */
static bool read_intent(
    struct svc_arena *arena, const struct svc_json *intent, struct payment_truth *truth)
{
    struct svc_slice status = svc_json_get_text(intent, "status");
    bool paid = svc_slice_equals(status, "succeeded");
    const struct svc_json *amount =
        svc_json_get(intent, paid ? "amount_received" : "amount");

    truth->currency = gateway_currency(arena, svc_json_get_text(intent, "currency"));
    truth->detail = status;
    truth->capture_id = svc_json_get_text(intent, "id");
    truth->live = gateway_is_true(svc_json_get(intent, "livemode"));
    truth->status = paid ? PAYMENT_TRUTH_PAID : PAYMENT_TRUTH_PENDING;
    if (svc_slice_equals(status, "requires_payment_method") &&
        svc_json_is(svc_json_get(intent, "last_payment_error"), SVC_JSON_OBJECT)) {
        truth->status = PAYMENT_TRUTH_FAILED;
    }
    if (svc_slice_equals(status, "canceled")) {
        truth->status = PAYMENT_TRUTH_EXPIRED;
    }
    return gateway_read_whole(amount, stripe_per_unit(truth->currency), truth->currency,
               &truth->amount_minor) &&
           (!paid || read_charge(intent, truth));
}

/* A session that nobody has paid yet. */
static bool read_open_session(
    struct svc_arena *arena, const struct svc_json *session, struct payment_truth *truth)
{
    struct svc_slice status = svc_json_get_text(session, "status");

    truth->currency = gateway_currency(arena, svc_json_get_text(session, "currency"));
    truth->detail = status;
    truth->live = gateway_is_true(svc_json_get(session, "livemode"));
    truth->status = svc_slice_equals(status, "expired") ? PAYMENT_TRUTH_EXPIRED
                                                        : PAYMENT_TRUTH_PENDING;
    return gateway_read_whole(svc_json_get(session, "amount_total"),
        stripe_per_unit(truth->currency), truth->currency, &truth->amount_minor);
}

enum svc_status stripe_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth)
{
    const struct svc_json *root = gateway_read_json(arena, body);
    const struct svc_json *intent = svc_json_get(root, "payment_intent");
    struct svc_slice object = svc_json_get_text(root, "object");
    enum svc_status status = gateway_status(http_status);
    struct payment_truth truth = {0};
    bool read = false;

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (svc_slice_equals(object, "checkout.session")) {
        bool open = svc_slice_equals(svc_json_get_text(root, "status"), "expired") ||
                    !svc_json_is(intent, SVC_JSON_OBJECT);
        truth.reference = svc_json_get_text(root, "client_reference_id");
        read = open ? read_open_session(arena, root, &truth)
                    : read_intent(arena, intent, &truth);
    } else if (svc_slice_equals(object, "payment_intent")) {
        truth.reference = gateway_path_text(root, "metadata.payment_id");
        read = read_intent(arena, root, &truth);
    }
    if (!read) {
        return SVC_BAD_GATEWAY;
    }
    *ret_truth = truth;
    return SVC_OK;
}

enum svc_status stripe_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct svc_slice id = svc_json_get_text(root, "id");
    struct svc_slice state = svc_json_get_text(root, "status");

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (svc_slice_equals(state, "failed") || svc_slice_equals(state, "canceled")) {
        snprintf(ret_error, 256, "the refund failed at Stripe");
        return SVC_INVALID;
    }
    if (id.text == NULL) {
        snprintf(ret_error, 256, "an answer without an id");
        return SVC_BAD_GATEWAY;
    }
    *ret_external_id = id;
    return SVC_OK;
}

/* Charges, refunds and disputes are of an intent, by which we ask. */
static struct svc_slice subject_of(const struct svc_json *object)
{
    struct svc_slice kind = svc_json_get_text(object, "object");

    if (svc_slice_equals(kind, "checkout.session") ||
        svc_slice_equals(kind, "payment_intent")) {
        return svc_json_get_text(object, "id");
    }
    return svc_json_get_text(object, "payment_intent");
}

enum svc_status stripe_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice)
{
    const struct svc_json *object = gateway_path(delivery->body, "data.object");
    struct gateway_notice notice = {
        .event_id = svc_json_get_text(delivery->body, "id"),
        .kind = svc_json_get_text(delivery->body, "type"),
        .subject_id = subject_of(object),
        .reference = gateway_path_text(object, "metadata.payment_id"),
    };

    (void)arena;
    /* Thin events ("v2.core.event") say nothing that could be followed. */
    if (!svc_slice_equals(svc_json_get_text(delivery->body, "object"), "event") ||
        !gateway_is_id(notice.event_id)) {
        return SVC_INVALID;
    }
    notice.refers_to_payment = gateway_is_id(notice.subject_id) &&
                               (gateway_starts_with(notice.kind, "checkout.session.") ||
                                   gateway_starts_with(notice.kind, "payment_intent.") ||
                                   gateway_starts_with(notice.kind, "charge."));
    if (!notice.refers_to_payment) {
        notice.subject_id = (struct svc_slice){0};
    }
    *ret_notice = notice;
    return SVC_OK;
}
