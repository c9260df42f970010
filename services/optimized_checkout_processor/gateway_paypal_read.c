/* What PayPal answers. */
#include "gateway_paypal.h"

#include <stdio.h>
#include <string.h>

static struct svc_slice reason_of(const struct svc_json *root)
{
    const struct svc_json *first = svc_json_at(svc_json_get(root, "details"), 0);
    struct svc_slice issue = svc_json_get_text(first, "issue");

    return issue.text != NULL ? issue : svc_json_get_text(root, "name");
}

static struct svc_slice approve_url(const struct svc_json *root)
{
    const struct svc_json *links = svc_json_get(root, "links");
    struct svc_slice url = {0};

    for (const struct svc_json *at = links != NULL ? links->first : NULL; at != NULL;
         at = at->next) {
        struct svc_slice rel = svc_json_get_text(at, "rel");
        if (svc_slice_equals(rel, "payer-action") || svc_slice_equals(rel, "approve")) {
            url = svc_json_get_text(at, "href");
        }
    }
    return url;
}

enum svc_status paypal_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct gateway_link link = {
        .url = approve_url(root),
        .external_id = svc_json_get_text(root, "id"),
    };

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (!gateway_starts_with(link.url, "http") || !gateway_is_id(link.external_id)) {
        snprintf(ret_error, 256, "an answer without a link to approve and id");
        return SVC_BAD_GATEWAY;
    }
    *ret_link = link;
    return SVC_OK;
}

static bool read_amount(const struct svc_json *amount, struct payment_truth *truth)
{
    truth->currency = svc_json_get_text(amount, "currency_code");
    return gateway_read_decimal(
        svc_json_get_text(amount, "value"), truth->currency, &truth->amount_minor);
}

static enum payment_truth_status capture_state(struct svc_slice status)
{
    static const struct {
        const char *name;
        enum payment_truth_status status;
    } states[] = {
        {"COMPLETED", PAYMENT_TRUTH_PAID},
        {"PARTIALLY_REFUNDED", PAYMENT_TRUTH_PARTIALLY_REFUNDED},
        {"REFUNDED", PAYMENT_TRUTH_REFUNDED},
        {"DECLINED", PAYMENT_TRUTH_FAILED},
        {"DENIED", PAYMENT_TRUTH_FAILED},
        {"FAILED", PAYMENT_TRUTH_FAILED},
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (svc_slice_equals(status, states[i].name)) {
            return states[i].status;
        }
    }
    return PAYMENT_TRUTH_PENDING;
}

/* It says that it was given back in part, never how much. */
static bool read_capture(const struct gateway_config *config,
    const struct svc_json *capture, struct payment_truth *truth)
{
    truth->capture_id = svc_json_get_text(capture, "id");
    truth->detail = svc_json_get_text(capture, "status");
    truth->status = capture_state(truth->detail);
    truth->live = config->live;
    if (!gateway_is_id(truth->capture_id) || truth->detail.text == NULL ||
        !read_amount(svc_json_get(capture, "amount"), truth)) {
        return false;
    }
    if (truth->status == PAYMENT_TRUTH_REFUNDED) {
        truth->refunded_minor = truth->amount_minor;
    } else if (truth->status == PAYMENT_TRUTH_PARTIALLY_REFUNDED) {
        truth->refunded_minor = -1;
    }
    return true;
}

static bool moved_money(const struct payment_truth *truth)
{
    return truth->status != PAYMENT_TRUTH_PENDING &&
           truth->status != PAYMENT_TRUTH_FAILED &&
           truth->status != PAYMENT_TRUTH_EXPIRED;
}

static bool read_captures(struct svc_arena *arena, const struct gateway_config *config,
    const struct svc_json *captures, struct payment_truth *ret_truth)
{
    struct payment_truth best = {0};

    for (const struct svc_json *at = captures->first; at != NULL; at = at->next) {
        struct payment_truth truth = {0};
        if (!read_capture(config, at, &truth)) {
            return false;
        }
        if (best.capture_id.text == NULL ||
            (moved_money(&truth) && !moved_money(&best))) {
            best = truth;
        } else if (moved_money(&truth) && best.other_count < PAYMENT_OTHERS_MAX) {
            best.others[best.other_count++] =
                gateway_printf(arena, "capture:%.*s", GATEWAY_ARG(truth.capture_id));
        }
    }
    *ret_truth = best;
    return true;
}

/* An order without captures. */
static bool read_order(const struct gateway_config *config, const struct svc_json *root,
    const struct svc_json *unit, struct payment_truth *truth)
{
    truth->detail = svc_json_get_text(root, "status");
    truth->live = config->live;
    truth->status = svc_slice_equals(truth->detail, "VOIDED") ? PAYMENT_TRUTH_EXPIRED
                                                              : PAYMENT_TRUTH_PENDING;
    truth->needs_capture = svc_slice_equals(truth->detail, "APPROVED");
    return truth->detail.text != NULL && read_amount(svc_json_get(unit, "amount"), truth);
}

enum svc_status paypal_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth)
{
    const struct svc_json *root = gateway_read_json(arena, body);
    const struct svc_json *unit = svc_json_at(svc_json_get(root, "purchase_units"), 0);
    const struct svc_json *captures = gateway_path(unit, "payments.captures");
    enum svc_status status = gateway_status(http_status);
    struct payment_truth truth = {0};
    bool read = false;

    if (status != SVC_OK) {
        return status;
    }
    if (unit == NULL) {
        read = read_capture(config, root, &truth);
        truth.reference = svc_json_get_text(root, "custom_id");
    } else {
        read = svc_json_is(captures, SVC_JSON_ARRAY) && captures->count > 0
                   ? read_captures(arena, config, captures, &truth)
                   : read_order(config, root, unit, &truth);
        truth.reference = svc_json_get_text(unit, "custom_id");
        if (truth.reference.text == NULL && captures != NULL) {
            truth.reference = svc_json_get_text(captures->first, "custom_id");
        }
    }
    if (!read) {
        return SVC_BAD_GATEWAY;
    }
    *ret_truth = truth;
    return SVC_OK;
}

enum svc_status paypal_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256])
{
    const struct svc_json *root = gateway_read_json(arena, body);
    enum svc_status status = gateway_refusal(http_status, reason_of(root), ret_error);
    struct svc_slice state = svc_json_get_text(root, "status");
    struct svc_slice id = svc_json_get_text(root, "id");

    (void)config;
    if (status != SVC_OK) {
        return status;
    }
    if (svc_slice_equals(state, "FAILED") || svc_slice_equals(state, "CANCELLED")) {
        snprintf(ret_error, 256, "the refund failed at PayPal");
        return SVC_INVALID;
    }
    if (id.text == NULL) {
        snprintf(ret_error, 256, "an answer without an id");
        return SVC_BAD_GATEWAY;
    }
    *ret_external_id = id;
    return SVC_OK;
}
