/* Money: whole minor units of an ISO 4217 currency, as a number of units and as people
 * write it. */
#ifndef SVC_MONEY_H
#define SVC_MONEY_H

#include "buf.h"
#include "text.h"

/* How many of its minor units make one: 100 for MXN, 1 for CLP, 1000 for KWD. A code that
 * isn't known is taken for one of a hundred. CURRENCY: three letters, in any case. */
int64_t svc_money_minor_per_unit(struct svc_slice currency);

/* Adds the number of units: "149.00", "12000", "-0.05"; also a JSON number. */
void svc_money_write_units(int64_t minor, int64_t minor_per_unit, struct svc_buf *out);

/* Adds it as its country writes it: "$1,299.00" for MXN, "$12.990" for CLP, "R$ 1.299,00"
 * for BRL; a currency without a sign here by its code: "CHF 12.00". */
void svc_money_write_text(int64_t minor, struct svc_slice currency, struct svc_buf *out);

#endif
