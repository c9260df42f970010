/* What the tests of gateways share: a delivery made of texts, and looks at a request. */
#ifndef GATEWAY_FIXTURE_H
#define GATEWAY_FIXTURE_H

#include "../../unit.h"

#include <gateway.h>

#include <svc/crypto.h>
#include <svc/json.h>

static const struct svc_json_limits fixture_limits = {.depth = 32, .values = 10000};

static inline struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, text != NULL ? strlen(text) : 0};
}

/* Pairs of names and values, NULL at the end. */
struct pairs {
    const char *const *headers;
    const char *const *queries;
};

static inline struct svc_slice pair_find(const char *const *list, const char *name)
{
    for (; list != NULL && list[0] != NULL; list += 2) {
        if (strcmp(list[0], name) == 0) {
            return slice(list[1]);
        }
    }
    return (struct svc_slice){0};
}

static inline struct svc_slice pair_header(const void *context, const char *name)
{
    return pair_find(((const struct pairs *)context)->headers, name);
}

static inline struct svc_slice pair_query(const void *context, const char *name)
{
    return pair_find(((const struct pairs *)context)->queries, name);
}

static inline const struct svc_json *fixture_json(
    struct svc_arena *arena, struct svc_slice text)
{
    struct svc_json_error error;
    size_t replaced = 0;

    return text.length == 0 ? NULL
                            : svc_json_read(arena, text.text, text.length,
                                  &fixture_limits, &replaced, &error);
}

static inline struct gateway_delivery make_delivery(
    struct svc_arena *arena, const char *body, const struct pairs *pairs, int64_t now_s)
{
    return (struct gateway_delivery){
        .raw = slice(body),
        .body = fixture_json(arena, slice(body)),
        .header = pair_header,
        .query = pair_query,
        .context = pairs,
        .now_s = now_s,
    };
}

static inline const char *header_of(
    const struct gateway_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return "";
}

static inline void assert_slice(struct svc_slice found, const char *expected)
{
    if (!svc_slice_equals(found, expected)) {
        fail_msg("%.*s, not %s", (int)found.length, found.text, expected);
    }
}

static inline void assert_has(struct svc_slice body, const char *part)
{
    if (body.text == NULL || strstr(body.text, part) == NULL) {
        fail_msg("no %s in %.*s", part, (int)body.length, body.text);
    }
}

#define PAYMENT_ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static inline struct gateway_order make_order(int64_t amount_minor, const char *currency)
{
    return (struct gateway_order){
        .payment_id = SVC_SLICE(PAYMENT_ID),
        .order_number = SVC_SLICE("P-1001"),
        .title = SVC_SLICE("Tienda \"Ñ\": P-1001"),
        .amount_minor = amount_minor,
        .currency = slice(currency),
        .created_at_s = 1800000000,
        .expires_at_s = 1800007200,
        .webhook_url = SVC_SLICE("https://shop.test/v1/payments/x/webhook"),
        .return_url = SVC_SLICE("https://wa.me/5215500000000?text=a&b=c"),
    };
}

#endif
