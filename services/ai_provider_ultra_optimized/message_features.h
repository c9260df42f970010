/* What the classifier looks at in a message, as numbered features: words, pairs of words,
 * runs of characters, how words sound, the same with products and numbers left out, and
 * all that with the state of the conversation. Pure, and the same for training and for
 * answering. */
#ifndef MESSAGE_FEATURES_H
#define MESSAGE_FEATURES_H

#include "intent.h"
#include "normalise.h"

enum { FEATURES_MAX = 4096 };

/* What kind of word it is, as far as its kind matters more than the word. */
enum word_class {
    WORD_RARE, /* none that the training has often */
    WORD_COMMON,
    WORD_PRODUCT,
    WORD_COLOR,
    WORD_CLASSES,
};

/* The class of each known word: an open table of hashes. `slots` is a power of two. */
struct word_table {
    const uint32_t *hashes; /* 0: free */
    const uint8_t *classes;
    uint32_t slots;
};

struct feature {
    uint32_t hash;
    float value;
};

struct features {
    struct feature list[FEATURES_MAX];
    size_t count;
};

uint32_t features_word_hash(struct svc_slice word);
enum word_class features_word_class(
    const struct word_table *words, struct svc_slice word);

/* What a message is turned into; its length in the sense of vectors is 1. */
void features_read(const struct word_table *words, const struct normal_text *text,
    enum intent_state state, struct features *ret_features);

#endif
