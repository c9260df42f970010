/* What WhatsApp's messages cost, as the setting WHATSAPP_PRICES says it. */
#ifndef PRICES_H
#define PRICES_H

#include <svc/buf.h>
#include <svc/text.h>

/* Turns "marketing=0.0305,utility=0.0085" (USD a message that is billed) into the JSON
 * object {"marketing": 0.0305, ...}; TEXT may be NULL: none. False for what isn't so. */
SVC_MUST_CHECK bool prices_read(const char *text, struct svc_buf *ret_json);

#endif
