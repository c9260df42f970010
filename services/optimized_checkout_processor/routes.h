/* HTTP of this service: takes a validated request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "service.h"

#include <svc/app.h>

svc_handler get_cart, delete_cart, post_item, patch_item, delete_item, post_coupon,
    delete_coupon, post_quote, post_cart_order, post_abandoned_claim;
svc_handler get_checkout, post_checkout, post_chat;
svc_handler get_order, get_orders, post_order_cancel, post_order_status;
svc_handler post_payment_webhook, post_order_refund, post_payment_received;

/* One request for one customer; ends with its scope. */
struct visit {
    struct talk talk;
    struct shop *shop;
};
#define VISIT_AUTO_END __attribute__((cleanup(visit_end)))

/* CUSTOMER without text: no customer's. */
SVC_MUST_CHECK enum svc_status visit_begin(
    struct svc_request *request, struct svc_slice customer, struct visit *ret_visit);
void visit_end(struct visit *visit);

struct svc_slice routes_text(const struct svc_request *request, const char *name);
int64_t routes_int(const struct svc_request *request, const char *name, int64_t fallback);
struct svc_slice routes_path(const struct svc_request *request, const char *name);
int64_t routes_path_int(
    const struct svc_request *request, const char *name, int64_t fallback);

/* What the body says of the customer beside the matter. */
struct cart_context routes_context(const struct svc_request *request);
/* Seconds since 1970 of an RFC 3339 time; 0 for what is none. */
int64_t routes_time_s(struct svc_slice text);

/* The key by which a repeated request is known, under FAMILY; no text: none was sent. */
struct svc_slice routes_key(const struct svc_request *request, const char *family);
/* What tells one request from another with its key: operation, path and body. */
struct svc_slice routes_hash(const struct svc_request *request);

/* Says in `reply->detail` what can be said of a failure. */
enum svc_status routes_fail(struct svc_reply *reply, enum svc_status status);

/* Answers once for a key: HANDLER writes the answer the first time, what it wrote is
 * answered again later. */
typedef enum svc_status routes_handler(
    struct svc_request *request, struct svc_reply *reply, const struct talk *talk);
enum svc_status routes_answer_once(struct svc_request *request, struct svc_reply *reply,
    const char *family, routes_handler *handler);

#endif
