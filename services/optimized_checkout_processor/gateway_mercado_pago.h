/* What Mercado Pago's two files share. */
#ifndef GATEWAY_MERCADO_PAGO_H
#define GATEWAY_MERCADO_PAGO_H

#include "gateway_private.h"

enum svc_status mercado_pago_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256]);
enum svc_status mercado_pago_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth);
enum svc_status mercado_pago_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256]);

/* mercado_pago_notice.c */
enum gateway_verdict mercado_pago_verify(
    const struct gateway_config *config, const struct gateway_delivery *delivery);
enum svc_status mercado_pago_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice);

#endif
