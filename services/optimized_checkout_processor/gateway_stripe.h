/* What Stripe's two files share. */
#ifndef GATEWAY_STRIPE_H
#define GATEWAY_STRIPE_H

#include "gateway_private.h"

/* How many of Stripe's smallest units make one: not ISO 4217's in all currencies. */
int64_t stripe_per_unit(struct svc_slice currency);

enum svc_status stripe_read_link(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct gateway_link *ret_link, char ret_error[256]);
enum svc_status stripe_read_ask(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct payment_truth *ret_truth);
enum svc_status stripe_read_refund(struct svc_arena *arena,
    const struct gateway_config *config, int http_status, struct svc_slice body,
    struct svc_slice *ret_external_id, char ret_error[256]);
enum svc_status stripe_read_notice(struct svc_arena *arena,
    const struct gateway_delivery *delivery, struct gateway_notice *ret_notice);

#endif
