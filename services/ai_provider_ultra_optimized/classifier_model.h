/* The model in the binary. */
#ifndef CLASSIFIER_MODEL_H
#define CLASSIFIER_MODEL_H

#include "classifier.h"
#include "message_features.h"

/* For classifier_open() without any file; never NULL. */
const struct classifier *classifier_built_in(void);

/* The words that a model knows, with their classes. */
struct word_table classifier_words(const struct classifier *classifier);

#endif
