#include "classifier.h"

#include "classifier_model.h"
#include "message_features.h"
#include "model.h"

#include <math.h>
#include <string.h>

/* It has learned Spanish alone: of another language it is never sure. */
static const double FOREIGN_MOST = 0.5;

/* The model is used where it lies. */
struct classifier {
    struct model_header header;
};

static const uint32_t *hashes_of(const struct classifier *classifier)
{
    return (const uint32_t *)(const void *)(classifier + 1);
}

static const uint8_t *classes_of(const struct classifier *classifier)
{
    return (const uint8_t *)(hashes_of(classifier) + classifier->header.slots);
}

static const int8_t *weights_of(const struct classifier *classifier)
{
    return (const int8_t *)(classes_of(classifier) + classifier->header.slots);
}

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

const struct classifier *classifier_open(const void *model, size_t size)
{
    const struct model_header *header = model;

    if (model == NULL || size < sizeof *header || (uintptr_t)model % 16 != 0 ||
        memcmp(header->magic, MODEL_MAGIC, sizeof header->magic) != 0 ||
        header->intents != INTENTS || !is_power_of_two(header->buckets) ||
        !is_power_of_two(header->slots) || header->knots < 2 ||
        header->knots > MODEL_KNOTS_MAX) {
        return NULL;
    }
    size_t wanted = sizeof *header + (size_t)header->slots * 5 +
                    (size_t)header->buckets * MODEL_COLUMNS;
    return size == wanted ? model : NULL;
}

static void add_up(const struct classifier *classifier, const struct features *features,
    float sums[MODEL_COLUMNS])
{
    const int8_t *weights = weights_of(classifier);
    uint32_t mask = classifier->header.buckets - 1;

    memset(sums, 0, MODEL_COLUMNS * sizeof *sums);
    for (size_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->list[i];
        const int8_t *row = weights + (size_t)(feature->hash & mask) * MODEL_COLUMNS;
        for (int k = 0; k < MODEL_COLUMNS; k++) {
            sums[k] += feature->value * row[k];
        }
    }
    for (int k = 0; k < INTENTS; k++) {
        sums[k] = sums[k] * classifier->header.scale[k] + classifier->header.bias[k];
    }
}

/* Straight lines between the knots. */
static double calibrate(const struct model_header *header, double probability)
{
    uint32_t i = 1;

    while (i + 1 < header->knots && probability > header->knot_from[i]) {
        i++;
    }
    double from = header->knot_from[i - 1];
    double width = header->knot_from[i] - from;
    double share = width > 0 ? (probability - from) / width : 1;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return header->knot_to[i - 1] + share * (header->knot_to[i] - header->knot_to[i - 1]);
}

struct word_table classifier_words(const struct classifier *classifier)
{
    return (struct word_table){
        .hashes = hashes_of(classifier),
        .classes = classes_of(classifier),
        .slots = classifier->header.slots,
    };
}

double classifier_predict(const struct classifier *classifier,
    const struct intent_question *question, enum intent *ret_intent,
    enum intent *ret_second)
{
    const struct word_table words = classifier_words(classifier);
    struct normal_text text;
    struct features features;
    float sums[MODEL_COLUMNS];
    int best = 0;
    int second = 1;

    normalise(question->text, &text);
    features_read(&words, &text, question->state, &features);
    add_up(classifier, &features, sums);
    for (int k = 1; k < INTENTS; k++) {
        if (sums[k] > sums[best]) {
            second = best;
            best = k;
        } else if (k != best && (sums[k] > sums[second] || second == best)) {
            second = k;
        }
    }
    double total = 0;
    for (int k = 0; k < INTENTS; k++) {
        total += (double)expf(sums[k] - sums[best]);
    }
    *ret_intent = (enum intent)best;
    if (ret_second != NULL) {
        *ret_second = (enum intent)second;
    }
    /* Nothing that could be read says nothing. */
    double confidence = text.count == 0 ? 0 : calibrate(&classifier->header, 1 / total);
    bool spanish =
        question->locale.length < 2 || memcmp(question->locale.text, "es", 2) == 0;
    return spanish || confidence < FOREIGN_MOST ? confidence : FOREIGN_MOST;
}
