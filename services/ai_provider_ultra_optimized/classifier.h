/* A small classifier of our own: multinomial logistic regression over words, pairs of
 * words, and runs of characters, hashed, with the session's state; trained at build time
 * from training/es.tsv by train_intents.c, calibrated, stored in the binary. Pure; one
 * model for all threads. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include "intent.h"

#include <svc/mem.h>

struct classifier;

/* MODEL: what the trainer wrote; borrowed. NULL where it isn't one of this version. */
const struct classifier *classifier_open(const void *model, size_t size);

/* The likeliest intent and its calibrated confidence, at most 0.5 where the locale isn't
 * Spanish; `ret_second` (may be NULL) the next. Under 50 microseconds; a text of any
 * length (the first 500 characters count). */
double classifier_predict(const struct classifier *classifier,
    const struct intent_question *question, enum intent *ret_intent,
    enum intent *ret_second);

#endif
