#include "calibrate.h"

#include <svc/mem.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct guess guess_make(const struct weights *weights, const struct sample *sample)
{
    float p[MODEL_COLUMNS];
    int best = 0;

    fit_probabilities(weights, sample, p);
    for (int k = 1; k < INTENTS; k++) {
        best = p[k] > p[best] ? k : best;
    }
    return (struct guess){
        .intent = (enum intent)best,
        .probability = p[best],
        .right = best == (int)sample->intent,
    };
}

static int compare(const void *left, const void *right)
{
    float a = ((const struct guess *)left)->probability;
    float b = ((const struct guess *)right)->probability;

    return (a > b) - (a < b);
}

static struct guess *sorted(const struct guess *guesses, size_t count)
{
    struct guess *copy = svc_alloc(count * sizeof *copy);

    memcpy(copy, guesses, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare);
    return copy;
}

void guess_report(const struct guess *guesses, size_t count)
{
    struct guess *copy = sorted(guesses, count);

    for (int percent = 60; percent < 100; percent += 5) {
        size_t from = count - count * (size_t)percent / 100;
        size_t right = 0;
        for (size_t i = from; i < count; i++) {
            right += copy[i].right;
        }
        fprintf(stderr, "surest %d %%: from %.3f, right %.4f\n", percent,
            (double)copy[from].probability, (double)right / (double)(count - from));
    }
    free(copy);
}

/* As many guesses to a knot; a share that falls is levelled with the one before. */
static void set_knots(
    struct model_header *header, const struct guess *guesses, size_t count)
{
    struct guess *copy = sorted(guesses, count);
    uint32_t bins = MODEL_KNOTS_MAX - 2;
    float before = 0;

    header->knots = MODEL_KNOTS_MAX;
    for (uint32_t bin = 0; bin < bins; bin++) {
        size_t from = count * bin / bins;
        size_t until = count * (bin + 1) / bins;
        float sum = 0;
        float right = 0;
        for (size_t i = from; i < until; i++) {
            sum += copy[i].probability;
            right += copy[i].right;
        }
        float size = (float)(until - from);
        float share = size > 0 ? right / size : 0;
        before = share > before ? share : before;
        header->knot_from[bin + 1] = size > 0 ? sum / size : 0;
        header->knot_to[bin + 1] = before;
    }
    header->knot_to[0] = header->knot_to[1] / 2;
    header->knot_from[bins + 1] = 1;
    header->knot_to[bins + 1] = before;
    free(copy);
}

static void set_scales(struct model_header *header, const struct weights *weights)
{
    for (uint32_t i = 0; i < weights->buckets; i++) {
        for (int k = 0; k < INTENTS; k++) {
            float size = fabsf(weights->values[(size_t)i * MODEL_COLUMNS + k]) / 127;
            header->scale[k] = size > header->scale[k] ? size : header->scale[k];
        }
    }
}

static void write_weights(
    FILE *stream, const struct model_header *header, const struct weights *weights)
{
    for (uint32_t i = 0; i < weights->buckets; i++) {
        int8_t row[MODEL_COLUMNS] = {0};
        for (int k = 0; k < INTENTS; k++) {
            float value = weights->values[(size_t)i * MODEL_COLUMNS + k];
            float scale = header->scale[k] > 0 ? header->scale[k] : 1;
            row[k] = (int8_t)lrintf(value / scale);
        }
        fwrite(row, sizeof row, 1, stream);
    }
}

void model_write(const char *path, const struct weights *weights,
    const struct vocabulary *vocabulary, const struct guess *guesses, size_t count)
{
    struct model_header header = {
        .magic = MODEL_MAGIC,
        .intents = INTENTS,
        .buckets = weights->buckets,
        .slots = vocabulary->slots,
    };
    FILE *stream = fopen(path, "wb");

    memcpy(header.bias, weights->bias, sizeof header.bias);
    set_knots(&header, guesses, count);
    set_scales(&header, weights);
    if (stream == NULL) {
        fprintf(stderr, "train_intents: %s can't be written\n", path);
        exit(1);
    }
    fwrite(&header, sizeof header, 1, stream);
    fwrite(vocabulary->hashes, sizeof(uint32_t), vocabulary->slots, stream);
    fwrite(vocabulary->classes, 1, vocabulary->slots, stream);
    write_weights(stream, &header, weights);
    if (fclose(stream) != 0) {
        fprintf(stderr, "train_intents: %s can't be written\n", path);
        exit(1);
    }
}
