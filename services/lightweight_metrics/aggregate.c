#include "aggregate.h"

#include "bins.h"
#include "event_types.h"

#include <svc/fold.h>
#include <svc/json.h>

#include <math.h>
#include <string.h>

#define TERM_MAX ((size_t)80)
#define ITEMS_MAX 100
#define LATENCY_MS_MAX 1e9
#define USD_MAX 1e3
/* Sums of millions of these still fit: one event must not stop the counting of all. */
#define WHOLE_MAX INT64_C(1000000000000)

struct context {
    struct deltas *deltas;
    struct labels *labels;
    struct svc_arena *arena;
    const struct logged_event *event;
    const struct svc_json *data;
    const char *path;
};

/* Keys are literals of one place each, since deltas tell them apart by address. */
static const char full[] = "full";
static const char mvp[] = "mvp";
static const char none[] = "";

static void add_counts(
    struct context *context, const char *name, struct svc_slice label, int64_t sum)
{
    int64_t second = context->event->occurred_ms / 1000;
    const struct {
        char granularity;
        int64_t bucket;
    } buckets[] = {
        {'m', second - second % 60},
        {'h', second - second % 3600},
        {'d', context->event->day},
    };

    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        struct delta *row =
            deltas_get(context->deltas, &(struct delta_key){
                                            .kind = DELTA_COUNT,
                                            .granularity = buckets[i].granularity,
                                            .bucket = buckets[i].bucket,
                                            .name = name,
                                            .path = context->path,
                                            .label = label,
                                        });
        row->count++;
        row->sum += sum;
    }
}

/* A counter whose label comes from outside. */
static void add_labelled(
    struct context *context, const char *name, struct svc_slice label, int64_t sum)
{
    label = labels_get(context->labels, (struct svc_slice){name, strlen(name)}, label);
    add_counts(context, name, label, sum);
}

static struct svc_slice text_of(const struct context *context, const char *name)
{
    return svc_json_get_text(context->data, name);
}

static int64_t whole(const struct svc_json *value, int64_t fallback)
{
    int64_t number;

    return svc_json_to_int64(value, &number) && number >= 0 && number < WHOLE_MAX
               ? number
               : fallback;
}

static int64_t whole_of(const struct context *context, const char *name, int64_t fallback)
{
    return whole(svc_json_get(context->data, name), fallback);
}

static void add_latency(struct context *context, const char *name)
{
    double latency_ms = svc_json_to_double(svc_json_get(context->data, "latency_ms"));
    int64_t second = context->event->occurred_ms / 1000;
    const int64_t buckets[] = {
        second - second % 60, second - second % 3600, context->event->day};

    if (!isfinite(latency_ms) || latency_ms < 0 || latency_ms > LATENCY_MS_MAX) {
        return;
    }
    for (size_t i = 0; i < sizeof buckets / sizeof buckets[0]; i++) {
        deltas_get(context->deltas,
            &(struct delta_key){
                .kind = DELTA_HISTOGRAM,
                .granularity = "mhd"[i],
                .bucket = buckets[i],
                .name = name,
                .path = context->path,
                .number = bins_of_us((int64_t)(latency_ms * 1000)),
            })
            ->count++;
    }
}

static void add_step(struct context *context, int64_t step, int64_t paid_minor)
{
    if (context->event->customer_key.text == NULL) {
        return;
    }
    struct delta *row =
        deltas_get(context->deltas, &(struct delta_key){
                                        .kind = DELTA_CUSTOMER,
                                        .granularity = 'd',
                                        .bucket = context->event->day,
                                        .name = none,
                                        .path = context->path,
                                        .label = context->event->customer_key,
                                    });
    row->count++;
    row->extra |= step;
    row->sum += paid_minor;
}

/* As much of it as a table shows, in whole characters. */
static struct svc_slice cut_term(struct svc_slice term)
{
    size_t length = term.length < TERM_MAX ? term.length : TERM_MAX;

    while (length > 0 && length < term.length && (term.text[length] & 0xC0) == 0x80) {
        length--;
    }
    return (struct svc_slice){term.text, length};
}

static void add_term(
    struct context *context, const char *kind, struct svc_slice term, int64_t sum)
{
    if (term.length == 0) {
        return;
    }
    struct delta *row = deltas_get(context->deltas, &(struct delta_key){
                                                        .kind = DELTA_TERM,
                                                        .granularity = 'd',
                                                        .bucket = context->event->day,
                                                        .name = kind,
                                                        .path = none,
                                                        .label = cut_term(term),
                                                    });
    row->count++;
    row->sum += sum;
}

/* So that "Audífonos " and "audifonos" are one: small letters without accents, and one
 * space between words. */
static struct svc_slice fold(struct svc_arena *arena, struct svc_slice text)
{
    char *out = svc_arena_alloc(arena, text.length + 1);
    const char *at = text.text;
    const char *end = at + text.length;
    size_t length = 0;

    while (at < end) {
        struct svc_folded folded;
        svc_fold_next(at, end, &folded);
        if (folded.kind == SVC_FOLD_BROKEN) {
            break;
        }
        if (folded.kind == SVC_FOLD_LETTER || folded.kind == SVC_FOLD_DIGIT) {
            memcpy(out + length, folded.bytes, folded.length);
            length += folded.length;
        } else if (folded.kind == SVC_FOLD_OTHER && length > 0 &&
                   out[length - 1] != ' ') {
            out[length++] = ' ';
        }
        at += folded.size;
    }
    length -= length > 0 && out[length - 1] == ' ';
    return (struct svc_slice){out, length};
}

static struct delta *cost_row(struct context *context, const char *kind,
    struct svc_slice key, struct svc_slice detail)
{
    return deltas_get(context->deltas, &(struct delta_key){
                                           .kind = DELTA_COST,
                                           .granularity = 'd',
                                           .bucket = context->event->day,
                                           .name = kind,
                                           .path = none,
                                           .label = key,
                                           .detail = detail,
                                       });
}

static void count_intent(struct context *context)
{
    static const char intent[] = "intent";
    static const char intent_source[] = "intent_source";
    static const char model_kind[] = "model";
    double usd = svc_json_to_double(svc_json_get(context->data, "cost_usd"));
    int64_t nano = isfinite(usd) && usd > 0 && usd < USD_MAX ? llround(usd * 1e9) : 0;
    struct svc_slice source = text_of(context, "source");

    add_labelled(context, intent, text_of(context, "intent"), nano);
    add_labelled(context, intent_source, source, nano);
    add_latency(context, intent);
    add_step(context, STEP_INTENT, 0);
    if (nano > 0) {
        struct svc_slice model =
            labels_get(context->labels, SVC_SLICE("model"), text_of(context, "model"));
        struct delta *row = cost_row(context, model_kind, model,
            labels_get(context->labels, SVC_SLICE("intent_source"), source));
        row->count++;
        row->extra++;
        row->sum += nano;
    }
}

static void count_search(struct context *context)
{
    static const char search[] = "search";
    static const char zero_search[] = "zero_search";
    bool empty = whole_of(context, "total", 1) == 0;
    struct svc_slice query = fold(context->arena, text_of(context, "query"));

    add_counts(context, search, SVC_SLICE(""), whole_of(context, "total", 0));
    add_term(context, search, query, whole_of(context, "total", 0));
    if (empty) {
        add_counts(context, zero_search, SVC_SLICE(""), 0);
        add_term(context, zero_search, query, 0);
    }
    add_latency(context, search);
    add_step(context, STEP_SEARCH, 0);
}

/* An id may be a number. */
static struct svc_slice id_of(const struct svc_json *value)
{
    bool fine =
        svc_json_is(value, SVC_JSON_STRING) || svc_json_is(value, SVC_JSON_NUMBER);

    return fine ? value->text : (struct svc_slice){NULL, 0};
}

static bool is_adding(struct svc_slice action)
{
    return action.length == 0 ||
           (action.length >= 3 && memcmp(action.text, "add", 3) == 0);
}

static void count_cart(struct context *context)
{
    static const char cart[] = "cart";
    static const char product[] = "product";
    int64_t quantity = whole_of(context, "quantity", 1);

    add_labelled(context, cart, text_of(context, "action"), quantity);
    if (is_adding(text_of(context, "action"))) {
        add_term(
            context, product, id_of(svc_json_get(context->data, "product_id")), quantity);
    }
    add_step(context, STEP_CART, 0);
}

static void count_order(struct context *context)
{
    static const char order[] = "order";
    struct svc_slice status = text_of(context, "status");
    struct svc_slice type = context->event->type;

    if (status.length == 0 && type.length > 6) {
        status = (struct svc_slice){type.text + 6, type.length - 6};
    }
    add_labelled(context, order, status, whole_of(context, "total_minor", 0));
    add_step(context, 0, 0);
}

static void count_paid(struct context *context)
{
    static const char paid[] = "paid";
    static const char product_sold[] = "product_sold";
    const struct svc_json *items = svc_json_get(context->data, "items");
    int64_t total = whole_of(context, "total_minor", 0);
    size_t count = 0;

    add_labelled(context, paid, text_of(context, "currency"), total);
    add_step(context, STEP_PAID, total);
    if (!svc_json_is(items, SVC_JSON_ARRAY)) {
        return;
    }
    for (const struct svc_json *item = items->first; item != NULL && count < ITEMS_MAX;
         item = item->next, count++) {
        int64_t quantity = whole(svc_json_get(item, "quantity"), 1);
        add_term(
            context, product_sold, id_of(svc_json_get(item, "product_id")), quantity);
    }
}

static void count_reply(struct context *context)
{
    static const char reply[] = "reply";
    bool failed = svc_json_is(svc_json_get(context->data, "ok"), SVC_JSON_FALSE);

    add_counts(context, reply, failed ? SVC_SLICE("failed") : SVC_SLICE("ok"), 0);
    add_latency(context, reply);
}

static void count_errors(struct context *context)
{
    static const char status_error[] = "status_error";
    const struct svc_json *errors = svc_json_get(context->data, "errors");
    const struct svc_json *first = svc_json_at(errors, 0);

    if (first != NULL) {
        const struct svc_json *code = svc_json_get(first, "code");
        add_labelled(context, status_error, id_of(code != NULL ? code : first), 0);
    }
}

/* A message's price comes with `sent` and with the first of `delivered` and `read`; it is
 * charged when it is delivered, and so counted there. */
static void count_status(struct context *context)
{
    static const char status_name[] = "status";
    static const char whatsapp[] = "whatsapp";
    struct svc_slice status = text_of(context, "status");
    const struct svc_json *pricing = svc_json_get(context->data, "pricing");
    bool delivered =
        svc_slice_equals(status, "delivered") || svc_slice_equals(status, "read");

    add_labelled(context, status_name, status, 0);
    count_errors(context);
    if (!svc_json_is(pricing, SVC_JSON_OBJECT) || !delivered) {
        return;
    }
    struct svc_slice category = labels_get(context->labels, SVC_SLICE("price_category"),
        svc_json_get_text(pricing, "category"));
    struct svc_slice number = labels_get(
        context->labels, SVC_SLICE("number"), text_of(context, "phone_number_id"));
    struct delta *row = cost_row(context, whatsapp, category, number);
    row->count++;
    row->extra += svc_json_is(svc_json_get(pricing, "billable"), SVC_JSON_TRUE);
}

static void count_plain(struct context *context, enum event_type type)
{
    static const char message[] = "message";
    static const char limited[] = "limited";
    static const char checkout[] = "checkout";
    static const char failed[] = "failed";
    static const char csat[] = "csat";
    static const char abandoned_cart[] = "abandoned_cart";
    static const char intent_feedback[] = "intent_feedback";
    bool correct = svc_json_is(svc_json_get(context->data, "correct"), SVC_JSON_TRUE);

    switch (type) {
    case EVENT_MESSAGE:
        add_counts(context, message, SVC_SLICE(""), 0);
        add_step(context, STEP_MESSAGE, 0);
        break;
    case EVENT_LIMITED:
        add_counts(context, limited, SVC_SLICE(""), 0);
        break;
    case EVENT_CHECKOUT:
        add_labelled(context, checkout, text_of(context, "state"), 0);
        add_step(context, STEP_CHECKOUT, 0);
        break;
    case EVENT_FAILED:
        add_labelled(context, failed, text_of(context, "where"), 0);
        break;
    case EVENT_CSAT:
        add_counts(context, csat, SVC_SLICE(""), whole_of(context, "score", 0));
        break;
    case EVENT_ABANDONED_CART:
        add_counts(
            context, abandoned_cart, SVC_SLICE(""), whole_of(context, "total_minor", 0));
        break;
    default:
        add_counts(context, intent_feedback,
            correct ? SVC_SLICE("correct") : SVC_SLICE("wrong"), 0);
    }
}

static void count_type(struct context *context, enum event_type type)
{
    switch (type) {
    case EVENT_OTHER:
        break;
    case EVENT_INTENT:
        count_intent(context);
        break;
    case EVENT_SEARCH:
        count_search(context);
        break;
    case EVENT_CART:
        count_cart(context);
        break;
    case EVENT_ORDER:
        count_order(context);
        break;
    case EVENT_PAID:
        count_paid(context);
        break;
    case EVENT_REPLY:
        count_reply(context);
        break;
    case EVENT_STATUS:
        count_status(context);
        break;
    default:
        count_plain(context, type);
    }
}

void aggregate_add(struct deltas *deltas, struct labels *labels, struct svc_arena *arena,
    const struct logged_event *event)
{
    static const char events[] = "events";
    static const struct svc_json_limits limits = {.depth = 600, .values = 100000};
    struct svc_json_error error;
    size_t replaced = 0;
    struct context context = {
        .deltas = deltas,
        .labels = labels,
        .arena = arena,
        .event = event,
        .path = event->mvp ? mvp : full,
    };

    if (event->data.text != NULL) {
        context.data = svc_json_read(
            arena, event->data.text, event->data.length, &limits, &replaced, &error);
    }
    add_labelled(&context, events, event->type, 0);
    count_type(&context, event_type_of(event->type));
}
