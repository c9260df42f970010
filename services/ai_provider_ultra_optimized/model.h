/* The file that the trainer writes and the classifier reads, in the machine's byte order:
 * this header, the word table's hashes and classes, the weights. */
#ifndef MODEL_H
#define MODEL_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_MAGIC "INTENTS1"

enum {
    MODEL_COLUMNS = 24, /* of weights a bucket has: the intents, and zeros */
    MODEL_KNOTS_MAX = 16,
};

struct model_header {
    char magic[8];
    uint32_t intents;
    uint32_t buckets; /* a power of two */
    uint32_t slots;   /* of the word table: a power of two, some of them free */
    uint32_t knots;
    float bias[MODEL_COLUMNS];
    float scale[MODEL_COLUMNS]; /* of the weights, one byte each */
    /* From the model's own probability to the share that is right, rising. */
    float knot_from[MODEL_KNOTS_MAX];
    float knot_to[MODEL_KNOTS_MAX];
};

#endif
