/* What the files of the checkout share. */
#ifndef CHECKOUT_PRIVATE_H
#define CHECKOUT_PRIVATE_H

#include "checkout.h"

/* What the customer is shown now, as JSON to be compared with later. */
struct svc_slice checkout_shown_write(
    const struct talk *talk, const struct checkout_result *result);

/* What is another than in SHOWN, the JSON of then. */
void checkout_shown_compare(
    const struct talk *talk, struct svc_slice shown, struct checkout_result *result);

/* Makes the order of what was confirmed. */
SVC_MUST_CHECK enum svc_status checkout_place(
    const struct talk *talk, struct checkout_result *result, struct placed *ret_placed);

/* Finds the payment link, and the order where it isn't known; leaves them out where they
 * can't be had now. */
void checkout_find_link(const struct talk *talk, struct checkout_result *result);

/* JSON of the store's, in the talk's arena; NULL: none. */
const struct svc_json *checkout_read_json(const struct talk *talk, struct svc_slice text);

#endif
