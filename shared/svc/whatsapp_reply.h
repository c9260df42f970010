/* Ready WhatsApp Cloud API message objects, within Meta's limits: what a service answers
 * as `reply`, to be sent as it is to POST /<phone_number_id>/messages. */
#ifndef SVC_WHATSAPP_REPLY_H
#define SVC_WHATSAPP_REPLY_H

#include "json_write.h"

#define SVC_WHATSAPP_TEXT_MAX 4096 /* characters */

/* Writes a text message to CUSTOMER_KEY: `to` for a number, `recipient` for a
 * business-scoped user id. A longer BODY is cut, with an ellipsis. */
void svc_whatsapp_reply_text(
    struct svc_json_writer *writer, struct svc_slice customer_key, struct svc_slice body);

#endif
