#include "chat.h"

#include "answer.h"
#include "chat_private.h"
#include "reply.h"

#include <string.h>
#include <strings.h>

/* "qty:12:3" in its parts. */
struct pressed {
    struct svc_slice rest; /* after the first colon */
    int64_t number;        /* of the rest, up to a colon; 0: none */
    int64_t second;        /* after it; -1: none */
};

typedef enum svc_status press(struct chat *chat, const struct pressed *pressed);

static void write_head(const struct chat *chat, const char *status, const char *state)
{
    svc_json_write_field_bool(chat->writer, "handled", true);
    svc_json_write_field_text(chat->writer, "status", status);
    svc_json_write_field_text(chat->writer, "state", state);
    svc_json_write_field_slice(chat->writer, "customer_phone", chat->talk->customer);
}

static enum svc_status not_ours(const struct chat *chat)
{
    svc_json_write_field_bool(chat->writer, "handled", false);
    svc_json_write_field_text(chat->writer, "status", "not_ours");
    svc_json_write_field_text(
        chat->writer, "state", checkout_state_name(chat->row.state));
    svc_json_write_field_slice(chat->writer, "customer_phone", chat->talk->customer);
    svc_json_write_key(chat->writer, "reply");
    svc_json_write_null(chat->writer);
    return SVC_OK;
}

static struct reply reply_of(const struct chat *chat, struct svc_slice before)
{
    return (struct reply){chat->talk, chat->writer, before};
}

/* --- The cart. --- */

static void answer_with_cart(struct chat *chat, const char *status,
    const struct cart_view *view, struct svc_slice before)
{
    const struct reply reply = reply_of(chat, before);

    write_head(chat, status, "cart");
    svc_json_write_key(chat->writer, "reply");
    reply_cart(&reply, view);
    svc_json_write_key(chat->writer, "cart");
    answer_cart(chat->talk, view, chat->writer);
}

static enum svc_status change(struct chat *chat, struct cart_change change)
{
    struct cart_view view;
    struct cart_outcome outcome;
    struct svc_slice before;

    change.context = &chat->message->context;
    enum svc_status status = carts_change(chat->talk, &change, &view, &outcome);
    if (status != SVC_OK) {
        return status;
    }
    before = reply_outcome(chat->talk, &view, &outcome, change.product_id);
    answer_with_cart(chat, outcome.name.text, &view, before);
    return SVC_OK;
}

static enum svc_status show_cart(struct chat *chat)
{
    struct cart_view view;
    enum svc_status status = carts_read(chat->talk, &view);

    if (status == SVC_OK) {
        answer_with_cart(chat, "ok", &view, (struct svc_slice){NULL, 0});
    }
    return status;
}

static enum svc_status import(struct chat *chat)
{
    const struct cart_change change = {.context = &chat->message->context};
    struct cart_view view;
    struct cart_outcome outcome;
    enum svc_status status = carts_import(chat->talk,
        svc_json_get(chat->message->order, "product_items"), &change, &view, &outcome);

    if (status == SVC_OK) {
        answer_with_cart(chat, outcome.name.text, &view,
            reply_outcome(chat->talk, &view, &outcome, 0));
    }
    return status;
}

static bool is_product(int64_t number)
{
    return number > 0 && number <= INT32_MAX;
}

static int64_t bounded_quantity(int64_t quantity)
{
    return quantity > QUOTE_QUANTITY_MAX ? QUOTE_QUANTITY_MAX : quantity;
}

static enum svc_status press_add(struct chat *chat, const struct pressed *pressed)
{
    int64_t quantity = 1;

    if (!is_product(pressed->number)) {
        return not_ours(chat);
    }
    if (pressed->second > 0) {
        quantity = pressed->second;
    } else if (svc_json_to_int64(
                   svc_json_get(chat->message->entities, "quantity"), &quantity)) {
        quantity = quantity > 0 ? quantity : 1;
    }
    return change(chat, (struct cart_change){.action = "add",
                            .product_id = pressed->number,
                            .quantity = bounded_quantity(quantity)});
}

static enum svc_status press_quantity(struct chat *chat, const struct pressed *pressed)
{
    if (!is_product(pressed->number) || pressed->second < 0) {
        return not_ours(chat);
    }
    return change(
        chat, (struct cart_change){.action = pressed->second > 0 ? "set" : "remove",
                  .product_id = pressed->number,
                  .quantity = bounded_quantity(pressed->second)});
}

static enum svc_status press_remove(struct chat *chat, const struct pressed *pressed)
{
    if (!is_product(pressed->number)) {
        return not_ours(chat);
    }
    return change(
        chat, (struct cart_change){.action = "remove", .product_id = pressed->number});
}

static enum svc_status press_clear(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return change(chat, (struct cart_change){.action = "clear"});
}

static enum svc_status press_cart(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return show_cart(chat);
}

static enum svc_status press_line(struct chat *chat, const struct pressed *pressed)
{
    const struct reply reply = reply_of(chat, (struct svc_slice){NULL, 0});
    struct cart_view view;
    enum svc_status status = carts_read(chat->talk, &view);

    if (status != SVC_OK) {
        return status;
    }
    write_head(chat, "ok", "cart");
    svc_json_write_key(chat->writer, "reply");
    reply_line(&reply, &view, pressed->number);
    return SVC_OK;
}

static enum svc_status apply_coupon(struct chat *chat, struct svc_slice code)
{
    struct cart_view view;
    struct quote_coupon coupon;
    enum svc_status status = carts_apply_coupon(chat->talk, code, &view, &coupon);

    if (status == SVC_OK) {
        answer_with_cart(chat, carts_coupon_fault_name(coupon.fault), &view,
            reply_coupon(chat->talk, &coupon));
    }
    return status;
}

/* --- The checkout. --- */

static enum svc_status go_on(struct chat *chat, struct checkout_request request)
{
    const struct reply reply = reply_of(chat, (struct svc_slice){NULL, 0});
    struct checkout_result result;
    enum svc_status status = checkout_run(chat->talk, &request, &result);

    if (status != SVC_OK) {
        return status;
    }
    svc_json_write_field_bool(chat->writer, "handled", true);
    svc_json_write_key(chat->writer, "reply");
    reply_checkout(&reply, &result);
    answer_checkout(chat->talk, &result, chat->writer);
    return SVC_OK;
}

static enum svc_status press_checkout(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_START});
}

static enum svc_status press_ship(struct chat *chat, const struct pressed *pressed)
{
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_SET_SHIPPING,
                           .shipping_rate_id = pressed->number});
}

static enum svc_status press_pay(struct chat *chat, const struct pressed *pressed)
{
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_SET_PAYMENT,
                           .payment_method = pressed->rest});
}

static enum svc_status press_confirm(struct chat *chat, const struct pressed *pressed)
{
    return go_on(chat,
        (struct checkout_request){.action = CHECKOUT_CONFIRM, .token = pressed->rest});
}

static enum svc_status press_back(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_BACK});
}

static enum svc_status press_cancel(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_CANCEL});
}

static enum svc_status press_order(struct chat *chat, const struct pressed *pressed)
{
    return chat_show_order(chat, pressed->rest);
}

static enum svc_status press_orders(struct chat *chat, const struct pressed *pressed)
{
    (void)pressed;
    return chat_show_orders(chat);
}

static enum svc_status press_cancel_order(
    struct chat *chat, const struct pressed *pressed)
{
    return chat_cancel_order(chat, pressed->rest);
}

/* --- What was pressed. --- */

static bool read_number(struct svc_slice text, int64_t *ret_number)
{
    return text.length > 0 && text.length < 12 && svc_text_to_int64(text, ret_number);
}

static struct pressed take_apart(struct svc_slice id, const char *colon)
{
    struct pressed pressed = {.second = -1};
    size_t head = (size_t)(colon - id.text) + 1;

    pressed.rest = (struct svc_slice){id.text + head, id.length - head};
    const char *next = memchr(pressed.rest.text, ':', pressed.rest.length);
    size_t length =
        next != NULL ? (size_t)(next - pressed.rest.text) : pressed.rest.length;
    if (!read_number((struct svc_slice){pressed.rest.text, length}, &pressed.number)) {
        pressed.number = 0;
    }
    if (next != NULL &&
        !read_number((struct svc_slice){next + 1, pressed.rest.length - length - 1},
            &pressed.second)) {
        pressed.second = -1;
    }
    return pressed;
}

static enum svc_status press_button(struct chat *chat)
{
    static const struct {
        const char *name;
        press *press;
    } buttons[] = {
        {"add", press_add},
        {"cart", press_cart},
        {"qty", press_quantity},
        {"line", press_line},
        {"remove", press_remove},
        {"clear", press_clear},
        {"checkout", press_checkout},
        {"ship", press_ship},
        {"pay", press_pay},
        {"confirm", press_confirm},
        {"back", press_back},
        {"cancel", press_cancel},
        {"order", press_order},
        {"orders", press_orders},
        {"cancel_order", press_cancel_order},
    };
    struct svc_slice id = chat->message->action_id;
    const char *colon = memchr(id.text, ':', id.length);

    if (colon == NULL) {
        return not_ours(chat);
    }
    const struct svc_slice name = {id.text, (size_t)(colon - id.text)};
    const struct pressed pressed = take_apart(id, colon);
    for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++) {
        if (svc_slice_equals(name, buttons[i].name)) {
            return buttons[i].press(chat, &pressed);
        }
    }
    return not_ours(chat);
}

/* --- What was said. --- */

static enum svc_status hear_address(struct chat *chat)
{
    struct svc_slice said = svc_json_get_text(chat->message->entities, "address");
    bool whole = chat->row.state == CHECKOUT_ADDRESS || said.length == 0;

    return go_on(chat, (struct checkout_request){.action = CHECKOUT_SET_ADDRESS,
                           .text = whole ? chat->message->text : said,
                           .location = chat->message->location});
}

static enum svc_status hear_yes(struct chat *chat)
{
    if (chat->row.state == CHECKOUT_CONFIRMATION) {
        /* What was shown last is what is agreed to. */
        char token[TOKEN_SIZE];
        token_write(
            chat->talk->service->secret, chat->row.id, chat->row.shown_digest, token);
        return go_on(chat, (struct checkout_request){.action = CHECKOUT_CONFIRM,
                               .token = {token, strlen(token)}});
    }
    return chat->in_checkout
               ? go_on(chat, (struct checkout_request){.action = CHECKOUT_SHOW})
               : not_ours(chat);
}

static enum svc_status hear_no(struct chat *chat)
{
    return chat->in_checkout
               ? go_on(chat, (struct checkout_request){.action = CHECKOUT_BACK})
               : not_ours(chat);
}

static enum svc_status hear_coupon(struct chat *chat)
{
    struct svc_slice code = svc_json_get_text(chat->message->entities, "coupon");

    return code.length > 0 ? apply_coupon(chat, code) : not_ours(chat);
}

static enum svc_status hear_add(struct chat *chat)
{
    const struct pressed pressed = {.number = chat->message->product_id, .second = -1};

    return press_add(chat, &pressed);
}

/* A line that the words name, of the cart as it is. */
static enum svc_status hear_remove(struct chat *chat)
{
    int64_t product_id = chat_find_line(chat);

    if (product_id == 0) {
        return show_cart(chat);
    }
    return change(
        chat, (struct cart_change){.action = "remove", .product_id = product_id});
}

static enum svc_status hear_order(struct chat *chat)
{
    struct svc_slice id = svc_json_get_text(chat->message->entities, "order_id");

    return id.length > 0 ? chat_show_order(chat, id) : chat_show_orders(chat);
}

static enum svc_status hear_cancel_order(struct chat *chat)
{
    struct svc_slice id = svc_json_get_text(chat->message->entities, "order_id");

    if (id.length > 0) {
        return chat_cancel_order(chat, id);
    }
    return chat->in_checkout || chat->row.state == CHECKOUT_AWAITING_PAYMENT
               ? go_on(chat, (struct checkout_request){.action = CHECKOUT_CANCEL})
               : chat_show_orders(chat);
}

static enum svc_status hear_checkout(struct chat *chat)
{
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_START});
}

static enum svc_status hear_payment(struct chat *chat)
{
    const char *method = chat_find_method(chat);

    if (!chat->in_checkout) {
        return hear_checkout(chat);
    }
    if (method == NULL) {
        return go_on(chat, (struct checkout_request){.action = CHECKOUT_SHOW});
    }
    return go_on(chat, (struct checkout_request){.action = CHECKOUT_SET_PAYMENT,
                           .payment_method = {method, strlen(method)}});
}

/* Free text that no intent says more of is an address where one is waited for. */
static bool is_address_text(const struct chat *chat)
{
    static const char *const others[] = {"greeting", "search_product",
        "browse_categories", "offers", "product_details", "add_to_cart", "human_agent",
        "help", "goodbye", "view_cart", "checkout", "order_status", "cancel_order",
        "apply_coupon", "remove_from_cart", "affirm", "deny", "thanks"};
    struct svc_slice intent = chat->message->intent;
    bool has_digit = false;

    if (chat->row.state != CHECKOUT_ADDRESS || chat->message->text.length == 0) {
        return false;
    }
    for (size_t i = 0; i < chat->message->text.length; i++) {
        char byte = chat->message->text.text[i];
        has_digit = has_digit || (byte >= '0' && byte <= '9');
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        /* "Calle Tenis 5" may be taken for a search: with a number it's an address. */
        if (svc_slice_equals(intent, others[i])) {
            return i < 5 && has_digit;
        }
    }
    return true;
}

static enum svc_status hear(struct chat *chat)
{
    static const struct {
        const char *intent;
        enum svc_status (*hear)(struct chat *chat);
    } intents[] = {
        {"add_to_cart", hear_add},
        {"view_cart", show_cart},
        {"remove_from_cart", hear_remove},
        {"apply_coupon", hear_coupon},
        {"checkout", hear_checkout},
        {"provide_address", hear_address},
        {"choose_payment", hear_payment},
        {"order_status", hear_order},
        {"cancel_order", hear_cancel_order},
        {"affirm", hear_yes},
        {"deny", hear_no},
    };

    for (size_t i = 0; i < sizeof intents / sizeof intents[0]; i++) {
        if (svc_slice_equals(chat->message->intent, intents[i].intent)) {
            return intents[i].hear(chat);
        }
    }
    return not_ours(chat);
}

enum svc_status chat_answer(const struct talk *talk, const struct chat_message *message,
    struct svc_json_writer *writer)
{
    struct chat chat = {.talk = talk, .message = message, .writer = writer};
    enum svc_status status = checkout_look(talk, &chat.row, &chat.view);

    if (status != SVC_OK) {
        return status;
    }
    chat.in_checkout = chat.row.id.length > 0 && chat.row.state > CHECKOUT_CART &&
                       chat.row.state < CHECKOUT_AWAITING_PAYMENT;
    if (message->order != NULL) {
        return import(&chat);
    }
    if (message->action_id.length > 0) {
        return press_button(&chat);
    }
    if (message->location != NULL) {
        return chat.in_checkout ? hear_address(&chat) : not_ours(&chat);
    }
    return is_address_text(&chat) ? hear_address(&chat) : hear(&chat);
}
