#include "fit.h"

#include "augment.h"

#include <svc/mem.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *row_of(float *values, const struct weights *weights, uint32_t hash)
{
    return values + (size_t)(hash & (weights->buckets - 1)) * MODEL_COLUMNS;
}

void fit_probabilities(const struct weights *weights, const struct sample *sample,
    float ret_p[MODEL_COLUMNS])
{
    float total = 0;
    float most = -1e9F;

    memcpy(ret_p, weights->bias, sizeof weights->bias);
    for (size_t i = 0; i < sample->count; i++) {
        const struct feature *feature = &sample->features[i];
        const float *row = row_of(weights->values, weights, feature->hash);
        for (int k = 0; k < MODEL_COLUMNS; k++) {
            ret_p[k] += feature->value * row[k];
        }
    }
    for (int k = 0; k < INTENTS; k++) {
        most = ret_p[k] > most ? ret_p[k] : most;
    }
    for (int k = 0; k < INTENTS; k++) {
        ret_p[k] = expf(ret_p[k] - most);
        total += ret_p[k];
    }
    for (int k = 0; k < MODEL_COLUMNS; k++) {
        ret_p[k] = k < INTENTS ? ret_p[k] / total : 0;
    }
}

static void step_bias(struct weights *weights, const float *slope, float rate)
{
    for (int k = 0; k < INTENTS; k++) {
        weights->bias_squares[k] += slope[k] * slope[k];
        weights->bias[k] -= 0.1F * rate * slope[k] / sqrtf(weights->bias_squares[k]);
    }
}

static void step(struct weights *weights, const struct sample *sample,
    const struct fit_settings *settings, float rate)
{
    float slope[MODEL_COLUMNS];

    fit_probabilities(weights, sample, slope);
    for (int k = 0; k < INTENTS; k++) {
        float wanted = settings->smoothing / INTENTS;
        wanted += k == (int)sample->intent ? 1 - settings->smoothing : 0;
        slope[k] = (slope[k] - wanted) * sample->weight;
    }
    for (size_t i = 0; i < sample->count; i++) {
        const struct feature *feature = &sample->features[i];
        float *row = row_of(weights->values, weights, feature->hash);
        float *squares = row_of(weights->squares, weights, feature->hash);
        for (int k = 0; k < MODEL_COLUMNS; k++) {
            float one = slope[k] * feature->value;
            squares[k] += one * one;
            row[k] -= rate * (one / sqrtf(squares[k]) + settings->decay * row[k]);
        }
    }
    step_bias(weights, slope, rate);
}

static void shuffle(size_t *order, size_t count, uint64_t *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = random_next(random) % i;
        size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

void fit(const struct fit_settings *settings, const struct sample *samples, size_t count,
    struct weights *ret_weights)
{
    size_t cells = (size_t)settings->buckets * MODEL_COLUMNS;
    size_t *order = svc_alloc(count * sizeof *order);
    uint64_t random = settings->seed;

    *ret_weights = (struct weights){
        .values = svc_alloc_zero(cells, sizeof(float)),
        .squares = svc_alloc(cells * sizeof(float)),
        .buckets = settings->buckets,
    };
    for (size_t i = 0; i < cells; i++) {
        ret_weights->squares[i] = 1e-4F;
    }
    for (int k = 0; k < MODEL_COLUMNS; k++) {
        ret_weights->bias_squares[k] = 1;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (int epoch = 0; epoch < settings->epochs; epoch++) {
        float rate = settings->rate * (1 - 0.9F * (float)epoch / (float)settings->epochs);
        shuffle(order, count, &random);
        for (size_t i = 0; i < count; i++) {
            step(ret_weights, &samples[order[i]], settings, rate);
        }
    }
    free(order);
}

void fit_done(struct weights *weights)
{
    free(weights->values);
    free(weights->squares);
    *weights = (struct weights){0};
}
