/* What PayPal's files share. What is asked about is "order:ID" or "capture:ID". */
#ifndef GATEWAY_PAYPAL_H
#define GATEWAY_PAYPAL_H

#include "gateway_private.h"

enum svc_status paypal_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256]);
enum svc_status paypal_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth);
enum svc_status paypal_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256]);

/* gateway_paypal_notice.c */
enum gateway_verdict paypal_verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery);
void paypal_write_verify(struct svc_arena *arena, const struct gateway_config *config,
    const struct gateway_delivery *delivery, struct gateway_request *ret_request);
enum svc_status paypal_read_verify(struct svc_arena *arena, int http_status,
    struct svc_slice body, enum gateway_verdict *ret_verdict);
enum svc_status paypal_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice);

#endif
