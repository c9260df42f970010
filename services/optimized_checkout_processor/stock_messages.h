/* What is written to the Stock Management API and what its answers say; see STOCK_API.md.
 * Pure. */
#ifndef STOCK_MESSAGES_H
#define STOCK_MESSAGES_H

#include "stock_api.h"

#include <svc/buf.h>

/* {"skus": [...]} */
void stock_message_write_skus(
    const struct stock_api_line *lines, size_t count, struct svc_buf *out);

/* {"order": KEY, "expires_at": ..., "items": [...]}; without a time where EXPIRES_AT_S is
 * 0, without items where COUNT is. */
void stock_message_write_order(const char *key, int64_t expires_at_s,
    const struct stock_api_line *lines, size_t count, struct svc_buf *out);

/* Takes over what the answer says of the lines. DONE_WORD is the status for DONE;
 * NULL: the answer is a list of items alone. False for one that isn't of the protocol. */
bool stock_message_read(struct svc_slice body, const char *done_word,
    struct stock_api_line *lines, size_t count, enum stock_api_outcome *ret_outcome);

#endif
