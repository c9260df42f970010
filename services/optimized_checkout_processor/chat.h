/* What a customer says in a chat about cart, checkout and orders, in one call: a pressed
 * button, an intent, or free text where the checkout waits for it. */
#ifndef CHAT_H
#define CHAT_H

#include "checkout.h"

#include <svc/json_write.h>

struct chat_message {
    struct svc_slice intent;
    const struct svc_json *entities; /* as ai_provider_ultra_optimized names them */
    struct svc_slice action_id;
    struct svc_slice text;
    const struct svc_json *location;
    const struct svc_json *order; /* WhatsApp's: {"product_items": [...]} */
    struct svc_slice message_id;
    int64_t product_id; /* the one that was looked at last; 0: none */
    struct cart_context context;
};

/* Writes the fields of the answer: handled, status, state, reply, cart, order. What isn't
 * for this service is handled: false, and changes nothing. */
SVC_MUST_CHECK enum svc_status chat_answer(const struct talk *talk,
    const struct chat_message *message, struct svc_json_writer *writer);

#endif
