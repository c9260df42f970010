/* Orders in a chat, and what a customer's words name. */
#include "answer.h"
#include "chat_private.h"
#include "reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define ORDERS_SHOWN 10

static void write_head(const struct chat *chat, const char *status)
{
    svc_json_write_field_bool(chat->writer, "handled", true);
    svc_json_write_field_text(chat->writer, "status", status);
    svc_json_write_field_text(
        chat->writer, "state", checkout_state_name(chat->row.state));
    svc_json_write_field_slice(chat->writer, "customer_phone", chat->talk->customer);
    svc_json_write_key(chat->writer, "reply");
}

static enum svc_status answer_order_with(struct chat *chat, const struct order_row *order,
    const char *status, const char *before)
{
    const struct talk *talk = chat->talk;
    const struct reply reply = {talk, chat->writer,
        before != NULL
            ? reply_say(talk, before, "number", reply_plain(talk, order->number), NULL)
            : (struct svc_slice){NULL, 0}};

    write_head(chat, order->id > 0 ? status : "not_found");
    reply_order(&reply, order);
    if (order->id > 0) {
        svc_json_write_key(chat->writer, "order");
        answer_order(order, chat->writer);
    }
    return SVC_OK;
}

enum svc_status chat_show_order(struct chat *chat, struct svc_slice id)
{
    struct order_row order;
    enum svc_status status = store_order_read(&chat->talk->store, id, &order);

    return status == SVC_OK ? answer_order_with(chat, &order, "ok", NULL) : status;
}

enum svc_status chat_show_orders(struct chat *chat)
{
    const struct reply reply = {chat->talk, chat->writer, {NULL, 0}};
    struct order_row orders[ORDERS_SHOWN];
    size_t count = 0;
    enum svc_status status =
        store_orders_read(&chat->talk->store, 0, ORDERS_SHOWN, orders, &count);

    if (status != SVC_OK) {
        return status;
    }
    write_head(chat, count > 0 ? "ok" : "not_found");
    reply_orders(&reply, orders, count);
    return SVC_OK;
}

enum svc_status chat_cancel_order(struct chat *chat, struct svc_slice id)
{
    struct order_row order;
    struct order_step step = {0};
    enum svc_status status = store_order_read(&chat->talk->store, id, &order);

    if (status != SVC_OK || order.id == 0) {
        return status == SVC_OK ? answer_order_with(chat, &order, "not_found", NULL)
                                : status;
    }
    status = checkout_order_event(
        chat->talk->service, order.id, ORDER_CANCEL_BY_CUSTOMER, &step);
    if (status != SVC_OK && status != SVC_NOT_FOUND) {
        return status;
    }
    bool done = step.changed || svc_slice_equals(order.status, "cancelled");
    status = store_order_read(&chat->talk->store, id, &order);
    return status == SVC_OK
               ? answer_order_with(chat, &order, done ? "cancelled" : "not_cancelled",
                     done ? "order_cancelled" : "order_not_cancelled")
               : status;
}

/* Whether TEXT has WORD in it, by letters without case. */
static bool has_word(struct svc_slice text, struct svc_slice word)
{
    if (word.length == 0 || word.length > text.length) {
        return false;
    }
    for (size_t i = 0; i + word.length <= text.length; i++) {
        if (strncasecmp(text.text + i, word.text, word.length) == 0) {
            return true;
        }
    }
    return false;
}

/* How many of the words of TEXT, of four letters or more, NAME has. */
static int common_words(struct svc_slice text, struct svc_slice name)
{
    int common = 0;

    for (size_t i = 0; i < text.length;) {
        size_t end = i;
        while (end < text.length && !isspace((unsigned char)text.text[end])) {
            end++;
        }
        if (end - i >= 4) {
            /* Without the last letter: "playeras" is a "playera". */
            common += has_word(name, (struct svc_slice){text.text + i, end - i - 1});
        }
        i = end + 1;
    }
    return common;
}

int64_t chat_find_line(const struct chat *chat)
{
    const struct cart *cart = &chat->view.cart;
    struct svc_slice words = svc_json_get_text(chat->message->entities, "product_query");
    int best = 0;
    int64_t found = 0;

    if (words.length == 0 && cart->line_count == 1) {
        return cart->lines[0].product_id;
    }
    if (words.length == 0) {
        words = chat->message->text;
    }
    for (size_t i = 0; i < cart->line_count; i++) {
        int common = common_words(words, cart->lines[i].name);
        if (common > best) {
            best = common;
            found = cart->lines[i].product_id;
        } else if (common == best) {
            found = 0;
        }
    }
    return found;
}

const char *chat_find_method(const struct chat *chat)
{
    static const struct {
        const char *word;
        const char *method;
    } words[] = {
        {"efectivo", "cash_on_delivery"},
        {"contra entrega", "cash_on_delivery"},
        {"cash", "cash_on_delivery"},
        {"dinheiro", "cash_on_delivery"},
        {"transfer", "bank_transfer"},
        {"deposit", "bank_transfer"},
        {"spei", "bank_transfer"},
        {"mercado", "mercado_pago"},
        {"oxxo", "mercado_pago"},
        {"pse", "wompi"},
        {"wompi", "wompi"},
        {"paypal", "paypal"},
        {"tarjeta", "stripe"},
        {"tarjeta", "mercado_pago"},
        {"card", "stripe"},
        {"stripe", "stripe"},
    };
    const struct talk *talk = chat->talk;
    const struct payment_method *methods[CHECKOUT_CHOICES_MAX];
    struct svc_slice said = svc_json_get_text(chat->message->entities, "payment_method");
    size_t count = payments_methods(talk->service->payments,
        (struct svc_slice){talk->shop->currency, strlen(talk->shop->currency)}, methods,
        CHECKOUT_CHOICES_MAX);

    if (said.length == 0) {
        said = chat->message->text;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct svc_slice word = {words[i].word, strlen(words[i].word)};
        for (size_t each = 0; each < count; each++) {
            if (strcmp(methods[each]->name, words[i].method) == 0 &&
                has_word(said, word)) {
                return methods[each]->name;
            }
        }
    }
    return NULL;
}
