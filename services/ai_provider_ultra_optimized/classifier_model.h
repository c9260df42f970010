/* The model in the binary. */
#ifndef CLASSIFIER_MODEL_H
#define CLASSIFIER_MODEL_H

#include "classifier.h"

/* For classifier_open() without any file; never NULL. */
const struct classifier *classifier_built_in(void);

#endif
