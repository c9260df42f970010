/* The three fingerprints of a message. README.md defines the canonical form. */
#ifndef HASH_H
#define HASH_H

#include "webhook.h"

/* SHA-256 of phone_number_id, NUL, message id: the same for each delivery of one message.
 */
void hash_dedupe_key(struct svc_slice phone_number_id, struct svc_slice message_id,
    char ret_hex[SVC_SHA256_HEX_SIZE]);

/* The same, of a status: NUL, status, NUL, recipient follow. */
void hash_status_key(const struct status *status, char ret_hex[SVC_SHA256_HEX_SIZE]);

/* Fills in all three of MESSAGE. */
void hash_message(struct message *message);

#endif
