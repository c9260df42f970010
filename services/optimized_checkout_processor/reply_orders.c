/* Orders, as the customer reads them. */
#include "reply.h"

#include <svc/whatsapp_reply.h>

#include <stdio.h>
#include <string.h>

#define BODY_MAX ((size_t)4096)
#define KEY_MAX 60

static struct svc_slice say_status(const struct talk *talk, struct svc_slice status)
{
    enum order_status known;
    char key[KEY_MAX];

    /* What the shop wrote by hand is said as it's written. */
    if (!order_status_read(status, &known)) {
        bool pending = svc_slice_equals(status, "pending");
        return pending ? reply_say(talk, "order_status_pending", NULL) : status;
    }
    snprintf(key, sizeof key, "order_status_%s", order_status_name(known));
    return reply_say(talk, key, NULL);
}

static void add_items(
    const struct talk *talk, struct svc_slice items, struct svc_buf *out)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 2000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *list = items.length == 0
                                      ? NULL
                                      : svc_json_read(talk->arena, items.text,
                                            items.length, &limits, &replaced, &error);
    const struct svc_json *item = list != NULL ? list->first : NULL;

    for (; item != NULL && out->length < 600; item = item->next) {
        int64_t quantity = 0;
        bool counts = svc_json_to_int64(svc_json_get(item, "quantity"), &quantity);
        if (counts) {
            svc_buf_printf(out, "\n%lld × %s", (long long)quantity,
                reply_plain(talk, svc_json_get_text(item, "name")));
        }
    }
}

void reply_order(const struct reply *reply, const struct order_row *order)
{
    const struct talk *talk = reply->talk;
    struct reply_button buttons[2];
    size_t count = 0;
    struct svc_buf text;
    enum order_status status = ORDER_DELIVERED;

    if (order->id == 0) {
        reply_text(reply, reply_say(talk, "order_unknown", NULL));
        return;
    }
    bool ours = order_status_read(order->status, &status);
    svc_buf_init(&text, BODY_MAX);
    struct svc_slice title =
        reply_say(talk, "order_title", "number", reply_plain(talk, order->number),
            "status", say_status(talk, order->status).text, NULL);
    svc_buf_add(&text, title.text, title.length);
    add_items(talk, order->items, &text);
    struct svc_slice total = reply_say(
        talk, "quote_total", "amount", reply_money(talk, order->total_minor), NULL);
    svc_buf_printf(&text, "\n%s", total.text);
    if (ours && status == ORDER_AWAITING_PAYMENT && order->payment_url.length > 0) {
        svc_buf_printf(&text, "\n\n%s",
            reply_say(talk, "order_pay_here", "url", order->payment_url.text, NULL).text);
    }
    struct svc_slice body =
        talk_keep(talk, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    if (ours && (status == ORDER_AWAITING_PAYMENT || status == ORDER_PLACED)) {
        buttons[count++] = (struct reply_button){
            talk_format(talk, "cancel_order:%lld", (long long)order->id), "order_cancel"};
    }
    buttons[count++] = (struct reply_button){SVC_SLICE("menu:"), "cart_go_on"};
    reply_buttons(reply, body, buttons, count);
}

void reply_orders(const struct reply *reply, const struct order_row *orders, size_t count)
{
    const struct talk *talk = reply->talk;
    struct svc_whatsapp_option options[SVC_WHATSAPP_ROWS_MAX];
    size_t rows = count < SVC_WHATSAPP_ROWS_MAX ? count : SVC_WHATSAPP_ROWS_MAX;

    if (count == 0) {
        reply_text(reply, reply_say(talk, "order_none", NULL));
        return;
    }
    if (count == 1) {
        reply_order(reply, &orders[0]);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        options[i] = (struct svc_whatsapp_option){
            .id = talk_format(talk, "order:%lld", (long long)orders[i].id),
            .title = orders[i].number.length > 0
                         ? orders[i].number
                         : talk_format(talk, "%lld", (long long)orders[i].id),
            .description =
                talk_format(talk, "%s · %s", say_status(talk, orders[i].status).text,
                    reply_money(talk, orders[i].total_minor)),
        };
    }
    reply_list(reply,
        reply_say(talk, "order_last", "number", reply_plain(talk, orders[0].number),
            "status", say_status(talk, orders[0].status).text, NULL),
        "order_list_button", options, rows);
}

bool reply_notice(
    const struct reply *reply, struct svc_slice type, const struct order_row *order)
{
    static const char *const known[] = {"order.paid", "order.payment_failed",
        "order.refunded", "order.cancelled_by_shop", "order.expired", "order.shipped",
        "order.delivered"};
    const struct talk *talk = reply->talk;
    char key[KEY_MAX];

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!svc_slice_equals(type, known[i])) {
            continue;
        }
        bool shortfall = svc_slice_equals(order->status, "paid_shortfall");
        bool late = i == 0 && svc_slice_equals(order->status, "cancelled");
        snprintf(key, sizeof key, "notice_%s", known[i] + sizeof "order." - 1);
        if (i == 0 && (shortfall || late)) {
            snprintf(key, sizeof key, "%s",
                shortfall ? "notice_paid_shortfall" : "notice_paid_late");
        }
        const struct reply_button button = {
            talk_format(talk, "order:%lld", (long long)order->id), "order_look"};
        reply_buttons(reply,
            reply_say(talk, key, "number", reply_plain(talk, order->number), "total",
                reply_money(talk, order->total_minor), "amount",
                reply_money(talk, order->refunded_minor), NULL),
            &button, 1);
        return true;
    }
    return false;
}
