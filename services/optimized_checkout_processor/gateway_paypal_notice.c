/* What PayPal tells. Its signature is checked by PayPal itself, when asked, which spares
 * us certificates fetched from an address that the notice names. */
#include "gateway_paypal.h"

#include <string.h>

static const char *const names[][2] = {
    {"PAYPAL-AUTH-ALGO", "auth_algo"},
    {"PAYPAL-CERT-URL", "cert_url"},
    {"PAYPAL-TRANSMISSION-ID", "transmission_id"},
    {"PAYPAL-TRANSMISSION-SIG", "transmission_sig"},
    {"PAYPAL-TRANSMISSION-TIME", "transmission_time"},
};

static bool ends_with(struct svc_slice text, const char *suffix)
{
    size_t length = strlen(suffix);

    return text.length >= length &&
           memcmp(text.text + text.length - length, suffix, length) == 0;
}

/* https, without user or port, at paypal.com. */
static bool is_theirs(struct svc_slice url)
{
    static const char scheme[] = "https://";

    if (!gateway_starts_with(url, scheme)) {
        return false;
    }
    struct svc_slice host = {url.text + sizeof scheme - 1, 0};
    size_t room = url.length - (sizeof scheme - 1);
    while (host.length < room && host.text[host.length] != '/') {
        char byte = host.text[host.length++];
        if (byte == '@' || byte == ':' || byte == '?' || byte == '#' || byte == '\\') {
            return false;
        }
    }
    return ends_with(host, ".paypal.com");
}

enum gateway_verdict paypal_verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct svc_slice value = delivery->header(delivery->context, names[i][0]);
        if (value.length == 0 || value.length > 2000) {
            return GATEWAY_FORGED;
        }
    }
    if (config->webhook_secret.length == 0 || delivery->body == NULL ||
        !is_theirs(delivery->header(delivery->context, "PAYPAL-CERT-URL")) ||
        !svc_slice_equals(
            delivery->header(delivery->context, "PAYPAL-AUTH-ALGO"), "SHA256withRSA")) {
        return GATEWAY_FORGED;
    }
    return GATEWAY_UNDECIDED;
}

void paypal_write_verify(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_delivery *delivery, struct gateway_request *ret_request)
{
    struct svc_json_writer writer;
    struct svc_buf body;

    svc_buf_init(&body, delivery->raw.length + 16384);
    svc_json_write_init(&writer, &body);
    svc_json_write_object_begin(&writer);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        svc_json_write_field_slice(
            &writer, names[i][1], delivery->header(delivery->context, names[i][0]));
    }
    svc_json_write_field_slice(&writer, "webhook_id", config->webhook_secret);
    svc_json_write_key(&writer, "webhook_event");
    svc_json_write_raw(&writer, delivery->raw); /* byte for byte: the CRC is over it */
    svc_json_write_object_end(&writer);
    gateway_request_init(arena, config, "POST",
        SVC_SLICE("/v1/notifications/verify-webhook-signature"), ret_request);
    gateway_bearer_add(arena, ret_request, config->token);
    gateway_body_set(arena, ret_request, "application/json", &body);
}

enum svc_status paypal_read_verify(struct svc_arena *arena, int http_status,
    struct svc_slice body, enum gateway_verdict *ret_verdict)
{
    struct svc_slice answer =
        svc_json_get_text(gateway_read_json(arena, body), "verification_status");
    enum svc_status status = gateway_status(http_status);

    if (status == SVC_INVALID) { /* it can't be one of theirs */
        *ret_verdict = GATEWAY_FORGED;
        return SVC_OK;
    }
    if (status != SVC_OK) {
        return status;
    }
    if (answer.text == NULL) {
        return SVC_BAD_GATEWAY;
    }
    *ret_verdict = svc_slice_equals(answer, "SUCCESS") ? GATEWAY_GENUINE : GATEWAY_FORGED;
    return SVC_OK;
}

/* The last part of the link up from a refund: its capture. */
static struct svc_slice capture_above(const struct svc_json *resource)
{
    const struct svc_json *links = svc_json_get(resource, "links");

    for (const struct svc_json *at = links != NULL ? links->first : NULL; at != NULL;
         at = at->next) {
        struct svc_slice href = svc_json_get_text(at, "href");
        const char *slash =
            href.text != NULL ? memrchr(href.text, '/', href.length) : NULL;
        if (slash == NULL || !svc_slice_equals(svc_json_get_text(at, "rel"), "up") ||
            memmem(href.text, href.length, "/captures/", 10) == NULL) {
            continue;
        }
        return (struct svc_slice){
            slash + 1, (size_t)(href.text + href.length - slash - 1)};
    }
    return (struct svc_slice){0};
}

static struct svc_slice subject_of(struct svc_arena *arena,
    const struct gateway_notice *notice, const struct svc_json *resource)
{
    struct svc_slice id = svc_json_get_text(resource, "id");
    const char *what = NULL;

    if (svc_slice_equals(notice->kind, "CHECKOUT.ORDER.APPROVED") ||
        svc_slice_equals(notice->kind, "CHECKOUT.ORDER.COMPLETED")) {
        what = "order";
    } else if (svc_slice_equals(notice->kind, "PAYMENT.CAPTURE.REFUNDED") ||
               svc_slice_equals(notice->kind, "PAYMENT.CAPTURE.REVERSED")) {
        what = "capture";
        id = capture_above(resource);
    } else if (gateway_starts_with(notice->kind, "PAYMENT.CAPTURE.")) {
        what = "capture";
    } else if (gateway_starts_with(notice->kind, "CUSTOMER.DISPUTE.")) {
        what = "capture";
        id = svc_json_get_text(
            svc_json_at(svc_json_get(resource, "disputed_transactions"), 0),
            "seller_transaction_id");
    }
    return what != NULL && gateway_is_id(id)
               ? gateway_printf(arena, "%s:%.*s", what, GATEWAY_ARG(id))
               : (struct svc_slice){0};
}

enum svc_status paypal_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice)
{
    const struct svc_json *resource = svc_json_get(delivery->body, "resource");
    struct gateway_notice notice = {
        .event_id = svc_json_get_text(delivery->body, "id"),
        .kind = svc_json_get_text(delivery->body, "event_type"),
        .reference = svc_json_get_text(resource, "custom_id"),
    };

    if (!gateway_is_id(notice.event_id) || notice.kind.text == NULL ||
        notice.kind.length > 60) {
        return SVC_INVALID;
    }
    notice.is_dispute = svc_slice_equals(notice.kind, "CUSTOMER.DISPUTE.CREATED");
    notice.subject_id = subject_of(arena, &notice, resource);
    notice.refers_to_payment = notice.subject_id.text != NULL;
    *ret_notice = notice;
    return SVC_OK;
}
