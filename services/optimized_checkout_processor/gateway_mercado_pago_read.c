/* What Mercado Pago answers. */
#include "gateway_mercado_pago.h"

#include <stdio.h>

static struct svc_slice reason_of(const struct svc_json *root)
{
    return svc_json_get_text(root, "message");
}

enum svc_status mercado_pago_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct svc_slice sandbox = svc_json_get_text(root, "sandbox_init_point");
    struct gateway_link link = {
        .url = svc_json_get_text(root, "init_point"),
        .external_id = svc_json_get_text(root, "id"),
    };

    if (status != SVC_OK) {
        return status;
    }
    if (!config->live && gateway_starts_with(config->key, "TEST-") &&
        sandbox.text != NULL) {
        link.url = sandbox;
    }
    if (!gateway_starts_with(link.url, "http") || !gateway_is_id(link.external_id)) {
        snprintf(ret_error, 256, "an answer without init_point and id");
        return SVC_BAD_GATEWAY;
    }
    *ret_link = link;
    return SVC_OK;
}

static enum payment_truth_status read_state(
    struct svc_slice status, const struct payment_truth *truth)
{
    static const struct {
        const char *name;
        enum payment_truth_status status;
    } states[] = {
        {"approved", PAYMENT_TRUTH_PAID},
        {"in_mediation", PAYMENT_TRUTH_DISPUTED},
        {"charged_back", PAYMENT_TRUTH_DISPUTED},
        {"refunded", PAYMENT_TRUTH_REFUNDED},
        {"rejected", PAYMENT_TRUTH_FAILED},
        {"cancelled", PAYMENT_TRUTH_FAILED},
    };

    if (svc_slice_equals(status, "approved") && truth->refunded_minor > 0) {
        return truth->refunded_minor < truth->amount_minor
                   ? PAYMENT_TRUTH_PARTIALLY_REFUNDED
                   : PAYMENT_TRUTH_REFUNDED;
    }
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (svc_slice_equals(status, states[i].name)) {
            return states[i].status;
        }
    }
    return PAYMENT_TRUTH_PENDING; /* pending, in_process, authorized, and what is new */
}

/* A JSON number as it is written, or a text: exact, where a double isn't. */
static struct svc_slice amount_of(const struct svc_json *value)
{
    return svc_json_is(value, SVC_JSON_NUMBER) ? value->text : svc_json_text(value);
}

static bool read_payment(const struct svc_json *payment, struct payment_truth *ret_truth)
{
    struct svc_slice status = svc_json_get_text(payment, "status");
    struct svc_slice detail = svc_json_get_text(payment, "status_detail");
    const struct svc_json *refunded =
        svc_json_get(payment, "transaction_amount_refunded");
    struct payment_truth truth = {
        .currency = svc_json_get_text(payment, "currency_id"),
        .reference = svc_json_get_text(payment, "external_reference"),
        .capture_id = gateway_text_of(svc_json_get(payment, "id")),
        .detail = detail.text != NULL ? detail : status,
        .live = gateway_is_true(svc_json_get(payment, "live_mode")),
    };

    if (!gateway_is_id(truth.capture_id) || status.text == NULL ||
        !gateway_read_decimal(amount_of(svc_json_get(payment, "transaction_amount")),
            truth.currency, &truth.amount_minor)) {
        return false;
    }
    if (amount_of(refunded).text != NULL && !gateway_read_decimal(amount_of(refunded),
                                                truth.currency, &truth.refunded_minor)) {
        return false;
    }
    truth.status = read_state(status, &truth);
    if (truth.status == PAYMENT_TRUTH_REFUNDED && truth.refunded_minor == 0) {
        truth.refunded_minor = truth.amount_minor;
    }
    *ret_truth = truth;
    return true;
}

/* Which of two tries by one link says more. */
static int weight_of(enum payment_truth_status status)
{
    switch (status) {
    case PAYMENT_TRUTH_FAILED:
    case PAYMENT_TRUTH_EXPIRED:
        return 0;
    case PAYMENT_TRUTH_PENDING:
        return 1;
    default:
        return 2;
    }
}

/* Several tries by one link: the one that counts, and those who moved money beside it. */
static bool read_search(const struct svc_json *results, struct payment_truth *ret_truth)
{
    struct payment_truth best = {.status = PAYMENT_TRUTH_FAILED};
    bool found = false;

    for (const struct svc_json *at = results->first; at != NULL; at = at->next) {
        struct payment_truth truth;
        if (!read_payment(at, &truth)) {
            return false;
        }
        struct payment_truth worse = truth;
        if (!found || weight_of(truth.status) > weight_of(best.status)) {
            worse = best;
            truth.other_count = 0;
            for (size_t i = 0; i < best.other_count; i++) {
                truth.others[truth.other_count++] = best.others[i];
            }
            best = truth;
        }
        if (found && weight_of(worse.status) == 2 &&
            best.other_count < PAYMENT_OTHERS_MAX) {
            best.others[best.other_count++] = worse.capture_id;
        }
        found = true;
    }
    if (found) {
        *ret_truth = best;
    }
    return found;
}

enum svc_status mercado_pago_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth)
{
    const struct svc_json *root = gateway_read_json(arena, body);
    const struct svc_json *results = svc_json_get(root, "results");
    enum svc_status status = gateway_status(http_status);

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (!svc_json_is(results, SVC_JSON_ARRAY)) {
        return read_payment(root, ret_truth) ? SVC_OK : SVC_BAD_GATEWAY;
    }
    if (results->count == 0) {
        return SVC_NOT_FOUND;
    }
    return read_search(results, ret_truth) ? SVC_OK : SVC_BAD_GATEWAY;
}

enum svc_status mercado_pago_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct svc_slice id = gateway_text_of(svc_json_get(root, "id"));

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (svc_slice_equals(svc_json_get_text(root, "status"), "rejected")) {
        snprintf(ret_error, 256, "the refund was rejected");
        return SVC_INVALID;
    }
    if (id.text == NULL) {
        snprintf(ret_error, 256, "an answer without an id");
        return SVC_BAD_GATEWAY;
    }
    *ret_external_id = id;
    return SVC_OK;
}
