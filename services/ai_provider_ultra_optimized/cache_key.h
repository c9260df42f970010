/* Which answers of models are kept for the next customer who writes the same, and under
 * what key. Pure. */
#ifndef CACHE_KEY_H
#define CACHE_KEY_H

#include "intent.h"

#define CACHE_KEY_SIZE 128

/* The text is put in lower case, without accents, marks and double spaces, and hashed:
 * ai_provider:cache:<locale>:<state>:<hash>. False for a text that nobody else will
 * write, or that says who somebody is: with a digit (numbers, orders, sizes, addresses),
 * an @, in the state of an address, an order or a coupon, longer than a few words, or
 * empty. */
bool cache_key_make(const struct intent_question *question, char ret_key[CACHE_KEY_SIZE]);

/* What is kept: "add_to_cart 0.9400". Read: false for anything else. */
#define CACHE_VALUE_SIZE 64
size_t cache_value_write(
    enum intent intent, double confidence, char out[CACHE_VALUE_SIZE]);
bool cache_value_read(
    struct svc_slice value, enum intent *ret_intent, double *ret_confidence);

#endif
