/* What is answered, as the contract names it. */
#ifndef ANSWER_H
#define ANSWER_H

#include "checkout.h"

#include <svc/json_write.h>

void answer_cart(const struct talk *talk, const struct cart_view *view,
    struct svc_json_writer *writer);

/* Fields of an object that is open. */
void answer_checkout(const struct talk *talk, const struct checkout_result *result,
    struct svc_json_writer *writer);

void answer_order(const struct order_row *order, struct svc_json_writer *writer);

#endif
