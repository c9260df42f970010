/* What the files of the chat share. */
#ifndef CHAT_PRIVATE_H
#define CHAT_PRIVATE_H

#include "chat.h"

struct chat {
    const struct talk *talk;
    const struct chat_message *message;
    struct svc_json_writer *writer;
    struct checkout_row row; /* as it was before */
    struct cart_view view;   /* its cart alone */
    bool in_checkout;        /* an open one, past the cart and before the order */
};

enum svc_status chat_show_order(struct chat *chat, struct svc_slice id);
enum svc_status chat_show_orders(struct chat *chat);
enum svc_status chat_cancel_order(struct chat *chat, struct svc_slice id);

/* The product of the cart that the message names; 0: none, or more than one. */
int64_t chat_find_line(const struct chat *chat);
/* The payment method that it names; NULL: none that is offered. */
const char *chat_find_method(const struct chat *chat);

#endif
