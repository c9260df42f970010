/* Multinomial logistic regression over hashed features, by stochastic gradients with a
 * rate of its own for each weight (AdaGrad: Duchi et al., 2011). */
#ifndef FIT_H
#define FIT_H

#include <message_features.h>
#include <model.h>

struct fit_settings {
    uint32_t buckets; /* a power of two */
    int epochs;
    float rate;
    float decay;     /* of a weight at each step that touches it */
    float smoothing; /* of the label: what the other intents share */
    float balance;   /* 0: each line counts the same; 1: each intent */
    uint64_t seed;
};

/* A message's features with its intent; WEIGHT: how much it counts. */
struct sample {
    const struct feature *features;
    size_t count;
    enum intent intent;
    float weight;
};

struct weights {
    float *values; /* buckets x MODEL_COLUMNS */
    float *squares;
    float bias[MODEL_COLUMNS];
    float bias_squares[MODEL_COLUMNS];
    uint32_t buckets;
};

/* `ret_weights` is freed with fit_done(). The same input gives the same weights. */
void fit(const struct fit_settings *settings, const struct sample *samples, size_t count,
    struct weights *ret_weights);
void fit_done(struct weights *weights);

/* The probability of each intent. */
void fit_probabilities(const struct weights *weights, const struct sample *sample,
    float ret_p[MODEL_COLUMNS]);

#endif
