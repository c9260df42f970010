#include "message_features.h"

#include "normal_words.h"

#include <math.h>
#include <string.h>

/* Groups, each with its weight beside the others. */
enum group {
    GROUP_WORD,
    GROUP_PAIR,
    GROUP_SKIP,
    GROUP_PLAIN, /* words with products, numbers and rare words left out */
    GROUP_PLAIN2,
    GROUP_PLAIN3,
    GROUP_SOUND,
    GROUP_RUN, /* of characters */
    GROUP_SHAPE,
    GROUP_STATE,
    GROUP_STATE_WORD,
    GROUP_STATE_PAIR,
    GROUPS,
};

static const float group_weights[GROUPS] = {
    [GROUP_WORD] = 1.0F,
    [GROUP_PAIR] = 0.8F,
    [GROUP_SKIP] = 0.5F,
    [GROUP_PLAIN] = 0.6F,
    [GROUP_PLAIN2] = 1.0F,
    [GROUP_PLAIN3] = 0.8F,
    [GROUP_SOUND] = 0.5F,
    [GROUP_RUN] = 0.3F,
    [GROUP_SHAPE] = 0.6F,
    [GROUP_STATE] = 1.0F,
    [GROUP_STATE_WORD] = 0.7F,
    [GROUP_STATE_PAIR] = 0.7F,
};

enum { SYMBOLS_MAX = NORMAL_TOKENS_MAX + 2 };

/* The message as two rows of hashes: of the words, and of what is left of them without
 * products, numbers and rare words. Each has a sign for its start and its end. */
struct rows {
    uint32_t exact[SYMBOLS_MAX];
    uint32_t plain[SYMBOLS_MAX];
    size_t count;
};

enum symbol {
    SYMBOL_START = 1,
    SYMBOL_END,
    SYMBOL_RARE,
    SYMBOL_PRODUCT,
    SYMBOL_COLOR,
    SYMBOL_DIGIT,
    SYMBOL_NUMBER,
    SYMBOL_LONG_NUMBER,
    SYMBOL_CODE,
    SYMBOL_AMOUNT, /* "10kg" */
};

static uint32_t mix(uint32_t hash)
{
    hash ^= hash >> 16;
    hash *= 0x7FEB352Du;
    hash ^= hash >> 15;
    hash *= 0x846CA68Bu;
    return hash ^ hash >> 16;
}

static uint32_t hash_bytes(const char *bytes, size_t length, uint32_t seed)
{
    uint32_t hash = 2166136261u ^ seed * 0x9E3779B1u;

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
    }
    return mix(hash);
}

static uint32_t combine(uint32_t left, uint32_t right)
{
    return mix(left * 0x9E3779B1u + (right ^ right >> 15));
}

uint32_t features_word_hash(struct svc_slice word)
{
    uint32_t hash = hash_bytes(word.text, word.length, 77);

    return hash == 0 ? 1 : hash;
}

static enum word_class find(
    const struct word_table *words, const char *word, size_t length)
{
    uint32_t hash = features_word_hash((struct svc_slice){word, length});
    uint32_t slot = hash & (words->slots - 1);

    while (words->hashes[slot] != 0 && words->hashes[slot] != hash) {
        slot = (slot + 1) & (words->slots - 1);
    }
    return words->hashes[slot] == 0 ? WORD_RARE : (enum word_class)words->classes[slot];
}

/* As it stands, then without what makes a plural or a feminine of it. */
enum word_class features_word_class(const struct word_table *words, struct svc_slice word)
{
    char form[64];
    size_t length = word.length;

    if (words == NULL || words->slots == 0) {
        return WORD_RARE;
    }
    enum word_class class = find(words, word.text, length);
    if (class != WORD_RARE || length < 4 || length > sizeof form) {
        return class;
    }
    memcpy(form, word.text, length);
    if (form[length - 1] == 's') {
        length--;
        class = find(words, form, length);
    }
    if (class == WORD_RARE && form[length - 1] == 'a') {
        form[length - 1] = 'o';
        class = find(words, form, length);
    } else if (class == WORD_RARE && form[length - 1] == 'e') {
        class = find(words, form, length - 1);
    }
    return class == WORD_COMMON ? WORD_RARE : class;
}

static void add(struct features *features, enum group group, uint32_t hash, float value)
{
    if (features->count < FEATURES_MAX) {
        features->list[features->count++] = (struct feature){
            .hash = mix(hash + (uint32_t)group * 0x85EBCA6Bu),
            .value = group_weights[group] * value,
        };
    }
}

static uint32_t number_symbol(struct svc_slice word)
{
    if (word.length == 1) {
        return SYMBOL_DIGIT;
    }
    return word.length < 4 ? SYMBOL_NUMBER : SYMBOL_LONG_NUMBER;
}

static uint32_t plain_symbol(
    const struct word_table *words, const struct normal_token *token, uint32_t exact)
{
    if (token->kind == NORMAL_NUMBER) {
        return number_symbol(token->word);
    }
    if (token->kind == NORMAL_CODE) {
        char first = token->word.text[0];
        return first >= '0' && first <= '9' ? SYMBOL_AMOUNT : SYMBOL_CODE;
    }
    switch (features_word_class(words, token->word)) {
    case WORD_PRODUCT:
        return SYMBOL_PRODUCT;
    case WORD_COLOR:
        return SYMBOL_COLOR;
    case WORD_COMMON:
        return exact;
    default:
        return SYMBOL_RARE;
    }
}

static void read_rows(
    const struct word_table *words, const struct normal_text *text, struct rows *rows)
{
    rows->exact[0] = rows->plain[0] = SYMBOL_START;
    rows->count = 1;
    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        if (token->kind == NORMAL_EMOJI || token->kind == NORMAL_MARK) {
            continue;
        }
        uint32_t exact = features_word_hash(token->word);
        uint32_t plain = plain_symbol(words, token, exact);
        /* "perfume yara azul": as many products in a row as there are, they are one. */
        bool same = plain == rows->plain[rows->count - 1] && plain <= SYMBOL_COLOR;
        rows->exact[rows->count] = exact;
        rows->plain[rows->count++] = same ? 0 : plain;
    }
    rows->exact[rows->count] = rows->plain[rows->count] = SYMBOL_END;
    rows->count++;
}

static void add_words(const struct rows *rows, struct features *features)
{
    const uint32_t *exact = rows->exact;

    for (size_t i = 1; i < rows->count; i++) {
        if (i + 1 < rows->count) {
            add(features, GROUP_WORD, exact[i], 1);
        }
        add(features, GROUP_PAIR, combine(exact[i - 1], exact[i]), 1);
        if (i >= 2) {
            add(features, GROUP_SKIP, combine(exact[i - 2], exact[i]), 1);
        }
    }
}

/* The plain row without the gaps that several products in a row left. */
static size_t close_gaps(const struct rows *rows, uint32_t plain[SYMBOLS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        if (rows->plain[i] != 0) {
            plain[count++] = rows->plain[i];
        }
    }
    return count;
}

static void add_plain(const uint32_t *plain, size_t count, enum intent_state state,
    struct features *features)
{
    uint32_t in_state = 0x5157u + (uint32_t)state;

    for (size_t i = 1; i < count; i++) {
        uint32_t pair = combine(plain[i - 1], plain[i]);
        if (i + 1 < count) {
            add(features, GROUP_PLAIN, plain[i], 1);
            add(features, GROUP_STATE_WORD, combine(plain[i], in_state), 1);
        }
        add(features, GROUP_PLAIN2, pair, 1);
        add(features, GROUP_STATE_PAIR, combine(pair, in_state), 1);
        if (i >= 2) {
            add(features, GROUP_PLAIN3, combine(plain[i - 2], pair), 1);
        }
    }
}

/* Runs of 2 to 5 bytes of a word between borders. */
static void add_runs(struct svc_slice word, struct features *features)
{
    char bytes[34];
    size_t length = word.length < sizeof bytes - 2 ? word.length : sizeof bytes - 2;

    bytes[0] = '<';
    memcpy(bytes + 1, word.text, length);
    bytes[length + 1] = '>';
    length += 2;
    for (size_t size = 2; size <= 5; size++) {
        for (size_t i = 0; i + size <= length; i++) {
            add(features, GROUP_RUN, hash_bytes(bytes + i, size, 5), 1);
        }
    }
}

static void add_characters(const struct normal_text *text, struct features *features)
{
    char sound[64];

    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        if (token->kind == NORMAL_WORD) {
            size_t length = normal_sound(token->word, sound);
            add(features, GROUP_SOUND, hash_bytes(sound, length, 9), 1);
            add_runs(token->word, features);
        }
    }
}

static void add_shape(const struct normal_text *text, size_t words,
    enum intent_state state, struct features *features)
{
    uint32_t size = words < 4 ? (uint32_t)words : words < 6 ? 4u : words < 10 ? 5u : 6u;
    bool asks = false;

    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        bool mark = token->kind == NORMAL_MARK;
        if (mark || token->kind == NORMAL_EMOJI) {
            uint32_t hash = hash_bytes(token->word.text, token->word.length, 3);
            add(features, GROUP_SHAPE, hash, mark ? 1 : 2);
            asks = asks || (mark && token->word.text[0] == '?');
        }
    }
    uint32_t question = asks ? 900u : 800u;
    add(features, GROUP_SHAPE, size + 100, 1);
    add(features, GROUP_SHAPE, size + question, 1);
    add(features, GROUP_STATE, (uint32_t)state + 1, 1);
    add(features, GROUP_STATE, combine((uint32_t)state + 1, size + 100), 1);
    add(features, GROUP_STATE, combine((uint32_t)state + 1, question), 1);
}

static void scale(struct features *features)
{
    float sum = 0;

    for (size_t i = 0; i < features->count; i++) {
        sum += features->list[i].value * features->list[i].value;
    }
    float by = sum > 0 ? 1 / sqrtf(sum) : 0;
    for (size_t i = 0; i < features->count; i++) {
        features->list[i].value *= by;
    }
}

void features_read(const struct word_table *words, const struct normal_text *text,
    enum intent_state state, struct features *ret_features)
{
    uint32_t plain[SYMBOLS_MAX];
    struct rows rows;

    ret_features->count = 0;
    read_rows(words, text, &rows);
    size_t count = close_gaps(&rows, plain);
    add_words(&rows, ret_features);
    add_plain(plain, count, state, ret_features);
    add_shape(text, rows.count - 2, state, ret_features);
    add_characters(text, ret_features);
    scale(ret_features);
}
