/* The taxes of a quote. For quote.c. */
#ifndef QUOTE_TAX_H
#define QUOTE_TAX_H

#include "quote.h"

/* A line has the rates of its own category where there are any, else the usual ones;
 * shipping has those of the usual ones that apply to it. What is included is reckoned
 * from all rates that are inside a price; what comes on top from the price without these.
 * Each rate is rounded once for all that it is on, then shared out. */
void quote_tax_reckon(
    const struct quote_input *input, size_t line_count, struct quote *quote);

#endif
