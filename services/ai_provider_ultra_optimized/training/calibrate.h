/* From what the model says of lines that it wasn't trained on: how often it is right
 * where it claims a probability; and the model's file. */
#ifndef CALIBRATE_H
#define CALIBRATE_H

#include "fit.h"
#include "vocabulary.h"

struct guess {
    enum intent intent;
    float probability;
    bool right;
};

struct guess guess_make(const struct weights *weights, const struct sample *sample);

/* Accuracy where sure, to standard error. */
void guess_report(const struct guess *guesses, size_t count);

/* Ends the program where the file can't be written. */
void model_write(const char *path, const struct weights *weights,
    const struct vocabulary *vocabulary, const struct guess *guesses, size_t count);

#endif
