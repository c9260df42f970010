#include "event_types.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of what is summed up. */
#define WHOLE_MAX INT64_C(1000000000000)

enum kind {
    KIND_TEXT,
    KIND_NUMBER, /* from 0 */
    KIND_WHOLE,  /* from 0 */
    KIND_BOOL,
    KIND_SCORE, /* 1 to 5 */
};

struct field {
    enum event_type type;
    const char *name;
    enum kind kind;
    bool required;
};

static const char *const names[] = {
    [EVENT_MESSAGE] = "message",
    [EVENT_LIMITED] = "limited",
    [EVENT_INTENT] = "intent",
    [EVENT_SEARCH] = "search",
    [EVENT_CART] = "cart",
    [EVENT_CHECKOUT] = "checkout",
    [EVENT_ORDER] = "order",
    [EVENT_PAID] = "paid",
    [EVENT_REPLY] = "reply",
    [EVENT_STATUS] = "status",
    [EVENT_FAILED] = "failed",
    [EVENT_CSAT] = "csat",
    [EVENT_ABANDONED_CART] = "abandoned_cart",
    [EVENT_INTENT_FEEDBACK] = "intent_feedback",
};

/* Those that something is counted by; the README has the whole table. */
static const struct field fields[] = {
    {EVENT_INTENT, "intent", KIND_TEXT, true},
    {EVENT_INTENT, "source", KIND_TEXT, false},
    {EVENT_INTENT, "model", KIND_TEXT, false},
    {EVENT_INTENT, "latency_ms", KIND_NUMBER, false},
    {EVENT_INTENT, "cost_usd", KIND_NUMBER, false},
    {EVENT_SEARCH, "query", KIND_TEXT, false},
    {EVENT_SEARCH, "total", KIND_WHOLE, false},
    {EVENT_SEARCH, "latency_ms", KIND_NUMBER, false},
    {EVENT_CART, "action", KIND_TEXT, false},
    {EVENT_CART, "quantity", KIND_WHOLE, false},
    {EVENT_CHECKOUT, "state", KIND_TEXT, false},
    {EVENT_ORDER, "status", KIND_TEXT, false},
    {EVENT_ORDER, "total_minor", KIND_WHOLE, false},
    {EVENT_ORDER, "currency", KIND_TEXT, false},
    {EVENT_PAID, "total_minor", KIND_WHOLE, true},
    {EVENT_PAID, "currency", KIND_TEXT, true},
    {EVENT_REPLY, "latency_ms", KIND_NUMBER, false},
    {EVENT_REPLY, "ok", KIND_BOOL, false},
    {EVENT_STATUS, "status", KIND_TEXT, true},
    {EVENT_STATUS, "phone_number_id", KIND_TEXT, false},
    {EVENT_FAILED, "where", KIND_TEXT, false},
    {EVENT_CSAT, "score", KIND_SCORE, true},
    {EVENT_INTENT_FEEDBACK, "correct", KIND_BOOL, true},
};

static const char *const wanted[] = {
    [KIND_TEXT] = "a text",
    [KIND_NUMBER] = "a number from 0",
    [KIND_WHOLE] = "a whole number from 0, below 10^12",
    [KIND_BOOL] = "true or false",
    [KIND_SCORE] = "a whole number from 1 to 5",
};

enum event_type event_type_of(struct svc_slice type)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(type, names[i])) {
            return (enum event_type)i;
        }
    }
    if (svc_slice_equals(type, "order.paid")) {
        return EVENT_PAID;
    }
    return type.length > 6 && memcmp(type.text, "order.", 6) == 0 ? EVENT_ORDER
                                                                  : EVENT_OTHER;
}

static bool is_kind(const struct svc_json *value, enum kind kind)
{
    int64_t number;
    double real;

    switch (kind) {
    case KIND_TEXT:
        return svc_json_is(value, SVC_JSON_STRING);
    case KIND_BOOL:
        return svc_json_is(value, SVC_JSON_TRUE) || svc_json_is(value, SVC_JSON_FALSE);
    case KIND_NUMBER:
        real = svc_json_to_double(value);
        return isfinite(real) && real >= 0 && real < 1e12;
    case KIND_WHOLE:
        return svc_json_to_int64(value, &number) && number >= 0 && number < WHOLE_MAX;
    case KIND_SCORE:
        return svc_json_to_int64(value, &number) && number >= 1 && number <= 5;
    }
    return false;
}

bool event_type_check(enum event_type type, const struct svc_json *data, char *ret_reason,
    size_t reason_size)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct field *field = &fields[i];
        if (field->type != type) {
            continue;
        }
        const struct svc_json *value = svc_json_get(data, field->name);
        bool missing = value == NULL || svc_json_is(value, SVC_JSON_NULL);
        if (missing ? field->required : !is_kind(value, field->kind)) {
            snprintf(ret_reason, reason_size, "data.%s must be %s", field->name,
                wanted[field->kind]);
            return false;
        }
    }
    return true;
}
